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
	names := flag.String("fs", "ext4,ext4-fast,xfs,btrfs", "file `systems`, with commas between")
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

// run prints a table of what was found on each file system, and the violations.
func run(ctx context.Context, w io.Writer, names, workload string, commits, images int, seed uint64) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, strings.Join(tallyHead, "\t")+"\t")
	bad := 0
	var details []string
	for name := range strings.SplitSeq(names, ",") {
		fsys, err := fileSystemNamed(name)
		if err != nil {
			return err
		}
		if !fsys.installed() {
			return fmt.Errorf("no %s: install it, or leave %s out", fsys.mkfs[0], name)
		}
		t, err := trial{fsys, workload, commits, images, seed}.run(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintf(table, strings.Repeat("%v\t", len(tallyHead))+"\n", t.row()...)
		bad += len(t.violations)
		details = append(details, t.violations...)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, line := range details {
		fmt.Fprintln(w, line)
	}
	if bad > 0 {
		return errors.New("there are violations")
	}
	return nil
}
