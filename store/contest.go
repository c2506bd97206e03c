package store

import (
	"slices"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

// A conflict of a save is what both it and the program changed, or what nothing tells of
// whether the save knew it. The program's values stand until somebody settles it.

func (j *judgement) addConflicts(found []merge.Conflict) {
	for _, c := range found {
		if c.Settled == "" && !slices.ContainsFunc(j.conflicts, func(old merge.Conflict) bool { return old.ID == c.ID }) {
			j.conflicts = append(j.conflicts, c)
		}
	}
}

// inConflict reports that a conflict is about a change.
func inConflict(conflicts []merge.Conflict, c merge.Change) bool {
	return slices.ContainsFunc(conflicts, func(f merge.Conflict) bool {
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
	j.contested = append(j.contested, changes...)
	for _, e := range changes {
		if !inConflict(j.conflicts, e.change()) {
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

// openBase is what the save was made from, but where a merge from that would take one side
// because the other has not changed: as nothing tells which of them has, it is as neither
// there. A cell's row is missing from it; a row that one side lacks is empty.
func (j *judgement) openBase() []byte {
	base := j.base.snap.Bytes()
	found, err := merge.Merge(base, j.last.snap.Bytes(), j.save.Bytes(), j.opt.merge)
	if err != nil {
		return base
	}
	table, err := j.base.snap.Table()
	if err != nil {
		return base
	}
	for _, e := range j.contested {
		if e.Key != nil && !inConflict(found.Conflicts, e.change()) {
			openSpot(table, e)
		}
	}
	return table.Bytes()
}

// openSpot makes a table contradict both sides of a change. A key that stands twice cannot
// be edited, and stays.
func openSpot(table *csvrows.Table, e EventChange) {
	if e.Kind == merge.ChangeCell {
		_ = table.Delete(e.Key)
		return
	}
	if table.Has(e.Key) {
		_ = table.Delete(e.Key)
	}
	_ = table.Append(e.Key, nil)
}
