package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/config"
	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/git"
	"github.com/rowkeep/rowkeep/merge"
)

// statusDriverFailed tells git that there is no result. Since 2.42 git stops at statuses
// above 128; before, it took every status but 0 for a conflict.
const statusDriverFailed = 129

// driverCommand is one call by git, for one file of a merge.
type driverCommand struct {
	*app
	path       string
	ancestor   bool
	markerSize int
	labels     merge.Labels

	files    []string // base, ours, theirs; the result replaces ours
	contents [][]byte // of the files
}

func (a *app) newGitDriver() *cobra.Command {
	d := &driverCommand{app: a}
	cmd := &cobra.Command{
		Use:   "driver BASE OURS THEIRS",
		Short: "Merge one file for git, which calls this",
		Long: `Driver merges three versions of a file by row and cell, and writes the result over OURS.
An empty BASE means that both sides added the file. Git calls it as rowkeep git install
has set up: see "Defining a custom merge driver" in gitattributes(5).

What is no CSV that can be merged, or is in a merge with markers in it, is merged by lines,
as git does. Pointers of Git LFS and binary files are left alone, as a conflict.

Exit status: 0 merged; 1 conflicts stand, or as many as git's own merge counts; 129
nothing was written.`,
		Example: `  rowkeep git driver --path config.csv base ours theirs`,
		Args: func(cmd *cobra.Command, args []string) error {
			return d.failed(operands("BASE", "OURS", "THEIRS")(cmd, args))
		},
		RunE: d.run,
	}
	// Any other status would be a conflict, with ours as the result.
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return d.failed(flagFailure(err)) })
	flags := cmd.Flags()
	flags.StringVar(&d.path, "path", "", "`PATH` of the file in the repository: %P")
	flags.IntVar(&d.markerSize, "marker-size", 0, "length `N` of markers: %L")
	flags.StringVar(&d.labels.Base, "base-label", "", "`NAME` of base in markers: %S")
	flags.StringVar(&d.labels.Ours, "ours-label", "", "`NAME` of ours in markers: %X")
	flags.StringVar(&d.labels.Theirs, "theirs-label", "", "`NAME` of theirs in markers: %Y")
	flags.BoolVar(&d.ancestor, "ancestor", false, "the result is a base for git's own use: base stands where conflicts do")
	return cmd
}

// failed gives an error the status that git takes for a failure.
func (d *driverCommand) failed(err error) error {
	var f *failure
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f) && f.status > statusDriverFailed:
		return f
	case errors.As(err, &f):
		return &failure{status: statusDriverFailed, err: f.err, hint: f.hint}
	}
	return &failure{status: statusDriverFailed, err: err}
}

func (d *driverCommand) run(cmd *cobra.Command, args []string) (err error) {
	d.files = args
	d.prepare()
	d.status, err = d.guarded(func() (int, error) { return d.merge(cmd.Context()) })
	return d.failed(err)
}

// guarded turns a panic into an error: the status of a panic would be a conflict to git.
func (d *driverCommand) guarded(work func() (int, error)) (status int, err error) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(d.out.stderr, "%s", debug.Stack())
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return work()
}

// prepare fills in what git has not passed on. Before 2.44 it did not know the labels'
// placeholders, and left them as they are.
func (d *driverCommand) prepare() {
	if d.path == "" {
		d.path = d.files[1]
	}
	for _, label := range []struct {
		name             *string
		literal, instead string
	}{
		{&d.labels.Base, "%S", merge.Base.String()},
		{&d.labels.Ours, "%X", merge.Ours.String()},
		{&d.labels.Theirs, "%Y", merge.Theirs.String()},
	} {
		*label.name = oneLine(*label.name)
		if *label.name == "" || *label.name == label.literal {
			*label.name = label.instead
		}
	}
}

// merge returns the exit status. Nothing is written before all is known.
func (d *driverCommand) merge(ctx context.Context) (status int, err error) {
	if d.contents, err = d.readAll(d.files); err != nil {
		return 0, err
	}
	for _, data := range d.contents {
		switch {
		case git.IsLFSPointer(data):
			return d.leave(ctx, "is stored by Git LFS: take one side by git checkout --ours or --theirs")
		case git.IsBinary(data):
			return d.leave(ctx, "is no text that could be merged, or UTF-16")
		}
	}
	settings, err := treeSettings(d.path)
	if err != nil {
		// The key is not known, and a merge by lines that seems clean may be wrong.
		status, err := d.byLines(ctx, configFailure(err).err)
		if err == nil && status == statusClean && !d.ancestor {
			d.out.hint("look at the result, although it has no markers: it counts as a conflict")
			status = statusConflicts
		}
		return status, err
	}
	return d.byRows(ctx, settings)
}

// leave lets ours stand, as git does with binary files.
func (d *driverCommand) leave(ctx context.Context, why string) (status int, err error) {
	if d.ancestor {
		return statusClean, d.write(ctx, d.contents[0])
	}
	d.out.message(yellow, d.path+": "+why+"; ours stands in the work tree")
	return statusConflicts, nil
}

func (d *driverCommand) byRows(ctx context.Context, settings config.Settings) (status int, err error) {
	opt := mergeOptions(settings)
	opt.Labels, opt.MarkerSize = d.labels, d.markerSize
	if d.ancestor {
		opt.Output = merge.OutputBase
	}
	result, err := merge.Merge(d.contents[0], d.contents[1], d.contents[2], opt)
	if err != nil {
		return d.byLines(ctx, sameNamed(d.path).failure(err).err)
	}
	for _, w := range result.Warnings {
		if w.Kind == merge.WarnConflictMarker { // rerere merges conflicts as they stand
			return d.byLines(ctx, fmt.Errorf("%s: line %d: %s", d.path, w.Line, w.Message))
		}
	}
	if err := d.write(ctx, result.Bytes()); err != nil {
		return 0, err
	}
	if d.ancestor {
		return statusClean, nil
	}
	d.out.warnings(sameNamed(d.path), result.Warnings)
	if result.Clean() {
		return statusClean, nil
	}
	d.standing(d.path, result)
	return statusConflicts, nil
}

// byLines merges as git does without a driver.
func (d *driverCommand) byLines(ctx context.Context, why error) (status int, err error) {
	text, conflicts, err := git.TextMerge{
		Base: d.files[0], Ours: d.files[1], Theirs: d.files[2],
		BaseLabel: d.labels.Base, OursLabel: d.labels.Ours, TheirsLabel: d.labels.Theirs, MarkerSize: d.markerSize,
	}.Run()
	if err != nil {
		return 0, err
	}
	if d.ancestor {
		if conflicts > 0 {
			text = string(d.contents[0])
		}
		return statusClean, d.write(ctx, []byte(text))
	}
	d.out.message(yellow, why.Error())
	d.out.message(yellow, d.path+": merged by lines, as git does without rowkeep")
	return conflicts, d.write(ctx, []byte(text))
}

func (d *driverCommand) write(ctx context.Context, data []byte) error {
	return replaceFile(ctx, d.files[1], data)
}
