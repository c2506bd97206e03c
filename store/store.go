package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/rowkeep/rowkeep/store/internal/state"
)

// Store changes one file together with people and programs that know nothing of it. It is
// safe for use by several goroutines.
type Store struct {
	path   string
	opt    Options
	medium medium
	turn   chan struct{} // holds one value while a goroutine commits
	queue  requests      // Updates that wait to be committed

	// swept: all displaced files have been looked at. Belongs to whoever has the turn.
	swept bool
	// past is the history up to the entry pastEnd. Belongs to whoever has the turn.
	past    *lineage
	pastEnd state.Entry

	notify func() (*notifier, error) // for watchers
	trail  trail

	mu   sync.Mutex
	seen known
}

// Open prepares a store for the CSV file path, through symbolic links. It removes what a
// commit left behind that was killed, and merges edits that went astray, if it may. Else
// it writes nothing and does not read the file: one that is missing or damaged is an error
// of the calls that need it.
//
// The errors are a setting that makes no sense, ErrNotRegular, and those of the system.
func Open(path string, opt Options) (*Store, error) {
	file, err := openFile(path, opt.withDefaults())
	if err != nil {
		return nil, err
	}
	return newStore(path, file, opt)
}

// newStore begins with what the newest commit record tells.
func newStore(path string, m medium, opt Options) (*Store, error) {
	if err := opt.validate(); err != nil {
		return nil, fmt.Errorf("store options: %w", err)
	}
	s := &Store{path: path, opt: opt.withDefaults(), medium: m, turn: make(chan struct{}, 1), notify: newNotifier}
	last, _, err := m.last()
	if err != nil {
		return nil, err
	}
	s.seen.digest = Digest(last.Digest)
	s.recover()
	return s, nil
}

// recover sorts out what was left by stores that were killed, or are gone, unless somebody
// is committing: his lock has done it. What cannot be done, as on a file system that is
// read-only, is left: it keeps nobody from reading, and a commit finds out for itself what
// is wrong.
func (s *Store) recover() {
	if !s.medium.used() {
		return
	}
	once, cancel := context.WithCancel(context.Background())
	cancel()
	unlock, err := s.medium.lock(once)
	if err != nil {
		return
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(context.Background(), min(s.opt.Wait, openWait))
	defer cancel()
	if _, err := s.gather(ctx); err != nil {
		s.opt.Logger.WarnContext(ctx, "what strayed cannot be merged now", "path", s.path, "error", err)
	}
	s.retain(ctx, true)
}

// openWait is how long Open waits at most for an editor that does not finish, where there is
// something to merge.
const openWait = time.Second

// newest returns the newest version that the store knows.
func (s *Store) newest() known {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

func (s *Store) remember(snap Snapshot) {
	if st := s.planned(snap); st != nil {
		s.arrived(st)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = known(snap)
}

// errWaited is the cause where Options.Wait is over.
var errWaited = errors.New("waited in vain")

// bounded ends a context after Options.Wait.
func (s *Store) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, s.opt.Wait, errWaited)
}

// Snapshot reads the file. While somebody writes it, it waits for the end. With
// [Options.Create] a missing file is the zero Snapshot.
//
// With an error it returns the last good version that the store has read or written, or
// the zero Snapshot if there is none: a [*FileError] where the file is half written or
// damaged, fs.ErrNotExist where it is missing, else what the system said.
func (s *Store) Snapshot(ctx context.Context) (Snapshot, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	_, snap, err := s.settled(ctx)
	if err != nil {
		k := s.newest()
		if k.file == nil {
			return Snapshot{}, err
		}
		return Snapshot(k), err
	}
	return snap, nil
}

// Update lets edit change the file as it stands now, and commits what edit made of it. If
// the file changes before the commit, edit runs again on the newest content: it should do
// nothing that cannot be done twice. It must not call the store. Other commits, of other
// processes too, wait meanwhile: an edit that takes its time begins with [Store.Begin].
// Updates that wait at the same time are committed together, one edit on top of the other;
// one that fails is left out.
//
// After an error the file is as it was, unless a [*CommitError] says otherwise. The error
// is edit's own; a [*FileError] where the file is half written or damaged; fs.ErrNotExist
// where it is missing, ErrNotRegular, or what the system said of opening it; else a
// CommitError. [CanRetry] tells whether trying again may help.
func (s *Store) Update(ctx context.Context, edit func(*Tx) error) (*Receipt, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	return s.update(ctx, edit)
}

// Begin starts a change that may take minutes: its base is the file as it stands now, and
// nobody waits for it. [Tx.Commit] merges it into what stands in the file then. A
// transaction that is not committed needs no end. The errors are those of
// [Store.Snapshot].
//
// What a stale save took back is given back by the commit, and not before. Who acts upon
// what he reads, and must not do so twice, calls [Store.Repair] first, or watches.
func (s *Store) Begin(ctx context.Context) (*Tx, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	_, snap, err := s.settled(ctx)
	if err != nil {
		return nil, err
	}
	return s.newTx(snap)
}

// Repair does what a commit does on the way, and nothing else: it merges edits that went
// astray, and gives back what a stale save took. The receipt's Events say what there was.
func (s *Store) Repair(ctx context.Context) (*Receipt, error) {
	return s.commit(ctx, s.asItStands)
}

// asItStands is a commit that changes nothing by itself. It makes no file either, where a
// change would.
func (s *Store) asItStands(now Snapshot) (proposal, error) {
	if !now.Exists() {
		return proposal{}, &fs.PathError{Op: "open", Path: s.path, Err: fs.ErrNotExist}
	}
	return proposal{base: now, result: now.Bytes()}, nil
}

// Accept takes the file as it stands, however half written it looks and whatever changes
// of the program it takes back: somebody has said that it is meant so. A file that cannot
// be read, because a quote in it is never closed or for what else a [*FileError] says,
// cannot be accepted either.
func (s *Store) Accept(ctx context.Context) error {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	// A first look without the lock: beside a file that cannot be used nothing is made.
	if snap, err := s.readNow(ctx); err != nil || !snap.Exists() {
		return err
	}
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	// What somebody committed meanwhile stands there now, and not what was seen first.
	snap, err := s.readNow(ctx)
	if err != nil || !snap.Exists() {
		return err
	}
	s.remember(snap)
	if last, known, err := s.medium.last(); err != nil || known && last.Accepted && last.Digest == state.Digest(snap.digest) {
		return err
	}
	accepted := foundVersion(snap)
	accepted.Accepted = true
	return s.note([]state.Version{accepted})
}

// readNow reads the file without waiting for it to settle.
func (s *Store) readNow(ctx context.Context) (Snapshot, error) {
	now, err := s.load(ctx)
	if err != nil || !now.exists {
		return Snapshot{}, err
	}
	snap, err := newSnapshot(now.data, s.opt.Read)
	if err != nil {
		return Snapshot{}, &FileError{s.path, err}
	}
	return snap, nil
}
