package fuzz

import (
	"fmt"
	"testing"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
	"pgregory.net/rapid"
)

// policies are rules for one column, as people write them.
var policies = []string{"fail", "ours", "theirs", "base", "max", "min", "union:;", "newer:b", "sum"}

// bits draws options from the bits of a number, for fuzz targets.
type bits uint64

// next takes a number below n.
func (b *bits) next(n uint64) uint64 {
	x := uint64(*b) % n
	*b = bits(uint64(*b) / n)
	return x
}

func (b *bits) flag() bool { return b.next(2) == 1 }

// options are any options, valid or not.
func (b *bits) options() merge.Options {
	opt := merge.Options{
		Strategy:         merge.Strategy(b.next(4)),
		Output:           merge.Output(b.next(5)),
		Style:            merge.Style(b.next(3)),
		Granularity:      merge.Granularity(b.next(2)),
		RefuseDuplicates: b.flag(),
		MarkerSize:       int(b.next(10)),
		Policies:         map[string]merge.Policy{"a": policy(policies[b.next(uint64(len(policies)))])},
	}
	opt.Read = csvrows.Options{
		Delimiter: []byte{',', 0, ';', '\t', '|'}[b.next(5)],
		Comment:   []string{"", "", "//", "#!"}[b.next(4)],
		NoComment: b.next(4) == 1,
		NoHeader:  b.next(4) == 1,
		Key:       [][]string{nil, {"id"}, {"id", "a"}, {"no such"}}[b.next(4)],
		KeyIndex:  [][]int{nil, {1}, {2, 1}, {9}}[b.next(4)],
	}
	return opt
}

func policy(s string) merge.Policy {
	p, err := merge.ParsePolicy(s)
	if err != nil {
		panic(fmt.Sprintf("policy %q: %v", s, err))
	}
	return p
}

// drawSettled draws a triple under options that settle conflicts.
func drawSettled(t *rapid.T) triple {
	tr := drawTriple(t)
	tr.opt.Strategy = merge.Strategy(rapid.IntRange(0, 3).Draw(t, "strategy"))
	tr.opt.Granularity = merge.Granularity(rapid.IntRange(0, 1).Draw(t, "granularity"))
	tr.opt.Output = merge.Output(rapid.IntRange(0, 4).Draw(t, "output"))
	tr.opt.Policies = map[string]merge.Policy{}
	for _, column := range []string{"a", "b"} {
		tr.opt.Policies[column] = policy(pick(t, "policy", policies))
	}
	return tr
}

// TestPolicies runs the laws that hold whatever settles conflicts.
func TestPolicies(t *testing.T) {
	for _, l := range laws {
		if l.settled {
			t.Run(l.name, func(t *testing.T) { checkDrawn(t, l.property(), drawSettled) })
		}
	}
}
