package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/rowkeep/rowkeep/store/internal/state"
	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// A file with several names, one that is a mount point, and one in a directory that cannot
// be written to, cannot be replaced. With Options.InPlace it is written to, which no
// reader sees in one step: old and new content are on disk first, in the state directory,
// so that a crash in the middle is mended by whoever comes next.

// obstacle says why a file cannot be replaced, or nil. Whether its owner can be kept shows
// where a new file is to get him.
func obstacle(at place) error {
	switch {
	case at.at.Links > 1:
		return ErrHardLinks
	case sys.Mounted(at.target):
		return ErrMountPoint
	case !sys.Writable(filepath.Dir(at.target)):
		return fs.ErrPermission
	}
	return nil
}

// irreplaceable reports that an error is an obstacle, so that the file is to be written to
// instead.
func irreplaceable(err error) bool {
	return slices.ContainsFunc([]error{ErrHardLinks, ErrMountPoint, ErrOwner, fs.ErrPermission}, func(target error) bool { return errors.Is(err, target) })
}

// swapInPlace is swap for a file that cannot be replaced:
//
//	write ahead  old and new content are on disk in the state directory
//	record       as in swap; if it comes to no more, what was written ahead tells so
//	write        see [localFile.overwrite], with the commit point
func (f *localFile) swapInPlace(ctx context.Context, old held, versions []state.Version) (swapped, error) {
	data := versions[len(versions)-1].Content
	versions[len(versions)-1].InPlace = true
	seq, undo := f.held.Next(len(versions)), func() error { return nil }
	done := replaced{step: "write ahead"}
	err := f.dir().PutAhead(state.Ahead{Seq: seq, Old: old.data, New: data})
	if err == nil {
		done.step = "record"
		var back func() error
		if _, back, err = f.record(old, versions, true); back != nil {
			undo = back
		}
		if err == nil {
			done, err = f.overwrite(ctx, old, data)
		}
	}
	if err != nil {
		err = f.takeBack(done, err, undo, state.Displaced{}, old, data)
		if failed := (*CommitError)(nil); errors.As(err, &failed) && failed.Outcome == Unknown {
			return swapped{}, err // the next Open finds what was written ahead
		}
	}
	if failed := f.dir().DropAhead(); failed != nil {
		// The next Open takes it for what a process left that was killed.
		f.cleared = ""
		return swapped{}, &CommitError{Path: f.path, Step: "write ahead", Outcome: Unknown, Err: failed}
	}
	if err != nil {
		return swapped{}, err
	}
	f.commits++
	return swapped{seq: seq}, nil
}

// overwrite gives the file new content:
//
//	wait   nobody writes the file, or has it mapped, as far as there are leases
//	lease  nobody else has the file open, or opens it from here on; whoever just reads it
//	       is waited for no longer than for an editor, and there may be no leases
//	look   it is unchanged
//	write  the commit point: from here on the new content is what counts
//	sync   the file is on disk
func (f *localFile) overwrite(ctx context.Context, old held, data []byte) (replaced, error) {
	if f.written(old) { // our own descriptor would hide others
		return replaced{step: "lease"}, errBusy
	}
	w, err := os.OpenFile(old.tag.(place).target, os.O_RDWR, 0)
	if err != nil {
		return replaced{step: "replace"}, vanished(err)
	}
	defer w.Close()
	lease, err := f.soleLease(w, old)
	if err != nil {
		return replaced{step: "lease"}, err
	}
	defer lease.release()
	f.moment("look")
	if err := sameContent(w, old); err != nil {
		return replaced{step: "read again"}, err
	}
	if err := context.Cause(ctx); err != nil {
		return replaced{step: "read again"}, err
	}
	f.moment("exchange")
	if err := fill(w, data); err != nil {
		return replaced{step: "replace", outcome: Unknown}, err
	}
	f.moment("exchanged")
	return replaced{}, nil
}

// soleLease takes a lease that keeps everybody out. Somebody who has the file open may just
// read it: once it has held still for the settle time he is not waited for.
func (f *localFile) soleLease(w *os.File, old held) (leaseOrNot, error) {
	lease, err := sys.TakeWriteLease(w)
	switch {
	case err == nil:
		return leaseOrNot{lease, true}, nil
	case errors.Is(err, sys.ErrBusy) && old.still < f.opt.Settle:
		return leaseOrNot{}, errBusy
	case errors.Is(err, sys.ErrBusy) || errors.Is(err, errors.ErrUnsupported):
		return leaseOrNot{}, nil
	}
	return leaseOrNot{}, err
}

// sameContent looks once more at an open file: it must be what load read.
func sameContent(w *os.File, old held) error {
	now, err := sys.StampOf(w)
	if err != nil {
		return err
	}
	was := old.tag.(place).at
	if now.Ino != was.Ino || now.Dev != was.Dev || now.Size != was.Size {
		return errChanged
	}
	same, err := holds(w, now.Size, old.data)
	if err == nil && !same {
		err = errChanged
	}
	return err
}

// fill makes data the content of an open file, and syncs it.
func fill(w *os.File, data []byte) error {
	if _, err := w.WriteAt(data, 0); err != nil {
		return err
	}
	return errors.Join(w.Truncate(int64(len(data))), w.Sync())
}

// finishInPlace mends a file in which somebody was killed while he wrote it: what is
// neither the old content nor the new, but made up of both, becomes the new. Anything else
// somebody wrote later; the history tells what became of it.
func (f *localFile) finishInPlace() error {
	dir := f.dir()
	ahead, found, err := dir.GetAhead()
	if err != nil || !found {
		return err
	}
	w, err := os.OpenFile(f.locked, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer w.Close()
	at, err := sys.StampOf(w)
	if err != nil {
		return err
	}
	data, err := readAll(w, at.Size)
	if err != nil {
		return err
	}
	switch {
	case string(data) == string(ahead.Old):
		err = f.held.TakeBack(ahead.Seq)
	case ahead.Torn(data):
		err = fill(w, ahead.New)
	}
	return errors.Join(err, dir.DropAhead())
}
