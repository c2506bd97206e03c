package store

import (
	"bytes"
	"fmt"

	"github.com/rowkeep/rowkeep/merge"
)

// What is told of a judgement are changes by key and column, each with what it was in the
// version that the save was made from.

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
