package sample

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"testing"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

// TestWant holds the expected merge and the merge against each other: neither knows
// of the other's ways.
func TestWant(t *testing.T) {
	for _, shape := range []Shape{
		{Rows: 100, Edited: 1},
		{Rows: 3000, Edited: 1},
		{Rows: 3000, Edited: 1, Unsorted: true},
		{Rows: 3000, Edited: 1, Moved: true},
		{Rows: 3000, Edited: 1, Conflicting: 10},
		{Rows: 3000, Edited: 1, Conflicting: 10, Unsorted: true, Moved: true},
		{Rows: 3000, Edited: 100},
		{Rows: 3000, Edited: 1, Seed: 7},
		{Rows: 3000, Edited: 1, Conflicting: 10, Quoted: true},
		{Rows: 3000, Edited: 1, Conflicting: 10, KeyLast: true},
		{Rows: 3000, Edited: 1, Quoted: true, KeyLast: true, Wide: 3},
		{Rows: 300, Edited: 1, Wide: 191},
	} {
		t.Run(fmt.Sprintf("%+v", shape), func(t *testing.T) {
			s := New(shape)
			r, err := merge.Merge(s.Base, s.Ours, s.Theirs, merge.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if want := shape.Rows * shape.Conflicting / 100; s.Conflicts != want || r.Stats.Standing != want {
				t.Errorf("%d conflicts of the merge, %d of the sample, want %d", r.Stats.Standing, s.Conflicts, want)
			}
			if !bytes.Equal(r.Bytes(), s.Want) {
				t.Error("the merge is not the expected one")
			}
		})
	}
}

// TestNew holds a sample to what the package says of it.
func TestNew(t *testing.T) {
	const rows = 20_000
	s := New(Shape{Rows: rows, Edited: 1})
	if again := New(Shape{Rows: rows, Edited: 1}); !bytes.Equal(s.Base, again.Base) || !bytes.Equal(s.Want, again.Want) {
		t.Error("two samples of one shape differ")
	}
	if n := len(s.Base) / rows; n < 110 || n > 118 {
		t.Errorf("%d bytes a row", n)
	}
	if n := bytes.Count(s.Base, []byte(`,"`)) * 100 / rows; n < 9 || n > 11 {
		t.Errorf("%d %% of the notes are quoted", n)
	}
	f, err := csvrows.Parse(s.Base, csvrows.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if f.Len() != rows+1 || len(f.Columns()) != Columns {
		t.Errorf("%d records of %d columns", f.Len(), len(f.Columns()))
	}
}

// TestCounts holds the counts against a diff.
func TestCounts(t *testing.T) {
	s := New(Shape{Rows: 3000, Edited: 1, Conflicting: 2})
	diff, err := merge.Diff(s.Base, s.Ours, csvrows.Options{})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for c := range diff.Changes() {
		found[fmt.Sprint(c.Kind)]++
	}
	want := map[string]int{"cell": s.Edited, "row_deleted": s.Deleted, "row_added": s.Added}
	if !maps.Equal(found, want) {
		t.Errorf("the diff has %v, the sample %v", found, want)
	}
}

// TestForms holds the shapes that differ in form to what Shape says of them.
func TestForms(t *testing.T) {
	parse := func(s *Sample) *csvrows.File {
		f, err := csvrows.Parse(s.Ours, csvrows.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	f := parse(New(Shape{Rows: 50, Edited: 1, Quoted: true, Wide: 2}))
	if n := len(f.Columns()); n != Columns+2 {
		t.Errorf("wide: %d columns", n)
	}
	for i := range f.Len() {
		for _, field := range f.Fields(nil, i) {
			if !field.Quoted() {
				t.Fatalf("quoted: record %d has %s", i, field.Value())
			}
		}
	}
	f = parse(New(Shape{Rows: 50, KeyLast: true}))
	if last := len(f.Columns()) - 1; f.Columns()[last] != "id" || f.Key(1, []int{last})[0] != "row-000000010" {
		t.Errorf("key last: columns %v, first key %v", f.Columns(), f.Key(1, []int{last}))
	}
}

// TestWriteStops looks for the error of each writer.
func TestWriteStops(t *testing.T) {
	full := errors.New("full")
	for i := range 4 {
		to := [4]io.Writer{io.Discard, io.Discard, io.Discard, io.Discard}
		to[i] = failing{full}
		if _, err := Write(Shape{Rows: 10}, Files{to[0], to[1], to[2], to[3]}); !errors.Is(err, full) {
			t.Errorf("writer %d fails, and Write returns %v", i, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
