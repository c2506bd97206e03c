package csvrows_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rowkeep/rowkeep/csvrows"
)

// In keyTests missing is the column a KeyColumnError is to name.
var keyTests = []struct {
	name    string
	opt     csvrows.Options
	input   string
	want    []int
	keys    []csvrows.Key
	missing string
}{
	{name: "id", input: "name,id\nx,1\n", want: []int{1}, keys: []csvrows.Key{{"1"}}},
	{name: "id in any case", input: "name,iD\nx,1\n", want: []int{1}, keys: []csvrows.Key{{"1"}}},
	{name: "else the first", input: "name,x\nx,1\n", want: []int{0}, keys: []csvrows.Key{{"x"}}},
	{name: "quoted name", input: "name,\"id\"\nx,\"a \"\"b\"\"\"\n", want: []int{1}, keys: []csvrows.Key{{`a "b"`}}},
	{name: "the first of equal names", input: "id,id\n1,2\n", want: []int{0}, keys: []csvrows.Key{{"1"}}},
	{
		name: "several", opt: csvrows.Options{Key: []string{"b", "a"}}, input: "a,b,id\n1,2,3\n4\n\"\",,5\n",
		want: []int{1, 0}, keys: []csvrows.Key{{"2", "1"}, {"", "4"}, {"", ""}},
	},
	{name: "exact", opt: csvrows.Options{Key: []string{"ID"}}, input: "# x\nid,name\n", missing: "ID"},
	{name: "one of several", opt: csvrows.Options{Key: []string{"id", "x"}}, input: "id,name\n", missing: "x"},
	{name: "prefixed header", input: "#id,name\nx,1\n", want: []int{0}, keys: []csvrows.Key{{"x"}}},
	{name: "BOM", input: "\ufeffid,name\nx,1\n", want: []int{0}, keys: []csvrows.Key{{"x"}}},
	{name: "no header there", opt: csvrows.Options{Key: []string{"x"}}, input: "# a\n\n"},
	{name: "no header expected", opt: csvrows.Options{NoHeader: true}, input: "x,1\n", want: []int{0}, keys: []csvrows.Key{{"x"}}},
	{
		name: "by position", opt: csvrows.Options{NoHeader: true, KeyIndex: []int{2, 5}}, input: "x,1\n",
		want: []int{1, 4}, keys: []csvrows.Key{{"1", ""}},
	},
}

func TestKeyColumns(t *testing.T) {
	for _, tt := range keyTests {
		t.Run(tt.name, func(t *testing.T) {
			f := parse(t, tt.input, tt.opt)
			cols, err := f.KeyColumns()
			if tt.missing != "" {
				checkKeyColumnError(t, err, f, tt.missing)
				return
			}
			if err != nil || !slices.Equal(cols, tt.want) {
				t.Errorf("KeyColumns returns %v, error %v; want %v", cols, err, tt.want)
			}
			checkKeys(t, f, cols, tt.keys)
		})
	}
}

func checkKeyColumnError(t *testing.T, err error, f *csvrows.File, missing string) {
	t.Helper()
	var ke *csvrows.KeyColumnError
	if !errors.As(err, &ke) {
		t.Fatalf("error is %v, want a KeyColumnError", err)
	}
	want := csvrows.KeyColumnError{Column: missing, Line: f.Line(f.HeaderRecord()), Columns: f.Columns()}
	if d := cmp.Diff(want, *ke); d != "" {
		t.Errorf("error (-want +got):\n%s", d)
	}
}

// checkKeys checks keys of rows, and that AppendKey tells equal keys from others.
func checkKeys(t *testing.T, f *csvrows.File, cols []int, want []csvrows.Key) {
	t.Helper()
	var keys []csvrows.Key
	encoded := map[string]csvrows.Key{}
	for i := range f.Len() {
		if f.Kind(i) != csvrows.Row {
			continue
		}
		key := f.Key(i, cols)
		keys = append(keys, key)
		bytes, empty := f.AppendKey([]byte("before"), i, cols)
		if empty != (strings.Join(key, "") == "") {
			t.Errorf("key %q: AppendKey says empty is %v", key, empty)
		}
		if other, ok := encoded[string(bytes)]; ok && !slices.Equal(key, other) {
			t.Errorf("keys %q and %q have the same encoding", key, other)
		}
		encoded[string(bytes)] = key
	}
	if d := cmp.Diff(want, keys); d != "" {
		t.Errorf("keys (-want +got):\n%s", d)
	}
}

func TestAppendKeyIsInjective(t *testing.T) {
	f := parse(t, "a,b\nx,yz\nxy,z\n,xyz\nxyz,\n\"x,\",y\nx,\",y\"\n", csvrows.Options{Key: []string{"a", "b"}})
	seen := map[string]int{}
	for i := 1; i < f.Len(); i++ {
		key, _ := f.AppendKey(nil, i, []int{0, 1})
		if before, ok := seen[string(key)]; ok {
			t.Errorf("rows %q and %q have the same encoding", f.Raw(before), f.Raw(i))
		}
		seen[string(key)] = i
	}
}

func TestPositionsWithoutHeader(t *testing.T) {
	_, err := parse(t, "# a\n", csvrows.Options{}).Positions([]string{"id"})
	var ke *csvrows.KeyColumnError
	if !errors.As(err, &ke) || ke.Line != 1 || ke.Column != "id" {
		t.Errorf("error is %v, want a KeyColumnError of line 1", err)
	}
}

func TestKeyString(t *testing.T) {
	if s := (csvrows.Key{"a", "b"}).String(); s != "a,b" {
		t.Errorf("String returns %q", s)
	}
}
