package csvrows_test

import (
	"bufio"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rowkeep/rowkeep/csvrows"
)

// seeds returns the inputs of all tables.
func seeds(t testing.TB) []string {
	t.Helper()
	file, err := os.Open(inputsFile)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var inputs []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		input, err := strconv.Unquote(lines.Text())
		if err != nil {
			t.Fatal(err)
		}
		inputs = append(inputs, input)
	}
	if len(inputs) < 100 {
		t.Fatalf("%s holds %d inputs only", inputsFile, len(inputs))
	}
	return inputs
}

// fuzzOptions are the ways to read a fuzzed input.
var fuzzOptions = []csvrows.Options{
	{},
	{NoHeader: true},
	{NoComment: true},
	{Comment: "//"},
	{Delimiter: ' '},
	{Delimiter: 'a', NoHeader: true},
	{Comment: ";;"},
	{Key: []string{"b", "a"}},
}

// FuzzRoundTrip holds Parse against a reader that looks at one byte after the other,
// and against the law that joining what it cut gives the input.
func FuzzRoundTrip(f *testing.F) {
	for _, input := range seeds(f) {
		f.Add(input, uint8(0))
		f.Add(input, uint8(1))
	}
	f.Fuzz(func(t *testing.T, input string, n uint8) { holdParse(t, input, fuzzOptions[int(n)%len(fuzzOptions)]) })
}

// FuzzBlocks does the same with inputs that are long enough for what Parse looks at in
// blocks, and for searches that stop in between: the input over and over, with rows in front
// that move it about.
func FuzzBlocks(f *testing.F) {
	for i, input := range seeds(f) {
		f.Add(input, uint8(i), uint16(37*i), uint8(3+i%20))
	}
	for _, row := range quotedRows {
		f.Add(row, uint8(0), uint16(3), uint8(20))
	}
	f.Fuzz(func(t *testing.T, input string, n uint8, shift uint16, times uint8) {
		const longest = 1 << 10
		if len(input) > longest {
			return
		}
		front := "id,b\n" + strings.Repeat("x", int(shift)%200) + ",\n" + strings.Repeat("row,without quotes\n", int(shift)/200*8)
		holdParse(t, front+strings.Repeat(input, int(times)%32), fuzzOptions[int(n)%len(fuzzOptions)])
	})
}

// quotedRows are rows as spreadsheets write them, and such as only look like it.
var quotedRows = []string{
	"\"a\",\"b c\",\"d\"\n",
	"\"a\",\"b\nc\",\"d\"\"e\"\n",
	"\"a\",\"b\nc\",\"d\"\"e\"\r\n",
	"\"a\",\"\",\"\"\"\"\n",
	"a,5\" pipe,\"two\"parts,\"b\nc\"\n",
	"a,\"b\"c\"d,e\"\n",
	"# it's \"odd\n\"a\",\"b\"\n",
	"\"# a\",\"b\"\n\"\",\"\"\n \n",
	"\"a\",\"b\r\rc\"\r\"d\",\"e\"\n",
	"\"a\",\"b\"\rc,\"d\"\n",
}

// holdParse holds Parse against the plain reader.
func holdParse(t *testing.T, input string, opt csvrows.Options) {
	t.Helper()
	file, err := csvrows.Parse([]byte(input), opt)
	if errors.Is(err, csvrows.ErrUTF16) {
		return
	}
	var de *csvrows.DelimiterError
	if errors.As(err, &de) {
		t.Fatalf("one input disagrees with itself: %v", err)
	}
	if opt.Delimiter == 0 {
		opt.Delimiter, _ = csvrows.Detect(opt, []byte(input))
	}
	want, open := plainRecords(input, opt)
	if open >= 0 {
		checkParseError(t, err, csvrows.ErrOpenQuote, input, open)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, cutRecords(file)); d != "" {
		t.Errorf("records (-want +got):\n%s", d)
	}
	checkRoundTrip(t, file, input)
	checkEncode(t, file)
}

// A record as both readers cut it. A header counts as the row or comment that it
// would be elsewhere.
type record struct {
	Raw    string
	Kind   csvrows.Kind
	Values []string // of rows
}

func cutRecords(f *csvrows.File) []record {
	var records []record
	for i := range f.Len() {
		r := record{Raw: string(f.Raw(i)), Kind: f.Kind(i)}
		if r.Kind == csvrows.Header && f.PrefixedHeader() {
			r.Kind = csvrows.Comment
		}
		if r.Kind == csvrows.Header {
			r.Kind = csvrows.Row
		}
		if r.Kind == csvrows.Row {
			r.Values = fieldValues(f, i)
		}
		records = append(records, r)
	}
	return records
}

// plainRecords cuts input, or returns where a quote is open.
func plainRecords(input string, opt csvrows.Options) (records []record, open int) {
	prefix := opt.Comment
	if prefix == "" && !opt.NoComment {
		prefix = "#"
	}
	p := plainReader{input: input, pos: len(input) - len(strings.TrimPrefix(input, "\ufeff")), delim: opt.Delimiter}
	for p.pos < len(input) {
		start := p.pos
		p.bare = prefix != "" && strings.HasPrefix(input[start:], prefix)
		values, open := p.record()
		if open >= 0 {
			return nil, open
		}
		r := record{Raw: input[start:p.pos], Kind: csvrows.Row}
		switch {
		case prefix != "" && strings.HasPrefix(values[0], prefix), p.bare:
			r.Kind = csvrows.Comment
		case strings.Join(values, "") == "", strings.Trim(r.Raw, " \t\v\f\r\n") == "":
			r.Kind = csvrows.Blank
		default:
			r.Values = values
		}
		records = append(records, r)
	}
	return records, -1
}

// A plainReader is the rules of the package comment, one byte at a time.
type plainReader struct {
	input string
	pos   int
	delim byte
	bare  bool // in a bare comment: quotes open nothing
}

func (p *plainReader) record() (values []string, open int) {
	for {
		value, open := p.field()
		if open >= 0 {
			return nil, open
		}
		values = append(values, value)
		if p.pos == len(p.input) {
			return values, -1
		}
		end := p.input[p.pos]
		p.pos++
		if end == '\r' && p.pos < len(p.input) && p.input[p.pos] == '\n' {
			p.pos++
		}
		if end != p.delim {
			return values, -1
		}
	}
}

func (p *plainReader) field() (value string, open int) {
	start, quoted := p.pos, false
	var b strings.Builder
	for ; p.pos < len(p.input); p.pos++ {
		c := p.input[p.pos]
		switch {
		case c == '"' && !p.bare && (quoted || p.pos == start):
			if quoted && strings.HasPrefix(p.input[p.pos:], `""`) {
				b.WriteByte('"')
				p.pos++
				continue
			}
			quoted = !quoted
		case !quoted && (c == p.delim || c == '\r' || c == '\n'):
			return b.String(), -1
		default:
			b.WriteByte(c)
		}
	}
	if quoted {
		return "", start
	}
	return b.String(), -1
}

// checkEncode writes all values of rows anew, bare where that goes and all quoted,
// and checks that they read as they did. A row that is one white-space field needs its
// quotes, so an x is put in front.
func checkEncode(t *testing.T, f *csvrows.File) {
	t.Helper()
	for _, quoted := range []bool{false, true} {
		var text strings.Builder
		var want [][]string
		for i := range f.Len() {
			if f.Kind(i) != csvrows.Row {
				continue
			}
			want = append(want, append([]string{"x"}, fieldValues(f, i)...))
			text.WriteString("x")
			for _, fd := range f.Fields(nil, i) {
				text.WriteByte(f.Delimiter())
				text.Write(csvrows.Encode(fd.Value(), quoted, f.Delimiter()))
			}
			text.WriteString("\n")
		}
		opt := csvrows.Options{Delimiter: f.Delimiter(), NoHeader: true, NoComment: true}
		again, err := csvrows.Parse([]byte(text.String()), opt)
		if errors.Is(err, csvrows.ErrUTF16) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		var got [][]string
		for i := range again.Len() {
			got = append(got, fieldValues(again, i))
		}
		if !slices.EqualFunc(want, got, slices.Equal) {
			t.Errorf("values %q are encoded as %q, which reads as %q", want, text.String(), got)
		}
	}
}
