package main

import (
	"fmt"
	"slices"
)

// A target is a ratio that is aimed at. Where greater is set, more is better.
type target struct {
	number  string
	what    string
	wanted  float64
	greater bool
	reached func(*bench) (ratio float64, note string, known bool)
}

// The numbers are those of the project's list of targets; those that are not here are of
// what happens inside a process, and measured by the benchmarks of package benchmarks.
var targets = []target{
	{"3", "merge -o (with its sync to disk) over cat of the inputs to a file", 1.0, false, slower(merges, ours, cat)},
	{"3", "merge to standard output, a file, over cat of the inputs to a file", 1.0, false, slower(merges, ourPipe, cat)},
	{"4", "merge, faster than git merge-file", 5, true, faster(merges, gitMerge)},
	{"4", "merge, faster than DuckDB's outer join", 6, true, faster(merges, duckDB)},
	{"4", "merge, faster than daff", 100, true, faster(merges, daffName)},
	{"5", "diff, faster than GNU diff", 3, true, faster(diffs, gnuDiff)},
	{"5", "diff, faster than DuckDB's outer join", 8, true, faster(diffs, duckDB)},
	{"6", "peak memory of a merge, less 10 MiB, over the inputs together", 1.10, false, memoryOverInputs},
	{"8", "growth of a merge over linear growth", 1.25, false, growth},
	{"11", "merge where nothing changed over cmp of the files", 2, false, slower(unchanged, ours, cmpName)},
	{"11", "merge where one side changed over cmp of the files", 2, false, slower(oneSide, ours, cmpName)},
	{"12", "merge of 10,000 rows over git merge-file", 1, false, smallMerge},
}

// shapeMost is target 13: how much longer than in the plain sample a byte may take.
const shapeMost = 3

// find returns a contest that was run; none, and why not.
func (b *bench) find(t topic, name string, rows int) (c *contest, why string) {
	i := slices.IndexFunc(b.contests, func(c *contest) bool { return c.topic == t && c.name == name && c.set.shape.Rows == rows })
	switch {
	case i < 0:
		return nil, fmt.Sprintf("no %s with %s rows", name, number(rows))
	case len(b.contests[i].runs) == 0:
		return nil, fmt.Sprintf("%s %v", name, b.contests[i].ended)
	}
	return b.contests[i], ""
}

// over divides the time of one contest by that of another, in one set.
func (b *bench) over(t topic, above, below string, rows int) (ratio float64, note string, known bool) {
	a, why := b.find(t, above, rows)
	if a == nil {
		return 0, why, false
	}
	d, why := b.find(t, below, rows)
	if d == nil {
		return 0, why, false
	}
	note = fmt.Sprintf("of CPU time %.2f x", a.cpu().Seconds()/d.cpu().Seconds())
	if a.ended != nil {
		note += "; at least, as " + a.ended.Error()
	}
	return a.wall().Seconds() / d.wall().Seconds(), note, true
}

func slower(t topic, mine, other string) func(*bench) (float64, string, bool) {
	return func(b *bench) (float64, string, bool) { return b.over(t, mine, other, b.rows) }
}

func faster(t topic, other string) func(*bench) (float64, string, bool) {
	return func(b *bench) (float64, string, bool) { return b.over(t, other, ours, b.rows) }
}

func smallMerge(b *bench) (float64, string, bool) { return b.over(merges, ours, gitMerge, 10_000) }

func memoryOverInputs(b *bench) (float64, string, bool) {
	c, why := b.find(merges, ours, b.rows)
	if c == nil {
		return 0, why, false
	}
	if c.peak() == 0 {
		return 0, "the system does not tell", false
	}
	return float64(c.peak()-10<<20) / float64(c.set.Bytes), "", true
}

// growth compares the greatest sample with one of a hundredth of its rows.
func growth(b *bench) (float64, string, bool) {
	most := 10 * b.rows
	large, why := b.find(merges, ours, most)
	if large == nil {
		return 0, why, false
	}
	small, why := b.find(merges, ours, most/100)
	if small == nil {
		return 0, why, false
	}
	bytes := float64(large.set.Bytes) / float64(small.set.Bytes)
	note := fmt.Sprintf("from %s to %s rows", number(most/100), number(most))
	return large.wall().Seconds() / small.wall().Seconds() / bytes, note, true
}

// perByte is the time of a shape for a byte, over that of the plain one.
func (b *bench) perByte(c *contest) float64 {
	plain := b.shapes[0]
	return c.wall().Seconds() / plain.wall().Seconds() * float64(plain.set.Bytes) / float64(c.set.Bytes)
}

// An outcome is what became of a target.
type outcome struct {
	line   string
	missed bool
}

// outcomes are those of all targets.
func (b *bench) outcomes() (all []outcome) {
	for _, t := range targets {
		all = append(all, t.outcome(b))
	}
	for _, c := range b.shapes[1:] {
		ratio := b.perByte(c)
		all = append(all, outcome{
			fmt.Sprintf("target 13: reached %.2f x, wanted at most %d x: time per byte over that of the plain sample, %s", ratio, shapeMost, c.set.name),
			ratio > shapeMost,
		})
	}
	return all
}

func (t target) outcome(b *bench) outcome {
	bound := "at most"
	if t.greater {
		bound = "at least"
	}
	wanted := fmt.Sprintf("wanted %s %g x: %s", bound, t.wanted, t.what)
	ratio, note, known := t.reached(b)
	if !known {
		return outcome{fmt.Sprintf("target %s: not measured (%s), %s", t.number, note, wanted), false}
	}
	if note != "" {
		note = " (" + note + ")"
	}
	return outcome{fmt.Sprintf("target %s: reached %.2f x%s, %s", t.number, ratio, note, wanted), ratio > t.wanted != t.greater}
}

// missed counts the targets that were measured and missed.
func (b *bench) missed() (n int) {
	for _, o := range b.outcomes() {
		if o.missed {
			n++
		}
	}
	return n
}
