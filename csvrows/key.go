package csvrows

import (
	"encoding/binary"
	"strings"
)

// defaultKey is the key column's name, in any case, where none is given.
const defaultKey = "id"

// Key is the key of a row: the values of the key columns, in their order.
type Key []string

// String joins the values with commas, for messages.
func (k Key) String() string { return strings.Join(k, ",") }

// empty reports that every value is.
func (k Key) empty() bool { return strings.Join(k, "") == "" }

// id returns an injective encoding: the value itself for a key of one column, else
// each value behind its length.
func (k Key) id() string {
	if len(k) == 1 {
		return k[0]
	}
	var b []byte
	for _, v := range k {
		b = binary.AppendUvarint(b, uint64(len(v)))
		b = append(b, v...)
	}
	return string(b)
}

// DefaultKey returns the name of the key column where none is given: the first
// that is "id" in any case, else the first.
func DefaultKey(columns []string) string {
	if i := indexFold(columns, defaultKey); i >= 0 {
		return columns[i]
	}
	return columns[0]
}

// KeyColumns returns the positions of the key columns, counted from 0, by the
// file's options. A file without a header, where one is expected, lacks nothing: the
// positions are nil then. The error is a [*KeyColumnError].
func (f *File) KeyColumns() ([]int, error) {
	if f.opt.NoHeader {
		if len(f.opt.KeyIndex) == 0 {
			return []int{0}, nil
		}
		cols := make([]int, len(f.opt.KeyIndex))
		for i, n := range f.opt.KeyIndex {
			cols[i] = n - 1
		}
		return cols, nil
	}
	if f.header < 0 {
		return nil, nil
	}
	names := f.opt.Key
	if len(names) == 0 {
		names = []string{DefaultKey(f.columns)}
	}
	return f.Positions(names)
}

// Positions returns where the header names each of the columns, counted from 0; of
// repeated names the first. The error is a [*KeyColumnError]; a file without a
// header lacks every column, in line 1.
func (f *File) Positions(names []string) ([]int, error) {
	cols := make([]int, len(names))
	for i, name := range names {
		if cols[i] = index(f.columns, name); cols[i] >= 0 {
			continue
		}
		line := 1
		if f.header >= 0 {
			line = f.Line(f.header)
		}
		return nil, &KeyColumnError{Column: name, Line: line, Columns: f.columns}
	}
	return cols, nil
}

// AppendKey appends an injective encoding of row i's key to dst: for one key
// column its value, else each value behind its length. empty reports that every
// key field is absent or empty.
func (f *File) AppendKey(dst []byte, i int, cols []int) (key []byte, empty bool) {
	return appendKey(dst, f.Text(i), cols, f.opt.Delimiter)
}

// keyField is the value of a field. Most keys are short, and bare in the first column.
func keyField(text []byte, col int, delim byte) []byte {
	if col == 0 && len(text) > 0 && text[0] != '"' {
		if end := indexNear(text, delim); end >= 0 {
			return text[:end]
		}
		return text
	}
	fd, _ := fieldAt(text, col, delim)
	return fd.Value()
}

// appendKey encodes as [Key.id] does, so that bytes of a row and a key compare.
func appendKey(dst, text []byte, cols []int, delim byte) (key []byte, empty bool) {
	if len(cols) == 1 {
		v := keyField(text, cols[0], delim)
		return append(dst, v...), len(v) == 0
	}
	empty = true
	for _, c := range cols {
		fd, _ := fieldAt(text, c, delim)
		v := fd.Value()
		empty = empty && len(v) == 0
		dst = binary.AppendUvarint(dst, uint64(len(v)))
		dst = append(dst, v...)
	}
	return dst, empty
}

// Key returns the key of row i. cols are the positions of the key columns.
func (f *File) Key(i int, cols []int) Key {
	return keyOf(f.Text(i), cols, f.opt.Delimiter)
}

func keyOf(text []byte, cols []int, delim byte) Key {
	key := make(Key, len(cols))
	for n, c := range cols {
		fd, _ := fieldAt(text, c, delim)
		key[n] = string(fd.Value())
	}
	return key
}

func index(names []string, name string) int {
	for i, n := range names {
		if n == name {
			return i
		}
	}
	return -1
}

func indexFold(names []string, name string) int {
	for i, n := range names {
		if strings.EqualFold(n, name) {
			return i
		}
	}
	return -1
}
