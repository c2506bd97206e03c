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
	"math/rand/v2"
	"strconv"
)

// Shape says what a sample is like. The zero value of all but Rows has no edit.
type Shape struct {
	Rows int
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
}

// Sample is three versions of a file.
type Sample struct {
	Base, Ours, Theirs []byte
	// Want is the merge, byte for byte; nil where there are conflicts.
	Want []byte
	// Conflicts is how many cells both sides edited differently.
	Conflicts int
}

// Bytes is the length of the three versions together.
func (s *Sample) Bytes() int64 { return int64(len(s.Base) + len(s.Ours) + len(s.Theirs)) }

// Columns is the number of columns of a sample.
const Columns = 9

const header = "id,enabled,threshold,group,owner,quota,updated,etag,note\n"

// New makes a sample.
func New(shape Shape) *Sample {
	rng := rand.New(rand.NewPCG(20260101, uint64(shape.Rows)))
	plan := newPlan(shape, rng)
	var base, ours, theirs, want pile
	for i, id := range ids(shape, rng) {
		r := newRow(rng, 10*(id+1))
		made := plan[i].apply(r, rng)
		base.add(made.base)
		ours.add(made.ours)
		theirs.add(made.theirs)
		want.add(made.want)
	}
	if shape.Moved {
		order := rng.Perm(shape.Rows)
		theirs.reorder(order)
		want.reorder(order)
	}
	s := &Sample{Base: base.bytes(), Ours: ours.bytes(), Theirs: theirs.bytes(), Conflicts: plan.count(conflict)}
	if s.Conflicts == 0 {
		s.Want = want.bytes()
	}
	return s
}

// ids numbers the rows.
func ids(shape Shape, rng *rand.Rand) []int {
	if shape.Unsorted {
		return rng.Perm(shape.Rows)
	}
	ids := make([]int, shape.Rows)
	for i := range ids {
		ids[i] = i
	}
	return ids
}

// A pile is the rows of one version, in one buffer. A row may come with a new one
// above it, or be absent.
type pile struct {
	text []byte
	ends []int // of each row's bytes
}

func (p *pile) add(rows []row) {
	for _, r := range rows {
		p.text = r.append(p.text)
	}
	p.ends = append(p.ends, len(p.text))
}

// reorder puts the rows in the order of the numbers given.
func (p *pile) reorder(order []int) {
	text := make([]byte, 0, len(p.text))
	for _, i := range order {
		start := 0
		if i > 0 {
			start = p.ends[i-1]
		}
		text = append(text, p.text[start:p.ends[i]]...)
	}
	p.text = text
}

func (p *pile) bytes() []byte { return append([]byte(header), p.text...) }

// A row is the cells that somebody edits, and the bytes between them.
type row struct {
	id, threshold, quota int
	enabled              bool
	who, rest            []byte // group and owner; updated, etag and note
}

func (r row) append(b []byte) []byte {
	b = append(b, "row-"...)
	b = appendPadded(b, r.id, 9)
	b = append(b, ',')
	b = strconv.AppendBool(b, r.enabled)
	b = append(b, ',')
	b = strconv.AppendInt(b, int64(r.threshold/100), 10)
	b = append(b, '.')
	b = appendPadded(b, r.threshold%100, 2)
	b = append(b, ',')
	b = append(b, r.who...)
	b = append(b, ',')
	b = strconv.AppendInt(b, int64(r.quota), 10)
	b = append(b, ',')
	b = append(b, r.rest...)
	return append(b, '\n')
}

var (
	givenNames  = []string{"ada", "barbara", "edsger", "frances", "grace", "john", "kathleen", "niklaus", "radia", "tony"}
	familyNames = []string{"allen", "booth", "dijkstra", "hoare", "hopper", "liskov", "lovelace", "mccarthy", "perlman", "wirth"}
	words       = []string{"alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett"}
)

func pick(rng *rand.Rand, from []string) string { return from[rng.IntN(len(from))] }

func newRow(rng *rand.Rand, id int) row {
	r := row{id: id, threshold: 100 + rng.IntN(900_000), quota: rng.IntN(100_000), enabled: rng.IntN(4) > 0}
	r.who = append(r.who, "grp-"...)
	r.who = appendPadded(r.who, rng.IntN(100), 2)
	r.who = append(r.who, ',')
	r.who = append(r.who, pick(rng, givenNames)...)
	r.who = append(r.who, '.')
	r.who = append(r.who, pick(rng, familyNames)...)
	r.rest = appendTime(r.rest, rng)
	r.rest = append(r.rest, ',')
	r.rest = appendEtag(r.rest, rng)
	r.rest = append(r.rest, ',')
	r.rest = appendNote(r.rest, rng)
	return r
}

func appendTime(b []byte, rng *rand.Rand) []byte {
	b = append(b, "2026-"...)
	b = append(appendPadded(b, 1+rng.IntN(12), 2), '-')
	b = append(appendPadded(b, 1+rng.IntN(28), 2), 'T')
	b = append(appendPadded(b, rng.IntN(24), 2), ':')
	b = append(appendPadded(b, rng.IntN(60), 2), ':')
	return append(appendPadded(b, rng.IntN(60), 2), 'Z')
}

func appendEtag(b []byte, rng *rand.Rand) []byte {
	const hex = "0123456789abcdef"
	for x, i := rng.Uint64(), 0; i < 16; i++ {
		b = append(b, hex[x>>(4*i)&15])
	}
	return b
}

func appendNote(b []byte, rng *rand.Rand) []byte {
	first, second := pick(rng, words), pick(rng, words)
	switch rng.IntN(20) {
	case 0:
		return append(b, `"`+first+" ran, "+second+` waits"`...)
	case 1:
		return append(b, `"`+first+` said ""`+second+`"""`...)
	}
	return append(b, first+" and "+second+" run now"...)
}

// appendPadded appends n with at least so many digits.
func appendPadded(b []byte, n, digits int) []byte {
	for least := 10; digits > 1; digits-- {
		if n < least {
			b = append(b, "000000000"[:digits-1]...)
			break
		}
		least *= 10
	}
	return strconv.AppendInt(b, int64(n), 10)
}
