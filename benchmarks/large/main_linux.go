package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rowkeep/rowkeep/benchmarks/judge"
	"github.com/rowkeep/rowkeep/benchmarks/process"
	"github.com/rowkeep/rowkeep/benchmarks/sample"
)

// rowBytes is about what a row of the sample takes.
const rowBytes = 117

func main() {
	size, memory := bytesFlag(0), bytesFlag(1<<30)
	flag.Var(&size, "size", "`bytes` of each version, with K, M or G (default 4G, or as the disk allows)")
	flag.Var(&memory, "memory", "`bytes` that all of it may use")
	seed := flag.Uint64("seed", rand.Uint64()>>32|1, "seed of the sample (default one by chance)")
	dir := flag.String("dir", os.TempDir(), "`folder` for the files")
	work := flag.String("worker", "", "be a process that makes or checks files, or joins a group")
	flag.Parse()
	if *work != "" {
		exitOn(runWorker(*work, flag.Args()))
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := prove(ctx, os.Stdout, *dir, int64(size), int64(memory), *seed)
	stop()
	exitOn(err)
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "large:", err)
		os.Exit(1)
	}
}

// A proof is one call of the program.
type proof struct {
	out    io.Writer
	dir    string // of the files
	sample string // its rows and seed, as operands
	group  *group
	counts sample.Counts
}

// prove makes the files, and merges and compares them in a group of so much memory.
func prove(ctx context.Context, out io.Writer, folder string, size, memory int64, seed uint64) error {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	if size, err = fitting(folder, size); err != nil {
		return err
	}
	p := &proof{out: out}
	if p.dir, err = os.MkdirTemp(folder, "rowkeep-large-"); err != nil {
		return err
	}
	defer os.RemoveAll(p.dir)
	if err := p.findPrograms(ctx); err != nil {
		return err
	}
	if p.group, err = newGroup(memory); err != nil {
		return err
	}
	defer p.group.remove()
	p.sample = fmt.Sprint(size/rowBytes, " ", seed)
	fmt.Fprintf(out, "3 versions of %.2f GiB, %d rows, seed %d; all within %s\n", gigabytes(size), size/rowBytes, seed, p.group)
	for _, step := range []func(context.Context) error{p.makeFiles, p.merge, p.checkMerge, p.diff} {
		if err := step(ctx); err != nil {
			return errors.Join(err, p.group.blame())
		}
	}
	return nil
}

var errTmpfs = errors.New("it is a tmpfs, whose files are in memory: choose another -dir")

// fitting returns the size, or without one what the disk has room for; too much is an
// error.
func fitting(folder string, size int64) (int64, error) {
	var disk unix.Statfs_t
	if err := unix.Statfs(folder, &disk); err != nil {
		return 0, err
	}
	if disk.Type == unix.TMPFS_MAGIC {
		return 0, fmt.Errorf("%s: %w", folder, errTmpfs)
	}
	const files, reserve = 4, 1 << 30
	most := (int64(disk.Bavail)*int64(disk.Bsize) - reserve) / files
	if wanted := cmp.Or(size, min(4<<30, most)); wanted <= most {
		return wanted, nil
	}
	return 0, fmt.Errorf("%s has room for four files of %.2f GiB, not of %.2f", folder, gigabytes(most), gigabytes(size))
}

// findPrograms builds rowkeep, and has it and this program found by name.
func (p *proof) findPrograms(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := os.Symlink(self, filepath.Join(p.dir, "large")); err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, "go", "build", "-o", p.dir, "github.com/rowkeep/rowkeep/cmd/rowkeep").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return os.Setenv("PATH", p.dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// within runs a command in the group, and tells what it took.
func (p *proof) within(ctx context.Context, line process.Line) error {
	run, err := ("large -worker within " + process.Line(p.group.dir) + " " + line).Run(ctx, p.dir, process.Limits{})
	if err != nil {
		return err
	}
	if run.Status != 0 {
		return fmt.Errorf("%s: exit status %d: %s", line, run.Status, run.Messages)
	}
	fmt.Fprintf(p.out, "%s\n  %.1f s, %.1f s of CPU, peak of the process %d MiB; %s\n", line, run.Wall.Seconds(), run.CPU.Seconds(), run.Peak>>20, p.group.usage())
	return nil
}

func (p *proof) makeFiles(ctx context.Context) error {
	if err := p.within(ctx, process.Line("large -worker make "+p.sample+" > counts.json")); err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(p.dir, "counts.json"))
	if err != nil {
		return err
	}
	return json.Unmarshal(text, &p.counts)
}

func (p *proof) merge(ctx context.Context) error {
	return p.within(ctx, "rowkeep merge -o merged.csv base.csv ours.csv theirs.csv")
}

// checkMerge compares the merge, outside of the group.
func (p *proof) checkMerge(ctx context.Context) error {
	start := time.Now()
	var length int64
	if err := process.Work(ctx, &length, "check", append(strings.Fields(p.sample), filepath.Join(p.dir, "merged.csv"))...); err != nil {
		return err
	}
	fmt.Fprintf(p.out, "the merge is the expected one, byte for byte: %d bytes, compared in %.1f s\n", length, time.Since(start).Seconds())
	return nil
}

func (p *proof) diff(ctx context.Context) error {
	if err := p.within(ctx, "rowkeep diff base.csv ours.csv > diff.txt"); err != nil {
		return err
	}
	found, err := judge.CountMarks(filepath.Join(p.dir, "diff.txt"), "~ |- ", "~ |+ ")
	if err != nil {
		return err
	}
	want := judge.Marks{Minus: p.counts.Edited + p.counts.Deleted, Plus: p.counts.Edited + p.counts.Added}
	if found != want {
		return fmt.Errorf("the diff has %+v rows, want %+v", found, want)
	}
	fmt.Fprintf(p.out, "the diff has every row that differs: %d edited, %d deleted, %d added\n", p.counts.Edited, p.counts.Deleted, p.counts.Added)
	return nil
}

func gigabytes(n int64) float64 { return float64(n) / (1 << 30) }

// bytesFlag is a number of bytes, as "4G".
type bytesFlag int64

func (b *bytesFlag) String() string { return strconv.FormatInt(int64(*b), 10) }

func (b *bytesFlag) Set(s string) error {
	digits := strings.TrimRight(s, "KMG")
	shift, known := map[string]int{"": 0, "K": 10, "M": 20, "G": 30}[s[len(digits):]]
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil || !known || n < 1 {
		return errors.New("want a number, and K, M or G")
	}
	*b = bytesFlag(n << shift)
	return nil
}
