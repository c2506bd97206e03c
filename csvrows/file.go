package csvrows

import (
	"bytes"
	"io"
	"strconv"
	"sync"
)

// Kind says what a record is.
type Kind uint8

// The kinds of records.
const (
	Blank Kind = iota
	Comment
	Header
	Row
)

var kindNames = [...]string{"blank", "comment", "header", "row"}

func (k Kind) String() string { return kindNames[k] }

// File is a parsed file. It never changes and is safe for use by several
// goroutines. Records are numbered from 0.
type File struct {
	data     []byte
	opt      Options // delimiter filled in
	detected bool    // the delimiter, and not given
	prefix   []byte
	bom      int
	recs     records  // of each record, and the end of the last
	header   int      // record number, or -1
	most     int      // how many records a file may have
	prefixed bool     // the header is a "#id,..." record
	columns  []string // what the header names

	lineOnce  sync.Once
	lineMarks []int // line number of every lineStep-th record

	keyedOnce sync.Once
	keyed     *keyed // what tables of the file share
	keyedErr  error
}

// Len returns the number of records.
func (f *File) Len() int { return f.recs.len() - 1 }

// Kind returns the kind of record i.
func (f *File) Kind(i int) Kind { return f.recs.kind(i) }

// Bytes returns the whole file. The caller must not change it.
func (f *File) Bytes() []byte { return f.data }

// WriteTo writes the whole file: the bytes it was parsed from.
func (f *File) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(f.data)
	return int64(n), err
}

// BOM reports whether the file starts with a UTF-8 byte-order mark.
func (f *File) BOM() bool { return f.bom > 0 }

// Delimiter returns the delimiter the file was read by.
func (f *File) Delimiter() byte { return f.opt.Delimiter }

// Offset returns where record i starts; Offset(Len()) is the end of the file.
func (f *File) Offset(i int) int { return f.recs.offset(i) }

// Raw returns the bytes of record i, line end included.
func (f *File) Raw(i int) []byte { return f.data[f.Offset(i):f.Offset(i+1)] }

// Text returns the bytes of record i without its line end.
func (f *File) Text(i int) []byte { return trimLineEnd(f.Raw(i)) }

// LineEnd returns the bytes that end record i: LF, CR LF, CR, or none, which only
// the last record can have.
func (f *File) LineEnd(i int) []byte {
	raw := f.Raw(i)
	return raw[len(trimLineEnd(raw)):]
}

// trimLineEnd cuts the line end of a record. A record never holds a line end of
// its text at its very end, so the last bytes decide.
func trimLineEnd(raw []byte) []byte {
	n := len(raw)
	switch {
	case n > 0 && raw[n-1] == '\r':
		return raw[:n-1]
	case n > 0 && raw[n-1] == '\n':
		if n > 1 && raw[n-2] == '\r' {
			return raw[:n-2]
		}
		return raw[:n-1]
	}
	return raw
}

// Fields appends the fields of record i to dst. Quotes of a bare comment mean
// nothing, so its fields do not either.
func (f *File) Fields(dst []Field, i int) []Field {
	return splitFields(dst, f.Text(i), f.opt.Delimiter)
}

// Field returns field number col of record i, counted from 0, and whether the
// record is long enough to have one.
func (f *File) Field(i, col int) (Field, bool) {
	return fieldAt(f.Text(i), col, f.opt.Delimiter)
}

// HeaderRecord returns the number of the header record, or -1 if there is none.
func (f *File) HeaderRecord() int { return f.header }

// PrefixedHeader reports a header that starts with the comment prefix ("#id,name").
func (f *File) PrefixedHeader() bool { return f.prefixed }

// Columns returns the names of the header, without the comment prefix of a
// prefixed one; nil where there is no header. The caller must not change it.
func (f *File) Columns() []string { return f.columns }

// Width returns the number of fields of the widest row. It reads every row.
func (f *File) Width() int {
	width := 0
	var fields []Field
	for i := range f.Len() {
		if f.Kind(i) == Row {
			fields = f.Fields(fields[:0], i)
			width = max(width, len(fields))
		}
	}
	return width
}

// columnNames decodes the fields of a header.
func columnNames(fields []Field) []string {
	names := make([]string, len(fields))
	for i, fd := range fields {
		names[i] = string(fd.Value())
	}
	return names
}

// PositionNames returns "1" to strconv.Itoa(n): the column names of a file without
// a header.
func PositionNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = strconv.Itoa(i + 1)
	}
	return names
}

const lineStep = 64

// Line returns the line in which record i starts, counted from 1. LF, CR LF and
// lone CR each end a line, inside quotes too. The first call reads the file once.
func (f *File) Line(i int) int {
	f.lineOnce.Do(func() {
		line := 1
		for r := range f.Len() {
			if r%lineStep == 0 {
				f.lineMarks = append(f.lineMarks, line)
			}
			line += countLineEnds(f.Raw(r))
		}
	})
	from := i / lineStep * lineStep
	return f.lineMarks[i/lineStep] + countLineEnds(f.data[f.Offset(from):f.Offset(i)])
}

func countLineEnds(text []byte) int {
	n := bytes.Count(text, []byte{'\n'})
	if bytes.IndexByte(text, '\r') < 0 {
		return n
	}
	return n + bytes.Count(text, []byte{'\r'}) - bytes.Count(text, []byte("\r\n"))
}
