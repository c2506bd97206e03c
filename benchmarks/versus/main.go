// Versus runs whole processes on one sample and sets them side by side: rowkeep, and what
// a user would pick instead.
//
//	go run ./benchmarks/versus [-rows 1000000] [-rounds 5] [-markdown benchmarks/results.md] [-svg benchmarks/results.svg]
//
// It sets up the peers: from Debian as root, from npm into -dir; one that cannot be had
// is skipped, with a message. It makes samples of a thousandth of the rows to ten times
// as many, with a seed that it prints, and merges each with every peer. At the number of
// rows given it also compares, and merges what only one side changed, or nobody. Then rowkeep
// alone merges samples of other shapes.
//
// All commands of a round run one after the other, and rounds repeat, so that a busy machine
// is busy for all. All files are on one disk and in the page cache; an output is removed before
// the next run, for replacing a file costs the time of freeing it. Times are medians of wall
// clock and of CPU (user and system); memory is the greatest peak of the resident set that the
// system reports of a finished process. A peer that goes over the limit of time, or takes half of
// the memory that was free, is ended, and not run again with more rows, but
// for the number asked for.
//
// Every answer is checked. That of rowkeep must be the expected merge, byte for byte, in each
// round, or the program fails. The sample has no row in which both sides edited one cell:
// whatever a peer reports as a conflict is none.
//
// With a million rows it runs those benchmarks too that a target is about, of what happens
// inside a process. The targets that follow from it all are printed below the tables, reached or
// not; with -check one that is missed makes the exit status 1.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// config is what the command line says.
type config struct {
	rows, rounds  int
	peers         string
	seed          uint64
	dir           string
	limit         time.Duration
	markdown, svg string
	check         bool
}

func main() {
	var c config
	flag.IntVar(&c.rows, "rows", 1_000_000, "`rows` of the sample")
	flag.IntVar(&c.rounds, "rounds", 5, "medians of so many `rounds`")
	flag.StringVar(&c.peers, "peers", "all", "`names` between commas, all or none")
	flag.Uint64Var(&c.seed, "seed", 0, "seed of the samples (default one by chance)")
	flag.StringVar(&c.dir, "dir", "", "`folder` for peers, which stay there, and data (default in the user's cache)")
	flag.DurationVar(&c.limit, "limit", time.Minute, "a run may take so `long`")
	flag.StringVar(&c.markdown, "markdown", "", "write the report to `FILE` too")
	flag.StringVar(&c.svg, "svg", "", "write a plot of time against rows to `FILE`")
	flag.BoolVar(&c.check, "check", false, "exit with status 1 if a target is missed")
	work := flag.String("worker", "", "be a process that makes or judges files")
	flag.Parse()
	if *work != "" {
		exitOn(runWorker(*work, flag.Args()))
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := compare(ctx, c, os.Stdout)
	stop()
	exitOn(err)
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "versus:", err)
		os.Exit(1)
	}
}

// compare measures everything and writes the report.
func compare(ctx context.Context, c config, w io.Writer) (err error) {
	if c.rounds < 1 || c.rows < 100 {
		return fmt.Errorf("%d rounds of %d rows measure nothing", c.rounds, c.rows)
	}
	if c.seed == 0 {
		c.seed = rand.Uint64()>>32 | 1
	}
	if c.dir, err = folder(c.dir); err != nil {
		return err
	}
	here, err := setUp(ctx, c.dir, c.peers)
	if err != nil {
		return err
	}
	data, err := os.MkdirTemp(c.dir, "data-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(data)
	b := &bench{config: c, data: data, here: here}
	if err := b.run(ctx); err != nil {
		return err
	}
	return b.publish(w)
}

// folder makes the folder and returns its absolute name.
func folder(dir string) (string, error) {
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(cache, "rowkeep-benchmarks")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	return filepath.Abs(dir)
}

// publish writes the report, the files asked for, and with -check judges.
func (b *bench) publish(w io.Writer) error {
	report := b.report()
	if _, err := w.Write(report); err != nil {
		return err
	}
	if b.markdown != "" {
		if err := os.WriteFile(b.markdown, report, 0o644); err != nil {
			return err
		}
	}
	if b.svg != "" {
		if err := b.writePlot(b.svg); err != nil {
			return err
		}
	}
	if b.check && b.missed() > 0 {
		return errors.New("a target is missed")
	}
	return nil
}
