package oracle

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Column is a column of a table: its name, and which of the columns with this name
// it is, counted from 1. Fields beyond the header belong to unnamed columns.
type Column struct {
	Name    string
	Nth     int
	Unnamed bool
}

// Cells holds the values of a row that are not empty: absent and empty are the same.
type Cells map[Column]string

// Table is one version of the file, read.
type Table struct {
	BOM     bool
	Records []Record
	// Columns names the columns of the header, in their order; HasHeader tells a
	// table without one.
	Columns   []Column
	HasHeader bool
	// Rows holds the row of each key, Order the keys as they stand. Of a key in
	// Repeated, Rows holds the last row.
	Rows     map[string]Cells
	Order    []string
	Repeated map[string]bool
	// Keyless counts rows whose key fields are all empty.
	Keyless int

	keyColumns []Column
}

// Read reads versions of one table: base, the sides, then others. Where the format names
// no key, base decides, or the sides if it has no header.
func Read(f Format, versions ...[]byte) ([]*Table, error) {
	var tables []*Table
	for _, data := range versions {
		t, err := readTable(string(data), f)
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	key := keyNames(f, tables...)
	for _, t := range tables {
		if err := t.index(key); err != nil {
			return nil, err
		}
	}
	return tables, nil
}

// readTable reads records and columns. Rows are found by index, once the key is known.
func readTable(data string, f Format) (*Table, error) {
	records, err := readRecords(data, f)
	if err != nil {
		return nil, err
	}
	t := &Table{Records: records, BOM: strings.HasPrefix(data, byteOrderMark)}
	return t, t.findHeader(f)
}

// findHeader makes the first row the header; or the first record, a comment that
// names the key, unless the row below does so itself.
func (t *Table) findHeader(f Format) error {
	first := slices.IndexFunc(t.Records, func(r Record) bool { return r.Kind == Row })
	var names []string
	if first >= 0 {
		names = values(t.Records[first].Fields)
	}
	if !namesKey(names, f) && len(t.Records) > 0 && t.Records[0].Kind == Comment {
		commented, err := uncommented(t.Records[0], f)
		if err != nil {
			return err
		}
		if namesKey(commented, f) {
			first, names = 0, commented
		}
	}
	if first < 0 {
		return nil
	}
	t.HasHeader = true
	t.Records[first].Kind = Header
	for i, name := range names {
		if labelled.MatchString(name) {
			return ErrUnclear
		}
		t.Columns = append(t.Columns, Column{Name: name, Nth: 1 + count(names[:i], name)})
	}
	return nil
}

// labelled matches names that look like what fields without a column, and repeated
// names, are called.
var labelled = regexp.MustCompile(`^\+\d+'*$|\[\d+\]'*$`)

// uncommented gives the values of a comment, its prefix cut off. Quotes in a comment
// open nothing; where it could be a header, and they might, that is not decided here.
func uncommented(rec Record, f Format) ([]string, error) {
	text := strings.Replace(rec.Text, f.Comment, "", 1)
	bare := strings.Split(text, string(f.Delimiter))
	r := reader{Format: f, rest: text}
	fields, _ := r.fields()
	if strings.Contains(text, `"`) && (namesKey(bare, f) || namesKey(values(fields), f)) {
		return nil, ErrUnclear
	}
	return bare, nil
}

func values(fields []Field) []string {
	var vs []string
	for _, fd := range fields {
		vs = append(vs, fd.Value)
	}
	return vs
}

func count(list []string, s string) int {
	n := 0
	for _, x := range list {
		if x == s {
			n++
		}
	}
	return n
}

// namesKey reports whether names hold the key columns, or a column "id".
func namesKey(names []string, f Format) bool {
	if len(f.Key) == 0 {
		return slices.ContainsFunc(names, isID)
	}
	for _, k := range f.Key {
		if !slices.Contains(names, k) {
			return false
		}
	}
	return true
}

func isID(name string) bool { return strings.EqualFold(name, "id") }

// keyNames decides the key columns. Base has the say, which stands first; if it has no
// header, the sides behind it, which must not depend on their order: a column "id" comes
// before others, then the lesser name.
func keyNames(f Format, tables ...*Table) []string {
	if len(f.Key) > 0 {
		return f.Key
	}
	var sides []string
	for i, t := range tables {
		switch {
		case !t.HasHeader:
		case i == base, i > theirs && sides == nil:
			return []string{t.defaultKey()}
		case i <= theirs:
			sides = append(sides, t.defaultKey())
		}
	}
	slices.SortFunc(sides, func(a, b string) int {
		if isID(a) != isID(b) {
			return map[bool]int{true: -1, false: 1}[isID(a)]
		}
		return strings.Compare(a, b)
	})
	return sides[:min(1, len(sides))]
}

// defaultKey is the first column called "id", else the first.
func (t *Table) defaultKey() string {
	for _, c := range t.Columns {
		if isID(c.Name) {
			return c.Name
		}
	}
	return t.Columns[0].Name
}

// MissingKeyError says that a header lacks a key column.
type MissingKeyError struct{ Column string }

func (e *MissingKeyError) Error() string { return fmt.Sprintf("no key column %q", e.Column) }

// index finds the rows by key.
func (t *Table) index(key []string) error {
	t.Rows, t.Repeated = map[string]Cells{}, map[string]bool{}
	if !t.HasHeader {
		return nil
	}
	t.keyColumns = nil
	for _, name := range key {
		c := Column{Name: name, Nth: 1}
		if !t.has(c) {
			return &MissingKeyError{name}
		}
		t.keyColumns = append(t.keyColumns, c)
	}
	for _, rec := range t.Records {
		if rec.Kind == Row {
			t.addRow(rec)
		}
	}
	return nil
}

func (t *Table) addRow(rec Record) {
	key, ok := t.KeyOf(rec)
	switch _, known := t.Rows[key]; {
	case !ok:
		t.Keyless++
		return
	case known:
		t.Repeated[key] = true
	default:
		t.Order = append(t.Order, key)
	}
	t.Rows[key] = t.Cells(rec)
}

// KeyOf gives the key of a row as a string; ok is false where its key fields are
// all empty.
func (t *Table) KeyOf(rec Record) (key string, ok bool) {
	cells := t.Cells(rec)
	var parts []string
	for _, c := range t.keyColumns {
		parts = append(parts, cells[c])
		ok = ok || cells[c] != ""
	}
	return Key(parts...), ok
}

// Key writes the values of the key columns as one string.
func Key(values ...string) string {
	if len(values) == 1 {
		return values[0]
	}
	return fmt.Sprintf("%q", values)
}

// Cells gives the values of a row.
func (t *Table) Cells(rec Record) Cells {
	cells := Cells{}
	for i, fd := range rec.Fields {
		if fd.Value != "" {
			cells[t.ColumnAt(i)] = fd.Value
		}
	}
	return cells
}

// RowsOf lists the rows of a key as they stand, each as text.
func (t *Table) RowsOf(key string) []string {
	var rows []string
	for _, rec := range t.Records {
		if rec.Kind != Row {
			continue
		}
		if k, ok := t.KeyOf(rec); ok && k == key {
			rows = append(rows, t.Cells(rec).String())
		}
	}
	return rows
}

// ColumnAt names the column of field i of a row.
func (t *Table) ColumnAt(i int) Column {
	if i < len(t.Columns) {
		return t.Columns[i]
	}
	return Column{Unnamed: true, Nth: i - len(t.Columns) + 1}
}

func (t *Table) has(c Column) bool { return slices.Contains(t.Columns, c) }

func (t *Table) isKey(c Column) bool { return slices.Contains(t.keyColumns, c) }

// unnamed lists the unnamed columns in use.
func (t *Table) unnamed() map[Column]bool {
	used := map[Column]bool{}
	for _, cells := range t.Rows {
		for c := range cells {
			if c.Unnamed {
				used[c] = true
			}
		}
	}
	return used
}

// Places of lines that no row stands below.
const (
	AtEnd       = "\x00end"
	AboveHeader = "\x00header"
)

// Leads gathers the comment and blank lines above each kept row and the header. Kept
// gives a kept row the name of its place, from its key; rows it answers with an empty
// name divide nothing.
func (t *Table) Leads(kept func(key string) string) map[string][]Record {
	leads := map[string][]Record{}
	var lead []Record
	for _, rec := range t.Records {
		place := ""
		switch rec.Kind {
		case Comment, Blank:
			lead = append(lead, rec)
		case Header:
			place = AboveHeader
		case Row:
			key, _ := t.KeyOf(rec)
			place = kept(key)
		}
		if place != "" {
			leads[place], lead = lead, nil
		}
	}
	leads[AtEnd] = lead
	return leads
}

// String writes the values of a table, for messages.
func (t *Table) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "columns %v\n", names(t.Columns))
	for _, key := range t.Order {
		fmt.Fprintf(&b, "%q: %v\n", key, t.Rows[key])
	}
	return b.String()
}

// String writes cells in the order of their columns' names.
func (cells Cells) String() string {
	var parts []string
	for _, c := range slices.SortedFunc(maps.Keys(cells), compareColumns) {
		parts = append(parts, fmt.Sprintf("%v=%q", c, cells[c]))
	}
	return strings.Join(parts, " ")
}

// String writes a column as conflicts and changes name it: name, name[2], or +1 for
// the first field beyond the header.
func (c Column) String() string {
	switch {
	case c.Unnamed:
		return fmt.Sprintf("+%d", c.Nth)
	case c.Nth > 1:
		return fmt.Sprintf("%s[%d]", c.Name, c.Nth)
	}
	return c.Name
}

func compareColumns(a, b Column) int { return strings.Compare(a.String(), b.String()) }

func names(columns []Column) []string {
	var list []string
	for _, c := range columns {
		list = append(list, c.String())
	}
	return list
}
