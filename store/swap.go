package store

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/rowkeep/rowkeep/store/internal/state"
)

// CompareAndSwap makes content what the file holds, if it still holds old, byte for byte;
// swapped is false if it does not. Neither need be readable: so a file with conflict
// markers, which nothing else writes to, is settled by whoever has looked at it. It is
// written as by a commit: what somebody saves in the very moment is kept and merged, and
// old stays in the history. Nothing else is merged, and Options.Validate is not asked.
//
// The errors are ErrNotRegular, fs.ErrNotExist, what the system said of opening the file,
// and a [*CommitError]; the file is as it was but for what Outcome says.
func (s *Store) CompareAndSwap(ctx context.Context, old, content []byte) (swapped bool, err error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	// A first look without the lock: beside a file that is another one nothing is made.
	if _, err := s.holding(ctx, old); err != nil {
		return false, ignoreOther(err)
	}
	leave, err := s.takeTurn(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	receipt, err := followed(func() (*Receipt, error) { return s.swapHere(ctx, old, content) })
	return receipt != nil, ignoreOther(err)
}

// swapHere is CompareAndSwap for the file to which the path leads now; errElsewhere if it
// leads to another one since. What strayed before waits for a commit, as it cannot be merged
// into what nobody can read.
func (s *Store) swapHere(ctx context.Context, old, content []byte) (*Receipt, error) {
	unlock, err := s.medium.lock(ctx)
	if err != nil {
		return nil, s.lockError(err)
	}
	defer unlock()
	defer s.retain(ctx, false)
	receipt, slipped, err := s.insist(ctx, func() (*Receipt, bool, error) { return s.swap(ctx, old, content) })
	if slipped {
		err = s.mend(ctx, receipt)
	}
	return receipt, err
}

// errOther means that the file holds something else than it should.
var errOther = errors.New("the file is another one")

func ignoreOther(err error) error {
	if errors.Is(err, errOther) {
		return nil
	}
	return err
}

// holding loads the file; errOther if it does not hold data.
func (s *Store) holding(ctx context.Context, data []byte) (held, error) {
	now, err := s.load(ctx)
	if err == nil && (!now.exists || !bytes.Equal(now.data, data)) {
		err = errOther
	}
	return now, err
}

// swap is one try of CompareAndSwap, as attempt is of a commit.
func (s *Store) swap(ctx context.Context, old, content []byte) (*Receipt, bool, error) {
	now, err := s.holding(ctx, old)
	if err != nil {
		return nil, false, err
	}
	last, known, err := s.medium.last()
	if err != nil {
		return nil, false, &CommitError{Path: s.path, Step: "read history", Err: err}
	}
	before := state.Entry{Kind: state.Read, Time: time.Now().UTC(), Digest: state.DigestOf(old)}
	after := state.Entry{
		Kind: state.Commit, Time: before.Time, Actor: s.opt.Actor, Digest: state.DigestOf(content),
		Base: before.Digest, Theirs: before.Digest,
	}
	var versions []state.Version
	if !known || last.Digest != before.Digest {
		versions = append(versions, state.Version{Content: old, Entry: before})
	}
	done, err := s.medium.swap(ctx, now, append(versions, state.Version{Content: content, Entry: after}))
	if err != nil {
		return nil, false, err
	}
	if snap, err := newSnapshot(content, s.opt.Read); err == nil {
		s.remember(snap)
	}
	return &Receipt{Written: true, Seq: done.seq, Time: after.Time}, done.slipped, nil
}
