package store

import (
	"time"

	"github.com/rowkeep/rowkeep/store/internal/state"
)

// healed is what a version that was found stands for.
type healed struct {
	now     Snapshot // with what a stale save took back
	events  []Event
	unknown bool           // the version is not in the history yet
	pending *state.Version // the save, where it conflicts with what the program did
}

// mostHistory bounds the bytes of old versions that are looked at to find what a save was
// made from: the newest half of it is taken anew when it is full.
const mostHistory = 64 << 20

// heal judges what stands in the file. What the history has as its newest version is
// nothing new; neither is anything where there is no history.
func (s *Store) heal(now Snapshot) (healed, error) {
	last, known, err := s.medium.last()
	if err != nil {
		return healed{}, &CommitError{Path: s.path, Step: "read history", Err: err}
	}
	switch {
	case !now.Exists():
		return healed{now: now}, nil
	case s.medium.lacksEnd():
		// It may be made from a commit whose content is lost, or take it back.
		return healed{now: now, unknown: true, events: []Event{{Kind: EventUnknownAncestor, Newest: last.Seq}}}, nil
	case known && last.Digest == state.Digest(now.digest):
		return healed{now: now}, nil
	case !known && s.medium.fresh():
		return healed{now: now, unknown: true}, nil
	}
	if err := s.readPast(last); err != nil {
		return healed{}, err
	}
	if n := s.past.newest; n >= 0 {
		if err := now.keyFrom(s.past.versions[n].snap, s.opt.Read); err != nil {
			return healed{}, &FileError{s.path, err}
		}
	}
	v, err := judgeSave(s.past, now, savePolicy{
		read: s.opt.Read, merge: s.opt.merge(), owned: s.opt.Owned, reverts: s.opt.Reverts, notice: s.opt.Notice,
	})
	if err != nil {
		return healed{}, &CommitError{Path: s.path, Step: "merge", Err: err}
	}
	result, err := newSnapshot(v.result, s.opt.Read)
	if err != nil {
		return healed{}, &CommitError{Path: s.path, Step: "merge", Err: err}
	}
	return healed{now: result, events: v.events, unknown: true, pending: s.contested(v, now)}, nil
}

// contested is a save that conflicts, as it is kept until somebody settles it; nil where
// nothing conflicts.
func (s *Store) contested(v verdict, save Snapshot) *state.Version {
	if len(v.conflicts) == 0 {
		return nil
	}
	entry := state.Entry{Time: time.Now().UTC(), Conflicts: len(v.conflicts)}
	kept := state.NewDispute(entry, string(OfStaleSave), "", v.from, save.Bytes(), v.against)
	return &kept
}

// readPast brings what the store knows of the history up to date: the versions that stood in
// the file, as far as they are known. The lock is held.
func (s *Store) readPast(last state.Entry) error {
	if s.past != nil && last.Same(s.pastEnd) {
		return nil
	}
	h, err := s.newEntries()
	if err != nil {
		return &CommitError{Path: s.path, Step: "read history", Err: err}
	}
	var before []byte
	if n := s.past.newest; n >= 0 {
		before = s.past.versions[n].snap.Bytes()
	}
	var list []version
	size := 0
	for e, content := range h.After(before) {
		if !e.Kind.Stood() || content == nil {
			continue
		}
		snap, err := newSnapshot(content, s.opt.Read)
		if err != nil {
			continue // it was written under other options
		}
		list = append(list, versionOf(e, snap))
		for size += len(content); size > mostHistory/2 && len(list) > 1; list = list[1:] {
			size -= len(list[0].snap.Bytes())
		}
	}
	for _, v := range list {
		s.past.add(v)
	}
	s.pastEnd = last
	return nil
}

// newEntries are the entries of the history behind what is known of it: all, where nothing
// is, where that has become too much, or where this is another history, as a symbolic link
// has come to lead to another file, or a log was lost and is made anew.
func (s *Store) newEntries() (state.History, error) {
	if s.past != nil && s.past.size <= mostHistory && s.pastEnd.Seq > 0 {
		h, err := s.medium.history(s.pastEnd.Seq - 1)
		if err != nil {
			return h, err
		}
		if len(h.Entries) > 0 && h.Entries[0].Same(s.pastEnd) {
			h.Entries = h.Entries[1:]
			return h, nil
		}
	}
	s.past, s.pastEnd = newLineage(prefixOf(s.opt.Read)), state.Entry{}
	return s.medium.history(0)
}

// versionOf is an entry of the history as a version.
func versionOf(e state.Entry, snap Snapshot) version {
	return version{
		seq: e.Seq, written: e.Kind == state.Commit, snap: snap,
		// What was merged of what strayed is a person's, though the store wrote it.
		accepted: e.Accepted || len(e.Absorbed) > 0,
		// Whoever restores a version that was deleted means it as it is.
		anew: e.Kind == state.Commit && e.Theirs == state.Digest{} && !e.Accepted,
	}
}
