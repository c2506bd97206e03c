package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store/internal/state"
)

// A stray is an edit that went astray: it is in a file that a commit displaced, because
// somebody renamed it in at the very moment of the commit, or held the old file open and
// wrote to it later. Each is merged into the file once, with what the displaced file was
// known to hold as the base, so that nothing counts twice.

// gather merges what strayed since the last commit. What is still being written waits for
// the next one. The lock is held.
func (s *Store) gather(ctx context.Context) ([]Event, error) {
	all := !s.swept
	strays, err := s.medium.strays(all)
	if err != nil {
		return nil, &CommitError{Path: s.path, Step: "look at displaced files", Err: err}
	}
	var events []Event
	for _, st := range strays {
		receipt, _, _, err := s.absorb(ctx, st, merge.OutputTheirs)
		if refused(err) {
			events = append(events, Event{Kind: EventStray, Base: st.Seq})
			err = s.keepPending(st)
		}
		if err != nil && !errors.Is(err, errNotYet) {
			return nil, err
		}
		if receipt != nil {
			events = append(events, receipt.Events...)
		}
	}
	s.swept = true
	return events, nil
}

// refused reports a merge that cannot be, or that Options.Validate does not want: trying
// again comes to the same.
func refused(err error) bool {
	var ce *CommitError
	return errors.As(err, &ce) && (ce.Step == "validate" || ce.Step == "merge")
}

// keepPending keeps a stray that cannot be merged as a conflict, so that it stands in
// nobody's way.
func (s *Store) keepPending(st stray) error {
	base, err := s.content(st.base)
	if err != nil {
		return err
	}
	return s.note([]state.Version{state.NewDispute(
		state.Entry{Time: time.Now().UTC(), Absorbed: []state.Absorbed{st.Absorbed}},
		string(OfLateWriter), "", base.Bytes(), st.data, Snapshot(s.newest()).Bytes(),
	)})
}

// mend merges what slipped in between the last look of a commit and its commit point, and
// goes on until nothing does. Where the two conflict, what slipped in stands in the file in
// the end, as it was saved later, and the commit's values are pending.
func (s *Store) mend(ctx context.Context, receipt *Receipt) error {
	ctx, cancel := s.bounded(context.WithoutCancel(ctx)) // the commit point is behind us
	defer cancel()
	var conflicts []merge.Conflict
	first := receipt.Seq
	for wait := shortestWait; ; wait = min(2*wait, longestWait) {
		strays, err := s.medium.strays(false)
		if err != nil {
			return &CommitError{Path: s.path, Step: "look at displaced files", Outcome: ConflictPending, Err: err}
		}
		open := false
		for _, st := range strays {
			if st.Seq < first {
				continue
			}
			more, found, slipped, err := s.absorb(ctx, st, merge.OutputOurs)
			if errors.Is(err, errNotYet) {
				open = true
				continue
			}
			if err != nil {
				return &CommitError{Path: s.path, Step: "merge what slipped in", Outcome: ConflictPending, Err: err}
			}
			open = open || slipped
			conflicts = append(conflicts, found...)
			receipt.Seq, receipt.Result, receipt.Merged, receipt.after = more.Seq, more.Result, true, more.after
			receipt.Events = append(receipt.Events, more.Events...)
		}
		switch {
		case !open && len(conflicts) > 0:
			return &CommitError{Path: s.path, Step: "merge what slipped in", Outcome: ConflictPending, Err: &merge.ConflictError{Conflicts: conflicts}}
		case !open:
			return nil
		}
		if err := sleep(ctx, wait); err != nil {
			err = fmt.Errorf("%w (%w)", ErrContended, err)
			return &CommitError{Path: s.path, Step: "merge what slipped in", Outcome: ConflictPending, Err: err}
		}
	}
}

// errNotYet means that a stray looks half written.
var errNotYet = errors.New("what strayed looks half written")

// absorb merges a stray into the file. Where the two conflict, wins says which of them
// stands there (the stray's values are ours); the conflicts are returned, and the version
// whose values do not stand is kept as pending.
func (s *Store) absorb(ctx context.Context, st stray, wins merge.Output) (receipt *Receipt, conflicts []merge.Conflict, slipped bool, err error) {
	if st.busy {
		return nil, nil, false, errNotYet
	}
	found, err := newSnapshot(st.data, s.opt.Read)
	if err != nil {
		return nil, nil, false, errNotYet
	}
	base, err := s.content(st.base)
	if err != nil {
		return nil, nil, false, err
	}
	if why := known(base).doubts(st.data); why != nil && (why.lasting || st.still < s.opt.Settle) {
		return nil, nil, false, errNotYet
	}
	receipt, slipped, err = s.write(ctx, func(now Snapshot) (proposal, error) {
		p, err := s.bring(base, found, now, wins)
		if err != nil {
			return p, err
		}
		p.absorbed = []state.Absorbed{st.Absorbed}
		p.aside = []state.Version{s.aside(state.Stray, found, st.base, now)}
		if conflicts = standing(p.merged); len(conflicts) > 0 {
			entry := state.Entry{Time: time.Now().UTC(), Conflicts: len(conflicts)}
			why, ours, theirs := OfLateWriter, found, now
			if wins == merge.OutputOurs {
				why, ours, theirs, entry.Actor = OfSlipped, now, found, s.opt.Actor
			}
			p.aside = append(p.aside, state.NewDispute(entry, string(why), "", base.Bytes(), ours.Bytes(), theirs.Bytes()))
		}
		return p, nil
	})
	if err != nil {
		return nil, nil, false, err
	}
	return receipt, conflicts, slipped, nil
}

// aside is a version that is kept and does not stand in the file.
func (s *Store) aside(kind state.Kind, snap Snapshot, base state.Digest, now Snapshot) state.Version {
	return state.Version{Content: snap.Bytes(), Entry: state.Entry{
		Kind: kind, Time: time.Now().UTC(), Actor: s.opt.Actor, Base: base, Theirs: state.Digest(now.digest),
	}}
}

// bring merges a stray with what stands in the file.
func (s *Store) bring(base, found, now Snapshot, wins merge.Output) (proposal, error) {
	if bytes.Equal(found.Bytes(), now.Bytes()) {
		return proposal{base: base, result: now.Bytes()}, nil
	}
	opt := s.opt.merge()
	opt.Output = wins
	merged, err := merge.Merge(base.Bytes(), found.Bytes(), now.Bytes(), opt)
	if err != nil {
		return proposal{}, &CommitError{Path: s.path, Step: "merge", Err: err}
	}
	return proposal{base: base, result: merged.Bytes(), merged: merged}, nil
}

// standing are the conflicts that a merge leaves, if there was one.
func standing(r *merge.Result) []merge.Conflict {
	var ce *merge.ConflictError
	if r == nil || !errors.As(r.Err(), &ce) {
		return nil
	}
	return ce.Conflicts
}

// content finds the version of a digest in the history. Without it the newest version that
// is known stands in: what differs from that is taken for an edit.
func (s *Store) content(d state.Digest) (Snapshot, error) {
	h, err := s.medium.history(0)
	if err != nil {
		return Snapshot{}, &CommitError{Path: s.path, Step: "read history", Err: err}
	}
	data := h.Find(d)
	if data == nil {
		return Snapshot(s.newest()), nil
	}
	snap, err := newSnapshot(data, s.opt.Read)
	if err != nil {
		return Snapshot(s.newest()), nil
	}
	return snap, nil
}
