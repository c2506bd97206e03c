package fuzz

import (
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// The alphabets are small, so that edits collide.
var (
	keys     = []string{"k1", "k2", "k3", "k4", "k5", "k6"}
	names    = []string{"a", "b", "c", "d"}
	values   = []string{"", "x", "y", "z"}
	oddities = []string{"p,q", "5\" pipe", `say "hi"`, " x", "two\nlines", "\xff", "nul\x00", "#x", " ", "<<<<<<< x"}
	comments = []string{"# one", "# one!", "# two", "# three", "# a, b", "#", "# it's \"odd"}
	padded   = []string{"# one,,", "\"# a, b\",,", "# two,,,"}
	blanks   = []string{"", ",,", " "}
	lineEnds = []string{"\n", "\r\n", "\r"}
)

const byteOrderMark = "\xef\xbb\xbf"

// sheet is a small file that somebody edits.
type sheet struct {
	bom     bool
	noFinal bool // the last line has no end
	lines   []line
}

// line is a record: a header or a row has cells, a comment or blank has text.
type line struct {
	cells  []cell
	header bool
	text   string
	end    string
}

type cell struct {
	value  string
	quoted bool
}

func (l line) isRow() bool { return l.cells != nil && !l.header }

func (s sheet) clone() sheet {
	s.lines = slices.Clone(s.lines)
	for i := range s.lines {
		s.lines[i].cells = slices.Clone(s.lines[i].cells)
	}
	return s
}

// bytes writes the sheet as a file.
func (s sheet) bytes() []byte {
	var b strings.Builder
	if s.bom {
		b.WriteString(byteOrderMark)
	}
	for i, l := range s.lines {
		b.WriteString(l.String())
		if !s.noFinal || i < len(s.lines)-1 {
			b.WriteString(l.end)
		}
	}
	return []byte(b.String())
}

func (l line) String() string {
	if l.cells == nil {
		return l.text
	}
	fields := make([]string, len(l.cells))
	for i, c := range l.cells {
		fields[i] = c.String()
	}
	return strings.Join(fields, ",")
}

func (c cell) String() string {
	if !c.quoted && !strings.ContainsAny(c.value, ",\"\r\n") {
		return c.value
	}
	return `"` + strings.ReplaceAll(c.value, `"`, `""`) + `"`
}

// where lists the positions of lines that satisfy is.
func (s sheet) where(is func(line) bool) []int {
	var at []int
	for i, l := range s.lines {
		if is(l) {
			at = append(at, i)
		}
	}
	return at
}

func (s sheet) rows() []int { return s.where(line.isRow) }

// head gives the header's cells; nil where there is none.
func (s sheet) head() []cell {
	for _, l := range s.lines {
		if l.header {
			return l.cells
		}
	}
	return nil
}

// keyAt is the position of the key column.
func (s sheet) keyAt() int {
	return max(0, slices.IndexFunc(s.head(), func(c cell) bool { return c.value == "id" }))
}

// end is how the lines of the sheet end, for a new one.
func (s sheet) end() string {
	if len(s.lines) == 0 {
		return "\n"
	}
	return s.lines[0].end
}

func (s *sheet) insert(at int, l line) {
	l.end = s.end()
	s.lines = slices.Insert(s.lines, at, l)
}

// manner is how wildly sheets are drawn.
type manner struct {
	columns bool // columns come, go, move, change their names
	odd     bool // keys repeat or are empty, rows are ragged, values are strange
	form    bool // line ends, quotes, byte-order mark, final newline
}

func drawManner(t *rapid.T) manner {
	return manner{
		columns: rapid.IntRange(0, 2).Draw(t, "columns change") == 1,
		odd:     rapid.IntRange(0, 3).Draw(t, "oddities") == 1,
		form:    rapid.IntRange(0, 2).Draw(t, "form changes") == 1,
	}
}

func pick[T any](t *rapid.T, label string, from []T) T {
	return rapid.SampledFrom(from).Draw(t, label)
}

// drawSheet draws a base: a header, up to six rows, lines between them.
func drawSheet(t *rapid.T, m manner) sheet {
	s := sheet{}
	end := "\n"
	if m.form {
		s.bom = rapid.Bool().Draw(t, "bom")
		s.noFinal = rapid.Bool().Draw(t, "no final newline")
		end = pick(t, "line end", lineEnds)
	}
	head := []cell{{value: "id"}}
	for _, n := range names[:rapid.IntRange(1, 3).Draw(t, "columns")] {
		head = append(head, cell{value: n})
	}
	if m.odd && rapid.Bool().Draw(t, "key behind") {
		slices.Reverse(head)
	}
	s.lines = []line{{header: true, cells: head, end: end}}
	for _, key := range keys[:rapid.IntRange(1, 5).Draw(t, "rows")] {
		if rapid.IntRange(0, 3).Draw(t, "line above") == 0 {
			s.insert(len(s.lines), drawLine(t))
		}
		s.insert(len(s.lines), drawRow(t, s, m, key))
	}
	return s
}

// drawLine draws a comment or a blank.
func drawLine(t *rapid.T) line {
	return line{text: pick(t, "line", slices.Concat(comments, comments, padded, blanks))}
}

func drawValue(t *rapid.T, m manner) string {
	if m.odd && rapid.IntRange(0, 3).Draw(t, "odd value") == 0 {
		return pick(t, "value", oddities)
	}
	return pick(t, "value", values)
}

// drawRow draws a row for the sheet's columns. Its last cell is never the key's, so
// that it does not read as a blank.
func drawRow(t *rapid.T, s sheet, m manner, key string) line {
	l := line{}
	for i := range s.head() {
		c := cell{value: key}
		if i != s.keyAt() {
			c.value = drawValue(t, m)
		}
		c.quoted = m.form && rapid.IntRange(0, 3).Draw(t, "quoted") == 0
		l.cells = append(l.cells, c)
	}
	if len(l.cells) == 0 {
		l.cells = []cell{{value: key}}
	}
	return l
}

// An edit changes a sheet in one way, or leaves it where that way is not open.
type edit func(t *rapid.T, s *sheet, m manner)

var (
	plainEdits  = []edit{setCell, setCell, setCell, setCell, setCell, setCell, insertRow, insertRow, deleteRow, moveRow, moveRow, renameKey, commentOut, insertLine, insertLine, editLine, deleteLine, copyRow}
	columnEdits = []edit{addColumn, deleteColumn, renameColumn, moveColumn}
	oddEdits    = []edit{repeatRow, emptyKey, cutRow, lengthenRow, emptyFile, shuffleRows}
	formEdits   = []edit{quoteCell, convertLineEnds, changeLineEnd, toggleFinal, toggleBOM, padLines}
)

func (m manner) edits() []edit {
	list := plainEdits
	if m.columns {
		list = slices.Concat(list, columnEdits, columnEdits)
	}
	if m.odd {
		list = slices.Concat(list, oddEdits)
	}
	if m.form {
		list = slices.Concat(list, formEdits)
	}
	return list
}

// drawEdits applies up to most edits to a copy of a sheet.
func drawEdits(t *rapid.T, s sheet, m manner, most int) sheet {
	s = s.clone()
	edits := m.edits()
	for range rapid.IntRange(0, most).Draw(t, "edits") {
		edits[rapid.IntRange(0, len(edits)-1).Draw(t, "edit")](t, &s, m)
	}
	return s
}

func setCell(t *rapid.T, s *sheet, m manner) {
	rows := s.rows()
	if len(rows) == 0 {
		return
	}
	cells := s.lines[pick(t, "row", rows)].cells
	at := rapid.IntRange(0, len(cells)-1).Draw(t, "cell")
	if at == s.keyAt() {
		at = len(cells) - 1 - at // another one, unless there is none
	}
	if at != s.keyAt() {
		cells[at].value = drawValue(t, m)
	}
}

// freeKeys lists the keys of the alphabet that no row has.
func (s sheet) freeKeys() []string {
	free := slices.Clone(keys)
	for _, i := range s.rows() {
		cells := s.lines[i].cells
		if at := s.keyAt(); at < len(cells) {
			free = slices.DeleteFunc(free, func(k string) bool { return k == cells[at].value })
		}
	}
	return free
}

// place draws where a line may be inserted: below the header, if there is one.
func (s sheet) place(t *rapid.T) int {
	first := 0
	for i, l := range s.lines {
		if l.header {
			first = i + 1
		}
	}
	return rapid.IntRange(first, len(s.lines)).Draw(t, "place")
}

func insertRow(t *rapid.T, s *sheet, m manner) {
	if free := s.freeKeys(); len(free) > 0 && s.head() != nil {
		row := drawRow(t, *s, m, pick(t, "key", free))
		s.insert(s.place(t), row)
	}
}

func deleteRow(t *rapid.T, s *sheet, _ manner) {
	if rows := s.rows(); len(rows) > 0 {
		at := pick(t, "row", rows)
		s.lines = slices.Delete(s.lines, at, at+1)
	}
}

func moveRow(t *rapid.T, s *sheet, _ manner) {
	if rows := s.rows(); len(rows) > 0 {
		at := pick(t, "row", rows)
		l := s.lines[at]
		s.lines = slices.Delete(s.lines, at, at+1)
		s.lines = slices.Insert(s.lines, s.place(t), l)
	}
}

func renameKey(t *rapid.T, s *sheet, _ manner) {
	rows, free := s.rows(), s.freeKeys()
	if len(rows) == 0 || len(free) == 0 {
		return
	}
	cells := s.lines[pick(t, "row", rows)].cells
	if at := s.keyAt(); at < len(cells) {
		cells[at].value = pick(t, "key", free)
	}
}

// copyRow pastes a row under a new key.
func copyRow(t *rapid.T, s *sheet, _ manner) {
	rows, free := s.rows(), s.freeKeys()
	if len(rows) == 0 || len(free) == 0 {
		return
	}
	cells := slices.Clone(s.lines[pick(t, "row", rows)].cells)
	if at := s.keyAt(); at < len(cells) {
		cells[at].value = pick(t, "key", free)
	}
	s.insert(s.place(t), line{cells: cells})
}

func commentOut(t *rapid.T, s *sheet, _ manner) {
	if rows := s.rows(); len(rows) > 0 {
		at := pick(t, "row", rows)
		if text := s.lines[at].String(); !strings.ContainsAny(text, "\r\n") {
			s.lines[at] = line{text: "# " + text, end: s.lines[at].end}
		}
	}
}

func insertLine(t *rapid.T, s *sheet, m manner) {
	first := 0
	if !m.odd && len(s.lines) > 0 {
		first = 1
	}
	s.insert(rapid.IntRange(first, len(s.lines)).Draw(t, "place"), drawLine(t))
}

func (s sheet) others() []int { return s.where(func(l line) bool { return l.cells == nil }) }

func editLine(t *rapid.T, s *sheet, _ manner) {
	if others := s.others(); len(others) > 0 {
		l := &s.lines[pick(t, "line", others)]
		if strings.HasPrefix(l.text, "#") {
			l.text += pick(t, "addition", []string{"A", "B"})
		}
	}
}

// padLines is what a program that writes tables does to every line that is no row.
func padLines(_ *rapid.T, s *sheet, _ manner) {
	for _, at := range s.others() {
		s.lines[at].text += ",,,,"
	}
}

func deleteLine(t *rapid.T, s *sheet, _ manner) {
	if others := s.others(); len(others) > 0 {
		at := pick(t, "line", others)
		s.lines = slices.Delete(s.lines, at, at+1)
	}
}

// eachCells calls do for the header and every row.
func (s sheet) eachCells(do func(l *line)) {
	for i := range s.lines {
		if s.lines[i].cells != nil {
			do(&s.lines[i])
		}
	}
}

func addColumn(t *rapid.T, s *sheet, m manner) {
	if s.head() == nil {
		return
	}
	name := pick(t, "name", names)
	if !m.odd && slices.ContainsFunc(s.head(), func(c cell) bool { return c.value == name }) {
		return
	}
	at := rapid.IntRange(0, len(s.head())).Draw(t, "column")
	filled := rapid.Bool().Draw(t, "filled")
	s.eachCells(func(l *line) {
		c := cell{value: name}
		if !l.header {
			c.value = ""
			if filled {
				c.value = drawValue(t, m)
			}
		}
		l.cells = slices.Insert(l.cells, min(at, len(l.cells)), c)
	})
}

// dataColumn draws a column that is not the key; -1 if there is none.
func dataColumn(t *rapid.T, s *sheet) int {
	if len(s.head()) < 2 {
		return -1
	}
	at := rapid.IntRange(0, len(s.head())-2).Draw(t, "column")
	if at >= s.keyAt() {
		at++
	}
	return at
}

func deleteColumn(t *rapid.T, s *sheet, _ manner) {
	at := dataColumn(t, s)
	if at < 0 {
		return
	}
	s.eachCells(func(l *line) {
		if at < len(l.cells) {
			l.cells = slices.Delete(l.cells, at, at+1)
		}
	})
	s.lines = slices.DeleteFunc(s.lines, func(l line) bool { return l.cells != nil && len(l.cells) == 0 })
}

func renameColumn(t *rapid.T, s *sheet, m manner) {
	at := dataColumn(t, s)
	if at < 0 {
		return
	}
	name := pick(t, "name", names)
	if m.odd || !slices.ContainsFunc(s.head(), func(c cell) bool { return c.value == name }) {
		s.head()[at].value = name
	}
}

// moveColumn swaps two columns.
func moveColumn(t *rapid.T, s *sheet, _ manner) {
	if s.head() == nil {
		return
	}
	i := rapid.IntRange(0, len(s.head())-1).Draw(t, "column")
	j := rapid.IntRange(0, len(s.head())-1).Draw(t, "column")
	s.eachCells(func(l *line) {
		for len(l.cells) <= max(i, j) {
			l.cells = append(l.cells, cell{})
		}
		l.cells[i], l.cells[j] = l.cells[j], l.cells[i]
	})
}

// repeatRow pastes a row as it is: its key stands twice then.
func repeatRow(t *rapid.T, s *sheet, _ manner) {
	if rows := s.rows(); len(rows) > 0 {
		s.insert(s.place(t), line{cells: slices.Clone(s.lines[pick(t, "row", rows)].cells)})
	}
}

func emptyKey(t *rapid.T, s *sheet, m manner) {
	if s.head() != nil {
		row := drawRow(t, *s, m, "")
		s.insert(s.place(t), row)
	}
}

func cutRow(t *rapid.T, s *sheet, _ manner) {
	if rows := s.rows(); len(rows) > 0 {
		l := &s.lines[pick(t, "row", rows)]
		l.cells = l.cells[:rapid.IntRange(1, len(l.cells)).Draw(t, "fields")]
	}
}

func lengthenRow(t *rapid.T, s *sheet, _ manner) {
	if rows := s.rows(); len(rows) > 0 {
		l := &s.lines[pick(t, "row", rows)]
		l.cells = append(l.cells, cell{value: pick(t, "value", values)})
	}
}

func emptyFile(t *rapid.T, s *sheet, _ manner) {
	if rapid.IntRange(0, 3).Draw(t, "empty the file") == 0 {
		s.lines = nil
	}
}

func shuffleRows(t *rapid.T, s *sheet, _ manner) {
	rows := s.rows()
	if len(rows) == 0 {
		return
	}
	shuffled := rapid.Permutation(rows).Draw(t, "order")
	old := slices.Clone(s.lines)
	for i, at := range rows {
		s.lines[at] = old[shuffled[i]]
	}
}

func quoteCell(t *rapid.T, s *sheet, _ manner) {
	if rows := s.rows(); len(rows) > 0 {
		cells := s.lines[pick(t, "row", rows)].cells
		at := rapid.IntRange(0, len(cells)-1).Draw(t, "cell")
		cells[at].quoted = !cells[at].quoted
	}
}

func convertLineEnds(t *rapid.T, s *sheet, _ manner) {
	end := pick(t, "line end", lineEnds)
	for i := range s.lines {
		s.lines[i].end = end
	}
}

func changeLineEnd(t *rapid.T, s *sheet, _ manner) {
	if len(s.lines) > 0 {
		s.lines[rapid.IntRange(0, len(s.lines)-1).Draw(t, "line")].end = pick(t, "line end", lineEnds)
	}
}

func toggleFinal(_ *rapid.T, s *sheet, _ manner) { s.noFinal = !s.noFinal }

func toggleBOM(_ *rapid.T, s *sheet, _ manner) { s.bom = !s.bom }
