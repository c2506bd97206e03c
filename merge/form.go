package merge

import (
	"bytes"

	"github.com/rowkeep/rowkeep/csvrows"
)

// A fileForm is the form of the result as a whole.
type fileForm struct {
	bom bool
	// final is whether the last record has a line end.
	final bool
	// convert is the line end of every record, where a side converted the file.
	convert []byte
	// fallback ends records that have no neighbour to take a line end from.
	fallback []byte
	// prefixed is whether the header starts with the comment prefix.
	prefixed bool
}

// An attribute is one of two forms; a version may say nothing about it.
type attribute struct{ known, value bool }

// mergeAttribute merges three ways. What nobody knows anything about is false; where
// base knows nothing and the sides differ, it is true.
func mergeAttribute(b, o, t attribute) bool {
	switch {
	case !o.known && !t.known:
		return b.value
	case !o.known:
		return t.value
	case !t.known:
		return o.value
	case !b.known:
		return o.value || t.value
	}
	return merge3(b.value, o.value, t.value)
}

func (m *merger) mergeFileForm() {
	var boms, finals, prefixes [3]attribute
	for v := range m.in {
		in := &m.in[v]
		boms[v] = attribute{len(in.Bytes()) > 0, in.BOM()}
		if n := in.Len(); n > 0 {
			finals[v] = attribute{true, len(in.LineEnd(n-1)) > 0}
		}
		prefixes[v] = attribute{in.HeaderRecord() >= 0, in.PrefixedHeader()}
	}
	m.form = fileForm{
		bom:      mergeAttribute(boms[inBase], boms[inOurs], boms[inTheirs]),
		final:    mergeAttribute(finals[inBase], finals[inOurs], finals[inTheirs]),
		prefixed: mergeAttribute(prefixes[inBase], prefixes[inOurs], prefixes[inTheirs]),
		convert:  m.conversion(),
		fallback: m.fallbackEnd(),
	}
}

// firstEnd is the first line end of a version, or nil.
func firstEnd(f *csvrows.File) []byte {
	for i := range f.Len() {
		if e := f.LineEnd(i); len(e) > 0 {
			return e
		}
	}
	return nil
}

// uniform reports that every record of a version has this line end; the last may have none.
func (m *merger) uniform(v int, end []byte) bool {
	if end == nil || m.sketch != nil && !m.sketch.ends.are(end) {
		return false
	}
	for i := range m.in[v].Len() {
		if e := m.in[v].LineEnd(i); len(e) > 0 && !bytes.Equal(e, end) {
			return false
		}
	}
	return true
}

// conversion returns the line end that a side converted all of base's to, or nil.
func (m *merger) conversion() []byte {
	var ends [3][]byte
	for v := range m.in {
		ends[v] = firstEnd(m.in[v].File)
	}
	differs := func(s int, from []byte) bool { return ends[s] != nil && !bytes.Equal(ends[s], from) }
	if !differs(inOurs, ends[inBase]) && !differs(inTheirs, ends[inBase]) || !m.uniform(inBase, ends[inBase]) {
		return nil
	}
	var to []byte
	uniform := [3]bool{inOurs: m.uniform(inOurs, ends[inOurs]), inTheirs: m.uniform(inTheirs, ends[inTheirs])}
	for _, s := range []int{inOurs, inTheirs} {
		if uniform[s] && differs(s, ends[inBase]) && (to == nil || bytes.Compare(ends[s], to) < 0) {
			to = ends[s]
		}
	}
	if to == nil {
		return nil
	}
	for _, s := range []int{inOurs, inTheirs} {
		if differs(s, ends[inBase]) && differs(s, to) || ends[s] != nil && !uniform[s] {
			m.warn(Warning{Kind: WarnForm, Input: sideOf(s), Message: "the other side converted every line end; line ends changed here gave way"})
		}
	}
	return to
}

// fallbackEnd is base's first line end, else the lesser of the sides' first.
func (m *merger) fallbackEnd() []byte {
	first := func(v int) []byte {
		if m.in[v].Len() == 0 {
			return nil
		}
		return m.in[v].LineEnd(0)
	}
	b, o, t := first(inBase), first(inOurs), first(inTheirs)
	switch {
	case len(b) > 0:
		return b
	case len(o) > 0 && (len(t) == 0 || bytes.Compare(o, t) <= 0):
		return o
	case len(t) > 0:
		return t
	}
	return []byte{'\n'}
}

// endOf merges the line end of a record three ways.
func (m *merger) endOf(t triple) []byte {
	var e [3][]byte
	for v, rec := range t {
		if rec >= 0 {
			e[v] = m.in[v].LineEnd(int(rec))
		}
	}
	return m.mergeEnds(e, t)
}

// mergeEnds merges the line ends of a record. An end that is missing, as the last record's
// may be, says nothing.
func (m *merger) mergeEnds(e [3][]byte, t triple) []byte {
	b, o, th := e[inBase], e[inOurs], e[inTheirs]
	switch {
	case len(o) == 0 && len(th) == 0:
		return b
	case len(o) == 0:
		return th
	case len(th) == 0 || bytes.Equal(o, th):
		return o
	case bytes.Equal(o, b):
		return th
	case bytes.Equal(th, b):
		return o
	}
	if len(b) > 0 && m.form.convert == nil {
		m.warn(Warning{Kind: WarnForm, Input: Base, Line: m.in[inBase].Line(int(t[inBase])), Message: "both sides changed the line end, differently; it was chosen by content"})
	}
	if bytes.Compare(th, o) < 0 {
		return th
	}
	return o
}
