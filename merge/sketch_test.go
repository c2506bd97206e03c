package merge_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/internal/tune"
	"github.com/rowkeep/rowkeep/merge"
)

// under runs do with other sizes of the merge by difference.
func under(sizes tune.Sizes, do func()) {
	usual := tune.Merge
	tune.Merge = sizes
	defer func() { tune.Merge = usual }()
	do()
}

var (
	whole = tune.Sizes{Least: -1}
	// wholeAhead has rows composed beside others, which whole composes one by one.
	wholeAhead = tune.Sizes{Least: -1, Ahead: 3}
	tiny       = tune.Sizes{Block: 1, MostBlock: 2, Part: 50, Large: 1, MostLarge: 150, Window: 1, Patience: 1, Ahead: 1}
)

// mergeBothWays merges inputs whole and by difference. It fails if the results differ, and
// returns how many rows the second left out.
func mergeBothWays(t *testing.T, in [3][]byte, opt merge.Options) (leftOut int) {
	t.Helper()
	var want, got outcome
	var wantView, gotView resultView
	merged := func(sizes tune.Sizes, o *outcome, v *resultView) (r *merge.Result) {
		under(sizes, func() {
			var err error
			r, err = merge.Merge(in[0], in[1], in[2], opt)
			if *o = observe(r, err); err == nil {
				*v = view(r, false)
			}
		})
		return r
	}
	merged(whole, &want, &wantView)
	inOnePart := tiny
	inOnePart.Part = 1 << 20
	for _, sizes := range []tune.Sizes{tiny, inOnePart, wholeAhead} {
		if r := merged(sizes, &got, &gotView); r != nil {
			leftOut = max(leftOut, merge.LeftOut(r))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("whole (-), by difference (+):\n%s", diff)
		}
		if diff := cmp.Diff(wantView, gotView); diff != "" {
			t.Errorf("whole (-), by difference (+):\n%s", diff)
		}
	}
	return leftOut
}

// TestCasesByDifference merges every case both ways, also with many rows behind each that
// all versions have.
func TestCasesByDifference(t *testing.T) {
	cases, rows := 0, 0
	eachCase(t, func(t *testing.T, c *mergeCase) {
		mergeBothWays(t, c.in, c.opt)
		n := mergeBothWays(t, c.padded(60), c.opt)
		rows += n
		if n > 0 {
			cases++
		}
	})
	t.Logf("%d rows left out in %d cases", rows, cases)
	if cases < 100 {
		t.Errorf("rows were left out in %d cases only", cases)
	}
}

// padded puts n rows with keys of their own behind the header and behind each row, if all
// versions have that once. They have the cells of a row of base.
func (c *mergeCase) padded(n int) [3][]byte {
	f, err := csvrows.Parse(c.in[0], c.opt.Read)
	if err != nil {
		return c.in
	}
	cols, err := f.KeyColumns()
	if err != nil || len(cols) == 0 || f.Len() < 2 {
		return c.in
	}
	like := f.Fields(nil, f.Len()-1)
	in, made := c.in, 0
	for rec := range f.Len() {
		raw := "\n" + string(f.Raw(rec))
		kind := f.Kind(rec)
		if kind == csvrows.Row {
			like = f.Fields(nil, rec)
		}
		everywhere := !slices.ContainsFunc(c.in[:], func(in []byte) bool { return strings.Count("\n"+string(in), raw) != 1 })
		if !everywhere || kind < csvrows.Header || cols[0] >= len(like) || !strings.HasSuffix(raw, "\n") {
			continue
		}
		pad := raw
		for range n {
			made++
			fields := slices.Clone(like)
			fields[cols[0]] = fmt.Appendf(nil, "pad-%04d", made)
			pad += string(bytes.Join(toBytes(fields), []byte{f.Delimiter()})) + string(f.LineEnd(rec))
		}
		for v := range in {
			in[v] = []byte(strings.Replace("\n"+string(in[v]), raw, pad, 1)[1:])
		}
	}
	return in
}

func toBytes(fields []csvrows.Field) [][]byte {
	list := make([][]byte, len(fields))
	for i, f := range fields {
		list[i] = f
	}
	return list
}

// numbered makes a file of rows; change may give another line, or lines, for a row.
func numbered(n int, change func(i int) string) []byte {
	var b strings.Builder
	b.WriteString("id,a,b\n")
	for i := range n {
		line := fmt.Sprintf("k%03d,x,y%d\n", i, i)
		if change != nil {
			if other := change(i); other != "" {
				line = other
			}
		}
		b.WriteString(line)
	}
	return []byte(b.String())
}

// at changes one row.
func at(row int, line string) func(int) string {
	return func(i int) string {
		if i == row {
			return line
		}
		return ""
	}
}

// TestTraps merges by difference where that is easily wrong.
func TestTraps(t *testing.T) {
	plain := numbered(40, nil)
	open := bytes.TrimSuffix(plain, []byte("\n"))
	everywhere := func(change func(int) string) [3][]byte {
		data := numbered(40, change)
		return [3][]byte{data, data, append(bytes.Clone(data), "k900,n,n\n"...)}
	}
	for _, c := range []struct {
		name string
		in   [3][]byte
		most int // rows left out at the most
	}{
		{"base's last row is the start of a longer one", [3][]byte{open, append(bytes.Clone(open), "9\n"...), open}, 39},
		{"base's last row has no line end, a side's has", [3][]byte{open, plain, open}, 39},
		{"a lone CR where a side has CR LF", [3][]byte{numbered(40, at(20, "k020,x,y\r")), numbered(40, at(20, "k020,x,y\r\n")), plain}, 39},
		{"a blank line that comes behind a lone CR", everywhere(func(i int) string { return at(20, "# c\nk020,x,y\r")(i) + at(25, "\nk025,x,y\n")(i) }), 39},
		{"a lone CR at the end of what could be left out", everywhere(func(i int) string {
			return at(20, "# c\nk020,x,y\n")(i) + at(24, "k024,x,y\r")(i) + at(25, "# d\nk025,x,y\n")(i)
		}), 39},
		{"a cell that holds line ends", everywhere(at(20, "k020,\"x\n\n,z\",y\n")), 39},
		{"a comment with a quote", everywhere(at(20, "# it's \"odd\nk020,x,y\n")), 39},
		{"equal comments", everywhere(func(i int) string { return fmt.Sprintf("# same\nk%03d,x,y\n", i) }), 0},
		{"rows without a key", everywhere(at(20, ",x,y\n")), 38},
		{"a marker line that nobody changed", everywhere(at(20, "<<<<<<< k020,x,y\n")), 39},
		{"a NUL that nobody changed", everywhere(at(20, "k020,x,\x00\n")), 39},
		{"a row copied from those left out", [3][]byte{plain, numbered(40, at(12, "k012,x,y12\nk020,x,y20\n")), numbered(40, at(30, "k030,x,z\n"))}, 0},
		{"an anchor copied below itself", [3][]byte{plain, numbered(40, at(12, "k012,x,y12\nk012,x,y12\n")), numbered(40, at(12, "k012,x,z\n"))}, 39},
		{"an anchor changed, and copied as it was below what is left out", [3][]byte{plain, numbered(40, func(i int) string { return at(12, "k012,x,z\n")(i) + at(30, "k012,x,y12\nk030,x,y30\n")(i) }), numbered(40, at(39, "k039,x,t\n"))}, 0},
		{"a row moved down", [3][]byte{plain, append(numbered(40, at(12, "k0121,x,y\n")), "k012,x,y12\n"...), plain}, 0},
		{"a row moved by one side and deleted by the other", [3][]byte{plain, append(numbered(40, at(12, "k0121,x,y\n")), "k012,x,y12\n"...), numbered(40, at(12, "k0122,x,y\n"))}, 0},
		{"a key renamed, its values stand once", [3][]byte{plain, numbered(40, at(12, "r012,x,y12\n")), plain}, 0},
		{"a key renamed, its values stand twice", [3][]byte{numbered(40, at(22, "k022,x,y12\n")), numbered(40, func(i int) string { return at(12, "r012,x,y12\n")(i) + at(22, "k022,x,y12\n")(i) }), numbered(40, at(22, "k022,x,y12\n"))}, 0},
		{"a key that stands twice in base", everywhere(at(20, "k019,x,y\n")), 0},
		{"keys in no order", everywhere(func(i int) string { return fmt.Sprintf("q%d,x,y\n", i*7%40) }), 39},
		{"keys in no order, one twice", everywhere(func(i int) string { return fmt.Sprintf("q%d,x,y\n", i*7%39) }), 0},
		{"one side converted some line ends", [3][]byte{plain, numbered(40, at(12, "k012,x,y\r\n")), plain}, 39},
		{"one side converted all that is kept, and nothing that is left out", [3][]byte{plain, bytes.Replace(numbered(40, func(i int) string {
			if i < 13 || i == 39 {
				return fmt.Sprintf("k%03d,x,y%d\r\n", i, i)
			}
			return ""
		}), []byte("\n"), []byte("\r\n"), 1), numbered(40, at(2, "k002,x,t\n"))}, 39},
		{"mixed line ends that nobody changed", everywhere(at(20, "k020,x,y\r\n")), 39},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, in := range [][3][]byte{c.in, {c.in[0], c.in[2], c.in[1]}} {
				if n := mergeBothWays(t, in, merge.Options{}); n > c.most {
					t.Errorf("%d rows left out, %d at the most", n, c.most)
				}
			}
		})
	}
}

// inFile is a file whose reads may fail.
type inFile struct {
	*bytes.Reader
	err error
}

func (f inFile) ReadAt(p []byte, off int64) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return f.Reader.ReadAt(p, off)
}

func section(data []byte) *io.SectionReader {
	return io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data)))
}

const memory = 1 << 20

// TestMergeLarge merges random edits of a file in windows of many sizes.
func TestMergeLarge(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	edits := func() func(int) string {
		return func(i int) string {
			switch rng.IntN(20) {
			case 0:
				return fmt.Sprintf("k%03d,x,%d\n", i, rng.IntN(5))
			case 1:
				return fmt.Sprintf("# %d\nk%03d,x,y%d\n", rng.IntN(3), i, i)
			case 2:
				return fmt.Sprintf("k%03d,x,y%d\nk%03d+,n,n\n", i, i, i)
			case 3:
				return "\n"
			}
			return ""
		}
	}
	merged := 0
	for range 20 {
		in := [3][]byte{numbered(300, at(7, "k007,\"a\nb\",y\n")), numbered(300, edits()), numbered(300, edits())}
		want := observe(merge.Merge(in[0], in[1], in[2], merge.Options{}))
		for _, size := range []int{1, 30, 100, 777, 1 << 20} {
			sizes := tiny
			sizes.Large = size
			under(sizes, func() {
				r, err := merge.MergeLarge(section(in[0]), section(in[1]), section(in[2]), merge.Options{}, memory)
				if errors.Is(err, errors.ErrUnsupported) {
					return // what looks like a rename
				}
				if err != nil {
					t.Fatal(err)
				}
				var out bytes.Buffer
				if n, err := r.WriteTo(&out); err != nil || int(n) != out.Len() {
					t.Fatalf("%d bytes, %v", n, err)
				}
				got := observe(r, nil)
				got.Merged = splitLines(out.Bytes())
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("windows of %d: Merge (-), MergeLarge (+):\n%s", size, diff)
				}
				merged++
			})
		}
	}
	if merged < 50 {
		t.Errorf("%d merges only", merged)
	}
}

// TestMergeLargeWidens has a block of rows that is larger than a window, with keys that do not
// tell where base goes on. It is found in wide windows, and base's rows are left out behind it.
func TestMergeLargeWidens(t *testing.T) {
	base := numbered(900, nil)
	ours := numbered(900, func(i int) string {
		if i != 100 {
			return ""
		}
		var block strings.Builder
		for n := range 100 {
			fmt.Fprintf(&block, "z%03d,n,n\n", n)
		}
		return block.String() + "k100,x,y100\n"
	})
	theirs := numbered(900, at(880, "k880,t,t\n"))
	for _, c := range []struct{ wide, least, most int }{{100, 0, 200}, {1 << 14, 850, 900}} {
		under(tune.Sizes{Block: 64, MostBlock: 128, Part: 1 << 20, Large: 100, MostLarge: c.wide, Window: 4, Patience: 2}, func() {
			r, err := merge.MergeLarge(section(base), section(ours), section(theirs), merge.Options{}, memory)
			if err != nil {
				t.Fatal(err)
			}
			if n := merge.LeftOut(r); n < c.least || n > c.most {
				t.Errorf("with windows of %d bytes %d rows are left out, want %d to %d", c.wide, n, c.least, c.most)
			}
			var got bytes.Buffer
			if _, err := r.WriteTo(&got); err != nil {
				t.Fatal(err)
			}
			want, err := merge.Merge(base, ours, theirs, merge.Options{})
			if err != nil || !bytes.Equal(got.Bytes(), want.Bytes()) {
				t.Errorf("the result is another one, %v", err)
			}
		})
	}
}

// TestMergeLargeMarkers has what looks like long markers in rows that are left out: those of a
// conflict are longer. They are looked for in base when there is a conflict, and only then.
func TestMergeLargeMarkers(t *testing.T) {
	base := numbered(900, at(700, "k700,=========,y\n"))
	edited := func(row int, value string) []byte {
		return bytes.Replace(base, fmt.Appendf(nil, "k%03d,x", row), fmt.Appendf(nil, "k%03d,%s", row, value), 1)
	}
	ours := edited(100, "o")
	broken := errors.New("broken")
	few := tune.Sizes{Block: 64, MostBlock: 128, Part: 1 << 20, Large: 100, Window: 4, Patience: 2}
	for _, theirs := range [][]byte{edited(100, "t"), edited(500, "t")} {
		under(few, func() {
			want, err := merge.Merge(base, ours, theirs, merge.Options{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := merge.MergeLarge(section(base), section(ours), section(theirs), merge.Options{}, memory)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if _, err := got.WriteTo(&out); err != nil || !bytes.Equal(out.Bytes(), want.Bytes()) {
				t.Errorf("another result than in memory, %v", err)
			}
			if !got.Clean() && !bytes.Contains(out.Bytes(), []byte("\n<<<<<<<<<< ours")) {
				t.Errorf("no marker of ten characters in %q", out.Bytes()[1000:1400])
			}
			bad := io.NewSectionReader(smallReads{bytes.NewReader(base), broken}, 0, int64(len(base)))
			if _, err := merge.MergeLarge(bad, section(ours), section(theirs), merge.Options{}, memory); errors.Is(err, broken) == got.Clean() {
				t.Errorf("error %v, and the merge is clean: %t", err, got.Clean())
			}
		})
	}
}

// smallReads is a file of which no more can be read at once than a window is large.
type smallReads struct {
	*bytes.Reader
	err error
}

func (f smallReads) ReadAt(p []byte, off int64) (int, error) {
	if len(p) > 1000 {
		return 0, f.err
	}
	return f.Reader.ReadAt(p, off)
}

// TestMergeLargeRefuses says why, and is never wrong instead.
func TestMergeLargeRefuses(t *testing.T) {
	plain := numbered(40, nil)
	for _, c := range []struct {
		name   string
		in     [3][]byte
		reason string
	}{
		{"no header", [3][]byte{{}, plain, plain}, "header"},
		{"a column added", [3][]byte{plain, bytes.Replace(plain, []byte("id,a,b"), []byte("id,a,b,c"), 1), plain}, "header"},
		{"keys in no order", [3][]byte{numbered(40, at(9, "a,x,y\n")), plain, plain}, "increase"},
		{"a row moved", [3][]byte{plain, append(numbered(40, at(12, "k0121,x,y\n")), "k012,x,y12\n"...), plain}, "moved"},
		{"a key renamed", [3][]byte{plain, numbered(40, at(12, "r012,x,y12\n")), plain}, "renamed"},
		{"a quote that is open", [3][]byte{numbered(40, at(30, "k030,\"x,y\n")), plain, plain}, "quote"},
		{"a quote that is open in a side", [3][]byte{plain, numbered(40, at(39, "k039,\"x,y\n")), plain}, "quote"},
		{"a NUL that nobody changed", [3][]byte{numbered(40, at(20, "k020,\x00,y\n")), numbered(40, at(20, "k020,\x00,y\n")), numbered(40, at(20, "k020,\x00,y\n"))}, "NUL"},
		{"too many changes", [3][]byte{plain, numbered(40, func(i int) string { return fmt.Sprintf("k%03d,%s,y\n", i, strings.Repeat("z", memory/60)) }), plain}, "differs"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sizes := tiny
			sizes.Large = 100
			under(sizes, func() {
				_, err := merge.MergeLarge(section(c.in[0]), section(c.in[1]), section(c.in[2]), merge.Options{}, memory)
				var large *merge.LargeError
				if !errors.As(err, &large) || !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(large.Reason, c.reason) {
					t.Errorf("error %v, want one of %q", err, c.reason)
				}
			})
		})
	}
}

// TestMergeLargeInVain gives up where most rows differ, but not for one place in which they do,
// nor where the files would not fit in memory.
func TestMergeLargeInVain(t *testing.T) {
	const rows = 900
	base := numbered(rows, nil)
	changed := func(differs func(i int) bool) []byte {
		return numbered(rows, func(i int) string {
			if differs(i) {
				return fmt.Sprintf("k%03d,t,y%d\n", i, i)
			}
			return ""
		})
	}
	all := func(int) bool { return true }
	for _, c := range []struct {
		name    string
		differs func(i int) bool
		memory  int
		reason  string // "" if there is a merge
	}{
		{"everywhere", all, memory, "most rows differ"},
		{"nearly everywhere", func(i int) bool { return i%7 > 0 }, memory, "most rows differ"},
		{"in one place", func(i int) bool { return i < rows/9 }, memory, ""},
		{"everywhere, in little memory", all, 3 * len(base), "too much differs"},
	} {
		t.Run(c.name, func(t *testing.T) {
			under(tune.Sizes{Judge: 16, Block: 64, MostBlock: 128, Part: 1000, Large: 100, MostLarge: 200, Window: 4, Patience: 2}, func() {
				_, err := merge.MergeLarge(section(base), section(base), section(changed(c.differs)), merge.Options{}, c.memory)
				var large *merge.LargeError
				switch {
				case errors.As(err, &large) && c.reason != "" && strings.Contains(large.Reason, c.reason):
				case err != nil || c.reason != "":
					t.Errorf("error %v, want %q", err, c.reason)
				}
			})
		})
	}
}

// TestLargeFails has files that cannot be read, while merging and while writing.
func TestLargeFails(t *testing.T) {
	plain, broken := numbered(900, nil), errors.New("broken")
	bad := io.NewSectionReader(inFile{bytes.NewReader(plain), broken}, 0, int64(len(plain)))
	for v := range 3 {
		in := [3]*io.SectionReader{section(plain), section(plain), section(plain)}
		in[v] = bad
		if _, err := merge.MergeLarge(in[0], in[1], in[2], merge.Options{}, memory); !errors.Is(err, broken) {
			t.Errorf("input %d: error %v", v, err)
		}
	}
	file := bytes.NewReader(plain)
	base := io.NewSectionReader(file, 0, int64(len(plain)))
	r, err := merge.DiffLarge(base, section(numbered(900, at(9, "k009,n,n\n"))), csvrows.Options{}, memory)
	if err != nil {
		t.Fatal(err)
	}
	if r.Bytes() != nil {
		t.Error("there are bytes of a large result")
	}
	if n := len(slices.Collect(r.Changes())); n != 2 {
		t.Errorf("%d changes, want both cells", n)
	}
	file.Reset(plain[:100])
	if _, err := r.WriteTo(io.Discard); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a file that became shorter gives %v", err)
	}
}
