package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/demo"
)

// demoCommand is one call of rowkeep demo.
type demoCommand struct {
	*app
	naiveOnly bool
	seconds   float64
	keep      string
}

func (a *app) newDemo() *cobra.Command {
	d := &demoCommand{app: a}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Play the story of the lost line",
		Long: `Demo plays a daemon and editors that change one file at the same time. First the
daemon reads the file, thinks, and writes its own copy back; then the same story is
played with rowkeep's store. The editors are processes of their own: one empties the
file and writes it again, slowly; one renames a new file over the old.

All numbers of the table at the end are counted from the files: what it started with,
what each actor noted down after it had saved, and what is there in the end.

Exit status: 0 the naive daemon lost something and rowkeep nothing; 1 it came out
otherwise; 2 usage; 4 input or output failed; 130 interrupted.`,
		Example: `  rowkeep demo
  rowkeep demo --seconds 20 --keep story
  rowkeep demo --naive-only --quiet`,
		Args: operands(),
		RunE: d.run,
	}
	flags := cmd.Flags()
	flags.BoolVar(&d.naiveOnly, "naive-only", false, "only the half without rowkeep")
	flags.Float64Var(&d.seconds, "seconds", 5, "play for about `N` seconds; more of them, more rounds (default 5)")
	flags.StringVar(&d.keep, "keep", "", "keep all files in `DIR`, which must be new or empty")
	a.addColor(cmd)
	flags.BoolVarP(&a.out.quiet, "quiet", "q", false, "the table without the story")
	cmd.AddCommand(a.newDemoEditor())
	return cmd
}

// mostSeconds is how long anybody may want to watch.
const mostSeconds = 3600

// run plays the demo from the first to the last line. Its files are gone in the end, also
// after an error, unless they are to be kept.
func (d *demoCommand) run(cmd *cobra.Command, _ []string) (err error) {
	if !(d.seconds > 0 && d.seconds <= mostSeconds) { // nor may it be NaN
		return usage("want more than 0 and at most %d seconds", mostSeconds)
	}
	dir, discard, err := d.makeDir()
	if err != nil {
		return err
	}
	defer func() {
		if left := discard(); left != nil && err == nil {
			err = fileFailure(dir, left)
		}
	}()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	outcome, err := demo.Story{
		Dir: dir, Length: time.Duration(d.seconds * float64(time.Second)), NaiveOnly: d.naiveOnly,
		Process: editorProcess(self), Say: d.say,
	}.Play(cmd.Context())
	switch {
	case cmd.Context().Err() != nil:
		return errInterrupted
	case err != nil:
		return err
	}
	if err := d.conclude(outcome); err != nil {
		return stdoutFailure(err)
	}
	return verdict(outcome)
}

// makeDir returns where the files go, and what removes them.
func (d *demoCommand) makeDir() (dir string, discard func() error, err error) {
	if d.keep == "" {
		dir, err := os.MkdirTemp("", "rowkeep-demo-")
		if err != nil {
			return "", nil, fileFailure("temporary directory", err)
		}
		return dir, func() error { return os.RemoveAll(dir) }, nil
	}
	entries, err := os.ReadDir(d.keep)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = os.MkdirAll(d.keep, 0o777)
	case err == nil && len(entries) > 0:
		return "", nil, &failure{
			status: statusIO, err: fmt.Errorf("%s: is not empty", d.keep),
			hint: "--keep takes a directory that is new or empty",
		}
	}
	if err != nil {
		return "", nil, fileFailure(d.keep, err)
	}
	return d.keep, func() error { return nil }, nil
}

// say prints a line of the story, at once.
func (d *demoCommand) say(tone demo.Tone, line string) error {
	if d.out.quiet {
		return nil
	}
	v := d.out.text()
	v.text(map[demo.Tone]paint{demo.Headline: bold, demo.Missing: red, demo.AllThere: green}[tone], line)
	return printed(v.Flush())
}

// conclude prints the table, a column for each half.
func (d *demoCommand) conclude(o *demo.Outcome) error {
	v := d.out.text()
	if !d.out.quiet {
		v.text(plain, "")
	}
	head := fmt.Sprintf("%-30s", "")
	for _, name := range o.Halves() {
		head += fmt.Sprintf("%9s", name)
	}
	v.text(bold, head)
	for _, row := range o.Rows() {
		line := fmt.Sprintf("%-30s", row.Label)
		for _, n := range row.Counts {
			line += fmt.Sprintf("%9d", n)
		}
		look := plain
		if row.Lost {
			look = red
		}
		v.text(look, line)
	}
	if d.keep != "" && !d.out.quiet {
		v.text(plain, "")
		v.text(plain, "All files are in "+d.keep+".")
	}
	return v.Flush()
}

// verdict is whether the story came out as it is told.
func verdict(o *demo.Outcome) error {
	err := o.Verdict()
	if err == nil {
		return nil
	}
	f := &failure{status: statusConflicts, err: err}
	if otherwise := (*demo.OtherwiseError)(nil); errors.As(err, &otherwise) && otherwise.Bug {
		f.hint = "please report it, with what rowkeep demo --keep DIR leaves there"
	}
	return f
}

// editorProcess calls this program again, as what newDemoEditor defines.
func editorProcess(self string) func(context.Context, demo.Editor) *exec.Cmd {
	return func(ctx context.Context, e demo.Editor) *exec.Cmd {
		return exec.CommandContext(ctx, self, "demo", "editor", "--style", string(e.Style),
			"--round", strconv.Itoa(e.Round), "--row", e.Row, "--pause", e.Pause.String(), e.Dir)
	}
}

// newDemoEditor is for the demo's own use, so help does not show it.
func (a *app) newDemoEditor() *cobra.Command {
	var e demo.Editor
	cmd := &cobra.Command{
		Use:    "editor DIR",
		Short:  "Play an editor of the demo in DIR",
		Hidden: true,
		Args:   operands("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			e.Dir = args[0]
			err := e.Run(cmd.Context(), a.out.stdout)
			if cmd.Context().Err() != nil {
				return errInterrupted
			}
			return err
		},
	}
	choose(cmd, &e.Style, "style", "how the editor saves",
		word[demo.Style]{"truncate", demo.Truncate}, word[demo.Style]{"rename", demo.Rename})
	cmd.Flags().IntVar(&e.Round, "round", 1, "number of the round")
	cmd.Flags().StringVar(&e.Row, "row", "", "row whose offset the editor changes, with --style rename")
	cmd.Flags().DurationVar(&e.Pause, "pause", 0, "between two pieces, with --style truncate")
	return cmd
}
