//go:build linux && (amd64 || arm64)

// Powercut cuts the power while the store commits, and looks at what is left.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"text/tabwriter"

	"golang.org/x/sys/unix"
)

func main() {
	if !play() {
		err := missing()
		if err == nil {
			err = becomeServer()
		}
		fmt.Fprintln(os.Stderr, "powercut:", err)
		os.Exit(2)
	}
	names := flag.String("fs", "ext4,xfs,btrfs", "file `systems`, with commas between")
	workload := flag.String("workload", workStore, "what commits")
	commits := flag.Int("commits", 24, "so `many` commits")
	images := flag.Int("images", 500, "at most so `many` crash images of each file system")
	seed := flag.Uint64("seed", 1, "for everything that is drawn")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, unix.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, *names, *workload, *commits, *images, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "powercut:", err)
		os.Exit(1)
	}
}

// run prints a table of what was found on each file system, and the violations. If it is
// stopped it prints what it has.
func run(ctx context.Context, w io.Writer, names, workload string, commits, images int, seed uint64) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, strings.Join(tallyHead, "\t")+"\t")
	var violations []string
	var failed error
	for name := range strings.SplitSeq(names, ",") {
		t, err := try(ctx, name, trial{workload: workload, commits: commits, images: images, seed: seed})
		if t != nil {
			fmt.Fprintf(table, strings.Repeat("%v\t", len(tallyHead))+"\n", t.row()...)
			violations = append(violations, t.violations...)
		}
		if failed = err; err != nil {
			break
		}
	}
	failed = errors.Join(failed, table.Flush())
	for _, line := range violations {
		fmt.Fprintln(w, line)
	}
	if len(violations) > 0 {
		failed = errors.Join(failed, errors.New("there are violations"))
	}
	return failed
}

// try runs a trial on the file system of a name.
func try(ctx context.Context, name string, tr trial) (t *tally, err error) {
	if tr.fsys, err = fileSystemNamed(name); err != nil {
		return nil, err
	}
	if !tr.fsys.installed() {
		return nil, fmt.Errorf("no %s: install it, or leave %s out", tr.fsys.mkfs[0], name)
	}
	if t, err = tr.run(ctx); err != nil {
		return t, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}
