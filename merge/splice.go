package merge

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// splice merges a row of which each side changed one field, another one: base's text, with
// what either side has in place of a part of it. It returns text and line end in memory
// that the merge made; ok is false where the row must be merged cell by cell. What it makes
// is what that would make: without quotes bytes are values, and a value that one side
// changed stands; what is the same in all three stands as it is, in whatever quotes, if a
// delimiter parts it from what was changed above. It reads as a row, as its first field is
// that of a row.
func (m *merger) splice(t triple) (text, end []byte, ok bool) {
	if !m.splices || t[inBase] < 0 || t[inOurs] < 0 || t[inTheirs] < 0 {
		return nil, nil, false
	}
	b := m.in[inBase].Text(int(t[inBase]))
	x, okX := m.patchOf(b, m.in[inOurs].Text(int(t[inOurs])))
	y, okY := m.patchOf(b, m.in[inTheirs].Text(int(t[inTheirs])))
	if !okX || !okY {
		return nil, nil, false
	}
	if y.from < x.from {
		x, y = y, x
	}
	delim := m.in[inBase].Delimiter()
	if x.to > y.from || bytes.IndexByte(b[x.to:y.from], delim) < 0 {
		return nil, nil, false // they may be in one field
	}
	if q := bytes.IndexByte(b, '"'); q >= 0 && (q < y.to || bytes.IndexByte(b[y.to:q], delim) < 0) {
		return nil, nil, false
	}
	m.freshMade()
	start := len(m.made)
	m.made = append(append(m.made, b[:x.from]...), x.by...)
	m.made = append(append(m.made, b[x.to:y.from]...), y.by...)
	m.made = append(m.made, b[y.to:]...)
	n := len(m.made)
	m.made = append(m.made, m.endOf(t)...)
	return m.made[start:n], m.made[n:], true // one stretch, with what is made next
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

// patchOf finds the part of a row that a side changed. ok is false if it may be more than
// one field or holds quotes.
func (m *merger) patchOf(b, s []byte) (p patch, ok bool) {
	from := commonPrefix(b, s)
	tail := commonSuffix(b[from:], s[from:])
	p = patch{from, len(b) - tail, s[from : len(s)-tail]}
	delim := m.in[inBase].Delimiter()
	return p, bytes.IndexByte(p.by, delim) < 0 && bytes.IndexByte(p.by, '"') < 0 && bytes.IndexByte(b[p.from:p.to], delim) < 0
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
