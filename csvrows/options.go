package csvrows

import (
	"bytes"
	"fmt"
	"strings"
)

// Options says how bytes are to be read. The zero value detects the delimiter,
// takes "#" as the comment prefix and the first record as the header.
type Options struct {
	// Key names the key columns, exactly. Empty: the column "id" in any case,
	// else the first column.
	Key []string
	// KeyIndex gives the key columns by position, counted from 1. It goes with
	// NoHeader only; empty there means the first column.
	KeyIndex []int
	// Delimiter separates fields; 0 detects it (see [Detect]).
	Delimiter byte
	// Comment is the prefix that makes a record a comment; empty means "#".
	Comment string
	// NoComment reads every record as data: no prefix makes a comment.
	NoComment bool
	// NoHeader says that the first record is a row. Columns are then named by
	// their position, "1", "2", ...
	NoHeader bool
}

// Validate reports the first setting that contradicts another, or that could
// never cut a field: a delimiter that is a quote or a line end, a prefix that
// holds one of them.
func (o Options) Validate() error {
	switch {
	case o.Delimiter == '"' || o.Delimiter == '\r' || o.Delimiter == '\n':
		return fmt.Errorf("delimiter %q cannot separate fields", o.Delimiter)
	case strings.ContainsAny(o.Comment, "\"\r\n"):
		return fmt.Errorf("comment prefix %q holds a quote or a line end", o.Comment)
	case o.Delimiter != 0 && strings.IndexByte(o.Comment, o.Delimiter) >= 0:
		return fmt.Errorf("comment prefix %q holds the delimiter %q", o.Comment, o.Delimiter)
	case o.NoComment && o.Comment != "":
		return fmt.Errorf("comment prefix %q given and comments turned off", o.Comment)
	case len(o.KeyIndex) > 0 && !o.NoHeader:
		return fmt.Errorf("key positions go with files that have no header; name the key columns")
	case o.NoHeader && len(o.Key) > 0:
		return fmt.Errorf("a file without a header has no column %q; give key positions", o.Key[0])
	}
	for _, n := range o.KeyIndex {
		if n < 1 {
			return fmt.Errorf("key position %d: positions count from 1", n)
		}
	}
	return nil
}

// prefix is the comment prefix in force; empty means that nothing is a comment.
func (o Options) prefix() string {
	if o.NoComment {
		return ""
	}
	if o.Comment == "" {
		return "#"
	}
	return o.Comment
}

// delimiters are the candidates of [Detect], best first.
const delimiters = ",\t;|"

// Detect returns the one delimiter by which all inputs are to be read: comma,
// tab, semicolon or pipe. It looks at the header (or the first row) of each: a
// delimiter that lets more of them name the key column wins, then the one that
// cuts the narrowest header into more fields, then all of them. A header of one
// field goes with any delimiter, and no header at all gives a comma.
//
// If one input is plainly cut by another delimiter than the rest, the error is a
// [*DelimiterError].
func Detect(opt Options, inputs ...[]byte) (byte, error) {
	if opt.Delimiter != 0 {
		return opt.Delimiter, nil
	}
	var heads []headLine
	for n, data := range inputs {
		if h, ok := findHead(data, opt); ok {
			h.input = n
			heads = append(heads, h)
		}
	}
	best := delimiters[0]
	var top [3]int
	for i := range len(delimiters) {
		d := delimiters[i]
		if s := score(heads, d, opt); i == 0 || less(top, s) {
			best, top = d, s
		}
	}
	return best, agree(heads, best, opt)
}

// headLine is the line of an input that would be its header under any delimiter.
type headLine struct {
	text  []byte
	input int // which of the inputs it stands in
	line  int // counted from 1
}

// findHead returns the first line that is neither a comment nor made of white
// space and delimiters only. A first line that starts with the comment prefix
// counts if a delimiter makes it name the key.
func findHead(data []byte, opt Options) (headLine, bool) {
	data = bytes.TrimPrefix(data, bom)
	prefix := opt.prefix()
	for line := 1; len(data) > 0; line++ {
		text, rest := cutLine(data)
		bare := bytes.TrimPrefix(text, []byte{'"'})
		switch {
		case len(bytes.Trim(text, " \v\f\""+delimiters)) == 0:
		case prefix == "" || !bytes.HasPrefix(bare, []byte(prefix)):
			return headLine{text: text, line: line}, true
		case line == 1 && namesKeyUnderAny(text[len(prefix):], opt):
			return headLine{text: text[len(prefix):], line: line}, true
		}
		data = rest
	}
	return headLine{}, false
}

// cutLine splits data behind its first line end, which text leaves out. A line end
// inside quotes belongs to the text.
func cutLine(data []byte) (text, rest []byte) {
	quoted := false
	for i, c := range data {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\n':
			return data[:i], data[i+1:]
		case c == '\r':
			if i+1 < len(data) && data[i+1] == '\n' {
				return data[:i], data[i+2:]
			}
			return data[:i], data[i+1:]
		}
	}
	if nl := bytes.IndexAny(data, "\r\n"); quoted && nl >= 0 {
		return data[:nl], data[nl+1:]
	}
	return data, nil
}

func namesKeyUnderAny(text []byte, opt Options) bool {
	for i := range len(delimiters) {
		if namesKey(columnNames(splitFields(nil, text, delimiters[i])), opt) {
			return true
		}
	}
	return false
}

// namesKey reports whether names hold every key column that opt gives, or, where
// it gives none, a column "id" in any case.
func namesKey(names []string, opt Options) bool {
	if opt.NoHeader {
		return false
	}
	if len(opt.Key) == 0 {
		return indexFold(names, defaultKey) >= 0
	}
	for _, k := range opt.Key {
		if index(names, k) < 0 {
			return false
		}
	}
	return true
}

// score rates a delimiter: inputs that name the key under it, fields of the
// narrowest header, fields of all headers.
func score(heads []headLine, delim byte, opt Options) (s [3]int) {
	for i, h := range heads {
		fields := splitFields(nil, h.text, delim)
		if namesKey(columnNames(fields), opt) {
			s[0]++
		}
		if i == 0 || len(fields) < s[1] {
			s[1] = len(fields)
		}
		s[2] += len(fields)
	}
	return s
}

func less(a, b [3]int) bool {
	for i := range a {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}

// agree checks that no header stays whole under delim while another candidate
// cuts it, where delim does cut the others.
func agree(heads []headLine, delim byte, opt Options) error {
	wide := -1
	for i, h := range heads {
		if len(splitFields(nil, h.text, delim)) > 1 {
			wide = i
			break
		}
	}
	if wide < 0 {
		return nil
	}
	for _, h := range heads {
		whole := splitFields(nil, h.text, delim)
		if len(whole) > 1 || namesKey(columnNames(whole), opt) {
			continue
		}
		for i := range len(delimiters) {
			if other := delimiters[i]; len(splitFields(nil, h.text, other)) > 1 {
				return &DelimiterError{Input: h.input, Line: h.line, Found: other, Expected: delim}
			}
		}
	}
	return nil
}
