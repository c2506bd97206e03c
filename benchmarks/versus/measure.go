package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/rowkeep/rowkeep/benchmarks/judge"
	"github.com/rowkeep/rowkeep/benchmarks/process"
	"github.com/rowkeep/rowkeep/benchmarks/sample"
)

// A bench is all that is measured in one call.
type bench struct {
	config
	data     string // folder of the sets
	here     map[string]string
	sets     int // made so far
	contests []*contest
	shapes   []*contest
	load     string // of the machine before it all
	memory   int64  // that a run may take
	// inside are the figures of benchmarks, by name and unit.
	inside map[string]float64
}

// A contest is an entrant with one set, and what came of it.
type contest struct {
	entrant
	set     *set
	runs    []process.Run
	verdict judge.Verdict
	ended   error // why it is not run any more
	late    int   // runs that went over a limit, where others did not; they do not count
}

// run measures everything.
func (b *bench) run(ctx context.Context) (err error) {
	b.load = load()
	b.memory = memory("MemAvailable") / 2
	if err := b.measureInside(ctx); err != nil {
		return err
	}
	if err := b.enter(ctx); err != nil {
		return err
	}
	if err := b.measure(ctx, b.contests); err != nil {
		return err
	}
	if err := b.clear(); err != nil {
		return err
	}
	if err := b.enterShapes(ctx); err != nil {
		return err
	}
	return b.measure(ctx, b.shapes)
}

// sizes are a thousandth of the rows to ten times as many, but for the least.
func (b *bench) sizes() (sizes []int) {
	for _, n := range []int{b.rows / 1000, b.rows / 100, b.rows / 10, b.rows, 10 * b.rows} {
		if n >= 1000 || n == b.rows {
			sizes = append(sizes, n)
		}
	}
	return sizes
}

// enter makes the sets of all sizes, and the contests: all topics at the size asked for,
// merges at the others.
func (b *bench) enter(ctx context.Context) error {
	for _, rows := range b.sizes() {
		s, err := b.makeSet(ctx, "plain", sample.Shape{Rows: rows, Edited: 1}, rows == b.rows)
		if err != nil {
			return err
		}
		for _, e := range entrants {
			if _, here := b.here[e.peer]; (here || e.peer == "") && (rows == b.rows || e.topic == merges) {
				b.contests = append(b.contests, &contest{entrant: e, set: s})
			}
		}
	}
	return nil
}

// shapes are samples that are harder than the plain one, which comes first.
func shapes(rows int) []set {
	return []set{
		{name: "plain", shape: sample.Shape{Rows: rows, Edited: 1}},
		{name: "keys in no order", shape: sample.Shape{Rows: rows, Edited: 1, Unsorted: true}},
		{name: "rows of one side in another order", shape: sample.Shape{Rows: rows, Edited: 1, Moved: true}},
		{name: "every field quoted", shape: sample.Shape{Rows: rows, Edited: 1, Quoted: true}},
		{name: "key in the last column", shape: sample.Shape{Rows: rows, Edited: 1, KeyLast: true}},
		{name: "10 % of rows in conflict", shape: sample.Shape{Rows: rows, Edited: 1, Conflicting: 10}},
		{name: "all rows changed by both sides", shape: sample.Shape{Rows: rows, Edited: 100}},
		// As many bytes with fewer rows.
		{name: "200 columns", shape: sample.Shape{Rows: max(100, rows/11), Edited: 1, Wide: 200 - sample.Columns}},
	}
}

func (b *bench) enterShapes(ctx context.Context) error {
	for _, s := range shapes(b.rows) {
		made, err := b.makeSet(ctx, s.name, s.shape, false)
		if err != nil {
			return err
		}
		b.shapes = append(b.shapes, &contest{entrant: entrants[0], set: made})
	}
	return nil
}

// clear removes the files of the sets so far.
func (b *bench) clear() error {
	if err := os.RemoveAll(b.data); err != nil {
		return err
	}
	return os.Mkdir(b.data, 0o755)
}

// measure runs all contests in turns; each round begins with another one, so that none
// always runs behind the same neighbour.
func (b *bench) measure(ctx context.Context, all []*contest) error {
	if err := do(ctx, "sync"); err != nil { // else the first rounds write out the sets
		fmt.Fprintln(os.Stderr, "versus:", err)
	}
	for round := range b.rounds {
		for i := range all {
			c := all[i]
			if round > 0 {
				c = all[(i+round*len(all)/b.rounds)%len(all)]
			}
			if err := b.take(ctx, c, all); err != nil {
				return fmt.Errorf("%s: %w", c.line, err)
			}
		}
	}
	return nil
}

// take runs a contest for one round: small ones three times, as they are over soon.
func (b *bench) take(ctx context.Context, c *contest, all []*contest) error {
	if c.ended != nil || c.enough() {
		return nil
	}
	times := 1
	if c.set.shape.Rows <= 10_000 {
		times = 3
	}
	for ; times > 0 && c.ended == nil; times-- {
		if err := b.once(ctx, c); err != nil {
			return err
		}
	}
	fmt.Fprintf(os.Stderr, "versus: %s rows, %s: %s s\n", number(c.set.shape.Rows), c.line, c.seconds())
	if c.ended != nil {
		b.giveUp(c, all)
	}
	return nil
}

// enough says that a peer has run so often, and takes so long, that more runs would not
// tell more.
func (c *contest) enough() bool {
	return !c.mine() && len(c.runs) >= slowRuns && c.wall() > slow
}

const (
	slow     = 10 * time.Second
	slowRuns = 3
)

// giveUp leaves out the same entrant with more rows, but for the number asked for: there
// even what it took until it was ended is a figure.
func (b *bench) giveUp(c *contest, all []*contest) {
	for _, other := range all {
		if rows := other.set.shape.Rows; other.line == c.line && rows > c.set.shape.Rows && rows != b.rows {
			other.ended = errFewer
		}
	}
}

var errFewer = errors.New("not run, as it did not end with fewer rows")

// once runs a contest, judges its answer and removes it. What a peer fails at is a result.
func (b *bench) once(ctx context.Context, c *contest) error {
	limits := process.Limits{Time: b.limit, Memory: b.memory}
	if c.mine() {
		limits = process.Limits{} // what it takes is what is to be known
	}
	run, err := c.line.Run(ctx, c.set.dir, limits)
	if c.output != "" {
		defer os.Remove(filepath.Join(c.set.dir, c.output))
	}
	if err == nil {
		err = c.count(ctx, run)
	}
	if err == nil || c.mine() || ctx.Err() != nil {
		return err
	}
	c.fail(run, err)
	return nil
}

// count takes in a run. The answer of rowkeep is judged each time, that of a peer the first
// time, as it answers the same.
func (c *contest) count(ctx context.Context, run process.Run) (err error) {
	c.runs = append(c.runs, run)
	if len(c.runs) > 1 && !c.mine() {
		return nil
	}
	if c.verdict, err = c.judge(ctx); err != nil {
		return fmt.Errorf("%w; exit status %d: %s", err, run.Status, run.Messages)
	}
	if c.mine() && (!c.verdict.Right || c.verdict.Text == "" || run.Status != c.set.status(c.topic)) {
		return fmt.Errorf("the answer is wrong: %s, exit status %d: %s", c.verdict.Text, run.Status, run.Messages)
	}
	return nil
}

// fail ends the contest of a peer, unless it only went over a limit that it had kept before.
func (c *contest) fail(run process.Run, err error) {
	limited := errors.Is(err, process.ErrTime) || errors.Is(err, process.ErrMemory)
	switch {
	case limited && len(c.runs) > 0:
		c.late++
	case limited:
		c.runs, c.ended = []process.Run{run}, err
	default:
		fmt.Fprintf(os.Stderr, "versus: %s: %v\n", c.line, err)
		c.runs, c.ended = []process.Run{run}, fmt.Errorf("%w, exit status %d", errFailed, run.Status)
	}
}

var errFailed = errors.New("it failed")

// status is what rowkeep exits with.
func (s *set) status(t topic) int {
	if t == merges && s.Conflicts > 0 {
		return 1
	}
	return 0
}

func (c *contest) wall() time.Duration {
	return median(c.runs, func(r process.Run) time.Duration { return r.Wall })
}

func (c *contest) cpu() time.Duration {
	return median(c.runs, func(r process.Run) time.Duration { return r.CPU })
}

func (c *contest) peak() int64 {
	return slices.MaxFunc(c.runs, func(a, b process.Run) int { return cmp.Compare(a.Peak, b.Peak) }).Peak
}

func median(runs []process.Run, of func(process.Run) time.Duration) time.Duration {
	times := make([]time.Duration, len(runs))
	for i, r := range runs {
		times[i] = of(r)
	}
	slices.Sort(times)
	return times[len(times)/2]
}

func exeSuffix() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}
