package store

import (
	"errors"
	"fmt"

	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// Try again: nothing was written, and what stood in the way may pass.
var (
	ErrUnsettled = errors.New("the file looks half written")
	ErrLocked    = errors.New("another process is committing to the file")
	ErrContended = errors.New("the file changed again and again")
)

// Fix the file: nothing is written to it as it is.
var (
	ErrConflictMarkers = errors.New("the file holds a conflict marker of an unfinished merge")
	ErrKeyChanged      = errors.New("the rows would be told by another column than before")
	ErrMassKeyChange   = errors.New("more than half of the keys were exchanged for others")
	ErrNotRegular      = errors.New("not a regular file")
	ErrHardLinks       = errors.New("the file has several names (hard links), which replacing it would part; Options.InPlace writes to it")
	ErrMountPoint      = errors.New("something is mounted on the file, so that it cannot be replaced; Options.InPlace writes to it")
	ErrOwner           = sys.ErrOwner // the process may not keep the file's owner and group
)

// ErrDone is returned by the commit of a transaction that is over.
var ErrDone = errors.New("the transaction is over")

// FileError says that what stands in the file cannot be used, and by what reason. Err
// wraps ErrUnsettled, ErrConflictMarkers, ErrKeyChanged, a [*csvrows.ParseError] or a
// [*csvrows.KeyColumnError]; the last four name the line. The file is as it was.
type FileError struct {
	Path string
	Err  error
}

func (e *FileError) Error() string { return e.Path + ": " + e.Err.Error() }
func (e *FileError) Unwrap() error { return e.Err }

// Outcome says what is known of the file after a commit failed.
type Outcome uint8

// The outcomes. NotCommitted: the file is as it was, and no temporary file lies about.
// ConflictPending: the change stands in the file but for what conflicts with something
// that somebody saved in the very moment of the commit, or with [Options.Park] before it;
// that stands there, and the change's values wait to be settled. Unknown: the new content
// stands in the file, but after a power cut the old may be there again; or the old does, but
// the system did not let the change be taken out of the history, and the next commit may
// bring it.
const (
	NotCommitted Outcome = iota
	ConflictPending
	Unknown
)

func (o Outcome) String() string {
	switch o {
	case Unknown:
		return "outcome unknown"
	case ConflictPending:
		return "committed, conflict pending"
	}
	return "not committed"
}

// CommitError says at which step a commit failed, and what is known after it. Err wraps
// the cause: what the system said, or ErrLocked, ErrContended, ErrHardLinks, ErrMountPoint, ErrOwner,
// ErrMassKeyChange, or the error of [Options.Validate].
type CommitError struct {
	Path    string
	Step    string // "prepare", "lock", "read", "write", "sync", "read again", "record", "replace", "sync directory", "merge", "validate"
	Outcome Outcome
	Err     error
}

func (e *CommitError) Error() string {
	return fmt.Sprintf("%s: %s: %v (%v)", e.Path, e.Step, e.Err, e.Outcome)
}

func (e *CommitError) Unwrap() error { return e.Err }

// CanRetry reports whether the same call may succeed later without anybody mending
// anything. Pause between tries: what has held still for the settle time is not waited
// for again. Where the outcome of a commit is another than [NotCommitted] a second one could
// do the same twice.
func CanRetry(err error) bool {
	if failed := (*CommitError)(nil); errors.As(err, &failed) && failed.Outcome != NotCommitted {
		return false
	}
	return errors.Is(err, ErrUnsettled) || errors.Is(err, ErrLocked) || errors.Is(err, ErrContended) || errors.Is(err, errWaited)
}
