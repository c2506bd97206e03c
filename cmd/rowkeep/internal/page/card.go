package page

import (
	"strconv"

	"github.com/rowkeep/rowkeep/merge"
)

// cardView is a conflict.
type cardView struct {
	ID, Kind, State, Says string
	Title, Column         text
	HasColumn             bool
	Settled, Note         string
	Heads                 [3]headCell
	Rows                  []rowView
	Same                  []namedText
	SameLeft              int
}

// headCell is the heading of a version's column.
type headCell struct{ Class, Name, Place string }

// rowView is a column of the row in the three versions.
type rowView struct {
	Class  string // x what the conflict is about, y in another conflict, m merged
	Column text
	Cells  [3]cellView
}

type cellView struct {
	Class string // w: what the result has
	Text  text
}

type namedText struct{ Name, Value text }

// mostSame is how many columns a card shows in which the versions agree.
const mostSame = 40

// clashes are the columns of each row, known by its lines, that are in conflict.
type clashes map[merge.Lines]map[string]bool

func clashesOf(r *merge.Result) clashes {
	found := clashes{}
	for _, c := range r.Conflicts {
		if !c.HasColumn {
			continue
		}
		if found[c.Lines] == nil {
			found[c.Lines] = map[string]bool{}
		}
		found[c.Lines][c.Column] = true
	}
	return found
}

func newCard(p Part, all clashes, c merge.Conflict, prefix string) cardView {
	row, clash := p.Result.Row(c), all[c.Lines]
	if p.NoBase { // what was made up says nothing
		c.Base, c.Lines.Base = merge.Value{}, 0
		for i := range row {
			row[i].Base = merge.Value{}
		}
	}
	v := cardView{
		ID: prefix + c.ID, Kind: string(c.Kind), State: state(c), Says: says(conflictKinds, string(c.Kind)),
		HasColumn: c.HasColumn, Settled: settled(c), Title: titleOf(c), Heads: headsOf(c),
	}
	if c.HasColumn {
		v.Column = plain(c.Column, mostChange)
	}
	if c.Note == "commented_out" {
		v.Note = "The deleting side made the row a comment."
	}
	if len(c.Base.Rows)+len(c.Ours.Rows)+len(c.Theirs.Rows) == 0 || row == nil {
		v.Rows = append(v.Rows, ownRow(c))
	}
	for _, cell := range row {
		if !c.HasColumn || cell.Column != c.Column {
			v.beside(c, cell, clash[cell.Column])
		}
	}
	return v
}

// titleOf is what a conflict is about: a key, or what has none.
func titleOf(c merge.Conflict) text {
	switch {
	case c.Key != nil:
		return keyText(c.Key)
	case c.Kind == merge.KindComment:
		return text{Runs: []run{{Text: "Comment"}}}
	}
	return text{Runs: []run{{Text: "Column"}}}
}

// settled says by what a conflict was settled.
func settled(c merge.Conflict) string {
	switch c.Settled {
	case "":
		return ""
	case "ours", "theirs", "base":
		return "settled: " + c.Settled
	case "function":
		return "settled by hand"
	}
	return "settled by " + c.Settled
}

func headsOf(c merge.Conflict) [3]headCell {
	place := func(line int, v merge.Value) string {
		switch {
		case line > 0:
			return "line " + strconv.Itoa(line)
		case v.Exists:
			return ""
		case c.Base.Exists:
			return "deleted"
		}
		return "not there"
	}
	return [3]headCell{
		{"base", "Base", place(c.Lines.Base, c.Base)},
		{"ours", "Ours", place(c.Lines.Ours, c.Ours)},
		{"theirs", "Theirs", place(c.Lines.Theirs, c.Theirs)},
	}
}

// ownRow is what the conflict itself is about.
func ownRow(c merge.Conflict) rowView {
	r := rowView{Class: "x"}
	for i, t := range three(c.Base, c.Ours, c.Theirs, mostConflict) {
		r.Cells[i].Text = t
		if c.Settled == merge.Side(i+1).String() {
			r.Cells[i].Class = "w"
		}
	}
	switch {
	case c.HasColumn:
		r.Column = plain(c.Column, mostChange)
	case c.Kind == merge.KindComment:
		r.Column = text{Runs: []run{{Text: "text"}}}
	default:
		r.Column = text{Runs: []run{{Text: "rows"}}}
	}
	return r
}

// beside adds a column of the conflict's row that the conflict is not about: as a row of
// its own where versions differ, else in the list of those that do not.
func (v *cardView) beside(c merge.Conflict, x merge.RowCell, clash bool) {
	taken := winner(x)
	if taken == merge.NoSide && !clash {
		if !x.Key { // that stands in the title
			v.same(x)
		}
		return
	}
	r := rowView{Class: "m", Column: plain(x.Column, mostChange)}
	switch {
	case !c.HasColumn: // of a row that one side deleted, every change is in conflict
		r.Class, taken = "x", merge.NoSide
	case clash:
		r.Class, taken = "y", merge.NoSide
	}
	for i, t := range three(x.Base, x.Ours, x.Theirs, mostChange) {
		r.Cells[i].Text = t
		if side := merge.Side(i + 1); side == taken || taken == merge.Both && side != merge.Base {
			r.Cells[i].Class = "w"
		}
	}
	v.Rows = append(v.Rows, r)
}

// winner is the side that changed a cell which the other left alone, Both where they made
// the same of it, NoSide where nobody changed it. A version without the row, or without
// the column, changed nothing of it.
func winner(x merge.RowCell) merge.Side {
	base := x.Base.Text
	ours, theirs := x.Ours.Exists && x.Ours.Text != base, x.Theirs.Exists && x.Theirs.Text != base
	switch {
	case ours && theirs && !x.Base.Exists: // a row or a column that both added alike
		return merge.NoSide
	case ours && theirs:
		return merge.Both
	case ours:
		return merge.Ours
	case theirs:
		return merge.Theirs
	}
	return merge.NoSide
}

// same adds a column in which the versions agree; an empty one says nothing.
func (v *cardView) same(x merge.RowCell) {
	value := x.Base.Text
	for _, other := range []merge.Value{x.Ours, x.Theirs} {
		if value == "" {
			value = other.Text
		}
	}
	switch {
	case value == "":
	case len(v.Same) == mostSame:
		v.SameLeft++
	default:
		v.Same = append(v.Same, namedText{plain(x.Column, mostBeside), plain(value, mostBeside)})
	}
}
