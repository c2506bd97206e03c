package main

import (
	"fmt"
	"strings"

	"github.com/rowkeep/rowkeep/merge"
)

// cellsMost is how many cells of a row a line of text shows.
const cellsMost = 16

// show puts a version of a cell, a comment or a row on one line. Of a row it shows
// the cells whose columns are in only; all that are not empty where only is nil.
func show(v merge.Value, only map[string]bool) string {
	if !v.Exists {
		return "none"
	}
	if len(v.Rows) == 0 {
		return quote(v.Text)
	}
	rows := make([]string, len(v.Rows))
	for i, r := range v.Rows {
		rows[i] = showRow(r, only)
	}
	return strings.Join(rows, " and ")
}

func showRow(row merge.RowValue, only map[string]bool) string {
	var cells []string
	for _, c := range row {
		if only[c.Column] || only == nil && c.Value != "" {
			cells = append(cells, name(c.Column)+"="+quote(c.Value))
		}
	}
	if more := len(cells) - cellsMost; more > 0 {
		cells = append(cells[:cellsMost], fmt.Sprintf("%d more", more))
	}
	return strings.Join(cells, ", ")
}

// distinct finds the columns in which versions of one row differ. It is nil, so that
// all are shown, where no two rows can be compared.
func distinct(versions ...merge.Value) map[string]bool {
	var first map[string]string
	var differ map[string]bool
	for _, v := range versions {
		if !v.Exists {
			continue
		}
		if len(v.Rows) != 1 {
			return nil
		}
		cells := map[string]string{}
		for _, c := range v.Rows[0] {
			cells[c.Column] = c.Value
		}
		if first == nil {
			first, differ = cells, map[string]bool{}
		}
		for _, side := range []map[string]string{first, cells} {
			for column := range side {
				if first[column] != cells[column] {
					differ[column] = true
				}
			}
		}
	}
	if len(differ) == 0 {
		return nil
	}
	return differ
}

// warnings prints what a person should know of that lost no data.
func (o *output) warnings(files inputs, list []merge.Warning) {
	if o.quiet {
		return
	}
	for _, w := range list {
		place := ""
		if w.Input != merge.NoSide {
			place = files.at(w.Input, w.Line) + ": "
		}
		o.message(yellow, "warning: "+place+subject(string(w.Kind), w.Key, w.Column, w.Column != "")+": "+w.Message)
	}
}

// conflict prints a conflict with its three versions.
func (o *output) conflict(files inputs, c merge.Conflict) {
	what := "conflict: " + subject(string(c.Kind), c.Key, c.Column, c.HasColumn)
	if c.Note != "" {
		what += ", " + c.Note
	}
	o.message(yellow, what)
	shown := distinct(c.Base, c.Ours, c.Theirs)
	for _, version := range []struct {
		side  merge.Side
		line  int
		value merge.Value
	}{{merge.Base, c.Lines.Base, c.Base}, {merge.Ours, c.Lines.Ours, c.Ours}, {merge.Theirs, c.Lines.Theirs, c.Theirs}} {
		o.detail(fmt.Sprintf("%-6s  %s: %s", version.side, files.at(version.side, version.line), show(version.value, shown)))
	}
}

// subject says what a conflict or a warning is about.
func subject(kind string, key []string, column string, hasColumn bool) string {
	if key != nil {
		kind += ", key " + names(key)
	}
	if hasColumn {
		kind += ", column " + name(column)
	}
	return kind
}
