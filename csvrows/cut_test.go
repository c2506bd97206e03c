package csvrows_test

import (
	"bytes"
	"testing"

	"github.com/rowkeep/rowkeep/csvrows"
)

// TestCutter cuts every input record by record, also from each record anew: as Parse does.
func TestCutter(t *testing.T) {
	for _, input := range tableInputs(t) {
		data := []byte(input)
		opt := csvrows.Options{Delimiter: ',', NoHeader: true}
		checkCutter(t, data, opt)
	}
}

func FuzzCutter(f *testing.F) {
	for _, input := range tableInputs(f) {
		f.Add([]byte(input))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		checkCutter(t, data, csvrows.Options{Delimiter: ',', NoHeader: true})
		checkCutter(t, data, csvrows.Options{Delimiter: ';', NoHeader: true, Comment: "//"})
	})
}

// checkCutter holds the records and keys of a cutter against those of Parse. The cutter
// looks ahead and comes back, as its users do.
func checkCutter(t *testing.T, data []byte, opt csvrows.Options) {
	t.Helper()
	c := csvrows.NewCutter(data, opt)
	f, err := csvrows.Parse(data, opt)
	if err != nil {
		for pos := c.Start(); pos < len(data); {
			end, _, ok := c.Cut(pos)
			if !ok {
				return
			}
			pos = end
		}
		return // UTF-16
	}
	pos := c.Start()
	for i := range f.Len() {
		end, kind, ok := c.Cut(pos)
		if pos != f.Offset(i) || end != f.Offset(i+1) || kind != f.Kind(i) || !ok {
			t.Fatalf("%q: record %d is %d to %d (%v, %t), Parse has %d to %d (%v)", data, i, pos, end, kind, ok, f.Offset(i), f.Offset(i+1), f.Kind(i))
		}
		if kind == csvrows.Row {
			for _, cols := range [][]int{{0}, {1}, {1, 0}} {
				want, none := f.AppendKey(nil, i, cols)
				if key, empty := c.Key(nil, data[pos:end], cols); !bytes.Equal(key, want) || empty != none {
					t.Fatalf("%q: key %v of record %d is %q, %t", data, cols, i, key, empty)
				}
			}
		}
		if ahead := end; ahead < len(data) {
			c.Cut(ahead)
		}
		pos = end
	}
	if pos != len(data) {
		t.Fatalf("%q: the records end at %d", data, pos)
	}
}
