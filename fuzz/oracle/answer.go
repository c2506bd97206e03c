package oracle

import "fmt"

// Answer is what a merge must come to.
type Answer struct {
	// Refused says why the merge must be refused; empty: it must not.
	Refused string
	// Abstained says why the oracle answers nothing at all; empty: it answers.
	Abstained string

	// Key names the key columns.
	Key []string
	// Conflicts are all conflicts but for those of Unsure keys, and for those of
	// comments if LinesKnown is false.
	Conflicts []Conflict
	// Columns are the columns of the result where no conflict stands, by their names
	// there.
	Columns map[Column]bool
	// Rows holds, where no conflict stands, every row of the result but for those of
	// Unsure keys. A row that a conflict is about is not in it.
	Rows map[string]Cells
	// Unsure are keys the oracle has no opinion about.
	Unsure map[string]bool
	// Lines counts the comment and blank lines of the result, by their bytes without
	// line end, where LinesKnown.
	Lines      map[string]int
	LinesKnown bool
	// KeptOrder lists the kept rows of the result in their order; nil where both sides
	// moved rows.
	KeptOrder []string
	// Below gives, for a row that one side added, the kept row that stands below it;
	// empty where none does.
	Below map[string]string
	// Above lists pairs of such rows that a side added in one place, in its order.
	Above [][2]string
}

// Conflict is a conflict the merge must report. Values are base, ours and theirs:
// null, a quoted text, or the cells of a row.
type Conflict struct {
	Kind   string
	Key    string // empty for comments and column_rename
	Column string
	Values [3]string
}

func (c Conflict) String() string {
	return fmt.Sprintf("%s key %q column %q: %v", c.Kind, c.Key, c.Column, c.Values)
}

// Null is the value that does not exist.
const Null = "null"

// Text is a value of a cell, a comment or a name.
func Text(s string) string { return fmt.Sprintf("%q", s) }

// The three versions, as indexes.
const (
	base = iota
	ours
	theirs
)

// other is the other side.
func other(side int) int { return ours + theirs - side }

// mirrored orders a pair of words by which side did the first.
func mirrored(side int, first, second string) string {
	if side == ours {
		return first + "_" + second
	}
	return second + "_" + first
}
