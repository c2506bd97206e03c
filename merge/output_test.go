package merge

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
)

// TestWriteTo writes spans of memory and of a file, of sizes around that of a chunk.
func TestWriteTo(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	base, made := make([]byte, 3*chunkSize), make([]byte, 3*chunkSize)
	for _, b := range [][]byte{base, made} {
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
	}
	sizes := []int{1, 100, chunkSize / 3, chunkSize - 1, chunkSize, chunkSize + 1, 2 * chunkSize}
	for range 25 {
		r := &Result{m: &merger{}}
		var want []byte
		file := rng.IntN(2) == 0
		if file {
			r.m.sketch = &sketch{file: bytes.NewReader(base)}
		}
		for range rng.IntN(12) {
			n := sizes[rng.IntN(len(sizes))]
			if from := rng.IntN(len(made) - n); file && rng.IntN(2) == 0 {
				r.spans, want = append(r.spans, span{at: from, size: n}), append(want, base[from:from+n]...)
			} else {
				r.spans, want = append(r.spans, span{data: made[from : from+n]}), append(want, made[from:from+n]...)
			}
		}
		var got bytes.Buffer
		if n, err := r.WriteTo(&got); err != nil || int(n) != len(want) || !bytes.Equal(got.Bytes(), want) {
			t.Fatalf("%d bytes of %d, or other ones: %v", n, len(want), err)
		}
		most := rng.IntN(len(want) + 1)
		if n, err := r.WriteTo(&fullWriter{most}); most < len(want) && (int(n) != most || !errors.Is(err, errFull)) {
			t.Fatalf("%d bytes written where there is room for %d: %v", n, most, err)
		}
	}
}
