package store

import "github.com/rowkeep/rowkeep/store/internal/state"

// healed is what a version that was found stands for.
type healed struct {
	now     Snapshot // with what a stale save took back
	events  []Event
	unknown bool // the version is not in the history yet
}

// mostHistory is how many bytes of old versions are looked at to find what a save was made
// from: the newest ones that fit.
const mostHistory = 4 << 20

// heal judges what stands in the file. What the history has as its newest version is
// nothing new; neither is anything where no store has been before.
func (s *Store) heal(now Snapshot) (healed, error) {
	last, known, err := s.medium.last()
	if err != nil {
		return healed{}, &CommitError{Path: s.path, Step: "read history", Err: err}
	}
	switch {
	case !now.Exists() || known && last.Digest == state.Digest(now.digest):
		return healed{now: now}, nil
	case !known && !s.medium.used():
		return healed{now: now, unknown: true}, nil
	}
	lineage, err := s.lineage()
	if err != nil {
		return healed{}, err
	}
	v, err := judgeSave(lineage, now, savePolicy{
		read: s.opt.Read, merge: s.opt.merge(), owned: s.opt.Owned, reverts: s.opt.Reverts, notice: s.opt.Notice,
	})
	if err != nil {
		return healed{}, &CommitError{Path: s.path, Step: "merge", Err: err}
	}
	result, err := newSnapshot(v.result, s.opt.Read)
	if err != nil {
		return healed{}, &CommitError{Path: s.path, Step: "merge", Err: err}
	}
	return healed{now: result, events: v.events, unknown: true}, nil
}

// lineage are the versions that stood in the file, oldest first, as far as they are known.
func (s *Store) lineage() ([]version, error) {
	h, err := s.medium.history()
	if err != nil {
		return nil, &CommitError{Path: s.path, Step: "read history", Err: err}
	}
	var list []version
	size := 0
	for e, content := range h.Contents {
		if !e.Kind.Stood() || content == nil {
			continue
		}
		snap, err := newSnapshot(content, s.opt.Read)
		if err != nil {
			continue // it was accepted once, under other options
		}
		list = append(list, version{seq: e.Seq, written: e.Kind == state.Commit, snap: snap, accepted: e.Accepted})
		for size += len(content); size > mostHistory && len(list) > 1; list = list[1:] {
			size -= len(list[0].snap.Bytes())
		}
	}
	return list, nil
}
