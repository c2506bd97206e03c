package csvrows

import (
	"bytes"
	"math/bits"
)

var bom = []byte("\xef\xbb\xbf")

// Parse cuts data into records. The file keeps data and does not copy it: it must
// not change afterwards. The memory of the result, data aside, is four bytes a
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
	detected := opt.Delimiter == 0
	if detected {
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
	f.detected = detected
	if err := f.scan(); err != nil {
		return nil, err
	}
	f.findHeader()
	return f, nil
}

// newFile returns a file that has no records yet.
func newFile(data []byte, opt Options) *File {
	f := &File{data: data, opt: opt, prefix: []byte(opt.prefix()), recs: records{size: len(data)}, header: -1, most: mostRecords}
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
	data   []byte
	delim  byte
	lf     int // the first LF at or behind where it was last asked for
	cr, qt finder
	// tells are the bytes that make a record a row if it starts with one of them.
	tells [256]bool
}

// A finder searches for a byte from front to back. It has looked at everything before at,
// from where it was last asked on; found tells that the byte stands there.
type finder struct {
	c     byte
	at    int
	found bool
}

// ahead is how far a finder looks beyond what it was asked about: far enough that few
// searches do, and near enough that the bytes are still in the cache when records are cut.
const ahead = 32 << 10

// find returns where the byte first stands in data[from:until], or until or more if it does
// not.
func (x *finder) find(data []byte, from, until int) int {
	if x.at < from {
		x.at, x.found = from, false
	}
	if !x.found && x.at < until {
		end := min(len(data), max(until, x.at+ahead))
		i := bytes.IndexByte(data[x.at:end], x.c)
		if x.found = i >= 0; x.found {
			x.at += i
		} else {
			x.at = end
		}
	}
	return x.at
}

// finds reports that the byte stands in data[from:until].
func (x *finder) finds(data []byte, from, until int) bool {
	return x.at < until && x.find(data, from, until) < until
}

// lineFeed returns the position of the first LF at or behind from.
func (s *scanner) lineFeed(from int) int {
	if s.lf < from {
		s.lf = len(s.data)
		if i := bytes.IndexByte(s.data[from:], '\n'); i >= 0 {
			s.lf = from + i
		}
	}
	return s.lf
}

// lineEnd returns the position of the first CR or LF at or behind from.
func (s *scanner) lineEnd(from int) int {
	lf := s.lineFeed(from)
	return min(lf, s.cr.find(s.data, from, lf))
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
//
// It jumps from quoted field to quoted field. Where they are neighbours the next one is
// seen without a search, so a record of nothing else takes one search a field.
func (s *scanner) record(start int) (end, open int) {
	for pos := start; ; {
		if pos < len(s.data) && s.data[pos] == '"' {
			shut := closingQuote(s.data, pos)
			if shut < 0 {
				return 0, pos
			}
			pos = shut + 1
			if pos < len(s.data) && s.data[pos] == s.delim {
				pos++
				continue
			}
		}
		eol := s.lineEnd(pos)
		q := s.qt.find(s.data, pos, eol)
		for q < eol && s.data[q-1] != s.delim {
			q = s.qt.find(s.data, q+1, eol)
		}
		if q >= eol {
			return s.behind(eol), -1
		}
		pos = q
	}
}

func (f *File) scanner() *scanner {
	s := &scanner{data: f.data, delim: f.opt.Delimiter, lf: -1, cr: finder{c: '\r'}, qt: finder{c: '"'}}
	for c := range s.tells {
		b := byte(c)
		s.tells[c] = b != '"' && b != s.delim && !isSpace(b) && !f.prefixStarts(b)
	}
	return s
}

// mostRecords keeps record numbers, and twice as many, within 32 bits.
const mostRecords = 1 << 29

// scan fills f.recs with offset and kind of every record.
func (f *File) scan() error {
	s := f.scanner()
	for pos := f.easyRows(s, f.bom); pos < len(f.data); pos = f.easyRows(s, pos) {
		end, kind, open := f.cut(s, pos)
		switch {
		case open >= 0:
			return f.errorAt(open, ErrOpenQuote)
		case f.recs.len() >= f.most:
			return f.errorAt(pos, ErrTooLong)
		}
		f.recs.add(pos, kind)
		pos = end
	}
	f.end(len(f.data))
	return nil
}

// easyRows adds the records from pos on that can be told without looking at each byte by
// itself, and returns where it has come to.
func (f *File) easyRows(s *scanner, pos int) int {
	pos = f.plainRows(s, pos)
	if pos < len(f.data) && (f.data[pos] == '"' || s.qt.found && s.qt.at-pos < blockSize) {
		return f.quotedRows(s, pos)
	}
	return pos
}

// plainRows adds the records from pos on that are what nearly every record is, a row that
// its first byte tells, without quotes, up to a LF, as far as it is known that there is no
// quote and no CR. It returns where it has come to.
func (f *File) plainRows(s *scanner, pos int) int {
	for far := min(s.qt.at, s.cr.at); pos < far && s.tells[f.data[pos]] && f.recs.len() < f.most; {
		lf := s.lineFeed(pos)
		if lf >= far {
			break
		}
		f.recs.add(pos, Row)
		pos = lf + 1
	}
	return pos
}

// quotedRows adds the records from pos on in which quotes stand as RFC 4180 has them (see
// [quotation]), in blocks that hold no CR and are not the last of the file. It returns where
// it has come to: at a record that starts unlike a row, or holds another quote, or where
// no quotes are any more.
func (f *File) quotedRows(s *scanner, pos int) int {
	var q quotation
	start := pos
	for at := pos; at+blockSize <= len(f.data) && s.begins(pos); at += blockSize {
		if s.cr.finds(f.data, at, at+blockSize) {
			break
		}
		quotes := marksOf(f.data, at, '"'*lowBit)
		if quotes == 0 && q.inside == 0 || !s.openFields(q.add(quotes), at, start) {
			break
		}
		for lf := s.lineFeed(at); lf < at+blockSize && f.recs.len() < f.most; lf = s.lineFeed(lf + 1) {
			if q.inside>>(lf-at)&1 != 0 {
				continue
			}
			f.recs.add(pos, f.kindOf(f.data[pos:lf+1]))
			pos = lf + 1
			if !s.begins(pos) {
				return pos
			}
		}
	}
	return pos
}

// openFields reports that a field starts at each byte of a block at at that is marked. Behind
// the start of a record that is behind a delimiter or a LF.
func (s *scanner) openFields(marks uint64, at, start int) bool {
	for ; marks != 0; marks &= marks - 1 {
		pos := at + bits.TrailingZeros64(marks)
		if pos == start {
			continue
		}
		if c := s.data[pos-1]; c != s.delim && c != '\n' {
			return false
		}
	}
	return true
}

// begins reports that the byte at pos begins a row or a quoted field. All others are looked
// at by themselves.
func (s *scanner) begins(pos int) bool {
	return pos < len(s.data) && (s.tells[s.data[pos]] || s.data[pos] == '"')
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

// end notes where the last record ends.
func (f *File) end(pos int) { f.recs.add(pos, Blank) }

// prefixStarts reports that c is the first byte of what makes a comment.
func (f *File) prefixStarts(c byte) bool { return len(f.prefix) > 0 && f.prefix[0] == c }

func (f *File) bareComment(text []byte) bool {
	return len(f.prefix) > 0 && bytes.HasPrefix(text, f.prefix)
}

// kindOf tells the kinds of records that are no bare comment: rows, quoted comments
// and blanks. Nearly every record is decided by its first byte.
func (f *File) kindOf(raw []byte) Kind {
	switch c := raw[0]; {
	case c == '"':
		if len(raw) > 1 && raw[1] != '"' && !f.prefixStarts(raw[1]) {
			return Row
		}
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
		f.recs.setKind(f.header, Row)
	}
	f.setHeader(0)
	f.columns, f.prefixed = names, true
}

func (f *File) setHeader(i int) {
	f.header = i
	f.recs.setKind(i, Header)
	f.columns = columnNames(f.Fields(nil, i))
}
