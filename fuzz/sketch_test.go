package fuzz

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"testing"

	"github.com/rowkeep/rowkeep/internal/tune"
	"github.com/rowkeep/rowkeep/merge"
	"pgregory.net/rapid"
)

// The merge by difference is held against the merge of whole inputs: byte for byte,
// and in all that a result says.

// tiny makes every step of a merge by difference happen in small inputs.
var tiny = tune.Sizes{Least: 0, Block: 1, MostBlock: 2, Part: 20, Large: 1, MostLarge: 3, Window: 1, Patience: 1, Ahead: 1}

// ahead leaves nothing out, but where it must, and has rows composed beside others.
var ahead = tune.Sizes{Least: -1, Block: 1, MostBlock: 2, Part: 20, Large: 1, MostLarge: 3, Window: 1, Patience: 1, Ahead: 3}

// wide differs from what is usual only in that small inputs are not merged whole.
var wide = tune.Sizes{Least: 0, Block: tune.Merge.Block, MostBlock: tune.Merge.MostBlock, Part: 1 << 20, Large: 100, MostLarge: 1000, Window: tune.Merge.Window, Patience: tune.Merge.Patience}

// told is all that a merge says.
type told struct {
	bytes   []byte
	output  bool
	result  merge.Result
	changes []merge.Change
	err     error
}

func tell(r *merge.Result, err error) told {
	if err != nil {
		return told{err: err}
	}
	var out bytes.Buffer
	if _, err := r.WriteTo(&out); err != nil {
		return told{err: err}
	}
	x := told{bytes: out.Bytes(), output: r.HasOutput(), changes: slices.Collect(r.Changes())}
	x.result = merge.Result{Conflicts: r.Conflicts, Warnings: r.Warnings, Stats: r.Stats, Key: r.Key, Columns: r.Columns}
	return x
}

// under merges, and diffs base with theirs, with these sizes.
func (tr triple) under(sizes tune.Sizes) (merged, diffed told) {
	usual := tune.Merge
	tune.Merge = sizes
	defer func() { tune.Merge = usual }()
	return tell(tr.merge()), tell(merge.Diff(tr.base, tr.theirs, tr.opt.Read))
}

// large is under for the merge of windows. It may say that it cannot.
func (tr triple) large(sizes tune.Sizes) (merged, diffed told) {
	usual := tune.Merge
	tune.Merge = sizes
	defer func() { tune.Merge = usual }()
	const memory = 1 << 20
	file := func(data []byte) *io.SectionReader {
		return io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data)))
	}
	return tell(merge.MergeLarge(file(tr.base), file(tr.ours), file(tr.theirs), tr.opt, memory)),
		tell(merge.DiffLarge(file(tr.base), file(tr.theirs), tr.opt.Read, memory))
}

// sameByDifference holds merges by difference against the one of whole inputs. It applies
// where the merge of windows does, as that has no other way than by difference.
func sameByDifference(tr triple) (applies bool, err error) {
	merged, diffed := tr.under(tune.Sizes{Least: -1})
	for _, sizes := range []tune.Sizes{tiny, wide, ahead} {
		m, d := tr.under(sizes)
		if err := m.differsFrom(merged); err != nil {
			return true, fmt.Errorf("merge by difference, %+v: %w", sizes, err)
		}
		if err := d.differsFrom(diffed); err != nil {
			return true, fmt.Errorf("diff by difference, %+v: %w", sizes, err)
		}
		m, d = tr.large(sizes)
		applies = applies || m.err == nil
		if err := m.differsFrom(merged); err != nil && !errors.Is(m.err, errors.ErrUnsupported) {
			return true, fmt.Errorf("merge of windows, %+v: %w", sizes, err)
		}
		if err := d.differsFrom(diffed); err != nil && !errors.Is(d.err, errors.ErrUnsupported) {
			return true, fmt.Errorf("diff of windows, %+v: %w", sizes, err)
		}
	}
	return applies, nil
}

func (x told) differsFrom(y told) error {
	switch {
	case !reflect.DeepEqual(x.err, y.err):
		return fmt.Errorf("error %v, whole %v", x.err, y.err)
	case !bytes.Equal(x.bytes, y.bytes):
		return fmt.Errorf("result %q, whole %q", x.bytes, y.bytes)
	case !reflect.DeepEqual(x, y):
		return fmt.Errorf("%+v, whole %+v", x, y)
	}
	return nil
}

func TestByDifferenceDrawn(t *testing.T)   { checkDrawn(t, sameByDifference, drawTriple) }
func TestByDifferenceSettled(t *testing.T) { checkDrawn(t, sameByDifference, drawSettled) }

// TestByDifferencePadded puts rows that nobody changed between those of a drawn triple.
func TestByDifferencePadded(t *testing.T) {
	checkDrawn(t, sameByDifference, func(t *rapid.T) triple { return drawSettled(t).padded(rapid.Uint64().Draw(t, "padding")) })
}

// padded puts runs of rows that are the same in all versions behind rows that are: the
// same in all versions, and chosen by the bits of a number.
func (tr triple) padded(where uint64) triple {
	n := 0
	pad := map[string]string{} // by row
	choose := bits(where)
	for _, line := range bytes.SplitAfter(tr.base, []byte{'\n'}) {
		shared := len(line) > 0 && bytes.Count(tr.base, line) == 1 && bytes.Count(tr.ours, line) == 1 && bytes.Count(tr.theirs, line) == 1
		if !shared || bytes.Contains(line, []byte{'"'}) || choose.flag() {
			continue
		}
		var rows []byte
		for range 1 + choose.next(20) {
			n++
			rows = fmt.Appendf(rows, "pad%03d,x,y\n", n)
		}
		pad[string(line)] = string(rows)
	}
	insert := func(data []byte) []byte {
		var out []byte
		for _, line := range bytes.SplitAfter(data, []byte{'\n'}) {
			out = append(append(out, line...), pad[string(line)]...)
		}
		return out
	}
	tr.base, tr.ours, tr.theirs = insert(tr.base), insert(tr.ours), insert(tr.theirs)
	return tr
}

// FuzzByDifference merges any three inputs with any options, with rows that nobody
// changed in between.
func FuzzByDifference(f *testing.F) {
	for i, tr := range seeds(f) {
		f.Add(tr.base, tr.ours, tr.theirs, uint64(0), uint64(0))
		f.Add(tr.base, tr.ours, tr.theirs, uint64(i)*0x9e3779b97f4a7c15, uint64(i))
	}
	f.Fuzz(func(t *testing.T, base, ours, theirs []byte, b, where uint64) {
		if len(base)+len(ours)+len(theirs) > largestTriple {
			t.Skip("too large")
		}
		opt := commas()
		if b > 0 {
			opt = (*bits)(&b).options()
		}
		tr := triple{base, ours, theirs, opt}
		for _, tr := range []triple{tr, tr.padded(where)} {
			if _, err := sameByDifference(tr); err != nil {
				t.Fatalf("%v\n%v", err, tr)
			}
		}
	})
}
