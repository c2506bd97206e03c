package merge

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/internal/tune"
)

// errSketch says that the sketch would decide something that depends on rows which it
// lacks: the inputs are to be merged whole.
var errSketch = errors.New("the sketch does not decide what the inputs do")

// A sketch is a reduction under merge: it knows the whole inputs, and where in the
// sketch's files rows were left out. It is safe for use by several goroutines.
type sketch struct {
	*reduction
	whole [3][]byte
	// file is base, where whole is not in memory.
	file io.ReaderAt
	// anchors are the records above the cuts.
	anchors []triple

	count sync.Once
	lines []int // how many lines were left out, by number of cuts
}

// reduce makes m merge a sketch of the inputs, where there is one, and returns what is to be
// parsed.
func (m *merger) reduce(data [3][]byte, opt csvrows.Options) [3][]byte {
	r := reduce(data, opt, tune.Merge)
	if r == nil {
		return data
	}
	m.sketch = &sketch{reduction: r, whole: data}
	return r.sketch
}

// findAnchors finds the records above the cuts, once the sketch is parsed.
func (m *merger) findAnchors() {
	s := m.sketch
	s.anchors = make([]triple, len(s.cuts))
	for v := range m.in {
		rec := int32(0)
		for i, c := range s.cuts {
			for m.in[v].Offset(int(rec)) < c.sketch[v] {
				rec++
			}
			s.anchors[i][v] = rec - 1
		}
	}
}

// Line returns the line of the input in which record rec starts, from 1.
func (x *version) Line(rec int) int {
	line := x.File.Line(rec)
	if x.sketch != nil {
		line += x.sketch.linesAbove(x.number, x.Offset(rec))
	}
	return line
}

// A lineMark is a record whose line is known; the zero one is none.
type lineMark struct{ rec, line, cuts int }

// lineAfter is Line for who asks for record after record. It counts on from the mark, if
// that is near above, and moves it.
func (x *version) lineAfter(at *lineMark, rec int) int {
	const near = 64
	if at.line == 0 || rec < at.rec || rec > at.rec+near {
		*at = lineMark{rec: rec, line: x.Line(rec)}
		if x.sketch != nil {
			at.cuts = x.sketch.cutsAbove(x.number, x.Offset(rec))
		}
		return at.line
	}
	from, to := x.Offset(at.rec), x.Offset(rec)
	at.rec, at.line = rec, at.line+countLineEnds(x.Bytes()[from:to])
	if x.sketch != nil {
		n := at.cuts
		for at.cuts < len(x.sketch.cuts) && x.sketch.cuts[at.cuts].sketch[x.number] <= to {
			at.cuts++
		}
		at.line += x.sketch.lines[at.cuts] - x.sketch.lines[n]
	}
	return at.line
}

// linesAbove counts the lines left out above a place in a version's file.
func (s *sketch) linesAbove(v, offset int) int {
	n := s.cutsAbove(v, offset)
	s.count.Do(s.countLines)
	return s.lines[n]
}

// cutsAbove counts the cuts above a place in a version's file.
func (s *sketch) cutsAbove(v, offset int) int {
	n, _ := slices.BinarySearchFunc(s.cuts, offset, func(c cut, offset int) int {
		if c.sketch[v] <= offset {
			return -1
		}
		return 1
	})
	return n
}

func (s *sketch) countLines() {
	s.lines = make([]int, len(s.cuts)+1)
	for i, c := range s.cuts {
		if s.file == nil {
			c.lines = countLineEnds(s.rowsOf(c))
		}
		s.lines[i+1] = s.lines[i] + c.lines
	}
}

// rowsOf are the bytes of the rows that a cut leaves out.
func (s *sketch) rowsOf(c cut) []byte { return s.whole[inBase][c.at[inBase]:c.end()] }

// soundKeys reports that no row left out has the key of a row of the sketch, and that
// every anchor is one row of all versions. It is asked as soon as rows are paired.
func (m *merger) soundKeys() bool {
	m.findAnchors()
	for _, t := range m.sketch.anchors {
		b := t[inBase]
		if m.rows.side[inOurs][b] != t[inOurs] || m.rows.side[inTheirs][b] != t[inTheirs] {
			return false
		}
		if len(m.rows.duplicates) > 0 && m.rows.duplicates[string(m.key(inBase, b))] {
			return false
		}
	}
	return m.soundKeysOf(inOurs) && m.soundKeysOf(inTheirs)
}

// soundKeysOf reports that no row left out has the key of a row that a side added.
func (m *merger) soundKeysOf(s int) bool {
	above := 0 // how many cuts are above the row
	for j := range int32(m.in[s].Len()) {
		for above < len(m.sketch.cuts) && m.sketch.anchors[above][s] < j {
			above++
		}
		if m.in[s].Kind(int(j)) != csvrows.Row || m.rows.base[s][j] != none {
			continue
		}
		if key := m.key(s, j); !m.inOrder(above, key) && m.leftOut(key) {
			return false
		}
	}
	return true
}

// inOrder reports that base's keys increase, and that a key is behind those of so many cuts
// and above the anchors of the others.
func (m *merger) inOrder(above int, key []byte) bool {
	s := m.sketch
	if s.table != nil || above > 0 && bytes.Compare(s.cuts[above-1].lastKey, key) >= 0 {
		return false
	}
	return above == len(s.cuts) || bytes.Compare(key, m.anchorKey(s.anchors[above])) < 0
}

func (m *merger) anchorKey(t triple) []byte {
	m.keyB, _ = m.in[inBase].AppendKey(m.keyB[:0], int(t[inBase]), m.in[inBase].key)
	return m.keyB
}

// key is a row's key; the next call reuses the memory.
func (m *merger) key(v int, rec int32) []byte {
	m.keyA, _ = m.in[v].AppendKey(m.keyA[:0], int(rec), m.in[v].key)
	return m.keyA
}

// leftOut reports that a row left out has the key.
func (m *merger) leftOut(key []byte) bool {
	s := m.sketch
	if s.table != nil {
		at := s.table.find(key)
		n, found := slices.BinarySearchFunc(s.cuts, at, func(c cut, at int) int { return c.at[inBase] - at })
		return found || n > 0 && at < s.cuts[n-1].end()
	}
	n, _ := slices.BinarySearchFunc(s.anchors, key, func(t triple, key []byte) int {
		return bytes.Compare(m.anchorKey(t), key)
	})
	if n == 0 {
		return false
	}
	// A key that is not behind those left out stands out of order, or twice; which of
	// them, is not worth finding out.
	return bytes.Compare(key, s.cuts[n-1].lastKey) <= 0
}

// soundOrder reports that the rows which base and a side have stand in one order. Then no
// row moved, and comparing ranks in the sketch is comparing them in the inputs.
func (m *merger) soundOrder() bool {
	for _, s := range []int{inOurs, inTheirs} {
		last := none
		for _, b := range m.rows.base[s] {
			if b < 0 {
				continue
			}
			if b < last {
				return false
			}
			last = b
		}
	}
	return true
}

// emitCut writes the rows that a cut left out. They are written like one record.
func (m *merger) emitCut(c cut) {
	m.res.Stats.Rows.Result += c.rows
	end := []byte("\r\n")
	if !c.crlf {
		end = end[1:]
	}
	if m.sketch.file != nil {
		m.w.fileRecord(c.at[inBase], c.size-len(end), end)
		return
	}
	rows := m.sketch.rowsOf(c)
	text := rows[:len(rows)-len(end)]
	m.w.record(text, rows[len(text):])
}

// countRows counts the rows of an input.
func (m *merger) countRows(v int) int {
	n := 0
	if m.sketch != nil {
		n = m.sketch.rows
	}
	for i := range m.in[v].Len() {
		if m.in[v].Kind(i) == csvrows.Row {
			n++
		}
	}
	return n
}

// lineOf is the line of an input in which find finds something first, or 0.
func (m *merger) lineOf(v int, find func([]byte) int) int {
	data, above := m.in[v].Bytes(), 0
	if m.sketch != nil && m.sketch.odd {
		data = m.sketch.whole[v] // it may be in what was left out
	}
	at := find(data)
	if at < 0 {
		return 0
	}
	if m.sketch != nil && !m.sketch.odd {
		above = m.sketch.linesAbove(v, at)
	}
	return lineAt(data, at) + above
}

// longestMarker is that of all inputs. What was left out is base's.
func (m *merger) longestMarker() int {
	longest := 0
	for v := range m.in {
		data := m.in[v].Bytes()
		if m.sketch != nil && v == inBase && m.sketch.file == nil {
			data = m.sketch.whole[inBase]
		}
		longest = max(longest, longestMarker(data, m.in[v].Delimiter()))
	}
	if m.sketch != nil && m.sketch.file != nil {
		left, err := m.sketch.longestMarker(m.in[inBase].Delimiter())
		if err != nil {
			m.fail(err)
		}
		longest = max(longest, left)
	}
	return longest
}

// longestMarker reads what was left out of base, from the first row of some cuts to the last.
func (s *sketch) longestMarker(delim byte) (longest int, err error) {
	const enough = 1 << 20
	var buf []byte
	for i := 0; i < len(s.cuts); {
		from, to := s.cuts[i].at[inBase], s.cuts[i].end()
		for i++; i < len(s.cuts) && to-from < enough; i++ {
			to = s.cuts[i].end()
		}
		buf = slices.Grow(buf[:0], to-from)[:to-from]
		if n, err := s.file.ReadAt(buf, int64(from)); n < len(buf) {
			return 0, err
		}
		longest = max(longest, longestMarker(buf, delim))
	}
	return longest, nil
}
