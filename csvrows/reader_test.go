package csvrows_test

import (
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jszwec/csvutil"

	"github.com/rowkeep/rowkeep/csvrows"
)

var readerTests = []struct {
	name  string
	opt   csvrows.Options
	input string
	want  [][]string
}{
	{name: "nothing", input: ""},
	{name: "no header there", input: "# a\n,,\n"},
	{name: "header only", input: "id,note", want: [][]string{{"id", "note"}}},
	{
		name: "rows, cut or padded", input: "# c\nid,note\na\n\nb,\"x, \"\"y\"\"\",z\n,,\n\"# q\",\nc,\n",
		want: [][]string{{"id", "note"}, {"a", ""}, {"b", `x, "y"`}, {"c", ""}},
	},
	{name: "prefixed header", input: "#id,note\na,x\n", want: [][]string{{"id", "note"}, {"a", "x"}}},
	{name: "BOM", input: "\ufeffid\r\na\r\n", want: [][]string{{"id"}, {"a"}}},
	{
		name: "no header expected", opt: csvrows.Options{NoHeader: true}, input: "a\nb,x\n",
		want: [][]string{{"1", "2"}, {"a", ""}, {"b", "x"}},
	},
}

func TestReader(t *testing.T) {
	for _, tt := range readerTests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parse(t, tt.input, tt.opt).Reader().ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("rows (-want +got):\n%s", d)
			}
		})
	}
}

func TestReaderOfTable(t *testing.T) {
	table := newTable(t, "id,note\na,1\nb,2\n", csvrows.Options{})
	if err := errors.Join(table.AddColumn("x"), table.Delete(key("a")), table.Append(key("c"), nil), table.Append(key("d"), nil)); err != nil {
		t.Fatal(err)
	}
	r := table.Reader()
	for _, want := range [][]string{{"id", "note", "x"}, {"b", "2", ""}, {"c", "", ""}, {"d", "", ""}} {
		got, err := r.Read()
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("row (-want +got):\n%s", d)
		}
	}
	for range 3 {
		if _, err := r.Read(); err != io.EOF {
			t.Errorf("error is %v, want io.EOF", err)
		}
	}
}

func TestDecodeIntoStructs(t *testing.T) {
	type config struct {
		ID      string  `csv:"id"`
		Price   float64 `csv:"price"`
		Enabled bool    `csv:"enabled"`
		Note    string  `csv:"note,omitempty"`
	}
	input := "# configs\n\"id\",price,enabled,note\r\nbtc_1,10.5,true,\"a, b\"\n# btc_2,1,true\n,,,\n\nbtc_3,2,false\neth_1,3,true,x,# more\n"
	d, err := csvutil.NewDecoder(parse(t, input, csvrows.Options{}).Reader())
	if err != nil {
		t.Fatal(err)
	}
	var got []config
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	want := []config{
		{ID: "btc_1", Price: 10.5, Enabled: true, Note: "a, b"},
		{ID: "btc_3", Price: 2},
		{ID: "eth_1", Price: 3, Enabled: true, Note: "x"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}
