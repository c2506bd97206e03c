package benchmarks

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/rowkeep/rowkeep/benchmarks/sample"
	"github.com/rowkeep/rowkeep/csvrows"
)

// BenchmarkEdit makes one edit of a table that has been read; each round edits
// another row. Joining the bytes is apart, as one write follows many edits.
func BenchmarkEdit(b *testing.B) {
	for _, edit := range edits {
		for _, size := range sizes {
			b.Run(fmt.Sprintf("edit=%s/rows=%s", edit.name, size.name), func(b *testing.B) {
				f := parse(b, cached(sample.Shape{Rows: size.rows}).Base)
				b.ReportAllocs()
				edit.run(b, f)
			})
		}
	}
}

var edits = []struct {
	name string
	run  func(b *testing.B, f *csvrows.File)
}{
	{"Set", func(b *testing.B, f *csvrows.File) {
		perRow(b, f, func(t *csvrows.Table, key csvrows.Key, n int) error {
			return t.Set(key, map[string]string{"threshold": strconv.Itoa(n)})
		})
	}},
	{"InsertAfter", func(b *testing.B, f *csvrows.File) {
		perRow(b, f, func(t *csvrows.Table, key csvrows.Key, n int) error {
			return t.InsertAfter(key, csvrows.Key{"new-" + strconv.Itoa(n)}, map[string]string{"owner": "ada.lovelace"})
		})
	}},
	{"Delete", func(b *testing.B, f *csvrows.File) {
		perRow(b, f, func(t *csvrows.Table, key csvrows.Key, _ int) error { return t.Delete(key) })
	}},
	{"NewTable", func(b *testing.B, f *csvrows.File) {
		b.SetBytes(int64(len(f.Bytes())))
		for b.Loop() {
			newTable(b, f)
		}
	}},
	{"AddColumn", func(b *testing.B, f *csvrows.File) {
		b.SetBytes(int64(len(f.Bytes())))
		for b.Loop() {
			b.StopTimer()
			t := newTable(b, f)
			b.StartTimer()
			if err := t.AddColumn("extra"); err != nil {
				b.Fatal(err)
			}
		}
	}},
	{"Bytes", func(b *testing.B, f *csvrows.File) {
		t := newTable(b, f)
		key := f.Key(f.Len()/2, []int{0})
		if err := t.Set(key, map[string]string{"threshold": "1"}); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(f.Bytes())))
		for b.Loop() {
			if len(t.Bytes()) == 0 {
				b.Fatal("no bytes")
			}
		}
	}},
}

// perRow times one edit of each row; when all are through it goes on with a new
// table.
func perRow(b *testing.B, f *csvrows.File, edit func(t *csvrows.Table, key csvrows.Key, n int) error) {
	var keys []csvrows.Key
	for key := range newTable(b, f).Keys() {
		keys = append(keys, key)
	}
	var t *csvrows.Table
	n := 0
	for b.Loop() {
		if n%len(keys) == 0 {
			b.StopTimer()
			t = newTable(b, f)
			b.StartTimer()
		}
		if err := edit(t, keys[n%len(keys)], n); err != nil {
			b.Fatal(err)
		}
		n++
	}
}

func newTable(b *testing.B, f *csvrows.File) *csvrows.Table {
	t, err := csvrows.NewTable(f)
	if err != nil {
		b.Fatal(err)
	}
	return t
}
