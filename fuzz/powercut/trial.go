//go:build linux && (amd64 || arm64)

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
)

// A trial is a workload on a file system, and the images of it that are looked at.
type trial struct {
	fsys     fileSystem
	workload string
	commits  int
	images   int
	seed     uint64
}

// run runs the workload, cuts the power, and looks at what is left.
func (tr trial) run(ctx context.Context) (t *tally, err error) {
	if tr.commits < 1 || tr.commits > mostCommits {
		return nil, fmt.Errorf("%d commits: there must be 1 to %d", tr.commits, mostCommits)
	}
	r, err := newRig(tr.fsys)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	log, err := r.record(ctx, "work", func(p place) any { return workArg{p, tr.workload, tr.commits, tr.seed} })
	if err != nil {
		return nil, err
	}
	t = &tally{trial: tr, kinds: map[breach]int{}, writes: log.count(wrote), slipped: len(said(log.marks, slipping))}
	rng := rand.New(rand.NewPCG(tr.seed, 1))
	err = log.images(log.crashes(tr.images, rng, lookable), func(c *crash, image *disk) error {
		var result checkResult
		err := r.inspect(ctx, image, "check",
			func(p place) any { return checkArg{p, windowOf(c), tr.workload == workStore} }, &result)
		t.add(c, result)
		return err
	})
	return t, err
}

// A tally is what a trial came to.
type tally struct {
	trial
	writes       int // that were logged, by page
	slipped      int // edits that came in the middle of a commit
	seen         int // images
	old, new     int // of those, before an acknowledgement; the same may be there after one
	after        int // after one
	edits, aside int // that had been saved and were found; of those, beside the file
	kinds        map[breach]int
	violations   []string
}

// tallyHead names the columns of a row.
var tallyHead = []string{
	"file system", "workload", "commits", "slipped in", "writes", "images",
	"before ack: old", "new", "after ack", "edits found", "of these displaced", "violations",
}

func (t *tally) row() []any {
	return []any{
		t.fsys.name, t.workload, t.commits, t.slipped, t.writes, t.seen,
		t.old, t.new, t.after, t.edits, t.aside, len(t.violations),
	}
}

// add counts what was found on an image.
func (t *tally) add(c *crash, r checkResult) {
	for _, v := range r.Violations {
		t.kinds[v.Kind]++
		t.violations = append(t.violations, fmt.Sprintf(
			"%s, %s, image %d (%d entries of the log, of these %d unflushed writes): %s: %s",
			t.fsys.name, t.workload, t.seen, c.at, len(c.which), v.Kind, v.Text))
	}
	t.seen++
	first, last := windowAt(c.first), windowAt(c.last)
	switch {
	case first.Acked == first.Begun:
	case r.Commit == first.Begun:
		t.new++
	default:
		t.old++
	}
	if last.Acked == last.Begun {
		t.after++
	}
	t.edits += r.InFile.len() + r.Aside.len()
	t.aside += r.Aside.len()
}
