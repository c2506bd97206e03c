package store

import (
	"bytes"
	"slices"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

// An editor that loaded a file before the program wrote it, and saves its buffer after,
// takes the program's changes back and knows nothing of it. By the history that can be
// seen, and mended: what the save was made from is the base of a merge with the newest
// version. What a person takes back on purpose must stand, though, and the two can look
// alike. So nothing is done in silence here, and where nothing tells, it is a conflict.

// savePolicy is how saves are judged.
type savePolicy struct {
	read    csvrows.Options
	merge   merge.Options
	owned   []string // columns that nobody but the program has a reason to write to
	reverts Reverts
	notice  bool // put a notice above what is changed again
}

// A verdict is what becomes of a save.
type verdict struct {
	base int64 // number of the version that it was made from; at a tie the oldest of them
	// result is what the file should hold: the bytes of the save, where nothing is to be
	// mended.
	result    []byte
	events    []Event
	conflicts []merge.Conflict // the program's values stand in result
	// from and against are what to merge the save with so that each conflict is one again:
	// base and other side. Nil where there is none.
	from, against []byte
}

// judgeSave decides from which version of a history somebody else's save was made, and
// what the file should hold. The history is oldest first; its last version is the newest
// that is known, and the save is none of it yet. What was read stands there as it was
// read, beside what was written from it: a buffer that is saved again goes back to its own
// last save.
//
// The errors are those of [merge.Merge] and [merge.Diff].
func judgeSave(history *lineage, save Snapshot, opt savePolicy) (verdict, error) {
	j := newJudgement(history, save, opt)
	switch {
	case !save.Exists() || history.newest >= 0 && bytes.Equal(save.Bytes(), j.last.snap.Bytes()):
		return j.verdict(), nil
	case history.newest < 0:
		j.tell(EventUnknownAncestor, nil)
		return j.verdict(), nil
	}
	j.compare()
	for _, step := range []func() error{
		j.mend,       // what it takes back and knew nothing of is made again
		j.keepOwned,  // so is what nobody but the program has a reason to write
		j.tellUndone, // what it takes back and knew of stands, and is told
		j.setNotices, // the person is told where he looks
	} {
		if err := step(); err != nil {
			return verdict{}, err
		}
	}
	return j.verdict(), nil
}

// A judgement is a verdict in the making.
type judgement struct {
	*lineage
	save  Snapshot
	opt   savePolicy
	last  version // of the history
	spots []spot

	base      version
	unknown   bool
	result    []byte
	events    []Event
	conflicts []merge.Conflict
	contested []EventChange // those of them that no merge from base may find
	rowsByKey map[string]int32
	repaired  []EventChange // what a notice tells of
	undone    bool          // the save takes back what the program did, and that stands
}

// newJudgement begins with the save as it is, and with the newest version as what it was
// made from.
func newJudgement(history *lineage, save Snapshot, opt savePolicy) *judgement {
	j := &judgement{lineage: history, save: save, opt: opt, result: save.Bytes()}
	j.opt.merge.Read, j.opt.merge.Output = opt.read, merge.OutputOurs
	if history.newest >= 0 {
		j.last = history.versions[history.newest]
	}
	j.base = j.last
	return j
}

// compare puts the save beside the history that it belongs to.
func (j *judgement) compare() {
	j.lineage = j.bridged(j.save, j.opt)
	j.last = j.versions[j.newest]
	j.base = j.last
	j.setSave(j.save.file)
	j.spots = j.lineage.spots()
}

func (j *judgement) verdict() verdict {
	v := verdict{base: j.base.seq, result: j.result, events: j.events, conflicts: j.conflicts}
	if len(v.conflicts) > 0 {
		v.from, v.against = j.openBase(), j.last.snap.Bytes()
	}
	return v
}

func (j *judgement) tell(kind EventKind, changes []EventChange) {
	j.events = append(j.events, Event{Kind: kind, Base: j.base.seq, Newest: j.last.seq, Changes: changes})
}

// mend merges the save with the newest version, from what it was made from. An older
// version that is put back is that version, and not merged.
func (j *judgement) mend() error {
	if v := j.equalTo(); v >= 0 {
		return j.restore(v)
	}
	origin := j.ancestry(j.spots)
	oldest := origin.bases[len(origin.bases)-1]
	j.base = j.versions[oldest]
	if j.unknown = origin.unknown || j.tooShort(); j.unknown {
		j.tell(EventUnknownAncestor, nil)
	}
	disputed, err := j.mergeFrom(origin.bases)
	if err != nil {
		return err
	}
	return j.tellMended(oldest, disputed)
}

// tooShort reports that there is no other version to compare with, and that the save takes
// something back which may have been the program's.
func (j *judgement) tooShort() bool {
	return len(j.versions) == 1 && slices.ContainsFunc(j.spots, func(s spot) bool {
		return s.item != absent && j.entryAt(s.item, 0) != absent && (j.last.own() || j.isOwned(s.column))
	})
}

func (j *judgement) isOwned(column int32) bool {
	return column >= 0 && slices.Contains(j.opt.owned, j.columns[column])
}

// mergeFrom merges from each of the bases in turn, so that whatever one of them would make
// again is there again. disputed tells which changes of the save not all of them make.
func (j *judgement) mergeFrom(bases []int) (disputed func(merge.Change) bool, err error) {
	var sets []map[string]bool // the changes that each base makes
	for _, v := range bases {
		if v == j.newest {
			sets = append(sets, nil) // the save as it is
			continue
		}
		r, err := j.mergeWith(v, j.result)
		if err != nil {
			return nil, err
		}
		j.addConflicts(r.Conflicts)
		j.result = r.Bytes()
		if len(bases) == 1 {
			break
		}
		made, err := j.makes(v)
		if err != nil {
			return nil, err
		}
		sets = append(sets, made)
	}
	return func(c merge.Change) bool {
		return slices.ContainsFunc(sets, func(made map[string]bool) bool { return !made[changeID(c)] })
	}, nil
}

// mergeWith merges content with the newest version, from version v.
func (j *judgement) mergeWith(v int, content []byte) (*merge.Result, error) {
	return merge.Merge(j.versions[v].snap.Bytes(), j.last.snap.Bytes(), content, j.opt.merge)
}

// makes lists what a merge from version v does to the save.
func (j *judgement) makes(v int) (map[string]bool, error) {
	r, err := j.mergeWith(v, j.save.Bytes())
	if err != nil {
		return nil, err
	}
	made, err := j.changes(j.save.Bytes(), r.Bytes())
	set := make(map[string]bool)
	for _, c := range made {
		set[changeID(c)] = true
	}
	return set, err
}

// tellMended tells what the merge from version v did to the save, or leaves the save as
// it is if it is to be accepted.
func (j *judgement) tellMended(v int, disputed func(merge.Change) bool) error {
	made, err := j.changes(j.save.Bytes(), j.result)
	if err != nil {
		return err
	}
	if len(made) == 0 {
		j.result = j.save.Bytes() // blank lines and form are no reason to write
		return nil
	}
	var again, contested []EventChange
	for _, c := range made {
		e := j.eventChange(c, v)
		if j.opt.reverts == ConflictReverts || disputed(c) || inConflict(j.conflicts, c) {
			contested = append(contested, e)
		} else {
			again = append(again, e)
		}
	}
	if j.opt.reverts == AcceptReverts {
		j.result, j.conflicts = j.save.Bytes(), nil
		if again = append(again, contested...); len(again) > 0 {
			j.undone = true
			j.tell(EventAccepted, again)
		}
		return nil
	}
	if len(again) > 0 {
		j.tell(EventRepaired, again)
	}
	j.contest(contested)
	j.repaired = append(j.repaired, append(again, contested...)...)
	return nil
}
