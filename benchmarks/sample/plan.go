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

// counts tells what becomes of the rows.
func (p plan) counts() Counts {
	edited := p.count(oursEdits) + p.count(bothEdit) + p.count(conflict)
	return Counts{p.count(conflict), edited, p.count(oursDeletes), p.count(oursInserts)}
}
