package sample

import (
	"bytes"
	"fmt"
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
			if (s.Want == nil) != (shape.Conflicting > 0) {
				t.Errorf("an expected merge stands beside %d conflicts", s.Conflicts)
			}
			if s.Want != nil && !bytes.Equal(r.Bytes(), s.Want) {
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
