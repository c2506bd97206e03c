package csvrows

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
)

// Records that become longer or shorter shift those behind them, over any multiple of a
// gibibyte too: as if they had been put one behind the other as they are now.
func TestShifted(t *testing.T) {
	large := 1 << 28
	lengths := []int{1, 100, large >> 8}
	if strconv.IntSize == 64 {
		lengths = append(lengths, large, 12*large)
	}
	for _, most := range lengths {
		for seed := range uint64(200) {
			r := rand.New(rand.NewPCG(seed, uint64(most)))
			var was, is []int // lengths
			var changed []int
			for i := range 1 + r.IntN(20) {
				was = append(was, 1+r.IntN(most))
				is = append(is, was[i])
				if r.IntN(3) == 0 {
					is[i] = 1 + r.IntN(most)
					changed = append(changed, i)
				}
			}
			old, want := recordsOf(was), recordsOf(is)
			got := old.shifted(want.size, changed, func(i int) int { return is[i] - was[i] })
			if got.size != want.size || !slices.Equal(got.marks, want.marks) || !slices.Equal(got.turns, want.turns) {
				t.Fatalf("lengths %v, then %v: %+v, want %+v", was, is, got, want)
			}
		}
	}
}

// recordsOf puts records of some lengths one behind the other.
func recordsOf(lengths []int) records {
	var r records
	for i, n := range lengths {
		r.add(r.size, Kind(i%int(kindMask+1)))
		r.size += n
	}
	return r
}
