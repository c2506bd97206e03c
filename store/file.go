package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/rowkeep/rowkeep/internal/symlink"
	"github.com/rowkeep/rowkeep/store/internal/state"
	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// localFile is a file of this system as a medium.
type localFile struct {
	path   string // as the caller names it, perhaps a symbolic link
	locked string // the file behind it whose lock is held
}

// openFile looks whether path can be a store's file, and removes what a killed commit
// left.
func openFile(path string) (*localFile, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	f := &localFile{path: path}
	target, err := symlink.Follow(path)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(target); err == nil && !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
	}
	tidy(state.Beside(target))
	return f, nil
}

// tidy removes what commits that were killed left behind, unless one is under way. What
// it cannot remove, as on a file system that is read-only, stays: it keeps nobody from
// reading, and a commit finds out for itself what is wrong.
func tidy(dir state.Dir) {
	if there, err := dir.Exists(); err != nil || !there {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // one try
	unlock, err := dir.Lock(ctx)
	if err != nil {
		return
	}
	_ = errors.Join(dir.Sweep(), dir.Shorten(), unlock())
}

// place is what swap needs to know of what load read.
type place struct {
	target string      // behind all links
	info   fs.FileInfo // nil: there was no file
}

// load reads the file, once more if it changed under the reading.
func (f *localFile) load(ctx context.Context) (held, error) {
	for {
		now, same, err := f.read()
		if err != nil || same {
			return now, err
		}
		if err := sleep(ctx, time.Millisecond); err != nil {
			return held{}, err
		}
	}
}

// read reads the file. same is false if it changed meanwhile.
func (f *localFile) read() (now held, same bool, err error) {
	target, err := symlink.Follow(f.path)
	if err != nil {
		return held{}, false, err
	}
	r, err := sys.OpenRead(target)
	if errors.Is(err, fs.ErrNotExist) {
		return held{tag: place{target: target}}, true, nil
	}
	if err != nil {
		return held{}, false, err
	}
	defer r.Close()
	before, err := r.Stat()
	if err != nil {
		return held{}, false, err
	}
	if !before.Mode().IsRegular() {
		return held{}, false, &fs.PathError{Op: "open", Path: target, Err: ErrNotRegular}
	}
	data := make([]byte, before.Size()+1) // a byte more, to notice growth
	n, err := io.ReadFull(r, data)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return held{}, false, err
	}
	after, err := r.Stat()
	if err != nil {
		return held{}, false, err
	}
	now = held{data: data[:n:n], exists: true, still: time.Since(after.ModTime()), tag: place{target, after}}
	return now, n < len(data) && before.Size() == after.Size() && before.ModTime().Equal(after.ModTime()), nil
}

// lock takes the lock in the state directory, which it makes if there is none.
func (f *localFile) lock(ctx context.Context) (unlock func(), err error) {
	target, err := symlink.Follow(f.path)
	if err != nil {
		return nil, err
	}
	dir := state.Beside(target)
	release, err := dir.Lock(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		if err := f.create(dir, target); err != nil {
			return nil, &CommitError{Path: f.path, Step: "prepare", Err: err}
		}
		release, err = dir.Lock(ctx)
	}
	if err != nil {
		return nil, err
	}
	f.locked = target
	return func() {
		f.locked = ""
		// An error of unlocking would leave a descriptor to the garbage collector, and
		// the lock to its end; the commit stands.
		_ = release()
	}, nil
}

// create makes the state directory for a file, which may be missing itself.
func (f *localFile) create(dir state.Dir, target string) error {
	info, err := os.Stat(target)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err == nil && sys.Links(info) > 1 {
		return ErrHardLinks
	}
	return dir.Create(info)
}

func (f *localFile) last() (state.Record, bool, error) {
	target, err := symlink.Follow(f.path)
	if err != nil {
		return state.Record{}, false, err
	}
	rec, ok, err := state.Beside(target).Last()
	if errors.Is(err, fs.ErrPermission) {
		return state.Record{}, false, nil // who may not write the file needs no records
	}
	return rec, ok, err
}

// swap writes data beside the file and lets it take the file's place:
//
//	write          a new file in the state directory, mode 0600, then owner and mode of the old
//	sync           its content is on disk before its name is
//	record         the commit record, taken back if the commit does not come about
//	read again     it must still replace what it was made from
//	replace        rename(2): the commit point
//	sync directory the new name is on disk
func (f *localFile) swap(ctx context.Context, old held, data []byte, rec state.Record) (seq int64, err error) {
	at := old.tag.(place)
	if at.target != f.locked {
		return 0, errChanged
	}
	failed := func(step string, outcome Outcome, err error) (int64, error) {
		return 0, &CommitError{Path: f.path, Step: step, Outcome: outcome, Err: err}
	}
	if at.info != nil && sys.Links(at.info) > 1 {
		return failed("prepare", NotCommitted, ErrHardLinks)
	}
	dir := state.Beside(at.target)
	temp, step, err := f.prepare(dir, at, data)
	if err != nil {
		return failed(step, NotCommitted, err)
	}
	armed := true // until its name is the file's
	defer func() {
		if !armed {
			return
		}
		if left := os.Remove(temp); left != nil {
			err = errors.Join(err, left)
		}
	}()
	seq, undo, err := dir.Append(rec)
	if err != nil {
		return failed("record", NotCommitted, err)
	}
	if step, err := f.take(ctx, temp, old); err != nil {
		err = errors.Join(err, undo())
		if errors.Is(err, errChanged) {
			return 0, err
		}
		return failed(step, NotCommitted, err)
	}
	armed = false
	if err := sys.SyncDir(filepath.Dir(at.target)); err != nil {
		return failed("sync directory", Unknown, err)
	}
	return seq, nil
}

// prepare writes data to a temporary file that is like the old one in owner and mode,
// and syncs it. It leaves nothing behind if it fails; step says at what.
func (f *localFile) prepare(dir state.Dir, at place, data []byte) (name, step string, err error) {
	temp, err := dir.CreateTemp()
	if err != nil {
		return "", "write", err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temp.Name()))
		}
	}()
	_, err = temp.Write(data)
	if err == nil && at.info != nil {
		err = errors.Join(sys.CopyOwner(temp, at.info), temp.Chmod(at.info.Mode()))
	}
	if err != nil {
		return "", "write", errors.Join(err, temp.Close())
	}
	if err := errors.Join(temp.Sync(), temp.Close()); err != nil {
		return "", "sync", err
	}
	return temp.Name(), "", nil
}

// unchanged reads the file again: its bytes, its owner and mode, and where its name
// leads to must be those of before. Bytes decide, not a time stamp or a hash, which may
// be the same for other bytes.
func (f *localFile) unchanged(ctx context.Context, old held) error {
	now, err := f.load(ctx)
	if err != nil {
		return err
	}
	was, is := old.tag.(place), now.tag.(place)
	if now.exists != old.exists || was.target != is.target || !bytes.Equal(now.data, old.data) {
		return errChanged
	}
	if was.info != nil && (was.info.Mode() != is.info.Mode() || !sys.SameOwner(was.info, is.info) || sys.Links(is.info) > 1) {
		return errChanged
	}
	return context.Cause(ctx)
}

// take gives a temporary file the name of the old one, if that is still what it was. A
// file that did not exist must not exist now either: it gets the name as a second one,
// which fails where it is taken.
func (f *localFile) take(ctx context.Context, temp string, old held) (step string, err error) {
	if err := f.unchanged(ctx, old); err != nil {
		return "read again", err
	}
	at := old.tag.(place)
	if at.info != nil {
		return "replace", sys.Rename(temp, at.target)
	}
	switch err := os.Link(temp, at.target); {
	case errors.Is(err, fs.ErrExist):
		return "replace", errChanged
	case err != nil:
		return "replace", err
	}
	_ = os.Remove(temp) // else the next Open sweeps it
	return "", nil
}
