//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rowkeep/rowkeep/fuzz/internal/mounts"
)

// options are the flags.
type options struct {
	rounds   int
	kinds    []string // nil: all
	systems  []string // nil: all
	writers  []int    // nil: 1 and 3
	settle   time.Duration
	parallel int
	dir      string
	log      string
	plain    bool
	opens    int
}

var (
	errLoses = errors.New("the store lost or tore edits")
	errWeak  = errors.New("plain lost less than one edit in a hundred, so that the zero says little")
)

// complete puts the defaults in and leaves out what is not installed, and says so.
func (o *options) complete(w io.Writer) error {
	if o.rounds < 1 || o.parallel < 1 || o.settle <= 0 {
		return errors.New("-rounds, -parallel and -settle must be positive")
	}
	if o.systems == nil {
		o.systems = []string{"ext4", "xfs", "btrfs", "tmpfs", "overlayfs"}
	}
	if o.writers == nil {
		o.writers = []int{1, mostHands}
	}
	if slices.ContainsFunc(o.writers, func(n int) bool { return n < 1 || n > mostHands }) {
		return fmt.Errorf("-writers: there are 1 to %d", mostHands)
	}
	if o.kinds == nil {
		for _, k := range kinds {
			o.kinds = append(o.kinds, k.name)
		}
		o.kinds = append(o.kinds, slices.Sorted(maps.Keys(mixes))...)
	}
	for _, name := range o.kinds {
		if _, _, err := team(name, 1); err != nil {
			return err
		}
	}
	o.kinds = slices.DeleteFunc(o.kinds, func(name string) bool {
		err := installed(name)
		if err != nil {
			fmt.Fprintf(w, "SKIPPED: %s: %v\n", name, err)
		}
		return err != nil
	})
	return nil
}

// installed returns an error if the program that a kind needs is missing.
func installed(name string) error {
	k, _ := findKind(name)
	if k.needs == "" {
		return nil
	}
	_, err := exec.LookPath(k.needs)
	return err
}

// cells lists what is to run, with how many rounds.
func (o *options) cells(systems []string) (order []cell, rounds map[cell]int) {
	rounds = map[cell]int{}
	strategies := []string{rowkeep}
	if o.plain {
		strategies = []string{plainly, rowkeep}
	}
	for i, system := range systems {
		strategies := strategies
		if settings[system].inPlace {
			strategies = []string{rowkeep} // plain cannot, or parts the names
		}
		for _, name := range o.kinds {
			for _, n := range o.writers {
				if mixes[name] != nil && n != mostHands || !attacks(system, name) {
					continue
				}
				for _, strategy := range strategies {
					c := cell{system, name, n, strategy}
					order = append(order, c)
					rounds[c] = o.share(i > 0, name, n)
				}
			}
		}
	}
	return order, rounds
}

// share is how many rounds a kind gets.
func (o *options) share(further bool, name string, writers int) int {
	n := o.rounds
	if members, _, err := team(name, writers); err == nil && paceOf(members) != fast {
		n /= 10
	}
	if further {
		n /= 10
	}
	return max(1, n)
}

// run runs everything, prints the table, and judges.
func (o *options) run(ctx context.Context, out, progress io.Writer) (err error) {
	if err := o.complete(progress); err != nil {
		return err
	}
	j, err := openJournal(o.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.close()) }()
	places, systems, leave, err := o.mount(progress)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, leave()) }()
	runErr := o.race(ctx, j, places, systems, progress)
	order, _ := o.cells(systems)
	if err := printTable(out, order, j.batches); err != nil {
		return err
	}
	return errors.Join(runErr, judge(j.batches, progress))
}

// judge is the end of a run.
func judge(batches []batch, w io.Writer) error {
	var ours tally
	for _, b := range batches {
		if b.Strategy != rowkeep {
			continue
		}
		ours.add(b.tally)
		for _, story := range b.Failures {
			fmt.Fprintf(w, "%s on %s, %d writers: %s\n", b.Kind, b.FS, b.Writers, story)
		}
	}
	var errs []error
	if ours.Lost+ours.Torn > 0 {
		errs = append(errs, fmt.Errorf("%w: %d lost, %d rounds torn", errLoses, ours.Lost, ours.Torn))
	}
	if names := weak(batches); len(names) > 0 {
		errs = append(errs, fmt.Errorf("%w: %s", errWeak, strings.Join(names, ", ")))
	}
	return errors.Join(errs...)
}

// mount makes the file systems. What the machine lacks for one is told, and it is left
// out.
func (o *options) mount(w io.Writer) (places map[string]string, systems []string, leave func() error, err error) {
	places = map[string]string{}
	var all []*mounts.Mount
	leave = func() error {
		var errs []error
		for _, m := range all {
			errs = append(errs, m.Close())
		}
		return errors.Join(errs...)
	}
	for _, name := range o.systems {
		if name == "dir" {
			places[name] = o.dir
			systems = append(systems, name)
			continue
		}
		kind := name
		if at, special := settings[name]; special {
			kind = at.mount
		}
		m, err := mounts.Make(kind)
		if errors.Is(err, mounts.ErrUnavailable) {
			fmt.Fprintf(w, "SKIPPED: %v\n", err)
			continue
		}
		if err != nil {
			return nil, nil, nil, errors.Join(err, leave())
		}
		all = append(all, m)
		places[name] = m.Dir
		systems = append(systems, name)
	}
	return places, systems, leave, nil
}

// A job is a batch to be run.
type job struct {
	cell
	rounds int
	aim    *aim
}

// jobs lists the batches that the journal does not hold yet. Plain's and the store's take
// turns, so that both see the machine as busy.
func (o *options) jobs(j *journal, systems []string) []job {
	order, rounds := o.cells(systems)
	aims := map[cell]*aim{}
	left := map[cell]int{}
	for _, c := range order {
		aims[c] = &aim{}
		left[c] = rounds[c] - j.done(c)
	}
	pair := 1
	if o.plain {
		pair = 2
	}
	var jobs []job
	for cells := range slices.Chunk(order, pair) {
		for more := true; more; {
			more = false
			for _, c := range cells {
				if n := min(left[c], batchSize); n > 0 {
					jobs = append(jobs, job{c, n, aims[c]})
					left[c] -= n
					more = true
				}
			}
		}
	}
	return jobs
}

// race runs the jobs, several at once. At an error, or when the context ends, the others
// end their batches.
func (o *options) race(ctx context.Context, j *journal, places map[string]string, systems []string, w io.Writer) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	jobs := o.jobs(j, systems)
	queue := make(chan job)
	results := make(chan batch)
	var benches sync.WaitGroup
	for range o.parallel {
		benches.Go(func() {
			b := &bench{settle: o.settle}
			defer b.close()
			for job := range queue {
				result, err := b.run(context.WithoutCancel(ctx), places[job.FS], job.cell, job.rounds, job.aim)
				if err != nil {
					cancel(err)
					return
				}
				results <- result
			}
		})
	}
	go func() {
		defer close(queue)
		for _, job := range jobs {
			select {
			case queue <- job:
			case <-ctx.Done():
				return
			}
		}
	}()
	go func() { benches.Wait(); close(results) }()
	return o.collect(j, results, len(jobs), w, cancel, ctx)
}

// collect keeps results, and tells now and then how far it is.
func (o *options) collect(j *journal, results <-chan batch, total int, w io.Writer, cancel context.CancelCauseFunc, ctx context.Context) error {
	told, done := time.Now(), 0
	for b := range results {
		done++
		if err := j.add(b); err != nil {
			cancel(err)
		}
		if time.Since(told) > 10*time.Second {
			told = time.Now()
			fmt.Fprintf(w, "%d of %d batches; now %s on %s, %d writers\n", done, total, b.Kind, b.FS, b.Writers)
		}
	}
	return context.Cause(ctx)
}
