package oracle

import (
	"errors"
	"strings"
)

// Reasons why an input cannot be read.
var (
	errOpenQuote = errors.New("quote is never closed")
	errUTF16     = errors.New("text is UTF-16")
	// ErrUnclear is no fault of the input: the oracle does not judge it.
	ErrUnclear = errors.New("whether quotes count in a commented header, or what a column called like a field without one is, is a matter of reading")
)

// Kind says what a record is.
type Kind int

// The kinds of records.
const (
	Blank Kind = iota
	Comment
	Header
	Row
)

// Record is one record of a file.
type Record struct {
	Kind   Kind
	Text   string // without the line end
	Words  string // what a comment says: no quotes, no delimiters that pad it
	End    string // the line end
	Fields []Field
}

// Raw returns all bytes of the record.
func (r Record) Raw() string { return r.Text + r.End }

// Field is the value of one field and whether quotes stood around it.
type Field struct {
	Value  string
	Quoted bool
}

// Format says how bytes are cut into records.
type Format struct {
	Key       []string // the key columns; none means "id" in any case, else the first
	Delimiter byte
	Comment   string // the prefix of comments; empty turns comments off
}

const byteOrderMark = "\xef\xbb\xbf"

// reader is what is left of a file.
type reader struct {
	Format
	rest string
}

// readRecords cuts a file, without its byte-order mark, into records. Headers are
// still rows.
func readRecords(data string, f Format) ([]Record, error) {
	if strings.HasPrefix(data, "\xff\xfe") || strings.HasPrefix(data, "\xfe\xff") {
		return nil, errUTF16
	}
	r := reader{Format: f, rest: strings.TrimPrefix(data, byteOrderMark)}
	var records []Record
	for r.rest != "" {
		rec, err := r.record()
		if err != nil {
			return nil, err
		}
		records = append(records, rec)
	}
	return records, nil
}

func (r *reader) record() (Record, error) {
	start := r.rest
	rec := Record{Kind: Comment}
	if r.startsComment(r.rest) {
		r.skipLine()
	} else {
		fields, err := r.fields()
		if err != nil {
			return Record{}, err
		}
		rec.Fields = fields
	}
	rec.Text = start[:len(start)-len(r.rest)]
	if rec.Fields != nil {
		rec.Kind = r.kind(rec)
	}
	if rec.Kind == Comment {
		rec.Words = r.words(rec)
	}
	rec.End = r.lineEnd()
	return rec, nil
}

// words is what a comment says. How a program quotes and pads it is form.
func (f Format) words(comment Record) string {
	text, delimiter := comment.Text, string([]byte{f.Delimiter})
	if comment.Fields != nil && comment.Fields[0].Quoted {
		text = ""
		for i, fd := range comment.Fields {
			if i > 0 {
				text += delimiter
			}
			text += fd.Value
		}
	}
	for strings.HasSuffix(text, delimiter) {
		text = strings.TrimSuffix(text, delimiter)
	}
	return text
}

func (f Format) startsComment(value string) bool {
	return f.Comment != "" && strings.HasPrefix(value, f.Comment)
}

// kind tells rows from quoted comments and from blanks.
func (f Format) kind(rec Record) Kind {
	if f.startsComment(rec.Fields[0].Value) {
		return Comment
	}
	if strings.Trim(rec.Text, " \t\v\f") == "" {
		return Blank
	}
	for _, fd := range rec.Fields {
		if fd.Value != "" {
			return Row
		}
	}
	return Blank
}

func (r *reader) skipLine() {
	for r.rest != "" && !atLineEnd(r.rest) {
		r.rest = r.rest[1:]
	}
}

func atLineEnd(s string) bool { return s[0] == '\n' || s[0] == '\r' }

func (r *reader) lineEnd() string {
	for _, end := range []string{"\r\n", "\n", "\r"} {
		if strings.HasPrefix(r.rest, end) {
			r.rest = r.rest[len(end):]
			return end
		}
	}
	return ""
}

// fields reads the fields of one record and stops before its line end.
func (r *reader) fields() ([]Field, error) {
	var fields []Field
	for {
		fd, err := r.field()
		if err != nil {
			return nil, err
		}
		fields = append(fields, fd)
		if r.rest == "" || r.rest[0] != r.Delimiter {
			return fields, nil
		}
		r.rest = r.rest[1:]
	}
}

// field reads one field. Quotes count only if the first byte is one; what follows
// the closing quote is data.
func (r *reader) field() (Field, error) {
	var quoted string
	isQuoted := strings.HasPrefix(r.rest, `"`)
	if isQuoted {
		var err error
		if quoted, err = r.quoted(); err != nil {
			return Field{}, err
		}
	}
	var bare strings.Builder
	for r.rest != "" && r.rest[0] != r.Delimiter && !atLineEnd(r.rest) {
		bare.WriteByte(r.rest[0])
		r.rest = r.rest[1:]
	}
	return Field{Value: quoted + bare.String(), Quoted: isQuoted}, nil
}

// quoted reads from an opening quote to its closing quote.
func (r *reader) quoted() (string, error) {
	var value strings.Builder
	r.rest = r.rest[1:]
	for r.rest != "" {
		c := r.rest[0]
		r.rest = r.rest[1:]
		if c == '"' {
			if !strings.HasPrefix(r.rest, `"`) {
				return value.String(), nil
			}
			r.rest = r.rest[1:]
		}
		value.WriteByte(c)
	}
	return "", errOpenQuote
}
