package merge

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/rowkeep/rowkeep/csvrows"
)

// splice merges a row that each side changed in one field at the most: base's text, with
// what either side has in place of a part of it. ok is false where the row must be merged
// cell by cell. What it makes is what that would make: without quotes bytes are values, and
// a value that one side changed stands; what is the same in all three stands as it is, in
// whatever quotes, if a delimiter parts it from what was changed above. It reads as a row,
// as its first field is that of a row.
func (m *merger) splice(t triple) (c composed, ok bool) {
	if !m.splices || t[inBase] < 0 || t[inOurs] < 0 || t[inTheirs] < 0 {
		return composed{}, false
	}
	var texts, ends [3][]byte
	for v, rec := range t {
		texts[v], ends[v] = m.in[v].parts(int(rec))
	}
	b := texts[inBase]
	x, y := patchOf(b, texts[inOurs]), patchOf(b, texts[inTheirs])
	switch {
	case y.empty():
		return composed{text: texts[inOurs], end: m.mergeEnds(ends, t)}, true
	case x.empty():
		return composed{text: texts[inTheirs], end: m.mergeEnds(ends, t)}, true
	}
	if y.from < x.from {
		x, y = y, x
	}
	delim := m.in[inBase].Delimiter()
	switch {
	case !x.inField(b, delim) || !y.inField(b, delim):
		return composed{}, false
	case x.to > y.from || bytes.IndexByte(b[x.to:y.from], delim) < 0:
		return m.spliceClash(t, texts, ends, x.from, max(x.to, y.to))
	}
	if q := bytes.IndexByte(b, '"'); q >= 0 && (q < y.to || bytes.IndexByte(b[y.to:q], delim) < 0) {
		return composed{}, false
	}
	m.freshMade()
	start := len(m.made)
	m.made = append(append(m.made, b[:x.from]...), x.by...)
	m.made = append(append(m.made, b[x.to:y.from]...), y.by...)
	m.made = append(m.made, b[y.to:]...)
	n := len(m.made)
	m.made = append(m.made, m.mergeEnds(ends, t)...)
	return composed{text: m.made[start:n], end: m.made[n:]}, true // one stretch, with what is made next
}

// spliceClash is splice for a row of which both sides changed one field, that from which the
// bytes of base from one place up to another are: each version is the row with its own side
// of the conflict.
func (m *merger) spliceClash(t triple, texts, ends [3][]byte, from, to int) (c composed, ok bool) {
	b, delim := texts[inBase], m.in[inBase].Delimiter()
	from = bytes.LastIndexByte(b[:from], delim) + 1
	if i := bytes.IndexByte(b[to:], delim); i >= 0 {
		to += i
	} else {
		to = len(b)
	}
	at := bytes.Count(b[:from], []byte{delim})
	q := bytes.IndexByte(b, '"')
	if from == 0 || at >= len(m.layout) || q >= 0 && q < to || m.rows.base[inBase][t[inBase]] == keyless {
		return composed{}, false
	}
	col := &m.cols[m.layout[at]]
	if col.isKey || len(m.policies) > 0 { // a policy may look at other fields
		return composed{}, false
	}
	end := m.mergeEnds(ends, t)
	if bytes.Equal(texts[inOurs], texts[inTheirs]) {
		return composed{text: texts[inOurs], end: end}, true
	}
	var views [3]view
	for v, text := range texts {
		views[v] = view{raw: csvrows.Field(text[from : len(text)-len(b)+to]), has: true, present: true}
	}
	r := rowMerge{merger: m, rec: t, called: m.in[inTheirs].Key(int(t[inTheirs]), m.in[inTheirs].key)}
	m.row.block, m.row.shown = false, m.row.shown[:0]
	x := r.conflict(col, views)
	if m.row.block {
		return composed{block: m.rowBlock(t, texts, end)}, true
	}
	text, end := m.keep(slices.Concat(b[:from], x.raw, b[to:]), end)
	return composed{text: text, end: end}, true
}

// canSplice reports that rows may be spliced: the columns are the same everywhere, and no
// more than cells can conflict, not even the two halves of a key.
func (m *merger) canSplice() bool {
	return m.ownLayout == [3]bool{true, true, true} && len(m.undone) == 0 && m.opt.Granularity == Cells && m.groups == nil && len(m.in[inBase].key) == 1
}

// A patch is what a side has in place of base's bytes from to to.
type patch struct {
	from, to int
	by       []byte
}

// patchOf finds the part of a row that a side changed.
func patchOf(b, s []byte) patch {
	from := commonPrefix(b, s)
	tail := commonSuffix(b[from:], s[from:])
	return patch{from, len(b) - tail, s[from : len(s)-tail]}
}

// empty reports that the side changed nothing.
func (p *patch) empty() bool { return p.from == p.to && len(p.by) == 0 }

// inField reports that the patch is within one field of b and holds no quotes. It is short:
// a search by bytes.IndexByte would take longer to begin.
func (p *patch) inField(b []byte, delim byte) bool {
	for _, c := range p.by {
		if c == delim || c == '"' {
			return false
		}
	}
	for _, c := range b[p.from:p.to] {
		if c == delim {
			return false
		}
	}
	return true
}

// commonSuffix is how many bytes a and b both end with.
func commonSuffix(a, b []byte) int {
	const word = 8
	n := min(len(a), len(b))
	i := 0
	for ; i+word <= n; i += word {
		x := binary.LittleEndian.Uint64(a[len(a)-i-word:]) ^ binary.LittleEndian.Uint64(b[len(b)-i-word:])
		if x != 0 {
			return i + bits.LeadingZeros64(x)/8
		}
	}
	for i < n && a[len(a)-1-i] == b[len(b)-1-i] {
		i++
	}
	return i
}
