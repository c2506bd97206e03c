package demo

import "fmt"

// Outcome is what came of the halves.
type Outcome struct {
	halves  []half
	tallies []tally
}

// Row is a line of the table.
type Row struct {
	Label  string
	Counts []int // one for each half
	Lost   bool  // the counts should be 0, and one is not
}

// Halves are the names of the halves that were played.
func (o *Outcome) Halves() []string {
	var names []string
	for _, h := range o.halves {
		names = append(names, h.name)
	}
	return names
}

// counted are the lines of the table. A loss is a number that should be 0.
var counted = []struct {
	label string
	loss  bool
	of    func(t tally) int
}{
	{"rows at the start", false, func(t tally) int { return t.startRows }},
	{"rows that editors added", false, func(t tally) int { return t.addedRows }},
	{"comments that editors added", false, func(t tally) int { return t.addedComments }},
	{"cells that editors changed", false, func(t tally) int { return t.editorCells }},
	{"cells that the daemon changed", false, func(t tally) int { return t.daemonCells }},
	{"rows in the end", false, func(t tally) int { return t.endRows }},
	{"rows lost", true, func(t tally) int { return t.lostRows }},
	{"cells lost", true, func(t tally) int { return t.lostCells }},
	{"comments lost", true, func(t tally) int { return t.lostComments }},
	{"blank lines lost", true, func(t tally) int { return t.lostBlanks }},
	{"lines that nobody wrote", true, func(t tally) int { return t.extra }},
}

// Rows are the lines of the table.
func (o *Outcome) Rows() []Row {
	var rows []Row
	for _, c := range counted {
		row := Row{Label: c.label}
		for _, t := range o.tallies {
			n := c.of(t)
			row.Counts = append(row.Counts, n)
			row.Lost = row.Lost || c.loss && n > 0
		}
		rows = append(rows, row)
	}
	return rows
}

// OtherwiseError says that the story came out otherwise than it is told.
type OtherwiseError struct {
	What string
	Bug  bool // of rowkeep's, which lost something
}

func (e *OtherwiseError) Error() string { return e.What }

// Verdict is nil if the naive daemon lost something and rowkeep nothing, else an
// [*OtherwiseError].
func (o *Outcome) Verdict() error {
	for i, h := range o.halves {
		switch t := o.tallies[i]; {
		case h.loses && t.missing() == "":
			return &OtherwiseError{What: fmt.Sprintf("the daemon of the half %q lost nothing, which it should have", h.name)}
		case !h.loses && t.missing() != "":
			return &OtherwiseError{What: fmt.Sprintf("%s lost %s", h.name, t.missing()), Bug: true}
		case !h.loses && t.extra > 0:
			return &OtherwiseError{What: fmt.Sprintf("%s left %s that nobody wrote", h.name, plural(t.extra, "line")), Bug: true}
		}
	}
	return nil
}
