package store

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store/internal/state"
)

// Receipt tells what a commit came to.
type Receipt struct {
	// Written is false where there was nothing to change: the file has its bytes, and the
	// history has no new version of ours.
	Written bool
	// Seq is the number of the version in the history, which counts those found there too;
	// Time is that of the commit.
	Seq  int64
	Time time.Time

	// Base is what the change was made from, Theirs what stood in the file before the
	// commit, Result what stands there now.
	Base, Theirs, Result Digest
	// Merged reports that Theirs was not Base, so that the change was merged into it.
	Merged bool

	// Updates is how many updates of this process the commit made at once. What the receipt
	// says is of all of them together.
	Updates int
	// Conflicts are those that the options settled. Warnings are the merge's.
	Conflicts []merge.Conflict
	Warnings  []merge.Warning
	// Events are what the store did on its own, or found out, on the way.
	Events []Event

	before, after Snapshot
	read          csvrows.Options
	parked        []merge.Conflict // which wait to be settled
}

// Changes are what the commit did to the file, from Theirs to Result, by key and column.
// Base and Theirs in them mean Theirs and Result here, as in [merge.Diff]. If Result lacks
// the key of Theirs, they are by first field and position, and the header is a row. They are
// worked out when they are asked for.
func (r *Receipt) Changes() []merge.Change {
	if !r.Written {
		return nil
	}
	return slices.Collect(diffOf(r.before, r.after, r.read).Changes())
}

// diffOf compares two versions that were read before, each by the key and the delimiter that its
// own header says where the options leave that open. If the second one has no such key, as
// somebody renamed that column or saved with another delimiter, the header counts as a row, and
// rows are the same if their first fields are.
func diffOf(before, after Snapshot, read csvrows.Options) *merge.Result {
	diff, err := merge.Diff(before.Bytes(), after.Bytes(), read)
	if input := (*merge.InputError)(nil); errors.As(err, &input) {
		read.Key, read.KeyIndex, read.NoHeader, read.Delimiter = nil, nil, true, before.file.Delimiter()
		diff, err = merge.Diff(before.Bytes(), after.Bytes(), read)
	}
	if err != nil {
		panic(fmt.Sprintf("store: two versions that were read before: %v", err))
	}
	return diff
}

// newReceipt describes a proposal that is to replace what stands in the file.
func (s *Store) newReceipt(p proposal, now, result Snapshot) *Receipt {
	r := &Receipt{
		Written: result.digest != now.digest || string(result.Bytes()) != string(now.Bytes()),
		Base:    p.base.digest, Theirs: now.digest, Result: result.digest,
		Merged: p.merged != nil, Time: time.Now().UTC(),
		before: now, after: result, read: s.opt.Read,
	}
	if p.merged != nil {
		r.Warnings, r.parked = p.merged.Warnings, p.parked
		r.Conflicts = p.merged.Conflicts // no copy, as there may be very many
		if !p.merged.Clean() {
			r.Conflicts = slices.DeleteFunc(slices.Clone(r.Conflicts), func(c merge.Conflict) bool { return c.Settled == "" })
		}
	}
	return r
}

// version is what is kept of a commit.
func (r *Receipt) version(actor string, p proposal, result Snapshot) state.Version {
	return state.Version{Content: result.Bytes(), Kept: p.kept, Entry: state.Entry{
		Kind: state.Commit, Time: r.Time, Actor: actor, Digest: state.Digest(result.digest),
		Base: state.Digest(r.Base), Theirs: state.Digest(r.Theirs), Merged: r.Merged, Conflicts: len(r.Conflicts),
		Absorbed: p.absorbed, Accepted: p.accepted, Closes: p.closes,
	}}
}

// foundVersion is what is kept of a version that others wrote.
func foundVersion(snap Snapshot) state.Version {
	return state.Version{Content: snap.Bytes(), Entry: state.Entry{
		Kind: state.Read, Time: time.Now().UTC(), Digest: state.Digest(snap.digest),
	}}
}
