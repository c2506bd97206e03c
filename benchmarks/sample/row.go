package sample

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// A form is how rows are written.
type form struct {
	quoted  bool // every field
	keyLast bool
	wide    int // columns behind the usual ones
}

func (f *form) header() []byte {
	names := strings.Split("enabled,threshold,group,owner,quota,updated,etag,note", ",")
	for i := range f.wide {
		names = append(names, "extra_"+strconv.Itoa(i))
	}
	if f.keyLast {
		names = append(names, "id")
	} else {
		names = append([]string{"id"}, names...)
	}
	var b []byte
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = f.quote(append(f.quote(b), name...))
	}
	return append(b, '\n')
}

// quote begins or ends a field.
func (f *form) quote(b []byte) []byte {
	if f.quoted {
		return append(b, '"')
	}
	return b
}

// between ends one field and begins the next.
func (f *form) between(b []byte) []byte {
	if f.quoted {
		return append(b, `","`...)
	}
	return append(b, ',')
}

// A row is the cells that somebody edits, and the bytes between them.
type row struct {
	id, threshold, quota int
	enabled              bool
	who, rest            []byte // group and owner; updated, etag, note and the columns behind
}

// append writes the row in its form.
func (r *row) append(f *form, b []byte) []byte {
	if !f.keyLast {
		b = f.quote(b)
		b = r.appendKey(b)
		b = f.quote(b)
		b = append(b, ',')
	}
	b = f.quote(b)
	b = strconv.AppendBool(b, r.enabled)
	b = f.between(b)
	b = strconv.AppendInt(b, int64(r.threshold/100), 10)
	b = append(b, '.')
	b = appendPadded(b, r.threshold%100, 2)
	b = f.between(b)
	b = append(b, r.who...)
	b = f.between(b)
	b = strconv.AppendInt(b, int64(r.quota), 10)
	b = f.between(b)
	b = append(b, r.rest...)
	if f.keyLast {
		b = append(b, ',')
		b = f.quote(b)
		b = r.appendKey(b)
		b = f.quote(b)
	}
	return append(b, '\n')
}

func (r *row) appendKey(b []byte) []byte { return appendPadded(append(b, "row-"...), r.id, 9) }

var (
	givenNames  = []string{"ada", "barbara", "edsger", "frances", "grace", "john", "kathleen", "niklaus", "radia", "tony"}
	familyNames = []string{"allen", "booth", "dijkstra", "hoare", "hopper", "liskov", "lovelace", "mccarthy", "perlman", "wirth"}
	words       = []string{"alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett"}
)

func pick(rng *rand.Rand, from []string) string { return from[rng.IntN(len(from))] }

// fill makes it another row, in the memory of the one before.
func (r *row) fill(f *form, rng *rand.Rand, id int) {
	*r = row{
		id: id, threshold: 100 + rng.IntN(900_000), quota: rng.IntN(100_000), enabled: rng.IntN(4) > 0,
		who: r.who[:0], rest: r.rest[:0],
	}
	r.who = append(r.who, "grp-"...)
	r.who = appendPadded(r.who, rng.IntN(100), 2)
	r.who = f.between(r.who)
	r.who = append(r.who, pick(rng, givenNames)...)
	r.who = append(r.who, '.')
	r.who = append(r.who, pick(rng, familyNames)...)
	r.rest = appendTime(r.rest, rng)
	r.rest = f.between(r.rest)
	r.rest = f.quote(appendEtag(r.rest, rng))
	r.rest = append(r.rest, ',')
	r.rest = f.appendNote(r.rest, rng)
	for range f.wide {
		r.rest = append(r.rest, ',')
		r.rest = f.quote(appendPadded(f.quote(r.rest), rng.IntN(100_000), 5))
	}
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

// appendNote appends a whole field: a tenth of the notes cannot do without quotes.
func (f *form) appendNote(b []byte, rng *rand.Rand) []byte {
	first, second := pick(rng, words), pick(rng, words)
	switch rng.IntN(20) {
	case 0:
		return append(b, `"`+first+" ran, "+second+` waits"`...)
	case 1:
		return append(b, `"`+first+` said ""`+second+`"""`...)
	}
	return f.quote(append(f.quote(b), first+" and "+second+" run now"...))
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
