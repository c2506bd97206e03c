package csvrows

import (
	"bytes"
	"io"
	"iter"
	"slices"
	"strconv"
)

// Table finds the rows of a file by key and edits them. The file stays as it is;
// the edits lie over its records until [Table.Bytes] joins both.
//
// Keys: rows whose key fields are all empty have no key; they stay, and no call
// reaches them. A key that stands twice is never guessed about: a call that means one
// of its rows is refused with ErrDuplicateKey.
//
// Cells are named by column, by the first of repeated names; fields behind the last
// column have no name, and stay. Columns of a file without a header are "1", "2",
// ... to the width of its widest row. A file that should have a header, and has none,
// has no columns and takes no rows.
//
// Every error of reading or editing is an [*EditError] that wraps one of the reasons;
// the table is unchanged then. Several goroutines may read a Table; an edit must be
// alone.
type Table struct {
	file *File
	keyed
	own     bool           // the index is this table's alone
	changes map[int]change // by row number, or -1 for the place before record 0
	newRow  int            // number of the next new row
	front   cursor         // at the first row or before it; see firstRow
}

// keyed is what a table finds out about a file. All tables of the file share it until they
// change it.
type keyed struct {
	keyCols  []int
	columns  []string
	position map[string]int // of a column; of repeated names the first

	index keyIndex
	rows  int // how many rows stand
	end   int // row or record that Append puts its row behind, or -1
	model int // record whose form appended rows take, or -1

	lineEnd []byte // of the last record that has one
	open    bool   // the file has no final newline
}

// A row number is the number of a record, or from File.Len()+1 on that of a new row,
// so that 0 never is the number of a new one.
type change struct {
	raw  []byte // the row's bytes, if edited or new; empty, not nil, if deleted
	next int    // the new row that stands directly behind, or 0
}

var deleted = []byte{}

// NewTable indexes the rows of f by key. It takes about 16 bytes a row, which all tables of
// f share: only the first one takes the time of reading the keys. The error is a
// [*KeyColumnError].
func NewTable(f *File) (*Table, error) {
	f.keyedOnce.Do(func() { f.keyed, f.keyedErr = readKeys(f) })
	if f.keyedErr != nil {
		return nil, f.keyedErr
	}
	t := &Table{file: f, keyed: *f.keyed, changes: make(map[int]change), newRow: f.Len() + 1}
	t.front = t.start()
	return t, nil
}

func readKeys(f *File) (*keyed, error) {
	keyCols, err := f.KeyColumns()
	if err != nil {
		return nil, err
	}
	columns, err := tableColumns(f, keyCols)
	if err != nil {
		return nil, err
	}
	k := keyed{keyCols: keyCols, end: -1, model: f.header}
	k.setColumns(columns)
	for i := range f.Len() {
		kind := f.Kind(i)
		if kind != Blank {
			k.end = i
		}
		if kind == Row {
			k.model = i
			k.rows++
		}
	}
	k.findLineEnd(f)
	k.index = newKeyIndex(k.rows)
	t := Table{file: f, keyed: k, own: true}
	for i := range f.Len() {
		if f.Kind(i) == Row {
			t.addToIndex(i)
		}
	}
	return &t.keyed, nil
}

// findLineEnd looks at the end of the file. Only the last record can lack a line end.
func (k *keyed) findLineEnd(f *File) {
	n := f.Len()
	k.lineEnd, k.open = []byte{'\n'}, n > 0 && len(f.LineEnd(n-1)) == 0
	if k.open {
		n--
	}
	if n > 0 {
		k.lineEnd = f.LineEnd(n - 1)
	}
}

// tableColumns names the columns of f, by position where no header is expected. In a
// file without rows a key column counts all the same.
func tableColumns(f *File, keyCols []int) ([]string, error) {
	if !f.opt.NoHeader {
		return f.columns, nil
	}
	width, last := f.Width(), slices.Max(keyCols)
	switch {
	case width == 0:
		width = last + 1
	case last >= width:
		return nil, &KeyColumnError{Column: strconv.Itoa(last + 1), Line: 1, Columns: PositionNames(width), NoHeader: true}
	}
	return PositionNames(width), nil
}

func (k *keyed) setColumns(names []string) {
	k.columns = names
	k.position = make(map[string]int, len(names))
	for i, name := range slices.Backward(names) {
		k.position[name] = i
	}
}

func (t *Table) addToIndex(row int) {
	t.ownIndex()
	var buf [64]byte
	key, empty := t.appendKey(buf[:0], row)
	if empty {
		return
	}
	hash := t.index.hash(key)
	at := t.slot(hash, key)
	if t.index.slots[at].free() {
		t.index.put(at, hash, row)
	} else {
		t.index.markTwice(at)
	}
}

// ownIndex parts the index from that of the file's other tables.
func (t *Table) ownIndex() {
	if !t.own {
		t.own, t.index.slots = true, slices.Clone(t.index.slots)
	}
}

// slot returns the slot of the row that has the key, or a free one.
func (t *Table) slot(hash uint32, key []byte) int {
	return t.index.find(hash, func(row int) bool {
		var buf [64]byte
		has, _ := t.appendKey(buf[:0], row)
		return string(has) == string(key)
	})
}

func (t *Table) appendKey(dst []byte, row int) (key []byte, empty bool) {
	return appendKey(dst, t.text(row), t.keyCols, t.file.opt.Delimiter)
}

// raw returns the bytes of a row as they are now; none if it was deleted.
func (t *Table) raw(row int) []byte {
	if c := t.changes[row]; c.raw != nil {
		return c.raw
	}
	return t.file.Raw(row)
}

func (t *Table) text(row int) []byte { return trimLineEnd(t.raw(row)) }

// Columns returns the names of the columns. The caller must not change it.
func (t *Table) Columns() []string { return t.columns }

// Len returns the number of rows, those without a key included.
func (t *Table) Len() int { return t.rows }

// Has reports whether at least one row has the key.
func (t *Table) Has(key Key) bool {
	_, found := t.lookup(key)
	return found
}

// lookup returns the slot of a key, and whether a row stands there.
func (t *Table) lookup(key Key) (slot, bool) {
	if len(key) != len(t.keyCols) {
		return slot{}, false
	}
	id := []byte(key.id())
	s := t.index.slots[t.slot(t.index.hash(id), id)]
	return s, !s.free()
}

// find returns the one row that has the key.
func (t *Table) find(op string, key Key) (int, error) {
	s, found := t.lookup(key)
	switch {
	case !found:
		return 0, &EditError{Op: op, Key: key, Err: ErrNoKey}
	case s.twice():
		return 0, &EditError{Op: op, Key: key, Err: ErrDuplicateKey}
	}
	return s.number(), nil
}

// Get returns the cells of a row by column. A cell that a short row lacks is empty.
func (t *Table) Get(key Key) (map[string]string, error) {
	values, err := t.Row(key)
	if err != nil {
		return nil, err
	}
	cells := make(map[string]string, len(t.position))
	for name, col := range t.position {
		cells[name] = values[col]
	}
	return cells, nil
}

// Row returns the values of a row in the order of [Table.Columns]; one that a short row lacks
// is empty, and those of a longer row come behind.
func (t *Table) Row(key Key) ([]string, error) {
	row, err := t.find("get", key)
	if err != nil {
		return nil, err
	}
	fields := splitFields(nil, t.text(row), t.file.opt.Delimiter)
	values := make([]string, max(len(fields), len(t.columns)))
	for i, field := range fields {
		values[i] = string(field.Value())
	}
	return values, nil
}

// Keys yields the key of every row that has one, in file order; a key that stands
// twice comes twice. The loop may edit the row it just got.
func (t *Table) Keys() iter.Seq[Key] {
	return func(yield func(Key) bool) {
		for c := t.start(); t.nextRow(&c); {
			key := keyOf(t.text(c.row), t.keyCols, t.file.opt.Delimiter)
			if !key.empty() && !yield(key) {
				return
			}
		}
	}
}

// A cursor walks over records and new rows in the order of the file.
type cursor struct{ record, row int }

// start is the place before record 0.
func (t *Table) start() cursor { return cursor{-1, -1} }

func (t *Table) next(c *cursor) bool {
	if n := t.changes[c.row].next; n > 0 {
		c.row = n
		return true
	}
	if c.record == t.file.Len() {
		return false
	}
	c.record++
	c.row = c.record
	return c.record < t.file.Len()
}

// nextRow goes to the next row that was not deleted.
func (t *Table) nextRow(c *cursor) bool {
	for t.next(c) {
		if t.stands(c.row) {
			return true
		}
	}
	return false
}

func (t *Table) stands(row int) bool {
	isRow := row > t.file.Len() || row >= 0 && row < t.file.Len() && t.file.Kind(row) == Row
	return isRow && len(t.raw(row)) > 0
}

// firstRow returns a cursor at the first row, in a table that has one. Rows enter
// behind other rows or at the end, so what t.front has passed needs no other look.
func (t *Table) firstRow() cursor {
	if !t.stands(t.front.row) {
		t.nextRow(&t.front)
	}
	return t.front
}

// Bytes returns the file with its edits. Records that no edit touched have their
// bytes; a file without a final newline still has none. The caller must not change
// it.
func (t *Table) Bytes() []byte {
	if n := t.file.Len(); len(t.changes) == 0 && n > 0 {
		return t.cut(t.file.data, t.file.Offset(n-1))
	}
	p := patch{t: t}
	p.add(0, t.file.data[:t.file.bom])
	at := 0
	for _, row := range t.changed() {
		if row >= 0 {
			p.stretch(at, row)
			p.add(0, t.raw(row))
			at = row + 1
		}
		for row = t.changes[row].next; row > 0; row = t.changes[row].next {
			p.add(0, t.raw(row))
		}
	}
	p.stretch(at, t.file.Len())
	return t.cut(p.join())
}

// changed returns the records at which there is a change, in their order, and -1 first
// where rows stand before them.
func (t *Table) changed() []int {
	rows := make([]int, 0, len(t.changes))
	for row := range t.changes {
		if row <= t.file.Len() {
			rows = append(rows, row)
		}
	}
	slices.Sort(rows)
	return rows
}

// A patch is a file in the making: stretches of the old one, and what stands between.
type patch struct {
	t      *Table
	pieces [][]byte
	size   int
	last   int // where the last record starts
}

// stretch adds the records from one up to another, which no edit touched.
func (p *patch) stretch(from, to int) {
	if f := p.t.file; from < to {
		p.add(f.Offset(to-1)-f.Offset(from), f.data[f.Offset(from):f.Offset(to)])
	}
}

// add appends records, the last of which starts at last.
func (p *patch) add(last int, raw []byte) {
	if len(raw) == 0 {
		return
	}
	if n := len(p.pieces); p.size > p.t.file.bom {
		before := p.pieces[n-1]
		p.put(p.t.between(before[len(before)-1], raw[0]))
	}
	p.last = p.size + last
	p.put(raw)
}

func (p *patch) put(raw []byte) {
	if len(raw) > 0 {
		p.pieces = append(p.pieces, raw)
		p.size += len(raw)
	}
}

// join returns the bytes, and where the last record starts.
func (p *patch) join() (data []byte, last int) { return bytes.Join(p.pieces, nil), p.last }

// WriteTo writes what [Table.Bytes] returns.
func (t *Table) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(t.Bytes())
	return int64(n), err
}

// cut takes the line end off the last record, at last, of a file that has no final
// newline.
func (t *Table) cut(data []byte, last int) []byte {
	if text := trimLineEnd(data[last:]); t.open && len(text) > 0 {
		return data[:last+len(text)]
	}
	return data
}

// between returns what must stand between two records that were not neighbours in
// the file: a line end behind what was the last line, and a LF where a CR would else
// swallow the blank line that starts with its LF.
func (t *Table) between(end, start byte) []byte {
	switch {
	case end != '\r' && end != '\n':
		return t.lineEnd
	case end == '\r' && start == '\n':
		return []byte{'\n'}
	}
	return nil
}
