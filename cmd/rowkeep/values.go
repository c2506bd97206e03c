package main

import (
	"bufio"
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/highlight"
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
	v := o.messages()
	for _, w := range list {
		v.message(span{yellow, warningLine(files, w)})
	}
	v.Flush()
}

func warningLine(files inputs, w merge.Warning) string {
	place := ""
	if w.Input != merge.NoSide {
		place = files.at(w.Input, w.Line) + ": "
	}
	return "warning: " + place + subject(string(w.Kind), w.Key, w.Column, w.Column != "") + ": " + w.Message
}

// conflicts prints those of the conflicts that stand as messages, in their order. Where they
// are many, parts of the list are worded side by side.
func (v *view) conflicts(files inputs, list []merge.Conflict) {
	const some, few = 256, 4
	parts := make(chan chan []byte, few)
	go func() {
		defer close(parts)
		for part := range slices.Chunk(list, some) {
			worded := make(chan []byte, 1)
			parts <- worded
			go func() {
				var text bytes.Buffer
				own := &view{bufio.NewWriter(&text), v.width, v.colored}
				for _, c := range part {
					if c.Settled == "" {
						own.conflict(speaker, files, c)
					}
				}
				own.Flush()
				worded <- text.Bytes()
			}()
		}
	}()
	for worded := range parts {
		v.Write(<-worded)
	}
}

// sideHeads are the names of the versions, one as long as the other.
var sideHeads = [...]string{"base    ", "ours    ", "theirs  "}

// conflict says, behind start, what a conflict is about, and then, on a line each, what the
// three versions have. What differs inside their values has a colour.
func (v *view) conflict(start string, files inputs, c merge.Conflict) {
	what := subject(string(c.Kind), c.Key, c.Column, c.HasColumn)
	if c.Note != "" {
		what += ", " + c.Note
	}
	if c.Settled != "" {
		what += ", settled: " + c.Settled
	}
	v.line(span{plain, start}, span{yellow, "conflict: "}, span{yellow, what})
	at := [...]int{c.Lines.Base, c.Lines.Ours, c.Lines.Theirs}
	var room [8]span
	for i, value := range versionSpans(c, v.colored) {
		side := merge.Base + merge.Side(i)
		line := append(room[:0], span{plain, "  "}, span{plain, sideHeads[i]}, span{plain, files.at(side, at[i])}, span{plain, ": "})
		v.line(append(line, value...)...)
	}
}

// versionSpans shows the three versions of a conflict. What differs inside them is looked for
// where that is seen: in colours or other marks, and in what is too long to be shown whole.
func versionSpans(c merge.Conflict, marked bool) [3][]span {
	long := max(len(c.Base.Text), len(c.Ours.Text), len(c.Theirs.Text)) > quoteMost
	var parts [3][]highlight.Part
	switch {
	case !marked && !long:
	case texts(c.Base, c.Ours, c.Theirs):
		parts = highlight.Three(c.Base.Text, c.Ours.Text, c.Theirs.Text)
	case texts(c.Ours, c.Theirs) && !c.Base.Exists:
		parts[1], parts[2] = highlight.Pair(c.Ours.Text, c.Theirs.Text)
	case texts(c.Base, c.Ours) && !c.Theirs.Exists:
		parts[0], parts[1] = highlight.Pair(c.Base.Text, c.Ours.Text)
	case texts(c.Base, c.Theirs) && !c.Ours.Exists:
		parts[0], parts[2] = highlight.Pair(c.Base.Text, c.Theirs.Text)
	}
	shown := distinct(c.Base, c.Ours, c.Theirs)
	var spans [3][]span
	for i, v := range []merge.Value{c.Base, c.Ours, c.Theirs} {
		changed := came
		if i == 0 {
			changed = gone
		}
		if parts[i] == nil {
			spans[i] = []span{{plain, show(v, shown)}}
		} else {
			spans[i] = quoteParts(parts[i], plain, changed)
		}
	}
	return spans
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
