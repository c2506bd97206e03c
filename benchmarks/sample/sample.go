// Package sample makes three versions of a CSV file together with their merge.
//
// The file has nine columns and about 114 bytes a row; a tenth of the notes is
// quoted, as it holds a comma or a quote. In the usual [Shape], ours edits the
// threshold of one row in a hundred and theirs the quota of the row right below it:
// a merge by lines takes these for conflicts, and no row was edited twice. One row in
// a thousand is edited by both sides in different cells, one is deleted by each side,
// and above one each side adds a row.
//
// The expected merge is written beside the versions, row by row, by what was decided
// for the row: no code of package merge has a part in it. The same shape always gives
// the same bytes.
package sample

import (
	"bytes"
	"cmp"
	"math/rand/v2"
)

// Shape says what a sample is like. The zero value of all but Rows has no edit.
type Shape struct {
	Rows int
	// Seed gives other values to the cells and edits to other rows.
	Seed uint64
	// Edited is how many rows in a hundred each side edits. At 100 both sides edit
	// every row, in different cells.
	Edited int
	// Conflicting is how many rows in a hundred both sides edit in one cell,
	// differently.
	Conflicting int
	// Unsorted gives the keys no order. Else they ascend.
	Unsorted bool
	// Moved has theirs hold the rows in another order.
	Moved bool
	// Quoted has every field in quotes.
	Quoted bool
	// KeyLast has the key in the last column. Else it is in the first.
	KeyLast bool
	// Wide is how many columns there are besides the usual nine, each of six bytes a row.
	Wide int
}

// Sample is three versions of a file in memory.
type Sample struct {
	Base, Ours, Theirs []byte
	// Want is the merge, byte for byte, with markers in the style diff3 around the
	// conflicts.
	Want []byte
	Counts
}

// Counts is what the sides of a sample did.
type Counts struct {
	// Conflicts is how many cells both sides edited differently.
	Conflicts int
	// Edited, Deleted and Added are the rows by which ours differs from base. In an
	// edited one it is one cell.
	Edited, Deleted, Added int
}

// Bytes is the length of the three versions together.
func (s *Sample) Bytes() int64 { return int64(len(s.Base) + len(s.Ours) + len(s.Theirs)) }

// Columns is the number of columns of a sample that is not wide.
const Columns = 9

// New makes a sample in memory.
func New(shape Shape) *Sample {
	var base, ours, theirs, want bytes.Buffer
	counts, err := Write(shape, Files{&base, &ours, &theirs, &want})
	if err != nil {
		panic(err) // a buffer takes everything
	}
	return &Sample{base.Bytes(), ours.Bytes(), theirs.Bytes(), want.Bytes(), counts}
}

// Write makes a sample and writes it as it comes: what is held is a byte for each row,
// where keys have no order another eight, and with Moved two whole versions. It stops at
// the first error of a writer.
func Write(shape Shape, to Files) (Counts, error) {
	rng := rand.New(rand.NewPCG(cmp.Or(shape.Seed, 20260101), uint64(shape.Rows)))
	plan := newPlan(shape, rng)
	w := newWriter(shape, to)
	ids := ids(shape, rng)
	for i, f := range plan {
		w.row.fill(&w.form, rng, 10*(ids(i)+1))
		w.write(f, rng)
	}
	if shape.Moved {
		w.reorder(rng.Perm(shape.Rows))
	}
	return plan.counts(), w.flush()
}

// ids returns what numbers the rows.
func ids(shape Shape, rng *rand.Rand) func(int) int {
	if shape.Unsorted {
		order := rng.Perm(shape.Rows)
		return func(i int) int { return order[i] }
	}
	return func(i int) int { return i }
}
