package csvrows

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
)

// A cell is a new value of a row's field.
type cell struct {
	col   int
	value string
}

// Set changes cells of a row. Each keeps its form, bare or quoted; quotes come
// where the value needs them. A short row is padded with delimiters as far as a
// value needs it. A cell that has the value already keeps its bytes.
//
// Reasons: ErrNoKey, ErrDuplicateKey, ErrNoColumn, ErrKeyMismatch (a cell would
// change the key: that is a [Table.Rename]), ErrNotARow.
func (t *Table) Set(key Key, cells map[string]string) error {
	const op = "set"
	row, err := t.find(op, key)
	if err != nil {
		return err
	}
	edits, err := t.resolve(op, key, cells)
	if err != nil {
		return err
	}
	raw, err := t.edited(op, key, row, edits)
	if err != nil {
		return err
	}
	t.replace(row, raw)
	return nil
}

// Rename gives a row another key. The rest of the row stays, and so does its place.
//
// Reasons: ErrNoKey, ErrDuplicateKey, ErrKeyExists, ErrEmptyKey, ErrKeyMismatch (a
// value too many or too few), ErrNotARow.
func (t *Table) Rename(old, key Key) error {
	const op = "rename"
	row, err := t.find(op, old)
	if err != nil || slices.Equal(old, key) {
		return err
	}
	if err := t.vacant(op, key); err != nil {
		return err
	}
	raw, err := t.edited(op, key, row, t.keyCells(key))
	if err != nil {
		return err
	}
	t.removeFromIndex(old)
	t.replace(row, raw)
	t.addToIndex(row)
	return nil
}

// Delete removes a row with its line end.
//
// Reasons: ErrNoKey, ErrDuplicateKey, ErrNotARow (see [Table.Append]; the next row
// would be read as the header).
func (t *Table) Delete(key Key) error {
	const op = "delete"
	row, err := t.find(op, key)
	if err != nil {
		return err
	}
	if first := t.firstRow(); t.file.prefixed && first.row == row {
		if t.nextRow(&first) && t.namesHeader(t.text(first.row)) {
			return &EditError{Op: op, Key: key, Err: ErrNotARow}
		}
	}
	t.removeFromIndex(key)
	t.replace(row, deleted)
	t.rows--
	return nil
}

// Append adds a row at the end of the file: behind its comments, which may be the
// heading of what is to come, and in front of blank lines that end the file. The row
// has all columns, and takes line end and quoting habit of the last row, or of the
// header.
//
// Reasons: those of [Table.InsertAfter], but for the row to insert after.
func (t *Table) Append(key Key, cells map[string]string) error {
	var model []byte
	if t.model >= 0 {
		model = t.file.Raw(t.model)
	}
	return t.insert(key, cells, t.end, model)
}

// InsertAfter adds a row directly behind the row that has the key after. It has all
// columns, and takes line end and quoting habit of that row.
//
// Reasons: ErrNoKey and ErrDuplicateKey (of after), ErrKeyExists, ErrEmptyKey,
// ErrNoColumn, ErrNoHeader, ErrKeyMismatch (key and cells contradict each other, or
// key has a value too many or too few), ErrNotARow (the row would read as a comment
// or, first below a header like "#id,name", as the header itself).
func (t *Table) InsertAfter(after, key Key, cells map[string]string) error {
	row, err := t.find("insert", after)
	if err != nil {
		return err
	}
	return t.insert(key, cells, row, t.raw(row))
}

// insert adds a row of model's form behind another.
func (t *Table) insert(key Key, cells map[string]string, behind int, model []byte) error {
	const op = "insert"
	if len(t.columns) == 0 {
		return &EditError{Op: op, Key: key, Err: ErrNoHeader}
	}
	if err := t.vacant(op, key); err != nil {
		return err
	}
	edits, err := t.resolve(op, key, cells)
	if err != nil {
		return err
	}
	edits = append(edits, t.keyCells(key)...)
	text, err := t.readable(t.rewrite(t.template(trimLineEnd(model)), edits), t.rows == 0)
	if err != nil {
		return &EditError{Op: op, Key: key, Err: err}
	}
	end := model[len(trimLineEnd(model)):]
	if len(end) == 0 {
		end = t.lineEnd
	}
	t.link(behind, append(text, end...))
	return nil
}

// link puts a new row directly behind another and into the index.
func (t *Table) link(behind int, raw []byte) {
	row := t.newRow
	t.newRow++
	c := t.changes[behind]
	t.changes[row] = change{raw: raw, next: c.next}
	c.next = row
	t.changes[behind] = c
	if behind == t.end {
		t.end = row
	}
	t.rows++
	t.addToIndex(row)
}

// vacant checks that key fits the table and that no row has it.
func (t *Table) vacant(op string, key Key) error {
	var err error
	switch {
	case len(key) != len(t.keyCols):
		err = ErrKeyMismatch
	case key.empty():
		err = ErrEmptyKey
	case t.Has(key):
		err = ErrKeyExists
	default:
		return nil
	}
	return &EditError{Op: op, Key: key, Err: err}
}

// resolve finds the columns of cells. Cells of key columns must agree with key, and
// are left out.
func (t *Table) resolve(op string, key Key, cells map[string]string) ([]cell, error) {
	edits := make([]cell, 0, len(cells)+len(key))
	for _, name := range slices.Sorted(maps.Keys(cells)) {
		col, ok := t.position[name]
		if !ok {
			return nil, &EditError{Op: op, Key: key, Column: name, Err: ErrNoColumn}
		}
		switch n := slices.Index(t.keyCols, col); {
		case n < 0:
			edits = append(edits, cell{col, cells[name]})
		case key[n] != cells[name]:
			return nil, &EditError{Op: op, Key: key, Column: name, Err: ErrKeyMismatch}
		}
	}
	return edits, nil
}

func (t *Table) keyCells(key Key) []cell {
	cells := make([]cell, len(key))
	for i, v := range key {
		cells[i] = cell{t.keyCols[i], v}
	}
	return cells
}

// edited returns the bytes of a row with edits.
func (t *Table) edited(op string, key Key, row int, edits []cell) ([]byte, error) {
	raw := t.raw(row)
	old := trimLineEnd(raw)
	first := t.file.prefixed && t.firstRow().row == row
	text, err := t.readable(t.rewrite(old, edits), first)
	if err != nil {
		return nil, &EditError{Op: op, Key: key, Err: err}
	}
	return append(text, raw[len(old):]...), nil
}

// replace makes raw the bytes of a row.
func (t *Table) replace(row int, raw []byte) {
	c := t.changes[row]
	c.raw = raw
	t.changes[row] = c
}

func (t *Table) removeFromIndex(key Key) {
	t.ownIndex()
	id := []byte(key.id())
	t.index.remove(t.slot(t.index.hash(id), id))
}

// rewrite returns text with other values in some fields. The fields between keep
// their bytes.
func (t *Table) rewrite(text []byte, edits []cell) []byte {
	delim := t.file.opt.Delimiter
	slices.SortFunc(edits, func(a, b cell) int { return cmp.Compare(a.col, b.col) })
	out := make([]byte, 0, len(text)+sizeOf(edits))
	col := 0
	for ; len(edits) > 0; col++ {
		end := fieldEnd(text, delim)
		field := Field(text[:end])
		if edits[0].col == col {
			if v := edits[0].value; v != string(field.Value()) {
				field = Encode([]byte(v), field.Quoted(), delim)
			}
			edits = edits[1:]
		}
		out = append(out, field...)
		text = text[end:]
		if len(text) == 0 {
			break
		}
		out = append(out, delim)
		text = text[1:]
	}
	return appendMissing(append(out, text...), col, edits, delim)
}

// appendMissing appends fields that a short row, whose last field is number col,
// lacks. Empty ones go without, unless another stands behind them.
func appendMissing(out []byte, col int, edits []cell, delim byte) []byte {
	for _, e := range edits {
		if e.value == "" {
			continue
		}
		for ; col < e.col; col++ {
			out = append(out, delim)
		}
		out = append(out, Encode([]byte(e.value), false, delim)...)
	}
	return out
}

// sizeOf estimates what edits add to a row: values, quotes, delimiters, a line end.
func sizeOf(edits []cell) int {
	n := 2
	for _, e := range edits {
		n += len(e.value) + 3
	}
	return n
}

// template returns an empty row of all columns with the quoting habit of text:
// quotes where text has them without need, or has them everywhere.
func (t *Table) template(text []byte) []byte {
	delim := t.file.opt.Delimiter
	fields := splitFields(nil, text, delim)
	all := allQuoted(fields)
	var out []byte
	for i := range t.columns {
		if i > 0 {
			out = append(out, delim)
		}
		habit := i < len(fields) && fields[i].Quoted() && !needsQuotes(fields[i].Value(), delim)
		out = append(out, Encode(nil, all || habit, delim)...)
	}
	return out
}

func allQuoted(fields []Field) bool {
	return !slices.ContainsFunc(fields, func(f Field) bool { return !f.Quoted() })
}

// readable returns text, the fields of a row that is to stand at some place, so that
// it reads as a row there: white space only is quoted. A comment prefix means the same
// in quotes, so there is no way to write such a row.
func (t *Table) readable(text []byte, first bool) ([]byte, error) {
	if t.file.kindOf(text) == Blank {
		text = quoteSpace(text, t.file.opt.Delimiter)
	}
	isComment := t.file.bareComment(text) || t.file.kindOf(text) != Row
	if isComment || first && t.file.prefixed && t.namesHeader(text) {
		return nil, ErrNotARow
	}
	return text, nil
}

// namesHeader reports whether text would be taken for the header if it stood first
// below a header that starts with the comment prefix.
func (t *Table) namesHeader(text []byte) bool {
	return namesKey(columnNames(splitFields(nil, text, t.file.opt.Delimiter)), t.file.opt)
}

// quoteSpace quotes the first field that is not empty.
func quoteSpace(text []byte, delim byte) []byte {
	var out []byte
	for len(text) > 0 && text[0] == delim {
		out = append(out, delim)
		text = text[1:]
	}
	end := fieldEnd(text, delim)
	out = append(out, Encode(text[:end], true, delim)...)
	return append(out, text[end:]...)
}

// AddColumn adds a column behind the last. The header gets the name; each row that
// has all its fields gets an empty cell, in front of fields that belong to no
// column; short rows, comments and blank lines stay. It takes as long as NewTable.
//
// In a file without a header the name is the next position.
//
// Reasons: ErrColumnExists, ErrNoHeader, ErrKeyMismatch (without a key in the options,
// a column "id" would become the key), ErrNotARow (the header would not read as such).
func (t *Table) AddColumn(name string) error {
	if err := t.addColumn(name); err != nil {
		return &EditError{Op: "add", Column: name, Err: err}
	}
	return nil
}

func (t *Table) addColumn(name string) error {
	width := len(t.columns)
	columns := append(slices.Clone(t.columns), name)
	switch _, exists := t.position[name]; {
	case exists:
		return ErrColumnExists
	case t.file.opt.NoHeader && name != strconv.Itoa(width+1):
		return ErrNoHeader
	case !t.file.opt.NoHeader && t.file.header < 0:
		return ErrNoHeader
	}
	f, err := Parse(t.widened(name), t.file.opt)
	if err != nil || !t.file.opt.NoHeader && !slices.Equal(f.columns, columns) {
		return ErrNotARow
	}
	wide, err := NewTable(f)
	if err != nil {
		return err
	}
	if !slices.Equal(wide.keyCols, t.keyCols) {
		return ErrKeyMismatch
	}
	wide.setColumns(columns)
	// A file that has hardly a line left does not show its habits any more.
	wide.lineEnd, wide.open = t.lineEnd, t.open
	wide.own = true // nobody else knows its file
	*t = *wide
	return nil
}

// widened returns the file with another column.
func (t *Table) widened(name string) []byte {
	p := patch{t: t}
	p.add(0, t.file.data[:t.file.bom])
	for c := t.start(); t.next(&c); {
		raw := t.raw(c.row)
		switch {
		case c.row == t.file.header:
			raw = t.widen(raw, name)
		case t.stands(c.row):
			raw = t.widen(raw, "")
		}
		p.add(0, raw)
	}
	data, _ := p.join()
	return data
}

// widen puts a field behind those of the columns there are, quoted if they all are; a
// row that has fewer stays.
func (t *Table) widen(raw []byte, value string) []byte {
	text, delim := trimLineEnd(raw), t.file.opt.Delimiter
	at, quoted := 0, true
	for i := range t.columns {
		if i > 0 {
			if at == len(text) {
				return raw
			}
			at++
		}
		field := Field(text[at : at+fieldEnd(text[at:], delim)])
		quoted = quoted && field.Quoted()
		at += len(field)
	}
	out := append(slices.Clone(raw[:at]), delim)
	out = append(out, Encode([]byte(value), quoted, delim)...)
	return append(out, raw[at:]...)
}
