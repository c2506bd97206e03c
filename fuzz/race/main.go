//go:build linux

// Race holds the store against real processes that write its file while it commits, and
// counts the edits that are lost.
//
//	go run ./fuzz/race [-rounds 10000] [-kinds LIST] [-fs LIST] [-writers 1,3]
//	    [-settle 20ms] [-parallel 4] [-dir DIR] [-log FILE] [-plain=false]
//
// A round: a committer adds a row, and one or three writers, each a process that knows
// nothing of the store, change a row of their own at moments around the commit. When all
// have finished, the store updates nothing, so that it looks at what came late. Then
// every edit must stand in the file, and so must every row from before.
//
// The writers, by name (-kinds):
//
//	rename      a new file, renamed over the old
//	append      open, write, close
//	overwrite   loads; opens with truncation but makes no file, writes
//	hold        opened ahead of the round, appends late
//	mmap        shared mapping, descriptor closed, late store into a cell
//	truncate    loads; empties the file and writes it in pieces, with pauses
//	recreate    loads; moves the file away and writes a new one in pieces, as vim does
//	vim, sed, python    the real ones
//	in-place    three at once: append, hold, mmap
//	any         three at once: rename, append, truncate
//
// The moments are aimed. Three edits in four begin when inotify tells that a temporary
// file is whole, or gets another name: the commit is about to replace the file. The
// others begin at any moment of a commit, as long as it has lately taken, or half as
// long again behind it. Where edits take longer than commits, most commits begin
// somewhere in an edit. Writers that save whole buffers take turns where there are
// three: what they overwrite of each other no store can help.
//
// By the same rounds goes "plain", what careful programs do without a store: temporary
// file, fsync, read again and compare, rename, fsync of the directory. It is there to
// show that the aim is good: the store's zero is worth something where plain loses.
//
// The table: lost, edits that are nowhere; torn, rounds that left rows of before
// missing or a line that nobody wrote; our-gone, rounds after which the committer's own
// row is missing, as an editor saved a buffer from before it; history-only, edits that
// are in the store's directory but not in the file; refused, commits that failed and
// said so; gave-up, edits of which the editor said that they failed, which need not be in
// the file (vim does, when the file changes just after it wrote it); commit, the median
// duration.
//
// The file systems (-fs) are mounted for the run, in memory: ext4, xfs, btrfs, tmpfs,
// overlayfs; fuse, and fuse-simple, which cannot exchange names; otheruser, a file of another
// user whom the committer may not keep out by a lease; bind and hardlink, a file that is a
// mount point, or has two names, so that the store is told to write in place. There only
// those kinds run whose edits the store promises to keep. dir is -dir itself, whatever it lies on. The first of the list gets -rounds
// rounds of each fast kind and a tenth of slow ones, the others a tenth of that. With -log
// a run that was killed goes on where it stopped.
//
//	go run ./fuzz/race -opens 10000 [-fs NAME] [-writers LIST]
//
// has one editor, and then three at once, do nothing but open the file for writing, aimed at
// commits, and tells how many got a file that was displaced, and how long they waited.
//
// Exit status: 1 if the store lost or tore anything; 2 if something else went wrong, or
// if plain lost less than one in a hundred of a kind's edits in a thousand rounds or more;
// real editors do not count there, as nobody can aim them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rowkeep/rowkeep/fuzz/internal/mounts"
	"github.com/rowkeep/rowkeep/internal/tune"
)

func main() {
	tune.Store = hasty
	if os.Getenv(writerVariable) != "" {
		exitOn(serve(os.Stdin, os.Stdout))
		return
	}
	if os.Getenv(committerVariable) != "" {
		exitOn(serveCommits(os.Stdin, os.Stdout))
		return
	}
	mounts.Isolate()
	var opt options
	flag.IntVar(&opt.rounds, "rounds", 10_000, "so many `rounds` of a fast kind on the first file system")
	flag.Func("kinds", "writers, a `list` (default all that are installed)", list(&opt.kinds))
	flag.Func("fs", "file systems, a `list` (default ext4,xfs,btrfs,tmpfs,overlayfs)", list(&opt.systems))
	flag.Func("writers", "so many at once, a `list` of 1 and 3 (default both)", numbers(&opt.writers))
	flag.DurationVar(&opt.settle, "settle", 20*time.Millisecond, "the store's settle `time`; slow writers pause up to half as long again")
	flag.IntVar(&opt.parallel, "parallel", 4, "so many `directories` at once")
	flag.StringVar(&opt.dir, "dir", os.TempDir(), "the `directory` of the file system dir")
	flag.StringVar(&opt.log, "log", "", "keep the results in a `file`, and go on where it ends")
	flag.BoolVar(&opt.plain, "plain", true, "run plain too, to compare with")
	flag.IntVar(&opt.opens, "opens", 0, "instead of all this, open the file so many `times` at commits")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if opt.opens > 0 {
		exitOn(opt.runOpens(ctx, os.Stdout, os.Stderr))
		return
	}
	exitOn(opt.run(ctx, os.Stdout, os.Stderr))
}

func exitOn(err error) {
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "race:", err)
	if errors.Is(err, errLoses) {
		os.Exit(1)
	}
	os.Exit(2)
}

// list is a flag of names, with commas between them.
func list(to *[]string) func(string) error {
	return func(s string) error {
		*to = strings.Split(s, ",")
		return nil
	}
}

func numbers(to *[]int) func(string) error {
	return func(s string) error {
		*to = nil
		for _, word := range strings.Split(s, ",") {
			n, err := strconv.Atoi(word)
			if err != nil {
				return err
			}
			*to = append(*to, n)
		}
		return nil
	}
}
