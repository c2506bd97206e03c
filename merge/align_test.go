package merge

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// random returns the same numbers in every run.
func random() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

func randomItems(r *rand.Rand, most, kinds int) []int32 {
	s := make([]int32, r.IntN(most+1))
	for i := range s {
		s[i] = int32(r.IntN(kinds))
	}
	return s
}

// checkMatches reports matches that are no common subsequence of a and b.
func checkMatches(t *testing.T, a, b []int32, got []match) {
	t.Helper()
	i, j := -1, -1
	for _, m := range got {
		if m.a <= i || m.b <= j || m.a >= len(a) || m.b >= len(b) || a[m.a] != b[m.b] {
			t.Fatalf("lcs(%v, %v): match %v behind a[%d], b[%d]", a, b, m, i, j)
		}
		i, j = m.a, m.b
	}
}

// lcsLength is the textbook recurrence.
func lcsLength(a, b []int32) int {
	row := make([]int, len(b)+1)
	for i := range a {
		diagonal := 0
		for j := range b {
			above := row[j+1]
			if a[i] == b[j] {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(row[j+1], row[j])
			}
			diagonal = above
		}
	}
	return row[len(b)]
}

func TestLCS(t *testing.T) {
	r := random()
	for range 20000 {
		kinds := 1 + r.IntN(6)
		a, b := randomItems(r, 14, kinds), randomItems(r, 14, kinds)
		got := lcs(a, b)
		checkMatches(t, a, b, got)
		if want := lcsLength(a, b); len(got) != want {
			t.Fatalf("lcs(%v, %v) = %v: %d matches, %d are possible", a, b, got, len(got), want)
		}
	}
}

// Two long sequences that have little in common are aligned in bounded time: what is
// found is a common subsequence, and holds at least the ends that both share.
func TestLCSLong(t *testing.T) {
	const n, ends = 60_000, 100
	a, b := make([]int32, n), make([]int32, n)
	r := random()
	for i := range a {
		a[i], b[i] = int32(r.IntN(n)), int32(r.IntN(n))
		if i < ends || i >= n-ends {
			b[i] = a[i]
		}
	}
	got := lcs(a, b)
	checkMatches(t, a, b, got)
	if len(got) < 2*ends {
		t.Errorf("%d matches, the ends alone have %d", len(got), 2*ends)
	}
}

// The bound on the work is in force: a search that may make one edit only still finds a
// common subsequence, on some inputs a shorter one than the longest.
func TestLCSEffort(t *testing.T) {
	r := random()
	shorter := 0
	for range 2000 {
		a, b := randomItems(r, 30, 4), randomItems(r, 30, 4)
		size := len(a) + len(b) + 1
		d := differ{a: a, b: b, forward: make([]int, size), backward: make([]int, size), effort: 1}
		d.compare(box{0, len(a), 0, len(b)})
		checkMatches(t, a, b, d.found)
		if len(d.found) < lcsLength(a, b) {
			shorter++
		}
	}
	if shorter == 0 {
		t.Error("every result is a longest one")
	}
}

// bestSum is the greatest sum of a pairing in order, by trying all.
func bestSum(likes [][]int, i, j int) int {
	if i == len(likes) || j == len(likes[0]) {
		return 0
	}
	best := max(bestSum(likes, i+1, j), bestSum(likes, i, j+1))
	if likes[i][j] > 0 {
		best = max(best, likes[i][j]+bestSum(likes, i+1, j+1))
	}
	return best
}

func TestPairEdits(t *testing.T) {
	r := random()
	for range 2000 {
		olds, news := 1+r.IntN(5), 1+r.IntN(5)
		likes := make([][]int, olds)
		for i := range likes {
			for range news {
				likes[i] = append(likes[i], max(0, r.IntN(8)-3))
			}
		}
		sum, i, j := 0, -1, -1
		for _, m := range pairEdits(olds, news, func(i, j int) int { return likes[i][j] }) {
			if m.a <= i || m.b <= j || likes[m.a][m.b] == 0 {
				t.Fatalf("%v: pair %v behind %d, %d", likes, m, i, j)
			}
			sum, i, j = sum+likes[m.a][m.b], m.a, m.b
		}
		if want := bestSum(likes, 0, 0); sum != want {
			t.Fatalf("%v: sum %d, %d is possible", likes, sum, want)
		}
	}
}

// A stretch of any length is paired with constant work for a line, and a stretch of
// edited lines finds itself again.
func TestPairEditsLong(t *testing.T) {
	const n = 20_000
	asked := 0
	got := pairEdits(n, n, func(i, j int) int {
		asked++
		if i == j {
			return 1
		}
		return 0
	})
	if len(got) != n {
		t.Errorf("%d of %d lines found their edit", len(got), n)
	}
	if asked > 200*n {
		t.Errorf("%d comparisons for %d lines", asked, n)
	}
}

func TestSimilarity(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"# a", "# a", 3},
		{"# ab", "# cd", 0},         // exactly half
		{"# abc", "# axy", 3},       // just more than half
		{"# x end", "# y end", 6},   // prefix and suffix
		{"aaaa", "aaaaaaa", 4},      // what the two share counts once
		{"aaaa", "aaaaaaaa", 0},     // half of the longer one
		{"abXcd", "abYYcd", 4},      //
		{"# majors", "# MAJORS", 0}, //
		{"bcdefa", "abcdef", 0},     // in common, but neither prefix nor suffix
	} {
		for _, p := range [][2]string{{c.a, c.b}, {c.b, c.a}} {
			if got := similarity([]byte(p[0]), []byte(p[1])); got != c.want {
				t.Errorf("similarity(%q, %q) = %d, want %d", p[0], p[1], got, c.want)
			}
		}
	}
}

// mergeRuns keeps both runs whole and in order, pairs a longest common part, and does
// not depend on which side is which.
func TestMergeRuns(t *testing.T) {
	r := random()
	byNumber := func(a, b int32) int { return int(a - b) }
	for range 5000 {
		a, b := randomItems(r, 8, 4), randomItems(r, 8, 4)
		got := mergeRuns(a, b, byNumber)
		var fromA, fromB, both []int
		var items, mirrored []int32
		for _, m := range got {
			if m.a >= 0 {
				fromA = append(fromA, m.a)
			}
			if m.b >= 0 {
				fromB = append(fromB, m.b)
			}
			if m.a >= 0 && m.b >= 0 {
				both = append(both, m.a)
				if a[m.a] != b[m.b] {
					t.Fatalf("mergeRuns(%v, %v): %v pairs different items", a, b, m)
				}
			}
			items = append(items, itemOf(m, a, b))
		}
		if !isRange(fromA, len(a)) || !isRange(fromB, len(b)) {
			t.Fatalf("mergeRuns(%v, %v) = %v: a run is not whole", a, b, got)
		}
		if want := lcsLength(a, b); len(both) != want {
			t.Fatalf("mergeRuns(%v, %v) = %v: %d in common, want %d", a, b, got, len(both), want)
		}
		for _, m := range mergeRuns(b, a, byNumber) {
			mirrored = append(mirrored, itemOf(m, b, a))
		}
		if !slices.Equal(items, mirrored) {
			t.Fatalf("mergeRuns(%v, %v) gives %v, mirrored %v", a, b, items, mirrored)
		}
	}
}

func itemOf(m match, a, b []int32) int32 {
	if m.a >= 0 {
		return a[m.a]
	}
	return b[m.b]
}

func isRange(s []int, n int) bool {
	for i, x := range s {
		if x != i {
			return false
		}
	}
	return len(s) == n
}

// Between what runs have in common, the run with the smaller items comes first.
func TestMergeRunsByContent(t *testing.T) {
	for _, c := range []struct {
		a, b, want string
	}{
		{"b", "a", "ab"},
		{"mkz", "akb", "amkbz"},
		{"", "ba", "ba"},
		{"za", "b", "bza"},
		{"akz", "bkc", "abkcz"},
		{"ab", "abc", "abc"},
	} {
		t.Run(fmt.Sprintf("%s+%s", c.a, c.b), func(t *testing.T) {
			a, b := letters(c.a), letters(c.b)
			var got []rune
			for _, m := range mergeRuns(a, b, func(x, y int32) int { return int(x - y) }) {
				got = append(got, rune(itemOf(m, a, b)))
			}
			if string(got) != c.want {
				t.Errorf("got %q, want %q", string(got), c.want)
			}
		})
	}
}

func letters(s string) (out []int32) {
	for _, r := range s {
		out = append(out, r)
	}
	return out
}
