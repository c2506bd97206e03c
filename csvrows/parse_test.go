package csvrows_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rowkeep/rowkeep/csvrows"
)

// Marks draw positions inside the inputs, as the tests of encoding/csv do: ¶ stands
// where a record starts, § where each further field of a header or row starts, ∑
// where an error is.
const (
	recordMark = "¶"
	fieldMark  = "§"
	errorMark  = "∑"
)

// A parseTest shows how bytes are read. kinds has one letter a record: h, r, c, b.
// values are those of the header and the rows.
type parseTest struct {
	name   string
	opt    csvrows.Options
	input  string
	kinds  string
	values [][]string
}

var parseTests = []parseTest{
	{name: "empty", input: "", kinds: ""},
	{
		name: "header and rows", input: "¶id,§note\n¶a,§x\n¶b,§y\n", kinds: "hrr",
		values: [][]string{{"id", "note"}, {"a", "x"}, {"b", "y"}},
	},
	{
		name: "lone CR ends a record", input: "¶id,§note\r¶a,§x\r¶b,§y\r", kinds: "hrr",
		values: [][]string{{"id", "note"}, {"a", "x"}, {"b", "y"}},
	},
	{
		name: "mixed line ends", input: "¶id,§note\n¶a,§x\r\n¶b,§y\r¶\r\n¶c,§z\n", kinds: "hrrbr",
		values: [][]string{{"id", "note"}, {"a", "x"}, {"b", "y"}, {"c", "z"}},
	},
	{name: "LF CR is two line ends", input: "¶id\n¶\r¶a\n", kinds: "hbr", values: [][]string{{"id"}, {"a"}}},
	{
		name: "quote inside a bare field", input: "¶id,§size\n¶a,§5\" pipe\n¶b,§x\"\"y\"\n", kinds: "hrr",
		values: [][]string{{"id", "size"}, {"a", `5" pipe`}, {"b", `x""y"`}},
	},
	{
		name: "text behind a closing quote", input: "¶id,§note\n¶a,§\"two\"parts\n¶b,§\"p\"q\"r\"\n¶\"c\" ,§z\n", kinds: "hrrr",
		values: [][]string{{"id", "note"}, {"a", "twoparts"}, {"b", `pq"r"`}, {"c ", "z"}},
	},
	{
		name: "doubled quotes", input: "¶id,§note\n¶a,§\"5\"\" pipe\"\n¶b,§\"\"\"\"\n¶c,§\"\"\"\"\"\"\n", kinds: "hrrr",
		values: [][]string{{"id", "note"}, {"a", `5" pipe`}, {"b", `"`}, {"c", `""`}},
	},
	{
		name: "delimiter and line end in quotes", input: "¶id,§note\n¶a,§\"x,y\nz\"\n¶\"b\n\",§\",\"\n", kinds: "hrr",
		values: [][]string{{"id", "note"}, {"a", "x,y\nz"}, {"b\n", ","}},
	},
	{
		name: "CR in quotes", input: "¶id,§note\n¶a,§\"x\ry\"\n", kinds: "hr",
		values: [][]string{{"id", "note"}, {"a", "x\ry"}},
	},
	{
		name: "quoted field at the end of a record", input: "¶\"id\"\n¶\"a\"\n¶\"\"\"\"\n", kinds: "hrr",
		values: [][]string{{"id"}, {"a"}, {`"`}},
	},
	{
		name: "nothing is trimmed", input: "¶id,§note\n¶ a ,§ \"x\" \n", kinds: "hr",
		values: [][]string{{"id", "note"}, {" a ", ` "x" `}},
	},
	{
		name: "short and long rows", input: "¶id,§note\n¶a\n¶b,§x,§y,§\n", kinds: "hrr",
		values: [][]string{{"id", "note"}, {"a"}, {"b", "x", "y", ""}},
	},
	{
		name: "NUL and invalid UTF-8", input: "¶id,§note\n¶a\x00,§caf\xe9\n", kinds: "hr",
		values: [][]string{{"id", "note"}, {"a\x00", "caf\xe9"}},
	},
	{
		name: "blank", input: "¶\n¶id,§note\n¶   \n¶\t\v\f\n¶,,,\n¶\"\",\"\"\n¶,\"\"\n", kinds: "bhbbbbb",
		values: [][]string{{"id", "note"}},
	},
	{
		name: "almost blank", input: "¶id,§note\n¶\" \"\n¶ ,§\n¶,§ \n¶\"\"x\n", kinds: "hrrrr",
		values: [][]string{{"id", "note"}, {" "}, {" ", ""}, {"", " "}, {"x"}},
	},
	{
		name: "white space between tabs", opt: csvrows.Options{Delimiter: '\t'}, input: "¶id\t§note\n¶ \t \n¶\" \"\t§\n", kinds: "hbr",
		values: [][]string{{"id", "note"}, {" ", ""}},
	},
	{
		name: "comments", input: "¶# top\n¶id,§note\n¶#\n¶#a,b,,\n¶\"# a, b\",,\n¶\"#\nb\",\n¶ # no\n¶a,§#\n", kinds: "chccccrr",
		values: [][]string{{"id", "note"}, {" # no"}, {"a", "#"}},
	},
	{
		name: "quotes of a bare comment", input: "¶# it's \"odd\n¶id,§note\n¶#,\"\n¶a,§x\n¶#,\"y\"\n", kinds: "chcrc",
		values: [][]string{{"id", "note"}, {"a", "x"}},
	},
	{
		name: "comment joined behind quotes", input: "¶id\n¶\"\"#x\n¶\"#\"x\n", kinds: "hcc",
		values: [][]string{{"id"}},
	},
	{
		name: "longer prefix", opt: csvrows.Options{Comment: "//"}, input: "¶// a\n¶id\n¶/ a\n¶# a\n", kinds: "chrr",
		values: [][]string{{"id"}, {"/ a"}, {"# a"}},
	},
	{
		name: "no comments", opt: csvrows.Options{NoComment: true}, input: "¶id,§note\n¶# a,§\"b\nc\"\n", kinds: "hr",
		values: [][]string{{"id", "note"}, {"# a", "b\nc"}},
	},
	{
		name: "prefix that is a delimiter", opt: csvrows.Options{Comment: ";"}, input: "¶; x\n¶id,§note\n¶;id;x\n", kinds: "chc",
		values: [][]string{{"id", "note"}},
	},
	{
		name: "prefixed header", input: "¶#id,§note\n¶a,§x\n", kinds: "hr",
		values: [][]string{{"#id", "note"}, {"a", "x"}},
	},
	{
		name: "quoted prefixed header", input: "¶\"#id\",§note\n¶a,§x\n", kinds: "hr",
		values: [][]string{{"#id", "note"}, {"a", "x"}},
	},
	{
		name: "prefixed header with an open quote", input: "¶#id,§\"\n¶a,§x\n", kinds: "hr",
		values: [][]string{{"#id", ""}, {"a", "x"}},
	},
	{name: "prefixed header alone", input: "¶#id,§note\n", kinds: "h", values: [][]string{{"#id", "note"}}},
	{
		name: "comment above a header that names the key", input: "¶#id,note\n¶id,§note\n", kinds: "ch",
		values: [][]string{{"id", "note"}},
	},
	{
		name: "comment that names no key", input: "¶#a,note\n¶b,§note\n", kinds: "ch",
		values: [][]string{{"b", "note"}},
	},
	{
		name: "prefixed header by a given key", opt: csvrows.Options{Key: []string{"name"}}, input: "¶#x,§name\n¶id,§y\n", kinds: "hr",
		values: [][]string{{"#x", "name"}, {"id", "y"}},
	},
	{name: "only comments and blanks", input: "¶# a\n¶\n¶,,\n", kinds: "cbb"},
	{
		name: "no header", opt: csvrows.Options{NoHeader: true}, input: "¶#id,x\n¶a,§x\n¶\n¶b\n", kinds: "crbr",
		values: [][]string{{"a", "x"}, {"b"}},
	},
}

// variants are the ways in which every input is read: as it stands, behind a
// byte-order mark, with CR LF for LF, and without the final line end.
var variants = []struct {
	name  string
	shape func(string) string
}{
	{"as is", func(s string) string { return s }},
	{"BOM", func(s string) string { return "\ufeff" + s }},
	{"CRLF", crlf},
	{"no final newline", func(s string) string {
		return strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(s, "\n"), "\r"), recordMark)
	}},
}

func crlf(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
}

func TestParse(t *testing.T) {
	for _, tt := range parseTests {
		for _, v := range variants {
			t.Run(tt.name+"/"+v.name, func(t *testing.T) {
				marked := v.shape(tt.input)
				values := tt.values
				if v.name == "CRLF" {
					values = crlfAll(values)
				}
				checkParse(t, tt.opt, marked, tt.kinds[:strings.Count(marked, recordMark)], values)
			})
		}
	}
}

func crlfAll(rows [][]string) [][]string {
	var out [][]string
	for _, row := range rows {
		row = slices.Clone(row)
		for i, v := range row {
			row[i] = crlf(v)
		}
		out = append(out, row)
	}
	return out
}

func checkParse(t *testing.T, opt csvrows.Options, marked, kinds string, values [][]string) {
	t.Helper()
	input, marks := cutMarks(marked)
	f, err := csvrows.Parse([]byte(input), opt)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	var gotValues [][]string
	for i := range f.Len() {
		got.WriteString(f.Kind(i).String()[:1])
		if at := f.Offset(i); at != marks[recordMark][i] {
			t.Errorf("record %d starts at %d, want %d", i, at, marks[recordMark][i])
		}
		if line := f.Line(i); line != lineOf(input, f.Offset(i)) {
			t.Errorf("record %d is in line %d, want %d", i, line, lineOf(input, f.Offset(i)))
		}
		if k := f.Kind(i); k == csvrows.Row || k == csvrows.Header {
			gotValues = append(gotValues, fieldValues(f, i))
		}
	}
	if got.String() != kinds {
		t.Errorf("kinds are %q, want %q", got.String(), kinds)
	}
	if d := cmp.Diff(values, gotValues); d != "" {
		t.Errorf("values (-want +got):\n%s", d)
	}
	if d := cmp.Diff(marks[fieldMark], fieldStarts(f)); d != "" {
		t.Errorf("starts of fields (-want +got):\n%s", d)
	}
	checkRoundTrip(t, f, input)
}

// cutMarks returns the input without marks and the positions they stood at.
func cutMarks(marked string) (input string, marks map[string][]int) {
	marks = map[string][]int{}
	var b strings.Builder
next:
	for len(marked) > 0 {
		for _, mark := range []string{recordMark, fieldMark, errorMark} {
			if rest, found := strings.CutPrefix(marked, mark); found {
				marks[mark] = append(marks[mark], b.Len())
				marked = rest
				continue next
			}
		}
		b.WriteByte(marked[0])
		marked = marked[1:]
	}
	return b.String(), marks
}

// lineOf counts lines in the plainest way.
func lineOf(input string, offset int) int {
	before := strings.ReplaceAll(input[:offset], "\r\n", "\n")
	return 1 + strings.Count(before, "\n") + strings.Count(before, "\r")
}

func fieldValues(f *csvrows.File, i int) []string {
	var values []string
	for _, fd := range f.Fields(nil, i) {
		values = append(values, string(fd.Value()))
	}
	return values
}

// fieldStarts returns where the fields of header and rows start, but for the first
// of each.
func fieldStarts(f *csvrows.File) []int {
	var starts []int
	for i := range f.Len() {
		if k := f.Kind(i); k != csvrows.Row && k != csvrows.Header {
			continue
		}
		at := f.Offset(i)
		for n, fd := range f.Fields(nil, i) {
			if n > 0 {
				starts = append(starts, at)
			}
			at += len(fd) + 1
		}
	}
	return starts
}

// checkRoundTrip checks that nothing of the input is lost, in each of the ways to
// get it back.
func checkRoundTrip(t *testing.T, f *csvrows.File, input string) {
	t.Helper()
	var written bytes.Buffer
	if n, err := f.WriteTo(&written); err != nil || n != int64(len(input)) {
		t.Errorf("WriteTo wrote %d bytes, error %v", n, err)
	}
	joined := []byte(input[:f.Offset(0)])
	if bom := string(joined) == "\ufeff"; bom != f.BOM() || !bom && len(joined) > 0 {
		t.Errorf("%q stands before the first record, BOM is %v", joined, f.BOM())
	}
	for i := range f.Len() {
		joined = append(joined, f.Raw(i)...)
		text := joinFields(f, i)
		if string(f.Text(i)) != text || string(f.Raw(i)) != text+string(f.LineEnd(i)) {
			t.Errorf("record %d is %q, its fields join to %q", i, f.Raw(i), text)
		}
	}
	for _, got := range [][]byte{written.Bytes(), f.Bytes(), joined} {
		if string(got) != input {
			t.Errorf("round trip gives %q, want %q", got, input)
		}
	}
}

// joinFields puts the fields of a record together again and checks that each is the
// one that Field cuts.
func joinFields(f *csvrows.File, i int) string {
	fields := f.Fields(nil, i)
	var b strings.Builder
	for n, fd := range fields {
		if n > 0 {
			b.WriteByte(f.Delimiter())
		}
		if one, ok := f.Field(i, n); !ok || !bytes.Equal(one, fd) {
			return "Field and Fields differ: " + string(one)
		}
		b.Write(fd)
	}
	if _, ok := f.Field(i, len(fields)); ok {
		return "Field finds more than Fields"
	}
	return b.String()
}

// refusedTests are inputs that do not parse; ∑ stands where.
var refusedTests = []struct {
	name  string
	opt   csvrows.Options
	input string
	err   error
}{
	{name: "open quote in the header", input: "id,∑\"", err: csvrows.ErrOpenQuote},
	{name: "open quote at the start", input: "∑\"id\n", err: csvrows.ErrOpenQuote},
	{name: "open quote", input: "id,note\na,x\nb,∑\"y\nc,z\n", err: csvrows.ErrOpenQuote},
	{name: "open quote behind doubled ones", input: "id,note\r\na,∑\"x\"\"\r\nb,\"\"y\"\"\n", err: csvrows.ErrOpenQuote},
	{name: "open quote after lines in quotes", input: "id,note\n\"a\nb\",\"c\r\rd\"\ne,∑\"", err: csvrows.ErrOpenQuote},
	{name: "open quote after lone CR", input: "id,note\ra,x\r\"b\",∑\"y\r", err: csvrows.ErrOpenQuote},
	{name: "open quote in a quoted comment", input: "id\n∑\"# a\nb\n", err: csvrows.ErrOpenQuote},
	{name: "open quote by a given delimiter", opt: csvrows.Options{Delimiter: ';'}, input: "id;note\na,\"x;∑\"\n", err: csvrows.ErrOpenQuote},
}

func TestParseError(t *testing.T) {
	for _, tt := range refusedTests {
		for _, v := range variants {
			t.Run(tt.name+"/"+v.name, func(t *testing.T) {
				input, marks := cutMarks(v.shape(tt.input))
				_, err := csvrows.Parse([]byte(input), tt.opt)
				checkParseError(t, err, tt.err, input, marks[errorMark][0])
			})
		}
	}
}

func checkParseError(t *testing.T, err, reason error, input string, offset int) {
	t.Helper()
	var pe *csvrows.ParseError
	if !errors.As(err, &pe) || !errors.Is(err, reason) {
		t.Fatalf("error is %v, want a ParseError: %v", err, reason)
	}
	start := strings.LastIndexAny(input[:offset], "\r\n") + 1
	if start == 0 && strings.HasPrefix(input, "\ufeff") {
		start = len("\ufeff")
	}
	want := csvrows.ParseError{Line: lineOf(input, offset), Column: offset - start + 1, Offset: int64(offset), Err: reason}
	if *pe != want {
		t.Errorf("error is at %+v, want %+v", *pe, want)
	}
}

func TestUTF16(t *testing.T) {
	inputs := map[string]string{
		"little-endian mark":    "\xff\xfei\x00d\x00",
		"big-endian mark":       "\xfe\xff\x00i\x00d",
		"little-endian":         "i\x00d\x00\n\x00a\x00",
		"big-endian":            "\x00i\x00d\x00\n\x00a",
		"odd number of bytes":   "i\x00d\x00\n",
		"longer than a look":    strings.Repeat("i\x00", 40) + "id\n",
		"little-endian, 32 bit": "\xff\xfe\x00\x00i\x00\x00\x00",
	}
	for name, input := range inputs {
		_, err := csvrows.Parse([]byte(input), csvrows.Options{})
		var pe *csvrows.ParseError
		if !errors.As(err, &pe) || !errors.Is(err, csvrows.ErrUTF16) || pe.Line != 1 || pe.Column != 1 {
			t.Errorf("%s: error is %v, want UTF-16 in line 1", name, err)
		}
	}
	for _, input := range []string{"i\x00", "i\x00d,\x00\n", "\x00\x00\x00\x00", "id\x00\x00"} {
		if _, err := csvrows.Parse([]byte(input), csvrows.Options{}); err != nil {
			t.Errorf("%q: %v", input, err)
		}
	}
}

// The number of a line is counted from marks that lie many records apart.
func TestLineOfManyRecords(t *testing.T) {
	input := "id\n" + strings.Repeat("a\r\n\"b\n\",\r\r", 2000)
	f := parse(t, input, csvrows.Options{})
	for i := range f.Len() {
		if i%97 == 0 || i%1024 < 2 {
			if got, want := f.Line(i), lineOf(input, f.Offset(i)); got != want {
				t.Fatalf("record %d is in line %d, want %d", i, got, want)
			}
		}
	}
}

func TestWidth(t *testing.T) {
	f := parse(t, "# a,b,c,d,e,f\nid,note,x,y\na\nb,x,y\n,,,,,,\n", csvrows.Options{})
	if w := f.Width(); w != 3 {
		t.Errorf("Width is %d, want 3: rows count, and nothing else", w)
	}
}

func TestValidate(t *testing.T) {
	bad := map[string]csvrows.Options{
		"quote as delimiter":     {Delimiter: '"'},
		"LF as delimiter":        {Delimiter: '\n'},
		"CR as delimiter":        {Delimiter: '\r'},
		"quote in prefix":        {Comment: `"#`},
		"line end in prefix":     {Comment: "#\n"},
		"delimiter in prefix":    {Comment: "#;", Delimiter: ';'},
		"delimiter is default":   {Delimiter: '#'},
		"no delimiter is left":   {Comment: ",\t;|"},
		"prefix, and none":       {Comment: "#", NoComment: true},
		"positions and a header": {KeyIndex: []int{1}},
		"names and no header":    {Key: []string{"id"}, NoHeader: true},
		"position 0":             {KeyIndex: []int{0}, NoHeader: true},
		"name twice":             {Key: []string{"a", "b", "a"}},
		"position twice":         {KeyIndex: []int{2, 1, 2}, NoHeader: true},
	}
	for name, opt := range bad {
		if _, err := csvrows.Parse([]byte("#id#a\n"), opt); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	good := []csvrows.Options{
		{},
		{Delimiter: '#', NoComment: true},
		{Comment: ";"},
		{Key: []string{"b", "a"}},
		{NoHeader: true, KeyIndex: []int{2, 1}},
	}
	for _, opt := range good {
		if err := opt.Validate(); err != nil {
			t.Errorf("%+v: %v", opt, err)
		}
	}
}

func parse(t testing.TB, input string, opt csvrows.Options) *csvrows.File {
	t.Helper()
	f, err := csvrows.Parse([]byte(input), opt)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
