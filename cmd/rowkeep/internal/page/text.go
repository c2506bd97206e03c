package page

import (
	"strconv"
	"strings"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/escape"
	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/highlight"
	"github.com/rowkeep/rowkeep/merge"
)

// How many bytes of a value the page shows: of one that is in conflict, of one that
// changed, and of one that is there for orientation.
const (
	mostConflict = 400
	mostChange   = 200
	mostBeside   = 60
)

// A run is a stretch of a value of one look. Left, where it is not empty, stands for what
// was left out.
type run struct {
	Text             string
	Changed, Escaped bool
	Left             string
}

// A text is a value as the page shows it. None says in a word that there is nothing to
// show.
type text struct {
	Runs []run
	None string
}

// textOf shows parts of a value, cut to most bytes.
func textOf(parts []highlight.Part, most int) text {
	var t text
	for _, p := range highlight.Shorten(parts, most) {
		if p.Left > 0 {
			t.Runs = append(t.Runs, run{Left: size(p.Left)})
		}
		for s, escaped := range escape.Runs(p.Text) {
			t.Runs = append(t.Runs, run{Text: s, Changed: p.Changed, Escaped: escaped})
		}
	}
	if t.Runs == nil {
		t.None = "empty"
	}
	return t
}

// plain shows a value of which nothing differs.
func plain(s string, most int) text { return textOf(highlight.Whole(s, false), most) }

// valueText shows a version of a value.
func valueText(v merge.Value, parts []highlight.Part, most int) text {
	if !v.Exists {
		return text{None: "none"}
	}
	return textOf(parts, most)
}

// size says how much was left out.
func size(n int) string {
	switch {
	case n >= 1<<20:
		return strconv.Itoa(n>>20) + " MiB"
	case n >= 10<<10:
		return strconv.Itoa(n>>10) + " KiB"
	}
	return strconv.Itoa(n) + " bytes"
}

// keyText shows a key.
func keyText(key []string) text { return plain(strings.Join(key, ", "), mostChange) }

// flat is the text of a value for the comparison inside of it: that of a cell, or the
// cells of rows on one line.
func flat(v merge.Value) string {
	if len(v.Rows) == 0 {
		return v.Text
	}
	rows := make([]string, len(v.Rows))
	for i, r := range v.Rows {
		rows[i] = strings.Join(filled(r), ", ")
	}
	return strings.Join(rows, " and ")
}

// filled lists the cells of a row that are not empty.
func filled(row merge.RowValue) []string {
	var cells []string
	for _, c := range row {
		if c.Value != "" {
			cells = append(cells, c.Column+"="+c.Value)
		}
	}
	return cells
}

// pair shows two versions with what differs.
func pair(before, after merge.Value, most int) (b, a text) {
	if !before.Exists || !after.Exists {
		return valueText(before, highlight.Whole(flat(before), false), most), valueText(after, highlight.Whole(flat(after), false), most)
	}
	x, y := highlight.Pair(flat(before), flat(after))
	return valueText(before, x, most), valueText(after, y, most)
}

// three shows three versions with what differs: from base where there is one, else
// between the sides.
func three(base, ours, theirs merge.Value, most int) [3]text {
	if !base.Exists {
		o, t := pair(ours, theirs, most)
		return [3]text{{None: "none"}, o, t}
	}
	parts := highlight.Three(flat(base), orBase(ours, base), orBase(theirs, base))
	return [3]text{valueText(base, parts[0], most), valueText(ours, parts[1], most), valueText(theirs, parts[2], most)}
}

// orBase is a version's text, base's where the version does not exist: nothing of base is
// to be marked then.
func orBase(v, base merge.Value) string {
	if !v.Exists {
		return flat(base)
	}
	return flat(v)
}
