package fuzz

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/rowkeep/rowkeep/fuzz/oracle"
	"github.com/rowkeep/rowkeep/merge"
)

// locality is law 6: the values of a key are those of a merge of its rows alone, and
// so are its conflicts.
func locality(v *view) (bool, error) {
	if v.renames() || !v.headers() {
		return false, nil
	}
	compared := 0
	for _, key := range v.allKeys() {
		alone, err := v.only(key).look(v.tr.opt.Output)
		if err != nil {
			return true, err
		}
		if alone == nil || alone.renames() {
			continue
		}
		compared++
		if err := v.sameFate(key, alone); err != nil {
			return true, err
		}
	}
	return compared > 1, nil
}

func (v *view) allKeys() []string {
	set := map[string]bool{}
	for _, t := range v.in {
		for key := range t.Rows {
			set[key] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// only keeps the headers and the rows of one key.
func (v *view) only(key string) triple {
	tr := v.tr
	for i, data := range []*[]byte{&tr.base, &tr.ours, &tr.theirs} {
		t := v.in[i]
		var b strings.Builder
		for _, rec := range t.Records {
			k, _ := t.KeyOf(rec)
			if rec.Kind == oracle.Header || rec.Kind == oracle.Row && k == key {
				b.WriteString(rec.Text + "\n")
			}
		}
		*data = []byte(b.String())
	}
	return tr
}

// sameFate compares what became of a key here and in a merge of its rows alone. A
// column that a conflict elsewhere keeps is no value of the key.
func (v *view) sameFate(key string, alone *view) error {
	both := func(c oracle.Column) bool {
		return c.Unnamed || slices.Contains(v.out.Columns, c) && slices.Contains(alone.out.Columns, c)
	}
	rows := func(t *oracle.Table) []string {
		var list []string
		for _, rec := range t.Records {
			if k, ok := t.KeyOf(rec); rec.Kind == oracle.Row && ok && k == key {
				cells := t.Cells(rec)
				maps.DeleteFunc(cells, func(c oracle.Column, _ string) bool { return !both(c) })
				list = append(list, cells.String())
			}
		}
		slices.Sort(list) // how rows of one key stand is their order, not their values
		return list
	}
	if got, want := rows(v.out), rows(alone.out); !slices.Equal(got, want) {
		return fmt.Errorf("rows of key %q are %v; merged alone they are %v", key, got, want)
	}
	if diff := cmp.Diff(alone.conflictsOf(key), v.conflictsOf(key), anyOrder); diff != "" {
		return fmt.Errorf("conflicts of key %q (-alone +here):\n%s", key, diff)
	}
	return nil
}

// conflictsOf lists the conflicts of a key, without what depends on the rest of the
// file: lines, and whether a comment nearby is the row commented out.
func (v *view) conflictsOf(key string) []merge.Conflict {
	var list []merge.Conflict
	for _, c := range v.r.Conflicts {
		if c.Key != nil && oracle.Key(c.Key...) == key {
			c.Lines, c.Note = merge.Lines{}, ""
			list = append(list, c)
		}
	}
	return list
}
