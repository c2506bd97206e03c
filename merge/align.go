package merge

import (
	"math"
	"slices"
)

// A match says that a[m.a] and b[m.b] are one item.
type match struct{ a, b int }

// lcs returns a longest common subsequence of a and b, as matches in order. It always
// returns the same one.
//
// What both start and end with is matched first, and items that only one of them has
// are set aside. If the rest are permutations of one another, that is a longest
// increasing subsequence, in n log n; else it is the shortest edit path, and on
// inputs that are long and share little it settles for a good one: time is bounded
// by a constant times the length.
func lcs(a, b []int32) []match {
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	found := make([]match, 0, head+tail)
	for i := range head {
		found = append(found, match{i, i})
	}
	for _, m := range lcsWithin(a[head:len(a)-tail], b[head:len(b)-tail]) {
		found = append(found, match{head + m.a, head + m.b})
	}
	for i := tail; i > 0; i-- {
		found = append(found, match{len(a) - i, len(b) - i})
	}
	return found
}

// lcsWithin is lcs of what is between the common ends.
func lcsWithin(a, b []int32) []match {
	atA, atB := places(a), places(b)
	inA, once := shared(a, atB)
	inB, onceB := shared(b, atA)
	var found []match
	switch {
	case len(inA) == 0:
		return nil
	case once && onceB:
		found = increasing(a, inA, inB, atB)
	default:
		found = shortestPath(pick(a, inA), pick(b, inB))
	}
	for i, m := range found {
		found[i] = match{inA[m.a], inB[m.b]}
	}
	return found
}

// twice marks an item that stands more than once.
const twice = -1

// places tells where each item stands, or twice.
func places(seq []int32) map[int32]int {
	at := make(map[int32]int, len(seq))
	for i, x := range seq {
		if _, seen := at[x]; seen {
			at[x] = twice
		} else {
			at[x] = i
		}
	}
	return at
}

// shared lists the indexes of items that the other sequence has too, and whether it has
// each of them once.
func shared(seq []int32, other map[int32]int) (at []int, once bool) {
	once = true
	for i, x := range seq {
		if place, ok := other[x]; ok {
			at = append(at, i)
			once = once && place != twice
		}
	}
	return at, once
}

func pick(seq []int32, at []int) []int32 {
	out := make([]int32, len(at))
	for i, j := range at {
		out[i] = seq[j]
	}
	return out
}

// increasing matches two permutations of the same items: inA and inB are where they
// stand, atB tells by item. The matches are indexes into inA and inB.
func increasing(a []int32, inA, inB []int, atB map[int32]int) []match {
	rank := make(map[int]int32, len(inB)) // by index in b
	for r, j := range inB {
		rank[j] = int32(r)
	}
	seq := make([]int32, len(inA))
	for i, j := range inA {
		seq[i] = rank[atB[a[j]]]
	}
	var found []match
	stays := longestIncreasing(seq)
	for i, r := range seq {
		if stays[r] {
			found = append(found, match{i, int(r)})
		}
	}
	return found
}

// shortestPath is the matches on a shortest edit path from a to b.
//
// Source: E. W. Myers, An O(ND) Difference Algorithm and Its Variations, 1986, the
// linear-space variant.
func shortestPath(a, b []int32) []match {
	const steps, least = 1 << 22, 256
	size := len(a) + len(b) + 1
	d := differ{
		a: a, b: b,
		forward:  make([]int, size),
		backward: make([]int, size),
		effort:   max(least, steps/size),
	}
	d.compare(box{0, len(a), 0, len(b)})
	return d.found
}

// A differ holds, by diagonal (index in a minus index in b, made positive by adding
// len(b)), how far in a the paths from the start and from the end of a box reach.
type differ struct {
	a, b              []int32
	forward, backward []int
	effort            int // number of edits after which the best split so far is taken
	found             []match
}

// A box is the pair of ranges a[a0:a1] and b[b0:b1].
type box struct{ a0, a1, b0, b1 int }

// compare finds the matches within x.
func (d *differ) compare(x box) {
	for x.a0 < x.a1 && x.b0 < x.b1 && d.a[x.a0] == d.b[x.b0] {
		d.found = append(d.found, match{x.a0, x.b0})
		x.a0++
		x.b0++
	}
	tail := 0
	for x.a0 < x.a1 && x.b0 < x.b1 && d.a[x.a1-1] == d.b[x.b1-1] {
		x.a1--
		x.b1--
		tail++
	}
	if x.a0 < x.a1 && x.b0 < x.b1 {
		i, j := d.split(x)
		d.compare(box{x.a0, i, x.b0, j})
		d.compare(box{i, x.a1, j, x.b1})
	}
	for i := range tail {
		d.found = append(d.found, match{x.a1 + i, x.b1 + i})
	}
}

const (
	unreachedStart = math.MinInt / 2 // no path from the start is on the diagonal
	unreachedEnd   = math.MaxInt / 2 // none from the end
)

// A frontier is the range of diagonals that a number of edits can reach within a
// box; every second one is in use.
type frontier struct{ lo, hi int }

func (x box) frontier(mid, edits int) frontier {
	f := frontier{mid - edits, mid + edits}
	if least := x.a0 - x.b1; f.lo < least {
		f.lo = least + (least-f.lo)%2
	}
	if most := x.a1 - x.b0; f.hi > most {
		f.hi = most - (f.hi-most)%2
	}
	return f
}

func (f frontier) has(k int) bool { return f.lo <= k && k <= f.hi }

// split returns a point on a shortest path through the box, found by searching from
// both corners at once until the two meet. It is neither corner, as the box neither
// starts nor ends with a match.
func (d *differ) split(x box) (i, j int) {
	start, end := x.a0-x.b0, x.a1-x.b1
	odd := (start-end)%2 != 0
	zero := len(d.b)
	d.forward[zero+start], d.backward[zero+end] = x.a0, x.a1
	for edits := 1; ; edits++ {
		meet := x.frontier(end, edits-1)
		now, before := x.frontier(start, edits), x.frontier(start, edits-1)
		for k := now.lo; k <= now.hi; k += 2 {
			at := d.stepForward(x, k, before)
			if odd && meet.has(k) && at >= d.backward[zero+k] {
				return at, at - k
			}
		}
		meet = x.frontier(start, edits)
		now, before = x.frontier(end, edits), x.frontier(end, edits-1)
		for k := now.lo; k <= now.hi; k += 2 {
			at := d.stepBackward(x, k, before)
			if !odd && meet.has(k) && d.forward[zero+k] >= at {
				return at, at - k
			}
		}
		if edits >= d.effort {
			return d.farthest(x.frontier(start, edits))
		}
	}
}

// stepForward extends the paths from the start by one edit onto diagonal k, then
// along its matches. before is the frontier of the edits so far.
func (d *differ) stepForward(x box, k int, before frontier) int {
	at := unreachedStart
	if before.has(k - 1) {
		at = d.forward[len(d.b)+k-1] + 1
	}
	if before.has(k + 1) {
		at = max(at, d.forward[len(d.b)+k+1])
	}
	if at < x.a0 || at > x.a1 || at-k > x.b1 {
		at = unreachedStart
	}
	for at >= 0 && at < x.a1 && at-k < x.b1 && d.a[at] == d.b[at-k] {
		at++
	}
	d.forward[len(d.b)+k] = at
	return at
}

// stepBackward is stepForward for the paths from the end.
func (d *differ) stepBackward(x box, k int, before frontier) int {
	at := unreachedEnd
	if before.has(k + 1) {
		at = d.backward[len(d.b)+k+1] - 1
	}
	if before.has(k - 1) {
		at = min(at, d.backward[len(d.b)+k-1])
	}
	if at > x.a1 || at < x.a0 || at-k < x.b0 {
		at = unreachedEnd
	}
	for at <= x.a1 && at > x.a0 && at-k > x.b0 && d.a[at-1] == d.b[at-k-1] {
		at--
	}
	d.backward[len(d.b)+k] = at
	return at
}

// farthest returns the point that the paths from the start got farthest to.
func (d *differ) farthest(f frontier) (i, j int) {
	best := -1
	for k := f.lo; k <= f.hi; k += 2 {
		if at := d.forward[len(d.b)+k]; at >= 0 && 2*at-k > best {
			best, i, j = 2*at-k, at, at-k
		}
	}
	return i, j
}

// longestIncreasing marks the items of one longest increasing subsequence of a
// permutation (Fredman, On computing the length of longest increasing subsequences,
// 1975).
func longestIncreasing(seq []int32) []bool {
	tails := []int{} // index in seq of the least last item, by length
	before := make([]int, len(seq))
	for i, x := range seq {
		n, _ := slices.BinarySearchFunc(tails, x, func(at int, x int32) int { return int(seq[at] - x) })
		before[i] = -1
		if n > 0 {
			before[i] = tails[n-1]
		}
		if n == len(tails) {
			tails = append(tails, i)
		} else {
			tails[n] = i
		}
	}
	in := make([]bool, len(seq))
	for i := tails[len(tails)-1]; i >= 0; i = before[i] {
		in[seq[i]] = true
	}
	return in
}

// pairEdits pairs old lines with new lines that are edits of them, in order: the
// pairing with the greatest sum of similarity. like returns the similarity of two
// lines, 0 if they are none of one another. Long stretches are cut into as many
// parts on both sides as keep the work per line constant.
func pairEdits(olds, news int, like func(i, j int) int) []match {
	const most = 128
	parts := (max(olds, news) + most - 1) / most
	var found []match
	for p := range parts {
		o0, o1 := olds*p/parts, olds*(p+1)/parts
		n0, n1 := news*p/parts, news*(p+1)/parts
		found = append(found, bestPairs(box{o0, o1, n0, n1}, like)...)
	}
	return found
}

// bestPairs finds the pairing by dynamic programming over the box.
func bestPairs(x box, like func(i, j int) int) []match {
	rows, cols := x.a1-x.a0, x.b1-x.b0
	if rows == 0 || cols == 0 {
		return nil
	}
	likes := make([]int, rows*cols)
	sum := make([]int, (rows+1)*(cols+1)) // sum[i][j]: best for the lines from i and from j on
	at := func(i, j int) *int { return &sum[i*(cols+1)+j] }
	for i := rows - 1; i >= 0; i-- {
		for j := cols - 1; j >= 0; j-- {
			l := like(x.a0+i, x.b0+j)
			likes[i*cols+j] = l
			best := max(*at(i+1, j), *at(i, j+1))
			if l > 0 {
				best = max(best, *at(i+1, j+1)+l)
			}
			*at(i, j) = best
		}
	}
	var found []match
	for i, j := 0, 0; i < rows && j < cols; {
		switch l := likes[i*cols+j]; {
		case l > 0 && *at(i, j) == *at(i+1, j+1)+l:
			found = append(found, match{x.a0 + i, x.b0 + j})
			i, j = i+1, j+1
		case *at(i, j) == *at(i+1, j):
			i++
		default:
			j++
		}
	}
	return found
}

// similarity is the length of the common prefix and suffix of two lines, or 0 unless
// that is more than half of the longer one.
func similarity(a, b []byte) int {
	short, long := min(len(a), len(b)), max(len(a), len(b))
	if 2*short <= long {
		return 0
	}
	prefix, suffix := 0, 0
	for prefix < short && a[prefix] == b[prefix] {
		prefix++
	}
	for suffix < short-prefix && a[len(a)-1-suffix] == b[len(b)-1-suffix] {
		suffix++
	}
	if 2*(prefix+suffix) <= long {
		return 0
	}
	return prefix + suffix
}
