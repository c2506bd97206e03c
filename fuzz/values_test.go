package fuzz

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rowkeep/rowkeep/fuzz/oracle"
	"github.com/rowkeep/rowkeep/merge"
)

// noLostUpdate is law 3: what a side did, found by an independent diff, is in the
// result or in a conflict; what was dropped of order or form is a warning.
func noLostUpdate(v *view) (bool, error) {
	if !v.namesTell() {
		return false, nil
	}
	for _, side := range bothSides {
		e := v.edits(side)
		for _, check := range []func(int, edits) error{v.lostCells, v.lostRows, v.lostColumns, v.lostLines, v.lostKeyless} {
			if err := check(side, e); err != nil {
				return true, fmt.Errorf("side %d: %w", side, err)
			}
		}
	}
	if err := v.lostRepeated(); err != nil {
		return true, err
	}
	if err := v.lostOrder(); err != nil {
		return true, err
	}
	return true, v.lostForm()
}

func (v *view) lostCells(_ int, e edits) error {
	for s, value := range e.cells {
		if !v.stands(s, value) && !v.contested(s, value) {
			return fmt.Errorf("cell %v became %q; it is not in the result, nor in a conflict", s, value)
		}
	}
	return nil
}

// stands reports whether the result holds a value where it belongs. A cleared cell
// is also clear where its column is gone.
func (v *view) stands(s spot, value string) bool {
	cells, ok := v.out.Rows[v.keyNow(s.key)]
	if !ok {
		return false
	}
	isKey := slices.ContainsFunc(v.r.Key, func(name string) bool { return s.column == oracle.Column{Name: name, Nth: 1} })
	return cells[v.columnNow(s.column)] == value || isKey
}

// contested reports whether a conflict holds the value of a cell, or is about its
// row or its column as a whole.
func (v *view) contested(s spot, value string) bool {
	return slices.ContainsFunc(v.r.Conflicts, func(c merge.Conflict) bool {
		switch c.Kind {
		case merge.KindComment:
			return false
		case merge.KindColumnRename:
			return v.namesColumn(c, s.column)
		case merge.KindKeyRename, merge.KindDuplicateKey:
			return v.namesKey(c, s.key)
		case merge.KindDeleteModify, merge.KindModifyDelete:
			return v.namesKey(c, s.key) && holdsCell(c, s.column, value)
		}
		return v.ofKey(c, s.key) || v.namesKey(c, s.key) && v.namesColumn(c, s.column) && holdsText(c, value)
	})
}

// conflictAbout reports a conflict about a key.
func (v *view) conflictAbout(key string) bool {
	return slices.ContainsFunc(v.r.Conflicts, func(c merge.Conflict) bool { return v.namesKey(c, key) })
}

// namesKey reports a conflict about a key, or about a row that was renamed to or from it.
func (v *view) namesKey(c merge.Conflict, key string) bool {
	about := c.Key != nil && (oracle.Key(c.Key...) == key || oracle.Key(c.Key...) == v.keyNow(key))
	return about || v.ofKey(c, key)
}

// ofKey reports a conflict about the key itself, between this one and another.
func (v *view) ofKey(c merge.Conflict, key string) bool {
	return c.HasColumn && slices.Contains(v.r.Key, c.Column) && holdsText(c, key)
}

func (v *view) namesColumn(c merge.Conflict, column oracle.Column) bool {
	about := c.HasColumn && v.columnNow(columnOf(c.Column)) == v.columnNow(column)
	return about || c.Kind == merge.KindColumnRename && holdsText(c, column.Name)
}

func holdsText(c merge.Conflict, text string) bool {
	return slices.ContainsFunc([]merge.Value{c.Base, c.Ours, c.Theirs}, func(x merge.Value) bool { return x.Text == text })
}

// holdsCell looks for a cell in the rows of a conflict.
func holdsCell(c merge.Conflict, column oracle.Column, value string) bool {
	for _, version := range []merge.Value{c.Base, c.Ours, c.Theirs} {
		for _, row := range version.Rows {
			if asCells(row)[column] == value {
				return true
			}
		}
	}
	return false
}

// lostRows checks the presence of rows.
func (v *view) lostRows(_ int, e edits) error {
	for key := range e.added {
		if _, ok := v.out.Rows[key]; !ok && !v.conflictAbout(key) {
			return fmt.Errorf("row %q was added; it is not in the result, nor in a conflict", key)
		}
	}
	for key := range e.deleted {
		if _, ok := v.out.Rows[key]; ok && !v.conflictAbout(key) {
			return fmt.Errorf("row %q was deleted; it is in the result, and in no conflict", key)
		}
	}
	return nil
}

// lostColumns checks the presence of columns, where names stand once.
func (v *view) lostColumns(_ int, e edits) error {
	if !v.headers() || !v.out.HasHeader {
		return nil
	}
	about := func(column oracle.Column) bool {
		return slices.ContainsFunc(v.r.Conflicts, func(c merge.Conflict) bool { return v.namesColumn(c, column) })
	}
	for c := range e.newColumns {
		if !slices.Contains(v.out.Columns, c) && !about(c) {
			return fmt.Errorf("column %v was added; it is not in the result, nor in a conflict", c)
		}
	}
	for c := range e.lostColumns {
		if slices.Contains(v.out.Columns, c) && !about(c) {
			return fmt.Errorf("column %v was deleted; it is in the result, and in no conflict", c)
		}
	}
	return nil
}

// lostLines checks comments and blank lines above each kept row: those of the one side
// that changed them; where both did, every comment that one added is there, in the form
// that it or the other side gave it, and what stands in all versions.
func (v *view) lostLines(side int, e edits) error {
	if !v.linesCompare() {
		return nil
	}
	was, want, also, got := v.leads(v.in[base]), v.leads(v.in[side]), v.leads(v.in[other(side)]), v.leads(v.out)
	for place := range e.lines {
		if alone := slices.Equal(also[place], was[place]); alone && !slices.Equal(got[place], want[place]) {
			return fmt.Errorf("lines above %q are %q, want %q", place, got[place], want[place])
		}
		for _, text := range want[place] {
			least := min(count(was[place], text), count(want[place], text), count(also[place], text))
			isNew := !slices.Contains(v.say(was[place]), v.words[text]) && !isBlank(text) // how many commas a line ends with is form
			if isNew && !slices.Contains(v.say(got[place]), v.words[text]) && !v.contestedLine(text) {
				return fmt.Errorf("line %q was added above %q; lines are %q", text, place, got[place])
			}
			if count(v.say(was[place]), v.words[text]) > 1 && !slices.Equal(want[place], also[place]) {
				continue // each side may have deleted, moved or edited another one of lines that say the same
			}
			stand := count(got[place], text)
			if isBlank(text) { // of which spaces it is made is form
				stand = len(got[place]) - len(unblank(got[place]))
			}
			if stand < least && !v.contestedLine(text) {
				return fmt.Errorf("line %q should stand above %q %d times; lines are %q", text, place, least, got[place])
			}
		}
	}
	return nil
}

// say gives what lines say, whatever their form.
func (v *view) say(lines []string) []string {
	var words []string
	for _, text := range lines {
		words = append(words, v.words[text])
	}
	return words
}

func isBlank(text string) bool { return strings.Trim(text, " \t\v\f,\"") == "" }

// linesCompare reports that the lines above a kept row are found in every table: by
// keys that tell rows, and below a header that all have.
func (v *view) linesCompare() bool {
	return !v.renames() && !v.irregular() && v.headers() && v.out.HasHeader && !v.commentedOut()
}

// commentedOut reports a conflict to which comment lines belong.
func (v *view) commentedOut() bool {
	return slices.ContainsFunc(v.r.Conflicts, func(c merge.Conflict) bool { return c.Note != "" })
}

func (v *view) contestedLine(text string) bool {
	return slices.ContainsFunc(v.r.Conflicts, func(c merge.Conflict) bool { return c.Kind == merge.KindComment && holdsText(c, text) })
}

// lostKeyless checks rows without a key that one side added.
func (v *view) lostKeyless(side int, _ edits) error {
	contested := slices.ContainsFunc(v.r.Conflicts, func(c merge.Conflict) bool {
		return c.Key != nil && strings.Join(c.Key, "") == ""
	})
	if contested || !v.sameHeaders() {
		return nil
	}
	was, is, got := keyless(v.in[base]), keyless(v.in[side]), keyless(v.out)
	for cells := range is {
		if was[cells] == 0 && got[cells] == 0 {
			return fmt.Errorf("row %v without a key was added; it is not in the result", cells)
		}
	}
	return nil
}

// keyless counts the rows without a key, by their cells.
func keyless(t *oracle.Table) map[string]int {
	counts := map[string]int{}
	for _, cells := range keylessOf(t) {
		counts[cells.String()]++
	}
	return counts
}

// keylessOf lists the cells of the rows without a key.
func keylessOf(t *oracle.Table) []oracle.Cells {
	var rows []oracle.Cells
	for _, rec := range t.Records {
		if rec.Kind != oracle.Row {
			continue
		}
		if _, ok := t.KeyOf(rec); !ok {
			rows = append(rows, t.Cells(rec))
		}
	}
	return rows
}

// lostRepeated checks the rows of a key that stands twice: changed by one side, they
// are that side's.
func (v *view) lostRepeated() error {
	if !v.sameHeaders() || v.renames() {
		return nil
	}
	for _, t := range v.in {
		for key := range t.Repeated {
			if err := v.lostRowsOf(key); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *view) lostRowsOf(key string) error {
	rows := func(t *oracle.Table) []string { return slices.Sorted(slices.Values(t.RowsOf(key))) }
	b, o, t, got := rows(v.in[base]), rows(v.in[ours]), rows(v.in[theirs]), rows(v.out)
	want := o
	if slices.Equal(o, b) {
		want = t
	}
	bothChanged := !slices.Equal(o, b) && !slices.Equal(t, b) && !slices.Equal(o, t)
	if bothChanged || slices.Equal(got, want) {
		return nil
	}
	return fmt.Errorf("rows of key %q are %v, want %v", key, got, want)
}

// lostOrder checks that two kept rows which a side turned round stand so in the
// result, or else that a warning says so. The same for columns.
func (v *view) lostOrder() error {
	var orders [3][]string
	for i, t := range v.in {
		orders[i] = slices.DeleteFunc(slices.Clone(t.Order), func(key string) bool { return !v.kept(key) })
	}
	if !v.warned(merge.WarnOrder) && !v.commentedOut() {
		if err := lostTurns(orders, v.out.Order); err != nil {
			return err
		}
	}
	if v.warned(merge.WarnColumnOrder) || v.renames() {
		return nil
	}
	var columns [3][]oracle.Column
	for i, t := range v.in {
		columns[i] = t.Columns
	}
	return lostTurns(columns, v.out.Columns)
}

// lostTurns looks at every pair of base that stands in both sides and the result.
func lostTurns[T comparable](orders [3][]T, result []T) error {
	before := func(order []T, a, b T) (yes, both bool) {
		i, j := slices.Index(order, a), slices.Index(order, b)
		return i < j, i >= 0 && j >= 0
	}
	for j, b := range orders[base] {
		for _, a := range orders[base][:j] {
			o, inOurs := before(orders[ours], a, b)
			t, inTheirs := before(orders[theirs], a, b)
			r, inResult := before(result, a, b)
			if inOurs && inTheirs && inResult && r && !(o && t) {
				return fmt.Errorf("%v and %v were turned round; they stand as before, without a warning", a, b)
			}
		}
	}
	return nil
}

// noInvention is law 4: every value and every comment stands in an input.
func noInvention(v *view) (bool, error) {
	values, lines := map[string]bool{}, map[string]bool{}
	for _, t := range v.in {
		for _, rec := range t.Records {
			lines[rec.Text] = true
			for _, fd := range rec.Fields {
				values[fd.Value] = true
			}
		}
	}
	for _, rec := range v.out.Records {
		switch rec.Kind {
		case oracle.Comment, oracle.Blank:
			if !lines[rec.Text] {
				return true, fmt.Errorf("line %q stands in no input", rec.Text)
			}
		default:
			for _, fd := range rec.Fields {
				if fd.Value != "" && !values[fd.Value] {
					return true, fmt.Errorf("value %q stands in no input", fd.Value)
				}
			}
		}
	}
	return true, v.inventedCells()
}

// inventedCells asks more where nothing was renamed: a value stands in its own row
// and column of an input.
func (v *view) inventedCells() error {
	if v.renames() || !v.headers() {
		return nil
	}
	for key, cells := range v.out.Rows {
		if v.repeated(key) {
			continue
		}
		for c, value := range cells {
			if !slices.ContainsFunc(v.in, func(t *oracle.Table) bool { return t.Rows[key][c] == value }) {
				return fmt.Errorf("value %q of %v stands in no input there", value, spot{key, c})
			}
		}
	}
	return nil
}

// noResurrection is law 5: what one side deleted and the other left alone is gone, and
// no key stands twice that did not.
func noResurrection(v *view) (bool, error) {
	for key := range v.out.Repeated {
		if !v.repeated(key) {
			return true, fmt.Errorf("key %q stands twice in the result and in no input", key)
		}
	}
	for _, side := range bothSides {
		if err := v.resurrected(side); err != nil {
			return true, err
		}
	}
	return true, nil
}

func (v *view) resurrected(side int) error {
	deleted, alone := v.edits(side), v.edits(other(side))
	for key := range deleted.deleted {
		_, stands := v.out.Rows[key]
		if stands && !alone.added[key] && !touches(alone, key) && !v.conflictAbout(key) {
			return fmt.Errorf("row %q was deleted here and left alone there; it stands", key)
		}
	}
	if !v.linesCompare() {
		return nil
	}
	was, is, got := v.leads(v.in[base]), v.leads(v.in[side]), v.leads(v.out)
	for _, place := range v.places() {
		for _, text := range was[place] {
			if !alone.lines[place] && !slices.Contains(is[place], text) && slices.Contains(got[place], text) {
				return fmt.Errorf("line %q above %q was deleted here and left alone there; it stands", text, place)
			}
		}
	}
	return nil
}

// touches reports edits of a row's cells.
func touches(e edits, key string) bool {
	for s := range e.cells {
		if s.key == key {
			return true
		}
	}
	return false
}

// disjoint is law 7: edits that do not meet do not conflict.
func disjoint(v *view) (bool, error) {
	o, t := v.edits(ours), v.edits(theirs)
	meet := v.irregular() || !v.headers() || mayRename(o) || mayRename(t) || meeting(o, t) || meeting(t, o)
	if meet || len(o.cells) == 0 || len(t.cells) == 0 {
		return false, nil
	}
	if len(v.r.Conflicts) > 0 {
		return true, fmt.Errorf("edits are disjoint and conflict: %+v", v.r.Conflicts)
	}
	return true, nil
}

// mayRename reports that keys or columns both came and went.
func mayRename(e edits) bool {
	return len(e.added) > 0 && len(e.deleted) > 0 || len(e.newColumns) > 0 && len(e.lostColumns) > 0
}

// meeting reports edits of two sides in one place, seen from the first.
func meeting(a, b edits) bool {
	for s, value := range b.cells {
		mine, both := a.cells[s]
		if both && mine != value || a.deleted[s.key] || a.lostColumns[s.column] {
			return true
		}
	}
	for key := range a.added {
		if b.added[key] {
			return true
		}
	}
	for place := range a.lines {
		if b.lines[place] {
			return true
		}
	}
	return false
}
