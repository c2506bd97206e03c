package csvrows

import "slices"

// records holds offset and kind of each record in four bytes, one after the other. Of a
// file of a gigabyte or more it also holds where the offset gets too long for them: as
// offsets only grow, that is told by few numbers.
type records struct {
	marks []uint32 // offset % gibibyte << kindBits | kind
	// turns are the records before which the offset passes a multiple of a gibibyte, one
	// entry for each.
	turns []int
	size  int // of the file
}

const (
	kindBits = 2
	kindMask = 1<<kindBits - 1
	lowBits  = 32 - kindBits
	lowMask  = 1<<lowBits - 1
)

func (r *records) len() int { return len(r.marks) }

func (r *records) add(offset int, kind Kind) {
	if len(r.marks) == cap(r.marks) || offset>>lowBits > len(r.turns) {
		r.prepare(offset)
	}
	r.marks = append(r.marks, uint32(offset&lowMask)<<kindBits|uint32(kind))
}

// prepare makes room for one more record. Where there is none it makes enough for the whole
// file, if that goes on as it did up to offset, and a sixteenth more; but at most sixteen
// times what there was, as the first records may be shorter than the rest.
func (r *records) prepare(offset int) {
	for offset>>lowBits > len(r.turns) {
		r.turns = append(r.turns, len(r.marks))
	}
	const least, most = 64, 16
	n := len(r.marks)
	if n < cap(r.marks) {
		return
	}
	room := int(float64(n) / float64(max(1, offset)) * float64(r.size) * (1 + 1.0/most))
	marks := make([]uint32, n, max(least, n+n/4, min(room, n*most)))
	copy(marks, r.marks)
	r.marks = marks
}

func (r *records) kind(i int) Kind { return Kind(r.marks[i] & kindMask) }

func (r *records) setKind(i int, k Kind) { r.marks[i] = r.marks[i]&^kindMask | uint32(k) }

func (r *records) offset(i int) int {
	low := int(r.marks[i] >> kindBits)
	if len(r.turns) > 0 {
		low += r.passed(i) << lowBits
	}
	return low
}

// passed returns how many multiples of a gibibyte lie at or before the start of record i.
func (r *records) passed(i int) int {
	n := 0
	for n < len(r.turns) && r.turns[n] <= i {
		n++
	}
	return n
}

// shifted returns the records of a file of size bytes in which some of them, in their order,
// have become longer by what longer says, or shorter.
func (r *records) shifted(size int, changed []int, longer func(i int) int) records {
	out := records{size: size, marks: slices.Clone(r.marks)}
	by := make([]int, len(changed)+1) // behind so many of them
	for n, row := range changed {
		by[n+1] = by[n] + longer(row)
		behind := out.marks[row+1:]
		if n+1 < len(changed) {
			behind = behind[:changed[n+1]-row]
		}
		for i := range behind {
			behind[i] += uint32(by[n+1]) << kindBits // what passes a gibibyte falls off
		}
	}
	if size>>lowBits == 0 {
		return out
	}
	n := 0
	for i := range r.len() {
		for n < len(changed) && changed[n] < i {
			n++
		}
		for (r.offset(i)+by[n])>>lowBits > len(out.turns) {
			out.turns = append(out.turns, i)
		}
	}
	return out
}
