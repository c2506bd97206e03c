package csvrows

import (
	"bytes"
	"math/bits"
)

// Field is the raw bytes of one field of a record: quotes and spaces included,
// delimiter and line end not.
type Field []byte

// Quoted reports whether the field starts with a quote. Everything else is bare.
func (f Field) Quoted() bool { return len(f) > 0 && f[0] == '"' }

// Value returns the bytes that the field stands for. It shares the field's memory
// unless a doubled quote or text behind the closing quote must be joined.
func (f Field) Value() []byte {
	if !f.Quoted() {
		return f
	}
	inner := f[1:]
	if q := bytes.IndexByte(inner, '"'); q >= 0 && q == len(inner)-1 {
		return inner[:q]
	}
	return unquote(inner)
}

// unquote decodes what stands behind an opening quote: doubled quotes become one,
// and after the closing quote every byte is data. The quote need not be closed: a
// header behind a comment prefix (#id,"na) is cut as a bare comment is.
func unquote(inner []byte) []byte {
	value := make([]byte, 0, len(inner))
	for {
		q := bytes.IndexByte(inner, '"')
		if q < 0 {
			return append(value, inner...)
		}
		value = append(value, inner[:q]...)
		inner = inner[q+1:]
		if len(inner) == 0 || inner[0] != '"' {
			return append(value, inner...)
		}
		value = append(value, '"')
		inner = inner[1:]
	}
}

// Encode returns a field that reads back as value: quoted if quoted is set or if
// a bare one would not (value holds the delimiter, a quote or a line end).
func Encode(value []byte, quoted bool, delim byte) Field {
	if !quoted && !needsQuotes(value, delim) {
		return value
	}
	f := make(Field, 0, len(value)+2)
	f = append(f, '"')
	for {
		q := bytes.IndexByte(value, '"')
		if q < 0 {
			break
		}
		f = append(f, value[:q+1]...)
		f = append(f, '"')
		value = value[q+1:]
	}
	f = append(f, value...)
	return append(f, '"')
}

func needsQuotes(value []byte, delim byte) bool {
	for _, c := range value {
		if c == delim || c == '"' || c == '\n' || c == '\r' {
			return true
		}
	}
	return false
}

// splitFields appends the fields of text, a record without its line end, to dst.
// A quote opens a quoted field only where the field starts.
func splitFields(dst []Field, text []byte, delim byte) []Field {
	if bytes.IndexByte(text, '"') < 0 {
		return splitBare(dst, text, delim)
	}
	if text[0] == '"' {
		if fields, ok := splitAllQuoted(dst, text, delim); ok {
			return fields
		}
	}
	if fields, ok := splitQuoted(dst, text, delim); ok {
		return fields
	}
	for {
		end := fieldEnd(text, delim)
		dst = append(dst, Field(text[:end:end]))
		if end == len(text) {
			return dst
		}
		text = text[end+1:]
	}
}

// splitBare is splitFields for text without quotes: every delimiter parts two fields.
func splitBare(dst []Field, text []byte, delim byte) []Field {
	pattern := spread(delim)
	start := 0
	for pos := 0; pos < len(text); pos += blockSize {
		for delims := marksOf(text, pos, pattern); delims != 0; delims &= delims - 1 {
			end := pos + bits.TrailingZeros64(delims)
			dst = append(dst, Field(text[start:end:end]))
			start = end + 1
		}
	}
	return append(dst, Field(text[start:len(text):len(text)]))
}

// splitQuoted is splitFields for text in which quotes stand as RFC 4180 has them (see
// [quotation]), which is nearly all that holds any; ok is false for other text.
func splitQuoted(dst []Field, text []byte, delim byte) (fields []Field, ok bool) {
	pattern := spread(delim)
	start, behind := 0, uint64(1) // behind is 1 if a field starts with the block
	var q quotation
	for pos := 0; pos < len(text); pos += blockSize {
		delims := marksOf(text, pos, pattern)
		opening := q.add(marksOf(text, pos, '"'*lowBit))
		if opening&^(delims<<1|behind) != 0 {
			return dst, false
		}
		behind = delims >> (blockSize - 1)
		for delims &^= q.inside; delims != 0; delims &= delims - 1 {
			end := pos + bits.TrailingZeros64(delims)
			dst = append(dst, Field(text[start:end:end]))
			start = end + 1
		}
	}
	return append(dst, Field(text[start:len(text):len(text)])), !q.open()
}

// splitAllQuoted is splitFields for text of which each field is in quotes, the first one for
// certain: quotes alone tell where fields end. ok is false for other text.
func splitAllQuoted(dst []Field, text []byte, delim byte) (fields []Field, ok bool) {
	start := 0
	var q quotation
	for pos := 0; pos < len(text); pos += blockSize {
		quotes := marksOf(text, pos, '"'*lowBit)
		q.add(quotes)
		for closing := quotes &^ q.inside; closing != 0; closing &= closing - 1 {
			end := pos + bits.TrailingZeros64(closing) + 1
			switch {
			case end == len(text):
				return append(dst, Field(text[start:end:end])), true
			case text[end] == '"': // the second of two
			case text[end] != delim || end+1 == len(text) || text[end+1] != '"':
				return dst, false
			default:
				dst = append(dst, Field(text[start:end:end]))
				start = end + 1
			}
		}
	}
	return dst, false
}

// fieldAt returns field number col of text, counted from 0, and whether text is
// long enough to have one.
func fieldAt(text []byte, col int, delim byte) (Field, bool) {
	const few = 4 // are found one by one sooner
	if col >= few && bytes.IndexByte(text, '"') < 0 {
		return bareFieldAt(text, col, delim)
	}
	for ; ; col-- {
		end := fieldEnd(text, delim)
		if col == 0 {
			return Field(text[:end:end]), true
		}
		if end == len(text) {
			return nil, false
		}
		text = text[end+1:]
	}
}

// bareFieldAt is fieldAt for text without quotes and a col that is not 0: the delimiters of
// blocks that the field is not in are only counted.
func bareFieldAt(text []byte, col int, delim byte) (Field, bool) {
	pattern := spread(delim)
	for pos := 0; pos < len(text); pos += blockSize {
		delims := marksOf(text, pos, pattern)
		if n := bits.OnesCount64(delims); n < col {
			col -= n
			continue
		}
		for ; col > 1; col-- {
			delims &= delims - 1
		}
		rest := text[pos+bits.TrailingZeros64(delims)+1:]
		end := fieldEnd(rest, delim)
		return Field(rest[:end:end]), true
	}
	return nil, false
}

// fieldEnd returns where the first field of text ends: at a delimiter or at the
// end of text.
func fieldEnd(text []byte, delim byte) int {
	start := 0
	if len(text) > 0 && text[0] == '"' {
		start = closingQuote(text, 0) + 1
		if start == 0 {
			return len(text)
		}
	}
	if start < len(text) && text[start] == delim {
		return start
	}
	if d := bytes.IndexByte(text[start:], delim); d >= 0 {
		return start + d
	}
	return len(text)
}

// closingQuote returns the position of the quote that closes the one at open, or
// -1 if none does.
func closingQuote(data []byte, open int) int {
	for i := open + 1; ; {
		q := quoteFrom(data, i)
		if q < 0 {
			return -1
		}
		i = q + 1
		if i == len(data) || data[i] != '"' {
			return i - 1
		}
		i++
	}
}

// quoteFrom returns the position of the first quote at or behind from, or -1. It looks at
// two words before it searches, as that is as long as most quoted fields are.
func quoteFrom(data []byte, from int) int {
	if from+2*wordSize <= len(data) {
		marks, second := firstOf(data[from:], '"'*lowBit), firstOf(data[from+wordSize:], '"'*lowBit)
		at := from
		if marks == 0 { // no jump: which word it is in is a matter of chance
			marks, at = second, from+wordSize
		}
		if marks != 0 {
			return at + bits.TrailingZeros64(marks)/8
		}
		from += 2 * wordSize
	}
	if q := bytes.IndexByte(data[from:], '"'); q >= 0 {
		return from + q
	}
	return -1
}
