// Package highlight finds what differs inside values, for people to look at.
//
// It cuts values into parts that are shown plain and parts that are shown as changed,
// and leaves out the middle of what is too long to be shown. What it finds is never used
// to merge. The same values give the same parts, however fast the machine is.
package highlight

import (
	"slices"
	"unicode/utf8"

	"github.com/sergi/go-diff/diffmatchpatch"
)

// Part is a piece of a value.
type Part struct {
	Text    string
	Changed bool
	// Left is how many bytes of the value are left out here, in place of a Text.
	Left int
}

// mostWork bounds the product of the lengths, in characters, of two values that are
// compared character by character: some milliseconds. Of longer ones, and of bytes that
// are not UTF-8, which go-diff would destroy, only the ends are compared.
const mostWork = 1 << 18

// Pair returns the parts of two versions of a value.
func Pair(before, after string) (b, a []Part) {
	gone, came := compare(before, after)
	return cut(before, gone), cut(after, came)
}

// Three returns the parts of base and of what two sides made of it. What either of them
// took away is changed in base.
func Three(base, ours, theirs string) [3][]Part {
	goneOurs, cameOurs := compare(base, ours)
	goneTheirs, cameTheirs := compare(base, theirs)
	return [3][]Part{cut(base, union(goneOurs, goneTheirs)), cut(ours, cameOurs), cut(theirs, cameTheirs)}
}

// Whole returns a value of which there is nothing to compare.
func Whole(value string, changed bool) []Part {
	if value == "" {
		return nil
	}
	return []Part{{Text: value, Changed: changed}}
}

// A span is a range of bytes of a value that the other one does not have.
type span struct{ from, to int }

// compare returns what is gone from before, and what has come in after.
func compare(before, after string) (gone, came []span) {
	if before == after {
		return nil, nil
	}
	if !utf8.ValidString(before) || !utf8.ValidString(after) || utf8.RuneCountInString(before)*utf8.RuneCountInString(after) > mostWork {
		return ends(before, after)
	}
	d := diffmatchpatch.New()
	d.DiffTimeout = 0 // else the result depends on the speed of the machine
	diffs := d.DiffCleanupSemantic(d.DiffMainRunes([]rune(before), []rune(after), false))
	var b, a, same int
	for _, diff := range diffs {
		n := len(diff.Text)
		switch diff.Type {
		case diffmatchpatch.DiffDelete:
			gone = append(gone, span{b, b + n})
			b += n
		case diffmatchpatch.DiffInsert:
			came = append(came, span{a, a + n})
			a += n
		case diffmatchpatch.DiffEqual:
			b, a, same = b+n, a+n, same+n
		}
	}
	if 3*same < min(b, a) { // a letter in common is chance, and no help: tru-e and fals-e
		return all(before), all(after)
	}
	return gone, came
}

func all(s string) []span {
	if s == "" {
		return nil
	}
	return []span{{0, len(s)}}
}

// ends compares what two values start and end with.
func ends(before, after string) (gone, came []span) {
	short := min(len(before), len(after))
	head := 0
	for head < short && before[head] == after[head] {
		head++
	}
	for head > 0 && (inside(before, head) || inside(after, head)) {
		head--
	}
	tail := 0
	for tail < short-head && before[len(before)-1-tail] == after[len(after)-1-tail] {
		tail++
	}
	for tail > 0 && (inside(before, len(before)-tail) || inside(after, len(after)-tail)) {
		tail--
	}
	if end := len(before) - tail; head < end {
		gone = []span{{head, end}}
	}
	if end := len(after) - tail; head < end {
		came = []span{{head, end}}
	}
	return gone, came
}

// inside reports that position i is within a character.
func inside(s string, i int) bool { return i < len(s) && !utf8.RuneStart(s[i]) }

// union joins two lists of spans, each in order and without overlaps.
func union(x, y []span) []span {
	spans := slices.Concat(x, y)
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	var joined []span
	for _, s := range spans {
		if n := len(joined); n > 0 && s.from <= joined[n-1].to {
			joined[n-1].to = max(joined[n-1].to, s.to)
		} else {
			joined = append(joined, s)
		}
	}
	return joined
}

// cut makes parts of a value, of which spans are changed.
func cut(value string, spans []span) []Part {
	var parts []Part
	add := func(from, to int, changed bool) {
		if from < to {
			parts = append(parts, Part{Text: value[from:to], Changed: changed})
		}
	}
	at := 0
	for _, s := range spans {
		add(at, s.from, false)
		add(s.from, s.to, true)
		at = s.to
	}
	add(at, len(value), false)
	return parts
}

// Shorten leaves out of parts what is over most bytes of text, and first of all what is
// not changed: the surroundings of the first change are what stays.
func Shorten(parts []Part, most int) []Part {
	total := 0
	for _, p := range parts {
		total += len(p.Text)
	}
	if total <= most {
		return parts
	}
	around := most / 4 // of what is unchanged, on each side of a change
	var short []Part
	for i, p := range parts {
		head, tail := around, around
		if i == 0 {
			head = 0
		}
		if i == len(parts)-1 {
			tail = 0
		}
		switch {
		case p.Changed || p.Left > 0 || len(parts) == 1:
			short = append(short, p)
		default:
			short = appendEnds(short, p.Text, head, tail)
		}
	}
	return truncate(short, most)
}

// appendEnds appends the first and the last bytes of a text, and a gap between them.
func appendEnds(parts []Part, text string, head, tail int) []Part {
	if len(text) <= head+tail {
		return append(parts, Part{Text: text})
	}
	head, tail = floor(text, head), ceil(text, len(text)-tail)
	if head > 0 {
		parts = append(parts, Part{Text: text[:head]})
	}
	parts = append(parts, Part{Left: tail - head})
	if tail < len(text) {
		parts = append(parts, Part{Text: text[tail:]})
	}
	return parts
}

// truncate leaves out all that is behind the first most bytes of text.
func truncate(parts []Part, most int) []Part {
	var short []Part
	left := 0
	for _, p := range parts {
		keep := floor(p.Text, min(most, len(p.Text)))
		if left > 0 {
			keep = 0
		}
		switch {
		case p.Left > 0 && left == 0:
			short = append(short, p)
			continue
		case keep > 0:
			short = append(short, Part{Text: p.Text[:keep], Changed: p.Changed})
			most -= keep
		}
		left += len(p.Text) - keep + p.Left
	}
	if left > 0 {
		short = append(short, Part{Left: left})
	}
	return short
}

// floor moves a cut back, and ceil forth, to where a character starts.
func floor(s string, i int) int {
	for i > 0 && inside(s, i) {
		i--
	}
	return i
}

func ceil(s string, i int) int {
	for inside(s, i) {
		i++
	}
	return i
}
