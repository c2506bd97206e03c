package merge

import (
	"slices"
	"testing"
)

// permutations returns all orders of 0 to n-1.
func permutations(n int) [][]int32 {
	if n == 0 {
		return [][]int32{{}}
	}
	var out [][]int32
	for _, p := range permutations(n - 1) {
		for at := range n {
			out = append(out, slices.Insert(slices.Clone(p), at, int32(n-1)))
		}
	}
	return out
}

func inverse(p []int32) []int32 {
	q := make([]int32, len(p))
	for i, x := range p {
		q[x] = int32(i)
	}
	return q
}

// eachPair calls f with all pairs of rankings of up to five items.
func eachPair(f func(ours, theirs []int32)) {
	for n := 1; n <= 5; n++ {
		all := permutations(n)
		for _, o := range all {
			for _, t := range all {
				f(o, t)
			}
		}
	}
}

// unionOrder puts the items lo to hi-1 into the order in which exactly those pairs are
// turned round that one side turned round, by trying it on every pair.
func unionOrder(lo, hi int, ours, theirs []int32) ([]int32, bool) {
	before := func(a, b int) bool {
		turned := (a < b) != (ours[a] < ours[b]) || (a < b) != (theirs[a] < theirs[b])
		return (a < b) != turned
	}
	items := make([]int32, hi-lo)
	filled := make([]bool, hi-lo)
	for a := lo; a < hi; a++ {
		rank := 0
		for b := lo; b < hi; b++ {
			if b != a && before(b, a) {
				rank++
			}
		}
		if filled[rank] {
			return nil, false
		}
		items[rank], filled[rank] = int32(a), true
	}
	return items, true
}

func TestJoin(t *testing.T) {
	orders, none := 0, 0
	eachPair(func(ours, theirs []int32) {
		got, ok := join(0, len(ours), ours, theirs)
		want, wantOK := unionOrder(0, len(ours), ours, theirs)
		if ok != wantOK || ok && !slices.Equal(got, want) {
			t.Fatalf("join(%v, %v) = %v, %v, want %v, %v", ours, theirs, got, ok, want, wantOK)
		}
		if ok {
			orders++
		} else {
			none++
		}
	})
	if orders == 0 || none == 0 {
		t.Errorf("%d pairs have a join, %d have none", orders, none)
	}
}

// More items than can be tried exhaustively.
func TestJoinRandom(t *testing.T) {
	r := random()
	for range 50_000 {
		n := 6 + r.IntN(5)
		ours, theirs := make([]int32, n), make([]int32, n)
		for i := range n {
			ours[i], theirs[i] = int32(i), int32(i)
		}
		for _, p := range [][]int32{ours, theirs} {
			for range r.IntN(6) { // few moves, so that many pairs have a join
				i, j := r.IntN(n), r.IntN(n)
				p[i], p[j] = p[j], p[i]
			}
		}
		got, ok := join(0, n, ours, theirs)
		want, wantOK := unionOrder(0, n, ours, theirs)
		if ok != wantOK || ok && !slices.Equal(got, want) {
			t.Fatalf("join(%v, %v) = %v, %v, want %v, %v", ours, theirs, got, ok, want, wantOK)
		}
	}
}

// join looks at its stretch only, wherever that is.
func TestJoinWithin(t *testing.T) {
	ours, theirs := []int32{1, 0, 3, 2, 4}, []int32{0, 1, 4, 2, 3}
	got, ok := join(2, 5, ours, theirs)
	if want, wantOK := unionOrder(2, 5, ours, theirs); ok != wantOK || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v, %v", got, ok, want, wantOK)
	}
}

func smallerItems(a, b []int32) bool { return slices.Compare(a, b) < 0 }

// orderOf is the merged order, written out where both sides left base's.
func orderOf(ours, theirs []int32) []int32 {
	if r := mergeOrder(ours, theirs, smallerItems); r.order != nil {
		return r.order
	}
	items, _ := sortedBy(0, len(ours), ours)
	return items
}

// plainOrder merges two orders as the contract says it, without haste: it cuts where no
// side moved an item across, and in each stretch takes the order of the only side that
// moved, the union of both, or the smaller one.
func plainOrder(ours, theirs []int32) (order []int32, clashes int) {
	lo := 0
	for hi := 1; hi <= len(ours); hi++ {
		crosses := func(ranks []int32) bool { return slices.Max(ranks[:hi]) >= int32(hi) }
		if crosses(ours) || crosses(theirs) {
			continue
		}
		o, movedO := sortedBy(lo, hi, ours)
		u, movedT := sortedBy(lo, hi, theirs)
		joined, ok := unionOrder(lo, hi, ours, theirs)
		switch {
		case !movedT:
			order = append(order, o...)
		case !movedO:
			order = append(order, u...)
		case ok:
			order = append(order, joined...)
		default:
			clashes++
			order = append(order, slices.MinFunc([][]int32{o, u}, slices.Compare)...)
		}
		lo = hi
	}
	return order, clashes
}

func TestMergeOrder(t *testing.T) {
	clashed := 0
	eachPair(func(ours, theirs []int32) {
		got := orderOf(ours, theirs)
		want, clashes := plainOrder(ours, theirs)
		if !slices.Equal(got, want) {
			t.Fatalf("mergeOrder(%v, %v) = %v, want %v", ours, theirs, got, want)
		}
		n := 0
		for _, s := range mergeOrder(ours, theirs, smallerItems).both {
			if s.clash {
				n++
			}
		}
		if n != clashes {
			t.Fatalf("mergeOrder(%v, %v) reports %d clashes, want %d", ours, theirs, n, clashes)
		}
		clashed += n
	})
	if clashed == 0 {
		t.Error("no two orders clash")
	}
}

// The laws of the order, on all pairs of rankings of up to five items: an order that one
// side left alone is the other's; the sides are equal; a merge merged again with either
// side stays as it is.
func TestMergeOrderLaws(t *testing.T) {
	eachPair(func(ours, theirs []int32) {
		base := inverse(inverse(ours))
		slices.Sort(base)
		if got := orderOf(base, theirs); !slices.Equal(got, inverse(theirs)) {
			t.Fatalf("base and %v give %v", theirs, got)
		}
		m := orderOf(ours, theirs)
		if got := orderOf(theirs, ours); !slices.Equal(got, m) {
			t.Fatalf("%v and %v give %v, mirrored %v", ours, theirs, m, got)
		}
		for _, side := range [][]int32{ours, theirs} {
			if got := orderOf(inverse(m), side); !slices.Equal(got, m) {
				t.Fatalf("%v and %v give %v, and that with %v gives %v", ours, theirs, m, side, got)
			}
		}
	})
}

// moved says which side moved something in an item's stretch.
func TestMergeOrderMoved(t *testing.T) {
	r := mergeOrder([]int32{1, 0, 2, 3, 4, 6, 5, 7}, []int32{0, 1, 2, 4, 3, 6, 5, 7}, smallerItems)
	want := []Side{Ours, Ours, NoSide, Theirs, Theirs, Both, Both, NoSide}
	if !slices.Equal(r.moved, want) {
		t.Errorf("got %v, want %v", r.moved, want)
	}
	if len(r.both) != 0 {
		t.Errorf("the same move counts as two: %v", r.both)
	}
}

func TestInversions(t *testing.T) {
	for n := range 7 {
		for _, p := range permutations(n) {
			want := 0
			for i := range p {
				for j := range i {
					if p[j] > p[i] {
						want++
					}
				}
			}
			if got := inversions(slices.Clone(p), make([]int32, n)); got != want {
				t.Fatalf("inversions(%v) = %d, want %d", p, got, want)
			}
		}
	}
}

func TestLongestIncreasing(t *testing.T) {
	for n := 1; n <= 7; n++ {
		for _, p := range permutations(n) {
			in := longestIncreasing(p)
			var picked []int32
			for _, x := range p {
				if in[x] {
					picked = append(picked, x)
				}
			}
			if !slices.IsSorted(picked) {
				t.Fatalf("longestIncreasing(%v) picks %v", p, picked)
			}
			sorted := slices.Sorted(slices.Values(p))
			if want := lcsLength(p, sorted); len(picked) != want {
				t.Fatalf("longestIncreasing(%v) picks %v, %d are possible", p, picked, want)
			}
		}
	}
}
