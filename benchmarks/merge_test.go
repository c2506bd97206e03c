package benchmarks

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/rowkeep/rowkeep/benchmarks/sample"
	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

// A mergeShape is an axis of the merge benchmarks.
type mergeShape struct {
	name  string
	shape sample.Shape
	// form changes how the versions are written, but not what they say.
	form func(b *testing.B, data []byte) []byte
}

var mergeShapes = []mergeShape{
	{name: "edited=0%"},
	{name: "edited=1%", shape: sample.Shape{Edited: 1}},
	{name: "edited=1%/keys=unsorted", shape: sample.Shape{Edited: 1, Unsorted: true}},
	{name: "edited=1%/order=moved", shape: sample.Shape{Edited: 1, Moved: true}},
	{name: "edited=1%/conflicts=10%", shape: sample.Shape{Edited: 1, Conflicting: 10}},
	{name: "edited=1%/quoted=all", shape: sample.Shape{Edited: 1}, form: rewrite(func(f []csvrows.Field) []csvrows.Field {
		for i := range f {
			f[i] = csvrows.Encode(f[i].Value(), true, ',')
		}
		return f
	})},
	{name: "edited=1%/key=last", shape: sample.Shape{Edited: 1}, form: rewrite(func(f []csvrows.Field) []csvrows.Field {
		return append(f[1:], f[0])
	})},
	{name: "edited=1%/columns=198", shape: sample.Shape{Edited: 1}, form: rewrite(func(f []csvrows.Field) []csvrows.Field {
		for i := range 21 * sample.Columns {
			f = append(f, f[i%sample.Columns])
		}
		return f
	})},
	{name: "edited=100%", shape: sample.Shape{Edited: 100}},
}

// rewrite changes the fields of every record.
func rewrite(change func([]csvrows.Field) []csvrows.Field) func(*testing.B, []byte) []byte {
	return func(b *testing.B, data []byte) []byte {
		f := parse(b, data)
		out := make([]byte, 0, len(data))
		for i := range f.Len() {
			fields := change(f.Fields(nil, i))
			for _, field := range fields[:len(fields)-1] {
				out = append(append(out, field...), ',')
			}
			out = append(append(out, fields[len(fields)-1]...), '\n')
		}
		return out
	}
}

// sample makes the sample of a shape; a file of many columns has as many bytes, not rows.
func (x mergeShape) sample(b *testing.B, rows int) *sample.Sample {
	x.shape.Rows = rows
	s := *cached(x.shape)
	if x.form != nil {
		for _, data := range []*[]byte{&s.Base, &s.Ours, &s.Theirs, &s.Want} {
			*data = x.form(b, *data)
		}
	}
	return &s
}

// BenchmarkMerge merges three versions in memory; bytes are those of all three.
func BenchmarkMerge(b *testing.B) {
	for _, axis := range mergeShapes {
		for _, size := range sizes {
			b.Run(fmt.Sprintf("%s/rows=%s", axis.name, size.name), func(b *testing.B) {
				benchmarkMerge(b, axis.sample(b, size.rows))
			})
		}
	}
}

// BenchmarkMergeOneSide merges versions of which one side is base: the result is the
// other one, and all there is to do is to look for what a merge warns of.
func BenchmarkMergeOneSide(b *testing.B) {
	for _, size := range sizes {
		b.Run("edited=1%/rows="+size.name, func(b *testing.B) {
			s := *cached(sample.Shape{Rows: size.rows, Edited: 1})
			s.Ours, s.Want = s.Base, s.Theirs
			benchmarkMerge(b, &s)
		})
	}
}

// BenchmarkDiff compares two versions in memory.
func BenchmarkDiff(b *testing.B) {
	for _, size := range sizes {
		b.Run("edited=1%/rows="+size.name, func(b *testing.B) {
			s := cached(sample.Shape{Rows: size.rows, Edited: 1})
			changes := 0
			b.SetBytes(int64(len(s.Base) + len(s.Theirs)))
			besideCompare(b, s, func() {
				r, err := merge.Diff(s.Base, s.Theirs, csvrows.Options{})
				if err != nil {
					b.Fatal(err)
				}
				changes = 0
				for range r.Changes() {
					changes++
				}
			})
			if changes == 0 {
				b.Fatal("no changes")
			}
		})
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
