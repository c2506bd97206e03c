package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store/internal/state"
)

// A commit that finds the file changed at the last look tries again, mostTries times at
// most, after a wait that is drawn from up to twice the one before.
const (
	mostTries    = 100
	shortestWait = time.Millisecond
	longestWait  = 100 * time.Millisecond
	busyWait     = 5 * time.Millisecond // between two looks whether somebody is still writing
)

// A proposal is what a change makes of a file.
type proposal struct {
	base   Snapshot // what the change was made from
	result []byte
	read   Snapshot      // the result, if it has been read already
	kept   state.Kept    // what it is known to have kept of base
	merged *merge.Result // nil where base was what stood in the file
	// absorbed is what strayed and is part of the result; aside are versions to keep with
	// it that do not stand in the file.
	absorbed []state.Absorbed
	aside    []state.Version
	accepted bool // the result is meant as it is, whatever it takes back
	// parked are conflicts at which the file's values stay.
	parked []merge.Conflict
	// ours is the change by itself where it is to be kept if the merge is refused; closes
	// are the numbers of conflicts that the commit settles.
	ours   []byte
	closes []int64
}

// commit makes propose's answer to what stands in the file its content. Propose is asked
// again if the file changes meanwhile, and the lock is taken anew if another file is meant.
func (s *Store) commit(ctx context.Context, propose func(now Snapshot) (proposal, error)) (*Receipt, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	leave, err := s.takeTurn(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	return s.commitInTurn(ctx, propose)
}

// commitInTurn is commit for whoever has the turn.
func (s *Store) commitInTurn(ctx context.Context, propose func(now Snapshot) (proposal, error)) (*Receipt, error) {
	return followed(func() (*Receipt, error) { return s.commitHere(ctx, propose) })
}

// followed has a commit made anew as long as the path leads to another file than it did.
func followed(commit func() (*Receipt, error)) (*Receipt, error) {
	for {
		receipt, err := commit()
		// A CommitError may be of what comes after the commit point.
		if failed := (*CommitError)(nil); !errors.Is(err, errElsewhere) || errors.As(err, &failed) {
			return receipt, err
		}
	}
}

// commitHere is commit for the file to which the path leads now; errElsewhere if it leads to
// another one since.
func (s *Store) commitHere(ctx context.Context, propose func(now Snapshot) (proposal, error)) (*Receipt, error) {
	// A first look without the lock: beside a file that cannot be used nothing is made.
	if s.newest().file == nil {
		if _, _, err := s.settled(ctx); err != nil {
			return nil, err
		}
	}
	unlock, err := s.medium.lock(ctx)
	if err != nil {
		return nil, s.lockError(err)
	}
	defer unlock()
	defer s.retain(ctx, false)
	events, err := s.gather(ctx)
	if err != nil {
		return nil, err
	}
	receipt, slipped, err := s.write(ctx, propose)
	if err != nil {
		return nil, s.keepUnmerged(err)
	}
	receipt.Events = append(events, receipt.Events...)
	if slipped {
		err = s.mend(ctx, receipt)
	}
	if err == nil && len(receipt.parked) > 0 {
		err = &CommitError{Path: s.path, Step: "merge", Outcome: ConflictPending, Err: &merge.ConflictError{Conflicts: receipt.parked}}
	}
	return receipt, err
}

// write is the loop of a commit: read, propose, swap, until nobody was faster. The lock is
// held.
func (s *Store) write(ctx context.Context, propose func(now Snapshot) (proposal, error)) (receipt *Receipt, slipped bool, err error) {
	return s.insist(ctx, func() (*Receipt, bool, error) { return s.attempt(ctx, propose) })
}

// insist tries until nobody was faster.
func (s *Store) insist(ctx context.Context, try func() (*Receipt, bool, error)) (receipt *Receipt, slipped bool, err error) {
	wait := shortestWait
	for tries := 1; ; tries++ {
		receipt, slipped, err := try()
		if !errors.Is(err, errChanged) && !errors.Is(err, errBusy) || errors.Is(err, errElsewhere) {
			return receipt, slipped, err
		}
		s.opt.Logger.DebugContext(ctx, "others are at the file during a commit", "path", s.path, "reason", err)
		failed := &CommitError{Path: s.path, Step: "read again", Err: ErrContended}
		if errors.Is(err, errBusy) {
			failed.Err, tries = ErrUnsettled, 0 // it takes as long as it takes
		}
		if tries >= mostTries {
			return nil, false, failed
		}
		if why := s.pause(ctx, rand.N(wait), err); why != nil {
			failed.Err = fmt.Errorf("%w: %w (%w)", failed.Err, err, why)
			return nil, false, failed
		}
		wait = min(2*wait, longestWait)
	}
}

// pause waits before the next try; while somebody is writing, until he is done.
func (s *Store) pause(ctx context.Context, wait time.Duration, reason error) error {
	for {
		if err := sleep(ctx, min(wait, busyWait)); err != nil {
			return err
		}
		if !errors.Is(reason, errBusy) {
			return sleep(ctx, max(0, wait-busyWait))
		}
		now, err := s.medium.load(ctx)
		if err != nil || !s.medium.written(now) {
			return nil // whatever it is, the next try finds out
		}
		wait = busyWait
	}
}

// attempt is one try of a commit; errChanged and errBusy ask for another.
func (s *Store) attempt(ctx context.Context, propose func(now Snapshot) (proposal, error)) (*Receipt, bool, error) {
	old, now, err := s.settled(ctx)
	if err != nil {
		return nil, false, err
	}
	if err := context.Cause(ctx); err != nil {
		return nil, false, &CommitError{Path: s.path, Step: "read", Err: err}
	}
	found, err := s.heal(now)
	if err != nil {
		return nil, false, err
	}
	p, err := propose(found.now)
	if err != nil {
		return nil, false, found.withFile(now, err)
	}
	result := p.read
	if !result.Exists() {
		if result, err = newSnapshot(p.result, s.opt.Read); err != nil {
			return nil, false, &CommitError{Path: s.path, Step: "merge", Err: err}
		}
	}
	if p.merged != nil && s.opt.Validate != nil {
		if err := s.opt.Validate(p.base, result); err != nil {
			return nil, false, found.withFile(now, p.refused(found.now, &CommitError{Path: s.path, Step: "validate", Err: err}))
		}
	}
	if p.accepted { // nothing that was found is given back
		found = healed{now: now, unknown: found.unknown}
	}
	return s.put(ctx, old, found, p, s.newReceipt(p, now, result))
}

// put makes a proposal the file's content, if it is not that already, and keeps what is new
// to the history.
func (s *Store) put(ctx context.Context, old held, found healed, p proposal, receipt *Receipt) (*Receipt, bool, error) {
	versions := found.versions(p, receipt)
	st := stepOf(found, p, receipt)
	switch {
	case receipt.Written || len(p.absorbed) > 0: // what strayed and changes nothing must not be found again
		versions = append(versions, receipt.version(s.opt.Actor, p, receipt.after))
		st.pending = 1
	case len(p.closes) > 0:
		versions = append(versions, closing(s.opt.Actor, p.closes))
		st.pending = 1
	}
	if !receipt.Written {
		seq, err := s.keep(versions)
		if err != nil {
			return nil, false, err
		}
		s.walked(st, seq)
		receipt.Events = st.numbered(seq)
		return receipt, false, nil
	}
	s.plan(st)
	done, err := s.medium.swap(ctx, old, versions)
	if err != nil {
		return nil, false, err
	}
	receipt.Seq, receipt.Events = done.seq, st.numbered(done.seq)
	s.remember(receipt.after)
	s.opt.Logger.InfoContext(ctx, "committed", "path", s.path, "seq", receipt.Seq, "base", receipt.Base.Hash,
		"theirs", receipt.Theirs.Hash, "result", receipt.Result.Hash, "merged", receipt.Merged, "slipped", done.slipped)
	return receipt, done.slipped, nil
}

// versions are what is new to the history besides the commit: what was found, what does not
// stand in the file, and a save that conflicts, which is the last of them.
func (h healed) versions(p proposal, r *Receipt) (versions []state.Version) {
	if h.unknown {
		found := foundVersion(r.before)
		found.Accepted = p.accepted && !r.Written
		versions = append(versions, found)
	}
	versions = append(versions, p.aside...)
	if h.pending != nil {
		versions = append(versions, *h.pending)
	}
	return versions
}

// note keeps versions that were found, if there are any.
func (s *Store) note(versions []state.Version) error {
	_, err := s.keep(versions)
	return err
}

// keep is note; it returns the number of the last version, or 0.
func (s *Store) keep(versions []state.Version) (seq int64, err error) {
	if len(versions) == 0 {
		return 0, nil
	}
	if seq, err = s.medium.note(versions); err != nil {
		return 0, &CommitError{Path: s.path, Step: "record", Err: err}
	}
	return seq, nil
}

// lock keeps out other goroutines, then other processes.
func (s *Store) lock(ctx context.Context) (unlock func(), err error) {
	leave, err := s.takeTurn(ctx)
	if err != nil {
		return nil, err
	}
	unlockMedium, err := s.medium.lock(ctx)
	if err != nil {
		leave()
		return nil, s.lockError(err)
	}
	return func() { unlockMedium(); leave() }, nil
}

// takeTurn keeps out other goroutines.
func (s *Store) takeTurn(ctx context.Context) (leave func(), err error) {
	select {
	case s.turn <- struct{}{}:
		return func() { <-s.turn }, nil
	case <-ctx.Done():
		return nil, s.lockError(context.Cause(ctx))
	}
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
// [*merge.ConflictError], and a [*CommitError] of step "merge"; [keptError] is around those
// whose change is to be kept.
func (s *Store) combine(base Snapshot, ours []byte, now Snapshot) (proposal, error) {
	p := proposal{base: base, ours: ours}
	var err error
	if p.merged, err = merge.Merge(base.Bytes(), ours, now.Bytes(), s.opt.merge()); err != nil {
		return proposal{}, &CommitError{Path: s.path, Step: "merge", Err: err}
	}
	if slices.ContainsFunc(p.merged.Warnings, func(w merge.Warning) bool { return w.Kind == merge.WarnMassKeyChange }) {
		return proposal{}, p.refused(now, &CommitError{Path: s.path, Step: "merge", Err: ErrMassKeyChange})
	}
	switch err := p.merged.Err(); {
	case err != nil && s.opt.Park:
		return s.park(p, now, s.opt.merge(), state.Entry{Actor: s.opt.Actor}, OfPark), nil
	case err != nil:
		return proposal{}, p.refused(now, err)
	}
	p.result = p.merged.Bytes()
	return p, nil
}
