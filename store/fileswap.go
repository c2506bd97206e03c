package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/rowkeep/rowkeep/store/internal/state"
	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// swap lets data take the file's place:
//
//	write          a new file in the state directory, mode 0600, then owner, mode, ACL and attributes of the old; or a spare one
//	sync           its content is on disk before its name is
//	record         versions go into the log, and back if the commit does not come about
//	intend         the new file gets the name that what it displaces is to have
//	replace        see [localFile.replace], with the commit point
//	sync directory the new name is on disk
func (f *localFile) swap(ctx context.Context, old held, versions []state.Version) (_ swapped, err error) {
	at := old.tag.(place)
	if at.target != f.locked {
		return swapped{}, errElsewhere
	}
	if at.at != nil && (at.at.Links > 1 || f.opt.InPlace) { // other obstacles show by themselves
		if why := obstacle(at); why != nil && f.opt.InPlace {
			return f.swapInPlace(ctx, old, versions)
		} else if why != nil {
			return f.failed("prepare", NotCommitted, why)
		}
	}
	f.moment("prepare")
	r, at, err := openOld(at)
	if err != nil {
		return swapped{}, err
	}
	defer r.Close()
	old.tag = at
	made, step, err := f.prepare(at, r, versions[len(versions)-1].Content)
	if errors.Is(err, ErrOwner) && f.opt.InPlace {
		return f.swapInPlace(ctx, old, versions)
	}
	if err != nil {
		return f.failed(step, NotCommitted, err)
	}
	return f.swapMade(ctx, old, r, made, versions)
}

func (f *localFile) failed(step string, outcome Outcome, err error) (swapped, error) {
	return swapped{}, &CommitError{Path: f.path, Step: step, Outcome: outcome, Err: err}
}

// swapMade is swap with a new file that is prepared. It removes that if it is not used.
func (f *localFile) swapMade(ctx context.Context, old held, r *os.File, made newFile, versions []state.Version) (_ swapped, err error) {
	armed := true // until what has the name is what was displaced
	defer func() {
		if armed {
			err = errors.Join(err, sys.Gone(os.Remove(made.name)))
		}
	}()
	version := &versions[len(versions)-1]
	if r != nil && f.probe().Exchange {
		version.File = made.ino
	}
	seq, undo, err := f.record(old, versions, r == nil)
	if err != nil && undo != nil { // what has not been must not be made again
		return swapped{}, f.takeBack(replaced{step: "record"}, err, undo, state.Displaced{}, old, version.Content)
	}
	if err != nil {
		return f.failed("record", NotCommitted, err)
	}
	intent := f.dir().Intent(seq, version.Theirs, version.Digest)
	done, err := f.replace(ctx, r, &made, intent, old)
	if done.displaced {
		armed = false
		f.keepInMind(intent)
	}
	if err != nil {
		return swapped{}, f.takeBack(done, err, undo, intent, old, version.Content)
	}
	f.moment("sync directory")
	if err := sys.SyncDir(filepath.Dir(old.tag.(place).target)); err != nil {
		return f.failed("sync directory", Unknown, err)
	}
	f.commits++
	f.know(version.Content)
	return swapped{seq: seq, slipped: done.slipped}, nil
}

// takeBack sets the log right after a commit that did not come about. A file that others
// may have opened while the names had changed places is kept under a name that says what
// it holds, so that what they write to it is found: it is no version of the file.
func (f *localFile) takeBack(r replaced, err error, undo func() error, intent state.Displaced, old held, data []byte) error {
	if r.outcome == Unknown {
		f.cleared = "" // whoever comes next looks what there is
		return &CommitError{Path: f.path, Step: r.step, Outcome: r.outcome, Err: err}
	}
	if failed := undo(); failed != nil {
		// The history says that the change stood, and what is made of that is for the next Open.
		f.cleared = ""
		return &CommitError{Path: f.path, Step: "record", Outcome: Unknown, Err: failed}
	}
	if r.displaced {
		holds, other := old.data, data
		if r.back {
			holds, other = data, old.data
		}
		err = errors.Join(err, f.setAside(intent, holds, other))
	}
	if errors.Is(err, errChanged) || errors.Is(err, errBusy) {
		return err
	}
	return &CommitError{Path: f.path, Step: r.step, Err: err}
}

// setAside gives a file under an intent's name one that says what it holds.
func (f *localFile) setAside(intent state.Displaced, holds, other []byte) error {
	kept := state.Version{Entry: state.Entry{Kind: state.Stray, Time: time.Now().UTC()}, Content: holds}
	seq, _, err := f.held.Append(kept)
	if err == nil {
		err = f.held.Sync() // nothing else has what the file held, once somebody has written to it
	}
	if err != nil {
		return err
	}
	aside := f.dir().Intent(seq, state.DigestOf(holds), state.DigestOf(other))
	f.recent = f.recent[:len(f.recent)-1]
	f.keepInMind(aside)
	return sys.RenameNew(intent.Path, aside.Path)
}

// newFile is a file in the making: what it is called now, and its number, by which it is
// known whatever name it gets.
type newFile struct {
	name string
	ino  uint64
}

// prepare writes data to a temporary file that is like the old one in all but content, and
// syncs it. It leaves nothing behind if it fails; step says at what.
func (f *localFile) prepare(at place, old *os.File, data []byte) (made newFile, step string, err error) {
	temp, err := f.blank(at, old)
	if err != nil {
		return newFile{}, "write", err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temp.Name()))
		}
	}()
	_, err = temp.Write(data)
	if err == nil && old != nil && !temp.spare {
		err = vanished(sys.CopyMeta(temp.File, old, *at.at)) // FUSE has no attributes of what is not there any more
	}
	var is sys.Stamp
	if err == nil {
		is, err = sys.StampOf(temp.File)
	}
	if err == nil && is.Size > int64(len(data)) { // a spare was longer
		err = temp.Truncate(int64(len(data)))
	}
	if err != nil {
		return newFile{}, "write", errors.Join(err, temp.Close())
	}
	if err := errors.Join(temp.sync(), temp.Close()); err != nil {
		return newFile{}, "sync", err
	}
	return newFile{temp.Name(), is.Ino}, "", nil
}

// blank is a temporary file that is to be written: a new one, of mode 0600, or a spare that
// is like the old one already.
type blank struct {
	*os.File
	spare bool
}

func (f *localFile) blank(at place, old *os.File) (blank, error) {
	if old != nil {
		if b := f.spare(old, *at.at); b.File != nil {
			return b, nil
		}
	}
	temp, err := f.dir().CreateTemp()
	if err != nil {
		return blank{}, err
	}
	return blank{File: temp}, nil
}

// sync puts the file on disk. All of a spare but content and size is there.
func (b blank) sync() error {
	if b.spare {
		return sys.SyncData(b.File)
	}
	return b.Sync()
}

// openOld opens the file that is to be displaced; errChanged if it is gone, nil if there was
// none. Owner, mode and the like are those that it has now.
func openOld(at place) (*os.File, place, error) {
	if at.at == nil {
		return nil, at, nil
	}
	r, err := sys.OpenRead(at.target)
	if errors.Is(err, fs.ErrNotExist) {
		err = errChanged
	}
	if err != nil {
		return nil, at, err
	}
	now, err := sys.StampOf(r)
	if err != nil {
		return nil, at, errors.Join(err, r.Close())
	}
	at.alone = at.alone && now == *at.at
	at.at = &now
	return r, at, nil
}
