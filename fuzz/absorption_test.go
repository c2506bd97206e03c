package fuzz

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/rowkeep/rowkeep/fuzz/oracle"
	"github.com/rowkeep/rowkeep/merge"
)

// absorption is law 9: a clean result merged again with either side stays as it is.
func absorption(tr triple) (bool, error) {
	v, err := tr.look(merge.OutputOurs)
	if v == nil || err != nil || len(v.r.Conflicts) > 0 || v.unjudged() {
		return false, err
	}
	m := v.r.Bytes()
	for _, again := range []triple{
		{tr.base, m, tr.theirs, tr.output(merge.OutputOurs).opt},
		{tr.base, tr.ours, m, tr.output(merge.OutputTheirs).opt},
	} {
		r, err := again.merge()
		if err != nil {
			return true, fmt.Errorf("result %q merged again is refused: %w", m, err)
		}
		if len(r.Conflicts) == 0 && bytes.Equal(r.Bytes(), m) {
			continue
		}
		if err := v.onlyExcepted(r); err != nil {
			return true, fmt.Errorf("%w\nresult %q\nagain  %q", err, m, r.Bytes())
		}
	}
	return true, nil
}

// unjudged reports results of which the law and other rules of the contract ask
// different things: a second merge cannot see in them what a row or a column was.
func (v *view) unjudged() bool {
	return v.blursRename() || v.copiesColumn(ours) || v.copiesColumn(theirs) || v.movesRepeated() || !v.namesTell()
}

// movesRepeated reports a side that moved rows while a key stands twice: which of its
// rows was base's is not to be seen in the result, and so not which one moved.
func (v *view) movesRepeated() bool {
	repeated, moved := false, false
	for _, t := range v.in {
		repeated = repeated || len(t.Repeated) > 0
		moved = moved || !slices.Equal(common(v.in[base].Order, t.Order), common(t.Order, v.in[base].Order))
	}
	return repeated && moved
}

// copiesColumn reports a column added by a side with the cells of one of base that a side
// deleted, or more than half of them, where the merge saw no rename, perhaps as other
// columns came or went too: by itself, or in the result, it looks as if it were one.
func (v *view) copiesColumn(side int) bool {
	own, there := v.edits(side), v.edits(other(side))
	for name := range own.newColumns {
		for _, lost := range []map[oracle.Column]bool{own.lostColumns, there.lostColumns} {
			for old := range lost {
				if v.renamedColumns[old] != name && (v.alikeIn(v.out, old, name) || v.alikeIn(v.in[side], old, name)) {
					return true
				}
			}
		}
	}
	return false
}

func (v *view) alikeIn(t *oracle.Table, old, name oracle.Column) bool {
	filled, equal := v.likeness(old, t, name)
	return 2*equal > filled
}

// likeness compares a column of base with one of another table, over the rows in both
// where either is not empty.
func (v *view) likeness(old oracle.Column, t *oracle.Table, name oracle.Column) (filled, equal int) {
	for key, cells := range v.in[base].Rows {
		row, stays := t.Rows[key]
		if !stays || cells[old] == "" && row[name] == "" {
			continue
		}
		filled++
		if cells[old] == row[name] {
			equal++
		}
	}
	return filled, equal
}

// blursRename reports a row or a column that one side renamed and the result holds
// without values, or a row with those of another one there or in base. What it was is
// then not to be seen in the result, and the contract asks a second merge to be certain.
// Two columns are never certain at once: the result has both, each side one.
func (v *view) blursRename() bool {
	if len(v.renamedColumns) > 1 {
		return true
	}
	for old, now := range v.renamedColumns {
		if v.blursColumn(old, now) {
			return true
		}
	}
	for old, now := range v.renamedKeys {
		row := restrict(v.out.Rows[now], v.oldColumns())
		if !v.sameValues(row, row) || v.hasTwin(v.out, now, row) || v.hasTwin(v.in[base], old, row) {
			return true
		}
		if v.renamedAndEdited(old, ours) || v.renamedAndEdited(old, theirs) || v.secondRename(now) {
			return true
		}
	}
	return false
}

// secondRename reports another row in the result that looks like a rename.
func (v *view) secondRename(but string) bool {
	for key, cells := range v.out.Rows {
		if _, known := v.in[base].Rows[key]; known || key == but {
			continue
		}
		for old, was := range v.in[base].Rows {
			if _, stays := v.out.Rows[old]; !stays && v.sameValues(cells, restrict(v.nowNamed(was), v.out.Columns)) {
				return true
			}
		}
	}
	return false
}

// blursColumn reports a renamed column whose cells in the result are not those of base,
// or no longer more than half of them at the same place.
func (v *view) blursColumn(old, now oracle.Column) bool {
	filled, equal := v.likeness(old, v.out, now)
	samePlace := slices.Index(v.in[base].Columns, old) == slices.Index(v.out.Columns, now)
	return filled == 0 || equal < filled && !(samePlace && 2*equal > filled)
}

// renamedAndEdited reports a side that gave a row another key and other values, or
// another place: only the other side's version of the row tells that it is the same.
func (v *view) renamedAndEdited(key string, side int) bool {
	s, now := v.in[side], v.keyNow(key)
	if _, renamed := s.Rows[now]; !renamed {
		return false
	}
	order := slices.Clone(v.in[base].Order)
	order[slices.Index(order, key)] = now
	columns := v.fromBase(side)
	sameValues := v.sameValues(restrict(s.Rows[now], columns), restrict(v.former(side, key), columns))
	return !sameValues || !slices.Equal(common(order, s.Order), common(s.Order, order))
}

// oldColumns lists the columns of the result that base has.
func (v *view) oldColumns() []oracle.Column {
	var columns []oracle.Column
	for _, c := range v.in[base].Columns {
		columns = append(columns, v.columnNow(c))
	}
	return common(columns, v.out.Columns)
}

// hasTwin looks for another row, with a key or without, that has the same values in the
// columns of base.
func (v *view) hasTwin(t *oracle.Table, key string, row oracle.Cells) bool {
	return slices.ContainsFunc(t.Records, func(rec oracle.Record) bool {
		k, ok := t.KeyOf(rec)
		other := rec.Kind == oracle.Row && (!ok || k != key)
		return other && v.sameValues(row, restrict(v.nowNamed(t.Cells(rec)), v.oldColumns()))
	})
}

// onlyExcepted allows a second merge what the exception of law 9 allows, and only
// between the kept rows it names: comment and blank lines of the first result may
// stand again there, and a few kinds of conflicts may come up.
func (v *view) onlyExcepted(again *merge.Result) error {
	excepted := v.excepted()
	if len(excepted) == 0 {
		return fmt.Errorf("merged again it differs, conflicts %+v", again.Conflicts)
	}
	for _, c := range again.Conflicts {
		if !v.mayComeUp(c, excepted) {
			return fmt.Errorf("merged again there is a conflict: %+v", c)
		}
	}
	f, _ := v.tr.format()
	tables, err := oracle.Read(f, append(v.tr.all(), again.Bytes())...)
	if err != nil {
		return fmt.Errorf("merged again it does not read: %w", err)
	}
	return v.sameButFor(excepted, tables[len(tables)-1])
}

// mayComeUp allows conflicts of three kinds, about something in an excepted place; and
// about a cell of a copied row, if its column went.
func (v *view) mayComeUp(c merge.Conflict, excepted map[string]exception) bool {
	reread := slices.Contains(slices.Collect(maps.Values(excepted)), rereads)
	switch c.Kind {
	case merge.KindKeyRename, merge.KindColumnDeleteEdit, merge.KindColumnEditDelete:
		return reread
	case merge.KindDuplicateKey:
		return v.repeated(oracle.Key(c.Key...))
	case merge.KindComment:
		if reread {
			return true
		}
		lines := v.leads(v.in[base])
		for place := range excepted {
			if slices.Contains(lines[place], c.Base.Text) {
				return true
			}
		}
	}
	return false
}

// sameButFor compares the first result with the second, record by record; in excepted
// places, the rows that have a key, and the lines but for repetitions.
func (v *view) sameButFor(excepted map[string]exception, again *oracle.Table) error {
	if !sameRows(v.out, again) {
		return fmt.Errorf("merged again the rows are\n%v, not\n%v", again, v.out)
	}
	if slices.Contains(slices.Collect(maps.Values(excepted)), rereads) {
		return v.lostLinesOf(again)
	}
	first, second := v.stretches(v.out), v.stretches(again)
	for _, place := range v.places() {
		a, b := first[place], second[place]
		switch {
		case excepted[place] == nothing && !slices.Equal(a.all, b.all):
			return fmt.Errorf("merged again the records above %q are %q, not %q", place, b.all, a.all)
		case !slices.Equal(sorted(a.keys), sorted(b.keys)):
			return fmt.Errorf("merged again the rows above %q are %q, not %q", place, b.keys, a.keys)
		case !excepted[place].allows(a.lines, b.lines) && !v.standsAgain(place):
			return fmt.Errorf("merged again the lines above %q are %q, not %q with repetitions", place, b.lines, a.lines)
		}
	}
	return nil
}

// lostLinesOf looks for lines of the first result that the second one lacks in any form,
// but for those that a side deleted.
func (v *view) lostLinesOf(again *oracle.Table) error {
	linesOf := func(t *oracle.Table) []string { return v.say(textsOf(t)) }
	was, is := linesOf(v.in[base]), linesOf(again)
	for _, words := range linesOf(v.out) {
		deleted := count(linesOf(v.in[ours]), words) < count(was, words) || count(linesOf(v.in[theirs]), words) < count(was, words)
		if !deleted && !slices.Contains(is, words) {
			return fmt.Errorf("merged again line %q is lost", words)
		}
	}
	return nil
}

// textsOf lists the comment and blank lines of a table.
func textsOf(t *oracle.Table) []string {
	var list []string
	for _, rec := range t.Records {
		if rec.Kind == oracle.Comment || rec.Kind == oracle.Blank {
			list = append(list, rec.Text)
		}
	}
	return list
}

// sameRows compares the values of all rows that have a key.
func sameRows(t, u *oracle.Table) bool {
	if len(t.Order) != len(u.Order) {
		return false
	}
	return !slices.ContainsFunc(t.Order, func(key string) bool {
		return !slices.Equal(sorted(t.RowsOf(key)), sorted(u.RowsOf(key)))
	})
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// standsAgain reports a line that a side deleted above a kept row, or moved there, and that
// stands in the result because a side added a copy of it, in whatever form. A second merge
// takes the copy for base's line, and by law 3 deletes it.
func (v *view) standsAgain(place string) bool {
	linesOf := func(t *oracle.Table) []string { return v.say(v.stretches(t)[place].lines) }
	b, result := linesOf(v.in[base]), linesOf(v.out)
	for _, side := range bothSides {
		lines := linesOf(v.in[side])
		moved := !slices.Equal(common(b, lines), common(lines, b))
		for _, words := range b {
			deleted := count(lines, words) < count(b, words)
			if (deleted || moved) && slices.Contains(result, words) {
				return true
			}
		}
	}
	return false
}

// unblank leaves blank lines out. They are all alike, so where both sides changed lines a
// second merge may take one that a side added for one that the other deleted.
func unblank(lines []string) []string {
	return slices.DeleteFunc(slices.Clone(lines), isBlank)
}

func count(list []string, s string) int {
	return len(slices.DeleteFunc(slices.Clone(list), func(x string) bool { return x != s }))
}

// exception says how much of law 9 is excepted in a place.
type exception int

const (
	nothing  exception = iota
	repeats            // lines may stand again
	regroups           // rows of one key may pair otherwise, and divide other lines
	rereads            // a row may be another one's rename now, and divide other lines
)

// allows compares the lines of the first result with those of the second.
func (e exception) allows(lines, again []string) bool {
	if e != nothing {
		lines, again = unblank(lines), unblank(again)
	}
	lost := slices.ContainsFunc(lines, func(text string) bool { return !slices.Contains(again, text) })
	invented := slices.ContainsFunc(again, func(text string) bool { return !slices.Contains(lines, text) })
	switch e {
	case nothing:
		return slices.Equal(lines, again)
	case repeats:
		return !invented && len(again) >= len(lines)
	}
	return !invented && !lost
}

// stretch is what stands above a kept row and below its neighbour, in order. The kept
// row is the last of its keys.
type stretch struct{ all, keys, lines []string }

// stretches cuts a table at its kept rows. Rows without a key are lines: they are
// aligned like comments.
func (v *view) stretches(t *oracle.Table) map[string]stretch {
	stretches := map[string]stretch{}
	var s stretch
	for _, rec := range t.Records {
		place := ""
		s.all = append(s.all, rec.Text)
		key, hasKey := t.KeyOf(rec)
		switch {
		case rec.Kind == oracle.Header && v.allHeaders():
			place = oracle.AboveHeader
		case rec.Kind == oracle.Row && hasKey:
			s.keys = append(s.keys, key)
			place = v.place(key)
		case rec.Kind != oracle.Header:
			s.lines = append(s.lines, rec.Text)
		}
		if place != "" {
			stretches[place], s = s, stretch{}
		}
	}
	stretches[oracle.AtEnd] = s
	return stretches
}

// excepted names the places of the exception of law 9: above a kept row, below its
// neighbour, where both sides changed comment or blank lines, or both added the same
// rows in different orders, or a side added a copy of a row that the other deleted or
// renamed, or a key stands twice.
func (v *view) excepted() map[string]exception {
	set := map[string]exception{}
	b, o, t := v.stretches(v.in[base]), v.stretches(v.in[ours]), v.stretches(v.in[theirs])
	rowsOurs, rowsTheirs := v.newRows(ours), v.newRows(theirs)
	for _, place := range v.places() {
		lines := !slices.Equal(o[place].lines, b[place].lines) && !slices.Equal(t[place].lines, b[place].lines)
		rows := !slices.Equal(common(rowsOurs[place], rowsTheirs[place]), common(rowsTheirs[place], rowsOurs[place]))
		if lines || rows {
			set[place] = repeats
		}
	}
	v.addCopies(set, ours, rowsOurs)
	v.addCopies(set, theirs, rowsTheirs)
	for _, t := range v.in {
		v.addRepeated(set, t)
	}
	return set
}

// newRows lists, above each kept row of a side, the keys that the side added.
func (v *view) newRows(side int) map[string][]string {
	rows := map[string][]string{}
	var stretch []string
	for _, key := range v.in[side].Order {
		if place := v.place(key); place != "" {
			rows[place], stretch = stretch, nil
		} else if _, known := v.in[base].Rows[key]; !known {
			stretch = append(stretch, key)
		}
	}
	rows[oracle.AtEnd] = stretch
	return rows
}

func common[T comparable](list, other []T) []T {
	return slices.DeleteFunc(slices.Clone(list), func(x T) bool { return !slices.Contains(other, x) })
}

// addCopies adds the places where a side added a row with the values of one of base
// that is gone, and where that one stood.
func (v *view) addCopies(set map[string]exception, side int, added map[string][]string) {
	for old := range v.in[base].Rows {
		if v.kept(old) && v.keyNow(old) == old {
			continue
		}
		columns := v.fromBase(side)
		cells := restrict(v.former(side, old), columns)
		for place, names := range added {
			for _, name := range names {
				if v.sameValues(restrict(v.in[side].Rows[name], columns), cells) {
					set[place], set[v.placeBelow(old)] = rereads, rereads
				}
			}
		}
	}
}

// placeBelow names the kept row of base below a row.
func (v *view) placeBelow(key string) string {
	order := v.in[base].Order
	for _, below := range order[slices.Index(order, key):] {
		if v.kept(below) {
			return below
		}
	}
	return oracle.AtEnd
}

// fromBase lists the columns of a side that base and the result have, by the side's
// names.
func (v *view) fromBase(side int) []oracle.Column {
	var columns []oracle.Column
	for _, c := range v.in[base].Columns {
		if now := v.columnNow(c); slices.Contains(v.in[side].Columns, now) {
			c = now
		}
		columns = append(columns, c)
	}
	return slices.DeleteFunc(common(columns, v.in[side].Columns), func(c oracle.Column) bool {
		return !slices.Contains(v.out.Columns, v.columnNow(c))
	})
}

// restrict keeps the cells of some columns, and those beyond the header.
func restrict(cells oracle.Cells, columns []oracle.Column) oracle.Cells {
	cells = maps.Clone(cells)
	maps.DeleteFunc(cells, func(c oracle.Column, _ string) bool { return !c.Unnamed && !slices.Contains(columns, c) })
	return cells
}

// sameValues compares rows, beside the key, that have any value there.
func (v *view) sameValues(a, b oracle.Cells) bool {
	skip := func(c oracle.Column, _ string) bool {
		return !c.Unnamed && slices.Contains(v.r.Key, c.Name) && c.Nth == 1
	}
	a, b = maps.Clone(a), maps.Clone(b)
	maps.DeleteFunc(a, skip)
	maps.DeleteFunc(b, skip)
	return len(a) > 0 && maps.Equal(a, b)
}

// addRepeated adds the places where a key stands twice.
func (v *view) addRepeated(set map[string]exception, t *oracle.Table) {
	inside := false
	for _, rec := range t.Records {
		key, ok := t.KeyOf(rec)
		if !ok || rec.Kind != oracle.Row {
			continue
		}
		inside = inside || v.repeated(key)
		if place := v.place(key); place != "" && inside {
			set[place], inside = max(set[place], regroups), false
		}
	}
	if inside {
		set[oracle.AtEnd] = max(set[oracle.AtEnd], regroups)
	}
}
