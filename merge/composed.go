package merge

import (
	"bytes"
	"slices"

	"github.com/rowkeep/rowkeep/csvrows"
)

// A composed row is what becomes of a row, on its way to the result. Without text, end and
// block nothing does.
type composed struct {
	text, end []byte
	block     *block // what stands in its place
}

// put writes a composed row. All that it needed of m.shown is copied by then.
func (m *merger) put(c composed) {
	switch {
	case c.block != nil:
		m.emitBlock(*c.block)
	case len(c.text) > 0:
		m.res.Stats.Rows.Result++
		m.w.record(c.text, c.end)
	}
	m.shown = m.shown[:0]
}

// composeRow composes a row that neither stands in a duplicated key's conflict nor was
// deleted by one side.
func (m *merger) composeRow(t triple) composed {
	if c, ok := m.leftAlone(t); ok {
		return c
	}
	if c, ok := m.splice(t); ok {
		return c
	}
	b, o, th := t[inBase], t[inOurs], t[inTheirs]
	switch {
	case b >= 0 && o >= 0 && m.unchangedFrom(t, inTheirs) && m.ownLayout[inOurs]:
		return m.asIs(inOurs, t)
	case b >= 0 && o >= 0 && m.unchangedFrom(t, inOurs) && m.ownLayout[inTheirs]:
		return m.asIs(inTheirs, t)
	case len(m.undone) > 0:
		return m.mergedText(t)
	case b < 0 && th < 0 && m.ownLayout[inOurs]:
		return m.asIs(inOurs, t)
	case b < 0 && o < 0 && m.ownLayout[inTheirs]:
		return m.asIs(inTheirs, t)
	}
	return m.mergedText(t)
}

// leftAlone composes a row of which it is known that a side has base's bytes: it is the other
// side's. Of three that are the same it is that of the side in whose order most rows stand: one
// is behind the other there, and the result is few stretches.
func (m *merger) leftAlone(t triple) (c composed, ok bool) {
	o, th := t[inOurs], t[inTheirs]
	if t[inBase] < 0 || o < 0 || th < 0 || m.ownLayout != [3]bool{true, true, true} {
		return composed{}, false
	}
	v := m.leading
	switch sameOurs, sameTheirs := m.rows.same[inOurs][o], m.rows.same[inTheirs][th]; {
	case sameOurs && sameTheirs:
	case sameTheirs:
		v = inOurs
	case sameOurs:
		v = inTheirs
	default:
		return composed{}, false
	}
	text, end := m.in[v].parts(int(t[v]))
	if len(end) == 0 { // the last record's, which says nothing
		end = m.endOf(t)
	}
	return composed{text: text, end: end}, true
}

// unchangedFrom reports that side s left base's row as it was.
func (m *merger) unchangedFrom(t triple, s int) bool {
	return m.baseLayout[s] && bytes.Equal(m.in[inBase].Text(int(t[inBase])), m.in[s].Text(int(t[s])))
}

// asIs is a row as a version has it, byte for byte, but for its line end.
func (m *merger) asIs(v int, t triple) composed {
	return composed{text: m.in[v].Text(int(t[v])), end: m.endOf(t)}
}

// mergedText is a row merged cell by cell.
func (m *merger) mergedText(t triple) composed {
	m.mergeRow(t)
	switch {
	case m.row.block:
		return composed{block: m.rowBlock(t, m.rowTexts(t), m.endOf(t))}
	case m.holdsNothing():
		return composed{}
	}
	text, end := m.keep(m.rowText(t, inOurs), m.endOf(t))
	return composed{text: text, end: end}
}

// rowBlock shows a row as a block, of which these are the versions.
func (m *merger) rowBlock(t triple, texts [3][]byte, end []byte) *block {
	shown := struct {
		block
		lines [3]rendered
	}{}
	b := &shown.block
	named := inBase // by the last version if base lacks the row
	for v := range t {
		if t[v] < 0 {
			continue
		}
		shown.lines[v] = rendered{texts[v], end}
		b.versions[v] = shown.lines[v : v+1]
		if t[inBase] < 0 {
			named = v
		}
	}
	b.name = m.keyText(m.in[named].Key(int(t[named]), m.in[named].key))
	return b
}

// rowTexts is the merged row in the versions that have it: in each its own side of the
// conflicts and everything else merged.
func (m *merger) rowTexts(t triple) (texts [3][]byte) {
	for v := range t {
		if t[v] >= 0 {
			texts[v] = m.rowText(t, v)
		}
	}
	return texts
}

// rowText renders the merged row as version v has it, in memory that is used again once a
// row is put.
func (m *merger) rowText(t triple, v int) []byte {
	start := len(m.shown)
	m.shown = m.appendRow(m.shown, v)
	text := slices.Clip(m.shown[start:])
	if m.readsAsRow(text) {
		return text
	}
	delim := m.in[inOurs].Delimiter()
	if quoted := csvrows.Encode(text, true, delim); bytes.IndexByte(text, delim) < 0 && m.readsAsRow(quoted) {
		return quoted
	}
	m.fail(m.rowError(t))
	return text
}

// appendRow joins the fields of the merged row as version v has it: its side of the
// conflicts, everything else merged.
func (m *merger) appendRow(dst []byte, v int) []byte {
	delim := m.in[inOurs].Delimiter()
	cells := m.row.cells
	last := 0
	for i := range cells {
		if cells[i].as(v).present {
			last = i
		}
	}
	for i := range cells[:min(last+1, len(cells))] {
		if i > 0 {
			dst = append(dst, delim)
		}
		dst = append(dst, cells[i].as(v).raw...)
	}
	return dst
}

// keep copies a record to memory that is never used again: what is kept one behind the
// other is one stretch.
func (m *merger) keep(text, end []byte) (keptText, keptEnd []byte) {
	m.freshMade()
	start := len(m.made)
	m.made = append(m.made, text...)
	n := len(m.made)
	m.made = append(m.made, end...)
	return m.made[start:n], m.made[n:]
}

// freshMade makes room for a row that is rendered, so that growing never copies much.
func (m *merger) freshMade() {
	const chunk, spare = 64 << 10, 4 << 10
	if cap(m.made)-len(m.made) < spare {
		m.made = make([]byte, 0, chunk)
	}
}
