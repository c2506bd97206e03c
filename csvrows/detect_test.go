package csvrows_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/rowkeep/rowkeep/csvrows"
)

// In detectTests odd is the input that is cut by another delimiter, counted from 1,
// where Detect is to refuse.
var detectTests = []struct {
	name   string
	opt    csvrows.Options
	inputs []string
	want   byte
	odd    int
}{
	{name: "nothing", want: ','},
	{name: "empty inputs", inputs: []string{"", "# a;b\n", "\n \n,,\n"}, want: ','},
	{name: "given", opt: csvrows.Options{Delimiter: ';'}, inputs: []string{"id,note\n"}, want: ';'},
	{name: "comma", inputs: []string{"id,a;b\n"}, want: ','},
	{name: "tab", inputs: []string{"id\tname, first\tx\n"}, want: '\t'},
	{name: "semicolon", inputs: []string{"id;price\na;1,5\n"}, want: ';'},
	{name: "pipe", inputs: []string{"a|b|c,d\n"}, want: '|'},
	{name: "the key decides", inputs: []string{"a,b,c,d;id\n"}, want: ';'},
	{name: "a given key decides", opt: csvrows.Options{Key: []string{"no"}}, inputs: []string{"id,a,b|no\n"}, want: '|'},
	{name: "the narrowest decides", inputs: []string{"x;a,b,c\n", "x;y\n"}, want: ';'},
	{name: "one field goes with all", inputs: []string{"id\n", "id;x\n", ""}, want: ';'},
	{name: "in any case", inputs: []string{"Id;a,b,c\n"}, want: ';'},
	{name: "comments are passed", inputs: []string{"# it's \"odd; a;b;c\n\"# x;y\n;z\"\n\nid,note\n"}, want: ','},
	{name: "comments are not", opt: csvrows.Options{NoComment: true}, inputs: []string{"#a;b\nid,note\n"}, want: ';'},
	{name: "prefixed header", inputs: []string{"#id;a,b,c\nx;1,2,3\n"}, want: ';'},
	{name: "quoted prefixed header", inputs: []string{"\"#id\";a,b,c\nx;1,2,3\n"}, want: ';'},
	{name: "line ends in quotes", inputs: []string{"\"a,\n\r,b\";id\n"}, want: ';'},
	{name: "quote inside a bare field", inputs: []string{"id;5\" a,b;\"c,d,e,f\"\n"}, want: ';'},
	{name: "open quote", inputs: []string{"id;\"a,b\nx,y"}, want: ';'},
	{name: "lone CR", inputs: []string{"id;x\ra,b,c\r"}, want: ';'},
	{name: "BOM", inputs: []string{"\ufeffid;a,b\n"}, want: ';'},
	{name: "prefix is a candidate", opt: csvrows.Options{Comment: ";"}, inputs: []string{"; a\nid,x;y;z\n"}, want: ','},
	{name: "first row without header", opt: csvrows.Options{NoHeader: true}, inputs: []string{"\n#,,,,\na;b\nc,d,e\n"}, want: ';'},
	{name: "no header names no key", opt: csvrows.Options{NoHeader: true}, inputs: []string{"a,b,c;id\n"}, want: ','},
	{name: "no header and no row", opt: csvrows.Options{NoHeader: true}, inputs: []string{"# a;b\n"}, want: ','},
	{name: "open quote ends with the line", inputs: []string{"a,b;\"id\nx"}, want: ';'},
	{name: "open quote after lines in quotes", inputs: []string{"\"a\nb\";id;\"x,y,z"}, want: ';'},
	{name: "key that could be cut", opt: csvrows.Options{Key: []string{"a;b"}}, inputs: []string{"a;b\n", "a;b,c\n"}, want: ','},
	{name: "nothing is cut", opt: csvrows.Options{Key: []string{"a;b"}}, inputs: []string{"a;b\n", "c;d\n"}, want: ','},
	{name: "another delimiter", inputs: []string{"id,x\n", "", "id;x\n"}, want: ',', odd: 3},
	{name: "another delimiter below comments", inputs: []string{"# a\n\nfoo;x\n", "foo,x\n", "foo,x\n"}, want: ',', odd: 1},
	{name: "one field that is no key", inputs: []string{"a,b\n", "a\n"}, want: ','},
}

func TestDetect(t *testing.T) {
	for _, tt := range detectTests {
		t.Run(tt.name, func(t *testing.T) {
			inputs := make([][]byte, len(tt.inputs))
			for i, s := range tt.inputs {
				inputs[i] = []byte(s)
			}
			got, err := csvrows.Detect(tt.opt, inputs...)
			if got != tt.want {
				t.Errorf("Detect returns %q, want %q", got, tt.want)
			}
			if tt.odd > 0 {
				checkDelimiterError(t, err, tt.odd-1, tt.inputs[tt.odd-1], tt.want)
			} else if err != nil {
				t.Errorf("Detect: %v", err)
			}
		})
	}
}

// Detect looks at a start of the input first. What it looks for may lie behind, or
// may be cut there.
func TestDetectFarDown(t *testing.T) {
	inputs := map[string]string{
		"comments above":  strings.Repeat("# a,b,c\n", 50_000) + "id;x\n",
		"long header":     "\"x,id,y\n" + strings.Repeat("a,\n", 50_000) + "\";id\n",
		"quotes at a cut": "\"" + strings.Repeat("\"\"", 1<<13) + ",\n\";id\n",
		"CR LF at a cut":  "#" + strings.Repeat("a", 1<<14-2) + "\r\nid;x\n",
	}
	for name, input := range inputs {
		if d, err := csvrows.Detect(csvrows.Options{}, []byte(input)); d != ';' || err != nil {
			t.Errorf("%s: Detect returns %q, error %v", name, d, err)
		}
	}
}

func checkDelimiterError(t *testing.T, err error, input int, text string, want byte) {
	t.Helper()
	var de *csvrows.DelimiterError
	if !errors.As(err, &de) {
		t.Fatalf("error is %v, want a DelimiterError", err)
	}
	at := strings.IndexByte(text, ';')
	if exp := (csvrows.DelimiterError{Input: input, Line: lineOf(text, at), Found: ';', Expected: want}); *de != exp {
		t.Errorf("error is %+v, want %+v", *de, exp)
	}
}

func TestParseDetects(t *testing.T) {
	f := parse(t, "id;note\na;1,5\n", csvrows.Options{})
	if f.Delimiter() != ';' || len(f.Columns()) != 2 {
		t.Errorf("delimiter %q, columns %q", f.Delimiter(), f.Columns())
	}
}
