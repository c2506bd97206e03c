package store

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"
)

// Updates that come while another commit is under way share the next one: syncing costs
// the same for one as for many. Whoever gets the turn first leads: he runs the edits one
// after the other on one table, each in the goroutine of its caller, and commits what
// they came to. An edit that fails is left out, and the others run again without it, so
// that nothing of it is in the file.

// request is an Update that waits for its turn, or for somebody to take it along.
type request struct {
	ctx  context.Context
	edit func(*Tx) error
	run  chan *Tx      // the leader wants the edit run
	ran  chan error    // what came of it
	gone chan struct{} // closed by a caller who does not wait any longer
	done chan struct{} // closed by the leader; receipt and err are set

	receipt *Receipt
	err     error
}

// requests are those that nobody has taken along yet.
type requests struct {
	mu   sync.Mutex
	list []*request
	// crowd is how many there were at the last commit: those it took along, and those that
	// came meanwhile.
	crowd int
}

// gatherTime is how long a leader waits at most for those who were there at the last
// commit: they come back at once, or not so soon.
const gatherTime = 200 * time.Microsecond

// gather waits until as many are there as there were at the last commit, or shortly.
func (q *requests) gather() []*request {
	for end := time.Now().Add(gatherTime); ; runtime.Gosched() {
		q.mu.Lock()
		if len(q.list) >= q.crowd || time.Now().After(end) {
			list := q.list
			q.list = nil
			q.mu.Unlock()
			return list
		}
		q.mu.Unlock()
	}
}

// served notes how many there are.
func (q *requests) served(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.crowd = n + len(q.list)
}

func (q *requests) add(r *request) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.list = append(q.list, r)
}

// withdraw reports that nobody has taken the request, and nobody will.
func (q *requests) withdraw(r *request) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.list, r)
	if i >= 0 {
		q.list = slices.Delete(q.list, i, i+1)
	}
	return i >= 0
}

// update waits until the request is committed, alone or with others.
func (s *Store) update(ctx context.Context, edit func(*Tx) error) (*Receipt, error) {
	r := &request{
		ctx: ctx, edit: edit,
		run: make(chan *Tx), ran: make(chan error, 1), gone: make(chan struct{}), done: make(chan struct{}),
	}
	defer close(r.gone)
	s.queue.add(r)
	ended := ctx.Done()
	for {
		select {
		case <-r.done:
			if errors.Is(r.err, errLeft) {
				return s.update(ctx, edit)
			}
			return r.receipt, r.err
		case tx := <-r.run:
			r.answer(tx)
			ended = nil // the leader decides from here on
		case s.turn <- struct{}{}:
			s.lead(r)
			return r.receipt, r.err
		case <-ended:
			if s.queue.withdraw(r) {
				return nil, s.lockError(context.Cause(ctx))
			}
			ended = nil
		}
	}
}

// errEnded is what the leader hears of an edit that ended in a panic, or ended its
// goroutine: its caller does not come back. errLeft is what the others hear if the
// leader's did; they begin anew.
var (
	errEnded = errors.New("the edit did not return")
	errLeft  = errors.New("the edit of the leader did not return")
)

// answer runs the edit in the goroutine of its caller.
func (r *request) answer(tx *Tx) {
	err := errEnded
	defer func() { r.ran <- err }()
	err = r.edit(tx)
}

// lead commits a request, and those that wait with it. It has the turn, and gives it back.
func (s *Store) lead(own *request) {
	defer func() { <-s.turn }()
	select {
	case <-own.done:
		return // the leader before took it along
	default:
	}
	batch := s.queue.gather()
	returned := false
	defer func() {
		s.queue.served(len(batch))
		for _, r := range batch {
			if !returned {
				r.receipt, r.err = nil, errLeft
			}
			close(r.done)
		}
	}()
	ctx, cancel := s.shared(own, batch)
	defer cancel()
	var took []*request
	receipt, err := s.commitInTurn(ctx, func(now Snapshot) (p proposal, err error) {
		p, took, err = s.runAll(own, batch, now)
		return p, err
	})
	returned = true
	for _, r := range batch {
		if r.err != nil {
			continue // its edit failed
		}
		if r.err = err; receipt != nil {
			shared := *receipt
			shared.Updates = len(took)
			r.receipt = &shared
		}
	}
}

// shared is a context for a batch: that of the leader where he is alone, else one that
// ends with the last.
func (s *Store) shared(own *request, batch []*request) (context.Context, context.CancelFunc) {
	if len(batch) == 1 {
		return context.WithCancel(own.ctx)
	}
	ctx, cancel := s.bounded(context.WithoutCancel(own.ctx))
	ctx, stop := context.WithCancelCause(ctx)
	var mu sync.Mutex
	left := len(batch)
	for _, r := range batch {
		context.AfterFunc(r.ctx, func() {
			mu.Lock()
			defer mu.Unlock()
			if left--; left == 0 {
				stop(context.Cause(r.ctx))
			}
		})
	}
	return ctx, func() { stop(nil); cancel() }
}

// runAll runs the edits of a batch on what stands in the file, and tells whose are in the
// proposal. The error is that of the last edit, where all failed.
func (s *Store) runAll(own *request, batch []*request, now Snapshot) (proposal, []*request, error) {
	for _, r := range batch {
		r.err = nil
	}
	for {
		took, table, failed, err := s.runOnce(own, batch, now)
		switch {
		case err != nil:
			return proposal{}, nil, err
		case failed:
			continue
		case len(took) == 0:
			return proposal{}, nil, batch[len(batch)-1].err
		}
		return table.proposal(), took, nil
	}
}

// runOnce runs those edits that have not failed yet. failed: one did now, and what it
// began is in the table.
func (s *Store) runOnce(own *request, batch []*request, now Snapshot) (took []*request, table *Tx, failed bool, err error) {
	table, err = s.newTx(now)
	if err != nil {
		return nil, nil, false, err
	}
	for _, r := range batch {
		if r.err != nil {
			continue
		}
		if r.ctx.Err() != nil && r != own {
			r.err = s.lockError(context.Cause(r.ctx))
			continue
		}
		tx := &Tx{Table: table.Table, store: s, base: now, replaced: table.replaced}
		r.err = r.perform(tx, r == own)
		table.Table, table.replaced = tx.Table, tx.replaced
		tx.end()
		if r.err != nil {
			// What comes behind it might fail only because of what it began.
			return took, table, true, nil
		}
		took = append(took, r)
	}
	return took, table, failed, nil
}

// perform has the edit run by its caller.
func (r *request) perform(tx *Tx, own bool) error {
	if own {
		return r.edit(tx)
	}
	select {
	case r.run <- tx:
		return <-r.ran
	case <-r.gone:
		return errEnded
	}
}
