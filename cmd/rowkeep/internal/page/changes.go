package page

import (
	"iter"
	"slices"
	"strconv"

	"github.com/rowkeep/rowkeep/merge"
)

// groupView is what changed of one row, or of the columns, or one comment.
type groupView struct {
	Title text
	Key   []string
	Lines []changeView
	Diff  bool
	kinds map[string]bool
}

// Kinds are the classes by which the group is filtered.
func (g groupView) Kinds() []string {
	var list []string
	for _, k := range changeKinds {
		if g.kinds[k.name] {
			list = append(list, k.name)
		}
	}
	return list
}

// changeView is a change. Cells is set where a whole row came or went.
type changeView struct {
	Class         string // add, del or none
	What          text
	Cells         []namedText
	CellsLeft     int
	Before, After text
	From          string
	Place         string
}

// groups puts changes that stand behind one another and are of one row together. It
// stops behind the first most changes.
func groups(r *merge.Result, most int) iter.Seq[groupView] {
	return func(yield func(groupView) bool) {
		var g groupView
		n := 0
		for c := range r.Changes() {
			if n++; n > most {
				break
			}
			if len(g.Lines) > 0 && !g.takes(c) {
				if !yield(g) {
					return
				}
				g = groupView{}
			}
			g.add(c)
		}
		if len(g.Lines) > 0 {
			yield(g)
		}
	}
}

func ofColumns(k merge.ChangeKind) bool {
	switch k {
	case merge.ChangeColumnAdded, merge.ChangeColumnDeleted, merge.ChangeColumnRenamed, merge.ChangeColumnsMoved:
		return true
	}
	return false
}

// takes reports that a change is about what the group is about. Comments stand alone.
func (g *groupView) takes(c merge.Change) bool {
	if c.Key == nil {
		return g.Key == nil && ofColumns(c.Kind)
	}
	return slices.Equal(g.Key, c.Key)
}

func (g *groupView) add(c merge.Change) {
	if len(g.Lines) == 0 {
		g.Key, g.kinds = c.Key, map[string]bool{}
		switch {
		case c.Key != nil:
			g.Title = keyText(c.Key)
		case ofColumns(c.Kind):
			g.Title = text{Runs: []run{{Text: "Columns"}}}
		default:
			g.Title = text{Runs: []run{{Text: "Comment"}}}
		}
	}
	g.kinds[string(c.Kind)] = true
	g.Lines = append(g.Lines, newChange(c))
}

func newChange(c merge.Change) changeView {
	v := changeView{From: from(c.From), Place: placeOf(c)}
	v.What = text{Runs: []run{{Text: says(changeKinds, string(c.Kind))}}}
	switch {
	case c.Kind == merge.ChangeCell:
		v.What = plain(c.Column, mostChange)
	case ofColumns(c.Kind) && c.HasColumn:
		v.What = plain(says(changeKinds, string(c.Kind))+" "+c.Column, mostChange)
	}
	switch c.Kind {
	case merge.ChangeRowAdded, merge.ChangeColumnAdded:
		v.Class = "add"
	case merge.ChangeRowDeleted, merge.ChangeColumnDeleted:
		v.Class = "del"
	}
	if c.Kind == merge.ChangeRowAdded || c.Kind == merge.ChangeRowDeleted {
		v.row(c.Before, c.After)
		return v
	}
	v.Before, v.After = pair(c.Before, c.After, mostChange)
	if !c.Before.Exists && !c.After.Exists {
		v.Before, v.After = text{}, text{}
	}
	return v
}

// row lists the cells of a row that came or went.
func (v *changeView) row(before, after merge.Value) {
	for _, r := range slices.Concat(before.Rows, after.Rows) {
		for _, c := range r {
			switch {
			case c.Value == "":
			case len(v.Cells) == mostSame:
				v.CellsLeft++
			default:
				v.Cells = append(v.Cells, namedText{plain(c.Column, mostBeside), plain(c.Value, mostBeside)})
			}
		}
	}
}

// from says where a change comes from.
func from(s merge.Side) string {
	if s == merge.Neither {
		return "made"
	}
	return s.String()
}

// placeOf is the line of what is new, in the version that it comes from, or that of base
// of what is gone.
func placeOf(c merge.Change) string {
	line := c.Lines.Theirs
	if c.From == merge.Ours || line == 0 {
		line = c.Lines.Ours
	}
	gone := c.Before.Exists && !c.After.Exists
	switch {
	case line > 0 && !gone:
		return "line " + strconv.Itoa(line)
	case c.Lines.Base > 0:
		return "was line " + strconv.Itoa(c.Lines.Base)
	}
	return ""
}
