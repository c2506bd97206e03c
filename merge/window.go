package merge

import (
	"bytes"
	"slices"
	"sync/atomic"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/internal/tune"
)

// files is what reducers of files share: how much of the files may be in memory.
//
// A reducer looks at its part through windows, one for each version, which it moves on side
// by side. They are small, so that what is read is still in the processor's cache when it is
// compared, cut into records and searched; meanwhile other reducers work or read, and the
// system reads ahead. Only where the versions part for long are the windows wide: the place
// where they meet again is looked for in them.
type files struct {
	narrow, wide int // sizes of windows
	most         int // how much of the versions may be kept
	// roomy is set if all of them may: then they might as well be merged in memory, and it
	// is worth giving up early.
	roomy bool
	kept  atomic.Int64
}

// newFiles divides memory: half of it for what is kept, a part of the rest for windows. size
// is that of the files.
func newFiles(x tune.Sizes, memory, size int) *files {
	const windows, part = 3 * mostWorkers, 4
	largest := max(memory/part/windows, 1)
	return &files{
		narrow: min(x.Large, largest),
		wide:   min(max(x.Large, x.MostLarge), largest),
		most:   memory / 2,
		roomy:  memory/2 >= size,
	}
}

// windows are those of one reducer.
type windows struct {
	size int
	buf  [3][]byte
	kept int // how much of the versions the reducer keeps
}

// fill reads on in all versions until the windows are full. A window of a version in memory
// is all the rest of it.
func (r *reducer) fill() step {
	for _, v := range r.versions {
		c := &r.in[v]
		c.data, c.last = r.src[v].data, true
		if r.files == nil {
			c.data = c.data[c.off:]
		} else if r.end.err = r.read(v); r.end.err != nil {
			return giveUp
		}
		c.Cutter = csvrows.NewCutter(c.data, r.opt)
	}
	follow(r.reducing, &r.in)
	return goOn
}

// read reads on in a file until its window is full.
func (r *reducer) read(v int) error {
	c, buf, size := &r.in[v], r.window.buf[v], r.src[v].size()
	have := len(buf)
	want := max(have, min(r.window.size, size-c.off))
	buf = slices.Grow(buf, want-have)[:want]
	if n, err := r.src[v].file.ReadAt(buf[have:], int64(c.off+have)); n < want-have {
		return err
	}
	c.data, c.last = buf, c.off+want == size
	r.window.buf[v] = buf
	return nil
}

// slide moves the windows to where the cursors are. Windows in which nothing could be
// done are too small, for a record of this length.
func (r *reducer) slide() step {
	stuck := true
	for _, v := range r.versions {
		c := &r.in[v]
		stuck = stuck && c.pos == 0 && (c.last || len(c.data) >= r.window.size)
	}
	switch {
	case stuck:
		r.window.size *= 2
	case r.inStretch:
		r.window.size = r.files.narrow
	}
	if r.tooMuchKept() {
		return tooMuch
	}
	moved := r.in[inBase].pos
	r.checked = max(0, r.checked-moved)
	r.lastKey = bytes.Clone(r.lastKey)
	for _, v := range r.versions {
		c := &r.in[v]
		c.head, c.wait = max(0, c.head-c.pos), max(0, c.wait-moved)
		n := copy(r.window.buf[v], c.data[c.pos:])
		r.window.buf[v] = r.window.buf[v][:n]
		c.off += c.pos
		c.pos, c.copied = 0, 0
	}
	r.open = cut{}
	return r.fill()
}

// tooMuchKept reports that the reducers keep more of the versions than they may.
func (r *reducer) tooMuchKept() bool {
	kept := r.window.size
	for _, v := range r.versions {
		kept += len(r.sketch[v])
	}
	total := r.files.kept.Add(int64(kept - r.window.kept))
	r.window.kept = kept
	return total > int64(r.files.most)
}

// atEnds reports that the windows reach to the ends of all versions.
func (r *reducer) atEnds() bool { return r.in[inBase].last && r.in[inOurs].last && r.in[inTheirs].last }

// widen asks for wide windows; it is false if they are, or there is no more to be read.
func (r *reducer) widen() bool {
	if r.atEnds() || r.window.size >= r.files.wide {
		return false
	}
	r.window.size = r.files.wide
	return true
}

// emptied are the windows' memory, for another reducer.
func (r *reducer) emptied() (buf [3][]byte) {
	for v, b := range r.window.buf {
		buf[v] = b[:0]
	}
	return buf
}
