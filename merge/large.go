package merge

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"sync"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/internal/tune"
)

// A LargeError says why inputs cannot be merged in bounded memory, though [Merge] may merge
// them in memory. It is an [errors.ErrUnsupported].
type LargeError struct{ Reason string }

func (e *LargeError) Error() string {
	return "not to be merged in bounded memory: " + e.Reason + "; needed are headers of the same names, keys that strictly increase in base, rows in the same order, and few changes"
}

func (e *LargeError) Unwrap() error { return errors.ErrUnsupported }

// MergeLarge merges versions that are too large for memory: it reads each of them once, in
// windows, and keeps only what differs and the rows beside that. The result is that of
// [Merge]; its WriteTo reads base once more, so base must not change until then, and its
// Bytes are nil.
//
// The versions must have headers of the same names; base's keys must strictly increase (in
// the order of bytes), and no row may have moved, been copied or had its key renamed. What
// differs must fit in memory, which is about how many bytes a merge may take: half of it for
// the rows that are kept. Where that does not hold the error is a [*LargeError]. Other
// errors are those of Merge, and those of reading.
func MergeLarge(base, ours, theirs *io.SectionReader, opt Options, memory int) (*Result, error) {
	if err := opt.Validate(); err != nil {
		return nil, err
	}
	m, err := mergeLarge([3]*io.SectionReader{base, ours, theirs}, opt, memory)
	if err != nil {
		return nil, err
	}
	return m.res, nil
}

// DiffLarge is [Diff] of versions that are too large for memory, as [MergeLarge] is Merge.
func DiffLarge(a, b *io.SectionReader, opt csvrows.Options, memory int) (*Result, error) {
	if err := opt.Validate(); err != nil {
		return nil, err
	}
	m, err := mergeLarge([3]*io.SectionReader{a, a, b}, Options{Read: opt}, memory)
	if err != nil {
		return nil, err
	}
	m.diffed()
	return m.res, nil
}

// windowsInMemory is the part of the memory that a window may take, of three.
const windowsInMemory = 16

func mergeLarge(src [3]*io.SectionReader, opt Options, memory int) (*merger, error) {
	f := &feed{src: src, size: min(tune.Merge.Large, memory/windowsInMemory), most: memory / 2}
	r, err := f.reduce(opt.Read)
	if err != nil {
		return nil, err
	}
	m := newMerger(opt)
	m.sketch = &sketch{reduction: r, file: src[inBase]}
	if err := m.readFiles(r.sketch, f.opt, nil); err != nil {
		return nil, &LargeError{"it does not parse where the versions differ (" + err.Error() + " of what differs)"}
	}
	err = m.run()
	if err == errSketch {
		return nil, &LargeError{"a row was moved or copied, or its key may have been renamed"}
	}
	if v := lawOne(r.same, opt); v >= 0 && overruled(err) {
		m.takeSketch(v, err == nil)
		err = nil
	}
	return m, err
}

// same reports that two of the inputs are the same: their sketches are, and lack the same in
// the same places.
func (r *reduction) same(x, y int) bool {
	for _, c := range r.cuts {
		if c.sketch[x] != c.sketch[y] {
			return false
		}
	}
	return bytes.Equal(r.sketch[x], r.sketch[y])
}

// takeSketch is takeWhole for a version that is not in memory.
func (m *merger) takeSketch(v int, merged bool) {
	m.takeWhole(nil, v, merged)
	m.w = writer{form: &fileForm{}}
	from := 0
	for _, c := range m.sketch.cuts {
		m.w.add(m.sketch.sketch[v][from:c.sketch[v]])
		m.w.addFile(c.at[inBase], c.size)
		from = c.sketch[v]
	}
	m.w.add(m.sketch.sketch[v][from:])
	m.res.spans, m.res.size = m.w.spans, m.w.size
}

// A feed gives a reducer the versions window by window.
type feed struct {
	src  [3]*io.SectionReader
	size int // of a window
	most int // how much of the versions may be kept
	buf  [3][]byte
	opt  csvrows.Options
}

// reduce makes the reduction. f.opt are the options by which its sketch is to be read.
func (f *feed) reduce(opt csvrows.Options) (*reduction, error) {
	for _, s := range f.src {
		if s.Size() > math.MaxInt/2 {
			return nil, &LargeError{"a file is too large for this system"}
		}
	}
	r := &reducer{Sizes: tune.Merge, feed: f, seeks: f.size, size: tune.Merge.Block}
	if err := f.readHeads(r, opt); err != nil {
		return nil, err
	}
	for {
		s := r.run()
		if s == atEnd && !r.atEnds() {
			s = more // the sides have more behind the end of base
		}
		if s != more {
			return r.finish(s)
		}
		if err := r.slide(); err != nil {
			return nil, err
		}
	}
}

// readHeads fills the windows so far that the headers are in them.
func (f *feed) readHeads(r *reducer, opt csvrows.Options) error {
	if err := r.fill(); err != nil {
		return err
	}
	delim, mixed := csvrows.Detect(opt, f.buf[:]...)
	if mixed != nil {
		return &LargeError{mixed.Error()}
	}
	f.opt = opt
	f.opt.Delimiter = delim
	for v := range r.in {
		if end := headEnd(f.buf[v], f.opt); end == len(f.buf[v]) && !r.in[v].last {
			f.size *= 2
			return f.readHeads(r, opt)
		}
	}
	heads, ok := headsAgree(f.buf, f.opt)
	if !ok {
		return &LargeError{"the headers differ, or there is none"}
	}
	for v, h := range heads {
		r.in[v].pos, r.in[v].head = h.header, h.end
	}
	r.key = heads[inBase].key
	r.newCutters()
	return nil
}

// atEnds reports that the windows reach to the ends of all versions.
func (r *reducer) atEnds() bool { return r.in[inBase].last && r.in[inOurs].last && r.in[inTheirs].last }

// finish makes the reduction, or says why there is none.
func (r *reducer) finish(s step) (*reduction, error) {
	reason := ""
	switch {
	case s == unordered:
		reason = fmt.Sprintf("keys of base do not strictly increase, near byte %d", r.in[inBase].off+r.in[inBase].pos)
	case s != atEnd:
		reason = "a quote is never closed"
	case r.odd:
		reason = "rows hold NUL bytes, or what looks like a conflict marker"
	}
	if reason != "" {
		return nil, &LargeError{reason}
	}
	return gather([]*reducer{r}), nil
}

// slide moves the windows to where the cursors are. A window in which nothing could be
// done is too small, for a record of this length.
func (r *reducer) slide() error {
	if len(r.sketch[inBase])+len(r.sketch[inOurs])+len(r.sketch[inTheirs]) > r.feed.most {
		return &LargeError{fmt.Sprintf("too much differs, up to byte %d of base", r.in[inBase].off+r.in[inBase].pos)}
	}
	b := &r.in[inBase]
	if b.pos == 0 && r.in[inOurs].pos == 0 && r.in[inTheirs].pos == 0 {
		r.feed.size *= 2
	}
	moved := b.pos
	r.checked = max(0, r.checked-moved)
	r.lastKey = bytes.Clone(r.lastKey)
	for v := range r.in {
		c := &r.in[v]
		c.head, c.wait = max(0, c.head-c.pos), max(0, c.wait-moved)
		n := copy(r.feed.buf[v], c.data[c.pos:])
		r.feed.buf[v] = r.feed.buf[v][:n]
		c.off += c.pos
		c.pos, c.copied = 0, 0
	}
	r.open = cut{}
	if err := r.fill(); err != nil {
		return err
	}
	r.newCutters()
	return nil
}

// fill reads on in all versions until the windows are full.
func (r *reducer) fill() error {
	var errs [3]error
	var wg sync.WaitGroup
	for v := range r.in {
		wg.Go(func() { errs[v] = r.fillOne(v) })
	}
	wg.Wait()
	return errors.Join(errs[:]...)
}

func (r *reducer) fillOne(v int) error {
	f, c := r.feed, &r.in[v]
	have := len(f.buf[v])
	want := int(min(int64(f.size), f.src[v].Size()-int64(c.off)))
	f.buf[v] = slices.Grow(f.buf[v], max(0, want-have))[:max(want, have)]
	if n, err := f.src[v].ReadAt(f.buf[v][have:], int64(c.off+have)); n < want-have {
		return err
	}
	c.last = int64(c.off+len(f.buf[v])) == f.src[v].Size()
	return nil
}

func (r *reducer) newCutters() {
	for v := range r.in {
		r.in[v].data = r.feed.buf[v]
		r.in[v].Cutter = csvrows.NewCutter(r.feed.buf[v], r.feed.opt)
	}
}

// measure notes what is asked of the rows of a cut later, when they are not in memory.
func (r *reducer) measure(c *cut) {
	if r.feed == nil {
		return
	}
	rows := r.in[inBase].data[c.at[inBase]:c.end()]
	c.lines = countLineEnds(rows)
	r.longest = max(r.longest, longestMarker(rows, r.feed.opt.Delimiter))
}
