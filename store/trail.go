package store

import (
	"time"

	"github.com/rowkeep/rowkeep/store/internal/state"
)

// A watcher tells what others did, and not what this store did in between. So the store
// leaves a trail: of each of its commits, from what to what it led.

// step is a commit of this store. What leads to before is not its doing; before has what
// a stale save took back, and events tell of that.
type step struct {
	before, after Snapshot
	events        []Event
	at            time.Time // as in the history
}

// trail is where the store has been since its watchers looked.
type trail struct {
	found healed // what the commit under way found; belongs to whoever has the turn

	// What follows is guarded by Store.mu.
	planned *step // of which it is not known yet whether it came about
	walkers map[*watch]bool
}

// plan notes what a commit is about to do. An edit that went astray is not this store's:
// a step that merges one begins behind it.
func (s *Store) plan(r *Receipt, p proposal, result Snapshot) {
	st := step{before: s.trail.found.now, after: result, events: s.trail.found.events, at: r.Time}
	for _, a := range p.absorbed {
		st.before = result
		st.events = append(st.events[:len(st.events):len(st.events)], Event{Kind: EventStray, Base: a.Seq})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trail.planned = &st
	if !r.Written {
		s.trail.planned = nil
		s.trail.take(st)
	}
}

// planned is the step, if there is one, that makes a version stand in the file.
func (s *Store) planned(snap Snapshot) *step {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st := s.trail.planned; st != nil && st.after.digest == snap.digest {
		return st
	}
	return nil
}

// arrived tells the watchers of a step if the history has it. That others came to the
// same content, after a commit of ours that failed, is news.
func (s *Store) arrived(st *step) {
	last, ok, err := s.medium.last()
	if err != nil || !ok || last.Kind != state.Commit || !last.Time.Equal(st.at) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trail.planned != st {
		return
	}
	s.trail.planned = nil
	for i := range st.events {
		if st.events[i].Kind == EventStray {
			st.events[i].Newest = last.Seq
		}
	}
	s.trail.take(*st)
}

// take adds a step to what each watcher has yet to walk. Steps behind one another are one.
func (t *trail) take(st step) {
	for w := range t.walkers {
		if n := len(w.steps); n > 0 && len(st.events) == 0 && w.steps[n-1].after.digest == st.before.digest {
			w.steps[n-1].after = st.after
			continue
		}
		if len(st.events) > 0 || st.before.digest != st.after.digest {
			w.steps = append(w.steps, st)
		}
	}
}
