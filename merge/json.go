package merge

import (
	"bufio"
	"encoding/base64"
	"io"
	"iter"
	"slices"
	"strconv"
	"unicode/utf8"
)

// The schemas of the reports. A field may be added under the same number; where one
// changes its meaning, the number does too.
const (
	schemaMerge = "rowkeep.merge/1"
	schemaDiff  = "rowkeep.diff/1"
)

// reportBuffer spares a system call for each few lines of a report.
const reportBuffer = 64 << 10

// WriteJSON writes the result as one JSON object: schema, key, conflicts, changes,
// warnings and stats, each conflict, change and warning on a line of its own. What
// does not exist is null. Bytes that are not UTF-8 make their field null, and stand
// in base64 in a field of the same name with "_b64" behind it. A result of [Diff]
// has no conflicts; there "base" is a and "theirs" is b.
//
// It holds one member in memory at a time. The error is that of w.
func (r *Result) WriteJSON(w io.Writer) error {
	out := bufio.NewWriterSize(w, reportBuffer) // keeps its first error for Flush
	var o object
	o.start()
	o.head(r)
	out.Write(o.buf)
	if !r.diff {
		writeArray(out, "conflicts", slices.Values(r.Conflicts), (*object).conflict)
	}
	writeArray(out, "changes", r.Changes(), (*object).change)
	writeArray(out, "warnings", slices.Values(r.Warnings), (*object).warning)
	o.start()
	o.stats(r)
	out.WriteString(",\n\"stats\":")
	out.Write(o.end())
	out.WriteString("}\n")
	return out.Flush()
}

// WriteNDJSON writes what [Result.WriteJSON] writes as one JSON object a line, each
// with a "type": first "report" with schema and key, then every "conflict",
// "change" and "warning", and last "stats", which tells a whole report from one that
// was cut off.
func (r *Result) WriteNDJSON(w io.Writer) error {
	out := bufio.NewWriterSize(w, reportBuffer)
	writeLines(out, "report", slices.Values([]*Result{r}), (*object).head)
	writeLines(out, "conflict", slices.Values(r.Conflicts), (*object).conflict)
	writeLines(out, "change", r.Changes(), (*object).change)
	writeLines(out, "warning", slices.Values(r.Warnings), (*object).warning)
	writeLines(out, "stats", slices.Values([]*Result{r}), (*object).stats)
	return out.Flush()
}

func writeArray[T any](out *bufio.Writer, name string, members iter.Seq[T], fill func(*object, T)) {
	out.WriteString(",\n\"" + name + "\":[")
	var o object
	separator := "\n"
	for m := range members {
		o.start()
		fill(&o, m)
		out.WriteString(separator)
		out.Write(o.end())
		separator = ",\n"
	}
	out.WriteByte(']')
}

func writeLines[T any](out *bufio.Writer, kind string, members iter.Seq[T], fill func(*object, T)) {
	var o object
	for m := range members {
		o.start()
		o.text("type", kind)
		fill(&o, m)
		out.Write(o.end())
		out.WriteByte('\n')
	}
}

// object is a JSON object under construction. It is written by hand because the
// fields of a row have an order, that of the columns, which no Go map or struct gives.
type object struct{ buf []byte }

func (o *object) start()      { o.buf = append(o.buf[:0], '{') }
func (o *object) end() []byte { return append(o.buf, '}') }

func (o *object) head(r *Result) {
	schema := schemaMerge
	if r.diff {
		schema = schemaDiff
	}
	o.text("schema", schema)
	o.list("key", r.Key)
}

func (o *object) conflict(c Conflict) {
	o.text("id", c.ID)
	o.text("kind", string(c.Kind))
	o.list("key", c.Key)
	o.optional("column", c.Column, c.HasColumn)
	o.value("base", c.Base)
	o.value("ours", c.Ours)
	o.value("theirs", c.Theirs)
	o.lines(c.Lines)
	o.optional("note", c.Note, c.Note != "")
	o.optional("settled", c.Settled, c.Settled != "")
}

// MarshalJSON returns the conflict as it stands in the reports of [Result.WriteJSON].
func (c Conflict) MarshalJSON() ([]byte, error) {
	var o object
	o.start()
	o.conflict(c)
	return o.end(), nil
}

func (o *object) change(c Change) {
	o.text("kind", string(c.Kind))
	o.text("from", c.From.String())
	o.list("key", c.Key)
	o.optional("column", c.Column, c.HasColumn)
	o.value("before", c.Before)
	o.value("after", c.After)
	o.lines(c.Lines)
}

func (o *object) warning(w Warning) {
	o.text("kind", string(w.Kind))
	o.optional("input", w.Input.String(), w.Input != NoSide)
	o.list("key", w.Key)
	o.optional("column", w.Column, w.Column != "")
	o.number("line", w.Line)
	o.text("message", w.Message)
}

func (o *object) stats(r *Result) {
	rows := r.Stats.Rows
	o.name("rows")
	o.buf = append(o.buf, '{')
	o.count("base", rows.Base)
	if !r.diff {
		o.count("ours", rows.Ours)
	}
	o.count("theirs", rows.Theirs)
	if !r.diff {
		o.count("result", rows.Result)
	}
	o.buf = append(o.buf, '}')
	if !r.diff {
		o.count("standing", r.Stats.Standing)
		o.count("settled", r.Stats.Settled)
	}
}

func (o *object) lines(l Lines) {
	o.name("lines")
	o.buf = append(o.buf, '{')
	o.number("base", l.Base)
	o.number("ours", l.Ours)
	o.number("theirs", l.Theirs)
	o.buf = append(o.buf, '}')
}

// name starts a field.
func (o *object) name(name string) {
	o.comma()
	o.buf = append(appendString(o.buf, name), ':')
}

// comma separates what follows from a member before it.
func (o *object) comma() {
	if last := o.buf[len(o.buf)-1]; last != '{' && last != '[' {
		o.buf = append(o.buf, ',')
	}
}

func (o *object) null(name string) {
	o.name(name)
	o.buf = append(o.buf, "null"...)
}

func (o *object) count(name string, n int) {
	o.name(name)
	o.buf = strconv.AppendInt(o.buf, int64(n), 10)
}

// number writes a line number, of which 0 is none.
func (o *object) number(name string, n int) {
	if n == 0 {
		o.null(name)
		return
	}
	o.count(name, n)
}

func (o *object) text(name, s string) {
	if utf8.ValidString(s) {
		o.name(name)
		o.buf = appendString(o.buf, s)
		return
	}
	o.null(name)
	o.name(name + suffixB64)
	o.buf = appendBase64(o.buf, s)
}

func (o *object) optional(name, s string, exists bool) {
	if !exists {
		o.null(name)
		return
	}
	o.text(name, s)
}

// list writes an array of strings, null for nil.
func (o *object) list(name string, list []string) {
	encode := appendString
	switch {
	case list == nil:
		o.null(name)
		return
	case slices.ContainsFunc(list, notUTF8):
		o.null(name)
		name, encode = name+suffixB64, appendBase64
	}
	o.name(name)
	o.buf = append(o.buf, '[')
	for _, s := range list {
		o.comma()
		o.buf = encode(o.buf, s)
	}
	o.buf = append(o.buf, ']')
}

// value writes a string, an object by column for a row, or an array of objects for
// several rows.
func (o *object) value(name string, v Value) {
	switch {
	case !v.Exists:
		o.null(name)
	case len(v.Rows) == 0:
		o.text(name, v.Text)
	case slices.ContainsFunc(v.Rows, unnameable):
		o.null(name)
		o.name(name + suffixB64)
		o.rows(v.Rows, (*object).pairs)
	case len(v.Rows) == 1:
		o.name(name)
		o.row(v.Rows[0])
	default:
		o.name(name)
		o.rows(v.Rows, (*object).row)
	}
}

func (o *object) rows(rows []RowValue, add func(*object, RowValue)) {
	o.buf = append(o.buf, '[')
	for _, r := range rows {
		o.comma()
		add(o, r)
	}
	o.buf = append(o.buf, ']')
}

func (o *object) row(r RowValue) {
	o.buf = append(o.buf, '{')
	for _, c := range r {
		o.text(c.Column, c.Value)
	}
	o.buf = append(o.buf, '}')
}

// pairs writes a row whose columns cannot name the fields of an object: an array of
// [column, value], all in base64.
func (o *object) pairs(r RowValue) {
	o.buf = append(o.buf, '[')
	for _, c := range r {
		o.comma()
		o.buf = append(appendBase64(append(o.buf, '['), c.Column), ',')
		o.buf = append(appendBase64(o.buf, c.Value), ']')
	}
	o.buf = append(o.buf, ']')
}

// suffixB64 names the field that holds bytes which are not UTF-8.
const suffixB64 = "_b64"

func notUTF8(s string) bool { return !utf8.ValidString(s) }

// unnameable reports a row with a column whose name is not UTF-8, or is that of a
// field that another cell needs for its base64.
func unnameable(r RowValue) bool {
	taken := map[string]bool{}
	for _, c := range r {
		if notUTF8(c.Value) {
			taken[c.Column+suffixB64] = true
		}
	}
	return slices.ContainsFunc(r, func(c CellValue) bool {
		return notUTF8(c.Column) || taken[c.Column]
	})
}

func appendBase64(b []byte, s string) []byte {
	b = append(b, '"')
	b = base64.StdEncoding.AppendEncode(b, []byte(s))
	return append(b, '"')
}

// appendString appends valid UTF-8 as a JSON string. Beyond what JSON asks for it
// escapes DEL and the C1 controls, which some terminals obey, and U+2028 and U+2029,
// which end a line for JavaScript.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i, c := range s {
		if !escaped(c) {
			continue
		}
		b = append(b, s[start:i]...)
		b = appendEscape(b, c)
		start = i + utf8.RuneLen(c)
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

func escaped(c rune) bool {
	return c < ' ' || c == '"' || c == '\\' || c >= 0x7f && c <= 0x9f || c == '\u2028' || c == '\u2029'
}

func appendEscape(b []byte, c rune) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', byte(c))
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	const hex = "0123456789abcdef"
	return append(b, '\\', 'u', hex[c>>12], hex[c>>8&15], hex[c>>4&15], hex[c&15])
}
