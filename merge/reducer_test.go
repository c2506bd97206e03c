package merge

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestLess compares keys that have much in common, of lengths around those of words.
func TestLess(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	key := func() []byte {
		k := bytes.Repeat([]byte{'k'}, rng.IntN(20))
		if len(k) > 0 {
			k[rng.IntN(len(k))] = byte(rng.IntN(256))
		}
		return k
	}
	for range 20_000 {
		a, b := key(), key()
		if got, want := less(a, b), bytes.Compare(a, b) < 0; got != want {
			t.Fatalf("less(%q, %q) is %t", a, b, got)
		}
	}
}
