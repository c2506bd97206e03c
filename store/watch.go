package store

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"slices"
	"syscall"
	"time"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store/internal/state"
)

// News tells that somebody else changed the file: a person, a program, another store.
type News struct {
	// Before is the version that was told of last or that this store has written since, Now
	// is what stood in the file next.
	Before, Now Digest
	// Missing: there is no file any more; Now is the zero Digest. Created: there is one
	// again, or for the first time. Before is what there was last.
	Missing, Created bool
	// Joined: more had piled up than is kept. Diff has everything since Before then, what
	// this store wrote in between too, and Events are the newest of many.
	Joined bool
	// Events are what the store did about the change, or found out, as in a [Receipt]. Now
	// has what it did.
	Events []Event

	before, after Snapshot
	read          csvrows.Options
}

// Snapshot is the version that the news is about.
func (n News) Snapshot() Snapshot { return n.after }

// Diff lists the changes from Before to Now by key and column, none where the file is
// missing; by first field and position, with the header as a row, if Now lacks the key of
// Before. It is worked out when it is asked for.
func (n News) Diff() *merge.Result {
	after := n.after
	if n.Missing {
		after = n.before
	}
	return diffOf(n.before, after, n.read)
}

// Watch tells what others do to the file from now on, until the context ends or the caller
// breaks out of the loop. It begins with the version that the store has read or written
// last, else with what stands in the file at the start.
//
// Versions that look half written are waited for; those that come between two looks are
// told together; what this store writes is not told. Once a store has committed to the
// file, Watch does what [Store.Repair] does as soon as there is reason to: it gives back
// what a stale save took, and merges edits that went astray. Who may not write to the file
// is told all the same, and nothing is repaired.
//
// Of a file that cannot be used the error is yielded, once for each version, with zero
// News; so is that of a repair. Watching goes on: the next version may be a good one. The
// errors are those of [Store.Snapshot] and [Store.Repair].
//
// While the caller is busy with news, what others and this store do in turn is kept apart,
// as far as it takes no more than a few versions of the file; then all that has piled up is
// joined, from the version that the caller knows to the newest.
func (s *Store) Watch(ctx context.Context) iter.Seq2[News, error] {
	return func(yield func(News, error) bool) {
		w := s.newWatch()
		defer w.end()
		for ctx.Err() == nil {
			w.alarm.follow()
			news, err := w.look(ctx)
			for _, n := range news {
				if !yield(n, nil) {
					return
				}
			}
			if w.again = err != nil; w.isNew(ctx, err) && !yield(News{}, err) {
				return
			}
			w.wait(ctx)
		}
	}
}

// watch is one loop over Watch.
type watch struct {
	*Store
	alarm *alarm
	steps []step // that the store has made since the last look; guarded by Store.mu

	last    Snapshot // what was told last, or done by this store
	begun   bool     // last is set
	missing bool
	told    failing // the error that was told last
	again   bool    // the last look came to nothing
	strays  bool    // somebody writes, or has written, to what was displaced
}

// failing tells one error from another: by the content that has it.
type failing struct{ digest, text string }

func (s *Store) newWatch() *watch {
	w := &watch{Store: s, alarm: newAlarm(s), strays: true}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen.file != nil {
		w.last, w.begun = Snapshot(s.seen), true
	}
	if s.trail.walkers == nil {
		s.trail.walkers = make(map[*watch]bool)
	}
	s.trail.walkers[w] = true
	return w
}

func (w *watch) end() {
	w.mu.Lock()
	delete(w.trail.walkers, w)
	w.mu.Unlock()
	w.alarm.close()
}

// look reads the file, repairs what is to be repaired, and tells what is new. With an
// error there may be news too.
func (w *watch) look(ctx context.Context) ([]News, error) {
	ctx, cancel := w.bounded(ctx)
	defer cancel()
	_, now, err := w.settled(ctx) // others need not wait while somebody writes
	if errors.Is(err, fs.ErrNotExist) || err == nil && !now.Exists() {
		return w.gone(), nil
	}
	if err != nil {
		return nil, err
	}
	if !w.begun {
		w.last, w.begun = now, true
	}
	leave, err := w.takeTurn(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	for {
		failed := w.repair(ctx, now)
		was := now.digest
		// No commit of this store comes between this reading and the end of the trail.
		if _, now, err = w.settled(ctx); err != nil {
			return nil, errors.Join(failed, err)
		}
		// What somebody saved meanwhile is not told before it is repaired.
		if failed != nil || now.digest == was || w.recorded(now) {
			return w.walk(now), failed
		}
	}
}

// recorded reports that a version is the newest of the history.
func (w *watch) recorded(now Snapshot) bool {
	last, ok, err := w.medium.last()
	return err == nil && ok && last.Digest == state.Digest(now.digest)
}

// gone tells once that there is no file.
func (w *watch) gone() []News {
	if w.missing {
		return nil
	}
	w.begun, w.missing = true, true
	return []News{{Before: w.last.digest, Missing: true, before: w.last, read: w.opt.Read}}
}

// repair is a Repair, where there is reason for one and whoever watches may. The turn is
// taken.
func (w *watch) repair(ctx context.Context, now Snapshot) error {
	w.strays = w.medium.used() && (w.alarm.strays() || w.strays)
	if !w.medium.used() || w.recorded(now) && !w.strays {
		return nil
	}
	w.swept = w.swept && !w.strays // else only what this store displaced is looked at
	_, err := w.commitInTurn(ctx, w.asItStands)
	if f, ok := w.medium.(*localFile); ok && err == nil && w.strays {
		w.strays = f.straying()
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // the next look tells
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		w.opt.Logger.DebugContext(ctx, "watching without repair", "path", w.path, "error", err)
		w.strays = false
		return nil
	}
	return err
}

// walk goes the way of the store to what stands in the file now, and tells what others
// did in between.
func (w *watch) walk(now Snapshot) []News {
	w.mu.Lock()
	steps := w.steps
	w.steps = nil
	w.mu.Unlock()
	var news []News
	for _, st := range steps {
		was := len(news)
		news = w.meet(news, st.before, st.events)
		for i := range news[was:] {
			news[was+i].Joined = st.joined
		}
		w.last, w.missing = st.after, false
	}
	return w.meet(news, now, nil)
}

// meet adds a version to the news, if it is any.
func (w *watch) meet(news []News, now Snapshot, events []Event) []News {
	if !now.Exists() || now.digest == w.last.digest && !w.missing && !tellsMore(events) {
		return news
	}
	news = append(news, News{
		Before: w.last.digest, Now: now.digest, Created: w.missing, Events: events,
		before: w.last, after: now, read: w.opt.Read,
	})
	w.last, w.missing = now, false
	return news
}

// tellsMore reports events that are news where the file is as it was. Not so that nobody
// knows what it was made from: that is true of each file at the first commit.
func tellsMore(events []Event) bool {
	return slices.ContainsFunc(events, func(e Event) bool { return e.Kind != EventUnknownAncestor })
}

// isNew reports an error that this version has not been told of.
func (w *watch) isNew(ctx context.Context, err error) bool {
	if err == nil || ctx.Err() != nil {
		if err == nil {
			w.told = failing{}
		}
		return false
	}
	this := failing{text: err.Error()}
	if now, err := w.medium.load(ctx); err == nil {
		this.digest = state.DigestOf(now.data).Hash
	}
	known := this == w.told
	w.told = this
	return !known
}

// pollEvery is how often the file is looked at where nothing tells when to.
const pollEvery = time.Second

// wait waits for a reason to look again.
func (w *watch) wait(ctx context.Context) {
	var tick <-chan time.Time
	if w.again || w.strays || w.alarm.blind {
		tick = time.After(pollEvery)
	}
	select {
	case <-ctx.Done():
	case <-w.alarm.rung:
	case <-tick:
	}
}
