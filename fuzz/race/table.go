//go:build linux

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// A sum is what all batches of a cell come to.
type sum struct {
	tally
	commits recent // medians of the batches
}

func sums(batches []batch) map[cell]*sum {
	all := map[cell]*sum{}
	for _, b := range batches {
		if all[b.cell] == nil {
			all[b.cell] = &sum{}
		}
		all[b.cell].add(b.tally)
		all[b.cell].commits = append(all[b.cell].commits, time.Duration(b.Commit)*time.Microsecond)
	}
	return all
}

// printTable prints a line for each kind, file system and number of writers: those of the
// order first, then what else the log holds.
func printTable(w io.Writer, order []cell, batches []batch) error {
	for _, b := range batches {
		order = append(order, b.cell)
	}
	all := sums(batches)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\t\t\tplain\t\t\t\trowkeep\t\t\t\t\t\t\t\t")
	fmt.Fprintln(t, "kind\tfile system\twriters\trounds\tlost\ttorn\tcommit\trounds\tlost\ttorn\tour-gone\thistory-only\trefused\tgave-up\tcommit\t")
	printed := map[cell]bool{}
	for _, c := range order {
		c.Strategy = ""
		if printed[c] {
			continue
		}
		printed[c] = true
		printRow(t, c, all)
	}
	return t.Flush()
}

// printRow prints both strategies side by side.
func printRow(t io.Writer, c cell, all map[cell]*sum) {
	fmt.Fprintf(t, "%s\t%s\t%d\t", c.Kind, c.FS, c.Writers)
	c.Strategy = plainly
	if s := all[c]; s != nil {
		fmt.Fprintf(t, "%d\t%d\t%d\t%v\t", s.Rounds, s.Lost, s.Torn, s.commits.median())
	} else {
		fmt.Fprint(t, strings.Repeat("\t", 4))
	}
	c.Strategy = rowkeep
	if s := all[c]; s != nil {
		fmt.Fprintf(t, "%d\t%d\t%d\t%d\t%d\t%d\t%d\t%v", s.Rounds, s.Lost, s.Torn, s.Gone, s.History, s.Refused, s.GaveUp, s.commits.median())
	} else {
		fmt.Fprint(t, strings.Repeat("\t", 7))
	}
	fmt.Fprintln(t, "\t")
}

// weak lists the kinds of which plain lost less than one edit in a hundred, where there
// were rounds enough to tell: there the store's zero says little. Processes that are
// started for each edit are left out, as they cannot be aimed.
func weak(batches []batch) []string {
	const enough = 1000
	byKind := map[string]*tally{}
	var names []string
	for _, b := range batches {
		if k, _ := findKind(b.Kind); b.Strategy != plainly || k.pace == tool {
			continue
		}
		if byKind[b.Kind] == nil {
			byKind[b.Kind] = &tally{}
			names = append(names, b.Kind)
		}
		byKind[b.Kind].add(b.tally)
	}
	return slices.DeleteFunc(names, func(name string) bool {
		t := byKind[name]
		return t.Rounds < enough || 100*t.Lost >= t.Edits
	})
}
