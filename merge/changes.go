package merge

import (
	"bytes"
	"iter"
	"slices"
	"strconv"

	"github.com/rowkeep/rowkeep/csvrows"
)

// Changes lists every change of base that stands in the result: columns first, then
// rows in the order of base, rows that were added, comments. Where conflicts stand as
// markers, base counts as what stands there.
func (r *Result) Changes() iter.Seq[Change] {
	return func(yield func(Change) bool) {
		if r.whole {
			return
		}
		c := changeLister{merger: r.m.reader(), yield: yield}
		_ = c.columnsOf() && c.rowsOfBase() && c.rowsAdded() && c.moves() && c.comments()
	}
}

// A changeLister yields changes. Its methods report whether more are wanted.
type changeLister struct {
	*merger
	yield func(Change) bool
}

// who says which sides agree with the result.
func who(ours, theirs bool) Side {
	switch {
	case ours && theirs:
		return Both
	case ours:
		return Ours
	case theirs:
		return Theirs
	}
	return Neither
}

func text(s string) Value { return Value{Exists: true, Text: s} }

func (l *changeLister) columnsOf() bool {
	for i := range l.cols {
		c := &l.cols[i]
		ch := Change{Column: c.label, HasColumn: true}
		switch {
		case c.added() && c.stays:
			names := func(s int) bool { return c.in(s) && l.in[s].hasNames }
			ch.Kind, ch.From = ChangeColumnAdded, who(names(inOurs), names(inTheirs))
		case c.added():
			continue
		case !c.stays:
			ch.Kind, ch.From = ChangeColumnDeleted, who(!c.in(inOurs), !c.in(inTheirs))
		case c.name != c.names[inBase]:
			ch.Kind, ch.From = ChangeColumnRenamed, who(c.calledBy(inOurs), c.calledBy(inTheirs))
			ch.Before, ch.After = text(c.names[inBase]), text(c.name)
		default:
			continue
		}
		if !l.yield(ch) {
			return false
		}
	}
	return l.columnOrder()
}

// calledBy reports that side s calls the column what the result calls it.
func (c *column) calledBy(s int) bool { return c.in(s) && c.names[s] == c.name }

// columnOrder yields one change where columns of base stand in another order.
func (l *changeLister) columnOrder() bool {
	var now []int
	for _, c := range l.layout {
		if !l.cols[c].added() {
			now = append(now, c)
		}
	}
	if slices.IsSorted(now) {
		return true
	}
	names := func(cols []int) Value {
		list := make([]string, len(cols))
		for i, c := range cols {
			list[i] = l.cols[c].name
		}
		return text(joined(list))
	}
	was := slices.Sorted(slices.Values(now))
	follows := func(v int) bool {
		return slices.IsSortedFunc(now, func(a, b int) int { return l.cols[a].pos[v] - l.cols[b].pos[v] })
	}
	return l.yield(Change{Kind: ChangeColumnsMoved, From: who(follows(inOurs), follows(inTheirs)), Before: names(was), After: names(now)})
}

// rowsOfBase yields what became of each row of base that has a key.
func (l *changeLister) rowsOfBase() bool {
	for b := range int32(l.in[inBase].Len()) {
		if l.in[inBase].Kind(int(b)) != csvrows.Row || l.rows.base[inBase][b] == keyless {
			continue
		}
		if !l.rowOfBase(b, l.rows.tripleOf(inBase, b)) {
			return false
		}
	}
	return true
}

func (l *changeLister) rowOfBase(b int32, t triple) bool {
	if g := l.groupOf(inBase, b); g != nil && g.conflict {
		return l.rowOfGroup(g, t)
	}
	o, th := t[inOurs], t[inTheirs]
	if o >= 0 && th >= 0 {
		if l.unchangedFrom(t, inOurs) && l.unchangedFrom(t, inTheirs) && l.ownLayout[inBase] {
			return true
		}
		return l.cells(t, t)
	}
	side, f := sideOf(inBase), l.fates[b]
	if f != nil {
		side = f.verdict.sideOr(l.standIn(KindDeleteModify))
	}
	switch {
	case f == nil || side == sideOf(f.deleter):
		return l.deleted(t)
	case side == sideOf(f.keeper) || side == Neither:
		return l.cells(t, l.keptAlone(f))
	}
	return true
}

// rowOfGroup yields what became of a row of a duplicated key that both sides
// changed: it is as one version has it.
func (l *changeLister) rowOfGroup(g *group, t triple) bool {
	side := g.verdict.sideOr(l.standIn(KindDuplicateKey))
	if side == NoSide || side == Base {
		return true
	}
	v := side.input()
	if t[v] < 0 {
		return l.deleted(t)
	}
	only := triple{none, none, none}
	only[v] = t[v]
	return l.cells(t, only)
}

func (l *changeLister) deleted(t triple) bool {
	return l.yield(Change{
		Kind: ChangeRowDeleted, From: who(t[inOurs] < 0, t[inTheirs] < 0), Key: l.keyOf(inBase, t[inBase]),
		Before: l.rowOf(inBase, t[inBase]), Lines: l.linesOf(t),
	})
}

func (l *changeLister) keyOf(v int, rec int32) []string {
	return l.in[v].Key(int(rec), l.in[v].key)
}

// cells yields the cells in which the result's row, merged from stands, differs from
// base's, and the key if it was renamed. t is the row in all versions.
func (l *changeLister) cells(t, stands triple) bool {
	l.mergeRow(stands)
	cells := l.row.cells
	key := l.resultKey(t[inBase])
	all := rowMerge{merger: l.merger, rec: t}
	for v, rec := range t {
		l.fields[v] = l.fields[v][:0]
		if rec >= 0 {
			l.fields[v] = l.in[v].Fields(l.fields[v], int(rec))
		}
	}
	if old := l.keyOf(inBase, t[inBase]); !slices.Equal(old, key) && !l.renamed(t, old, key) {
		return false
	}
	fields := max(len(cells), all.reach())
	if n := all.mostUnnamed(); n > 0 { // base may hold more of them than the row that stands
		fields = max(fields, len(l.layout)+n)
	}
	for i := range fields {
		var x cell // a field that the row is too short for
		if i < len(cells) {
			x = cells[i]
		}
		c := l.columnAt(i)
		if c.isKey || x.versions != nil {
			continue
		}
		before, after := all.view(inBase, c), x.value()
		if bytes.Equal(before.value(), after) {
			continue
		}
		ch := Change{Kind: ChangeCell, Key: key, Column: c.shown(), HasColumn: true, After: text(string(after)), Lines: l.linesOf(t)}
		if before.has {
			ch.Before = text(string(before.value()))
		}
		agrees := func(v int) bool { x := all.view(v, c); return x.has && bytes.Equal(x.value(), after) }
		if ch.From = who(agrees(inOurs), agrees(inTheirs)); !l.yield(ch) {
			return false
		}
	}
	return true
}

// resultKey is the key of the row just merged.
func (l *changeLister) resultKey(b int32) []string {
	key := slices.Clone(l.keyOf(inBase, b))
	for n := range key {
		for i := range min(len(l.layout), len(l.row.cells)) {
			c, x := &l.cols[l.layout[i]], &l.row.cells[i]
			if c.isKey && c.pos[inBase] == l.in[inBase].key[n] && x.versions == nil {
				key[n] = string(x.value())
			}
		}
	}
	return key
}

func (l *changeLister) renamed(t triple, old, key []string) bool {
	agrees := func(v int) bool { return t[v] >= 0 && slices.Equal(l.keyOf(v, t[v]), key) }
	return l.yield(Change{
		Kind: ChangeKeyRenamed, From: who(agrees(inOurs), agrees(inTheirs)), Key: old, Column: l.keyLabel(), HasColumn: true,
		Before: text(joined(old)), After: text(joined(key)), Lines: l.linesOf(t),
	})
}

// columnAt is the column of the i-th cell of a merged row.
func (m *merger) columnAt(i int) *column {
	if i < len(m.layout) {
		return &m.cols[m.layout[i]]
	}
	n := i - len(m.layout)
	c := &column{label: m.unnamed(n)}
	for v := range m.in {
		c.pos[v] = len(m.in[v].names) + n
	}
	return c
}

// shown is what the column is called in the result.
func (c *column) shown() string {
	if !c.added() && c.name != c.names[inBase] {
		return c.name
	}
	return c.label
}

// rowsAdded yields rows that base lacks, in the order of ours, then of theirs.
func (l *changeLister) rowsAdded() bool {
	for _, s := range []int{inOurs, inTheirs} {
		for j := range int32(l.in[s].Len()) {
			if l.in[s].Kind(int(j)) != csvrows.Row || l.rows.base[s][j] != none {
				continue
			}
			t := l.rows.tripleOf(s, j)
			if s == inTheirs && t[inOurs] >= 0 {
				continue
			}
			if !l.added(s, t) {
				return false
			}
		}
	}
	return true
}

func (l *changeLister) added(s int, t triple) bool {
	if g := l.groupOf(s, t[s]); g != nil && g.conflict {
		if g.verdict.sideOr(l.standIn(KindDuplicateKey)) != sideOf(s) {
			return true
		}
		t[other(s)] = none
	}
	return l.yield(Change{
		Kind: ChangeRowAdded, From: who(t[inOurs] >= 0, t[inTheirs] >= 0), Key: l.keyOf(s, t[s]),
		After: l.merged(t), Lines: l.linesOf(t),
	})
}

// merged is a row as the result has it; cells in conflict are left out.
func (m *merger) merged(t triple) Value {
	m.mergeRow(t)
	var row RowValue
	for i := range max(len(m.row.cells), len(m.layout)) {
		var x cell // a field that the row is too short for
		if i < len(m.row.cells) {
			x = m.row.cells[i]
		}
		if x.versions == nil {
			row = append(row, CellValue{m.columnAt(i).shown(), string(x.value())})
		}
	}
	return Value{Exists: true, Rows: []RowValue{row}}
}

// moves yields the least number of rows that must move to get from base's order to
// the result's: those outside a longest increasing subsequence.
func (l *changeLister) moves() bool {
	if l.order.order == nil {
		return true
	}
	stays := longestIncreasing(l.order.order)
	for i := range l.order.order {
		if stays[i] {
			continue
		}
		t := l.rows.tripleOf(inBase, l.kept[i])
		if !l.yield(Change{Kind: ChangeRowMoved, From: l.order.moved[i], Key: l.keyOf(inBase, t[inBase]), Lines: l.linesOf(t)}) {
			return false
		}
	}
	return true
}

func (l *changeLister) comments() bool {
	for _, c := range l.noted {
		if !l.yield(c) {
			return false
		}
	}
	return true
}

// noteLine notes what became of a line: that of version v stands, or none for -1. A
// blank is form and no change; a row without a key is one that goes and one that
// comes, merged from the records in stands.
func (m *merger) noteLine(t, stands triple, v int) {
	kind := csvrows.Blank
	for x, rec := range t {
		if rec >= 0 && kind == csvrows.Blank {
			kind = m.in[x].Kind(int(rec))
		}
	}
	agrees := func(s int) bool {
		if v < 0 || t[s] < 0 {
			return v < 0 && t[s] < 0
		}
		return m.lineID(s, t[s], kind) == m.lineID(v, t[v], kind)
	}
	if t[inBase] >= 0 && agrees(inBase) || kind == csvrows.Blank {
		return
	}
	from, lines := who(agrees(inOurs), agrees(inTheirs)), m.linesOf(t)
	if kind == csvrows.Comment {
		m.noted = append(m.noted, Change{Kind: ChangeComment, From: from, Before: m.textOf(inBase, t[inBase]), Lines: lines})
		if v >= 0 {
			m.noted[len(m.noted)-1].After = m.textOf(v, t[v])
		}
		return
	}
	key := make([]string, len(m.keyNames))
	if t[inBase] >= 0 {
		m.noted = append(m.noted, Change{Kind: ChangeRowDeleted, From: from, Key: key, Before: m.rowOf(inBase, t[inBase]), Lines: lines})
	}
	if v >= 0 {
		quiet := *m
		quiet.res = nil // the row's conflicts were reported when it was written
		if after := quiet.merged(stands); !quiet.holdsNothing() {
			m.noted = append(m.noted, Change{Kind: ChangeRowAdded, From: from, Key: key, After: after, Lines: lines})
		}
	}
}

// textOf wraps a comment as a value; none does not exist.
func (m *merger) textOf(v int, rec int32) Value {
	if rec < 0 {
		return Value{}
	}
	return text(string(m.in[v].Text(int(rec))))
}

// noteMade notes a comment whose text the caller made.
func (m *merger) noteMade(t triple, made string) {
	m.noted = append(m.noted, Change{
		Kind: ChangeComment, From: Neither, Before: m.textOf(inBase, t[inBase]), After: text(made), Lines: m.linesOf(t),
	})
}

// occurrence tells equal lines of base apart: how many stand above this one.
func (l *leadMerge) occurrence(b leadLine) string {
	if l.nthLine == nil {
		l.nthLine = map[int32]int{}
		seen := map[int32]int{}
		for i := range int32(l.in[inBase].Len()) {
			kind := l.in[inBase].Kind(int(i))
			if kind == csvrows.Comment || l.rows.base[inBase][i] == keyless {
				id := l.lineID(inBase, i, kind)
				l.nthLine[i] = seen[id]
				seen[id]++
			}
		}
	}
	return strconv.Itoa(l.nthLine[b.rec])
}
