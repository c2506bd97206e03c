package merge

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/rowkeep/rowkeep/csvrows"
)

// leastMarker is git's length of conflict markers.
const leastMarker = 7

// A rendered record is on its way to the result.
type rendered struct{ text, end []byte }

// A block is a conflict as markers show it: what each version has, in whole records.
type block struct {
	versions [3][]rendered
	name     string // what it is about, behind the labels
}

// emitBlock writes a block in the style asked for.
func (m *merger) emitBlock(b block) {
	size := m.markerSize()
	o, t := b.versions[inOurs], b.versions[inTheirs]
	var head, tail []rendered
	if m.opt.Style == ZDiff3 {
		head, tail = sharedEnds(o, t)
		o, t = o[len(head):len(o)-len(tail)], t[len(head):len(t)-len(tail)]
	}
	m.emitLines(head)
	m.marker('<', size, cmp.Or(m.opt.Labels.Ours, "ours"), b.name)
	above := m.w.latest
	m.emitLines(o)
	if m.opt.Style != MergeStyle {
		m.marker('|', size, cmp.Or(m.opt.Labels.Base, "base"), b.name)
		m.emitLines(b.versions[inBase])
	}
	m.marker('=', size, "", "")
	m.emitLines(t)
	m.marker('>', size, cmp.Or(m.opt.Labels.Theirs, "theirs"), b.name)
	m.w.behindCR = m.endsInCR(o, above) || m.endsInCR(t, above)
	m.emitLines(tail)
}

// endsInCR reports that a lone CR stands above what follows a block once a side of it is
// taken: as the end of the side's last line or, if it has none, of the line above.
func (m *merger) endsInCR(side []rendered, above []byte) bool {
	if len(side) == 0 {
		return isLoneCR(above)
	}
	return isLoneCR(m.w.neighbour(side[len(side)-1].end))
}

// sharedEnds returns what two versions have in common at their start and end.
func sharedEnds(o, t []rendered) (head, tail []rendered) {
	n := min(len(o), len(t))
	i := 0
	for i < n && bytes.Equal(o[i].text, t[i].text) {
		i++
	}
	j := 0
	for j < n-i && bytes.Equal(o[len(o)-1-j].text, t[len(t)-1-j].text) {
		j++
	}
	return o[:i], o[len(o)-j:]
}

func (m *merger) emitLines(lines []rendered) {
	for _, l := range lines {
		m.recordMade(l.text, l.end)
	}
}

// marker writes a marker line. It ends like the records around it.
func (m *merger) marker(c byte, size int, label, name string) {
	text := m.line[:0]
	for range size {
		text = append(text, c)
	}
	if label != "" {
		text = append(append(text, ' '), label...)
	}
	if name != "" {
		text = append(append(text, ": "...), name...)
	}
	m.line = text
	m.recordMade(text, m.w.neighbour(m.w.end))
	m.w.must = true
}

// recordMade writes a copy of a record.
func (m *merger) recordMade(text, end []byte) { m.w.record(m.keep(text, end)) }

// markerSize returns a length of markers that no line of the inputs starts with: the
// one asked for, or one more than the longest line start that looks like a marker.
func (m *merger) markerSize() int {
	if m.markers > 0 {
		return m.markers
	}
	m.markers = m.opt.MarkerSize
	if m.markers == 0 {
		m.markers = leastMarker
	}
	m.markers = max(m.markers, m.longestMarker()+1)
	return m.markers
}

// longestMarker returns how many equal marker characters a line or a field starts with
// at the most. Lines within quotes count: a reader of markers does not know of
// quotes. Fields count, as the result may have the columns in another order.
//
// The data is searched part by part, as each is in the cache for the second character.
func longestMarker(data []byte, delim byte) int {
	const part = 64 << 10
	longest := 0
	for from := 0; from < len(data); from += part {
		to := min(from+part, len(data))
		for _, c := range []byte("<|=>") {
			longest = max(longest, longestRun(data, from, to, c, delim))
		}
	}
	return longest
}

// longestRun is longestMarker for one character and what starts from a place on up to another.
func longestRun(data []byte, from, to int, c, delim byte) int {
	longest, at := 0, from
	for from > 0 && at < to && data[at] == c && data[at-1] == c {
		at++ // what started above was looked at there
	}
	for at < to {
		next := bytes.IndexByte(data[at:to], c)
		if next < 0 {
			break
		}
		start := at + next
		for at = start; at < len(data) && data[at] == c; at++ {
		}
		if startsLine(data, start) || data[start-1] == delim {
			longest = max(longest, at-start)
		}
	}
	return longest
}

// startsLine reports that a line starts at the position.
func startsLine(data []byte, at int) bool {
	return at == 0 || data[at-1] == '\n' || data[at-1] == '\r' || at == 3 && bytes.HasPrefix(data, []byte("\xef\xbb\xbf"))
}

// keyText shows a key in a marker line, names and values quoted where they would break
// the line.
func (m *merger) keyText(key []string) string {
	if len(key) == 1 {
		return inLine(m.keyNames[0]) + "=" + inLine(key[0])
	}
	parts := make([]string, len(key))
	for i, k := range key {
		parts[i] = inLine(m.keyNames[i]) + "=" + inLine(k)
	}
	return strings.Join(parts, " ")
}

// inLine quotes a text that holds what a line cannot.
func inLine(text string) string {
	if isPlain(text) {
		return text
	}
	if quoted := strconv.Quote(text); quoted != `"`+text+`"` {
		return quoted
	}
	return text
}

// isPlain reports a text of printable ASCII that quoting does not change.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// emitFateBlock writes a row that one side deleted and the other changed. A comment
// that the row was turned into stands for the deletion.
func (m *merger) emitFateBlock(base int32, f *fate) {
	b := block{name: m.keyText(m.in[inBase].Key(int(base), m.in[inBase].key))}
	b.versions[inBase] = m.alone(inBase, base)
	b.versions[f.keeper] = m.alone(f.keeper, f.rec)
	if f.comment >= 0 {
		in := &m.in[f.deleter]
		b.versions[f.deleter] = []rendered{{in.Text(int(f.comment)), in.LineEnd(int(f.comment))}}
	}
	m.emitBlock(b)
}

// emitGroupBlock writes all rows of a duplicated key.
func (m *merger) emitGroupBlock(g *group) {
	b := block{}
	for v, recs := range g.recs {
		for _, rec := range recs {
			b.versions[v] = append(b.versions[v], m.alone(v, rec)...)
			b.name = m.keyText(m.in[v].Key(int(rec), m.in[v].key))
		}
	}
	m.emitBlock(b)
}

// alone renders a record of one version in the result's columns, without what the
// others made of it.
func (m *merger) alone(v int, rec int32) []rendered {
	if rec < 0 {
		return nil
	}
	t := triple{none, none, none}
	t[v] = rec
	if m.in[v].Kind(int(rec)) != csvrows.Row {
		return []rendered{{m.in[v].Text(int(rec)), m.endOf(t)}}
	}
	m.mergeRow(t)
	if m.holdsNothing() {
		return nil
	}
	return []rendered{{m.rowText(t, v), m.endOf(t)}}
}

// readsAsRow reports that text, as a record, is neither a comment nor blank. Nearly
// every text is decided by its first byte.
func (m *merger) readsAsRow(text []byte) bool {
	if len(text) > 0 && text[0] > ' ' && text[0] != '"' && text[0] != m.in[inOurs].Delimiter() && text[0] != m.prefix()[0] {
		return true
	}
	return m.readsAs(csvrows.Row, text)
}

// readsAs reports that text, behind another record, is one record of a kind.
func (m *merger) readsAs(kind csvrows.Kind, text []byte) bool {
	opt := m.opt.Read
	opt.Delimiter, opt.NoHeader, opt.Key = m.in[inOurs].Delimiter(), true, nil
	f, err := csvrows.Parse(slices.Concat([]byte("x\n"), text), opt)
	return err == nil && f.Len() == 2 && f.Kind(1) == kind && len(f.LineEnd(1)) == 0
}

// rowError says that a row of the result would read as something else.
func (m *merger) rowError(t triple) error {
	e := &RowError{}
	for v, rec := range t {
		if rec >= 0 {
			e.Key, e.Input, e.Line = m.in[v].Key(int(rec), m.in[v].key), sideOf(v), m.in[v].Line(int(rec))
		}
	}
	return e
}

// marker opens a conflict block.
var marker = []byte(strings.Repeat("<", leastMarker))

// MarkerLine returns the number, from 1, of the first line of data that opens a
// conflict block ("<<<<<<< ..."), or 0 if none does.
func MarkerLine(data []byte) int {
	if at := markerAt(data); at >= 0 {
		return lineAt(data, at)
	}
	return 0
}

// markerAt is where the first line that opens a conflict block starts, or -1.
func markerAt(data []byte) int {
	for at := 0; ; {
		next := bytes.Index(data[at:], marker)
		if next < 0 {
			return -1
		}
		at += next
		if startsLine(data, at) {
			return at
		}
		at += len(marker)
	}
}

// lineAt is the line of a byte, from 1.
func lineAt(data []byte, at int) int { return 1 + countLineEnds(data[:at]) }

func countLineEnds(text []byte) int {
	n := bytes.Count(text, []byte{'\n'})
	if bytes.IndexByte(text, '\r') < 0 {
		return n
	}
	return n + bytes.Count(text, []byte{'\r'}) - bytes.Count(text, []byte("\r\n"))
}

// nulAt is where the first NUL byte stands, or -1.
func nulAt(data []byte) int { return bytes.IndexByte(data, 0) }
