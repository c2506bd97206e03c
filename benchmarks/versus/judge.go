package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/rowkeep/rowkeep/benchmarks/judge"
	"github.com/rowkeep/rowkeep/benchmarks/process"
)

// judge looks at the answer of a contest; a run without one has no verdict.
func (c *contest) judge(ctx context.Context) (v judge.Verdict, err error) {
	at := func(name string) string { return filepath.Join(c.set.dir, name) }
	switch {
	case c.want != "":
		err = process.Work(ctx, &v, "merge", at(c.want), at(c.output))
	case c.minus != "":
		var found judge.Marks
		err = process.Work(ctx, &found, "diff", at(c.output), c.minus, c.plus)
		v = c.set.judgeDiff(found)
	}
	return v, err
}

// judgeDiff holds what a diff from base to ours found against what ours did.
func (s *set) judgeDiff(found judge.Marks) judge.Verdict {
	want := judge.Marks{Minus: s.Edited + s.Deleted, Plus: s.Edited + s.Added}
	if found == want {
		return judge.Verdict{Right: true, Text: "every row that differs"}
	}
	return judge.Verdict{Text: fmt.Sprintf("%d rows out and %d in for %d and %d", found.Minus, found.Plus, want.Minus, want.Plus)}
}
