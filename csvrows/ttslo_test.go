package csvrows_test

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rowkeep/rowkeep/csvrows"
)

// readTtslo returns a configuration as a trading daemon and its users leave it: rows
// ended by CR LF and by LF, comments above the header, bare, quoted and padded with
// commas, blank lines, a line with too many cells, a short one, a Latin-1 byte, no final
// newline.
func readTtslo(t testing.TB) string {
	t.Helper()
	data, err := os.ReadFile("testdata/ttslo.csv")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestTtsloKinds(t *testing.T) {
	input := readTtslo(t)
	f := parse(t, input, csvrows.Options{})
	count := map[csvrows.Kind]int{}
	for i := range f.Len() {
		count[f.Kind(i)]++
	}
	want := map[csvrows.Kind]int{csvrows.Header: 1, csvrows.Row: 6, csvrows.Comment: 5, csvrows.Blank: 4}
	if d := cmp.Diff(want, count); d != "" {
		t.Errorf("records (-want +got):\n%s", d)
	}
	checkRoundTrip(t, f, input)
}

// In ttsloEdits one piece of the file changes, and nothing else.
var ttsloEdits = []struct {
	name     string
	key      csvrows.Key
	cells    cells
	old, new string
}{
	{"bare cell", key("btc_1"), cells{"enabled": "false"}, "above,sell,0.01,5.0,true,,,,,\"first", "above,sell,0.01,5.0,false,,,,,\"first"},
	{"quoted cell", key("btc_1"), cells{"note": "one"}, `"first, of two"`, `"one"`},
	{"Latin-1 cell", key("eth_1"), cells{"note": "tea money"}, "caf\xe9 money", "tea money"},
	{"beside the Latin-1 byte", key("eth_1"), cells{"fiat_amount": "10"}, "caf\xe9 money,,,\r\n", "caf\xe9 money,,,10\r\n"},
	{"row with too many cells", key("eth_2"), cells{"order_id": "O,1"}, "eth_1,,,,,,,,,# too many", "eth_1,\"O,1\",,,,,,,,# too many"},
	{"short row", key("eth_3"), cells{"order_id": "O2", "enabled": "true"}, "3.5,paused\n", "3.5,true,,O2\n"},
	{"last row", key("sol_1"), cells{"note": `said "yes"`}, `"said ""no""",,,`, `"said ""yes""",,,`},
	{"trigger", key("btc_2"), cells{"enabled": "false", "order_id": "O3", "trigger_time": "10:00", "trigger_price": "1"}, "true,btc_1,,,,", "false,btc_1,O3,10:00,1,"},
}

func TestTtsloEdits(t *testing.T) {
	input := []byte(readTtslo(t))
	for _, tt := range ttsloEdits {
		t.Run(tt.name, func(t *testing.T) {
			if bytes.Count(input, []byte(tt.old)) != 1 {
				t.Fatalf("%q does not stand once in the file", tt.old)
			}
			table := newTable(t, string(input), csvrows.Options{})
			if err := table.Set(tt.key, tt.cells); err != nil {
				t.Fatal(err)
			}
			want := bytes.Replace(input, []byte(tt.old), []byte(tt.new), 1)
			if d := cmp.Diff(string(want), string(table.Bytes())); d != "" {
				t.Errorf("file (-want +got):\n%s", d)
			}
			checkTable(t, table, csvrows.Options{})
		})
	}
}

func TestTtsloRows(t *testing.T) {
	input := readTtslo(t)
	table := newTable(t, input, csvrows.Options{})
	err := errors.Join(
		table.Delete(key("eth_2")),
		table.Append(key("ada_1"), cells{"pair": "ADAUSD", "enabled": "true"}))
	if err != nil {
		t.Fatal(err)
	}
	want := bytes.Replace([]byte(input), []byte("eth_2,XETHZUSD,2000,below,buy,0.5,3.5,false,eth_1,,,,,,,,,# too many\r\n"), nil, 1)
	want = append(want, "\r\nada_1,ADAUSD,,,,,,true,,,,,,,,"...)
	if d := cmp.Diff(string(want), string(table.Bytes())); d != "" {
		t.Errorf("file (-want +got):\n%s", d)
	}
	checkTable(t, table, csvrows.Options{})
}
