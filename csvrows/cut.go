package csvrows

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// A Cutter cuts single records out of a file, for callers that look at parts of a file
// only: whoever knows where one record starts can go on from there, without a [File] that
// knows them all. It is not safe for use by several goroutines.
type Cutter struct {
	f      *File // without records
	sign   byte  // the first byte of the comment prefix, or a quote
	cr, qt nearest
}

// NewCutter returns a cutter for data. The options must be valid and give a delimiter.
func NewCutter(data []byte, opt Options) *Cutter {
	c := &Cutter{f: newFile(data, opt), sign: '"'}
	if p := c.f.prefix; len(p) > 0 {
		c.sign = p[0]
	}
	return c
}

// Start is where the first record starts: behind the byte-order mark.
func (c *Cutter) Start() int { return c.f.bom }

// Cut returns the end, line end included, and the kind of the record that starts at pos,
// as [Parse] cuts it; a header counts as a row. It returns false if a quote is never
// closed.
func (c *Cutter) Cut(pos int) (end int, kind Kind, ok bool) {
	data := c.f.data
	first := data[pos]
	eol := len(data)
	if i := bytes.IndexByte(data[pos:], '\n'); i >= 0 {
		eol = pos + i
	}
	row := first > ' ' && first != '"' && first != c.f.opt.Delimiter && first != c.sign
	if row && c.cr.none(pos, eol) && c.qt.none(pos, eol) && eol < len(data) {
		return eol + 1, Row, true // nearly every record
	}
	eol = c.orCR(pos, eol)
	if first == c.sign && c.f.bareComment(data[pos:]) {
		return c.behind(eol), Comment, true
	}
	if c.qt.within(data, '"', pos, eol) {
		if eol, ok = c.quoted(pos, eol); !ok {
			return 0, 0, false
		}
	}
	end = c.behind(eol)
	if row {
		return end, Row, true
	}
	return end, c.f.kindOf(data[pos:end]), true
}

// lineEnd returns the position of the first CR or LF at or behind from.
func (c *Cutter) lineEnd(from int) int {
	data := c.f.data
	if i := bytes.IndexByte(data[from:], '\n'); i >= 0 {
		return c.orCR(from, from+i)
	}
	return c.orCR(from, len(data))
}

// orCR returns the position of the first CR at or behind from, but at the most eol.
func (c *Cutter) orCR(from, eol int) int {
	if c.cr.within(c.f.data, '\r', from, eol) {
		return c.cr.at
	}
	return eol
}

// behind returns the position behind the line end that starts at end.
func (c *Cutter) behind(end int) int {
	data := c.f.data
	switch {
	case end == len(data):
		return end
	case data[end] == '\r' && end+1 < len(data) && data[end+1] == '\n':
		return end + 2
	}
	return end + 1
}

// quoted returns the line end of a record that starts at start and holds quotes before
// the line end at eol. Only a quote that opens a field can hide a line end.
func (c *Cutter) quoted(start, eol int) (end int, ok bool) {
	data, delim := c.f.data, c.f.opt.Delimiter
	for pos := start; ; {
		if pos < eol && data[pos] == delim {
			pos++
		}
		if pos >= eol {
			return eol, true
		}
		if data[pos] != '"' || pos > start && data[pos-1] != delim {
			i := indexNear(data[pos:eol], '"')
			if i < 0 {
				return eol, true
			}
			if pos += i; pos > start && data[pos-1] != delim {
				pos++
				continue
			}
		}
		if pos = behindQuoted(data, pos); pos < 0 {
			return 0, false
		}
		if pos > eol {
			eol = c.lineEnd(pos)
		}
	}
}

// behindQuoted returns the position behind the quote that closes the one at open, or -1 if
// none does.
func behindQuoted(data []byte, open int) int {
	for pos := open + 1; ; pos++ {
		i := indexNear(data[pos:], '"')
		if i < 0 {
			return -1
		}
		if pos += i + 1; pos == len(data) || data[pos] != '"' {
			return pos
		}
	}
}

// Key returns the key of a row, given as its raw bytes, as [File.AppendKey] encodes it.
// The key stands in the row itself or in dst, whose bytes it replaces.
func (c *Cutter) Key(dst, raw []byte, cols []int) (key []byte, empty bool) {
	text := trimLineEnd(raw)
	if len(cols) == 1 {
		key = keyField(text, cols[0], c.f.opt.Delimiter)
		return key, len(key) == 0
	}
	return appendKey(dst[:0], text, cols, c.f.opt.Delimiter)
}

// nearest remembers where a byte stands next, so that a file that hardly has it is
// searched once. Steps are long where one follows the other, as they may be for nothing.
type nearest struct {
	from, at int  // from from on up to at the byte does not stand
	found    bool // it stands at at
	step     int
}

// none reports that the byte is known not to stand in data[from:end].
func (n *nearest) none(from, end int) bool { return n.from <= from && end <= n.at }

// within reports whether c stands in data[from:end]; n.at is where.
func (n *nearest) within(data []byte, c byte, from, end int) bool {
	const shortest, longest = 1 << 9, 1 << 15
	if from < n.from || from > n.at || end > n.at && !n.found {
		if n.step = min(2*n.step, longest); from < n.from || from > n.at {
			n.step = shortest
		}
		to := min(max(end, from+n.step), len(data))
		i := bytes.IndexByte(data[from:to], c)
		n.from, n.at, n.found = from, to, i >= 0
		if n.found {
			n.at = from + i
		}
	}
	return n.found && n.at < end
}

// indexNear is bytes.IndexByte for a byte that is likely to stand near: it looks at eight
// bytes at a time, without a call (Warren, Hacker's Delight, 6-1, on finding a zero byte).
func indexNear(data []byte, c byte) int {
	const ones, tops, word = 0x0101010101010101, 0x8080808080808080, 8
	for i := 0; i+word <= len(data); i += word {
		x := binary.LittleEndian.Uint64(data[i:]) ^ ones*uint64(c)
		if zeros := (x - ones) & ^x & tops; zeros != 0 {
			return i + bits.TrailingZeros64(zeros)/8
		}
	}
	return bytes.IndexByte(data, c)
}
