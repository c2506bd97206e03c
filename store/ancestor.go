package store

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
)

// Which version was a save made from? Nobody says; its content must tell.
//
// First evidence: a text that the program was the first to write, and that stands in the
// save, was loaded with some version that has it. Then nearness: of the versions left,
// the one from which the save took the least effort. Where several are equally near and
// lead to different files, nothing tells, and the difference is nobody's to decide here.

// A claim says that the save was made from a version that has some text: version from,
// or a later one.
type claim struct {
	from   int
	item   int32 // of which the save has the text; absent for a notice
	column int32 // whole for a comment
	value  []byte
	notice string
}

// whole is the column of a spot that is a whole record.
const whole int32 = -1

// A spot is a place where save and newest version differ: a cell, a whole record that
// only one of them has, or a column that only one of them has.
type spot struct {
	item   int32 // absent for a column
	column int32 // whole for a record
}

// An ancestry is what was found out about the origin of a save.
type ancestry struct {
	// bases are the versions it may have been made from. Several: they are equally near,
	// and lead to different files.
	bases   []int
	unknown bool // it is near to none, so that the newest stands for it
}

// ancestry finds what the save was made from.
func (l *lineage) ancestry(spots []spot) ancestry {
	newest := ancestry{bases: []int{l.newest}}
	if len(spots) == 0 {
		return newest
	}
	proved, claimed := l.proved()
	candidates, effort := l.candidates(proved, claimed)
	if len(candidates) == 0 {
		newest.unknown = true
		return newest
	}
	nearest := slices.MinFunc(candidates, func(a, b int) int { return effort[a] - effort[b] })
	tied := slices.DeleteFunc(candidates, func(v int) bool { return effort[v] > effort[nearest] })
	return ancestry{bases: l.settleTie(tied, spots)}
}

// candidates are the versions that the save may have been made from, newest first, and
// the effort of making it from each version.
func (l *lineage) candidates(proved []bool, claimed bool) (candidates, effort []int) {
	effort, unlike := l.effort()
	for v := l.newest; v >= 0; v-- {
		// Without evidence, a version half of whose rows are gone was not it.
		if proved[v] && (claimed || 2*unlike[v] <= l.rows[v]) {
			candidates = append(candidates, v)
		}
	}
	return candidates, effort
}

// proved tells which versions the save may have been made from by what evidence there
// is, and whether there is any.
func (l *lineage) proved() (proved []bool, claimed bool) {
	claims := l.claims()
	latest := 0
	for _, c := range claims {
		latest = max(latest, c.from)
	}
	proved = make([]bool, l.newest+1)
	for v := latest; v <= l.newest; v++ {
		proved[v] = !slices.ContainsFunc(claims, func(c claim) bool { return c.from == latest && !l.holds(v, c) })
	}
	return proved, len(claims) > 0
}

func (l *lineage) holds(v int, c claim) bool {
	if c.item == absent {
		_, found := slices.BinarySearch(l.notices[c.notice], v)
		return found
	}
	id := l.entryAt(c.item, v)
	return id != absent && (c.column == whole || bytes.Equal(l.value(id, c.column), c.value))
}

// claims collects the evidence.
func (l *lineage) claims() []claim {
	var claims []claim
	for _, text := range l.saveNotices {
		if in := l.notices[text]; len(in) > 0 {
			claims = append(claims, claim{from: in[0], item: absent, notice: text})
		}
	}
	return append(append(claims, l.firstTexts()...), l.splitWrites()...)
}

// firstTexts are the texts in the save that the program was the first to write: at that
// place, and anywhere. Only those of the latest version are told.
func (l *lineage) firstTexts() []claim {
	var found []claim
	for i := range l.items {
		it := &l.items[i]
		if it.save == absent || it.spans[0].entry == it.save {
			continue
		}
		if !it.row {
			if from := l.firstSeen(it); l.introduces(from) && tells(said(l.records[it.save].file, l.records[it.save].record)) {
				found = append(found, claim{from: from, item: int32(i), column: whole})
			}
			continue
		}
		for column, value := range l.cells(it.save) {
			from := l.firstAt(it, column, value)
			if l.introduces(from) && tells(string(value)) && !slices.Contains(it.key, string(value)) {
				found = append(found, claim{from: from, item: int32(i), column: column, value: value})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b claim) int { return b.from - a.from })
	for len(found) > 0 && found[0].column != whole && l.stoodBefore(found[0]) {
		found = found[1:]
	}
	if len(found) == 0 {
		return nil
	}
	latest := found[0].from
	return slices.DeleteFunc(found, func(c claim) bool { return c.from < latest || c.column != whole && l.stoodBefore(c) })
}

// introduces reports that what stands first in version v is the program's. Of the oldest
// version that is known nobody can say so.
func (l *lineage) introduces(v int) bool { return v > 0 && l.versions[v].own() }

// firstAt is the first version in which a cell has a value, or -1.
func (l *lineage) firstAt(it *item, column int32, value []byte) int {
	for _, s := range it.spans {
		if s.entry != absent && bytes.Equal(l.value(s.entry, column), value) {
			return s.from
		}
	}
	return -1
}

// stoodBefore reports that a version before the claim's has the text in some cell.
func (l *lineage) stoodBefore(c claim) bool {
	for id := range l.records {
		e := &l.records[id]
		if e.first >= c.from || !l.items[e.item].row {
			continue
		}
		if slices.ContainsFunc(l.values(int32(id)), func(v []byte) bool { return bytes.Equal(v, c.value) }) {
			return true
		}
	}
	return false
}

// tells reports that nobody comes upon a text by chance: not a word such as "true" or
// "paused", not a round number.
func tells(text string) bool {
	letters, digits := 0, 0
	for _, r := range text {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			letters++
		}
	}
	switch {
	case letters > 0 && digits > 0:
		return true
	case digits > 0:
		return len(strings.Trim(text, "0.,+- ")) >= 3
	}
	return letters >= 12
}

// splitWrites finds writes of the program that stand in the save in part. Whoever has
// one cell of a write has loaded it all, and took back the rest.
func (l *lineage) splitWrites() []claim {
	kept, gone := make(map[int][]claim), make(map[int]bool)
	for i := range l.items {
		it := &l.items[i]
		if !it.row {
			continue
		}
		for n, s := range it.spans {
			if s.entry != absent && l.introduces(s.from) {
				l.splitRow(int32(i), n, kept, gone)
			}
		}
	}
	var claims []claim
	for from, c := range kept {
		if gone[from] {
			claims = append(claims, c...)
		}
	}
	return claims
}

// splitRow sorts the cells that a write changed in a row, and that still stand, into
// those that the save has too and those that it has not.
func (l *lineage) splitRow(item int32, n int, kept map[int][]claim, gone map[int]bool) {
	it := &l.items[item]
	s, now := it.spans[n], l.entryAt(item, l.newest)
	if now == absent {
		return
	}
	before, written := l.entryAt(item, s.from-1), l.entryAt(item, l.writtenBefore(s.from))
	for _, column := range l.columnsOf(s.entry, before) {
		value := l.value(s.entry, column)
		// What the last write had already, this one only brought back.
		if bytes.Equal(value, l.value(before, column)) || bytes.Equal(value, l.value(written, column)) ||
			!bytes.Equal(value, l.value(now, column)) {
			continue
		}
		switch {
		case it.save == absent || !bytes.Equal(value, l.value(it.save, column)):
			gone[s.from] = true
		case len(value) > 0 && l.firstAt(it, column, value) == s.from && (before != absent || tells(string(value))):
			kept[s.from] = append(kept[s.from], claim{from: s.from, item: item, column: column, value: value})
		}
	}
}

// columnsOf are the columns in which a row differs from what it was before, or those of
// a new row that have a value.
func (l *lineage) columnsOf(id, before int32) []int32 {
	if before != absent {
		return slices.Collect(l.differing(id, before))
	}
	var columns []int32
	for column := range l.cells(id) {
		columns = append(columns, column)
	}
	return columns
}

// writtenBefore is the last version before v that a store wrote, or -1.
func (l *lineage) writtenBefore(v int) int {
	for v--; v >= 0 && !l.versions[v].written; v-- {
	}
	return v
}

// firstSeen is the first version that has an item, or -1.
func (l *lineage) firstSeen(it *item) int {
	for _, s := range it.spans {
		if s.entry != absent {
			return s.from
		}
	}
	return -1
}

// An effort is what it took to make the save from each version.
type effort struct {
	cells   []int // to type, and rows to remove
	added   []int // comments
	removed []int
	// unlike counts the rows of the version that are gone, or have more than half of
	// their cells changed.
	unlike []int
}

// effort weighs what it took to make the save from each version: cells to type, rows,
// columns and comments to add or remove.
func (l *lineage) effort() (total, unlike []int) {
	n := l.newest + 1
	e := effort{make([]int, n), make([]int, n), make([]int, n), make([]int, n)}
	for i := range l.items {
		it := &l.items[i]
		for k, s := range it.spans {
			if s.entry != it.save {
				l.addEffort(e, it, s, l.until(it, k))
			}
		}
	}
	for _, steps := range [][]int{e.cells, e.added, e.removed, e.unlike} {
		for v := 1; v < n; v++ {
			steps[v] += steps[v-1]
		}
	}
	l.discountContinued(e)
	for v := range n {
		// An edited comment is one that came and one that went.
		e.cells[v] += max(e.added[v], e.removed[v]) + l.columnEffort(v)
	}
	return e.cells, e.unlike
}

// addEffort adds what a span of an item took, as steps: up where it begins, down where
// it ends.
func (l *lineage) addEffort(e effort, it *item, s span, until int) {
	add := func(steps []int, n int) {
		steps[s.from] += n
		if until < len(steps) {
			steps[until] -= n
		}
	}
	switch {
	case !it.row && s.entry == absent:
		add(e.added, 1)
	case !it.row && it.save == absent:
		add(e.removed, 1)
	case !it.row: // another form of the same comment
	case s.entry == absent && l.introduces(l.firstSeen(it)):
		// A row of the program's, or another one that somebody gave the same key.
		add(e.cells, 1)
	case s.entry == absent:
		add(e.cells, l.filled(it.save))
	case it.save == absent:
		add(e.cells, 1)
		add(e.unlike, 1)
	default:
		n := l.changedCells(s.entry, it.save)
		add(e.cells, n)
		if 2*n > l.filled(s.entry) {
			add(e.unlike, 1)
		}
	}
}

// changedCells counts the cells in which two rows differ, in columns that both have.
func (l *lineage) changedCells(a, b int32) int {
	n := 0
	for column := range l.differing(a, b) {
		if l.layouts[l.records[a].layout].has(column) && l.layouts[l.records[b].layout].has(column) {
			n++
		}
	}
	return n
}

// columnEffort counts the columns that only one of a version and the save has.
func (l *lineage) columnEffort(v int) int {
	a, b := l.layouts[l.layout[v]], l.layouts[l.layout[l.newest+1]]
	if l.layout[v] == l.layout[l.newest+1] {
		return 0
	}
	common := 0
	for _, column := range a.columns {
		if b.has(column) {
			common++
		}
	}
	return len(a.columns) + len(b.columns) - 2*common
}

// mostContinued bounds the pairs of rows that are compared with each other.
const mostContinued = 10_000

// discountContinued corrects the effort where a row of the save is another one with
// another key: renamed, or typed on from where an editor that saves by itself had left
// it. It is no new row. Rows that the program added stay out of this: there, one more
// row beside it is as likely, and costs no more than a question.
func (l *lineage) discountContinued(e effort) {
	var came, gone []*item
	for i := range l.items {
		switch it := &l.items[i]; {
		case !it.row:
		case it.save == absent && !l.introduces(l.firstSeen(it)):
			gone = append(gone, it)
		case it.save != absent && it.spans[len(it.spans)-1].entry == absent:
			came = append(came, it)
		}
	}
	if len(came)*len(gone) > mostContinued {
		return
	}
	for _, to := range came {
		for _, from := range gone {
			for k, s := range from.spans {
				if s.entry != absent && l.continues(s.entry, to.save) {
					l.discount(e, to, s.from, l.until(from, k))
				}
			}
		}
	}
}

// discount takes back what a new row took, but for the change of a key, in versions that
// have not got it.
func (l *lineage) discount(e effort, it *item, from, until int) {
	for v := from; v < until; v++ {
		if l.entryAt(l.records[it.save].item, v) == absent {
			e.cells[v] -= l.filled(it.save)
			e.unlike[v]--
		}
	}
}

// continues reports that a row is an older one with more typed at its end, or with
// another key alone.
func (l *lineage) continues(old, now int32) bool {
	a, b := &l.records[old], &l.records[now]
	was, is := a.file.Text(a.record), b.file.Text(b.record)
	if was = bytes.TrimRight(was, string(rune(a.file.Delimiter()))); bytes.HasPrefix(is, was) {
		return true
	}
	if a.layout != b.layout || l.filled(old) <= len(l.items[a.item].key) {
		return false
	}
	keyCols, _ := b.file.KeyColumns()
	for column := range l.differing(now, old) {
		if !slices.Contains(keyCols, l.layouts[b.layout].position(column)) {
			return false
		}
	}
	return true
}

// A class says what a merge from a version makes of a spot.
type class byte

const (
	stands    class = 'S' // as the save has it: the version is as the newest
	restored  class = 'R' // as the newest has it: the version is as the save
	contested class = 'C' // both changed it, differently
)

// spots lists where save and newest version differ in value.
func (l *lineage) spots() []spot {
	var spots []spot
	for i := range l.items {
		it := &l.items[i]
		now := l.entryAt(int32(i), l.newest)
		switch {
		case now == it.save:
		case now == absent || it.save == absent:
			spots = append(spots, spot{int32(i), whole})
		default:
			for column := range l.differing(now, it.save) {
				spots = append(spots, spot{int32(i), column})
			}
		}
	}
	now, save := l.layouts[l.layout[l.newest]], l.layouts[l.layout[l.newest+1]]
	for id := range int32(len(l.columns)) {
		if now.has(id) != save.has(id) {
			spots = append(spots, spot{absent, id})
		}
	}
	return spots
}

// hasColumn reports that a version, or the save behind them, has a column.
func (l *lineage) hasColumn(v int, column int32) bool { return l.layouts[l.layout[v]].has(column) }

// same reports that two entries are the same at a spot.
func (l *lineage) same(s spot, a, b int32) bool {
	if s.column == whole {
		return l.alike(a, b)
	}
	return (a == absent) == (b == absent) && bytes.Equal(l.value(a, s.column), l.value(b, s.column))
}

// asNewest reports that version v is as the newest at a spot; asSave, as the save.
func (l *lineage) asNewest(s spot, v int) bool {
	if s.item == absent {
		return l.hasColumn(v, s.column) == l.hasColumn(l.newest, s.column)
	}
	return l.same(s, l.entryAt(s.item, v), l.entryAt(s.item, l.newest))
}

func (l *lineage) asSave(s spot, v int) bool {
	if s.item == absent {
		return l.hasColumn(v, s.column) == l.hasColumn(l.newest+1, s.column)
	}
	return l.same(s, l.entryAt(s.item, v), l.items[s.item].save)
}

func (l *lineage) class(s spot, v int) class {
	switch {
	case l.asNewest(s, v):
		return stands
	case l.asSave(s, v):
		return restored
	}
	return contested
}

// settleTie leaves one of the tied versions, newest first, for each file that they lead
// to; and one alone if nothing of the program's hangs on the choice.
func (l *lineage) settleTie(tied []int, spots []spot) []int {
	var bases []int
	var outcomes [][]class
	for _, v := range tied {
		outcome := make([]class, len(spots))
		for i, s := range spots {
			outcome[i] = l.class(s, v)
		}
		if slices.ContainsFunc(outcomes, func(o []class) bool { return slices.Equal(o, outcome) }) {
			continue
		}
		if !slices.ContainsFunc(outcome, func(c class) bool { return c != stands }) {
			v = l.newest // which comes to the same
		}
		bases, outcomes = append(bases, v), append(outcomes, outcome)
	}
	oldest := tied[len(tied)-1]
	for i, s := range spots {
		disputed := slices.ContainsFunc(outcomes, func(o []class) bool { return o[i] != outcomes[0][i] })
		if disputed && l.programs(s, oldest) {
			return bases
		}
	}
	// A person who edits twice what he alone has edited is no rival of himself.
	return bases[:1]
}

// programs reports that the program made a spot what it is now, after version v.
func (l *lineage) programs(s spot, v int) bool {
	for v++; v <= l.newest; v++ {
		if l.asNewest(s, v) {
			return l.versions[v].own()
		}
	}
	return false
}

// madeBy is the version since which a spot is what it is now.
func (l *lineage) madeBy(s spot) int {
	v := l.newest
	for v > 0 && l.asNewest(s, v-1) {
		v--
	}
	return v
}

// wasBefore reports that some version before v was at a spot as the save is.
func (l *lineage) wasBefore(s spot, v int) bool {
	for v--; v >= 0; v-- {
		if l.asSave(s, v) {
			return true
		}
	}
	return false
}
