package state

import (
	"errors"
	"io/fs"
	"os"
	"strconv"

	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// A commit makes a file and leaves the one that it displaced. When that has been of no use
// for long enough it becomes a spare: a later commit writes to it instead of to a new file.
// Its blocks are there already, so that syncing it waits for no journal, and nothing is made
// and nothing removed, which costs a file system more than all the rest of a commit.
//
// What is written to must be nobody's any more. A write lease proves it: it is given where
// there is no other descriptor and no mapping of the file. A second name, as backups make
// that link instead of copying, makes it somebody's too. Whom the system stops in open(2)
// before he counts is not seen: so a spare that somebody has, or has written to, by the time
// it is to be used becomes the displaced file again that it was.
//
// Source: fcntl(2), "Leases", F_WRLCK.

// A Spare is a file in the directory that a commit may write to.
type Spare struct {
	old        Displaced // what it was
	path, temp string
	at         sys.Stamp // as it was made
}

// Retire makes a spare of a displaced file; it returns nil where somebody has that open, where
// it has a second name, or is not as described any more. The caller holds the lock, has put
// on disk elsewhere what the file tells, and calls [Dir.SyncNames] before the spare is
// reused: after a power cut the old name must not be that of new content.
func (d Dir) Retire(old Displaced, at sys.Stamp) (*Spare, error) {
	f, is, err := openAlone(old.Path)
	if f == nil {
		return nil, err
	}
	defer f.Close()
	if is != at {
		return nil, nil
	}
	number := strconv.FormatInt(old.Seq, 10)
	s := &Spare{old: old, path: d.join(spareName + number), temp: d.join("." + tempName + number)}
	if err := sys.RenameNew(old.Path, s.path); err != nil {
		return nil, err
	}
	if s.at, err = sys.StampOf(f); err != nil { // the new name counts as a change
		return nil, errors.Join(err, s.Remove())
	}
	return s, nil
}

// SyncNames waits until the names in the directory are on disk.
func (d Dir) SyncNames() error { return sys.SyncDir(d.path) }

// Reuse opens the spare, which becomes a temporary file, to be written to from its beginning,
// and returns what it is called now. Until it is closed whoever else opens it has to wait.
// The file is nil where it has become somebody's, or is gone.
func (s *Spare) Reuse() (f *os.File, name string, err error) {
	f, is, err := openAlone(s.path)
	if f == nil {
		return nil, "", err
	}
	if is != s.at {
		return nil, "", f.Close()
	}
	if err := sys.RenameNew(s.path, s.temp); err != nil {
		return nil, "", errors.Join(err, f.Close())
	}
	return f, s.temp, nil
}

// Restore makes the spare the displaced file again that it was.
func (s *Spare) Restore() (Displaced, error) { return s.old, sys.RenameNew(s.path, s.old.Path) }

// Remove removes a spare that is of no use.
func (s *Spare) Remove() error { return absent(os.Remove(s.path)) }

// openAlone opens a file for writing, with a lease that keeps others out until it is closed.
// It returns nil where somebody else has it open, where it has a second name or none, and
// where it may not be written.
func openAlone(name string) (*os.File, sys.Stamp, error) {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrPermission) {
		err = nil
	}
	if f == nil {
		return nil, sys.Stamp{}, absent(err)
	}
	_, err = sys.TakeWriteLease(f)
	var at sys.Stamp
	if err == nil {
		at, err = sys.StampOf(f)
	}
	if err == nil && at.Links == 1 {
		return f, at, nil
	}
	if errors.Is(err, sys.ErrBusy) || errors.Is(err, errors.ErrUnsupported) {
		err = nil // it stays what it is
	}
	return nil, at, errors.Join(err, f.Close())
}

// absent forgives that something is not there.
func absent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
