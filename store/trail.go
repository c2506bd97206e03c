package store

import (
	"slices"
	"time"

	"github.com/rowkeep/rowkeep/store/internal/state"
)

// A watcher tells what others did, and not what this store did in between. So each commit
// leaves on the trail from what to what it led.

// step is a commit of this store. What leads to before is not its doing; before has what
// a stale save took back, and events tell of that.
type step struct {
	before, after Snapshot
	events        []Event
	at            time.Time // as in the history
	// pending is how far behind the commit, in the history, a conflict stands that events
	// tell of; 0 where there is none.
	pending int64
	joined  bool // of several
}

// trail is where the store has been since its watchers looked. It is guarded by Store.mu.
type trail struct {
	planned *step // of which it is not known yet whether it came about
	walkers map[*watch]bool
}

// stepOf is what a commit does on top of what it found. An edit that went astray is not
// this store's: a step that merges one begins behind it.
func stepOf(found healed, p proposal, r *Receipt) step {
	st := step{before: found.now, after: r.after, events: slices.Clone(found.events), at: r.Time}
	for _, a := range p.absorbed {
		st.before = r.after
		st.events = append(st.events, Event{Kind: EventStray, Base: a.Seq})
	}
	return st
}

// plan notes what a commit is about to do. A reader may see it before the commit returns.
func (s *Store) plan(st step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trail.planned = &st
}

// walked tells the watchers of a step that left the file as it is, and that has the number
// seq in the history.
func (s *Store) walked(st step, seq int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trail.take(st, seq)
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
	s.trail.take(*st, last.Seq)
}

// numbered are the events of a step that has the number seq.
func (st step) numbered(seq int64) []Event {
	events := slices.Clone(st.events)
	for i := range events {
		switch e := &events[i]; {
		case e.Kind == EventStray:
			e.Newest = seq
		case e.Kind == EventConflict && st.pending > 0:
			e.Pending = seq - st.pending
		}
	}
	return events
}

// mostSteps bounds how many steps are kept apart for a watcher that does not look, and
// mostEvents how many events with them.
const (
	mostSteps  = 16
	mostEvents = 256
)

// take adds a step to what each watcher has yet to walk. Steps behind one another are one;
// so are all of them where there are too many.
func (t *trail) take(st step, seq int64) {
	st.events = st.numbered(seq)
	for w := range t.walkers {
		if n := len(w.steps); n > 0 && len(st.events) == 0 && w.steps[n-1].after.digest == st.before.digest {
			w.steps[n-1].after = st.after
			continue
		}
		if len(st.events) > 0 || st.before.digest != st.after.digest {
			w.steps = append(w.steps, st)
		}
		if len(w.steps) > mostSteps {
			w.steps = append(w.steps[:0:0], joinedSteps(w.steps))
		}
	}
}

// joinedSteps makes one of several steps: it leads from what others made of the file last.
// What this store did before that cannot be told from what they did any more.
func joinedSteps(steps []step) step {
	joined := steps[len(steps)-1]
	joined.events, joined.joined = nil, true
	for _, st := range steps {
		joined.events = append(joined.events, st.events...)
	}
	joined.events = joined.events[max(0, len(joined.events)-mostEvents):]
	return joined
}
