package benchmarks

import "github.com/rowkeep/rowkeep/benchmarks/sample"

// sizes are the numbers of rows that every benchmark runs at.
var sizes = []struct {
	name string
	rows int
}{
	{"100", 100},
	{"10k", 10_000},
	{"1M", 1_000_000},
}

var latest struct {
	shape  sample.Shape
	sample *sample.Sample
}

// cached returns the sample of a shape. It keeps the latest, as a benchmark is called
// several times.
func cached(shape sample.Shape) *sample.Sample {
	if latest.sample == nil || latest.shape != shape {
		latest.sample = nil // so that two never stand in memory
		latest.shape, latest.sample = shape, sample.New(shape)
	}
	return latest.sample
}
