package main

import "fmt"

// tallyRow is a line of the table. A loss is a number that should be 0.
type tallyRow struct {
	label string
	loss  bool
	of    func(t tally) int
}

var tallyRows = []tallyRow{
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

// conclude prints the table, a column for each half.
func (d *demoCommand) conclude(halves []half, tallies []tally) error {
	v := d.out.text()
	if !d.out.quiet {
		v.text(plain, "")
	}
	head := fmt.Sprintf("%-30s", "")
	for _, h := range halves {
		head += fmt.Sprintf("%9s", h.name)
	}
	v.text(bold, head)
	for _, row := range tallyRows {
		sum, text := 0, fmt.Sprintf("%-30s", row.label)
		for _, t := range tallies {
			sum += row.of(t)
			text += fmt.Sprintf("%9d", row.of(t))
		}
		p := plain
		if row.loss && sum > 0 {
			p = red
		}
		v.text(p, text)
	}
	if d.keep != "" && !d.out.quiet {
		v.text(plain, "")
		v.text(plain, "All files are in "+d.keep+".")
	}
	return v.Flush()
}
