package merge

import (
	"fmt"
	"strings"
	"testing"
)

// The writer gives every record but the last a line end, and the last one what the
// file's form says.
func TestWriter(t *testing.T) {
	type rec struct{ text, end string }
	for _, c := range []struct {
		name    string
		form    fileForm
		records []rec
		want    string
	}{
		{"nothing", fileForm{final: true, bom: true, fallback: []byte("\n")}, nil, ""},
		{"own line ends", fileForm{final: true}, []rec{{"a", "\n"}, {"b", "\r\n"}, {"c", "\r"}}, "a\nb\r\nc\r"},
		{"no final newline", fileForm{}, []rec{{"a", "\n"}, {"b", "\r\n"}}, "a\nb"},
		{"a last record gets a neighbour", fileForm{final: true}, []rec{{"a", "\r\n"}, {"b", ""}, {"c", ""}}, "a\r\nb\r\nc\r\n"},
		{"the only record", fileForm{final: true, fallback: []byte("\r")}, []rec{{"a", ""}}, "a\r"},
		{"the first record lacks one", fileForm{fallback: []byte("\r\n")}, []rec{{"a", ""}, {"b", ""}}, "a\r\nb"},
		{"converted", fileForm{final: true, convert: []byte("\r\n")}, []rec{{"a", "\n"}, {"b", ""}, {"c", "\r"}}, "a\r\nb\r\nc\r\n"},
		{"converted without a final newline", fileForm{convert: []byte("\n")}, []rec{{"a", "\r\n"}, {"b", "\r\n"}}, "a\nb"},
		{"a blank line at the end keeps its line end", fileForm{}, []rec{{"a", "\n"}, {"", "\n"}}, "a\n\n"},
		{"a line feed behind a lone CR", fileForm{final: true}, []rec{{"a", "\r"}, {"", "\n"}, {"b", "\n"}}, "a\r\rb\n"},
		{"byte-order mark", fileForm{final: true, bom: true}, []rec{{"a", "\n"}}, "\xef\xbb\xbfa\n"},
		{"a mark that is data", fileForm{final: true}, []rec{{"\xef\xbb\xbfa", "\n"}}, "\xef\xbb\xbf\xef\xbb\xbfa\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := writer{form: &c.form}
			for _, r := range c.records {
				w.record([]byte(r.text), []byte(r.end))
			}
			w.finish()
			got := w.text()
			if got != c.want || w.size != len(got) {
				t.Errorf("got %q, size %d, want %q", got, w.size, c.want)
			}
		})
	}
}

func (w *writer) text() string {
	var text []byte
	for _, s := range w.spans {
		text = append(text, s.data...)
	}
	return string(text)
}

// Records that follow one another in memory become one stretch.
func TestWriterJoinsStretches(t *testing.T) {
	data := []byte("a,1\nb,2\nc,3\n")
	w := writer{form: &fileForm{final: true}}
	for i := 0; i < len(data); i += 4 {
		w.record(data[i:i+3], data[i+3:i+4])
	}
	w.record([]byte("d,4"), data[3:4])
	w.finish()
	if got := w.text(); got != "a,1\nb,2\nc,3\nd,4\n" {
		t.Errorf("got %q", got)
	}
	if string(w.spans[0].data) != string(data) || len(w.spans) != 3 {
		t.Errorf("%d stretches, the first %q", len(w.spans), w.spans[0].data)
	}
}

// The writer never writes into the memory of an input.
func TestWriterLeavesInputsAlone(t *testing.T) {
	data := []byte("a,1\nXXXXXXXX")
	w := writer{form: &fileForm{final: true}}
	w.record(data[:3], data[3:4])
	w.record([]byte("made"), nil)
	w.finish()
	if string(data) != "a,1\nXXXXXXXX" {
		t.Errorf("the input is now %q", data)
	}
}

func TestLongestMarker(t *testing.T) {
	for _, c := range []struct {
		in   string
		want int
	}{
		{"", 0},
		{"a,b\n", 0},
		{"a,<<<<<<<\n", 7}, // a field may come to start a line
		{"a,x<<<<<<<\n", 0},
		{"<<<<<<< HEAD\n", 7},
		{"a\n=======\r\n>>>>>>>>> x\n", 9},
		{"a\r||||||||\r", 8},
		{"\"a\n=========\nb\"\n", 9}, // within quotes
		{"<<<<===>>>\n", 4},
		{strings.Repeat("=", 100), 100},
	} {
		if got := longestMarker([]byte(c.in), ','); got != c.want {
			t.Errorf("longestMarker(%q) = %d, want %d", c.in, got, c.want)
		}
	}
}

func TestMarkerSize(t *testing.T) {
	for _, c := range []struct {
		asked int
		input string
		want  int
	}{
		{0, "id,a\n", 7},
		{0, "id,a\n<<<<<<,x\n", 7},  // six are none
		{0, "id,a\n<<<<<<<,x\n", 8}, // seven are one
		{0, "id,a\n>>>>>>>>>,x\n", 10},
		{3, "id,a\n", 3},
		{3, "id,a\n==,x\n", 3},
		{3, "id,a\n===,x\n", 4},
		{12, "id,a\n<<<<<<<,x\n", 12},
	} {
		for v := range 3 {
			data := [3]string{"id,a\nk,x\n", "id,a\nk,o\n", "id,a\nk,t\n"}
			data[v] += strings.TrimPrefix(c.input, "id,a\n")
			r, err := Merge([]byte(data[0]), []byte(data[1]), []byte(data[2]), Options{MarkerSize: c.asked})
			if err != nil {
				t.Fatal(err)
			}
			want := "\n" + strings.Repeat("<", c.want) + " ours: id=k\n"
			if !strings.Contains(string(r.Bytes()), want) {
				t.Errorf("%d asked for, input %d is %q: want %d:\n%s", c.asked, v, c.input, c.want, r.Bytes())
			}
		}
	}
}

// A blank line below a block is a line of its own whichever side of the block is taken,
// also where the block leaves a lone CR above it.
func TestBlankLineBelowBlock(t *testing.T) {
	for _, c := range []struct{ name, base, ours, theirs string }{
		{"the line above the block", "id,v\na,1\rb,1\n", "id,v\na,1\r", "id,v\na,1\rb,2\n\n"},
		{"the rows of one side", "id,v\nb,1\nb,2\n", "id,v\nb,1\rb,3\r", "id,v\nb,1\nb,4\n\n"},
	} {
		for _, style := range []Style{Diff3, MergeStyle, ZDiff3} {
			t.Run(fmt.Sprintf("%s, style %d", c.name, style), func(t *testing.T) {
				for _, in := range [][2]string{{c.ours, c.theirs}, {c.theirs, c.ours}} {
					r, err := Merge([]byte(c.base), []byte(in[0]), []byte(in[1]), Options{Style: style})
					if err != nil {
						t.Fatal(err)
					}
					if got := string(r.Bytes()); len(r.Conflicts) != 1 || !strings.HasSuffix(got, "=b\n\r") && !strings.HasSuffix(got, "=b\r\r") {
						t.Errorf("the blank line must end with a lone CR: %q", got)
					}
				}
			})
		}
	}
}

// A comment that both sides edited ends alike in every part of its block: the line end is
// merged like that of any record.
func TestCommentBlockLineEnd(t *testing.T) {
	const base, crlf, lf = "id\r\n# c\r\nb\r\n", "id\r\n# cb\r\nb\r\n", "id\r\n# ca\nb\r\n"
	for _, in := range [][2]string{{crlf, lf}, {lf, crlf}} {
		r, err := Merge([]byte(base), []byte(in[0]), []byte(in[1]), Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"\n# ca\n", "\n# c\n", "\n# cb\n"} {
			if got := string(r.Bytes()); !strings.Contains(got, want) {
				t.Errorf("%q lacks %q", got, want)
			}
		}
	}
}
