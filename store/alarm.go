package store

import (
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/rowkeep/rowkeep/internal/symlink"
	"github.com/rowkeep/rowkeep/store/internal/state"
	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// notifier is what tells of changes in directories. A watch on the file itself would be
// one on an inode that the next save replaces.
type notifier struct {
	add    func(dir string) error
	events <-chan fsnotify.Event
	errors <-chan error
	close  func() error // ends both channels
}

func newNotifier() (*notifier, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	return &notifier{add: w.Add, events: w.Events, errors: w.Errors, close: w.Close}, nil
}

// alarm rings when the file may have changed. It only says when to look: what there is to
// see is for whoever looks. So it may ring once too often, and a ring for many is enough.
type alarm struct {
	medium medium
	source *notifier // nil: there is none
	rung   chan struct{}
	done   chan struct{} // closed when nothing rings any more
	// blind: what happens to the file may not be heard. Belongs to whoever waits.
	blind bool
	lost  atomic.Bool // a directory that was watched is gone, perhaps under another name
	stray atomic.Bool // somebody wrote to what was displaced

	mu    sync.Mutex
	place scene
}

// scene has the names that matter to a local file.
type scene struct {
	path, target string
	state        state.Dir
}

func newAlarm(s *Store) *alarm {
	a := &alarm{medium: s.medium, rung: make(chan struct{}, 1), done: make(chan struct{})}
	source, err := s.notify()
	if err != nil {
		s.opt.Logger.Warn("watching by looking every second", "path", s.path, "error", err)
		close(a.done)
		return a
	}
	a.source = source
	go a.listen()
	return a
}

func (a *alarm) close() {
	if a.source != nil {
		_ = a.source.close() // nothing is left of it either way
		<-a.done
	}
}

// follow watches the directories that matter now: links may lead elsewhere, and a store
// may have made the state directory. Watching one twice does no harm.
func (a *alarm) follow() {
	f, ok := a.medium.(*localFile)
	if a.source == nil || !ok {
		a.blind = true
		return
	}
	target, err := symlink.Follow(f.path)
	if err != nil {
		a.blind = true
		return
	}
	p := scene{path: f.path, target: target, state: f.stateOf(target)}
	a.mu.Lock()
	a.place = p
	a.mu.Unlock()
	// Of the links on the way only the first and the last are in a directory that is watched.
	a.blind = p.path != p.target || a.lost.Load()
	for _, dir := range []string{filepath.Dir(p.path), filepath.Dir(p.target)} {
		a.blind = a.source.add(dir) != nil || a.blind
	}
	if there, err := p.state.Exists(); err == nil && there {
		// Who may not enter it may not repair either, and needs no ring.
		_ = a.source.add(p.state.Path())
	}
}

// strays reports once that somebody may have written to what was displaced.
func (a *alarm) strays() bool { return a.stray.Swap(false) || a.blind }

// listen rings for what matters until the source is closed. It never waits, so that the
// system's queue does not run over while a caller is busy; if it does, that is a ring too.
func (a *alarm) listen() {
	defer close(a.done)
	for {
		select {
		case e, ok := <-a.source.events:
			if !ok {
				return
			}
			if a.matters(e) {
				a.ring()
			}
		case _, ok := <-a.source.errors:
			if !ok {
				return
			}
			a.stray.Store(true)
			a.ring()
		}
	}
}

func (a *alarm) ring() {
	select {
	case a.rung <- struct{}{}:
	default:
	}
}

// matters passes over neighbours: backups and swap files of editors, and what commits do
// in the state directory.
func (a *alarm) matters(e fsnotify.Event) bool {
	a.mu.Lock()
	p := a.place
	a.mu.Unlock()
	switch e.Name {
	case p.path, p.target, p.state.Path():
		return true
	case filepath.Dir(p.path), filepath.Dir(p.target):
		a.lost.Store(true)
		return true
	}
	if e.Has(fsnotify.Write) && p.state.Displaces(e.Name) {
		a.stray.Store(true)
		return true
	}
	return false
}

// strayTime is how long a displaced file that somebody wrote to is looked at again, if it
// looks half written and nobody has it open.
const strayTime = time.Minute

// straying reports that a displaced file is written to, or was and may be half written.
// Nothing else in the process is committing.
func (f *localFile) straying() bool {
	target, err := symlink.Follow(f.path)
	if err != nil {
		return false
	}
	list, err := f.stateOf(target).Displaced()
	if err != nil {
		return false
	}
	for _, d := range list {
		at, err := sys.StampAt(d.Path)
		if err != nil || f.looked[d.Path] == at {
			continue
		}
		_, at, somebody, err := d.Look(true)
		if somebody || err == nil && time.Since(time.Unix(0, int64(at.Modified))) < strayTime {
			return true
		}
	}
	return false
}
