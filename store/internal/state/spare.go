package state

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"

	"github.com/cespare/xxhash/v2"

	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// A commit makes a file and leaves the one that it displaced. When that has been of no use
// for long enough it becomes a spare: a later commit writes to it instead of to a new file.
// Its blocks are there already, so that syncing it waits for no journal, and nothing is made
// and nothing removed, which costs a file system more than all the rest of a commit.
//
// What is written to must be nobody's any more. A write lease proves it: it is given where
// there is no other descriptor and no mapping of the file. Two more things are looked at. A
// second name, as backups make that link instead of copying, makes it somebody's too; and so
// do its pages in a pipe or a socket, as a web server puts them there and closes the file.
// Whom the system stops in open(2) before he counts is not seen: so a spare that somebody has,
// or has written to, by the time it is to be used becomes the displaced file again that it was.
//
// Source: fcntl(2), "Leases", F_WRLCK.

// A Spare is a file in the directory that a commit may write to.
type Spare struct {
	old  Displaced // what it was
	path string
	at   sys.Stamp // as it was made
}

// Retire makes a spare of a displaced file; it returns nil where that stays what it is, as it
// has a second name, or may not be written. The error is [sys.ErrBusy] while somebody has it
// open or has put its pages into a pipe or a socket, and where it is not as described any
// more, which the description tells by itself where stampsTell (see [sys.StampsTell]). The
// caller holds the lock, has put on disk elsewhere what the file tells, and calls
// [Dir.SyncNames] before the spare is reused: after a power cut the old name must not be that
// of new content.
func (d Dir) Retire(old Displaced, at sys.Stamp, stampsTell bool) (*Spare, error) {
	f, is, err := openAlone(old.Path)
	if f == nil {
		return nil, err
	}
	defer f.Close()
	if is != at {
		return nil, sys.ErrBusy
	}
	if is.Links > 1 {
		return nil, nil
	}
	if !stampsTell {
		if same, err := holds(f, at, old.Hold); err != nil {
			return nil, err
		} else if !same {
			return nil, sys.ErrBusy
		}
	}
	if all, err := sys.Uncache(f, is.Size); err != nil {
		return nil, err
	} else if !all {
		return nil, sys.ErrBusy
	}
	s := &Spare{old: old, path: d.join(spareName + strconv.FormatInt(old.Seq, 10))}
	if err := sys.RenameNew(old.Path, s.path); err != nil {
		return nil, err
	}
	if s.at, err = sys.StampOf(f); err != nil { // the new name counts as a change
		return nil, errors.Join(err, s.Remove())
	}
	_ = sys.Recall(f, is.Size) // it is a courtesy
	return s, nil
}

// holds reports that a file that is as described holds what it did then. The clock may show
// one time to two changes: to being displaced, and to a write behind that. If the last write
// before was at another time, the description tells; else the hash.
func holds(f *os.File, at sys.Stamp, hash string) (bool, error) {
	if at.Changed-at.Modified > sys.Tick {
		return true, nil
	}
	sum := xxhash.New()
	_, err := io.Copy(sum, f)
	return hashText(sum.Sum64()) == hash, err
}

// SyncNames waits until the names in the directory are on disk.
func (d Dir) SyncNames() error { return sys.SyncDir(d.path) }

// Reuse opens the spare as a temporary file, to be written to from its beginning; it keeps its
// name, as a change of names would have to wait for the journal together with what is written.
// Until it is closed whoever else opens it has to wait. The error is [sys.ErrBusy] where it has
// become somebody's; the file is nil where it is gone.
func (s *Spare) Reuse() (*os.File, error) {
	f, is, err := openAlone(s.path)
	if f != nil && is != s.at {
		return nil, errors.Join(sys.ErrBusy, f.Close())
	}
	return f, err
}

// Restore makes the spare the displaced file again that it was.
func (s *Spare) Restore() (Displaced, error) { return s.old, sys.RenameNew(s.path, s.old.Path) }

// Remove removes a spare that is of no use.
func (s *Spare) Remove() error { return sys.Gone(os.Remove(s.path)) }

// openAlone opens a file for writing, with a lease that keeps others out until it is closed.
// The error is [sys.ErrBusy] where somebody else has it open; the file is nil where it is gone
// or may not be written, and where there are no leases.
func openAlone(name string) (*os.File, sys.Stamp, error) {
	f, err := sys.OpenOwn(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil, sys.Stamp{}, nil
	}
	if err != nil {
		return nil, sys.Stamp{}, err
	}
	_, err = sys.TakeWriteLease(f)
	var at sys.Stamp
	if err == nil {
		at, err = sys.StampOf(f)
	}
	if err == nil {
		return f, at, nil
	}
	if errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return nil, at, errors.Join(err, f.Close())
}
