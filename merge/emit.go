package merge

import (
	"bytes"
	"slices"
	"strings"

	"github.com/rowkeep/rowkeep/csvrows"
)

// compose writes the result: the header, the kept rows in their merged order, each
// behind its lead, and what stands below the last of them.
func (m *merger) compose() {
	m.mergeFileForm()
	m.w.form = &m.form
	m.splices = m.canSplice()
	if m.header.kept {
		m.lead(m.leadOf(m.header.rec))
		m.emitHeader()
	}
	m.orderRows(m.keptRows())
	cut, cuts := 0, 0
	if m.sketch != nil {
		cuts = len(m.sketch.cuts)
		m.w.spans = slices.Grow(m.w.spans, 4*cuts)
	}
	rows := m.composeAhead()
	for i := range m.kept {
		b := m.emitKept(i, rows)
		for ; cut < cuts && m.sketch.anchors[cut][inBase] == b; cut++ {
			m.emitCut(m.sketch.cuts[cut])
		}
	}
	m.lead(m.tail())
	m.w.finish()
}

// keptRows lists base's rows that stand in both sides.
func (m *merger) keptRows() []int32 {
	kept := make([]int32, 0, m.in[inBase].Len())
	for b := range int32(m.in[inBase].Len()) {
		if m.rows.kept[inBase][b] {
			kept = append(kept, b)
		}
	}
	return kept
}

// keptAt is base's row that stands in both sides and is the i-th of these in the result.
func (m *merger) keptAt(i int) int32 {
	if m.order.order != nil {
		i = int(m.order.order[i])
	}
	return m.kept[i]
}

// orderRows merges the order of the kept rows.
func (m *merger) orderRows(kept []int32) {
	smaller := func(a, b []int32) bool {
		return slices.CompareFunc(a, b, func(x, y int32) int {
			m.keyA, _ = m.in[inBase].AppendKey(m.keyA[:0], int(kept[x]), m.in[inBase].key)
			m.keyB, _ = m.in[inBase].AppendKey(m.keyB[:0], int(kept[y]), m.in[inBase].key)
			return bytes.Compare(m.keyA, m.keyB)
		}) < 0
	}
	ord := mergeOrder(m.rowRanks(kept, inOurs), m.rowRanks(kept, inTheirs), smaller)
	for _, s := range ord.both {
		if s.clash {
			m.warn(Warning{
				Kind: WarnOrder, Input: Base, Key: m.in[inBase].Key(int(kept[s.lo]), m.in[inBase].key), Line: m.in[inBase].Line(int(kept[s.lo])),
				Message: "both sides moved the rows from here on in ways that contradict; one order was chosen by content",
			})
		}
	}
	m.kept, m.order, m.leading = kept, ord, inOurs
	moved := [Both + 1]int{}
	for _, s := range ord.moved {
		moved[s]++
	}
	if moved[Theirs] > moved[Ours] {
		m.leading = inTheirs
	}
}

// rowRanks returns the rank of each kept row on side s.
func (m *merger) rowRanks(kept []int32, s int) []int32 {
	index := make([]int32, m.in[s].Len())
	for _, b := range kept {
		index[m.rows.side[s][b]] = 1
	}
	n := int32(0)
	for j, is := range index {
		index[j] = n
		n += is
	}
	ranks := make([]int32, len(kept))
	for i, b := range kept {
		ranks[i] = index[m.rows.side[s][b]]
	}
	return ranks
}

// recordRanges are records in each version: from lo up to, not including, hi.
type recordRanges struct{ lo, hi [3]int32 }

func (r recordRanges) empty() bool { return r.lo == r.hi }

// leadOf returns the records above a kept row, up to the kept row above it, in each
// version.
func (m *merger) leadOf(t triple) (r recordRanges) {
	for v, rec := range t {
		if rec >= 0 {
			r.lo[v], r.hi[v] = m.leadStart(v, rec), rec
		}
	}
	return r
}

// tail returns the records below the last kept row of each version.
func (m *merger) tail() (r recordRanges) {
	for v := range m.in {
		end := int32(m.in[v].Len())
		r.lo[v], r.hi[v] = m.leadStart(v, end), end
	}
	return r
}

func (m *merger) leadStart(v int, rec int32) int32 {
	for rec > 0 && !m.rows.kept[v][rec-1] && (!m.header.kept || rec-1 != m.header.rec[v]) {
		rec--
	}
	return rec
}

// eachLead calls do for the records above the header, above each kept row, in base's
// order, and below the last of them.
func (m *merger) eachLead(do func(recordRanges)) {
	if m.header.kept {
		do(m.leadOf(m.header.rec))
	}
	for _, b := range m.keptRows() {
		do(m.leadOf(m.rows.tripleOf(inBase, b)))
	}
	do(m.tail())
}

// emitHeader writes the header.
func (m *merger) emitHeader() {
	m.w.record(m.headerText(), m.endOf(m.header.rec))
}

// headerText merges the header's fields: a name's own bytes where a version has the
// name, in the merged form.
func (m *merger) headerText() []byte {
	h := m.header.rec
	for v := range h {
		if h[v] >= 0 && m.ownLayout[v] && m.in[v].PrefixedHeader() == m.prefixes() && m.headerIs(v) {
			return m.in[v].Text(int(h[v]))
		}
	}
	r := rowMerge{merger: m, rec: h}
	for v := range h {
		m.fields[v] = m.fields[v][:0]
		if h[v] >= 0 {
			m.fields[v] = m.in[v].Fields(m.fields[v], int(h[v]))
			if m.in[v].PrefixedHeader() && !m.fields[v][0].Quoted() {
				m.fields[v][0] = m.fields[v][0][len(m.prefix()):]
			}
		}
	}
	var text []byte
	for i, c := range m.layout {
		col := &m.cols[c]
		if i > 0 {
			text = append(text, m.in[inOurs].Delimiter())
		}
		name := col.name
		if i == 0 && m.prefixes() {
			name = m.prefix() + name
		}
		f := r.formed([]byte(col.name), r.view(inBase, col), r.view(inOurs, col), r.view(inTheirs, col))
		if name != col.name {
			f.raw = csvrows.Encode([]byte(name), false, m.in[inOurs].Delimiter())
		}
		text = append(text, f.raw...)
	}
	return text
}

// prefixes reports that the result's header starts with the comment prefix. It can
// only as the first record, and if its names read as a header behind the prefix: they
// must name the key, and none may hold a line end.
func (m *merger) prefixes() bool {
	if !m.form.prefixed || m.w.open {
		return false
	}
	names := make([]string, len(m.layout))
	for i, c := range m.layout {
		names[i] = m.cols[c].name
	}
	opt := m.opt.Read
	opt.Delimiter = m.in[inOurs].Delimiter()
	f, err := csvrows.Parse([]byte(m.prefix()+strings.Join(names, string(opt.Delimiter))), opt)
	return err == nil && f.PrefixedHeader() && slices.Equal(f.Columns(), names)
}

// headerIs reports that version v's header is, byte for byte, what a three-way merge
// of the headers gives.
func (m *merger) headerIs(v int) bool {
	var texts [3][]byte
	for x, h := range m.header.rec {
		if h >= 0 {
			texts[x] = m.in[x].Text(int(h))
		}
	}
	for i := range m.layout {
		if c := &m.cols[m.layout[i]]; c.names[v] != c.name {
			return false
		}
	}
	b, o, t := texts[inBase], texts[inOurs], texts[inTheirs]
	switch v {
	case inOurs:
		return t == nil || bytes.Equal(t, b) || bytes.Equal(t, o)
	case inTheirs:
		return o == nil || bytes.Equal(o, b)
	}
	return o == nil && t == nil
}

// emitRow writes a row that has a place here: as what became of it says, or not at
// all.
func (m *merger) emitRow(t triple) {
	if g := m.groupOfTriple(t); g != nil && g.conflict {
		m.emitGroup(g, t)
		return
	}
	if b := t[inBase]; b >= 0 && (t[inOurs] < 0) != (t[inTheirs] < 0) {
		m.emitDeleted(b)
		return
	}
	m.put(m.composeRow(t))
}

func (m *merger) groupOfTriple(t triple) *group {
	for v, rec := range t {
		if rec >= 0 {
			return m.groupOf(v, rec)
		}
	}
	return nil
}

// emitDeleted writes a row of base that one side deleted, if it stands.
func (m *merger) emitDeleted(b int32) {
	f := m.fates[b]
	if f == nil {
		return
	}
	side := f.verdict.sideOr(m.standIn(KindDeleteModify))
	switch {
	case side == NoSide:
		m.emitFateBlock(b, f)
	case side == Base:
		m.emitMerged(triple{b, none, none})
	case side == sideOf(f.keeper) || side == Neither: // under the key that the caller gave
		m.emitMerged(m.keptAlone(f))
	}
}

// keptAlone is the row of a fate's keeper as if nobody else had ever had it.
func (m *merger) keptAlone(f *fate) triple {
	t := triple{none, none, none}
	t[f.keeper] = f.rec
	return t
}

// emitMerged writes a row merged cell by cell.
func (m *merger) emitMerged(t triple) { m.put(m.mergedText(t)) }

// holdsNothing reports a merged row without a value: one without a key whose values
// all stood in columns that were settled to be dropped.
func (m *merger) holdsNothing() bool {
	for i := range m.row.cells {
		if len(m.row.cells[i].value()) > 0 {
			return false
		}
	}
	return true
}

// emitGroup writes a duplicated key that both sides changed: each row at its own
// place as one version has it, or all of them at the first place as a block.
func (m *merger) emitGroup(g *group, t triple) {
	side := g.verdict.sideOr(m.standIn(KindDuplicateKey))
	if side == NoSide {
		if !g.shown {
			g.shown = true
			m.emitGroupBlock(g)
		}
		return
	}
	v := side.input()
	if t[v] < 0 {
		return
	}
	only := triple{none, none, none}
	only[v] = t[v]
	m.emitMerged(only)
}
