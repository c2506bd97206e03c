package store

import (
	"fmt"
	"slices"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

// A save that takes back what the program did and that provably knew it stands as it is. It
// is told all the same: nothing of the program's goes in silence.

// tellUndone tells which changes of the program the save takes back, provably or as far
// as anybody can know on purpose. They stand.
func (j *judgement) tellUndone() error {
	made, err := j.changes(j.save.Bytes(), j.result)
	if err != nil {
		return err
	}
	again := places(made)
	var undone []EventChange
	for _, s := range j.spots {
		if s.item == absent || j.wasMade(s, again) {
			continue
		}
		if v := j.madeBy(s); j.introduces(v) && (j.isRemoval(s) || j.wasBefore(s, v)) {
			undone = append(undone, j.spotChange(s))
		}
	}
	if len(undone) > 0 && !j.undone {
		j.undone = true
		j.tell(EventAccepted, undone)
	}
	return nil
}

// isRemoval reports that the save lacks a row or comment, and has not got the row under
// another key.
func (j *judgement) isRemoval(s spot) bool {
	if s.column != whole || j.items[s.item].save != absent {
		return false
	}
	return !j.items[s.item].row || !slices.ContainsFunc(j.items, func(it item) bool { return j.isRenamed(s.item, it) })
}

// isRenamed reports that a row of the save, which the newest version lacks, is another one
// as some version had it.
func (j *judgement) isRenamed(was int32, is item) bool {
	if !is.row || is.save == absent || is.spans[len(is.spans)-1].entry != absent {
		return false
	}
	return j.continuesItem(&j.items[was], is.save)
}

// placeID tells rows, and cells of rows, apart.
func placeID(key csvrows.Key, column string, hasColumn bool) string {
	return fmt.Sprintf("%q %t %q", key, hasColumn, column)
}

// places are the rows and cells that changes are about, and the zero key for comments.
func places(changes []merge.Change) map[string]bool {
	set := make(map[string]bool)
	for _, c := range changes {
		switch c.Kind {
		case merge.ChangeCell, merge.ChangeRowAdded, merge.ChangeRowDeleted, merge.ChangeComment:
			set[placeID(c.Key, c.Column, c.HasColumn)] = true
		}
	}
	return set
}

// wasMade reports that the store made a spot, or its row, what it was. Of comments it is
// enough that it made one.
func (j *judgement) wasMade(s spot, made map[string]bool) bool {
	key := j.items[s.item].key
	return made[placeID(key, "", false)] || s.column != whole && made[placeID(key, j.columnName(s), true)]
}

// columnName is the name of a spot's column in the newest version, or in the save.
func (j *judgement) columnName(s spot) string {
	layout := j.layout[j.newest]
	if !j.layouts[layout].has(s.column) {
		layout = j.layout[j.newest+1]
	}
	return j.name(s.column, layout)
}

// spotChange describes what the save took back at a spot.
func (j *judgement) spotChange(s spot) EventChange {
	it := &j.items[s.item]
	now := j.entryAt(s.item, j.newest)
	if s.column != whole {
		value := func(id int32) merge.Value { return merge.Value{Exists: true, Text: string(j.value(id, s.column))} }
		return EventChange{
			Kind: merge.ChangeCell, Key: it.key, Column: j.columnName(s), HasColumn: true,
			Base: value(now), Ours: value(now), Theirs: value(it.save),
		}
	}
	kind := merge.ChangeRowAdded
	switch {
	case !it.row:
		kind = merge.ChangeComment
	case now == absent:
		kind = merge.ChangeRowDeleted
	}
	value := func(id int32) merge.Value {
		if !it.row && id != absent {
			return merge.Value{Exists: true, Text: said(j.records[id].file, j.records[id].record)}
		}
		return j.rowValue(id)
	}
	return EventChange{Kind: kind, Key: it.key, Base: value(now), Ours: value(now), Theirs: value(it.save)}
}
