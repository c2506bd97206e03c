package merge

import (
	"io"
	"iter"

	"github.com/rowkeep/rowkeep/csvrows"
)

// Merge merges three versions. The inputs must not change while the result is in
// use, as it refers to them.
//
// Errors: those of [Options.Validate]; an [*InputError] that says which input cannot be
// used and why; a [*DuplicateKeyError]; a [*RowError]. Conflicts are no error.
func Merge(base, ours, theirs []byte, opt Options) (*Result, error) { panic("design") }

// Diff lists the changes from a to b. It is the merge of b into a that nobody else
// changed: the side of every change is Theirs.
func Diff(a, b []byte, opt csvrows.Options) (*Result, error) { panic("design") }

// Result is what a merge came to.
type Result struct {
	// Conflicts are all conflicts, settled ones too, in the order of the result.
	Conflicts []Conflict
	Warnings  []Warning
	Stats     Stats
	// Key names the key columns.
	Key []string
	// Columns names the columns of the result; nil where it has no header.
	Columns []string
}

// Clean reports that no conflict stands.
func (r *Result) Clean() bool { return r.Stats.Standing == 0 }

// HasOutput is false where conflicts stand and [Options.Output] is NoOutput.
func (r *Result) HasOutput() bool { panic("design") }

// Bytes returns the merged file.
func (r *Result) Bytes() []byte { panic("design") }

// WriteTo writes the merged file.
func (r *Result) WriteTo(w io.Writer) (int64, error) { panic("design") }

// Changes lists every change of base that stands in the result.
func (r *Result) Changes() iter.Seq[Change] { panic("design") }

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

func (e *DuplicateKeyError) Error() string { panic("design") }

// RowError says that a row of the result would read as something else than a row.
type RowError struct {
	Key  []string
	Line int // in the input it came from, 0 if from more than one
	Side Side
}

func (e *RowError) Error() string { panic("design") }
