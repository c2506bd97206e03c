package benchmarks

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/rowkeep/rowkeep/benchmarks/sample"
	"github.com/rowkeep/rowkeep/merge"
)

// BenchmarkMerge merges three versions in memory; bytes are those of all three.
func BenchmarkMerge(b *testing.B) {
	for _, axis := range []struct {
		name  string
		shape sample.Shape
	}{
		{"edited=1%", sample.Shape{Edited: 1}},
		{"edited=1%/keys=unsorted", sample.Shape{Edited: 1, Unsorted: true}},
		{"edited=1%/order=moved", sample.Shape{Edited: 1, Moved: true}},
		{"edited=1%/conflicts=10%", sample.Shape{Edited: 1, Conflicting: 10}},
		{"edited=100%", sample.Shape{Edited: 100}},
	} {
		for _, size := range sizes {
			axis.shape.Rows = size.rows
			b.Run(fmt.Sprintf("%s/rows=%s", axis.name, size.name), func(b *testing.B) {
				benchmarkMerge(b, cached(axis.shape))
			})
		}
	}
}

func benchmarkMerge(b *testing.B, s *sample.Sample) {
	b.SetBytes(s.Bytes())
	b.ReportAllocs()
	var r *merge.Result
	besideCompare(b, s, func() {
		var err error
		if r, err = merge.Merge(s.Base, s.Ours, s.Theirs, merge.Options{}); err != nil {
			b.Fatal(err)
		}
	})
	if n := r.Stats.Standing; n != s.Conflicts {
		b.Fatalf("%d conflicts, want %d", n, s.Conflicts)
	}
	if s.Want != nil && !bytes.Equal(r.Bytes(), s.Want) {
		b.Fatal("the merge is not the expected one")
	}
}

// besideCompare times do, and in turns with it what comparing base with a copy of it takes. It
// reports the quotient of the medians, which says more than either on a machine that does
// something else, too.
func besideCompare(b *testing.B, s *sample.Sample, do func()) {
	copied := bytes.Clone(s.Base)
	var took, compared []time.Duration
	for b.Loop() {
		start := time.Now()
		do()
		took = append(took, time.Since(start))
		b.StopTimer()
		start = time.Now()
		if !bytes.Equal(s.Base, copied) {
			b.Fatal("a copy differs")
		}
		compared = append(compared, time.Since(start))
		b.StartTimer()
	}
	b.ReportMetric(float64(median(took))/float64(median(compared)), "x-compare")
}
