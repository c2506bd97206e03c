package fuzz

import (
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
	"pgregory.net/rapid"
)

// FuzzNoCrash merges any three inputs with any options: no panic, and no output where
// there is an error.
func FuzzNoCrash(f *testing.F) {
	for i, tr := range seeds(f) {
		f.Add(tr.base, tr.ours, tr.theirs, uint64(0))
		f.Add(tr.base, tr.ours, tr.theirs, uint64(i)*0x9e3779b97f4a7c15)
	}
	f.Fuzz(func(t *testing.T, base, ours, theirs []byte, b uint64) {
		opt := (*bits)(&b).options()
		if err := mergesOrRefuses(triple{base, ours, theirs, opt}); err != nil {
			t.Fatalf("%v\n%v", err, triple{base, ours, theirs, opt})
		}
	})
}

// mergesOrRefuses uses everything that a result offers.
func mergesOrRefuses(tr triple) error {
	r, err := tr.merge()
	switch {
	case err != nil && r != nil:
		return errors.New("there is a result beside the error " + err.Error())
	case err != nil:
		return nil
	}
	if n, err := r.WriteTo(io.Discard); err != nil || int(n) != len(r.Bytes()) {
		return errors.New("WriteTo does not write Bytes")
	}
	if r.HasOutput() == (tr.opt.Output == merge.NoOutput && !r.Clean()) {
		return errors.New("HasOutput does not tell whether conflicts keep the output back")
	}
	return errors.Join(r.WriteJSON(io.Discard), r.WriteNDJSON(io.Discard))
}

// FuzzLaws runs all laws on three plain inputs, and on any others those that need no
// second reading of them. Lines that say the same, and blanks do, are a matter of
// alignment, in which mutated bytes reach ever more; FuzzDrawn judges those that edits of a
// sheet make. Of the many merges of law 13 it makes a few: where chance has a say, it shows
// in one of so many inputs.
func FuzzLaws(f *testing.F) {
	fuzzTriples(f, func(t testing.TB, tr triple) {
		plain := tr.plain()
		lines := plain && tr.linesTell()
		err := firstBroken(tr, func(l law) bool {
			return l.name != "Law13Determinism" && (l.raw || plain && (lines || !l.lines))
		})
		if err == nil {
			_, err = tr.sameAgain(5)
		}
		if err != nil {
			t.Fatalf("%v\n%v", err, tr)
		}
	})
}

// FuzzOracle holds the merge of three plain inputs against the oracle, which says less
// the odder they are; FuzzDrawn holds it against odder ones that were drawn.
func FuzzOracle(f *testing.F) {
	fuzzTriples(f, func(t testing.TB, tr triple) {
		if !tr.plain() || !tr.linesTell() {
			return
		}
		if _, err := agreesWithOracle(tr); err != nil {
			t.Fatalf("%v\n%v", err, tr)
		}
	})
}

// FuzzMarkers cuts the output with markers of three plain inputs. What is left of NULs may
// look like UTF-16.
func FuzzMarkers(f *testing.F) {
	fuzzTriples(f, func(t testing.TB, tr triple) {
		if !tr.plain() || !tr.linesTell() || tr.holdsNUL() {
			return
		}
		if _, err := markers(tr); err != nil {
			t.Fatalf("%v\n%v", err, tr)
		}
	})
}

// plain reports three files with a header of different names and rows with different
// keys, in columns that all of them have.
func (tr triple) plain() bool {
	key := ""
	for i, data := range tr.all() {
		f, err := csvrows.Parse(data, tr.opt.Read)
		if err != nil || f.HeaderRecord() < 0 || f.PrefixedHeader() || !distinct(f.Columns()) {
			return false
		}
		cols, err := f.KeyColumns()
		if err != nil {
			return false
		}
		var keys []string
		for rec := range f.Len() {
			if f.Kind(rec) == csvrows.Row {
				keys = append(keys, f.Key(rec, cols).String())
			}
		}
		if name := f.Columns()[cols[0]]; i > 0 && name != key || !distinct(keys) {
			return false
		}
		key = f.Columns()[cols[0]]
	}
	return true
}

// linesTell reports inputs in which no two comment or blank lines say the same: in none
// does one stand twice, and all are bare, neither quoted nor padded. Of those that say the
// same only alignment tells which is which, and mutated bytes hold them in every form that
// there is; FuzzDrawn judges those that people and programs make.
func (tr triple) linesTell() bool {
	for _, data := range tr.all() {
		f, err := csvrows.Parse(data, tr.opt.Read)
		if err != nil {
			return false
		}
		seen := map[string]bool{}
		for rec := range f.Len() {
			if kind := f.Kind(rec); kind != csvrows.Comment && kind != csvrows.Blank {
				continue
			}
			text := string(f.Text(rec))
			if seen[text] || !bare(text, f.Delimiter()) {
				return false
			}
			seen[text] = true
		}
	}
	return true
}

// bare reports a comment that is neither quoted nor padded, or a blank line of no bytes.
func bare(line string, delimiter byte) bool {
	return line == "" || line[0] == '#' && line[len(line)-1] != delimiter
}

// distinct reports strings that are not empty and stand once.
func distinct(list []string) bool {
	sorted := slices.Sorted(slices.Values(list))
	return len(slices.Compact(sorted)) == len(list) && !slices.Contains(list, "")
}

// largestTriple keeps mutated inputs small: the laws compare everything with everything.
const largestTriple = 1 << 12

// fuzzTriples mutates bytes, from all seeds.
func fuzzTriples(f *testing.F, check func(testing.TB, triple)) {
	for _, tr := range seeds(f) {
		f.Add(tr.base, tr.ours, tr.theirs)
	}
	f.Fuzz(func(t *testing.T, base, ours, theirs []byte) {
		if len(base)+len(ours)+len(theirs) > largestTriple {
			t.Skip("too large")
		}
		check(t, triple{base, ours, theirs, commas()})
	})
}

// FuzzDrawn lets the fuzzer steer what rapid draws: edit scripts instead of bytes.
func FuzzDrawn(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) {
		tr := drawTriple(t)
		if err := firstBroken(tr, func(law) bool { return true }); err != nil {
			t.Fatalf("%v\n%v", err, tr)
		}
		for _, p := range []property{agreesWithOracle, markers} {
			if _, err := p(tr); err != nil {
				t.Fatalf("%v\n%v", err, tr)
			}
		}
		settled := drawSettled(t)
		if err := firstBroken(settled, func(l law) bool { return l.settled }); err != nil {
			t.Fatalf("%v\n%v", err, settled)
		}
	}))
}
