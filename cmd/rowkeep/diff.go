package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/config"
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
  git show HEAD:config.csv | rowkeep diff --exit-code - config.csv`,
		Args: operands("A", "B"),
		RunE: d.run,
	}
	addReadFlags(cmd, &d.read)
	configure(cmd, func(args []string) []string { return []string{args[1], args[0]} }, func(s config.Settings) {
		readAs(&d.read, s.Read, cmd.Flags())
	})
	addFormat(cmd, &d.format)
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
	contents, err := d.readAll(args)
	if err != nil {
		return 0, err
	}
	done := d.out.working("comparing")
	result, err := merge.Diff(contents[0], contents[1], d.read)
	done()
	if err != nil {
		return 0, files.failure(err)
	}
	d.out.warnings(files, result.Warnings)
	if err := d.write(result); err != nil {
		return 0, stdoutFailure(err)
	}
	if d.exitCode {
		for range result.Changes() {
			return statusConflicts, nil
		}
	}
	return statusClean, nil
}

func (d *diffCommand) write(result *merge.Result) error {
	switch d.format {
	case formatJSON:
		return result.WriteJSON(d.out.stdout)
	case formatNDJSON:
		return result.WriteNDJSON(d.out.stdout)
	}
	line, flush := d.out.text()
	for c := range result.Changes() {
		line(changeLine(c))
	}
	return flush()
}

// changeLine puts a change on one line.
func changeLine(c merge.Change) (paint, string) {
	key, column := names(c.Key), name(c.Column)
	before, after := show(c.Before, nil), show(c.After, nil)
	place := linePlace(c.Lines)
	switch c.Kind {
	case merge.ChangeCell:
		return yellow, fmt.Sprintf("~ %s, %s: %s -> %s%s", key, column, before, after, place)
	case merge.ChangeRowAdded:
		return green, fmt.Sprintf("+ %s: %s%s", key, after, place)
	case merge.ChangeRowDeleted:
		return red, fmt.Sprintf("- %s: %s%s", key, before, place)
	case merge.ChangeRowMoved:
		return yellow, fmt.Sprintf("> %s moved%s", key, place)
	case merge.ChangeKeyRenamed:
		return yellow, fmt.Sprintf("~ key %s -> %s%s", before, after, place)
	case merge.ChangeColumnAdded:
		return green, "+ column " + column
	case merge.ChangeColumnDeleted:
		return red, "- column " + column
	case merge.ChangeColumnRenamed:
		return yellow, fmt.Sprintf("~ column %s -> %s", before, after)
	case merge.ChangeColumnsMoved:
		return yellow, fmt.Sprintf("> columns moved: %s -> %s", before, after)
	}
	return commentLine(c, place)
}

// linePlace says where a change stands: in the new file, else in the old one.
func linePlace(l merge.Lines) string {
	switch {
	case l.Theirs > 0:
		return fmt.Sprintf(" (line %d)", l.Theirs)
	case l.Base > 0:
		return fmt.Sprintf(" (was line %d)", l.Base)
	}
	return ""
}

func commentLine(c merge.Change, place string) (paint, string) {
	before, after := show(c.Before, nil), show(c.After, nil)
	switch {
	case !c.Before.Exists:
		return green, fmt.Sprintf("+ comment %s%s", after, place)
	case !c.After.Exists:
		return red, fmt.Sprintf("- comment %s%s", before, place)
	}
	return yellow, fmt.Sprintf("~ comment %s -> %s%s", before, after, place)
}
