package sample

import (
	"bufio"
	"errors"
	"io"
	"math/rand/v2"
)

// Files are where the versions of a sample and its merge are written.
type Files struct{ Base, Ours, Theirs, Want io.Writer }

// A writer writes rows to the versions that have them.
type writer struct {
	form               form
	row                row // of base, and the memory of the next
	added              row
	text               []byte
	base, ours         *bufio.Writer
	theirs, want       *bufio.Writer
	theirPile, wanting *pile // of the rows that are to be put in another order
}

func newWriter(shape Shape, to Files) *writer {
	buffered := func(w io.Writer) *bufio.Writer { return bufio.NewWriterSize(w, 1<<18) }
	w := &writer{
		form: form{shape.Quoted, shape.KeyLast, shape.Wide},
		base: buffered(to.Base), ours: buffered(to.Ours), theirs: buffered(to.Theirs), want: buffered(to.Want),
	}
	for _, b := range w.all() {
		b.Write(w.form.header())
	}
	if shape.Moved {
		w.theirPile, w.wanting = &pile{to: w.theirs}, &pile{to: w.want}
		w.theirs, w.want = bufio.NewWriter(w.theirPile), bufio.NewWriter(w.wanting)
	}
	return w
}

func (w *writer) all() []*bufio.Writer { return []*bufio.Writer{w.base, w.ours, w.theirs, w.want} }

func (w *writer) flush() error {
	var errs []error
	for _, b := range w.all() {
		errs = append(errs, b.Flush())
	}
	return errors.Join(errs...)
}

// write writes the row with what its fate is.
func (w *writer) write(f fate, rng *rand.Rand) {
	w.text = w.row.append(&w.form, w.text[:0])
	if f == untouched { // by far the most
		for _, b := range w.all() {
			b.Write(w.text)
		}
	} else {
		w.writeEdited(f, rng)
	}
	if w.theirPile != nil {
		w.endRow()
	}
}

// writeEdited writes a row that is not the same in all versions.
func (w *writer) writeEdited(f fate, rng *rand.Rand) {
	cheap, dear, more, both := w.row, w.row, w.row, w.row
	cheap.threshold += 100_000
	dear.threshold += 200_000
	more.quota += 100_000
	both.threshold, both.quota = cheap.threshold, more.quota
	w.base.Write(w.text)
	switch f {
	case oursEdits:
		w.put(&cheap, w.ours, w.want)
		w.put(&w.row, w.theirs)
	case theirsEdits:
		w.put(&more, w.theirs, w.want)
		w.put(&w.row, w.ours)
	case bothEdit:
		w.put(&cheap, w.ours)
		w.put(&more, w.theirs)
		w.put(&both, w.want)
	case conflict:
		w.put(&cheap, w.ours)
		w.put(&dear, w.theirs)
		w.putConflict(&cheap, &w.row, &dear)
	case oursDeletes:
		w.put(&w.row, w.theirs)
	case theirsDeletes:
		w.put(&w.row, w.ours)
	case oursInserts:
		w.added.fill(&w.form, rng, w.row.id-5)
		w.put(&w.added, w.ours, w.want)
		w.put(&w.row, w.ours, w.theirs, w.want)
	case theirsInserts:
		w.added.fill(&w.form, rng, w.row.id-3)
		w.put(&w.added, w.theirs, w.want)
		w.put(&w.row, w.ours, w.theirs, w.want)
	}
}

func (w *writer) put(r *row, to ...*bufio.Writer) {
	w.text = r.append(&w.form, w.text[:0])
	for _, b := range to {
		b.Write(w.text)
	}
}

// putConflict writes what stands in the merge for a row that conflicts.
func (w *writer) putConflict(ours, base, theirs *row) {
	key := string(base.appendKey(nil))
	w.want.WriteString("<<<<<<< ours: id=" + key + "\n")
	w.put(ours, w.want)
	w.want.WriteString("||||||| base: id=" + key + "\n")
	w.put(base, w.want)
	w.want.WriteString("=======\n")
	w.put(theirs, w.want)
	w.want.WriteString(">>>>>>> theirs: id=" + key + "\n")
}

// endRow lets the piles know that the next row begins.
func (w *writer) endRow() {
	w.theirs.Flush() // a pile takes everything
	w.want.Flush()
	w.theirPile.end()
	w.wanting.end()
}

// reorder writes the rows of the piles in the order of the numbers given.
func (w *writer) reorder(order []int) {
	w.theirs, w.want = w.theirPile.to, w.wanting.to
	w.theirPile.reorder(order)
	w.wanting.reorder(order)
}

// A pile is the rows of one version, in one buffer. A row may come with a new one
// above it, or be absent.
type pile struct {
	to   *bufio.Writer
	text []byte
	ends []int // of each row's bytes
}

func (p *pile) Write(text []byte) (int, error) {
	p.text = append(p.text, text...)
	return len(text), nil
}

func (p *pile) end() { p.ends = append(p.ends, len(p.text)) }

func (p *pile) reorder(order []int) {
	for _, i := range order {
		start := 0
		if i > 0 {
			start = p.ends[i-1]
		}
		p.to.Write(p.text[start:p.ends[i]])
	}
}
