package store

import (
	"slices"

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
