package store

import "github.com/rowkeep/rowkeep/store/internal/state"

// healed is what a version that was found stands for.
type healed struct {
	now     Snapshot // with what a stale save took back
	events  []Event
	unknown bool // the version is not in the history yet
}

// heal judges what stands in the file. What the history has as its newest version is
// nothing new; neither is anything where there is no history.
func (s *Store) heal(now Snapshot) (healed, error) {
	last, ok, err := s.medium.last()
	if err != nil {
		return healed{}, &CommitError{Path: s.path, Step: "read history", Err: err}
	}
	if !now.Exists() || ok && last.Digest == state.Digest(now.digest) {
		return healed{now: now}, nil
	}
	return healed{now: now, unknown: true}, nil
}
