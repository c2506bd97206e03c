package merge

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"

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
// windows, several parts side by side, and keeps only what differs and the rows beside that.
// Where conflicts are marked, it also searches base for what looks like their markers. The
// result is that of [Merge]; its WriteTo reads base once more, so base must not change until
// then, and its Bytes are nil.
//
// The versions must have headers of the same names; base's keys must strictly increase (in
// the order of bytes), and no row may have moved, been copied or had its key renamed. What
// differs must fit in memory, which is about how many bytes a merge may take: half of it for
// the rows that are kept. Where that does not hold the error is a [*LargeError]; and also where
// that half would do for all rows, once it shows that most differ, as Merge is faster then.
// Other errors are those of Merge, and those of reading.
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

func mergeLarge(src [3]*io.SectionReader, opt Options, memory int) (*merger, error) {
	x := &reducing{Sizes: tune.Merge}
	for v, file := range src {
		if file.Size() > math.MaxInt/4 {
			return nil, &LargeError{"a file is too large for this system"}
		}
		x.src[v] = source{file: file}
	}
	x.tellApart()
	size := 0
	for _, v := range x.versions {
		size += x.src[v].size()
	}
	x.files = newFiles(tune.Merge, memory, size)
	if err := x.readHeads(opt.Read); err != nil {
		return nil, err
	}
	r, end := x.run(false)
	if err := x.refusal(r, end); err != nil {
		return nil, err
	}
	m := newMerger(opt)
	m.sketch = &sketch{reduction: r, file: src[inBase]}
	if err := m.readFiles(r.sketch, x.opt, nil); err != nil {
		return nil, &LargeError{"it does not parse where the versions differ (" + err.Error() + " of what differs)"}
	}
	err := m.run()
	if err == errSketch {
		return nil, &LargeError{"a row was moved or copied, or its key may have been renamed"}
	}
	if v := lawOne(r.isSame, opt); v >= 0 && overruled(err) {
		m.takeSketch(v, err == nil)
		err = nil
	}
	return m, err
}

// isSame reports that two of the inputs are the same: their sketches are, and lack the same in
// the same places.
func (r *reduction) isSame(x, y int) bool {
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

// readHeads reads as much of the versions as tells how they are to be read.
func (x *reducing) readHeads(opt csvrows.Options) error {
	var data [3][]byte
	for n := min(x.Large, 64<<10); ; n *= 2 {
		for _, v := range x.versions {
			data[v] = make([]byte, min(n, x.src[v].size()))
			if got, err := x.src[v].file.ReadAt(data[v], 0); got < len(data[v]) {
				return err
			}
		}
		follow(x, &data)
		delim, mixed := csvrows.Detect(opt, data[:]...)
		x.opt = opt
		x.opt.Delimiter = delim
		if !x.holdHeads(data) {
			continue
		}
		if mixed != nil {
			return &LargeError{mixed.Error()}
		}
		var ok bool
		if x.heads, ok = headsAgree(data, x.opt); !ok {
			return &LargeError{"the headers differ, or there is none"}
		}
		return nil
	}
}

// holdHeads reports that these starts of the versions hold what decides about the headers.
func (x *reducing) holdHeads(data [3][]byte) bool {
	for _, v := range x.versions {
		if len(data[v]) < x.src[v].size() && headEnd(data[v], x.opt) == len(data[v]) {
			return false
		}
	}
	return true
}

// refusal says why there is no reduction of files, or why it does not do.
func (x *reducing) refusal(r *reduction, end stop) error {
	switch {
	case end.err != nil:
		return end.err
	case end.step == unordered:
		return &LargeError{fmt.Sprintf("keys of base do not strictly increase, near byte %d", end.at)}
	case end.step == inVain:
		return &LargeError{"most rows differ"}
	case end.step == tooMuch:
		return &LargeError{fmt.Sprintf("too much differs, up to byte %d of base", end.at)}
	case end.step != atEnd:
		return &LargeError{"a quote is never closed"}
	case r.odd:
		return &LargeError{"rows hold NUL bytes, or what looks like a conflict marker"}
	}
	return nil
}
