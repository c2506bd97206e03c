package main

import (
	"fmt"
	"strings"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/page"
	"github.com/rowkeep/rowkeep/merge"
)

// printReport is the report of a merge as text: what it came to, then warnings, conflicts
// with their three versions, and changes with the side that they come from.
func printReport(v *view, files inputs, result *merge.Result) {
	changes := 0
	for range result.Changes() {
		changes++
	}
	look := green
	if !result.Clean() {
		look = red
	}
	v.line(span{look, fmt.Sprintf("conflicts standing: %d", result.Stats.Standing)},
		span{plain, fmt.Sprintf(", settled: %d, changes merged: %d", result.Stats.Settled, changes)})
	for _, w := range result.Warnings {
		v.line(span{yellow, warningLine(files, w)})
	}
	for _, c := range result.Conflicts {
		v.line()
		v.conflict("", files, c)
	}
	if changes > 0 {
		v.line()
	}
	for c := range result.Changes() {
		if c.From == merge.Ours {
			c.Lines.Theirs = c.Lines.Ours // the line that matters is where it stands
		}
		v.line(append(changeSpans(c, v.colored), span{plain, ", " + from(c.From)})...)
	}
}

// from says where a change comes from.
func from(s merge.Side) string {
	switch s {
	case merge.Both:
		return "from both"
	case merge.Neither:
		return "made by a policy"
	case merge.Base:
		return "settled to base"
	}
	return "from " + s.String()
}

// newPage is a page of one merge or diff, or of several with a title each.
func newPage(parts ...page.Part) page.Report {
	r := page.Report{Parts: parts}
	var names []string
	for _, side := range []merge.Side{merge.Base, merge.Ours, merge.Theirs} {
		if name := parts[0].Names[side]; name != "" {
			names = append(names, name)
		}
	}
	r.Title = strings.Join(names, ", ")
	return r
}

// pagePart is what a page shows of one merge or diff. Who has several of them gives them
// titles and facts.
func pagePart(files inputs, result *merge.Result) page.Part {
	part := page.Part{Names: map[merge.Side]string{}, Result: result}
	for side, file := range files {
		part.Names[side] = called(file)
	}
	return part
}

// mattersPage is a page of what waits to be settled in a file.
func mattersPage(file string, list []*matter) (page.Report, error) {
	r := page.Report{Title: file}
	for _, x := range list {
		result, err := x.session.Result()
		if err != nil {
			return r, err
		}
		part := page.Part{Title: x.title(), Names: map[merge.Side]string{}, Result: result, NoBase: !x.session.HasBase(), Only: x.only, AllConflicts: "rowkeep conflicts " + shellWord(file)}
		for _, side := range []merge.Side{merge.Base, merge.Ours, merge.Theirs} {
			part.Names[side] = x.by(side)
		}
		if x.change != nil && x.change.Note != "" {
			part.Facts = append(part.Facts, page.Fact{Name: "Note", Value: x.change.Note})
		}
		r.Parts = append(r.Parts, part)
	}
	return r, nil
}
