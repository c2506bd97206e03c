package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"
)

// demoCommand is one call of rowkeep demo.
type demoCommand struct {
	*app
	naiveOnly bool
	seconds   float64
	keep      string

	self   string // the program whose processes play the editors
	halves []half
}

func (a *app) newDemo() *cobra.Command {
	d := &demoCommand{app: a, halves: []half{naiveHalf, rowkeepHalf}}
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

func (d *demoCommand) run(cmd *cobra.Command, _ []string) (err error) {
	if !(d.seconds > 0 && d.seconds <= mostSeconds) { // nor may it be NaN
		return usage("want more than 0 and at most %d seconds", mostSeconds)
	}
	if d.self, err = os.Executable(); err != nil {
		return &failure{status: statusIO, err: err}
	}
	return d.play(cmd.Context())
}

// play is the demo from the first to the last line. Its files are gone in the end, also
// after an error, unless they are to be kept.
func (d *demoCommand) play(ctx context.Context) (err error) {
	dir, discard, err := d.makeDir()
	if err != nil {
		return err
	}
	defer func() {
		if left := discard(); left != nil && err == nil {
			err = fileFailure(dir, left)
		}
	}()
	halves := d.halves
	if d.naiveOnly {
		halves = halves[:1]
	}
	tallies, err := d.tell(ctx, halves, dir)
	switch {
	case ctx.Err() != nil:
		return errInterrupted
	case err != nil:
		return asFailure(err)
	}
	if err := d.conclude(halves, tallies); err != nil {
		return stdoutFailure(err)
	}
	return verdict(halves, tallies)
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

// tell plays one half after the other.
func (d *demoCommand) tell(ctx context.Context, halves []half, dir string) ([]tally, error) {
	total := time.Duration(d.seconds * float64(time.Second))
	var tallies []tally
	for i, h := range halves {
		s, err := newStory(h, dir, d.self, total/time.Duration(len(halves)), d.narrate)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			if err := d.narrate(plain, ""); err != nil {
				return nil, err
			}
		}
		t, err := s.play(ctx)
		if err != nil {
			return nil, err
		}
		tallies = append(tallies, t)
	}
	return tallies, nil
}

// narrate prints a line of the story, at once.
func (d *demoCommand) narrate(p paint, s string) error {
	if d.out.quiet {
		return nil
	}
	v := d.out.text()
	v.text(p, s)
	if err := v.Flush(); err != nil {
		return stdoutFailure(err)
	}
	return nil
}

// verdict is whether the story came out as it is told.
func verdict(halves []half, tallies []tally) error {
	for i, h := range halves {
		switch t := tallies[i]; {
		case h.loses && t.missing() == "":
			return &failure{status: statusConflicts, err: fmt.Errorf("the daemon of the half %q lost nothing, which it should have", h.name)}
		case !h.loses && t.missing() != "":
			return &failure{
				status: statusConflicts, err: fmt.Errorf("%s lost %s", h.name, t.missing()),
				hint: "please report it, with what rowkeep demo --keep DIR leaves there",
			}
		case !h.loses && t.extra > 0:
			return &failure{status: statusConflicts, err: fmt.Errorf("%s left %s that nobody wrote", h.name, plural(t.extra, "line"))}
		}
	}
	return nil
}
