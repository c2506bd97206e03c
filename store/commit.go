package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/rowkeep/rowkeep/merge"
)

// A commit that finds the file changed at the last look tries again, mostTries times at
// most, after a wait that is drawn from up to twice the one before.
const (
	mostTries    = 100
	shortestWait = time.Millisecond
	longestWait  = 100 * time.Millisecond
)

// A proposal is what a change makes of a file.
type proposal struct {
	base   Snapshot // what the change was made from
	result []byte
	merged *merge.Result // nil where base was what stood in the file
}

// commit makes propose's answer to what stands in the file its content. Propose is asked
// again if the file changes meanwhile.
func (s *Store) commit(ctx context.Context, propose func(now Snapshot) (proposal, error)) (*Receipt, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	// A first look without the lock: beside a file that cannot be used nothing is made.
	if s.newest().file == nil {
		if _, _, err := s.settled(ctx); err != nil {
			return nil, err
		}
	}
	wait := shortestWait
	for range mostTries {
		receipt, err := s.attempt(ctx, propose)
		if !errors.Is(err, errChanged) {
			return receipt, err
		}
		s.opt.Logger.DebugContext(ctx, "the file changed during a commit", "path", s.path)
		if err := sleep(ctx, rand.N(wait)); err != nil {
			return nil, &CommitError{Path: s.path, Step: "read again", Err: fmt.Errorf("%w (%w)", ErrContended, err)}
		}
		wait = min(2*wait, longestWait)
	}
	return nil, &CommitError{Path: s.path, Step: "read again", Err: ErrContended}
}

// attempt is one try of a commit; errChanged asks for another.
func (s *Store) attempt(ctx context.Context, propose func(now Snapshot) (proposal, error)) (*Receipt, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	old, now, err := s.settled(ctx)
	if err != nil {
		return nil, err
	}
	if err := context.Cause(ctx); err != nil {
		return nil, &CommitError{Path: s.path, Step: "read", Err: err}
	}
	p, err := propose(now)
	if err != nil {
		return nil, err
	}
	result, err := newSnapshot(p.result, s.opt.Read)
	if err != nil {
		return nil, &CommitError{Path: s.path, Step: "merge", Err: err}
	}
	if p.merged != nil && s.opt.Validate != nil {
		if err := s.opt.Validate(p.base, result); err != nil {
			return nil, &CommitError{Path: s.path, Step: "validate", Err: err}
		}
	}
	receipt, err := s.newReceipt(p, now, result)
	if err != nil {
		return nil, &CommitError{Path: s.path, Step: "record", Err: err}
	}
	if !receipt.Written {
		return receipt, nil
	}
	receipt.Seq, err = s.medium.swap(ctx, old, p.result, receipt.record(s.opt.Actor))
	if err != nil {
		return nil, err
	}
	s.remember(result)
	s.opt.Logger.InfoContext(ctx, "committed", "path", s.path, "seq", receipt.Seq, "base", receipt.Base.Hash,
		"theirs", receipt.Theirs.Hash, "result", receipt.Result.Hash, "merged", receipt.Merged, "changes", len(receipt.Changes))
	return receipt, nil
}

// lock keeps out other goroutines, then other processes.
func (s *Store) lock(ctx context.Context) (unlock func(), err error) {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, s.lockError(context.Cause(ctx))
	}
	leave := func() { <-s.turn }
	unlockMedium, err := s.medium.lock(ctx)
	if err != nil {
		leave()
		return nil, s.lockError(err)
	}
	return func() { unlockMedium(); leave() }, nil
}

func (s *Store) lockError(err error) error {
	if commit := (*CommitError)(nil); errors.As(err, &commit) {
		return err
	}
	if errors.Is(err, errWaited) || errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("%w (%w)", ErrLocked, err)
	}
	return &CommitError{Path: s.path, Step: "lock", Err: err}
}

// combine merges a change into what stands in the file. The errors are a
// [*merge.ConflictError], and a [*CommitError] of step "merge".
func (s *Store) combine(base Snapshot, ours []byte, now Snapshot) (proposal, error) {
	merged, err := merge.Merge(base.Bytes(), ours, now.Bytes(), s.opt.merge())
	if err != nil {
		return proposal{}, &CommitError{Path: s.path, Step: "merge", Err: err}
	}
	if err := merged.Err(); err != nil {
		return proposal{}, err
	}
	if slices.ContainsFunc(merged.Warnings, func(w merge.Warning) bool { return w.Kind == merge.WarnMassKeyChange }) {
		return proposal{}, &CommitError{Path: s.path, Step: "merge", Err: ErrMassKeyChange}
	}
	return proposal{base: base, result: merged.Bytes(), merged: merged}, nil
}
