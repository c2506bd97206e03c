package main

import (
	"errors"
	"fmt"
	"slices"
)

// A target is a ratio that is aimed at. Where greater is set, more is better.
type target struct {
	number  string
	what    string
	wanted  float64
	greater bool
	reached func(*bench) result
}

// A result is the ratio that was reached. Unknown is why there is none.
type result struct {
	ratio   float64
	atLeast bool // it is more, as a peer was ended
	note    string
	unknown string
}

// The numbers are those of the project's list of targets.
var targets = []target{
	{"1", "merge in memory, over one compare of base with a copy", 6, false, inside("Merge/edited=1%/rows=1M x-compare")},
	{"2", "the same, keys in no order", 15, false, inside("Merge/edited=1%/keys=unsorted/rows=1M x-compare")},
	{"3", "merge -o to a new file over cat of the inputs to a file", 1.0, false, slower(merges, ours, cat)},
	{"3", "merge to a file on standard output over cat of the inputs to a file", 1.0, false, slower(merges, ourPipe, cat)},
	{"4", "merge, faster than git merge-file", 5, true, faster(merges, gitMerge)},
	{"4", "merge, faster than DuckDB's outer join", 6, true, faster(merges, duckDB)},
	{"4", "merge, faster than daff", 100, true, faster(merges, daffName)},
	{"5", "diff, faster than GNU diff", 3, true, faster(diffs, gnuDiff)},
	{"5", "diff, faster than DuckDB's outer join", 8, true, faster(diffs, duckDB)},
	{"6", "peak memory of a merge, less 10 MiB, over the inputs together", 1.10, false, memoryOverInputs},
	{"7", "records cut, faster than encoding/csv reads them", 10, true, inside("Parse/quoted=none/columns=9/rows=1M scan-x")},
	{"7", "the same, a tenth of the last column quoted", 10, true, inside("Parse/quoted=tenth-of-notes/columns=9/rows=1M scan-x")},
	{"7", "all fields cut, faster than encoding/csv", 2.5, true, inside("Parse/quoted=none/columns=9/rows=1M fields-x")},
	{"7", "the same, all of them quoted", 1.2, true, inside("Parse/quoted=all/columns=9/rows=1M fields-x")},
	{"8", "growth of a merge over linear growth", 1.25, false, growth},
	{"9", "Update of a cell over write, sync and rename by hand, 1 kB", 1.15, false, inside("Update/size=1kB ratio")},
	{"9", "the same, 100 kB", 1.15, false, inside("Update/size=100kB ratio")},
	{"9", "the same, 10 MB", 1.25, false, inside("Update/size=10MB ratio")},
	{"9", "the same, 100 MB", 1.35, false, inside("Update/size=100MB ratio")},
	{"10", "from the last byte read again to the end of the exchange, 100 MB over 1 kB", 4, false, inside("Moment/100MB-over-1kB/stamp=false exchange-x")},
	{"11", "merge where nothing changed over cmp of the files", 2, false, slower(unchanged, ours, cmpName)},
	{"11", "merge where one side changed over cmp of the files", 2, false, slower(oneSide, ours, cmpName)},
	{"12", "merge of 10,000 rows over git merge-file", 1, false, smallMerge},
}

// shapeMost is target 13: how much longer than in the plain sample a byte may take.
const shapeMost = 3

// find returns a contest that was run and did not fail; none, and why not.
func (b *bench) find(t topic, name string, rows int) (c *contest, why string) {
	i := slices.IndexFunc(b.contests, func(c *contest) bool { return c.topic == t && c.name == name && c.set.shape.Rows == rows })
	switch {
	case i < 0:
		return nil, fmt.Sprintf("no %s with %s rows", name, number(rows))
	case len(b.contests[i].runs) == 0, errors.Is(b.contests[i].ended, errFailed):
		return nil, fmt.Sprintf("%s %v", name, b.contests[i].ended)
	}
	return b.contests[i], ""
}

// over divides the time of one contest by that of another, in one set.
func (b *bench) over(t topic, above, below string, rows int) result {
	a, why := b.find(t, above, rows)
	if a == nil {
		return result{unknown: why}
	}
	d, why := b.find(t, below, rows)
	if d == nil {
		return result{unknown: why}
	}
	r := result{ratio: a.wall().Seconds() / d.wall().Seconds(), atLeast: a.ended != nil}
	r.note = fmt.Sprintf("of CPU time %.2f x", a.cpu().Seconds()/d.cpu().Seconds())
	if r.atLeast {
		r.note += "; at least, as " + a.ended.Error()
	}
	return r
}

func slower(t topic, mine, other string) func(*bench) result {
	return func(b *bench) result { return b.over(t, mine, other, b.rows) }
}

func faster(t topic, other string) func(*bench) result {
	return func(b *bench) result { return b.over(t, other, ours, b.rows) }
}

func smallMerge(b *bench) result { return b.over(merges, ours, gitMerge, 10_000) }

func memoryOverInputs(b *bench) result {
	c, why := b.find(merges, ours, b.rows)
	if c == nil {
		return result{unknown: why}
	}
	if c.peak() == 0 {
		return result{unknown: "the system does not tell"}
	}
	return result{ratio: float64(c.peak()-10<<20) / float64(c.set.Bytes)}
}

// growth compares the greatest sample with one of a hundredth of its rows.
func growth(b *bench) result {
	most := 10 * b.rows
	large, why := b.find(merges, ours, most)
	if large == nil {
		return result{unknown: why}
	}
	small, why := b.find(merges, ours, most/100)
	if small == nil {
		return result{unknown: why}
	}
	bytes := float64(large.set.Bytes) / float64(small.set.Bytes)
	return result{
		ratio: large.wall().Seconds() / small.wall().Seconds() / bytes,
		note:  fmt.Sprintf("from %s to %s rows", number(most/100), number(most)),
	}
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
	r := t.reached(b)
	if r.unknown != "" {
		return outcome{fmt.Sprintf("target %s: not measured (%s), %s", t.number, r.unknown, wanted), false}
	}
	note := ""
	if r.note != "" {
		note = " (" + r.note + ")"
	}
	missed := r.ratio > t.wanted
	if t.greater {
		missed = r.ratio < t.wanted && !r.atLeast // else nobody knows
	}
	return outcome{fmt.Sprintf("target %s: reached %.2f x%s, %s", t.number, r.ratio, note, wanted), missed}
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
