package state_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rowkeep/rowkeep/store/internal/state"
)

// A place is a state directory with its log.
type place struct {
	testing.TB
	dir  state.Dir
	log  *state.Log
	path string // of the log
}

func newPlace(t testing.TB) *place {
	t.Helper()
	p := &place{TB: t, dir: state.Beside(filepath.Join(t.TempDir(), "config.csv"))}
	if err := p.dir.Create(nil); err != nil {
		t.Fatal(err)
	}
	p.path = filepath.Join(p.dir.Path(), "log")
	p.open()
	return p
}

// open begins as a process does that knows nothing of the log yet.
func (p *place) open() { p.log = p.dir.Log() }

func version(kind state.Kind, content string) state.Version {
	return state.Version{Entry: state.Entry{Kind: kind, Time: time.Unix(1e9, 0).UTC()}, Content: []byte(content)}
}

func (p *place) append(versions ...state.Version) (undo func() error) {
	p.Helper()
	_, undo, err := p.log.Append(versions...)
	if err != nil {
		p.Fatal(err)
	}
	return undo
}

func (p *place) history() state.History {
	p.Helper()
	h, err := p.dir.History()
	if err != nil {
		p.Fatal(err)
	}
	return h
}

// said is a version as a history tells it; the content of one that is not known is "?".
type said struct {
	Seq     int64
	Kind    state.Kind
	Content string
}

func (p *place) said() (list []said) {
	p.Helper()
	for e, content := range p.history().Contents {
		s := said{e.Seq, e.Kind, "?"}
		if content != nil {
			s.Content = string(content)
			if state.DigestOf(content) != e.Digest {
				p.Errorf("version %d has content of another digest", e.Seq)
			}
		}
		list = append(list, s)
	}
	return list
}

func (p *place) want(want ...said) {
	p.Helper()
	if diff := cmp.Diff(want, p.said()); diff != "" {
		p.Errorf("history (-want +got):\n%s", diff)
	}
}

func (p *place) read() []byte {
	p.Helper()
	data, err := os.ReadFile(p.path)
	if err != nil {
		p.Fatal(err)
	}
	return data
}

func (p *place) write(path string, data []byte) {
	p.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		p.Fatal(err)
	}
}

// lines is a file whose versions differ in one line each.
func lines(n int) string {
	var b strings.Builder
	b.WriteString("id,v\n")
	for i := range 5 {
		fmt.Fprintf(&b, "row-%d,%d\n", i, n*min(1, i%2)+i)
	}
	return b.String()
}

// Numbers rise over all kinds; only what stood in the file is the last version.
func TestAppend(t *testing.T) {
	p := newPlace(t)
	if _, _, ok, err := p.log.Last(); ok || err != nil {
		t.Fatalf("a version before the first (%v)", err)
	}
	p.append(version(state.Read, "a"), version(state.Commit, "b"))
	p.append(version(state.Stray, "c"), version(state.Conflict, "d"))
	for _, l := range []*state.Log{p.log, p.dir.Log()} {
		if last, _, ok, err := l.Last(); !ok || err != nil || last.Seq != 2 {
			t.Errorf("the last version is %d (%v), want 2", last.Seq, err)
		}
	}
	p.open()
	p.append(version(state.Commit, "e"))
	p.want(said{1, state.Read, "a"}, said{2, state.Commit, "b"}, said{3, state.Stray, "c"}, said{4, state.Conflict, "d"}, said{5, state.Commit, "e"})
}

// What a version is said to keep of another one than the last is not believed.
func TestKeptOfAnother(t *testing.T) {
	p := newPlace(t)
	p.append(version(state.Read, "id,v\na,1\n"), version(state.Commit, "id,v\na,2\n"))
	v := version(state.Commit, "id,w\nb,3\n")
	v.Kept = state.Kept{Of: state.DigestOf([]byte("id,w\nb,2\n")), Head: 7, Tail: 1}
	p.append(v)
	p.want(said{1, state.Read, "id,v\na,1\n"}, said{2, state.Commit, "id,v\na,2\n"}, said{3, state.Commit, "id,w\nb,3\n"})
	v = version(state.Commit, "id,w\nb,44\n")
	v.Kept = state.Kept{Of: state.DigestOf([]byte("id,w\nb,3\n")), Head: 7, Tail: 1}
	p.append(v)
	p.want(said{1, state.Read, "id,v\na,1\n"}, said{2, state.Commit, "id,v\na,2\n"}, said{3, state.Commit, "id,w\nb,3\n"}, said{4, state.Commit, "id,w\nb,44\n"})
}

// A commit that did not come about leaves nothing, and the next one gets its number.
func TestUndo(t *testing.T) {
	p := newPlace(t)
	p.append(version(state.Read, "a"))
	before := p.read()
	if err := p.append(version(state.Stray, "b"), version(state.Commit, "c"))(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(p.read(), before) {
		t.Errorf("the log is not as it was")
	}
	p.append(version(state.Commit, "d"))
	p.want(said{1, state.Read, "a"}, said{2, state.Commit, "d"})
}

// Two processes take turns; each knows what the other did, even where the log has the same
// length as before.
func TestNews(t *testing.T) {
	p := newPlace(t)
	other := p.dir.Log()
	p.append(version(state.Read, "a"))
	undo := p.append(version(state.Commit, "b"))
	if _, _, _, err := other.Last(); err != nil {
		t.Fatal(err)
	}
	if err := undo(); err != nil {
		t.Fatal(err)
	}
	p.append(version(state.Commit, "c"))
	last, news, _, err := other.Last()
	if err != nil || !news || last.Digest != state.DigestOf([]byte("c")) {
		t.Errorf("the other process sees news %v, %v (%v)", news, last.Digest, err)
	}
}

// However a crash cuts or fills what was appended last, the versions before it are read,
// and the next one is numbered behind them.
func TestTorn(t *testing.T) {
	p := newPlace(t)
	p.append(version(state.Read, lines(0)))
	whole := len(p.read())
	p.append(version(state.Commit, lines(1)))
	both := p.read()
	for n := whole; n < len(both); n++ {
		zeroed := append(bytes.Clone(both[:n]), make([]byte, len(both)-n)...)
		for _, torn := range [][]byte{both[:n], zeroed} {
			p.write(p.path, torn)
			p.open()
			want := []said{{1, state.Read, lines(0)}}
			if n == len(both)-1 && len(torn) == n { // only the line end is missing
				want = append(want, said{2, state.Commit, lines(1)})
			}
			p.want(want...)
			p.append(version(state.Commit, lines(2)))
			p.want(append(want, said{int64(len(want)) + 1, state.Commit, lines(2)})...)
			if t.Failed() {
				t.Fatalf("cut at %d of %d", n, len(both))
			}
		}
	}
}

// What a killed process left of a line is cut off, and is no damage then.
func TestMendedEnd(t *testing.T) {
	p := newPlace(t)
	p.append(version(state.Read, "a"))
	whole := p.read()
	p.append(version(state.Commit, "b"))
	both := p.read()
	for n := len(whole); n < len(both)-1; n++ {
		for _, torn := range [][]byte{both[:n], append(bytes.Clone(both[:n]), 0, 0)} {
			p.write(p.path, torn)
			p.open()
			if err := p.log.Recover([]byte("a")); err != nil {
				t.Fatal(err)
			}
			p.want(said{1, state.Read, "a"})
			if h := p.history(); len(h.Damaged) > 0 {
				t.Fatalf("cut at %d: damaged %v", n, h.Damaged)
			}
		}
	}
}

// chain makes a log of versions by patches, with a stray among them.
func chain(t testing.TB) (*place, []said) {
	p := newPlace(t)
	p.append(version(state.Read, lines(0)), version(state.Commit, lines(1)))
	p.append(version(state.Stray, lines(7)), version(state.Commit, lines(2)))
	p.append(version(state.Commit, lines(3)))
	return p, p.said()
}

// A byte that is another one is noticed, hides few versions, and never shows as content.
func TestFlippedBits(t *testing.T) {
	p, whole := chain(t)
	data := p.read()
	for i := range data {
		for _, bits := range []byte{1, 0x20, 0xff} { // the second one is upper and lower case
			data[i] ^= bits
			p.write(p.path, data)
			data[i] ^= bits
			h := p.history()
			if len(h.Damaged) == 0 {
				t.Fatalf("bits %x of byte %d: not noticed", bits, i)
			}
			known := map[int64]said{}
			for _, s := range whole {
				known[s.Seq] = s
			}
			for _, s := range p.said() {
				if want := known[s.Seq]; s.Content != "?" && s != want || s.Kind != want.Kind {
					t.Fatalf("bits %x of byte %d: version %d is %q, a %s", bits, i, s.Seq, s.Content, s.Kind)
				}
			}
			if n := len(h.Entries); n < len(whole)-2 {
				t.Fatalf("bits %x of byte %d: %d versions are left of %d", bits, i, n, len(whole))
			}
		}
	}
}

// A log that was cut anywhere has a beginning of the versions, as they were.
func TestTruncated(t *testing.T) {
	p, whole := chain(t)
	data := p.read()
	for n := range data {
		p.write(p.path, data[:n])
		got := p.said()
		if diff := cmp.Diff(whole[:len(got)], got, cmp.Transformer("", func(s []said) []said { return append([]said{}, s...) })); diff != "" {
			t.Fatalf("cut at %d:\n%s", n, diff)
		}
	}
}

// What damage hides in the log is still in the displaced files.
func TestContentOfDisplacedFiles(t *testing.T) {
	p := newPlace(t)
	const first, second, third = "one\n", "one\ntwo\n", "ONE\ntwo\n" // the third has its end from the second
	for _, text := range []string{first, second, third} {
		p.append(version(state.Commit, text))
	}
	data := p.read()
	data[bytes.Index(data, []byte(`"seq":2`))] ^= 1
	p.write(p.path, data)
	unknown := []said{{1, state.Commit, first}, {3, state.Commit, "?"}}
	p.want(unknown...)
	intent := p.dir.Intent(3, state.DigestOf([]byte(second)), state.DigestOf([]byte(third)))
	p.write(intent.Path, []byte(second))
	p.want(said{1, state.Commit, first}, said{3, state.Commit, third})
	p.write(intent.Path, []byte("somebody wrote to it"))
	p.want(unknown...)
}

// A patch of a version that is hidden fits the one before that too, and makes something
// that never was of it.
func TestPatchOfHidden(t *testing.T) {
	p := newPlace(t)
	for _, text := range []string{"a\nb\nc\n", "a\nX\nc\n", "a\nX\nC\n"} {
		p.append(version(state.Commit, text))
	}
	data := p.read()
	data[bytes.Index(data, []byte(`"seq":2`))] ^= 1
	p.write(p.path, data)
	p.want(said{1, state.Commit, "a\nb\nc\n"}, said{3, state.Commit, "?"})
}

// A line that stands twice is damage: numbers rise.
func TestLineTwice(t *testing.T) {
	p := newPlace(t)
	p.append(version(state.Commit, "a"))
	p.write(p.path, append(p.read(), p.read()...))
	p.want(said{1, state.Commit, "a"})
	if got := p.history().Damaged; len(got) != 1 {
		t.Errorf("damaged lines %v", got)
	}
}

// Where damage may hide a version its place is told; else there is none.
func TestIndex(t *testing.T) {
	p := newPlace(t)
	for _, text := range []string{"a", "b", "c"} {
		p.append(version(state.Commit, text))
	}
	data := p.read()
	at := bytes.Index(data, []byte(`"seq":2`))
	data[at] ^= 1
	p.write(p.path, data)
	h := p.history()
	start := int64(bytes.LastIndexByte(data[:at], '\n')) + 1
	for seq, want := range map[int64]struct {
		i       int
		damaged bool
	}{0: {-1, false}, -1: {-1, false}, 1: {0, false}, 2: {-1, true}, 3: {1, false}, 4: {-1, false}} {
		i, place, damaged := h.Index(seq)
		if i != want.i || damaged != want.damaged || damaged && place.Offset != start {
			t.Errorf("version %d: index %d at %v, damaged %v", seq, i, place, damaged)
		}
	}
}

// A version that damage hides keeps its number: whoever asks for it does not get another
// one.
func TestNumberOfHidden(t *testing.T) {
	for _, hidden := range []int{1, 2} { // of two, the last ones
		p := newPlace(t)
		p.append(version(state.Commit, "a"))
		p.append(version(state.Read, "b"))
		data := p.read()
		for seq := 2; seq > 2-hidden; seq-- {
			data[bytes.Index(data, fmt.Appendf(nil, `"seq":%d`, seq))] ^= 1
		}
		p.write(p.path, data)
		p.open()
		if err := p.log.Recover([]byte("b")); err != nil {
			t.Fatal(err)
		}
		if seq, _, err := p.log.Append(version(state.Commit, "c")); err != nil || seq != 3 {
			t.Errorf("with %d hidden the next version is %d (%v), want 3", hidden, seq, err)
		}
		if _, _, damaged := p.history().Index(2); !damaged {
			t.Errorf("with %d hidden version 2 is not known to be damaged", hidden)
		}
	}
}

// A log with a hole of a terabyte is not read; Recover puts it aside, and keeps it.
func TestHuge(t *testing.T) {
	p := newPlace(t)
	p.append(version(state.Commit, "a"))
	if err := os.Truncate(p.path, 1<<40); err != nil {
		t.Skip("no sparse file of a terabyte here:", err)
	}
	p.open()
	if _, _, ok, err := p.log.Last(); ok || err != nil {
		t.Errorf("a version in a hole (%v)", err)
	}
	if h := p.history(); len(h.Damaged) == 0 {
		t.Error("no damage")
	}
	if err := p.log.Recover(nil); err != nil {
		t.Fatal(err)
	}
	p.append(version(state.Commit, "b"))
	p.want(said{1, state.Commit, "b"})
	if _, err := os.Stat(p.path + ".damaged"); err != nil {
		t.Error(err)
	}
}

// A log that somebody has removed is made again.
func TestRemoved(t *testing.T) {
	p := newPlace(t)
	p.append(version(state.Commit, "a"))
	if err := os.Remove(p.path); err != nil {
		t.Fatal(err)
	}
	p.append(version(state.Commit, "b"))
	p.want(said{1, state.Commit, "b"})
	if err := os.RemoveAll(p.dir.Path()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.log.Append(version(state.Commit, "c")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without the directory the error is %v", err)
	}
}

// Any versions, kept by any processes, read back exactly, and no chain of patches is much
// longer than the content.
func TestAnyVersionsReadBack(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		p := newPlace(t)
		text := rapid.SliceOfN(rapid.SampledFrom([]byte("ab\n\x00\xff")), 0, 40)
		var want []said
		var content []byte
		for range rapid.IntRange(1, 40).Draw(r, "commits") {
			if rapid.Bool().Draw(r, "another process") {
				p.open()
			}
			var batch []state.Version
			for range rapid.IntRange(1, 3).Draw(r, "versions") {
				if rapid.IntRange(0, 3).Draw(r, "new") == 0 {
					content = nil
				}
				at := rapid.IntRange(0, len(content)).Draw(r, "at")
				end := rapid.IntRange(at, len(content)).Draw(r, "to")
				content = append(append(bytes.Clone(content[:at]), text.Draw(r, "text")...), content[end:]...)
				kind := rapid.SampledFrom([]state.Kind{state.Commit, state.Read, state.Stray, state.Conflict}).Draw(r, "kind")
				batch = append(batch, state.Version{Entry: state.Entry{Kind: kind}, Content: content})
			}
			undo := p.append(batch...)
			if rapid.IntRange(0, 4).Draw(r, "undone") == 0 {
				if err := undo(); err != nil {
					r.Fatal(err)
				}
				continue
			}
			for _, v := range batch {
				want = append(want, said{int64(len(want)) + 1, v.Kind, string(v.Content)})
			}
			if rapid.Bool().Draw(r, "known") && len(batch) > 0 {
				p.log.Know(content)
			}
		}
		if diff := cmp.Diff(want, p.said()); diff != "" {
			r.Fatalf("history (-want +got):\n%s", diff)
		}
		for _, e := range p.history().Entries {
			if e.Chain > 2*e.Digest.Len+1<<12 {
				r.Fatalf("version %d of %d bytes has a chain of %d", e.Seq, e.Digest.Len, e.Chain)
			}
		}
	})
}
