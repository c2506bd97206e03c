package settle

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sort"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

// Marked is a file with conflict markers, taken apart: each version is the file with the
// version's side of every block.
type Marked struct {
	Base, Ours, Theirs []byte
	// HasBase is false where a block does not show the base: style merge. Base is made up
	// then, so that each block is a conflict.
	HasBase bool
	Labels  merge.Labels // as in the first block, without what rowkeep puts behind them
	Size    int          // of the markers
	Blocks  int

	lines [3][]int32 // of base, ours, theirs: where each line stands in the file
	spans []stretch  // of the blocks, in lines of the file
	// keyless are the blocks whose sides differ in lines without a key.
	keyless map[int]bool
}

// Lines turns line numbers in the versions into those in the file with the markers.
func (m *Marked) Lines(l merge.Lines) merge.Lines {
	for v, line := range [...]*int{inBase: &l.Base, inOurs: &l.Ours, inTheirs: &l.Theirs} {
		if *line > 0 && *line <= len(m.lines[v]) {
			*line = int(m.lines[v][*line-1])
		}
	}
	return l
}

// MarkerError says why markers cannot be understood.
type MarkerError struct {
	Line int // from 1
	Err  error
}

func (e *MarkerError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }
func (e *MarkerError) Unwrap() error { return e.Err }

// Reasons of a MarkerError; use errors.Is.
var (
	ErrNoMarkers = errors.New("no conflict markers")
	ErrOpenBlock = errors.New("the conflict that begins here does not end as it should: a marker is missing, or changed")
	ErrNeedsBase = errors.New("nothing tells what became of the lines of this conflict, as its markers do not show the base; settle it in an editor")
)

// ReadMarkers takes a file with markers apart, as rowkeep or git wrote them in any of the
// styles merge, diff3 and zdiff3. The error is a [*MarkerError].
//
// Markers of several lengths may look as if they began a block: a line of the file that
// looks like one makes rowkeep take longer markers, and those in a base that git had to
// merge are longer, too. The shortest length whose blocks are all whole is the one.
func ReadMarkers(data []byte, read csvrows.Options) (*Marked, error) {
	var failed error
	for _, size := range openerSizes(data) {
		m, err := readBlocks(data, size, read)
		if err == nil {
			return m, nil
		}
		if failed == nil {
			failed = err
		}
	}
	if failed == nil {
		failed = &MarkerError{Line: 1, Err: ErrNoMarkers}
	}
	return nil, failed
}

// leastMarker is the shortest length of markers.
const leastMarker = 7

// openerSizes are the lengths of what looks like the first line of a block, ascending.
func openerSizes(data []byte) (sizes []int) {
	for line := range splitLines(data) {
		if n := markerLength(line, '<'); n > 0 && !slices.Contains(sizes, n) {
			sizes = append(sizes, n)
		}
	}
	slices.Sort(sizes)
	return sizes
}

// markerLength is how long a line's marker is, 0 if it begins with none.
func markerLength(line []byte, c byte) int {
	n := 0
	for n < len(line) && line[n] == c {
		n++
	}
	if n < leastMarker || n < len(line) && line[n] != ' ' && line[n] != '\r' && line[n] != '\n' {
		return 0
	}
	return n
}

// splitLines yields lines with their ends: LF, CR LF, or a lone CR.
func splitLines(data []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(data) > 0 {
			n := bytes.IndexAny(data, "\r\n") + 1
			switch {
			case n == 0:
				n = len(data)
			case data[n-1] == '\r' && n < len(data) && data[n] == '\n':
				n++
			}
			if !yield(data[:n]) {
				return
			}
			data = data[n:]
		}
	}
}

// A scan goes through the lines of a marked file. part is where in a block it is.
type scan struct {
	Marked
	part   part
	sides  [3][]byte // of the block under way: base, ours, theirs
	shown  bool      // the block shows its base
	opens  int       // line in which it begins
	made   [3][]byte
	blocks [3][]stretch // where each block stands in each version
}

type part uint8

const (
	inBase part = iota
	inOurs
	inTheirs
	outside
)

// stretch is a part of a version, in bytes.
type stretch struct{ start, end int }

func (s stretch) holds(at int) bool { return s.start <= at && at < s.end }

func readBlocks(data []byte, size int, read csvrows.Options) (*Marked, error) {
	s := &scan{Marked: Marked{HasBase: true, Size: size, keyless: map[int]bool{}}, part: outside}
	n := 0
	for line := range splitLines(data) {
		n++
		if !s.line(line, n) {
			return nil, &MarkerError{Line: s.opens, Err: ErrOpenBlock}
		}
	}
	if s.part != outside {
		return nil, &MarkerError{Line: s.opens, Err: ErrOpenBlock}
	}
	s.Base, s.Ours, s.Theirs = s.made[inBase], s.made[inOurs], s.made[inTheirs]
	s.mendBase(read)
	return &s.Marked, nil
}

// line takes in a line; false if it cannot stand where it does.
func (s *scan) line(line []byte, n int) bool {
	is := func(c byte) bool { return markerLength(line, c) == s.Size }
	switch {
	case is('<'):
		if s.part != outside {
			return false
		}
		s.part, s.opens, s.shown, s.sides = inOurs, n, false, [3][]byte{}
		s.label(&s.Labels.Ours, line)
	case is('|') && s.part == inOurs:
		s.part, s.shown = inBase, true
		s.label(&s.Labels.Base, line)
	case is('=') && (s.part == inOurs || s.part == inBase):
		s.part = inTheirs
	case is('>') && s.part == inTheirs:
		s.label(&s.Labels.Theirs, line)
		s.spans = append(s.spans, stretch{s.opens, n})
		s.endBlock()
	case s.part == outside:
		for v := range s.made {
			s.made[v] = append(s.made[v], line...)
			s.lines[v] = append(s.lines[v], int32(n))
		}
	default:
		s.sides[s.part] = append(s.sides[s.part], line...)
		s.lines[s.part] = append(s.lines[s.part], int32(n))
	}
	return true
}

// label keeps the label of the first block. Behind it rowkeep says what a block is about.
func (s *scan) label(to *string, line []byte) {
	if s.Blocks == 0 {
		label, _, _ := bytes.Cut(bytes.TrimSpace(line[s.Size:]), []byte(": "))
		*to = string(label)
	}
}

func (s *scan) endBlock() {
	s.Blocks++
	s.part = outside
	if !s.shown || merge.MarkerLine(s.sides[inBase]) > 0 { // git had several bases to merge, and could not
		s.HasBase, s.sides[inBase] = false, nil
	}
	for v := range s.made {
		start := len(s.made[v])
		s.made[v] = append(s.made[v], s.sides[v]...)
		s.blocks[v] = append(s.blocks[v], stretch{start, len(s.made[v])})
	}
}

// block returns the number of the block in which a record of a version stands, or -1.
func (s *scan) block(v part, at int) int {
	i, found := slices.BinarySearchFunc(s.blocks[v], at, func(b stretch, at int) int {
		switch {
		case b.holds(at):
			return 0
		case b.end <= at:
			return -1
		}
		return 1
	})
	if !found {
		return -1
	}
	return i
}

// mendBase makes of what the blocks show of the base one that can be merged with. What
// cannot be read is left to the merge, which says why.
func (s *scan) mendBase(read csvrows.Options) {
	var files [3]*csvrows.File
	read.Delimiter, _ = csvrows.Detect(read, s.Ours, s.Theirs)
	for v, data := range s.made {
		f, err := csvrows.Parse(data, read)
		if err != nil {
			return
		}
		files[v] = f
	}
	keyCols, err := files[inOurs].KeyColumns()
	if err != nil {
		return
	}
	if s.HasBase {
		s.Base = s.withoutTwice(files, keyCols)
	} else {
		s.Base = s.withInvented(files, keyCols)
	}
}

// rowKey is the key of a row; ok is false for other records and rows without one.
func rowKey(f *csvrows.File, i int, cols []int) (key string, ok bool) {
	if f.Kind(i) != csvrows.Row {
		return "", false
	}
	k, empty := f.AppendKey(nil, i, cols)
	return string(k), !empty
}

// withoutTwice leaves out of base the rows outside of blocks whose key also stands in a
// block's base: style zdiff3 moves what both sides share out of a block, but base is shown
// in full.
func (s *scan) withoutTwice(files [3]*csvrows.File, keyCols []int) []byte {
	base := files[inBase]
	shown := map[string]bool{}
	for i := range base.Len() {
		if key, ok := rowKey(base, i, keyCols); ok && s.block(inBase, base.Offset(i)) >= 0 {
			shown[key] = true
		}
	}
	inFile := map[string]int{}
	for i := range files[inOurs].Len() {
		if key, ok := rowKey(files[inOurs], i, keyCols); ok {
			inFile[key]++
		}
	}
	out := slices.Clip(s.Base[:base.Offset(0)]) // a byte-order mark
	var lines []int32
	for i := range base.Len() {
		key, ok := rowKey(base, i, keyCols)
		if ok && shown[key] && inFile[key] == 1 && s.block(inBase, base.Offset(i)) < 0 {
			continue
		}
		out = append(out, base.Raw(i)...)
		end := len(s.lines[inBase])
		if i+1 < base.Len() {
			end = base.Line(i+1) - 1
		}
		lines = append(lines, s.lines[inBase][base.Line(i)-1:end]...)
	}
	s.lines[inBase] = lines
	return out
}

// withInvented makes up the base of blocks that do not show it, so that what only one side
// of a block has is a conflict and not an addition. A row that both have gets no base:
// each of its cells that differs is a conflict then.
func (s *scan) withInvented(files [3]*csvrows.File, keyCols []int) []byte {
	var out []byte
	at := 0
	for i, b := range s.blocks[inBase] {
		out = append(out, s.Base[at:b.start]...)
		if b.start == b.end {
			out = append(out, s.invent(i, files, keyCols)...)
		} else {
			out = append(out, s.Base[b.start:b.end]...)
		}
		at = b.end
	}
	return append(out, s.Base[at:]...)
}

// invent makes up the base of one block. What has no key, a comment or a row without one, is
// paired by its place.
func (s *scan) invent(block int, files [3]*csvrows.File, keyCols []int) (out []byte) {
	var rows [3]map[string]int
	var keyless [3][]int
	for _, v := range []part{inOurs, inTheirs} {
		rows[v] = map[string]int{}
		for i := s.first(files[v], s.blocks[v][block].start); i < files[v].Len() && s.blocks[v][block].holds(files[v].Offset(i)); i++ {
			if key, ok := rowKey(files[v], i, keyCols); ok {
				rows[v][key] = i
			} else if files[v].Kind(i) != csvrows.Blank {
				keyless[v] = append(keyless[v], i)
			}
		}
	}
	for _, v := range []part{inOurs, inTheirs} {
		other := inOurs + inTheirs - v
		for _, key := range sortedByPlace(rows[v]) {
			if _, both := rows[other][key]; both {
				continue
			}
			out = append(out, otherRow(files[v], rows[v][key], keyCols)...)
			// What the other side made a comment of belongs together with it.
			keyless[other] = slices.DeleteFunc(keyless[other], func(i int) bool {
				return bytes.Contains(files[other].Text(i), []byte(key))
			})
		}
	}
	lines := otherLines(files, keyless)
	s.keyless[block] = len(lines) > 0
	return append(out, lines...)
}

// first is the first record at or behind a place.
func (s *scan) first(f *csvrows.File, at int) int {
	return sort.Search(f.Len(), func(i int) bool { return f.Offset(i) >= at })
}

func sortedByPlace(rows map[string]int) []string {
	keys := slices.Collect(maps.Keys(rows))
	slices.SortFunc(keys, func(a, b string) int { return rows[a] - rows[b] })
	return keys
}

// otherRow is a row with another value in its first cell beside the key; none where there
// is nothing but the key, so that the row counts as added.
func otherRow(f *csvrows.File, i int, keyCols []int) []byte {
	fields := f.Fields(nil, i)
	changed := false
	var line []byte
	for p, field := range fields {
		if p > 0 {
			line = append(line, f.Delimiter())
		}
		if !changed && !slices.Contains(keyCols, p) {
			changed = true
			field = csvrows.Encode(append(slices.Clone(field.Value()), '?'), field.Quoted(), f.Delimiter())
		}
		line = append(line, field...)
	}
	if !changed {
		return nil
	}
	return append(line, endOf(f, i)...)
}

// otherLines are lines of which each is like one of ours and theirs, and none of them. A
// line that only one side has is taken for one that the other deleted.
func otherLines(files [3]*csvrows.File, lines [3][]int) (out []byte) {
	o, t := lines[inOurs], lines[inTheirs]
	add := func(v part, i int, text []byte) {
		out = append(append(out, text...), endOf(files[v], i)...)
	}
	alone := func(v part, list []int) {
		for _, i := range list {
			add(v, i, slices.Concat(files[v].Text(i), []byte(" ?")))
		}
	}
	switch {
	case len(o) == len(t):
		for k := range o {
			if a, b := files[inOurs].Text(o[k]), files[inTheirs].Text(t[k]); !bytes.Equal(a, b) {
				add(inOurs, o[k], between(a, b))
			}
		}
	case len(o) == 0:
		alone(inTheirs, t)
	case len(t) == 0:
		alone(inOurs, o)
	}
	return out
}

// between has what two lines begin and end with alike, and something of its own.
func between(a, b []byte) []byte {
	n := min(len(a), len(b))
	head := 0
	for head < n && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < n-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	return slices.Concat(a[:head], []byte("?"), a[len(a)-tail:])
}

// endOf is a record's line end; what is made up always has one.
func endOf(f *csvrows.File, i int) []byte {
	if end := f.LineEnd(i); len(end) > 0 {
		return end
	}
	return []byte("\n")
}

// NewMarked is a session over the versions of a marked file.
func NewMarked(m *Marked, opt merge.Options) (*Session, error) {
	opt.Policies = withoutFail(opt.Policies)
	opt.Labels = m.Labels
	opt.MarkerSize = m.Size
	opt.Style = merge.Diff3
	if !m.HasBase {
		opt.Style = merge.MergeStyle
	}
	s := &Session{base: m.Base, ours: m.Ours, theirs: m.Theirs, opt: opt, noBase: !m.HasBase}
	if err := s.start(); err != nil {
		return nil, err
	}
	return s, m.undecided(s)
}

// undecided finds a block of which the merge would keep all lines of both sides without a
// word, because nothing tells that they are versions of one another.
func (m *Marked) undecided(s *Session) error {
	if m.HasBase {
		return nil
	}
	asked := make(map[int]bool, s.Len())
	for i := range s.Len() {
		l := m.Lines(s.Conflict(i).Lines)
		asked[m.blockOf(l.Ours)], asked[m.blockOf(l.Theirs)] = true, true
	}
	for i, span := range m.spans {
		if m.keyless[i] && !asked[i] {
			return &MarkerError{Line: span.start, Err: ErrNeedsBase}
		}
	}
	return nil
}

// blockOf is the number of the block around a line of the file, or -1.
func (m *Marked) blockOf(line int) int {
	i := sort.Search(len(m.spans), func(i int) bool { return m.spans[i].end >= line })
	if i < len(m.spans) && m.spans[i].start <= line {
		return i
	}
	return -1
}
