// Package merge merges three versions of a CSV file by row and cell, and keeps every
// byte that nobody changed.
//
// # Model
//
// Base is the common ancestor, ours the change proposed, theirs what stands in the
// file now. Rows are the same if their key values are equal bytes, columns if their
// names are. What one side changed stands; what both changed alike stands once; what
// both changed differently is a [Conflict]: data, not an error.
//
//	base          ours           theirs         result
//	id,price,on   id,price,on    id,price,on    id,price,on
//	a,1,true      a,1,false      a,2,true       a,2,false
//	b,1,true      b,1,true       # idle         # idle
//	                             b,1,true       b,1,true
//	              c,5,true                      c,5,true
//
// Form (quotes, line ends, the final newline, the byte-order mark, how many fields a
// short row or a comment has) is merged as attributes of its own and never conflicts.
// Kept rows stand in base's order, changed by what each side moved; a record that base
// lacks goes where the kept row below it, on its own side, goes.
//
// # Promises
//
// M(b,o,t) stands for the result of three inputs that parse:
//
//   - M(b,b,t) = t, M(b,o,b) = o and M(b,x,x) = x, byte for byte. This comes before
//     every other rule; only a [Policy] that adds up overrules the last one.
//   - The sides are equal: exchanging them gives the same bytes, and mirrored
//     conflicts with the same ids.
//   - Every change of a value, of a row's, a column's or a comment's being there, is in
//     the result or in a conflict. A change of order or form that gave way is a warning.
//   - Every value and comment stands in an input, but for what a policy or the caller
//     computes.
//   - A key stands twice in the result only if it did in an input, or if the caller gave it.
//   - What happens to the values of a key depends on its rows and on the columns only.
//
// # No promises
//
// A rename of a row or column is recognised only if it is certain; else it is a
// deletion and an addition. Where both sides moved rows of one stretch in ways that
// contradict, one order stands, with a warning. Values are bytes: "1" and "1.0" differ.
//
// # Where the contract leaves a choice
//
//   - Absent and empty are one value. So a column that both sides added conflicts
//     only where both filled a cell, differently; a row that both added conflicts in
//     every cell of common columns that differs.
//   - Where no key is given it is base's column "id", in any case, else base's first;
//     both sides may rename it alike. If base has no header it is the column of a side
//     that is found so; if the sides do not agree, "id" comes first, then the lesser name.
//   - A result that would be read with another header than it has, because of a comment
//     prefix in its first line, is refused with a [HeaderError].
//   - An edit of a deleted column in a row that the same side deleted is two
//     conflicts: delete_modify and column_delete_edit.
//   - A cell of a column that stays, settled to the side that dropped the column, is
//     as base has it.
//   - A cell settled to base in a row that base lacks is empty.
//   - New records of both sides in one place stand with the lesser bytes first.
//   - Quotes of a comment and delimiters that pad it are form, and so is all of a blank
//     line. The line stands as the side has it that changed what it says; of two that
//     changed its form alone, as the lesser bytes have it, with a warning.
//   - A column that a side renamed and whose cells it also changed, while the other
//     deleted it, gives a column_rename and a column_edit_delete for each such cell.
//
// How it works: rows that are the same in all three versions are found by comparing
// memory and left out, where nothing can depend on them (reduce.go says when); rows are
// paired by key, one table over base alone; columns are united by name; rows that one
// side deleted are judged; then the result is composed from top to bottom as stretches of
// the inputs' memory. Time and memory are linear but for sorting.
//
// Files that are too large for memory are merged by [MergeLarge], if they stand in the
// same order and their keys increase.
package merge
