package store

import "github.com/rowkeep/rowkeep/merge"

// A file that was deleted, and that the program has made anew, has none of the rows of
// before; but nobody has deleted those. So the version that it was made with is no step
// from the one before: a history has a gap there. A save was made from a version behind
// the gap, or else the old file has come back, as it was or with edits. Then it is judged
// as if the program had added to the old file what it has written since.

// gap is the version with which the program made the file anew last, or 0.
func (l *lineage) gap() int {
	for v := l.newest; v > 0; v-- {
		if l.versions[v].anew {
			return v
		}
	}
	return 0
}

// bridged is the history, without a gap, that a save belongs to. The last version of the
// history is the newest one, and the save is another.
func (l *lineage) bridged(save Snapshot, opt savePolicy) *lineage {
	for gap := l.gap(); gap > 0; gap = l.gap() {
		l.setSave(save.file)
		origin := l.ancestry(l.spots())
		before, since := l.versions[:gap:gap], l.versions[gap:]
		joined, err := joinedTo(before[gap-1].snap, since, opt)
		if origin.unknown || origin.bases[0] >= gap || err != nil {
			// What cannot be joined, as delimiters differ, is none of this history.
			return lineageOf(since, opt)
		}
		l = lineageOf(append(before, joined...), opt)
	}
	return l
}

// joinedTo gives versions what stood in the file before the program made it anew. Where
// both have something it is as in the version: that was written later.
func joinedTo(old Snapshot, versions []version, opt savePolicy) ([]version, error) {
	var joined []version
	for _, v := range versions {
		both, err := merge.Merge(nil, v.snap.Bytes(), old.Bytes(), merge.Options{Read: opt.read, Output: merge.OutputOurs})
		if err != nil {
			return nil, err
		}
		if v.snap, err = newSnapshot(both.Bytes(), opt.read); err != nil {
			return nil, err
		}
		v.anew = false
		joined = append(joined, v)
	}
	return joined, nil
}

// lineageOf reads a history, oldest version first.
func lineageOf(history []version, opt savePolicy) *lineage {
	l := newLineage(prefixOf(opt.read))
	for _, v := range history {
		l.add(v)
	}
	return l
}
