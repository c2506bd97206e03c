package merge

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/rowkeep/rowkeep/csvrows"
)

// lead writes the records that belong to one kept row (or to the header, or to the
// end of the file): comments and blanks, rows without a key, rows that a side added,
// rows that one side deleted and that stand all the same.
//
// Comments, blanks and rows without a key are lines: they are aligned with base's,
// side by side, and each line of base gets a fate. Everything else is put behind the
// line of base above it; what both sides put in one place is merged as two runs.
//
// Programs that write tables pad a comment with delimiters to the full width, and quote
// it. That is form: the line stays the line it was, and nobody edited it.
func (m *merger) lead(r recordRanges) {
	if r.empty() || m.emitCommon(r) {
		return
	}
	l := leadMerge{merger: m}
	for v := range m.in {
		l.lines[v], l.items[v] = m.readLead(v, r.lo[v], r.hi[v])
	}
	for _, s := range []int{inOurs, inTheirs} {
		l.align(s)
		l.countKeyless(s)
	}
	slot := 0
	for i, b := range l.lines[inBase] {
		l.takeSlot(slot)
		slot = i + 1
		l.baseLine(i, b)
	}
	l.takeSlot(slot)
	l.flush()
}

// emitCommon writes a lead without rows that is the same in all versions.
func (m *merger) emitCommon(r recordRanges) bool {
	n := r.hi[inBase] - r.lo[inBase]
	raw := m.rawRange(inBase, r)
	for _, s := range []int{inOurs, inTheirs} {
		if r.hi[s]-r.lo[s] != n || !bytes.Equal(raw, m.rawRange(s, r)) {
			return false
		}
	}
	for i := r.lo[inBase]; i < r.hi[inBase]; i++ {
		if k := m.in[inBase].Kind(int(i)); k != csvrows.Comment && k != csvrows.Blank {
			return false
		}
	}
	for i := int(r.lo[inBase]); i < int(r.hi[inBase]); i++ {
		m.w.record(m.in[inBase].Text(i), m.in[inBase].LineEnd(i))
	}
	return true
}

func (m *merger) rawRange(v int, r recordRanges) []byte {
	in := &m.in[v]
	return in.Bytes()[in.Offset(int(r.lo[v])):in.Offset(int(r.hi[v]))]
}

// A leadItem is a record that is to be placed: a line that base lacks, or a row.
type leadItem struct {
	rec  int32
	id   int32 // equal for what both sides have
	slot int   // behind how many of base's lines
	line int   // index of a line, or -1
}

// A lineFate is what a side did to a line of base.
type lineFate struct {
	rec    int32 // the side's line, or none if it is deleted
	edited bool  // it says something else, or holds other values
}

// A leadMerge merges the leads of one row.
type leadMerge struct {
	*merger
	lines [3][]leadLine
	items [3][]leadItem // of the sides
	fates [3][]lineFate // of the sides, by base's line
	next  [3]int        // how many items are taken
	runs  [3][]leadItem // what is to be placed next
	// left counts, by id, a side's new rows without a key that are not placed yet;
	// owed those of them that stand already, as the other side's.
	left, owed [3]map[int32]int
}

// readLead reads the records of a lead. Lines of the sides are items too, until they
// turn out to be lines of base; a comment that was a row is never one, whether it stands
// or not, so that no answer to its conflict changes what became of the others.
func (m *merger) readLead(v int, lo, hi int32) (lines []leadLine, items []leadItem) {
	for rec := lo; rec < hi; rec++ {
		kind := m.in[v].Kind(int(rec))
		isLine := kind == csvrows.Comment || kind == csvrows.Blank || kind == csvrows.Row && m.rows.base[v][rec] == keyless
		switch {
		case isLine && m.turned[v][rec] != nil:
			if !m.dropped(v, rec) {
				items = append(items, leadItem{rec: rec, id: m.lineID(v, rec, kind), line: -1})
			}
		case isLine:
			line := m.readLine(v, rec, kind)
			items = append(items, leadItem{rec: rec, id: line.words, line: len(lines)})
			lines = append(lines, line)
		case v != inBase && m.stands(v, rec, kind):
			items = append(items, leadItem{rec: rec, id: m.rowID(v, rec), line: -1})
		}
	}
	return lines, items
}

// dropped reports a comment that its side made of a row which the other side changed:
// it belongs to that conflict and stands only if the deletion does.
func (m *merger) dropped(v int, rec int32) bool {
	f := m.turned[v][rec]
	return f != nil && f.verdict.sideOr(m.standIn(KindDeleteModify)) != sideOf(v)
}

// stands reports a row, or a header, of a side that is to be placed in its lead.
func (m *merger) stands(v int, rec int32, kind csvrows.Kind) bool {
	if kind == csvrows.Header {
		return m.header.stands
	}
	t := m.rows.tripleOf(v, rec)
	if g := m.groupOf(v, rec); g != nil && g.conflict {
		return true
	}
	if t[inBase] >= 0 {
		return m.fates[t[inBase]] != nil
	}
	return !m.placed[t]
}

// headerID numbers the header, which is one item of both sides.
const headerID = math.MinInt32

// rowID numbers rows apart from lines: below zero, even ones for ours and what both
// have, odd ones for theirs.
func (m *merger) rowID(v int, rec int32) int32 {
	if m.in[v].Kind(int(rec)) == csvrows.Header {
		return headerID
	}
	if v == inOurs {
		return -2 - 2*rec
	}
	if t := m.rows.tripleOf(v, rec); t[inOurs] >= 0 && t[inBase] < 0 {
		return -2 - 2*t[inOurs]
	}
	return -3 - 2*rec
}

// align finds what side s did to each line of base, and tells each item behind which
// line of base it stands.
//
// Equal lines of base can be aligned in more than one way. Both sides must choose
// alike, else each would delete the line that the other kept: of the alignments with
// the last and with the first of equal lines, the one that leaves more alike lines to
// be edits of one another is taken, and the former where that is undecided.
func (l *leadMerge) align(s int) {
	base, side := l.lines[inBase], l.lines[s]
	words := wordsOf(base)
	kept := lcs(words, wordsOf(side))
	last, first := slideDown(kept, words), slideUp(kept, words)
	edits, likeness := l.editsBetween(s, last)
	if !slices.Equal(last, first) {
		if others, more := l.editsBetween(s, first); more > likeness {
			last, edits = first, others
		}
	}
	l.fates[s] = make([]lineFate, len(base))
	for i := range l.fates[s] {
		l.fates[s][i].rec = none
	}
	at := make([]int, len(side)) // by line of the side: base's line, or -1
	for j := range at {
		at[j] = -1
	}
	for _, p := range last {
		l.fates[s][p.a], at[p.b] = lineFate{rec: side[p.b].rec}, p.a
	}
	for _, p := range edits {
		l.fates[s][p.a], at[p.b] = lineFate{side[p.b].rec, true}, p.a
	}
	l.items[s] = placeItems(l.items[s], at)
}

// editedLines finds the lines of side s that are edits of lines of base.
func (m *merger) editedLines(s int) map[int32]bool {
	edited := map[int32]bool{}
	m.eachLead(func(r recordRanges) {
		if r.lo[inBase] == r.hi[inBase] || r.lo[s] == r.hi[s] {
			return
		}
		l := leadMerge{merger: m}
		for _, v := range []int{inBase, s} {
			l.lines[v], l.items[v] = m.readLead(v, r.lo[v], r.hi[v])
		}
		l.align(s)
		for _, f := range l.fates[s] {
			if f.edited {
				edited[f.rec] = true
			}
		}
	})
	return edited
}

// slideDown moves each match to the last equal line of base that the match below it
// leaves free; slideUp to the first.
func slideDown(kept []match, base []int32) []match {
	out := slices.Clone(kept)
	free := len(base) - 1
	for k := len(out) - 1; k >= 0; k-- {
		id := base[out[k].a]
		for base[free] != id {
			free--
		}
		out[k].a = free
		free--
	}
	return out
}

func slideUp(kept []match, base []int32) []match {
	out := slices.Clone(kept)
	free := 0
	for k := range out {
		id := base[out[k].a]
		for base[free] != id {
			free++
		}
		out[k].a = free
		free++
	}
	return out
}

// editsBetween pairs the lines between those that are kept: edits of one another, and
// how much they are alike in all.
func (l *leadMerge) editsBetween(s int, kept []match) (edits []match, likeness int) {
	i0, j0 := 0, 0
	end := match{len(l.lines[inBase]), len(l.lines[s])}
	for _, p := range append(slices.Clone(kept), end) {
		for _, e := range pairEdits(p.a-i0, p.b-j0, func(i, j int) int { return l.likeness(s, i0+i, j0+j) }) {
			e = match{i0 + e.a, j0 + e.b}
			edits = append(edits, e)
			likeness += l.likeness(s, e.a, e.b)
		}
		i0, j0 = p.a+1, p.b+1
	}
	return edits, likeness
}

// countKeyless counts the rows without a key that side s added.
func (l *leadMerge) countKeyless(s int) {
	l.left[s], l.owed[s] = map[int32]int{}, map[int32]int{}
	for _, x := range l.items[s] {
		if l.isKeyless(s, x.rec) {
			l.left[s][x.id]++
		}
	}
}

func (l *leadMerge) isKeyless(s int, rec int32) bool {
	return l.in[s].Kind(int(rec)) == csvrows.Row && l.rows.base[s][rec] == keyless
}

// standsAlready tells of a new row without a key that one side alone has here: one that
// both added in two places stands at the earlier one, once.
func (l *leadMerge) standsAlready(s int, id int32) bool {
	t := other(s)
	l.left[s][id]--
	if l.owed[s][id] > 0 {
		l.owed[s][id]--
		return true
	}
	if l.left[t][id] > l.owed[t][id] {
		l.owed[t][id]++
	}
	return false
}

// placeItems drops the items that are lines of base and gives the others their slot.
func placeItems(items []leadItem, at []int) []leadItem {
	slot, out := 0, items[:0]
	for _, x := range items {
		if x.line >= 0 && at[x.line] >= 0 {
			slot = at[x.line] + 1
			continue
		}
		x.slot = slot
		out = append(out, x)
	}
	return out
}

func wordsOf(lines []leadLine) []int32 {
	words := make([]int32, len(lines))
	for i, x := range lines {
		words[i] = x.words
	}
	return words
}

// likeness says how far a line of side s may be an edit of a line of base.
func (l *leadMerge) likeness(s, i, j int) int {
	b, x := l.lines[inBase][i], l.lines[s][j]
	if b.kind != x.kind {
		return 0
	}
	return max(similarity(b.text, x.text), similarity(b.said, x.said))
}

// takeSlot moves the items of a slot to the runs.
func (l *leadMerge) takeSlot(slot int) {
	for _, s := range []int{inOurs, inTheirs} {
		for l.next[s] < len(l.items[s]) && l.items[s][l.next[s]].slot == slot {
			l.runs[s] = append(l.runs[s], l.items[s][l.next[s]])
			l.next[s]++
		}
	}
}

// flush merges and writes the runs.
func (l *leadMerge) flush() {
	a, b := l.unplaced(inOurs), l.unplaced(inTheirs)
	l.runs[inOurs], l.runs[inTheirs] = l.runs[inOurs][:0], l.runs[inTheirs][:0]
	if len(a)+len(b) == 0 {
		return
	}
	at := map[int32][2]leadItem{}
	for _, x := range a {
		at[x.id] = [2]leadItem{x, {rec: none}}
	}
	for _, x := range b {
		old, ok := at[x.id]
		if !ok {
			old[0].rec = none
		}
		old[1] = x
		at[x.id] = old
	}
	compare := func(x, y int32) int { return l.compareItems(at[x], at[y]) }
	for _, p := range mergeRuns(itemIDs(a), itemIDs(b), compare) {
		t := triple{none, none, none}
		if p.a >= 0 {
			t[inOurs] = a[p.a].rec
		}
		if p.b >= 0 {
			t[inTheirs] = b[p.b].rec
		}
		switch {
		case p.b < 0 && l.isKeyless(inOurs, t[inOurs]) && l.standsAlready(inOurs, a[p.a].id):
		case p.a < 0 && l.isKeyless(inTheirs, t[inTheirs]) && l.standsAlready(inTheirs, b[p.b].id):
		default:
			l.emitItem(t)
			if p.a >= 0 && p.b >= 0 {
				l.left[inOurs][a[p.a].id]--
				l.left[inTheirs][a[p.a].id]--
			}
		}
	}
}

// unplaced returns a side's run without the rows that stand further up already.
func (l *leadMerge) unplaced(s int) []leadItem {
	return slices.DeleteFunc(slices.Clone(l.runs[s]), func(x leadItem) bool {
		return x.line < 0 && l.in[s].Kind(int(x.rec)) == csvrows.Row && l.placed[l.rows.tripleOf(s, x.rec)]
	})
}

func itemIDs(items []leadItem) []int32 {
	ids := make([]int32, len(items))
	for i, x := range items {
		ids[i] = x.id
	}
	return ids
}

// compareItems orders items by their bytes; what has the same bytes by its kind, so that a
// header stands above a comment that reads like it; rows that have the same in different
// columns by what stands in which.
func (l *leadMerge) compareItems(x, y [2]leadItem) int {
	textX, v, recX := l.itemText(x)
	textY, w, recY := l.itemText(y)
	if c := bytes.Compare(textX, textY); c != 0 {
		return c
	}
	if c := cmp.Compare(l.in[w].Kind(int(recY)), l.in[v].Kind(int(recX))); c != 0 {
		return c
	}
	return strings.Compare(l.valueID(v, recX, l.layoutIn(v)), l.valueID(w, recY, l.layoutIn(w)))
}

// itemText returns the bytes of an item, and where they stand: of both sides' the
// lesser.
func (l *leadMerge) itemText(x [2]leadItem) (text []byte, v int, rec int32) {
	for i, s := range []int{inOurs, inTheirs} {
		if x[i].rec < 0 {
			continue
		}
		if t := l.in[s].Text(int(x[i].rec)); text == nil || bytes.Compare(t, text) < 0 {
			text, v, rec = t, s, x[i].rec
		}
	}
	return text, v, rec
}

// emitItem writes an item of one side or of both.
func (l *leadMerge) emitItem(t triple) {
	v, rec := inOurs, t[inOurs]
	if rec < 0 {
		v, rec = inTheirs, t[inTheirs]
	}
	switch l.in[v].Kind(int(rec)) {
	case csvrows.Header:
		if !l.header.done {
			l.header.done = true
			l.emitHeader()
		}
	case csvrows.Row:
		if l.rows.base[v][rec] == keyless {
			l.emitRow(t)
			l.noteLine(t, t, v)
			return
		}
		t = l.rows.tripleOf(v, rec)
		if l.placed[t] {
			return
		}
		if t[inOurs] >= 0 && t[inTheirs] >= 0 {
			l.placed[t] = true
		}
		l.emitRow(t)
	default:
		l.emitLine(l.lesser(t), t)
	}
}

// emitLine writes a comment or a blank: the bytes of version v, the merged line end.
func (m *merger) emitLine(v int, t triple) {
	m.w.record(m.in[v].Text(int(t[v])), m.endOf(t))
	m.noteLine(t, t, v)
}

// baseLine decides line i of base. If it stands, it divides what stands above it
// from what stands below.
func (l *leadMerge) baseLine(i int, b leadLine) {
	o, t := l.fates[inOurs][i], l.fates[inTheirs][i]
	rec := triple{b.rec, o.rec, t.rec}
	switch {
	case o.rec >= 0 && t.rec >= 0 && (!o.edited || !t.edited || l.sameLine(b.kind, o.rec, t.rec)):
		l.flush()
		l.emitAgreed(i, b, rec)
	case o.rec < 0 && !t.edited, t.rec < 0 && !o.edited:
		if b.kind != csvrows.Row && (l.touched(inOurs, rec) || l.touched(inTheirs, rec)) {
			l.warnLine(rec, "one side changed the form of this line; the other deleted it")
		}
		l.noteLine(rec, rec, -1)
	default:
		l.lineConflict(b, rec)
	}
}

// sameLine reports that both sides made the same line of one of base's.
func (l *leadMerge) sameLine(kind csvrows.Kind, o, t int32) bool {
	return l.wordsID(inOurs, o, kind) == l.wordsID(inTheirs, t, kind)
}

// emitAgreed writes a line of base that at most one side edited, or both alike.
func (l *leadMerge) emitAgreed(i int, b leadLine, rec triple) {
	o, t := l.fates[inOurs][i], l.fates[inTheirs][i]
	if b.kind != csvrows.Row {
		l.emitLine(l.standing(o, t, rec), rec)
		return
	}
	v := inTheirs
	if o.edited {
		v = inOurs
	}
	l.emitRow(rec)
	if o.edited || t.edited {
		l.noteLine(rec, rec, v)
	}
}

// standing is the side whose bytes of a comment or a blank stand: one that edited it
// before one that changed its form.
func (l *leadMerge) standing(o, t lineFate, rec triple) int {
	v := l.lesser(rec)
	switch {
	case !l.touched(inOurs, rec):
		return inTheirs
	case !l.touched(inTheirs, rec):
		return inOurs
	case o.edited && !t.edited:
		v = inOurs
	case t.edited && !o.edited:
		v = inTheirs
	}
	if !bytes.Equal(l.in[inOurs].Text(int(rec[inOurs])), l.in[inTheirs].Text(int(rec[inTheirs]))) {
		l.warnLine(rec, "both sides changed this line; a change of its form gave way")
	}
	return v
}

// touched reports that side s has a line of base with other bytes.
func (l *leadMerge) touched(s int, rec triple) bool {
	return rec[s] >= 0 && !bytes.Equal(l.in[s].Text(int(rec[s])), l.in[inBase].Text(int(rec[inBase])))
}

func (l *leadMerge) warnLine(rec triple, message string) {
	l.warn(Warning{Kind: WarnForm, Input: Base, Line: l.in[inBase].Line(int(rec[inBase])), Message: message})
}

// lineConflict deals with a comment, or a row without a key, that both sides changed.
func (l *leadMerge) lineConflict(b leadLine, rec triple) {
	conf := Conflict{Kind: KindComment, Lines: l.linesOf(rec)}
	text := string(l.in[inBase].Text(int(b.rec)))
	if b.kind == csvrows.Row {
		conf.Kind = KindDuplicateKey
		conf.Key = l.in[inBase].Key(int(b.rec), l.in[inBase].key)
		text = l.valueID(inBase, b.rec, l.layoutIn(inBase))
	}
	for v := range rec {
		switch {
		case rec[v] < 0:
		case b.kind == csvrows.Row:
			*conf.value(sideOf(v)) = l.rowOf(v, rec[v])
		default:
			*conf.value(sideOf(v)) = Value{Exists: true, Text: string(l.in[v].Text(int(rec[v])))}
		}
	}
	conf.ID = conflictID(conf.Kind, "", text, l.occurrence(b))
	v := l.settle(&conf, nil)
	l.report(conf)
	l.emitSettledLine(b, rec, v.sideOr(l.standIn(conf.Kind)), v)
}

// emitSettledLine writes what a verdict makes of a line.
func (l *leadMerge) emitSettledLine(b leadLine, rec triple, side Side, v verdict) {
	if side == Neither {
		l.flush()
		l.w.record([]byte(v.value), l.endOf(rec))
		l.noteMade(rec, v.value)
		return
	}
	if side == NoSide {
		l.flush()
		block := block{}
		for x := range rec {
			block.versions[x] = l.alone(x, rec[x])
			if len(block.versions[x]) > 0 && b.kind != csvrows.Row {
				block.versions[x][0].end = l.endOf(rec)
			}
		}
		l.emitBlock(block)
		return
	}
	x := side.input()
	if rec[x] < 0 {
		l.noteLine(rec, rec, -1)
		return
	}
	l.flush()
	only := triple{none, none, none}
	only[x] = rec[x]
	if b.kind == csvrows.Row {
		l.emitMerged(only)
	} else {
		l.w.record(l.in[x].Text(int(rec[x])), l.endOf(rec))
	}
	l.noteLine(rec, only, x)
}
