package merge

import "slices"

// An ordering is what became of the order of the items of base that stand in both
// sides.
type ordering struct {
	// order holds the items, which are numbered in base's order, as the result has
	// them; nil where both sides kept base's order.
	order []int32
	// moved says, by item, which side moved something in the item's stretch: NoSide,
	// Ours, Theirs or Both. nil like order.
	moved []Side
	// both holds the stretches that the sides moved differently.
	both []stretch
}

// A stretch is a range of items in base's order, and whether what the sides did to
// it could not be had together.
type stretch struct {
	lo, hi int
	clash  bool
}

// mergeOrder merges two orders of the items 0 to n-1, which are numbered as base has
// them: ours[i] and theirs[i] are the rank of item i on a side.
//
// Base's sequence is cut into the finest stretches that each side permutes only
// within. A stretch that one side permuted takes that order. Where both did, two
// items are turned round if at least one side turned them round: the join of both
// permutations in the weak order of inversions, if they have one. Else smaller
// decides whether ours' order of the stretch stands.
func mergeOrder(ours, theirs []int32, smaller func(ours, theirs []int32) bool) ordering {
	if inOrder(ours) && inOrder(theirs) {
		return ordering{}
	}
	r := ordering{order: make([]int32, 0, len(ours)), moved: make([]Side, len(ours))}
	lo, far := 0, int32(-1)
	for i := range ours {
		far = max(far, ours[i], theirs[i])
		if int(far) == i {
			r.stretch(lo, i+1, ours, theirs, smaller)
			lo = i + 1
		}
	}
	return r
}

func inOrder(ranks []int32) bool {
	for i, r := range ranks {
		if int(r) != i {
			return false
		}
	}
	return true
}

// stretch appends the items lo to hi-1 in their merged order.
func (r *ordering) stretch(lo, hi int, ours, theirs []int32, smaller func(a, b []int32) bool) {
	byOurs, movedOurs := sortedBy(lo, hi, ours)
	byTheirs, movedTheirs := sortedBy(lo, hi, theirs)
	mark := func(s Side) {
		for i := lo; i < hi; i++ {
			r.moved[i] = s
		}
	}
	switch {
	case !movedOurs && !movedTheirs:
		r.order = append(r.order, byOurs...)
	case !movedTheirs:
		mark(Ours)
		r.order = append(r.order, byOurs...)
	case !movedOurs:
		mark(Theirs)
		r.order = append(r.order, byTheirs...)
	case slices.Equal(byOurs, byTheirs):
		mark(Both)
		r.order = append(r.order, byOurs...)
	default:
		mark(Both)
		joined, ok := join(lo, hi, ours, theirs)
		r.both = append(r.both, stretch{lo: lo, hi: hi, clash: !ok})
		switch {
		case ok:
			r.order = append(r.order, joined...)
		case smaller(byOurs, byTheirs):
			r.order = append(r.order, byOurs...)
		default:
			r.order = append(r.order, byTheirs...)
		}
	}
}

// sortedBy returns the items lo to hi-1 in the order of their ranks, which are
// lo to hi-1 too, and whether that is another order.
func sortedBy(lo, hi int, ranks []int32) (items []int32, moved bool) {
	items = make([]int32, hi-lo)
	for i := lo; i < hi; i++ {
		items[int(ranks[i])-lo] = int32(i)
		moved = moved || int(ranks[i]) != i
	}
	return items, moved
}

// join returns the items lo to hi-1 with exactly those pairs turned round that ours
// or theirs turned round, and false if that is no order.
//
// Sorting by that relation gives the order if there is one. Whether there is one
// shows in how many pairs are turned round, which merge sort counts in n log n:
// for three orders, a pair is discordant between none or two of the three pairs of
// orders, so the union of the inversions of ours and theirs has half the sum of the
// three counts, and the result is right if it has as many and holds those of each
// side (Björner and Wachs, Permutation statistics and linear extensions of posets,
// 1991, on the weak order).
func join(lo, hi int, ours, theirs []int32) ([]int32, bool) {
	items := make([]int32, hi-lo)
	for i := range items {
		items[i] = int32(lo + i)
	}
	slices.SortStableFunc(items, func(a, b int32) int {
		first := a < b
		if first != (ours[a] < ours[b]) || first != (theirs[a] < theirs[b]) {
			first = !first
		}
		if first {
			return -1
		}
		return 1
	})
	n := hi - lo
	base := make([]int32, n)
	rank := make([]int32, n)
	for i, item := range items {
		rank[int(item)-lo] = int32(i)
		base[i] = int32(i)
	}
	o, t := ours[lo:hi], theirs[lo:hi]
	invO, invT, invR := discordant(base, o), discordant(base, t), discordant(base, rank)
	union := (invO + invT + discordant(o, t)) / 2
	ok := invR == union && discordant(o, rank) == invR-invO && discordant(t, rank) == invR-invT
	return items, ok
}

// discordant counts the pairs of items that a and b rank in opposite ways. The
// values of a are a permutation of a range.
func discordant(a, b []int32) int {
	low := slices.Min(a)
	seq := make([]int32, len(a))
	for i, r := range a {
		seq[r-low] = b[i]
	}
	return inversions(seq, make([]int32, len(seq)))
}

// inversions sorts seq and returns how many pairs it had to turn round.
func inversions(seq, scratch []int32) int {
	if len(seq) < 2 {
		return 0
	}
	mid := len(seq) / 2
	n := inversions(seq[:mid], scratch[:mid]) + inversions(seq[mid:], scratch[mid:])
	copy(scratch, seq)
	low, high := scratch[:mid], scratch[mid:]
	for k := range seq {
		if len(high) == 0 || len(low) > 0 && low[0] <= high[0] {
			seq[k], low = low[0], low[1:]
			continue
		}
		seq[k], high = high[0], high[1:]
		n += len(low)
	}
	return n
}

// mergeRuns merges what two sides put in one place, given by numbers: equal numbers
// are equal items. What the runs have in common, in the same order, stands once;
// between such common items one side's rest comes first: the one whose items, as
// compare sees them, are less. The result pairs indexes into a and b; -1 where only
// one run has the item.
func mergeRuns(a, b []int32, compare func(a, b int32) int) []match {
	swapped := slices.CompareFunc(a, b, compare) > 0
	if swapped { // so that the alignment does not depend on the sides
		a, b = b, a
	}
	out := make([]match, 0, len(a)+len(b))
	rest := func(i, i1, j, j1 int) {
		as := func() {
			for ; i < i1; i++ {
				out = append(out, match{i, -1})
			}
		}
		if slices.CompareFunc(a[i:i1], b[j:j1], compare) <= 0 {
			as()
		}
		for ; j < j1; j++ {
			out = append(out, match{-1, j})
		}
		as()
	}
	i, j := 0, 0
	for _, p := range lcs(a, b) {
		rest(i, p.a, j, p.b)
		out = append(out, p)
		i, j = p.a+1, p.b+1
	}
	rest(i, len(a), j, len(b))
	if swapped {
		for k, p := range out {
			out[k] = match{p.b, p.a}
		}
	}
	return out
}
