package merge

import (
	"fmt"

	"github.com/rowkeep/rowkeep/csvrows"
)

// InputError says which input cannot be merged. Err is a [*csvrows.ParseError], a
// [*csvrows.KeyColumnError] or a [*csvrows.DelimiterError], with the place.
type InputError struct {
	Input Side // Base, Ours or Theirs
	Err   error
}

func (e *InputError) Error() string { return e.Input.String() + ": " + e.Err.Error() }
func (e *InputError) Unwrap() error { return e.Err }

// DuplicateKeyError says that a key stands twice, where the caller refuses that.
type DuplicateKeyError struct {
	Input Side
	Key   []string
	Lines [2]int // of the first two rows with the key, from 1
}

func (e *DuplicateKeyError) Error() string {
	return fmt.Sprintf("%s: line %d, column 1: key %q stands in line %d already", e.Input, e.Lines[1], csvrows.Key(e.Key), e.Lines[0])
}

// RowError says that a row of the result would read as a comment or a blank, because
// columns moved or went.
type RowError struct {
	Input Side // an input that has the row
	Key   []string
	Line  int // in that input, from 1
}

func (e *RowError) Error() string {
	return fmt.Sprintf("%s: line %d, column 1: row %q would read as a comment or a blank line in the merged columns", e.Input, e.Line, e.Key)
}

// HeaderError says that the result would be read with another header, or without one, or
// with one where it has none: a line starts with the comment prefix, and whether that is the
// header depends on where it stands and on the row below it.
type HeaderError struct {
	Line int      // of what would be read as the header, in the result, from 1; 0 for none
	Text string   // that line
	Want []string // the columns that the result has
}

func (e *HeaderError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("the result would be read without a header, in place of columns %q; take the comment prefix away from the first name", e.Want)
	}
	return fmt.Sprintf("line %d of the result, %q, would be read as its header, in place of columns %q; take the comment prefix away from the header or the comment in line 1", e.Line, e.Text, e.Want)
}

// AnswerError says that [Options.Resolve] gave an answer that does not fit the
// conflict.
type AnswerError struct {
	ID   string
	Kind ConflictKind
	Side Side
}

func (e *AnswerError) Error() string {
	return fmt.Sprintf("conflict %s (%s) cannot be settled by %q", e.ID, e.Kind, e.Side)
}

// ConflictError carries the conflicts that stand, for callers that need an error.
type ConflictError struct{ Conflicts []Conflict }

func (e *ConflictError) Error() string {
	c := e.Conflicts[0]
	what := string(c.Kind)
	if c.Key != nil {
		what += fmt.Sprintf(" at key %q", c.Key)
	}
	if c.HasColumn {
		what += fmt.Sprintf(", column %q", c.Column)
	}
	if n := len(e.Conflicts) - 1; n > 0 {
		return fmt.Sprintf("%s, and %d more conflicts", what, n)
	}
	return what
}
