// Package oracle says what a merge must come to, slowly and plainly.
//
// It is written from the contract alone and shares no code with packages csvrows
// and merge: it reads records byte by byte, keeps tables in maps and compares
// everything with everything. Where it and the merge disagree, one of the two has
// misread the contract.
//
// # What it answers
//
// [Merge] gives the values that the merged table must hold (columns, rows by key,
// cells), the conflicts, and, where that is plain, the comment and blank lines and
// where the rows stand. It compares values, never bytes.
//
// # Where it has no opinion
//
// The contract leaves some questions to judgement, and answering them would mean
// writing the merge a second time. An [Answer] names them instead:
//
//   - rows of a key that stands twice in an input, and rows without a key;
//   - the lines between two kept rows where both sides changed them, but for single
//     lines and disjoint additions;
//   - the order of rows that both sides moved, and the order of columns;
//   - repeated column names where the headers differ;
//   - renames whose "same place" or whose equal cells depend on how one reads the
//     contract, because rows or columns moved or came at the same time.
//
// Policies, strategies, forms and markers are not its subject.
package oracle
