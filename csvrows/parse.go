package csvrows

import "bytes"

var bom = []byte("\xef\xbb\xbf")

// Parse cuts data into records. The file keeps data and does not copy it: it must
// not change afterwards. The memory of the result, data aside, is eight bytes a
// record.
//
// Errors: those of [Options.Validate], and a [*ParseError].
func Parse(data []byte, opt Options) (*File, error) {
	if err := opt.Validate(); err != nil {
		return nil, err
	}
	if looksUTF16(data) {
		return nil, &ParseError{Line: 1, Column: 1, Err: ErrUTF16}
	}
	if opt.Delimiter == 0 {
		d, err := Detect(opt, data)
		if err != nil {
			return nil, err
		}
		opt.Delimiter = d
		if err := opt.Validate(); err != nil {
			return nil, err
		}
	}
	f := newFile(data, opt)
	if err := f.scan(); err != nil {
		return nil, err
	}
	f.findHeader()
	return f, nil
}

// newFile returns a file that has no records yet.
func newFile(data []byte, opt Options) *File {
	f := &File{data: data, opt: opt, prefix: []byte(opt.prefix()), header: -1, most: mostRecords}
	if bytes.HasPrefix(data, bom) {
		f.bom = len(bom)
	}
	return f
}

// looksUTF16 reports a UTF-16 byte-order mark (little-endian UTF-32 starts with the
// same bytes), or a start in which every other byte is NUL, as ASCII text has it
// in UTF-16.
func looksUTF16(data []byte) bool {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return true
	}
	const sample = 64
	head := data[:min(len(data), sample)]
	if len(head) < 4 {
		return false
	}
	var nul [2]int
	for i, c := range head {
		if c == 0 {
			nul[i%2]++
		}
	}
	big, little := (len(head)+1)/2, len(head)/2
	return nul[0] == big && nul[1] == 0 || nul[1] == little && nul[0] == 0
}

// A scanner cuts records. It remembers the next line feed, carriage return and
// quote, so that each is searched for once, however many records lie before it.
type scanner struct {
	data       []byte
	delim      byte
	lf, cr, qt int // first one at or behind where it was last asked for
}

func next(data []byte, known, from int, c byte) int {
	if known >= from {
		return known
	}
	if i := bytes.IndexByte(data[from:], c); i >= 0 {
		return from + i
	}
	return len(data)
}

// lineEnd returns the position of the first CR or LF at or behind from.
func (s *scanner) lineEnd(from int) int {
	s.lf = next(s.data, s.lf, from, '\n')
	s.cr = next(s.data, s.cr, from, '\r')
	return min(s.lf, s.cr)
}

func (s *scanner) quote(from int) int {
	s.qt = next(s.data, s.qt, from, '"')
	return s.qt
}

// behind returns the position behind the line end that starts at end.
func (s *scanner) behind(end int) int {
	switch {
	case end == len(s.data):
		return end
	case s.data[end] == '\r' && end+1 < len(s.data) && s.data[end+1] == '\n':
		return end + 2
	}
	return end + 1
}

// record returns where the record that starts at start ends, line end included. A
// quote opens a field at the start of the record and behind a delimiter; elsewhere
// it is data. If a quote is never closed, open is its position, else -1.
func (s *scanner) record(start int) (end, open int) {
	for pos := start; ; {
		eol := s.lineEnd(pos)
		q := s.quote(pos)
		for q < eol && q != start && s.data[q-1] != s.delim {
			q = s.quote(q + 1)
		}
		if q >= eol {
			return s.behind(eol), -1
		}
		shut := closingQuote(s.data, q)
		if shut < 0 {
			return 0, q
		}
		pos = shut + 1
	}
}

func (f *File) scanner() scanner {
	return scanner{data: f.data, delim: f.opt.Delimiter, lf: -1, cr: -1, qt: -1}
}

// mostRecords keeps record numbers, and twice as many, within 32 bits.
const mostRecords = 1 << 29

// scan fills f.recs with offset and kind of every record.
func (f *File) scan() error {
	f.recs = make([]uint64, 0, bytes.Count(f.data, []byte{'\n'})+2)
	s := f.scanner()
	for pos := f.bom; pos < len(f.data); {
		end, kind, open := f.cut(&s, pos)
		switch {
		case open >= 0:
			return f.errorAt(open, ErrOpenQuote)
		case len(f.recs) == f.most:
			return f.errorAt(pos, ErrTooLong)
		}
		f.add(pos, kind)
		pos = end
	}
	f.end(len(f.data))
	return nil
}

// cut returns end and kind of the record that starts at pos, or the position of a
// quote that is never closed (open, else -1). Quotes of a bare comment open nothing.
func (f *File) cut(s *scanner, pos int) (end int, kind Kind, open int) {
	if f.bareComment(f.data[pos:]) {
		return s.behind(s.lineEnd(pos)), Comment, -1
	}
	end, open = s.record(pos)
	if open >= 0 {
		return 0, 0, open
	}
	return end, f.kindOf(f.data[pos:end]), -1
}

func (f *File) add(pos int, kind Kind) { f.recs = append(f.recs, uint64(pos)<<kindBits|uint64(kind)) }

// end notes where the last record ends.
func (f *File) end(pos int) { f.add(pos, Blank) }

func (f *File) bareComment(text []byte) bool {
	return len(f.prefix) > 0 && bytes.HasPrefix(text, f.prefix)
}

// kindOf tells the kinds of records that are no bare comment: rows, quoted comments
// and blanks. Nearly every record is decided by its first byte.
func (f *File) kindOf(raw []byte) Kind {
	switch c := raw[0]; {
	case c == '"':
		if f.bareComment(Field(raw[:fieldEnd(raw, f.opt.Delimiter)]).Value()) {
			return Comment
		}
	case c != f.opt.Delimiter && !isSpace(c):
		return Row
	}
	text := trimLineEnd(raw)
	if allSpace(text) || f.allEmpty(text) {
		return Blank
	}
	return Row
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func allSpace(text []byte) bool {
	for _, c := range text {
		if !isSpace(c) {
			return false
		}
	}
	return true
}

func (f *File) allEmpty(text []byte) bool {
	for {
		end := fieldEnd(text, f.opt.Delimiter)
		if len(Field(text[:end]).Value()) > 0 {
			return false
		}
		if end == len(text) {
			return true
		}
		text = text[end+1:]
	}
}

func (f *File) errorAt(offset int, err error) error {
	line, start := 1, f.bom
	for start < offset {
		text := f.data[start:]
		i := bytes.IndexAny(text, "\r\n")
		if i < 0 || start+i >= offset {
			break
		}
		start += i + 1
		if text[i] == '\r' && start < len(f.data) && f.data[start] == '\n' {
			start++
		}
		line++
	}
	return &ParseError{Line: line, Column: offset - start + 1, Offset: int64(offset), Err: err}
}

// findHeader turns the first row into the header, or the first comment, where it
// names the key column and no later header does.
func (f *File) findHeader() {
	if f.opt.NoHeader {
		return
	}
	for i := range f.Len() {
		if f.Kind(i) == Row {
			f.setHeader(i)
			break
		}
	}
	if f.Len() == 0 || f.Kind(0) != Comment || namesKey(f.columns, f.opt) {
		return
	}
	names := columnNames(splitFields(nil, f.Text(0), f.opt.Delimiter))
	names[0] = names[0][len(f.prefix):]
	if !namesKey(names, f.opt) {
		return
	}
	if f.header >= 0 {
		f.recs[f.header] = f.recs[f.header]&^kindMask | uint64(Row)
	}
	f.setHeader(0)
	f.columns, f.prefixed = names, true
}

func (f *File) setHeader(i int) {
	f.header = i
	f.recs[i] = f.recs[i]&^kindMask | uint64(Header)
	f.columns = columnNames(f.Fields(nil, i))
}
