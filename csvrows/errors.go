package csvrows

import (
	"errors"
	"fmt"
	"strings"
)

// Causes of a [ParseError]; use errors.Is.
var (
	ErrOpenQuote = errors.New("quote is never closed")
	ErrUTF16     = errors.New("text is UTF-16; convert the file to UTF-8")
)

// Reasons why an edit of a [Table] is refused; use errors.Is.
var (
	ErrNoKey        = errors.New("no row has this key")
	ErrNoColumn     = errors.New("no column has this name")
	ErrKeyExists    = errors.New("a row has this key already")
	ErrDuplicateKey = errors.New("more than one row has this key")
	ErrColumnExists = errors.New("a column has this name already")
	ErrNotARow      = errors.New("the row would read as a comment or a blank line")
)

// ParseError says where input cannot be read: bytes of the file are named by
// line and column (both from 1, the column in bytes) and by offset (from 0).
type ParseError struct {
	Line   int
	Column int
	Offset int64
	Err    error // ErrOpenQuote or ErrUTF16
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("line %d, column %d (byte %d): %v", e.Line, e.Column, e.Offset, e.Err)
}

func (e *ParseError) Unwrap() error { return e.Err }

// KeyColumnError says that a header lacks a key column.
type KeyColumnError struct {
	Column  string   // the name that is missing
	Line    int      // of the header, from 1
	Columns []string // what the header names
}

func (e *KeyColumnError) Error() string {
	return fmt.Sprintf("line %d, column 1: header has no key column %q (it names %s)", e.Line, e.Column, nameList(e.Columns))
}

// nameList quotes at most eight names for a message.
func nameList(names []string) string {
	const most = 8
	var b strings.Builder
	for i, n := range names {
		if i == most {
			fmt.Fprintf(&b, ", ... %d more", len(names)-most)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", n)
	}
	return b.String()
}

// DelimiterError says that one input is cut by another delimiter than the others.
type DelimiterError struct {
	Input    int // index of the input, as [Detect] got it
	Line     int // of its header, from 1
	Found    byte
	Expected byte
}

func (e *DelimiterError) Error() string {
	return fmt.Sprintf("line %d, column 1: fields are separated by %q, those of the other input by %q", e.Line, e.Found, e.Expected)
}
