package settle

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

// Row is the row around a conflict, to be shown. A conflict that has no row, as that of a
// comment, is a Row of one cell without a column.
type Row struct {
	Key   []string
	Lines merge.Lines
	// Exists says which versions have the row.
	Exists struct{ Base, Ours, Theirs bool }
	Cells  []Cell
}

// Cell is one column of a row in the three versions.
type Cell struct {
	Column string
	// The zero Value does not exist. Merged is what comes out as far as it is decided.
	Base, Ours, Theirs, Merged merge.Value
	// Conflict is the place of the conflict that decides over the cell, -1 where it
	// merged clean. Open says that there is no answer yet.
	Conflict int
	Open     bool
}

// A view is what Row needs of the versions.
type view struct {
	files   [3]*csvrows.File // nil where one cannot be read
	labels  [3][]string      // of the columns
	columns []string         // of all versions
	byRow   map[string][]int // places of the conflicts of each key
	merged  *csvrows.Table   // with theirs where conflicts stand; nil where there is none
	renamed map[string]string
}

// Row returns the row around the conflict at place i, with the columns that conflict and
// those that merged clean beside them.
func (s *Session) Row(i int) Row {
	c := s.conflicts[i]
	row := Row{Key: c.Key, Lines: c.Lines}
	row.Exists.Base, row.Exists.Ours, row.Exists.Theirs = c.Lines.Base > 0, c.Lines.Ours > 0, c.Lines.Theirs > 0
	if c.Key == nil || len(c.Ours.Rows) > 1 || len(c.Theirs.Rows) > 1 || len(c.Base.Rows) > 1 {
		row.Cells = s.loneCells(i)
		return row
	}
	v := s.look()
	var cells [3]map[string]string
	for side, line := range []int{c.Lines.Base, c.Lines.Ours, c.Lines.Theirs} {
		cells[side] = v.cells(side, line)
	}
	row.Exists.Base, row.Exists.Ours, row.Exists.Theirs = cells[0] != nil, cells[1] != nil, cells[2] != nil
	clean := v.cleanRow(c, cells[2])
	for _, column := range v.columns {
		cell := Cell{Column: column, Conflict: -1}
		for side, value := range []*merge.Value{&cell.Base, &cell.Ours, &cell.Theirs} {
			if text, has := cells[side][column]; has {
				*value = merge.Value{Exists: true, Text: text}
			}
		}
		s.decide(&cell, i, clean)
		if cell.Conflict >= 0 || cell.Base.Exists || cell.Ours.Exists || cell.Theirs.Exists {
			row.Cells = append(row.Cells, cell)
		}
	}
	return row
}

// loneCells shows a conflict of no row, or of several ones with one key: each row is a
// cell as a line of text.
func (s *Session) loneCells(i int) []Cell {
	c := s.conflicts[i]
	n := max(1, len(c.Base.Rows), len(c.Ours.Rows), len(c.Theirs.Rows))
	cells := make([]Cell, n)
	for k := range cells {
		cells[k] = Cell{Column: c.Column, Conflict: i}
		cells[k].Base, cells[k].Ours, cells[k].Theirs = lone(c.Base, k), lone(c.Ours, k), lone(c.Theirs, k)
		s.answerCell(&cells[k])
	}
	return cells
}

// lone is the n-th row of a value as text; a value without rows is its only one.
func lone(v merge.Value, n int) merge.Value {
	switch {
	case len(v.Rows) == 0 && n == 0:
		return v
	case n >= len(v.Rows):
		return merge.Value{}
	}
	texts := make([]string, len(v.Rows[n]))
	for i, cell := range v.Rows[n] {
		texts[i] = string(csvrows.Encode([]byte(cell.Value), false, ','))
	}
	return merge.Value{Exists: true, Text: strings.Join(texts, ",")}
}

// decide says what a cell is merged to: by the conflict of its column, by the one of its
// whole row, or else what came out clean.
func (s *Session) decide(cell *Cell, i int, clean map[string]string) {
	for _, at := range s.ofKey(s.conflicts[i].Key) {
		c := &s.conflicts[at]
		if !c.HasColumn || c.Column == cell.Column || c.Kind == merge.KindKeyRename && slices.Contains(s.key, cell.Column) {
			cell.Conflict = at
			s.answerCell(cell)
			return
		}
	}
	if text, has := clean[cell.Column]; has {
		cell.Merged = merge.Value{Exists: true, Text: text}
	}
}

// answerCell fills in what the answer to the cell's conflict makes of it.
func (s *Session) answerCell(cell *Cell) {
	switch r := s.answers[cell.Conflict]; r.Side {
	case merge.Base:
		cell.Merged = cell.Base
	case merge.Ours:
		cell.Merged = cell.Ours
	case merge.Theirs:
		cell.Merged = cell.Theirs
	case merge.Neither:
		cell.Merged = merge.Value{Exists: true, Text: r.Value}
	default:
		cell.Open = true
	}
}

// ofKey lists the places of the conflicts of one row.
func (s *Session) ofKey(key []string) []int { return s.look().byRow[rowName(key)] }

// rowName tells keys apart.
func rowName(key []string) string {
	var b strings.Builder
	for _, v := range key {
		fmt.Fprintf(&b, "%d:%s", len(v), v)
	}
	return b.String()
}

// look makes the view, once.
func (s *Session) look() *view {
	if s.view != nil {
		return s.view
	}
	v := &view{byRow: map[string][]int{}, renamed: map[string]string{}}
	s.view = v
	for i, c := range s.conflicts {
		if c.Key != nil {
			name := rowName(c.Key)
			v.byRow[name] = append(v.byRow[name], i)
		}
	}
	s.lookAtMerged(v)
	for side, data := range [][]byte{s.base, s.ours, s.theirs} {
		if side == 0 && s.noBase {
			continue
		}
		if f, err := s.parse(data); err == nil {
			v.add(side, f)
		}
	}
	return v
}

// lookAtMerged reads the merge with theirs where conflicts stand.
func (s *Session) lookAtMerged(v *view) {
	opt := s.opt
	opt.Output = merge.OutputTheirs
	result, err := merge.Merge(s.base, s.ours, s.theirs, opt)
	if err != nil {
		return
	}
	v.columns = slices.Clone(result.Columns)
	for c := range result.Changes() {
		if c.Kind == merge.ChangeColumnRenamed {
			v.renamed[c.Column] = c.After.Text
		} else if !strings.HasPrefix(string(c.Kind), "column") {
			break // columns come first
		}
	}
	if f, err := s.parse(result.Bytes()); err == nil {
		v.merged, _ = csvrows.NewTable(f) // without it only clean cells are missing
	}
}

// add reads the columns of a version. A repeated name is told apart as in conflicts; a
// column that was renamed goes by its new name.
func (v *view) add(side int, f *csvrows.File) {
	names := f.Columns()
	if f.HeaderRecord() < 0 {
		names = csvrows.PositionNames(f.Width())
	}
	count := map[string]int{}
	labels := make([]string, len(names))
	for i, name := range names {
		if to, is := v.renamed[name]; is && !slices.Contains(names, to) {
			name = to
		}
		labels[i] = name
		if count[name]++; count[name] > 1 {
			labels[i] = fmt.Sprintf("%s[%d]", name, count[name])
		}
		if !slices.Contains(v.columns, labels[i]) {
			v.columns = append(v.columns, labels[i])
		}
	}
	v.files[side], v.labels[side] = f, labels
}

// cells are those of the row in a line of a version, by column; nil where there is none.
func (v *view) cells(side, line int) map[string]string {
	f := v.files[side]
	if f == nil || line == 0 {
		return nil
	}
	rec := sort.Search(f.Len(), func(i int) bool { return f.Line(i) >= line })
	if rec == f.Len() || f.Kind(rec) != csvrows.Row {
		return nil
	}
	cells := make(map[string]string, len(v.labels[side]))
	for i, field := range f.Fields(nil, rec) {
		if i < len(v.labels[side]) {
			cells[v.labels[side][i]] = string(field.Value())
		}
	}
	for _, label := range v.labels[side] {
		if _, has := cells[label]; !has {
			cells[label] = "" // absent and empty are one value
		}
	}
	return cells
}

// cleanRow is the row as it is merged, as far as no conflict is in the way. It may stand
// under theirs' key.
func (v *view) cleanRow(c merge.Conflict, theirs map[string]string) map[string]string {
	if v.merged == nil {
		return nil
	}
	if row, err := v.merged.Get(c.Key); err == nil {
		return row
	}
	return theirs
}
