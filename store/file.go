package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/rowkeep/rowkeep/internal/symlink"
	"github.com/rowkeep/rowkeep/store/internal/state"
	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// localFile is a file of this system as a medium.
type localFile struct {
	path string // as the caller names it, perhaps a symbolic link
	opt  Options

	// moment is told of each step of a commit before it is taken. Tests let others come in
	// between there.
	moment func(step string)

	mu    sync.Mutex
	log   *state.Log // of the state directory beside the file that path led to last
	known []byte     // what was read or written last
	heard bool       // others have written to the log, and who saw it did not hold the lock

	// What follows belongs to whoever holds the lock.
	locked  string               // the file behind path whose lock is held
	held    *state.Log           // of that file; others read it under mu
	looked  map[string]sys.Stamp // displaced files, as they were when they held what they should
	cleared string               // the file for which nothing is left of other processes
	recent  []state.Displaced    // by the last commits of this process, newest last
	older   []state.Displaced    // by those before
	named   []*state.Spare       // of these, whose names may not be on disk
	spares  []*state.Spare       // of those before
	stays   int64                // number of the last displaced file that stays what it is
	minded  string               // the file that all these were of
	swept   string               // the file whose displaced files were looked at, all of them
	commits int                  // since old versions were dropped last
	place   *tried               // nil: not probed yet
	probed  string               // the file that place is about
}

// openFile looks whether path can be a store's file, and removes what a killed commit
// left.
func openFile(path string, opt Options) (*localFile, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	f := &localFile{path: path, opt: opt, looked: map[string]sys.Stamp{}, moment: func(string) {}}
	target, err := symlink.Follow(path)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(target); err == nil && !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
	}
	return f, nil
}

// place is what swap needs to know of what load read.
type place struct {
	target string     // behind all links
	at     *sys.Stamp // nil: there was no file
	// alone: nobody had it open for writing, as a store into a mapping leaves no trace but the
	// first. aged: it did not change so shortly before it was read that a second change might
	// carry the same time. With both, a file that has the same stamp later has the same content,
	// where stores into mappings tell ([sys.StoresTell]).
	alone, aged bool
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
	started := time.Duration(time.Now().UnixNano())
	r, err := sys.OpenRead(target)
	if errors.Is(err, fs.ErrNotExist) {
		return held{tag: place{target: target}}, true, nil
	}
	if err != nil {
		return held{}, false, err
	}
	defer r.Close()
	before, alone, err := stampAlone(r)
	if err != nil {
		return held{}, false, err
	}
	if !before.Regular() {
		return held{}, false, &fs.PathError{Op: "open", Path: target, Err: ErrNotRegular}
	}
	data, err := f.content(r, before.Size)
	if err != nil {
		return held{}, false, err
	}
	after, err := sys.StampOf(r)
	if err != nil {
		return held{}, false, err
	}
	now = held{
		data: data, exists: true, still: time.Since(time.Unix(0, int64(after.Modified))),
		tag: place{target: target, at: &after, alone: alone, aged: after.Aged(started)},
	}
	return now, before == after && int64(len(data)) == after.Size, nil
}

// stampAlone looks at an open file. alone: nobody had it open for writing then.
func stampAlone(r *os.File) (at sys.Stamp, alone bool, err error) {
	lease, err := sys.TakeLease(r)
	if err == nil {
		defer func() { _ = lease.Release() }() // closing the file does it too
	}
	at, statErr := sys.StampOf(r)
	return at, err == nil, statErr
}

// content reads a file as readAll does. If it is what was read or written last, that is
// what it returns, and no other memory is needed.
func (f *localFile) content(r io.ReaderAt, size int64) ([]byte, error) {
	f.mu.Lock()
	known := f.known
	f.mu.Unlock()
	if known != nil { // nil would be that of no file
		if same, err := holds(r, size, known); same || err != nil {
			return known, err
		}
	}
	data, err := readAll(r, size)
	if err == nil {
		f.know(data)
	}
	return data, err
}

func (f *localFile) know(data []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.known = data
}

// chunks are what files are read into to be compared: it stays in the cache meanwhile.
var chunks = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// holds reports that a file that has been seen to have size bytes holds data.
func holds(r io.ReaderAt, size int64, data []byte) (bool, error) {
	if size != int64(len(data)) {
		return false, nil
	}
	chunk := chunks.Get().(*[64 << 10]byte)
	defer chunks.Put(chunk)
	buf := chunk[:]
	for at := 0; at < len(data); at += len(buf) {
		part := data[at:min(len(data), at+len(buf))]
		n, err := r.ReadAt(buf[:len(part)], int64(at))
		if err != nil && err != io.EOF {
			return false, err
		}
		if !bytes.Equal(buf[:n], part) {
			return false, nil
		}
	}
	return true, nil
}

// readAll reads a file that has been seen to have size bytes. Whether it has grown since is
// for another look at it.
func readAll(r io.ReaderAt, size int64) ([]byte, error) {
	data := make([]byte, size)
	n, err := r.ReadAt(data, 0)
	if err != nil && err != io.EOF {
		return nil, err
	}
	return data[:n], nil
}

// written asks for a lease, which nobody gets whose file is open for writing.
func (f *localFile) written(h held) bool {
	r, err := sys.OpenRead(h.tag.(place).target)
	if err != nil {
		return false
	}
	defer r.Close()
	lease, err := sys.TakeLease(r)
	if err != nil {
		return errors.Is(err, sys.ErrBusy)
	}
	_ = lease.Release()
	return false
}

// used looks for the state directory.
func (f *localFile) used() bool {
	log, err := f.logNow()
	if err != nil {
		return false
	}
	there, err := log.Dir().Exists()
	return err == nil && there
}

// fresh looks whether the state directory is as it was made: whoever loses a log has
// displaced something.
func (f *localFile) fresh() bool {
	displaced, err := f.dir().Displaced()
	return err == nil && len(displaced) == 0 && f.lockedLog().Empty()
}

// lock takes the lock in the state directory, which it makes if there is none, and sorts
// out what a process left that died in a commit.
func (f *localFile) lock(ctx context.Context) (unlock func(), err error) {
	target, err := symlink.Follow(f.path)
	if err != nil {
		return nil, err
	}
	dir := f.stateOf(target)
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
	f.setLocked(target)
	unlock = func() {
		f.setLocked("")
		// An error of unlocking would leave a descriptor to the garbage collector, and
		// the lock to its end; the commit stands.
		_ = release()
	}
	if err := f.recover(); err != nil {
		unlock()
		return nil, &CommitError{Path: f.path, Step: "recover", Err: err}
	}
	return unlock, nil
}

// setLocked notes whose lock is held; "" where none is. Its log stays the same until the
// lock is released, wherever the path leads meanwhile.
func (f *localFile) setLocked(target string) {
	var log *state.Log
	if target != "" {
		log = f.logOf(target)
	}
	if target != "" && target != f.minded {
		f.recent, f.older, f.named, f.spares = nil, nil, nil, nil
		f.stays, f.minded = 0, target
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.locked, f.held = target, log
}

// recover sorts out what a process left that died in a commit. Nobody did if the log is as
// this store left it.
func (f *localFile) recover() error {
	log := f.held
	f.mu.Lock()
	if f.heard {
		f.heard, f.cleared = false, ""
	}
	f.mu.Unlock()
	if _, news, _, err := log.Last(); err != nil || !news && f.cleared == f.locked && !(f.opt.InPlace && f.dir().HasAhead()) {
		return err // of what was written ahead the log may know nothing
	}
	f.cleared = ""
	now, _, err := f.read()
	if err != nil {
		return nil // whoever needs the file finds out by itself
	}
	f.named, f.spares = nil, nil
	err = errors.Join(f.finishInPlace(), log.Recover(now.data), f.dir().Sweep())
	if err == nil {
		f.cleared = f.locked
	}
	return err
}

// dir is the state directory of the file whose lock is held.
func (f *localFile) dir() state.Dir { return f.stateOf(f.locked) }

// stateOf is the state directory of a file: beside it, unless it cannot be made there.
func (f *localFile) stateOf(target string) state.Dir {
	beside := state.Beside(target)
	if f.opt.StateDir == "" || sys.Writable(filepath.Dir(target)) {
		return beside
	}
	return state.Elsewhere(f.opt.StateDir, target)
}

// logNow is the log beside the file that path leads to now.
func (f *localFile) logNow() (*state.Log, error) {
	target, err := symlink.Follow(f.path)
	if err != nil {
		return nil, err
	}
	return f.logOf(target), nil
}

// logOf is the log beside a file. That of the last file asked for is kept.
func (f *localFile) logOf(target string) *state.Log {
	f.mu.Lock()
	defer f.mu.Unlock()
	if dir := f.stateOf(target); f.log == nil || f.log.Dir() != dir {
		f.log = dir.Log()
	}
	return f.log
}

func (f *localFile) last() (state.Entry, bool, error) {
	if log := f.lockedLog(); log != nil {
		e, ok := log.Known()
		return e, ok, nil
	}
	log, err := f.logNow()
	if err != nil {
		return state.Entry{}, false, err
	}
	e, news, ok, err := log.Last()
	if news {
		f.mu.Lock()
		f.heard = true
		f.mu.Unlock()
	}
	if errors.Is(err, fs.ErrPermission) {
		return state.Entry{}, false, nil // who may not write the file needs no history
	}
	return e, ok, err
}

// lockedLog is the log while the lock is held: nobody else writes to it then.
func (f *localFile) lockedLog() *state.Log {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.held
}

func (f *localFile) history(seq int64) (state.History, error) {
	log := f.lockedLog()
	if log == nil {
		var err error
		if log, err = f.logNow(); err != nil {
			return state.History{}, err
		}
	}
	h, err := log.Dir().Since(seq)
	if errors.Is(err, fs.ErrPermission) {
		return state.History{}, nil
	}
	return h, err
}

func (f *localFile) lacksEnd() bool { return f.lockedLog().LacksEnd() }

// note keeps versions without a swap.
func (f *localFile) note(versions []state.Version) (int64, error) {
	seq, _, err := f.held.Append(versions...)
	if err == nil && mustStay(versions) {
		err = f.held.Sync()
	}
	return seq, err
}

// record keeps the versions of a commit of old, which is yet to come about; undo takes them
// back, and is to be called after an error too, unless it is nil. sync: no displaced file is going to tell of it.
func (f *localFile) record(old held, versions []state.Version, sync bool) (seq int64, undo func() error, err error) {
	f.held.Know(old.data)
	seq, undo, err = f.held.Append(versions...)
	if err != nil || !sync && !mustStay(versions) {
		return seq, undo, err
	}
	// Else a power cut could let the same edit be found once more, too.
	return seq, undo, f.held.Sync()
}

// mustStay reports versions of which nothing but the log tells what they are: a power cut
// must not take them. Nor must it take a commit that displaces no file.
func mustStay(versions []state.Version) bool {
	return slices.ContainsFunc(versions, func(v state.Version) bool {
		return v.Kind == state.Conflict || v.Kind == state.Closed || v.Accepted || len(v.Absorbed) > 0 || len(v.Closes) > 0
	})
}

// create makes the state directory for a file, which may be missing itself.
func (f *localFile) create(dir state.Dir, target string) error {
	at, err := sys.StampAt(target)
	if errors.Is(err, fs.ErrNotExist) {
		return dir.Create(nil)
	}
	if err != nil {
		return err
	}
	if at.Links > 1 && !f.opt.InPlace {
		return ErrHardLinks
	}
	return dir.Create(&at)
}
