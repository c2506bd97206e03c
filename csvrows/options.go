package csvrows

import (
	"fmt"
	"slices"
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

// mostColumns bounds key positions: names are made up to them.
const mostColumns = 1 << 20

// Validate reports the first setting that contradicts another, or that could
// never cut a field: a delimiter that is a quote or a line end, a prefix that
// holds one of them.
func (o Options) Validate() error {
	switch {
	case o.Delimiter == '"' || o.Delimiter == '\r' || o.Delimiter == '\n':
		return fmt.Errorf("delimiter %q cannot separate fields", o.Delimiter)
	case strings.ContainsAny(o.Comment, "\"\r\n"):
		return fmt.Errorf("comment prefix %q holds a quote or a line end", o.Comment)
	case o.Delimiter != 0 && strings.IndexByte(o.prefix(), o.Delimiter) >= 0:
		return fmt.Errorf("comment prefix %q holds the delimiter %q", o.prefix(), o.Delimiter)
	case o.NoComment && o.Comment != "":
		return fmt.Errorf("comment prefix %q given and comments turned off", o.Comment)
	case len(o.KeyIndex) > 0 && !o.NoHeader:
		return fmt.Errorf("key positions go with files that have no header; name the key columns")
	case o.NoHeader && len(o.Key) > 0:
		return fmt.Errorf("a file without a header has no column %q; give key positions", o.Key[0])
	}
	for i, name := range o.Key {
		if slices.Contains(o.Key[:i], name) {
			return fmt.Errorf("key column %q given twice", name)
		}
	}
	for i, n := range o.KeyIndex {
		if n < 1 || n > mostColumns {
			return fmt.Errorf("key position %d: positions count from 1 to %d", n, mostColumns)
		}
		if slices.Contains(o.KeyIndex[:i], n) {
			return fmt.Errorf("key position %d given twice", n)
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
