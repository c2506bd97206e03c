package csvrows_test

import (
	"bytes"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rowkeep/rowkeep/csvrows"
)

// FuzzTable runs a script of edits on a table and on a model: a list of records whose
// rows are lists of values. The model says which edits are refused and why, and the
// bytes of the table must read as the model's rows; records that no edit touched have
// their bytes.
func FuzzTable(f *testing.F) {
	scripts := [][]byte{
		{0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5},
		{1, 20, 5, 3, 20, 1, 1, 20, 7, 4, 0, 1, 5, 3, 9, 0, 20, 130},
		{3, 20, 0, 3, 21, 0, 3, 22, 0, 1, 4, 4, 2, 3, 67, 1, 5, 3},
	}
	for i, input := range seeds(f) {
		f.Add(input, scripts[i%len(scripts)], i%4 == 0)
	}
	f.Fuzz(runScript)
}

func runScript(t *testing.T, input string, script []byte, noHeader bool) {
	if namesEncoding(strings.TrimPrefix(input, "\ufeff")) {
		return
	}
	opt := csvrows.Options{NoHeader: noHeader}
	file, err := csvrows.Parse([]byte(input), opt)
	if err != nil {
		return
	}
	opt.Delimiter = file.Delimiter()
	m := newModel(t, file, newTable(t, input, opt))
	for ; len(script) >= 3; script = script[3:] {
		m.step(script[0], script[1], script[2])
	}
	m.check(opt)
	checkPatched(t, file, m.table, csvrows.Options{NoHeader: noHeader})
}

// checkPatched holds a file that was told from edits against one that was read anew.
func checkPatched(t *testing.T, file *csvrows.File, table *csvrows.Table, opt csvrows.Options) {
	t.Helper()
	got, head, tail := table.Patched()
	if got == nil {
		return
	}
	if old := file.Bytes(); !bytes.HasPrefix(got.Bytes(), old[:head]) || !bytes.HasSuffix(got.Bytes(), old[len(old)-tail:]) {
		t.Errorf("%q keeps %d and %d bytes of %q", got.Bytes(), head, tail, old)
	}
	want, err := csvrows.Parse(table.Bytes(), opt)
	if err != nil {
		t.Fatalf("%q cannot be read: %v", table.Bytes(), err)
	}
	if !bytes.Equal(got.Bytes(), want.Bytes()) || got.Delimiter() != want.Delimiter() || got.HeaderRecord() != want.HeaderRecord() {
		t.Fatalf("%q was told from edits, want %q", got.Bytes(), want.Bytes())
	}
	if d := cmp.Diff(cutRecords(want), cutRecords(got)); d != "" {
		t.Errorf("records (-want +got):\n%s", d)
	}
	both := [2]*csvrows.Table{newTableOf(t, want), newTableOf(t, got)}
	checkSameRows(t, both[0], both[1])
	for _, key := range slices.Collect(both[0].Keys()) {
		for _, b := range both {
			_ = b.Delete(key) // what it says must be the same, and what it leaves
		}
		checkSameRows(t, both[0], both[1])
	}
	checkSameRows(t, newTableOf(t, want), newTableOf(t, got)) // whatever was done to other tables of it
}

func checkSameRows(t *testing.T, want, got *csvrows.Table) {
	t.Helper()
	if !bytes.Equal(got.Bytes(), want.Bytes()) || got.Len() != want.Len() {
		t.Fatalf("%d rows in %q, want %d in %q", got.Len(), got.Bytes(), want.Len(), want.Bytes())
	}
	for key := range want.Keys() {
		cells, err := want.Get(key)
		other, otherErr := got.Get(key)
		if !maps.Equal(cells, other) || (err == nil) != (otherErr == nil) {
			t.Fatalf("row %q is %q (%v), want %q (%v)", key, other, otherErr, cells, err)
		}
	}
}

func newTableOf(t *testing.T, f *csvrows.File) *csvrows.Table {
	t.Helper()
	table, err := csvrows.NewTable(f)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// Setting cells is what can be told without reading the file anew, and nothing else.
func TestPatched(t *testing.T) {
	const input = "id,v\n# note\na,1\nb,2\n\nc,3"
	for _, c := range []struct {
		name string
		edit func(*csvrows.Table) error
		want string // "" if the file has to be read
	}{
		{"nothing", func(*csvrows.Table) error { return nil }, input},
		{"a cell", set("v", "11"), "id,v\n# note\na,11\nb,2\n\nc,3"},
		{"the last cell", func(t *csvrows.Table) error { return t.Set(key("c"), cells{"v": "x\ny"}) }, "id,v\n# note\na,1\nb,2\n\nc,\"x\ny\""},
		{"a new row", func(t *csvrows.Table) error { return t.Append(key("d"), nil) }, ""},
		{"a deleted row", func(t *csvrows.Table) error { return t.Delete(key("a")) }, ""},
		{"a new key", func(t *csvrows.Table) error { return t.Rename(key("a"), key("z")) }, ""},
	} {
		file, err := csvrows.Parse([]byte(input), csvrows.Options{})
		if err != nil {
			t.Fatal(err)
		}
		table := newTableOf(t, file)
		if err := c.edit(table); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		f, _, _ := table.Patched()
		if (f == nil) != (c.want == "") || f != nil && string(f.Bytes()) != c.want {
			t.Errorf("%s: %v", c.name, f)
			continue
		}
		checkPatched(t, file, table, csvrows.Options{})
	}
}

// A cell can make a file look like UTF-16, which Parse refuses.
func TestPatchedUTF16(t *testing.T) {
	table := newTable(t, "a\x00,\x00b\x00\n\x00k\x00,\x00vv\n", csvrows.Options{})
	if err := table.Set(key("\x00k\x00"), cells{"\x00b\x00": "\x00v\x00"}); err != nil {
		t.Fatal(err)
	}
	if _, err := csvrows.Parse(table.Bytes(), csvrows.Options{}); !errors.Is(err, csvrows.ErrUTF16) {
		t.Fatalf("%q reads with %v, want ErrUTF16", table.Bytes(), err)
	}
	if f, _, _ := table.Patched(); f != nil {
		t.Errorf("%q was told from edits", f.Bytes())
	}
}

// Under another delimiter a header goes on into rows, so that a cell decides about it.
func TestPatchedDelimiter(t *testing.T) {
	table := newTable(t, "k,v;\"x\nr,1\n", csvrows.Options{Delimiter: ','})
	detected := newTable(t, "k,v;\"x\nr,1\n", csvrows.Options{})
	for _, edited := range []*csvrows.Table{table, detected} {
		if err := edited.Set(key("r"), cells{"v;\"x": "1\";a;b"}); err != nil {
			t.Fatal(err)
		}
	}
	if f, err := csvrows.Parse(detected.Bytes(), csvrows.Options{}); err != nil || f.Delimiter() != ';' {
		t.Fatalf("%q reads by %q (%v), want a semicolon", detected.Bytes(), f.Delimiter(), err)
	}
	if f, _, _ := detected.Patched(); f != nil {
		t.Errorf("%q was told from edits, with the delimiter of before", f.Bytes())
	}
	if f, _, _ := table.Patched(); f == nil {
		t.Error("a given delimiter stays, and the file was not told from edits")
	}
}

// Tables of one file share what they read of it, and nothing else.
func TestTablesOfOneFile(t *testing.T) {
	file, err := csvrows.Parse([]byte("id,v\na,1\nb,2\nc,3\n"), csvrows.Options{})
	if err != nil {
		t.Fatal(err)
	}
	one, other := newTableOf(t, file), newTableOf(t, file)
	if err := errors.Join(one.Delete(key("a")), one.Rename(key("b"), key("z")), one.Append(key("d"), nil)); err != nil {
		t.Fatal(err)
	}
	for _, table := range []*csvrows.Table{other, newTableOf(t, file)} {
		for k, want := range map[string]bool{"a": true, "b": true, "c": true, "z": false, "d": false} {
			if table.Has(key(k)) != want {
				t.Errorf("another table has %q: %v, want %v", k, !want, want)
			}
		}
	}
}

// TestTableScripts runs long scripts of chance over the inputs of all tables.
func TestTableScripts(t *testing.T) {
	chance := rand.NewChaCha8([32]byte{})
	script := make([]byte, 3*40)
	for _, input := range seeds(t) {
		for n := range 20 {
			chance.Read(script)
			runScript(t, input, script, n%2 == 0)
			if t.Failed() {
				t.Fatalf("input %q, script %v, no header %v", input, script, n%2 == 0)
			}
		}
	}
}

// namesEncoding reports bytes that say something about a file's encoding where they
// stand first, as they may after an edit of a file without a header.
func namesEncoding(text string) bool {
	return slices.ContainsFunc([]string{"\ufeff", "\xff\xfe", "\xfe\xff", "\x00"}, func(s string) bool {
		return strings.Contains(text, s)
	})
}

// A model of a table without repeated edits, index or overlay.
type model struct {
	t       *testing.T
	file    *csvrows.File
	table   *csvrows.Table
	columns []string
	keyCol  int
	records []*modelRecord
}

type modelRecord struct {
	kind    csvrows.Kind
	raw     string   // as in the file; empty for a new row
	values  []string // of a row
	edited  bool
	deleted bool
}

func newModel(t *testing.T, file *csvrows.File, table *csvrows.Table) *model {
	m := &model{t: t, file: file, table: table, columns: slices.Clone(table.Columns())}
	if cols, err := file.KeyColumns(); err != nil {
		t.Fatal(err)
	} else if len(cols) > 0 {
		m.keyCol = cols[0]
	}
	for i := range file.Len() {
		r := &modelRecord{kind: file.Kind(i), raw: string(file.Raw(i))}
		if r.kind == csvrows.Row {
			r.values = fieldValues(file, i)
		}
		m.records = append(m.records, r)
	}
	return m
}

var (
	fuzzKeys   = []string{"a", "b", "id", " ", "", "#c", "d,e", "f\"", "g\nh", "\ti"}
	fuzzValues = []string{"x", "", " ", "#y", "1,5", "5\"", "\"\"", "l\nm", "c\rd", "id", "\xe9"}
)

// step runs one edit on both sides.
func (m *model) step(op, who, what byte) {
	key, value := m.pickKey(who), fuzzValues[int(what)%len(fuzzValues)]
	column := "no such column"
	if n := int(what) / len(fuzzValues); n < len(m.columns) {
		column = m.columns[n]
	}
	switch op % 6 {
	case 0:
		m.set(key, column, value)
	case 1:
		m.append(key, column, value)
	case 2:
		m.insertAfter(m.pickKey(what), key, column, value)
	case 3:
		m.delete(key)
	case 4:
		m.rename(key, m.pickKey(what))
	case 5:
		m.addColumn(value)
	}
}

// pickKey returns the key of a row that stands, or one of a few others.
func (m *model) pickKey(n byte) string {
	if int(n) < len(fuzzKeys) {
		return fuzzKeys[n]
	}
	if rows := m.rows(); len(rows) > 0 {
		return m.key(rows[int(n)%len(rows)])
	}
	return "a"
}

func (m *model) rows() []*modelRecord {
	return slices.DeleteFunc(slices.Clone(m.records), func(r *modelRecord) bool { return r.kind != csvrows.Row || r.deleted })
}

func (m *model) key(r *modelRecord) string { return at(r.values, m.keyCol) }

func at(values []string, i int) string {
	if i < len(values) {
		return values[i]
	}
	return ""
}

func (m *model) find(key string) (*modelRecord, error) {
	var found []*modelRecord
	for _, r := range m.rows() {
		if m.key(r) == key && key != "" {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 0:
		return nil, csvrows.ErrNoKey
	case 1:
		return found[0], nil
	}
	return nil, csvrows.ErrDuplicateKey
}

func (m *model) set(key, column, value string) {
	r, err := m.find(key)
	col := slices.Index(m.columns, column)
	switch {
	case err != nil:
	case col < 0:
		err = csvrows.ErrNoColumn
	case col == m.keyCol && value != key:
		err = csvrows.ErrKeyMismatch
	case value != at(r.values, col):
		err = m.change(r, with(r.values, col, value))
	}
	m.same(err, m.table.Set(csvrows.Key{key}, cells{column: value}))
}

// with returns values with another one at col, as long as it must be.
func with(values []string, col int, value string) []string {
	values = slices.Clone(values)
	for len(values) <= col {
		values = append(values, "")
	}
	values[col] = value
	return values
}

// change gives a row other values, if it stays a row.
func (m *model) change(r *modelRecord, values []string) error {
	if err := m.readable(values, len(m.rows()) == 0 || m.rows()[0] == r); err != nil {
		return err
	}
	r.values, r.edited = values, true
	return nil
}

// readable says no to a comment, and to what would take the place of a prefixed header.
func (m *model) readable(values []string, first bool) error {
	isID := func(v string) bool { return strings.EqualFold(v, "id") }
	if strings.HasPrefix(values[0], "#") || first && m.file.PrefixedHeader() && slices.ContainsFunc(values, isID) {
		return csvrows.ErrNotARow
	}
	return nil
}

// append puts a row behind all but the blank lines at the end.
func (m *model) append(key, column, value string) {
	place := len(m.records)
	for place > 0 && m.records[place-1].kind == csvrows.Blank {
		place--
	}
	m.same(m.insert(place, key, column, value), m.table.Append(csvrows.Key{key}, cells{column: value}))
}

// insert puts a row at a place.
func (m *model) insert(place int, key, column, value string) error {
	if len(m.columns) == 0 {
		return csvrows.ErrNoHeader
	}
	if err := m.vacant(key); err != nil {
		return err
	}
	col := slices.Index(m.columns, column)
	if col < 0 {
		return csvrows.ErrNoColumn
	}
	if col == m.keyCol && key != value {
		return csvrows.ErrKeyMismatch
	}
	values := with(with(make([]string, len(m.columns)), m.keyCol, key), col, value)
	if err := m.readable(values, len(m.rows()) == 0); err != nil {
		return err
	}
	m.records = slices.Insert(m.records, place, &modelRecord{kind: csvrows.Row, values: values})
	return nil
}

func (m *model) vacant(key string) error {
	if key == "" {
		return csvrows.ErrEmptyKey
	}
	if _, err := m.find(key); !errors.Is(err, csvrows.ErrNoKey) {
		return csvrows.ErrKeyExists
	}
	return nil
}

func (m *model) insertAfter(after, key, column, value string) {
	r, err := m.find(after)
	if err == nil {
		err = m.insert(slices.Index(m.records, r)+1, key, column, value)
	}
	m.same(err, m.table.InsertAfter(csvrows.Key{after}, csvrows.Key{key}, cells{column: value}))
}

func (m *model) delete(key string) {
	r, err := m.find(key)
	if rows := m.rows(); err == nil && rows[0] == r && len(rows) > 1 && m.file.PrefixedHeader() {
		err = m.readable(rows[1].values, true)
	}
	if err == nil {
		r.deleted = true
	}
	m.same(err, m.table.Delete(csvrows.Key{key}))
}

func (m *model) rename(old, key string) {
	r, err := m.find(old)
	if err == nil && old != key {
		if err = m.vacant(key); err == nil {
			err = m.change(r, with(r.values, m.keyCol, key))
		}
	}
	m.same(err, m.table.Rename(csvrows.Key{old}, csvrows.Key{key}))
}

// addColumn leaves it to the table to refuse a name.
func (m *model) addColumn(name string) {
	if m.table.AddColumn(name) != nil {
		return
	}
	m.records = slices.DeleteFunc(m.records, func(r *modelRecord) bool { return r.deleted })
	for _, r := range m.records {
		if r.kind == csvrows.Row && len(r.values) >= len(m.columns) {
			r.values, r.edited = slices.Insert(slices.Clone(r.values), len(m.columns), ""), true
		}
		r.edited = r.edited || r.kind == csvrows.Header
	}
	m.columns = append(m.columns, name)
}

func (m *model) same(want, got error) {
	m.t.Helper()
	if !errors.Is(got, want) {
		m.t.Fatalf("error is %v, want %v", got, want)
	}
}

// check holds the bytes of the table against the model.
func (m *model) check(opt csvrows.Options) {
	m.t.Helper()
	checkTable(m.t, m.table, opt)
	after := parse(m.t, string(m.table.Bytes()), opt)
	records := slices.DeleteFunc(slices.Clone(m.records), func(r *modelRecord) bool { return r.deleted })
	if after.Len() != len(records) {
		m.t.Fatalf("%q holds %d records, want %d", after.Bytes(), after.Len(), len(records))
	}
	for i, r := range records {
		if after.Kind(i) != r.kind {
			m.t.Fatalf("record %d of %q is a %v, want a %v", i, after.Bytes(), after.Kind(i), r.kind)
		}
		if r.kind == csvrows.Row && !slices.Equal(fieldValues(after, i), r.values) {
			m.t.Errorf("row %d of %q holds %q, want %q", i, after.Bytes(), fieldValues(after, i), r.values)
		}
		m.checkBytes(after, i, r)
	}
	if n := m.file.Len(); n > 0 && after.Len() > 0 {
		before, now := len(m.file.LineEnd(n-1)), len(after.LineEnd(after.Len()-1))
		if before > 0 != (now > 0) && len(after.Text(after.Len()-1)) > 0 {
			m.t.Errorf("%q became %q: the final newline came or went", m.file.Bytes(), after.Bytes())
		}
	}
}

// checkBytes checks a record that no edit touched. Its line end may change where it
// became or was the last, and a lone CR gets a LF where a blank line would give its own.
func (m *model) checkBytes(after *csvrows.File, i int, r *modelRecord) {
	m.t.Helper()
	text := strings.TrimSuffix(strings.TrimSuffix(r.raw, "\n"), "\r")
	end := r.raw[len(text):]
	if r.raw != "" && !r.edited && string(after.Text(i)) != text {
		m.t.Errorf("record %d is %q, was %q", i, after.Text(i), text)
	}
	if r.raw == "" || end == "" || i == after.Len()-1 {
		return
	}
	if got := string(after.LineEnd(i)); got != end && end+"\n" != got {
		m.t.Errorf("record %d ends with %q, did with %q", i, got, end)
	}
}
