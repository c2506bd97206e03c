package store

import (
	"bytes"
	"fmt"
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
}

// judgeSave decides from which version of a history somebody else's save was made, and
// what the file should hold. The history is oldest first; its last version is the newest
// that is known, and the save is none of it yet. What was read stands there as it was
// read, beside what was written from it: a buffer that is saved again goes back to its own
// last save.
//
// The errors are those of [merge.Merge] and [merge.Diff].
func judgeSave(history *lineage, save Snapshot, opt savePolicy) (verdict, error) {
	j := judgement{lineage: history, save: save, opt: opt, result: save.Bytes()}
	j.opt.merge.Read, j.opt.merge.Output = opt.read, merge.OutputOurs
	if !save.Exists() {
		return j.verdict(), nil
	}
	if history.newest < 0 {
		j.tell(EventUnknownAncestor, nil)
		return j.verdict(), nil
	}
	j.last = history.versions[history.newest]
	j.base = j.last
	if bytes.Equal(save.Bytes(), j.last.snap.Bytes()) {
		return j.verdict(), nil
	}
	j.lineage = history.bridged(save, opt)
	j.last = j.versions[j.newest]
	j.base = j.last
	j.setSave(save.file)
	j.spots = j.lineage.spots()
	if err := j.judge(); err != nil {
		return verdict{}, err
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
	rowsByKey map[string]int32
	repaired  []EventChange // what a notice tells of
	undone    bool          // the save takes back what the program did, and that stands
}

func (j *judgement) verdict() verdict {
	return verdict{base: j.base.seq, result: j.result, events: j.events, conflicts: j.conflicts}
}

func (j *judgement) tell(kind EventKind, changes []EventChange) {
	j.events = append(j.events, Event{Kind: kind, Base: j.base.seq, Newest: j.last.seq, Changes: changes})
}

func (j *judgement) judge() error {
	var err error
	if v := j.equalTo(); v >= 0 {
		err = j.restore(v)
	} else {
		err = j.mend()
	}
	if err == nil {
		err = j.keepOwned()
	}
	if err == nil {
		err = j.tellUndone()
	}
	if err == nil {
		err = j.setNotices()
	}
	return err
}

// mend merges the save with the newest version, from what it was made from.
func (j *judgement) mend() error {
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
	var sets []map[string]bool
	for _, v := range bases {
		if v == j.newest {
			sets = append(sets, nil) // the save as it is
			continue
		}
		base := j.versions[v].snap.Bytes()
		r, err := merge.Merge(base, j.last.snap.Bytes(), j.result, j.opt.merge)
		if err != nil {
			return nil, err
		}
		j.addConflicts(r.Conflicts)
		j.result = r.Bytes()
		if len(bases) == 1 {
			break
		}
		if r, err = merge.Merge(base, j.last.snap.Bytes(), j.save.Bytes(), j.opt.merge); err != nil {
			return nil, err
		}
		made, err := j.changes(j.save.Bytes(), r.Bytes())
		if err != nil {
			return nil, err
		}
		set := make(map[string]bool)
		for _, c := range made {
			set[changeID(c)] = true
		}
		sets = append(sets, set)
	}
	return func(c merge.Change) bool {
		return slices.ContainsFunc(sets, func(made map[string]bool) bool { return !made[changeID(c)] })
	}, nil
}

func (j *judgement) addConflicts(found []merge.Conflict) {
	for _, c := range found {
		if c.Settled == "" && !slices.ContainsFunc(j.conflicts, func(old merge.Conflict) bool { return old.ID == c.ID }) {
			j.conflicts = append(j.conflicts, c)
		}
	}
}

// changes lists what leads from a to b, but for notices.
func (j *judgement) changes(a, b []byte) ([]merge.Change, error) {
	if bytes.Equal(a, b) {
		return nil, nil
	}
	diff, err := merge.Diff(a, b, j.opt.read)
	if err != nil {
		return nil, err
	}
	prefix := prefixOf(j.opt.read)
	var changes []merge.Change
	for c := range diff.Changes() {
		if c.Kind != merge.ChangeComment || !isNotice(c.Before.Text, prefix) && !isNotice(c.After.Text, prefix) {
			changes = append(changes, c)
		}
	}
	return changes, nil
}

// changeID tells changes apart.
func changeID(c merge.Change) string {
	return fmt.Sprintf("%s %q %q %q %q", c.Kind, c.Key, c.Column, c.Before.Text, c.After.Text)
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
		if j.opt.reverts == ConflictReverts || disputed(c) || j.inConflict(c) {
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

// inConflict reports that a standing conflict of the merge is about a change.
func (j *judgement) inConflict(c merge.Change) bool {
	return slices.ContainsFunc(j.conflicts, func(f merge.Conflict) bool {
		if f.Kind == merge.KindComment || c.Kind == merge.ChangeComment {
			return f.Kind == merge.KindComment && c.Kind == merge.ChangeComment && f.Ours.Text == c.After.Text
		}
		return slices.Equal(f.Key, c.Key) && (!f.HasColumn || !c.HasColumn || f.Column == c.Column)
	})
}

// contest makes conflicts of changes of the save that the program's values stand against.
func (j *judgement) contest(changes []EventChange) {
	if len(changes) == 0 {
		return
	}
	j.tell(EventConflict, changes)
	for _, e := range changes {
		if !j.inConflict(merge.Change{Kind: e.Kind, Key: e.Key, Column: e.Column, HasColumn: e.HasColumn, After: e.Ours}) {
			j.conflicts = append(j.conflicts, conflictOf(e))
		}
	}
}

// conflictOf is a conflict that no merge found, in the merge's words.
func conflictOf(e EventChange) merge.Conflict {
	c := merge.Conflict{Kind: merge.KindCell, Key: e.Key, Column: e.Column, HasColumn: e.HasColumn, Base: e.Base, Ours: e.Ours, Theirs: e.Theirs}
	switch e.Kind {
	case merge.ChangeRowAdded:
		c.Kind = merge.KindModifyDelete
	case merge.ChangeRowDeleted:
		c.Kind = merge.KindDeleteModify
	case merge.ChangeColumnAdded:
		c.Kind = merge.KindColumnEditDelete
	case merge.ChangeColumnDeleted:
		c.Kind = merge.KindColumnDeleteEdit
	case merge.ChangeComment:
		c.Kind = merge.KindComment
	}
	c.ID = merge.IdentityOf(c)
	return c
}

// eventChange describes a change that leads from the save to the newest version. v is
// what the save was made from.
func (j *judgement) eventChange(c merge.Change, v int) EventChange {
	e := EventChange{
		Kind: c.Kind, Key: c.Key, Column: c.Column, HasColumn: c.HasColumn,
		Base: c.Before, Ours: c.After, Theirs: c.Before,
	}
	item, ok := j.byKey()[placeID(c.Key, "", false)]
	if !ok {
		return e
	}
	id := j.entryAt(item, v)
	switch c.Kind {
	case merge.ChangeCell:
		e.Base = merge.Value{}
		if column, ok := j.colIDs[c.Column]; ok && id != absent {
			e.Base = merge.Value{Exists: j.layouts[j.records[id].layout].has(column), Text: string(j.value(id, column))}
		}
	case merge.ChangeRowAdded, merge.ChangeRowDeleted:
		e.Base = j.rowValue(id)
	}
	return e
}

// byKey finds rows; of a key that stands twice the first.
func (j *judgement) byKey() map[string]int32 {
	if j.rowsByKey == nil {
		j.rowsByKey = make(map[string]int32)
		for i := range j.items {
			id := placeID(j.items[i].key, "", false)
			if _, found := j.rowsByKey[id]; !found && j.items[i].row {
				j.rowsByKey[id] = int32(i)
			}
		}
	}
	return j.rowsByKey
}

// rowValue is a row as events have it.
func (j *judgement) rowValue(id int32) merge.Value {
	if id == absent {
		return merge.Value{}
	}
	e := &j.records[id]
	var row merge.RowValue
	for _, column := range j.layouts[e.layout].columns {
		row = append(row, merge.CellValue{Column: j.columns[column], Value: string(j.value(id, column))})
	}
	return merge.Value{Exists: true, Rows: []merge.RowValue{row}}
}

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

// setNotices drops notices that have done their work, and adds one where something was
// made again.
func (j *judgement) setNotices() error {
	adds := j.opt.notice && len(j.repaired) > 0 && !j.opt.read.NoComment
	newest := j.newest
	result, err := withoutNotices(j.result, j.opt.read, func(text string) bool {
		inSave := slices.Contains(j.saveNotices, text)
		in := j.notices[text]
		_, stands := slices.BinarySearch(in, newest)
		switch {
		case adds, j.undone && inSave:
			return true
		case len(in) == 0: // of a history that is lost
			return false
		}
		return !stands
	})
	if err != nil || !adds {
		j.result = result
		return err
	}
	var keys [][]string
	for _, c := range j.repaired {
		if c.Key != nil {
			keys = append(keys, c.Key)
		}
	}
	text := notice(j.last.seq+1, j.repaired, j.opt.read, j.save.file.Delimiter())
	j.result, err = withNotice(result, j.opt.read, text, keys)
	return err
}
