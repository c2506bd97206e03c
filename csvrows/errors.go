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
	ErrTooLong   = errors.New("more than 536,870,912 records")
)

// Reasons why an edit of a [Table] is refused; use errors.Is.
var (
	ErrNoKey        = errors.New("no row has this key")
	ErrNoColumn     = errors.New("no column has this name")
	ErrNoHeader     = errors.New("the file has no header")
	ErrKeyExists    = errors.New("a row has this key already")
	ErrDuplicateKey = errors.New("more than one row has this key")
	ErrEmptyKey     = errors.New("a key must not be empty")
	ErrKeyMismatch  = errors.New("this contradicts the key")
	ErrColumnExists = errors.New("a column has this name already")
	ErrNotARow      = errors.New("the line would read as a comment, a blank line or another header")
)

// EditError says which edit of a [Table] was refused. Nothing has changed.
type EditError struct {
	Op     string // "get", "set", "insert", "delete", "rename" or "add"
	Key    Key    // of the row; nil where a column is the matter
	Column string // empty where the row is the matter
	Err    error  // one of the reasons above
}

func (e *EditError) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Key != nil {
		fmt.Fprintf(&b, " row %q", e.Key)
	}
	if e.Column != "" {
		fmt.Fprintf(&b, " column %q", e.Column)
	}
	fmt.Fprintf(&b, ": %v", e.Err)
	return b.String()
}

func (e *EditError) Unwrap() error { return e.Err }

// ParseError says where input cannot be read: bytes of the file are named by
// line and column (both from 1, the column in bytes) and by offset (from 0).
type ParseError struct {
	Line   int
	Column int
	Offset int64
	Err    error // ErrOpenQuote, ErrUTF16 or ErrTooLong
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("line %d, column %d (byte %d): %v", e.Line, e.Column, e.Offset, e.Err)
}

func (e *ParseError) Unwrap() error { return e.Err }

// KeyColumnError says that a header lacks a key column, or that no row of a file
// without a header is long enough to have one.
type KeyColumnError struct {
	Column   string   // the name that is missing, or the position as a number
	Line     int      // of the header, from 1
	Columns  []string // what the header names, or the positions there are
	NoHeader bool
}

func (e *KeyColumnError) Error() string {
	if e.NoHeader {
		return fmt.Sprintf("line %d, column 1: no row has a field %s for the key (the longest has %d)", e.Line, e.Column, len(e.Columns))
	}
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
