package merge

import (
	"bytes"
	"slices"
)

// A span is a part of the result: bytes in memory, or if there are none, so many of base
// from a place on.
type span struct {
	data     []byte
	at, size int
}

// A writer collects the result as stretches of the inputs and of bytes made by the
// merge. It decides how records end: each with its own line end, or with the one
// that the whole file was converted to; a record that lacks one (the last of its
// file) takes its neighbour's.
type writer struct {
	form   *fileForm
	spans  []span
	size   int
	open   bool   // a record was written whose line end was not
	end    []byte // that line end, nil if the record lacks one
	must   bool   // that record must have a line end, whatever the file's form is
	latest []byte // the line end written last
	first  []byte // the first record
	// behindCR is set behind a block that leaves a lone CR as the last line end once one
	// side of it is taken.
	behindCR bool
}

// record writes one record.
func (w *writer) record(text, end []byte) {
	w.close()
	if w.first == nil {
		w.first = text
	}
	if len(w.form.convert) > 0 && len(end) > 0 {
		end = w.form.convert
	}
	if len(text) == 0 && len(end) > 0 && end[0] == '\n' && (w.behindCR || isLoneCR(w.latest)) {
		end = []byte{'\r'} // behind a lone CR, a line feed would not be a line of its own
	}
	w.add(text)
	w.open, w.end, w.must, w.behindCR = true, end, len(text) == 0, false
}

func isLoneCR(end []byte) bool { return len(end) == 1 && end[0] == '\r' }

// close writes the line end of the record before the next one.
func (w *writer) close() {
	if !w.open {
		return
	}
	w.open = false
	w.latest = w.neighbour(w.end)
	w.add(w.latest)
}

// neighbour returns end, or where there is none the line end of the record above.
func (w *writer) neighbour(end []byte) []byte {
	switch {
	case len(end) > 0:
		return end
	case len(w.form.convert) > 0:
		return w.form.convert
	case len(w.latest) > 0:
		return w.latest
	}
	return w.form.fallback
}

// finish ends the last record as the file's form says. A record without bytes would
// vanish with its line end, so it keeps it, and so does a marker.
func (w *writer) finish() {
	if w.open && (w.form.final || w.must) {
		w.close()
	}
	head := []byte("\xef\xbb\xbf")
	dataMark := len(w.spans) > 0 && bytes.HasPrefix(w.spans[0].data, head)
	if w.form.bom && w.size > 0 || dataMark {
		w.spans = slices.Insert(w.spans, 0, span{data: head})
		w.size += len(head)
	}
}

// add appends bytes; what continues the latest stretch in memory extends it.
func (w *writer) add(p []byte) {
	if len(p) == 0 {
		return
	}
	w.size += len(p)
	if n := len(w.spans); n > 0 {
		s := w.spans[n-1].data
		if cap(s) > len(s) && &s[:len(s)+1][len(s)] == &p[0] {
			w.spans[n-1].data = s[:len(s)+len(p)]
			return
		}
	}
	w.spans = append(doubled(w.spans, 1), span{data: p})
}

// fileRecord is record for bytes of base that are not in memory, and not the first ones.
func (w *writer) fileRecord(at, size int, end []byte) {
	w.close()
	w.addFile(at, size)
	w.open, w.end, w.must, w.behindCR = true, end, false, false
}

func (w *writer) addFile(at, size int) {
	w.size += size
	w.spans = append(w.spans, span{at: at, size: size})
}
