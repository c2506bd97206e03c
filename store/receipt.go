package store

import (
	"time"

	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store/internal/state"
)

// Receipt tells what a commit came to.
type Receipt struct {
	// Written is false where there was nothing to change: the file has its bytes, and no
	// commit record was made.
	Written bool
	// Seq numbers the commits to the file, from 1; Time is that of this one.
	Seq  int64
	Time time.Time

	// Base is what the change was made from, Theirs what stood in the file before the
	// commit, Result what stands there now.
	Base, Theirs, Result Digest
	// Merged reports that Theirs was not Base, so that the change was merged into it.
	Merged bool

	// Changes are what the commit did to the file, from Theirs to Result, by key and
	// column. Base and Theirs in them mean Theirs and Result here, as in [merge.Diff].
	Changes []merge.Change
	// Conflicts are those that the options settled. Warnings are the merge's.
	Conflicts []merge.Conflict
	Warnings  []merge.Warning
}

// newReceipt describes a proposal that is to replace what stands in the file.
func (s *Store) newReceipt(p proposal, now, result Snapshot) (*Receipt, error) {
	r := &Receipt{
		Written: result.digest != now.digest || string(result.Bytes()) != string(now.Bytes()),
		Base:    p.base.digest, Theirs: now.digest, Result: result.digest,
		Merged: p.merged != nil,
	}
	if p.merged != nil {
		r.Conflicts, r.Warnings = p.merged.Conflicts, p.merged.Warnings
	}
	if !r.Written {
		return r, nil
	}
	r.Time = time.Now().UTC()
	diff, err := merge.Diff(now.Bytes(), result.Bytes(), s.opt.Read)
	if err != nil {
		return nil, err
	}
	for c := range diff.Changes() {
		r.Changes = append(r.Changes, c)
	}
	return r, nil
}

// record is what is kept of a commit.
func (r *Receipt) record(actor string) state.Record {
	return state.Record{
		Time: r.Time, Actor: actor,
		Base: state.Digest(r.Base), Theirs: state.Digest(r.Theirs), Result: state.Digest(r.Result), Merged: r.Merged,
		Changes: len(r.Changes), Conflicts: len(r.Conflicts),
	}
}
