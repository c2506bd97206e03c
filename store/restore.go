package store

import (
	"bytes"
	"slices"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

// Two kinds of save are not merged but edited: an older version that was put back byte for
// byte, and cells of the program's own columns. The program's values are set in them again.

// equalTo is the newest version whose bytes the save has, but for a notice that the
// version has and the save has not, or -1. It is none if the newest is such a version.
func (j *judgement) equalTo() int {
	for v := j.newest; v >= 0; v-- {
		if !j.equals(v) {
			continue
		}
		if v == j.newest {
			return -1
		}
		return v
	}
	return -1
}

func (j *judgement) equals(v int) bool {
	data := j.versions[v].snap.Bytes()
	if len(j.saveNotices) == 0 && j.noticed(v) {
		var err error
		if data, err = withoutNotices(data, j.opt.read, func(string) bool { return true }); err != nil {
			return false
		}
	}
	return bytes.Equal(data, j.save.Bytes())
}

// noticed reports that a version has a notice.
func (j *judgement) noticed(v int) bool {
	for _, in := range j.notices {
		if _, found := slices.BinarySearch(in, v); found {
			return true
		}
	}
	return false
}

// restore judges a save that is version v: a backup that was put back, or a buffer that
// was saved as it was. What people changed since is as restored; what the program changed
// is made again.
func (j *judgement) restore(v int) error {
	j.base = j.versions[v]
	j.tell(EventEqualsVersion, nil)
	ours, all := j.since(v)
	if all && !j.versions[v].written && j.versions[v+1].written {
		// The same buffer once more: what followed its first save stands in the next version.
		j.result = j.last.snap.Bytes()
	} else if err := j.makeAgain(j.save, ours); err != nil {
		return err
	}
	return j.tellMended(v, func(merge.Change) bool { return false })
}

// since lists the spots that the program made what they are, after version v, and
// whether that is all of them.
func (j *judgement) since(v int) (ours []spot, all bool) {
	all = true
	for _, s := range j.spots {
		if j.programs(s, v) || j.isOwned(s.column) {
			ours = append(ours, s)
		} else {
			all = false
		}
	}
	return ours, all
}

// keepOwned sets cells of the program's own columns back to what they were, whatever the
// save was made from. If that is unknown they are conflicts.
func (j *judgement) keepOwned() error {
	var owned []spot
	for _, s := range j.spots {
		if j.isOwned(s.column) {
			owned = append(owned, s)
		}
	}
	if len(owned) == 0 {
		return nil
	}
	before := j.result
	snap, err := newSnapshot(before, j.opt.read)
	if err != nil {
		return err
	}
	if err := j.makeAgain(snap, owned); err != nil {
		return err
	}
	made, err := j.changes(before, j.result)
	if err != nil || len(made) == 0 {
		j.result = before
		return err
	}
	var changes []EventChange
	for _, c := range made {
		changes = append(changes, j.eventChange(c, j.newest))
	}
	if j.unknown {
		j.contest(changes)
	} else {
		j.tell(EventOwned, changes)
	}
	return nil
}

// makeAgain makes the result from what it gets, with the newest version's columns, rows
// and cells at some spots. Comments stay.
func (j *judgement) makeAgain(from Snapshot, spots []spot) error {
	table, err := from.Table()
	if err != nil {
		return err
	}
	for _, s := range spots {
		if s.item == absent && j.hasColumn(j.newest, s.column) {
			// Where it cannot be there is another of its name, and that will do.
			_ = table.AddColumn(j.columns[s.column])
		}
	}
	for _, s := range spots {
		if s.item != absent && j.items[s.item].row {
			j.edit(table, s)
		}
	}
	j.result = table.Bytes()
	return nil
}

// edit makes one spot of a table what it is in the newest version. A key that stands
// twice cannot be edited; its rows stay as they are saved.
func (j *judgement) edit(table *csvrows.Table, s spot) {
	key, now := j.items[s.item].key, j.entryAt(s.item, j.newest)
	switch {
	case s.column != whole:
		_ = table.Set(key, map[string]string{j.name(s.column, j.records[now].layout): string(j.value(now, s.column))})
	case now == absent:
		_ = table.Delete(key)
	default:
		cells := make(map[string]string)
		for column, value := range j.cells(now) {
			// A field without a column, or one of a repeated name, cannot be asked for.
			if name := j.name(column, j.records[now].layout); slices.Contains(table.Columns(), name) {
				cells[name] = string(value)
			}
		}
		if above := j.above(now, table); above != nil {
			_ = table.InsertAfter(above, key, cells)
		} else {
			_ = table.Append(key, cells)
		}
	}
}

// above is the key of the next row above an entry, in the newest version, that a table
// has too.
func (j *judgement) above(id int32, table *csvrows.Table) csvrows.Key {
	at := slices.Index(j.order, id)
	for i := at - 1; i >= 0; i-- {
		if it := &j.items[j.records[j.order[i]].item]; it.row && table.Has(it.key) {
			return it.key
		}
	}
	return nil
}
