package csvrows_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rowkeep/rowkeep/csvrows"
)

type cells = map[string]string

func key(values ...string) csvrows.Key { return values }

// An editTest shows the bytes of a file before and after an edit.
type editTest struct {
	name   string
	opt    csvrows.Options
	before string
	edit   func(*csvrows.Table) error
	after  string
	asIs   bool // the variants do not apply: the edit is about line ends
}

var (
	noHeader  = csvrows.Options{NoHeader: true}
	tabs      = csvrows.Options{Delimiter: '\t'}
	twoKeys   = csvrows.Options{Key: []string{"a", "b"}}
	secondKey = csvrows.Options{NoHeader: true, KeyIndex: []int{2}}
)

func set(name, value string) func(*csvrows.Table) error {
	return func(t *csvrows.Table) error { return t.Set(key("a"), cells{name: value}) }
}

var setTests = []editTest{
	{name: "bare stays bare", before: "id,note,x\na,n,1\n", edit: set("note", "m m"), after: "id,note,x\na,m m,1\n"},
	{name: "quoted stays quoted", before: "id,note,x\na,\"n\",1\n", edit: set("note", "m"), after: "id,note,x\na,\"m\",1\n"},
	{name: "quotes where a delimiter needs them", before: "id,note\na,n\n", edit: set("note", "1,5"), after: "id,note\na,\"1,5\"\n"},
	{name: "quotes where a quote needs them", before: "id,note\na,n\n", edit: set("note", `5"`), after: "id,note\na,\"5\"\"\"\n"},
	{name: "quotes where a CR needs them", before: "id,note\na,n\n", edit: set("note", "1\r2"), after: "id,note\na,\"1\r2\"\n"},
	{name: "other fields keep their form", before: "id,p,note,q\n\"a\", p ,n,5\" \"x\n", edit: set("note", "m"), after: "id,p,note,q\n\"a\", p ,m,5\" \"x\n"},
	{name: "the value it has", before: "id,note\na,\"t\"wo\n", edit: set("note", "two"), after: "id,note\na,\"t\"wo\n"},
	{name: "text behind the closing quote", before: "id,note\na,\"t\"wo\n", edit: set("note", "one"), after: "id,note\na,\"one\"\n"},
	{name: "to empty", before: "id,note,x\na,n,\"1\"\n", edit: set("x", ""), after: "id,note,x\na,n,\"\"\n"},
	{name: "short row to the column", before: "id,x,note,y\na\n", edit: set("note", "n"), after: "id,x,note,y\na,,n\n"},
	{name: "short row, quotes needed", before: "id,x,note,y\na,1\n", edit: set("note", ","), after: "id,x,note,y\na,1,\",\"\n"},
	{name: "short row to empty", before: "id,x,note\na\n", edit: set("note", ""), after: "id,x,note\na\n"},
	{name: "trailing delimiter", before: "id,note,x\na,\n", edit: set("note", "n"), after: "id,note,x\na,n\n"},
	{name: "long row", before: "id,note\na,n,x,\"y\"\n", edit: set("note", "m"), after: "id,note\na,m,x,\"y\"\n"},
	{name: "the first of equal names", before: "id,n,n\na,1,2\n", edit: set("n", "3"), after: "id,n,n\na,3,2\n"},
	{name: "the key's own value", before: "id,note\n\"a\",n\n", edit: set("id", "a"), after: "id,note\n\"a\",n\n"},
	{name: "lone CR", before: "id,note\ra,n\rb,n\r", edit: set("note", "m"), after: "id,note\ra,m\rb,n\r"},
	{name: "invalid UTF-8 beside it", before: "id,note,x\na,n,\xe9\n", edit: set("note", "m"), after: "id,note,x\na,m,\xe9\n"},
	{name: "by position", opt: noHeader, before: "a,n\nb,n,x\n", edit: set("3", "y"), after: "a,n,y\nb,n,x\n"},
	{name: "white space only", opt: tabs, before: "x\tid\nn\t \n", edit: func(t *csvrows.Table) error {
		return t.Set(key(" "), cells{"x": ""})
	}, after: "x\tid\n\t\" \"\n"},
	{
		name: "several cells at once", before: "id,x,y,z,w\na,1,2,3\n",
		edit:  func(t *csvrows.Table) error { return t.Set(key("a"), cells{"w": "6", "x": "5", "z": ""}) },
		after: "id,x,y,z,w\na,5,2,,6\n",
	},
	{
		name: "twice", before: "id,x,y\na,1,2\nb,1,2\n",
		edit: func(t *csvrows.Table) error {
			return errors.Join(t.Set(key("a"), cells{"x": "3"}), t.Set(key("a"), cells{"y": "4"}), t.Set(key("b"), cells{}))
		},
		after: "id,x,y\na,3,4\nb,1,2\n",
	},
	{
		name: "key of two columns", opt: twoKeys, before: "b,x,a\n1,n,2\n2,n,1\n",
		edit: func(t *csvrows.Table) error { return t.Set(key("1", "2"), cells{"x": "m"}) }, after: "b,x,a\n1,n,2\n2,m,1\n",
	},
	{
		name: "commas padded comments, blanks and a long row", before: "# top, \"odd\nid,note,x\n# a,,\n,,\na,n,1,# odd\n\n\"# q, r\",,\nb,\xe9\n",
		edit: set("x", "2"), after: "# top, \"odd\nid,note,x\n# a,,\n,,\na,n,2,# odd\n\n\"# q, r\",,\nb,\xe9\n",
	},
}

func appendRow(c cells, values ...string) func(*csvrows.Table) error {
	return func(t *csvrows.Table) error { return t.Append(values, c) }
}

func insertAfterA(c cells, values ...string) func(*csvrows.Table) error {
	return func(t *csvrows.Table) error { return t.InsertAfter(key("a"), values, c) }
}

var insertTests = []editTest{
	{name: "append", before: "id,note\na,n\n", edit: appendRow(cells{"note": "m"}, "b"), after: "id,note\na,n\nb,m\n"},
	{name: "all columns", before: "id,x,y\na\n", edit: appendRow(nil, "b"), after: "id,x,y\na\nb,,\n"},
	{name: "no column more", before: "id,x\na,1,2,3\n", edit: appendRow(nil, "b"), after: "id,x\na,1,2,3\nb,\n"},
	{name: "cells that repeat the key", before: "x,id\n1,a\n", edit: appendRow(cells{"id": "b", "x": "2"}, "b"), after: "x,id\n1,a\n2,b\n"},
	{name: "below the header", before: "id,note\n", edit: appendRow(cells{"note": "m"}, "b"), after: "id,note\nb,m\n"},
	{name: "below a quoted header", before: "\"id\",\"note\"\n", edit: appendRow(nil, "b"), after: "\"id\",\"note\"\n\"b\",\"\"\n"},
	{name: "below a prefixed header", before: "#id,note\n", edit: appendRow(nil, "b"), after: "#id,note\nb,\n"},
	{name: "line end of the row above", asIs: true, before: "id,note\r\na,n\r# c\n", edit: appendRow(nil, "b"), after: "id,note\r\na,n\r# c\nb,\r"},
	{name: "quotes everywhere", before: "id,note\na,n\n\"b\",\"m\"\n", edit: appendRow(nil, "c"), after: "id,note\na,n\n\"b\",\"m\"\n\"c\",\"\"\n"},
	{name: "quotes by column", before: "id,note,x\na,\"n\",1\n", edit: appendRow(cells{"x": "2"}, "b"), after: "id,note,x\na,\"n\",1\nb,\"\",2\n"},
	{name: "quotes above were needed", before: "id,note\na,\"n,\"\n", edit: appendRow(cells{"note": "m"}, "b"), after: "id,note\na,\"n,\"\nb,m\n"},
	{name: "quotes everywhere, one needed", before: "id,note\n\"a\",\"n,\"\n", edit: appendRow(cells{"note": "m"}, "b"), after: "id,note\n\"a\",\"n,\"\n\"b\",\"m\"\n"},
	{name: "behind comments", before: "id\na\n# next:\n", edit: appendRow(nil, "b"), after: "id\na\n# next:\nb\n"},
	{name: "before blank lines at the end", before: "id,x\na,\n\n# c\n\n,\n  \n", edit: appendRow(nil, "b"), after: "id,x\na,\n\n# c\nb,\n\n,\n  \n"},
	{name: "lone white space", before: "id\na\n", edit: appendRow(nil, " "), after: "id\na\n\" \"\n"},
	{name: "white space between tabs", opt: tabs, before: "x\tid\n1\ta\n", edit: appendRow(nil, " "), after: "x\tid\n1\ta\n\t\" \"\n"},
	{name: "no header, nothing there", asIs: true, opt: noHeader, before: "", edit: appendRow(nil, "b"), after: "b\n"},
	{name: "no header, blank lines only", opt: noHeader, before: "\n\n", edit: appendRow(nil, "b"), after: "b\n\n\n"},
	{name: "no header, comment only", opt: noHeader, before: "# c\n", edit: appendRow(nil, "b"), after: "# c\nb\n"},
	{name: "no header", opt: secondKey, before: "1,a,x\n", edit: appendRow(cells{"1": "2"}, "b"), after: "1,a,x\n2,b,\n"},
	{name: "key of two columns", opt: twoKeys, before: "b,x,a\n1,n,2\n", edit: appendRow(nil, "3", "4"), after: "b,x,a\n1,n,2\n4,,3\n"},
	{name: "key of one column twice", opt: twoKeys, before: "a,b\n1,2\n", edit: appendRow(nil, "1", ""), after: "a,b\n1,2\n1,\n"},
	{name: "after", before: "id,x\na,1\n# c\nb,2\n", edit: insertAfterA(cells{"x": "3"}, "c"), after: "id,x\na,1\nc,3\n# c\nb,2\n"},
	{name: "after takes its form", before: "id,x\n\"a\",\"1\"\r\nb,2\n", edit: insertAfterA(nil, "c"), after: "id,x\n\"a\",\"1\"\r\n\"c\",\"\"\r\nb,2\n"},
	{name: "after the last", before: "id\nb\na\n", edit: insertAfterA(nil, "c"), after: "id\nb\na\nc\n"},
	{name: "after the last, lone CR", before: "id\rb\ra\r", edit: insertAfterA(nil, "c"), after: "id\rb\ra\rc\r"},
	{
		name: "the last inserted stands first", before: "id\na\nb\n",
		edit: func(t *csvrows.Table) error {
			return errors.Join(
				t.InsertAfter(key("a"), key("c"), nil), t.InsertAfter(key("a"), key("d"), nil), t.InsertAfter(key("c"), key("e"), nil))
		},
		after: "id\na\nd\nc\ne\nb\n",
	},
	{
		name: "append stays the end", before: "id\na\n",
		edit: func(t *csvrows.Table) error {
			return errors.Join(
				t.InsertAfter(key("a"), key("b"), nil), t.Append(key("c"), nil), t.InsertAfter(key("c"), key("d"), nil),
				t.Append(key("e"), nil), t.Delete(key("e")), t.Append(key("f"), nil))
		},
		after: "id\na\nb\nc\nd\nf\n",
	},
	{
		name: "a new row is a row", before: "id,x\na,1\n",
		edit: func(t *csvrows.Table) error {
			return errors.Join(
				t.Append(key("b"), nil), t.Set(key("b"), cells{"x": "2"}), t.Rename(key("b"), key("c")), t.Append(key("b"), nil),
				t.Delete(key("b")), t.Append(key("b"), cells{"x": "3"}))
		},
		after: "id,x\na,1\nc,2\nb,3\n",
	},
}

var deleteTests = []editTest{
	{name: "the first", before: "id\na\nb\n", edit: deleteA, after: "id\nb\n"},
	{name: "the last", before: "id\nb\na\n", edit: deleteA, after: "id\nb\n"},
	{name: "the only", before: "id\na\n", edit: deleteA, after: "id\n"},
	{name: "the last below a blank line", asIs: true, before: "id\n\na", edit: deleteA, after: "id\n\n"},
	{name: "everything", opt: noHeader, before: "a\n", edit: deleteA, after: ""},
	{name: "comments stay", before: "id\n# a\n\na\n# b\n", edit: deleteA, after: "id\n# a\n\n# b\n"},
	{name: "field with line ends", before: "id,x\na,\"1\n2\"\nb,3\n", edit: deleteA, after: "id,x\nb,3\n"},
	{name: "a blank line behind a lone CR", asIs: true, before: "id\n# c\ra\n\nb\n", edit: deleteA, after: "id\n# c\r\n\nb\n"},
	{name: "below a prefixed header", before: "#id,x\na,ID\nb,1\nc,id\n", edit: func(t *csvrows.Table) error {
		return errors.Join(t.Delete(key("c")), t.Append(key("id"), nil))
	}, opt: csvrows.Options{Key: []string{"id"}}, after: "#id,x\na,ID\nb,1\nid,\n"},
	{name: "and insert again", before: "#id\na\n# c\n", edit: func(t *csvrows.Table) error {
		return errors.Join(t.Delete(key("a")), t.Append(key("b"), nil), t.Append(key("a"), nil), t.Delete(key("b")))
	}, after: "#id\n# c\na\n"},
}

func deleteA(t *csvrows.Table) error { return t.Delete(key("a")) }

func rename(values ...string) func(*csvrows.Table) error {
	return func(t *csvrows.Table) error { return t.Rename(key("a"), values) }
}

var renameTests = []editTest{
	{name: "bare", before: "id,x\na,1\nb,2\n", edit: rename("c"), after: "id,x\nc,1\nb,2\n"},
	{name: "quoted", before: "x,id\n1,\"a\"\n", edit: rename("c"), after: "x,id\n1,\"c\"\n"},
	{name: "quotes needed", before: "id,x\na,1\n", edit: rename("c,d"), after: "id,x\n\"c,d\",1\n"},
	{name: "to the key it has", before: "id,x\na,1\n", edit: rename("a"), after: "id,x\na,1\n"},
	{name: "lone white space", before: "id\na\n", edit: rename(" "), after: "id\n\" \"\n"},
	{name: "short row", opt: csvrows.Options{Key: []string{"y", "x"}}, before: "x,y\na\n", edit: func(t *csvrows.Table) error {
		return t.Rename(key("", "a"), key("b", ""))
	}, after: "x,y\n,b\n"},
	{name: "there and back", before: "id\na\nb\n", edit: func(t *csvrows.Table) error {
		return errors.Join(t.Rename(key("a"), key("c")), t.Rename(key("b"), key("a")), t.Rename(key("c"), key("b")))
	}, after: "id\nb\na\n"},
}

func addColumn(name string) func(*csvrows.Table) error {
	return func(t *csvrows.Table) error { return t.AddColumn(name) }
}

var columnTests = []editTest{
	{name: "full rows", before: "id,x\na,1\nb,\n", edit: addColumn("y"), after: "id,x,y\na,1,\nb,,\n"},
	{name: "short rows", before: "id,x\na\nb,1\n", edit: addColumn("y"), after: "id,x,y\na\nb,1,\n"},
	{name: "long rows", before: "id,x\na,1,\"2\",3\n", edit: addColumn("y"), after: "id,x,y\na,1,,\"2\",3\n"},
	{name: "comments and blanks", before: "# c,d\nid,x\n# a,b\n\"# q\",\n,\n\na,1\n", edit: addColumn("y"), after: "# c,d\nid,x,y\n# a,b\n\"# q\",\n,\n\na,1,\n"},
	{name: "name that needs quotes", before: "id\na\n", edit: addColumn("y,z"), after: "id,\"y,z\"\na,\n"},
	{name: "quotes everywhere", before: "\"id\"\n\"a\"\nb\n", edit: addColumn("y"), after: "\"id\",\"y\"\n\"a\",\"\"\nb,\n"},
	{name: "line ends", before: "id\r\na\rb\n", edit: addColumn("y"), after: "id,y\r\na,\rb,\n"},
	{name: "prefixed header", before: "#id\na\n", edit: addColumn("y"), after: "#id,y\na,\n"},
	{name: "by position", opt: noHeader, before: "a,1\nb\n", edit: addColumn("3"), after: "a,1,\nb\n"},
	{name: "by position, nothing there", asIs: true, opt: noHeader, before: "", edit: func(t *csvrows.Table) error {
		return errors.Join(t.AddColumn("2"), t.Append(key("a"), cells{"2": "x"}))
	}, after: "a,x\n"},
	{name: "line ends of rows that are gone", before: "id\r\na\r\n", edit: func(t *csvrows.Table) error {
		return errors.Join(t.Delete(key("a")), t.AddColumn("x"), t.Append(key("b"), nil))
	}, after: "id,x\r\nb,\r\n"},
	{name: "no final newline, and the last row is gone", asIs: true, before: "id\na\rb", edit: func(t *csvrows.Table) error {
		return errors.Join(t.Delete(key("a")), t.Delete(key("b")), t.AddColumn("x"), t.Append(key("c"), nil))
	}, after: "id,x\nc,"},
	{name: "among other edits", before: "id,x\na,1\nb,2\n", edit: func(t *csvrows.Table) error {
		return errors.Join(
			t.Delete(key("b")), t.Append(key("c"), nil), t.AddColumn("y"), t.Set(key("c"), cells{"y": "3"}), t.AddColumn("z"),
			t.Append(key("b"), cells{"z": "4"}))
	}, after: "id,x,y,z\na,1,,\nc,,3,\nb,,,4\n"},
}

// editTests are the tables above, by what they edit.
var editTests = map[string][]editTest{
	"set": setTests, "insert": insertTests, "delete": deleteTests, "rename": renameTests, "column": columnTests,
}

// Every variant of an input must give the same variant of the result: a table keeps
// the byte-order mark, the line ends, and a missing final newline.
func TestTableEdits(t *testing.T) {
	for group, tests := range editTests {
		for _, tt := range tests {
			for _, v := range variants {
				if tt.asIs && v.name != "as is" {
					continue
				}
				t.Run(group+"/"+tt.name+"/"+v.name, func(t *testing.T) {
					table := newTable(t, v.shape(tt.before), tt.opt)
					if err := tt.edit(table); err != nil {
						t.Fatal(err)
					}
					if got, want := string(table.Bytes()), v.shape(tt.after); got != want {
						t.Errorf("got  %q\nwant %q", got, want)
					}
					checkTable(t, table, tt.opt)
				})
			}
		}
	}
}

func newTable(t testing.TB, input string, opt csvrows.Options) *csvrows.Table {
	t.Helper()
	table, err := csvrows.NewTable(parse(t, input, opt))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// checkTable checks that a table says what a new table over its bytes says.
func checkTable(t testing.TB, table *csvrows.Table, opt csvrows.Options) {
	t.Helper()
	opt.Delimiter = detected(t, table, opt)
	var written bytes.Buffer
	if _, err := table.WriteTo(&written); err != nil || !bytes.Equal(written.Bytes(), table.Bytes()) {
		t.Errorf("WriteTo wrote %q, error %v", written.Bytes(), err)
	}
	fresh := newTable(t, written.String(), opt)
	keys := slices.Collect(table.Keys())
	if d := cmp.Diff(slices.Collect(fresh.Keys()), keys); d != "" {
		t.Errorf("keys (-bytes +table):\n%s", d)
	}
	if fresh.Len() != table.Len() {
		t.Errorf("Len is %d, the bytes hold %d rows", table.Len(), fresh.Len())
	}
	for _, k := range keys {
		want, wantErr := fresh.Get(k)
		got, err := table.Get(k)
		twice := errors.Is(err, csvrows.ErrDuplicateKey)
		if !table.Has(k) || twice != (err != nil) || twice != (wantErr != nil) {
			t.Errorf("key %q: Has is %v, Get gives error %v, want %v", k, table.Has(k), err, wantErr)
		}
		if d := cmp.Diff(nonEmpty(want), nonEmpty(got)); d != "" {
			t.Errorf("cells of %q (-bytes +table):\n%s", k, d)
		}
	}
}

// detected returns the delimiter of the options, or that of the header.
func detected(t testing.TB, table *csvrows.Table, opt csvrows.Options) byte {
	t.Helper()
	d, err := csvrows.Detect(opt, table.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// nonEmpty leaves out empty cells: a file without a header cannot tell how many
// columns there are beyond its widest row.
func nonEmpty(c cells) cells {
	out := cells{}
	for name, v := range c {
		if v != "" {
			out[name] = v
		}
	}
	return out
}

// A refusedEdit leaves all bytes alone; want is the error without Op.
type refusedEdit struct {
	name   string
	opt    csvrows.Options
	before string
	edit   func(*csvrows.Table) error
	want   csvrows.EditError
}

var refusedEdits = []refusedEdit{
	{"get: no key", csvrows.Options{}, "id\na\n", get("b"), csvrows.EditError{Key: key("b"), Err: csvrows.ErrNoKey}},
	{"get: twice", csvrows.Options{}, "id\na\na\n", get("a"), csvrows.EditError{Key: key("a"), Err: csvrows.ErrDuplicateKey}},
	{"get: value too many", csvrows.Options{}, "id\na\n", get("a", ""), csvrows.EditError{Key: key("a", ""), Err: csvrows.ErrNoKey}},
	{"get: looks like two values", twoKeys, "a,b\n1,2\n", get("\x011\x012"), csvrows.EditError{Key: key("\x011\x012"), Err: csvrows.ErrNoKey}},
	{"get: empty", csvrows.Options{}, "id,x\n,1\n", get(""), csvrows.EditError{Key: key(""), Err: csvrows.ErrNoKey}},
	{"get: no header", csvrows.Options{}, "# id\n", get("a"), csvrows.EditError{Key: key("a"), Err: csvrows.ErrNoKey}},
	{"set: no key", csvrows.Options{}, "id,x\nb,1\n", set("x", ""), csvrows.EditError{Key: key("a"), Err: csvrows.ErrNoKey}},
	{"set: twice", csvrows.Options{}, "id,x\na,1\na,1\na,1\n", set("x", ""), csvrows.EditError{Key: key("a"), Err: csvrows.ErrDuplicateKey}},
	{"set: no column", csvrows.Options{}, "id\na\n", func(t *csvrows.Table) error {
		return t.Set(key("a"), cells{"y": "", "x": "", "id": "a"})
	}, csvrows.EditError{Key: key("a"), Column: "x", Err: csvrows.ErrNoColumn}},
	{"set: no such position", noHeader, "a,1\n", set("3", ""), csvrows.EditError{Key: key("a"), Column: "3", Err: csvrows.ErrNoColumn}},
	{"set: the key", csvrows.Options{}, "id\na\n", set("id", "b"), csvrows.EditError{Key: key("a"), Column: "id", Err: csvrows.ErrKeyMismatch}},
	{"set: comment", csvrows.Options{}, "x,id\n1,a\n", set("x", "#1"), csvrows.EditError{Key: key("a"), Err: csvrows.ErrNotARow}},
	{"set: quoted comment", csvrows.Options{}, "x,id\n\"1\",a\n", set("x", "#,"), csvrows.EditError{Key: key("a"), Err: csvrows.ErrNotARow}},
	{"set: header", csvrows.Options{}, "#id,x\na,1\n", set("x", "ID"), csvrows.EditError{Key: key("a"), Err: csvrows.ErrNotARow}},
	{"insert: exists", csvrows.Options{}, "id\na\n", appendRow(nil, "a"), csvrows.EditError{Key: key("a"), Err: csvrows.ErrKeyExists}},
	{"insert: exists twice", csvrows.Options{}, "id\na\na\n", appendRow(nil, "a"), csvrows.EditError{Key: key("a"), Err: csvrows.ErrKeyExists}},
	{"insert: empty", twoKeys, "a,b\n", appendRow(nil, "", ""), csvrows.EditError{Key: key("", ""), Err: csvrows.ErrEmptyKey}},
	{"insert: value too few", twoKeys, "a,b\n", appendRow(nil, "a"), csvrows.EditError{Key: key("a"), Err: csvrows.ErrKeyMismatch}},
	{"insert: no column", csvrows.Options{}, "id\n", appendRow(cells{"x": ""}, "a"), csvrows.EditError{Key: key("a"), Column: "x", Err: csvrows.ErrNoColumn}},
	{"insert: contradiction", csvrows.Options{}, "id\n", appendRow(cells{"id": "b"}, "a"), csvrows.EditError{Key: key("a"), Column: "id", Err: csvrows.ErrKeyMismatch}},
	{"insert: comment", csvrows.Options{}, "id\n", appendRow(nil, "#a"), csvrows.EditError{Key: key("#a"), Err: csvrows.ErrNotARow}},
	{"insert: header", csvrows.Options{}, "#id\n", appendRow(nil, "id"), csvrows.EditError{Key: key("id"), Err: csvrows.ErrNotARow}},
	{"insert: no header", csvrows.Options{}, "# a\n", appendRow(nil, "a"), csvrows.EditError{Key: key("a"), Err: csvrows.ErrNoHeader}},
	{"insert: after none", csvrows.Options{}, "id\nb\n", insertAfterA(nil, "c"), csvrows.EditError{Key: key("a"), Err: csvrows.ErrNoKey}},
	{"insert: after two", csvrows.Options{}, "id\na\na\n", insertAfterA(nil, "c"), csvrows.EditError{Key: key("a"), Err: csvrows.ErrDuplicateKey}},
	{"delete: no key", csvrows.Options{}, "id\nb\n", deleteA, csvrows.EditError{Key: key("a"), Err: csvrows.ErrNoKey}},
	{"delete: twice", csvrows.Options{}, "id\na\na\n", deleteA, csvrows.EditError{Key: key("a"), Err: csvrows.ErrDuplicateKey}},
	{"delete: header", csvrows.Options{}, "#id,x\na,1\n# c\nb,Id\n", deleteA, csvrows.EditError{Key: key("a"), Err: csvrows.ErrNotARow}},
	{"rename: no key", csvrows.Options{}, "id\nb\n", rename("a"), csvrows.EditError{Key: key("a"), Err: csvrows.ErrNoKey}},
	{"rename: twice", csvrows.Options{}, "id\na\na\n", rename("b"), csvrows.EditError{Key: key("a"), Err: csvrows.ErrDuplicateKey}},
	{"rename: exists", csvrows.Options{}, "id\na\nb\n", rename("b"), csvrows.EditError{Key: key("b"), Err: csvrows.ErrKeyExists}},
	{"rename: empty", csvrows.Options{}, "id,x\na,1\n", rename(""), csvrows.EditError{Key: key(""), Err: csvrows.ErrEmptyKey}},
	{"rename: value too many", csvrows.Options{}, "id\na\n", rename("b", "c"), csvrows.EditError{Key: key("b", "c"), Err: csvrows.ErrKeyMismatch}},
	{"rename: comment", csvrows.Options{}, "id\na\n", rename("#"), csvrows.EditError{Key: key("#"), Err: csvrows.ErrNotARow}},
	{"rename: header", csvrows.Options{}, "#id\na\n", rename("id"), csvrows.EditError{Key: key("id"), Err: csvrows.ErrNotARow}},
	{"add: exists", csvrows.Options{}, "id,x\n", addColumn("x"), csvrows.EditError{Column: "x", Err: csvrows.ErrColumnExists}},
	{"add: no header", csvrows.Options{}, "# id\n", addColumn("x"), csvrows.EditError{Column: "x", Err: csvrows.ErrNoHeader}},
	{"add: no header expected", noHeader, "a,b\n", addColumn("x"), csvrows.EditError{Column: "x", Err: csvrows.ErrNoHeader}},
	{"add: position too far", noHeader, "a,b\n", addColumn("4"), csvrows.EditError{Column: "4", Err: csvrows.ErrNoHeader}},
	{"add: takes the key", csvrows.Options{}, "name,x\na,1\n", addColumn("ID"), csvrows.EditError{Column: "ID", Err: csvrows.ErrKeyMismatch}},
	{"add: line end in a prefixed header", csvrows.Options{}, "#id\na\n", addColumn("x\ny"), csvrows.EditError{Column: "x\ny", Err: csvrows.ErrNotARow}},
	{"add: open quote in a prefixed header", csvrows.Options{}, "#id,\"x\na,1\n", addColumn("y"), csvrows.EditError{Column: "y", Err: csvrows.ErrNotARow}},
	{"add: open quote behind one", csvrows.Options{}, "#id\na\n", addColumn("x\n\"\""), csvrows.EditError{Column: "x\n\"\"", Err: csvrows.ErrNotARow}},
}

func get(values ...string) func(*csvrows.Table) error {
	return func(t *csvrows.Table) error {
		_, err := t.Get(values)
		return err
	}
}

func TestTableRefuses(t *testing.T) {
	for _, tt := range refusedEdits {
		t.Run(tt.name, func(t *testing.T) {
			table := newTable(t, tt.before, tt.opt)
			err := tt.edit(table)
			var ee *csvrows.EditError
			if !errors.As(err, &ee) || !errors.Is(err, tt.want.Err) {
				t.Fatalf("error is %v, want an EditError: %v", err, tt.want.Err)
			}
			if !slices.Equal(ee.Key, tt.want.Key) || ee.Column != tt.want.Column {
				t.Errorf("error names key %q and column %q, want %q and %q", ee.Key, ee.Column, tt.want.Key, tt.want.Column)
			}
			if op, _, _ := strings.Cut(tt.name, ":"); ee.Op != op {
				t.Errorf("error names operation %q", ee.Op)
			}
			if got := string(table.Bytes()); got != tt.before {
				t.Errorf("refused edit left %q of %q", got, tt.before)
			}
			checkTable(t, table, tt.opt)
		})
	}
}

func TestNewTableNeedsKey(t *testing.T) {
	_, err := csvrows.NewTable(parse(t, "a,b\n", csvrows.Options{Key: []string{"id"}}))
	var ke *csvrows.KeyColumnError
	if !errors.As(err, &ke) || ke.Column != "id" {
		t.Errorf("error is %v, want a KeyColumnError", err)
	}
}

func TestTableReads(t *testing.T) {
	table := newTable(t, "x,id,x,note\n1,a,2\n3,b,4,\"n \"\"m\"\"\",more\n5,,6\n7,b\n", csvrows.Options{})
	if d := cmp.Diff([]string{"x", "id", "x", "note"}, table.Columns()); d != "" {
		t.Errorf("columns (-want +got):\n%s", d)
	}
	if table.Len() != 4 {
		t.Errorf("Len is %d, want 4", table.Len())
	}
	if d := cmp.Diff([]csvrows.Key{key("a"), key("b"), key("b")}, slices.Collect(table.Keys())); d != "" {
		t.Errorf("keys (-want +got):\n%s", d)
	}
	got, err := table.Get(key("a"))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(cells{"x": "1", "id": "a", "note": ""}, got); d != "" {
		t.Errorf("cells (-want +got):\n%s", d)
	}
	row, err := table.Row(key("a"))
	if d := cmp.Diff([]string{"1", "a", "2", ""}, row); d != "" || err != nil {
		t.Errorf("error %v, row (-want +got):\n%s", err, d)
	}
	long := newTable(t, "id,v\na,1,2\n", csvrows.Options{})
	if row, err := long.Row(key("a")); !slices.Equal(row, []string{"a", "1", "2"}) || err != nil {
		t.Errorf("row %q, %v", row, err)
	}
	if _, err := long.Row(key("b")); !errors.Is(err, csvrows.ErrNoKey) {
		t.Errorf("error %v, want ErrNoKey", err)
	}
	for k, want := range map[string]bool{"a": true, "b": true, "": false, "c": false} {
		if table.Has(key(k)) != want {
			t.Errorf("Has(%q) is not %v", k, want)
		}
	}
}

// The loop over keys may edit the row it got, and may end early.
func TestKeysWhileEditing(t *testing.T) {
	table := newTable(t, "id\na\nb\nc\nd\n", csvrows.Options{})
	for k := range table.Keys() {
		if k[0] == "c" {
			break
		}
		if err := errors.Join(table.Rename(k, key("new "+k[0])), table.Delete(key("new "+k[0]))); err != nil {
			t.Fatal(err)
		}
	}
	if got := string(table.Bytes()); got != "id\nc\nd\n" {
		t.Errorf("got %q", got)
	}
}

func TestTableOfManyRows(t *testing.T) {
	const n = 100_000
	table := newTable(t, "id,x\nseed,\n", csvrows.Options{})
	for i := range n {
		k := key(fmt.Sprint(i))
		if err := errors.Join(table.InsertAfter(key("seed"), k, nil), table.Set(k, cells{"x": "1"})); err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			if err := errors.Join(table.Rename(k, key("r"+k[0])), table.Delete(key("r"+k[0]))); err != nil {
				t.Fatal(err)
			}
		}
	}
	if table.Len() != n/2+1 {
		t.Errorf("Len is %d, want %d", table.Len(), n/2+1)
	}
	checkTable(t, table, csvrows.Options{})
}

// Equal keys must not make the index quadratic, whether they stand together or come
// and go.
func TestTableOfEqualKeys(t *testing.T) {
	const n = 200_000
	table := newTable(t, "id\n"+strings.Repeat("a\n", n), csvrows.Options{})
	if _, err := table.Get(key("a")); !errors.Is(err, csvrows.ErrDuplicateKey) || table.Len() != n {
		t.Errorf("%d rows, error %v", table.Len(), err)
	}
	for range n {
		if err := errors.Join(table.Append(key("b"), nil), table.Delete(key("b"))); err != nil {
			t.Fatal(err)
		}
	}
}

// A key that was renamed away and back stands once: its old place in the index is free.
func TestRenameThereAndBack(t *testing.T) {
	f, err := csvrows.Parse([]byte("id,v\na,1\nb,2\n"), csvrows.Options{})
	if err != nil {
		t.Fatal(err)
	}
	table, err := csvrows.NewTable(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range [][2]csvrows.Key{{{"a"}, {"c"}}, {{"c"}, {"a"}}} {
		if err := table.Rename(r[0], r[1]); err != nil {
			t.Fatal(err)
		}
	}
	if cells, err := table.Get(csvrows.Key{"a"}); err != nil || cells["v"] != "1" {
		t.Errorf("Get(a) = %v, %v", cells, err)
	}
	if table.Has(csvrows.Key{"c"}) {
		t.Error("c stands still")
	}
}
