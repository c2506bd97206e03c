package sample

import "math/rand/v2"

// A fate is what becomes of a row of base.
type fate uint8

const (
	untouched fate = iota
	oursEdits
	theirsEdits
	bothEdit // different cells
	conflict // the same cell, differently
	oursDeletes
	theirsDeletes
	oursInserts // a row above this one
	theirsInserts
)

// A plan is the fate of every row.
type plan []fate

func newPlan(shape Shape, rng *rand.Rand) plan {
	p := make(plan, shape.Rows)
	if shape.Edited == 100 {
		for i := range p {
			p[i] = bothEdit
		}
		return p
	}
	p.scatter(rng, shape.Rows*shape.Conflicting/100, conflict)
	if shape.Edited == 0 {
		return p
	}
	p.scatter(rng, max(1, shape.Rows*shape.Edited/100), oursEdits, theirsEdits)
	for f := bothEdit; f <= theirsInserts; f++ {
		if f != conflict {
			p.scatter(rng, max(1, shape.Rows/1000), f)
		}
	}
	return p
}

// scatter gives n stretches of untouched rows, chosen at random, these fates.
func (p plan) scatter(rng *rand.Rand, n int, fates ...fate) {
	for n > 0 {
		at := p[rng.IntN(len(p)-len(fates)+1):][:len(fates)]
		if at.count(untouched) < len(fates) {
			continue
		}
		copy(at, fates)
		n--
	}
}

func (p plan) count(f fate) int {
	n := 0
	for _, x := range p {
		if x == f {
			n++
		}
	}
	return n
}

// versions is a row in each version and in the merge, with a row that was added above
// it; none where it was deleted.
type versions struct{ base, ours, theirs, want []row }

// apply does to r what its fate is.
func (f fate) apply(r row, rng *rand.Rand) versions {
	cheap, dear, more, both := r, r, r, r
	cheap.threshold += 100_000
	dear.threshold += 200_000
	more.quota += 100_000
	both.threshold, both.quota = cheap.threshold, more.quota
	is := func(r ...row) []row { return r }
	v := versions{is(r), is(r), is(r), is(r)}
	switch f {
	case oursEdits:
		v.ours, v.want = is(cheap), is(cheap)
	case theirsEdits:
		v.theirs, v.want = is(more), is(more)
	case bothEdit:
		v.ours, v.theirs, v.want = is(cheap), is(more), is(both)
	case conflict:
		v.ours, v.theirs = is(cheap), is(dear)
	case oursDeletes:
		v.ours, v.want = nil, nil
	case theirsDeletes:
		v.theirs, v.want = nil, nil
	case oursInserts:
		added := newRow(rng, r.id-5)
		v.ours, v.want = is(added, r), is(added, r)
	case theirsInserts:
		added := newRow(rng, r.id-3)
		v.theirs, v.want = is(added, r), is(added, r)
	}
	return v
}
