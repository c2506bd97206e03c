package main

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/config"
	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/highlight"
	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/page"
	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

// diffCommand is one call of rowkeep diff.
type diffCommand struct {
	*app
	read     csvrows.Options
	format   format
	exitCode bool
}

func (a *app) newDiff() *cobra.Command {
	d := &diffCommand{app: a}
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "List the changes from one file to another by key and column",
		Long: `Diff lists the changes from A to B by key and column: "+" added, "-" deleted,
"~" changed, ">" moved. Text cuts long values; JSON has them whole.

Exit status: 0, or with --exit-code 1 where there are changes; 2 usage; 3 a file is
not readable as CSV with this key; 4 a file cannot be read.`,
		Example: `  rowkeep diff old.csv new.csv
  rowkeep diff --key host,port --format ndjson old.csv new.csv
  rowkeep diff --format html old.csv new.csv > changes.html
  git show HEAD:config.csv | rowkeep diff --exit-code - config.csv`,
		Args: operands("A", "B"),
		RunE: d.run,
	}
	addReadFlags(cmd, &d.read)
	configure(cmd, func(args []string) []string { return []string{args[1], args[0]} }, func(s config.Settings) {
		readAs(&d.read, s.Read, cmd.Flags())
	})
	addReportFormat(cmd, &d.format, "form of the output; html is a page of its own, for a browser", word[format]{"text", formatText})
	cmd.Flags().BoolVar(&d.exitCode, "exit-code", false, "exit with 1 if there are changes")
	a.addColor(cmd)
	a.addQuiet(cmd)
	return cmd
}

func (d *diffCommand) run(cmd *cobra.Command, args []string) (err error) {
	if err := d.read.Validate(); err != nil {
		return usage("%w", err)
	}
	d.status, err = await(cmd.Context(), func() (int, error) { return d.diff(args) })
	return err
}

func (d *diffCommand) diff(args []string) (status int, err error) {
	files := inputs{merge.Base: args[0], merge.Theirs: args[1]}
	result, err := d.compare(args, files)
	if err != nil {
		return 0, err
	}
	d.out.warnings(files, result.Warnings)
	if err := d.write(files, result); err != nil {
		return 0, stdoutFailure(err)
	}
	if d.exitCode {
		for range result.Changes() {
			return statusConflicts, nil
		}
	}
	return statusClean, nil
}

// compare compares window by window if that is to be had, else in memory.
func (d *diffCommand) compare(args []string, files inputs) (result *merge.Result, err error) {
	defer d.out.working("comparing")()
	if w := openWindows(args); w != nil {
		defer w.close()
		result, done, err := d.inWindows(w, func() (*merge.Result, error) {
			return merge.DiffLarge(w.parts[0], w.parts[1], d.read, w.memory())
		})
		if err != nil {
			return nil, files.failure(err)
		}
		if done {
			return result, nil
		}
	}
	contents, err := d.readAll(args)
	if err != nil {
		return nil, err
	}
	if result, err = merge.Diff(contents[0], contents[1], d.read); err != nil {
		return nil, files.failure(err)
	}
	return result, nil
}

func (d *diffCommand) write(files inputs, result *merge.Result) error {
	switch d.format {
	case formatJSON:
		return result.WriteJSON(d.out.stdout)
	case formatNDJSON:
		return result.WriteNDJSON(d.out.stdout)
	case formatHTML:
		part := pagePart(files, result)
		part.Diff = true
		part.AllChanges = "rowkeep diff " + shellWord(files[merge.Base]) + " " + shellWord(files[merge.Theirs])
		return page.Write(d.out.stdout, newPage(part))
	}
	return d.out.show(func(v *view) { v.changes(ahead(result.Changes())) })
}

// ahead lists changes in a goroutine of its own, some of them before they are asked for: one
// processor lists while the other one shows.
func ahead(list iter.Seq[merge.Change]) iter.Seq[merge.Change] {
	const some, few = 256, 4
	return func(yield func(merge.Change) bool) {
		ready, done := make(chan []merge.Change, few), make(chan struct{})
		defer close(done)
		go func() {
			defer close(ready)
			for batch := range batches(list, some) {
				select {
				case ready <- batch:
				case <-done: // no more are wanted
					return
				}
			}
		}()
		for batch := range ready {
			for _, c := range batch {
				if !yield(c) {
					return
				}
			}
		}
	}
}

// batches gathers what is listed, size at a time.
func batches[T any](list iter.Seq[T], size int) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		var batch []T
		for x := range list {
			if batch = append(batch, x); len(batch) == size {
				if !yield(batch) {
					return
				}
				batch = make([]T, 0, size)
			}
		}
		yield(batch)
	}
}

// changeSpans puts a change on one line, where colours are seen with what differs inside of
// values in colours of its own.
func changeSpans(c merge.Change, colored bool) []span {
	key, column := names(c.Key), name(c.Column)
	place := linePlace(c.Lines)
	one := func(p paint, texts ...string) []span { return []span{{p, strings.Join(texts, "")}} }
	switch c.Kind {
	case merge.ChangeCell:
		return fromTo("~ "+key+", "+column+": ", c, place, colored)
	case merge.ChangeRowAdded:
		return one(green, "+ ", key, ": ", show(c.After, nil), place)
	case merge.ChangeRowDeleted:
		return one(red, "- ", key, ": ", show(c.Before, nil), place)
	case merge.ChangeRowMoved:
		return one(yellow, "> ", key, " moved", place)
	case merge.ChangeKeyRenamed:
		return fromTo("~ key ", c, place, colored)
	case merge.ChangeColumnAdded:
		return one(green, "+ column ", column)
	case merge.ChangeColumnDeleted:
		return one(red, "- column ", column)
	case merge.ChangeColumnRenamed:
		return fromTo("~ column ", c, "", colored)
	case merge.ChangeColumnsMoved:
		return one(yellow, "> columns moved: ", show(c.Before, nil), " -> ", show(c.After, nil))
	}
	switch { // a comment
	case !c.Before.Exists:
		return one(green, "+ comment ", show(c.After, nil), place)
	case !c.After.Exists:
		return one(red, "- comment ", show(c.Before, nil), place)
	}
	return fromTo("~ comment ", c, place, colored)
}

// fromTo shows a value that became another one. What differs inside is looked for where that
// is seen: in colours, and in what is too long to be shown whole.
func fromTo(start string, c merge.Change, end string, colored bool) []span {
	long := max(len(c.Before.Text), len(c.After.Text)) > quoteMost
	if !texts(c.Before, c.After) || !colored && !long {
		return []span{{yellow, start + show(c.Before, nil) + " -> " + show(c.After, nil) + end}}
	}
	b, a := highlight.Pair(c.Before.Text, c.After.Text)
	before, after := quoteParts(b, yellow, gone), quoteParts(a, yellow, came)
	return slices.Concat([]span{{yellow, start}}, before, []span{{yellow, " -> "}}, after, []span{{yellow, end}})
}

// linePlace says where a change stands: in the new file, else in the old one.
func linePlace(l merge.Lines) string {
	switch {
	case l.Theirs > 0:
		return " (line " + strconv.Itoa(l.Theirs) + ")"
	case l.Base > 0:
		return " (was line " + strconv.Itoa(l.Base) + ")"
	}
	return ""
}
