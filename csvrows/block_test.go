package csvrows

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Whatever a byte's neighbours are, it has a bit of its own.
func TestMarksOf(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for size := range 3*blockSize + 1 {
		text := make([]byte, size)
		for i := range text {
			text[i] = "\x00\x01,-+\xac\xad\xff"[rng.IntN(8)]
		}
		for pos := range len(text) {
			var want uint64
			for i, c := range text[pos:min(size, pos+blockSize)] {
				if c == ',' {
					want |= 1 << i
				}
			}
			if got := marksOf(text, pos, spread(',')); got != want {
				t.Fatalf("commas of %q from %d on: %b, want %b", text, pos, got, want)
			}
		}
	}
}

// splitFields and fieldAt give what fieldEnd does, which looks at one field after the other.
func TestSplitFields(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		var b strings.Builder
		pieces := []string{"a", "bcdefghi", ",", ",", "\n", `"`, `,"`, `",`, `""`}
		if rng.IntN(2) == 0 {
			pieces = pieces[:5] // no quotes
		}
		for range rng.IntN(60) {
			b.WriteString(pieces[rng.IntN(len(pieces))])
		}
		text := []byte(b.String())
		var want []string
		for rest := text; ; {
			end := fieldEnd(rest, ',')
			want = append(want, string(rest[:end]))
			if end == len(rest) {
				break
			}
			rest = rest[end+1:]
		}
		fields := splitFields(nil, text, ',')
		got := make([]string, len(fields))
		for i, f := range fields {
			got[i] = string(f)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%q is split to %q, want %q", text, got, want)
		}
		for col := range len(want) + 2 {
			f, ok := fieldAt(text, col, ',')
			if ok != (col < len(want)) || ok && string(f) != want[col] {
				t.Fatalf("field %d of %q is %q, %v, want one of %q", col, text, f, ok, want)
			}
		}
	}
}

// Offsets beyond four bytes, in files that no test can hold.
func TestRecordsOfLargeFiles(t *testing.T) {
	if strconv.IntSize < 64 {
		t.Skip("SKIPPED: no file here has that many bytes")
	}
	gibi := 1 << lowBits
	offsets := []int{0, 5, gibi - 1, gibi, gibi + 7, 2*gibi - 1, 5 * gibi, 5*gibi + 1, 9*gibi - 1, 9 * gibi}
	r := records{size: 10 * gibi}
	for i, offset := range offsets {
		r.add(offset, Kind(i%4))
	}
	r.setKind(6, Comment)
	for i, offset := range offsets {
		kind := Kind(i % 4)
		if i == 6 {
			kind = Comment
		}
		if r.offset(i) != offset || r.kind(i) != kind {
			t.Errorf("record %d is a %v at %d, want a %v at %d", i, r.kind(i), r.offset(i), kind, offset)
		}
	}
}

// The memory of records is that of four bytes each, and not much more, whether they are as
// long as the first ones or not.
func TestRecordsMemory(t *testing.T) {
	for _, c := range []struct{ short, long int }{{100_000, 0}, {0, 100_000}, {300, 100_000}, {100_000, 300}} {
		r := records{size: 2*c.short + 100*c.long}
		for i := range c.short {
			r.add(2*i, Row)
		}
		for i := range c.long {
			r.add(2*c.short+100*i, Row)
		}
		if n := c.short + c.long; cap(r.marks) > 2*n {
			t.Errorf("%d short records and %d long ones have room for %d", c.short, c.long, cap(r.marks))
		}
	}
}
