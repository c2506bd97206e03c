package settle

import (
	"fmt"
	"slices"
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

// A view is what Row needs beside the first merge.
type view struct {
	byRow  map[string][]int // places of the conflicts of each key
	merged *csvrows.Table   // with theirs where conflicts stand; nil where there is none
}

// Row returns the row around the conflict at place i, with the columns that conflict and
// those that merged clean beside them.
func (s *Session) Row(i int) Row {
	c := s.conflicts[i]
	row := Row{Key: c.Key, Lines: c.Lines}
	row.Exists.Base, row.Exists.Ours, row.Exists.Theirs = c.Lines.Base > 0, c.Lines.Ours > 0, c.Lines.Theirs > 0
	around := s.first.Row(c)
	if around == nil {
		row.Cells = s.loneCells(i)
		return row
	}
	clean := s.cleanRow(c)
	row.Exists.Base, row.Exists.Ours, row.Exists.Theirs = false, false, false
	for _, x := range around {
		if s.noBase {
			x.Base = merge.Value{}
		}
		row.Exists.Base = row.Exists.Base || x.Base.Exists
		row.Exists.Ours = row.Exists.Ours || x.Ours.Exists
		row.Exists.Theirs = row.Exists.Theirs || x.Theirs.Exists
		cell := Cell{Column: x.Column, Base: x.Base, Ours: x.Ours, Theirs: x.Theirs, Conflict: -1}
		s.decide(&cell, i, x.Key, clean)
		row.Cells = append(row.Cells, cell)
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
func (s *Session) decide(cell *Cell, i int, key bool, clean map[string]string) {
	for _, at := range s.ofKey(s.conflicts[i].Key) {
		c := &s.conflicts[at]
		switch {
		case c.Kind == merge.KindKeyRename && !key && !(c.Ours.Exists && c.Theirs.Exists):
			s.answerBeside(cell, at)
			return
		case !c.HasColumn || c.Column == cell.Column || c.Kind == merge.KindKeyRename && key:
			cell.Conflict = at
			s.answerCell(cell)
			return
		}
	}
	if text, has := clean[cell.Column]; has {
		cell.Merged = merge.Value{Exists: true, Text: text}
	}
}

// answerBeside fills in a cell of a row that one side renamed and the other deleted: another
// key keeps the row as the first has it.
func (s *Session) answerBeside(cell *Cell, at int) {
	cell.Conflict = at
	s.answerCell(cell)
	if s.answers[at].Side != merge.Neither {
		return
	}
	if cell.Merged = cell.Ours; !cell.Ours.Exists {
		cell.Merged = cell.Theirs
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
		cell.Merged = merge.Value{Exists: true, Text: s.given(cell, r.Value)}
	default:
		cell.Open = true
	}
}

// given is what a value makes of a cell: of a key of several columns its part.
func (s *Session) given(cell *Cell, value string) string {
	if s.conflicts[cell.Conflict].Kind != merge.KindKeyRename {
		return value
	}
	if n, key := slices.Index(s.key, cell.Column), merge.KeyOf(value, len(s.key)); n >= 0 && key != nil {
		return key[n]
	}
	return value
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
	s.view = &view{byRow: map[string][]int{}}
	for i, c := range s.conflicts {
		if c.Key != nil {
			name := rowName(c.Key)
			s.view.byRow[name] = append(s.view.byRow[name], i)
		}
	}
	opt := s.opt
	opt.Output = merge.OutputTheirs
	if result, err := merge.Merge(s.base, s.ours, s.theirs, opt); err == nil {
		if f, err := s.parse(result.Bytes()); err == nil {
			s.view.merged, _ = csvrows.NewTable(f) // without it only clean cells are missing
		}
	}
	return s.view
}

// cleanRow is the row as it is merged, as far as no conflict is in the way. It may stand
// under the key that theirs gave it.
func (s *Session) cleanRow(c merge.Conflict) map[string]string {
	t := s.look().merged
	if t == nil {
		return nil
	}
	key := csvrows.Key(c.Key)
	if c.Kind == merge.KindKeyRename && c.Theirs.Exists {
		key = merge.KeyOf(c.Theirs.Text, len(s.key))
	}
	row, err := t.Get(key)
	if err != nil {
		return nil
	}
	return row
}
