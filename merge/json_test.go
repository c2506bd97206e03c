package merge

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rowkeep/rowkeep/csvrows"
)

// report merges and returns both forms of the report.
func report(t *testing.T, base, ours, theirs string, opt Options) (whole, lines string) {
	t.Helper()
	r, err := Merge([]byte(base), []byte(ours), []byte(theirs), opt)
	if err != nil {
		t.Fatal(err)
	}
	return both(t, r)
}

func both(t *testing.T, r *Result) (whole, lines string) {
	t.Helper()
	var w, l bytes.Buffer
	if err := errors.Join(r.WriteJSON(&w), r.WriteNDJSON(&l)); err != nil {
		t.Fatal(err)
	}
	if !json.Valid(w.Bytes()) {
		t.Errorf("not JSON:\n%s", w.String())
	}
	for line := range strings.Lines(l.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
	return w.String(), l.String()
}

func TestJSON(t *testing.T) {
	whole, lines := report(t,
		"id,a,b\n1,x,y\n2,x,y\n",
		"id,a,b\n1,ours,y\n",
		"id,a,b\n1,theirs,Y\n2,x,z\n",
		Options{Policies: map[string]Policy{"a": {rule: "ours"}}})
	want := `{"schema":"rowkeep.merge/1","key":["id"],
"conflicts":[
{"id":"ID","kind":"delete_modify","key":["2"],"column":null,"base":{"id":"2","a":"x","b":"y"},"ours":null,"theirs":{"id":"2","a":"x","b":"z"},"lines":{"base":3,"ours":null,"theirs":3},"note":null,"settled":null},
{"id":"ID","kind":"cell","key":["1"],"column":"a","base":"x","ours":"ours","theirs":"theirs","lines":{"base":2,"ours":2,"theirs":2},"note":null,"settled":"ours"}],
"changes":[
{"kind":"cell","from":"ours","key":["1"],"column":"a","before":"x","after":"ours","lines":{"base":2,"ours":2,"theirs":2}},
{"kind":"cell","from":"theirs","key":["1"],"column":"b","before":"y","after":"Y","lines":{"base":2,"ours":2,"theirs":2}}],
"warnings":[],
"stats":{"rows":{"base":2,"ours":1,"theirs":2,"result":1},"standing":1,"settled":1}}
`
	if diff := cmp.Diff(want, withoutIDs(whole)); diff != "" {
		t.Errorf("WriteJSON (-want +got):\n%s", diff)
	}
	want = `{"type":"report","schema":"rowkeep.merge/1","key":["id"]}
{"type":"conflict","id":"ID","kind":"delete_modify","key":["2"],"column":null,"base":{"id":"2","a":"x","b":"y"},"ours":null,"theirs":{"id":"2","a":"x","b":"z"},"lines":{"base":3,"ours":null,"theirs":3},"note":null,"settled":null}
{"type":"conflict","id":"ID","kind":"cell","key":["1"],"column":"a","base":"x","ours":"ours","theirs":"theirs","lines":{"base":2,"ours":2,"theirs":2},"note":null,"settled":"ours"}
{"type":"change","kind":"cell","from":"ours","key":["1"],"column":"a","before":"x","after":"ours","lines":{"base":2,"ours":2,"theirs":2}}
{"type":"change","kind":"cell","from":"theirs","key":["1"],"column":"b","before":"y","after":"Y","lines":{"base":2,"ours":2,"theirs":2}}
{"type":"stats","rows":{"base":2,"ours":1,"theirs":2,"result":1},"standing":1,"settled":1}
`
	if diff := cmp.Diff(want, withoutIDs(lines)); diff != "" {
		t.Errorf("WriteNDJSON (-want +got):\n%s", diff)
	}
}

var ids = regexp.MustCompile(`"id":"[0-9a-f]{16}","kind"`)

// withoutIDs hides ids: they are hashes.
func withoutIDs(s string) string { return ids.ReplaceAllString(s, `"id":"ID","kind"`) }

// TestJSONValues reads values back through encoding/json: every shape, and bytes that
// JSON has no string for.
func TestJSONValues(t *testing.T) {
	row := func(cells ...string) RowValue {
		var r RowValue
		for i := 0; i < len(cells); i += 2 {
			r = append(r, CellValue{cells[i], cells[i+1]})
		}
		return r
	}
	for _, tt := range []struct {
		name  string
		value Value
		want  string
	}{
		{"none", Value{}, `"v":null`},
		{"empty", text(""), `"v":""`},
		{"controls", text("\x00\a\b\t\n\v\f\r\x1b\x7f\u0080\u009f"), `"v":"\u0000\u0007\u0008\t\n\u000b\u000c\r\u001b\u007f\u0080\u009f"`},
		{"quotes and no HTML", text(`"\</script>&'`), `"v":"\"\\</script>&'"`},
		{"line separators", text("\u2028\u2029"), `"v":"\u2028\u2029"`},
		{"outside the first plane", text("é😀�"), `"v":"é😀�"`},
		{"latin-1", text("caf\xe9"), `"v":null,"v_b64":"Y2Fm6Q=="`},
		{"row in order", Value{Exists: true, Rows: []RowValue{row("z", "1", "", "2", "a", "")}}, `"v":{"z":"1","":"2","a":""}`},
		{"rows", Value{Exists: true, Rows: []RowValue{row("a", "1"), row("a", "2")}}, `"v":[{"a":"1"},{"a":"2"}]`},
		{"latin-1 in a row", Value{Exists: true, Rows: []RowValue{row("a", "\xe9", "b", "x")}}, `"v":{"a":null,"a_b64":"6Q==","b":"x"}`},
		{"latin-1 name", Value{Exists: true, Rows: []RowValue{row("\xe9", "1", "b", "x")}}, `"v":null,"v_b64":[[["6Q==","MQ=="],["Yg==","eA=="]]]`},
		{"taken name", Value{Exists: true, Rows: []RowValue{row("a", "\xe9", "a_b64", "x")}}, `"v":null,"v_b64":[[["YQ==","6Q=="],["YV9iNjQ=","eA=="]]]`},
		{"name taken for nothing", Value{Exists: true, Rows: []RowValue{row("a", "y", "a_b64", "x")}}, `"v":{"a":"y","a_b64":"x"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var o object
			o.start()
			o.value("v", tt.value)
			got := string(o.end())
			if got != "{"+tt.want+"}" {
				t.Errorf("got  %s\nwant {%s}", got, tt.want)
			}
			var back map[string]any
			if err := json.Unmarshal([]byte(got), &back); err != nil {
				t.Fatal(err)
			}
			if s, ok := back["v"].(string); ok && s != tt.value.Text {
				t.Errorf("read back %q, want %q", s, tt.value.Text)
			}
		})
	}
}

func TestJSONKey(t *testing.T) {
	for _, tt := range []struct {
		key  []string
		want string
	}{
		{nil, `{"key":null}`},
		{[]string{"a"}, `{"key":["a"]}`},
		{[]string{"a", ""}, `{"key":["a",""]}`},
		{[]string{"a", "\xff"}, `{"key":null,"key_b64":["YQ==","/w=="]}`},
	} {
		var o object
		o.start()
		o.list("key", tt.key)
		if got := string(o.end()); got != tt.want {
			t.Errorf("key %q: got %s, want %s", tt.key, got, tt.want)
		}
	}
}

// TestJSONDiff: a diff has a schema of its own, and no conflicts.
func TestJSONDiff(t *testing.T) {
	r, err := Diff([]byte("id,v\n1,a\n"), []byte("id,v\n1,b\n2,c\n"), csvrows.Options{})
	if err != nil {
		t.Fatal(err)
	}
	whole, lines := both(t, r)
	want := `{"schema":"rowkeep.diff/1","key":["id"],
"changes":[
{"kind":"cell","from":"theirs","key":["1"],"column":"v","before":"a","after":"b","lines":{"base":2,"ours":2,"theirs":2}},
{"kind":"row_added","from":"theirs","key":["2"],"column":null,"before":null,"after":{"id":"2","v":"c"},"lines":{"base":null,"ours":null,"theirs":3}}],
"warnings":[],
"stats":{"rows":{"base":1,"theirs":2}}}
`
	if diff := cmp.Diff(want, whole); diff != "" {
		t.Errorf("WriteJSON (-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(lines, `{"type":"report","schema":"rowkeep.diff/1","key":["id"]}`+"\n") {
		t.Errorf("WriteNDJSON begins with %q", lines)
	}
}

func TestJSONWarning(t *testing.T) {
	whole, _ := report(t, "id,v\n1,a\n", "id,v\n1,a\n1,b\n", "id,v\n1,a\n2,b\n", Options{})
	if want := `{"kind":"duplicate_key","input":"ours","key":["1"],"column":null,"line":3,"message":"`; !strings.Contains(whole, want) {
		t.Errorf("no %s in\n%s", want, whole)
	}
}

// fullWriter takes some bytes and then fails.
type fullWriter struct{ left int }

var errFull = errors.New("full")

func (w *fullWriter) Write(p []byte) (int, error) {
	if len(p) > w.left {
		return w.left, errFull
	}
	w.left -= len(p)
	return len(p), nil
}

func TestJSONWriteError(t *testing.T) {
	r, err := Diff([]byte("id,v\n1,a\n"), []byte("id,v\n1,b\n2,c\n"), csvrows.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, write := range []func(io.Writer) error{r.WriteJSON, r.WriteNDJSON} {
		var all bytes.Buffer
		if err := write(&all); err != nil {
			t.Fatal(err)
		}
		if err := write(&fullWriter{all.Len() - 1}); !errors.Is(err, errFull) {
			t.Errorf("error %v, want %v", err, errFull)
		}
	}
}
