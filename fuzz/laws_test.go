package fuzz

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/fuzz/oracle"
	"github.com/rowkeep/rowkeep/merge"
)

// law is one of the laws of the contract: a check of a triple, or of views of its merge.
type law struct {
	name  string
	check property
	sees  func(v *view) (bool, error)
	// settled: it holds as it stands where policies and strategies settle conflicts.
	settled bool
	// slow: enumerations leave it out.
	slow bool
	// raw: it compares merges with one another, and so needs no second reading of the
	// inputs that tells what was changed: it holds of any bytes.
	raw bool
	// lines: it follows comment and blank lines, and so needs to tell them apart.
	lines bool
}

// laws are the thirteen laws, in the order of the contract.
var laws = []law{
	{name: "Law01Unchanged", check: unchanged, raw: true},
	{name: "Law02Symmetry", check: symmetry, settled: true, raw: true},
	{name: "Law03NoLostUpdate", sees: noLostUpdate, settled: true, lines: true},
	{name: "Law04NoInvention", sees: noInvention},
	{name: "Law05NoResurrection", sees: noResurrection, settled: true},
	{name: "Law06Locality", sees: locality, slow: true},
	{name: "Law07Disjoint", sees: disjoint},
	{name: "Law08Bytes", sees: untouchedBytes, settled: true},
	{name: "Law09Absorption", check: absorption, lines: true},
	{name: "Law10Granularity", check: granularity, raw: true},
	{name: "Law11Strategies", check: strategies, slow: true, raw: true},
	{name: "Law12Changes", sees: replay, settled: true},
	{name: "Law13Determinism", check: determinism, settled: true, slow: true, raw: true},
}

func TestLaws(t *testing.T) {
	for _, l := range laws {
		t.Run(l.name, func(t *testing.T) { checkDrawn(t, l.property(), drawTriple) })
	}
}

// property is the law as a check of a triple.
func (l law) property() property {
	if l.check != nil {
		return l.check
	}
	return func(tr triple) (bool, error) {
		views, err := tr.views()
		if err != nil {
			return true, err
		}
		return l.holdsIn(views)
	}
}

// holdsIn checks each view. What is not a valid input has none.
func (l law) holdsIn(views []*view) (bool, error) {
	applied := false
	for _, v := range views {
		applies, err := l.sees(v)
		if err != nil {
			return true, fmt.Errorf("output %d: %w", v.tr.opt.Output, err)
		}
		applied = applied || applies
	}
	return applied, nil
}

// firstBroken runs laws on one triple, over the same views. It names the first that does
// not hold.
func firstBroken(tr triple, which func(law) bool) error {
	views, err := tr.views()
	if err != nil {
		return err
	}
	for _, l := range laws {
		if !which(l) {
			continue
		}
		if l.check != nil {
			_, err = l.check(tr)
		} else {
			_, err = l.holdsIn(views)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
	}
	return nil
}

// unchanged is law 1: M(b,b,t) = t, M(b,o,b) = o, M(b,x,x) = x, for all that parses.
func unchanged(tr triple) (bool, error) {
	b, o, t := tr.base, tr.ours, tr.theirs
	for _, same := range []struct {
		triple
		want []byte
	}{
		{triple{b, b, t, tr.opt}, t},
		{triple{b, o, b, tr.opt}, o},
		{triple{b, o, o, tr.opt}, o},
		{triple{b, b, b, tr.opt}, b},
	} {
		if !same.parses() {
			continue
		}
		r, err := same.merge()
		if err != nil {
			return true, fmt.Errorf("refused: %w\n%v", err, same.triple)
		}
		if len(r.Conflicts) > 0 || !bytes.Equal(r.Bytes(), same.want) {
			return true, fmt.Errorf("result %q, conflicts %+v, want %q\n%v", r.Bytes(), r.Conflicts, same.want, same.triple)
		}
	}
	return true, nil
}

// parses reports inputs that each parse, by one delimiter.
func (tr triple) parses() bool {
	delimiter, err := csvrows.Detect(tr.opt.Read, tr.all()...)
	if err != nil {
		return false
	}
	read := tr.opt.Read
	read.Delimiter = delimiter
	return !slices.ContainsFunc(tr.all(), func(data []byte) bool {
		_, err := csvrows.Parse(data, read)
		return err != nil
	})
}

// symmetry is law 2: with the sides exchanged, the same bytes and mirrored lists.
func symmetry(tr triple) (bool, error) {
	r, err := tr.merge()
	mirrored, mirroredErr := tr.mirror().merge()
	if err != nil || mirroredErr != nil {
		return false, mirroredErrors(err, mirroredErr)
	}
	want, got := inverted(r), listsOf(mirrored)
	if diff := cmp.Diff(want, got, anyOrder); diff != "" {
		return true, fmt.Errorf("lists of the mirrored merge (-want +got):\n%s", diff)
	}
	sided := tr.opt.Output == merge.Markers && !r.Clean()
	if !sided && !bytes.Equal(r.Bytes(), mirrored.Bytes()) {
		return true, fmt.Errorf("result %q, mirrored %q", r.Bytes(), mirrored.Bytes())
	}
	return true, nil
}

// mirroredErrors compares refusals: both merges, of mirrored inputs. Where several
// inputs are at fault, which is named first is free.
func mirroredErrors(err, mirrored error) error {
	if err == nil || mirrored == nil {
		return fmt.Errorf("one order of the sides is refused only: %v / %v", err, mirrored)
	}
	if a, b := fmt.Sprintf("%T", errors.Unwrap(err)), fmt.Sprintf("%T", errors.Unwrap(mirrored)); a != b {
		return fmt.Errorf("refused for different reasons: %v / %v", err, mirrored)
	}
	return nil
}

// lists is what a result says beside its bytes.
type lists struct {
	Conflicts []merge.Conflict
	Warnings  []merge.Warning
	Changes   []merge.Change
	Stats     merge.Stats
}

// listsOf leaves out what is written for people only.
func listsOf(r *merge.Result) lists {
	l := lists{slices.Clone(r.Conflicts), slices.Clone(r.Warnings), slices.Collect(r.Changes()), r.Stats}
	for i := range l.Warnings {
		l.Warnings[i].Message = ""
	}
	return l
}

// anyOrder compares lists whatever their order, which follows the sides.
var anyOrder = cmp.Options{
	cmpopts.EquateEmpty(),
	cmpopts.SortSlices(func(a, b merge.Conflict) bool { return fmt.Sprint(a) < fmt.Sprint(b) }),
	cmpopts.SortSlices(func(a, b merge.Warning) bool { return fmt.Sprint(a) < fmt.Sprint(b) }),
	cmpopts.SortSlices(func(a, b merge.Change) bool { return fmt.Sprint(a) < fmt.Sprint(b) }),
}

// inverted is what the mirrored merge must say.
func inverted(r *merge.Result) lists {
	l := listsOf(r)
	for i := range l.Conflicts {
		c := &l.Conflicts[i]
		c.Kind = invertedKind(c.Kind)
		c.Ours, c.Theirs = c.Theirs, c.Ours
		c.Lines.Ours, c.Lines.Theirs = c.Lines.Theirs, c.Lines.Ours
		c.Settled = strings.NewReplacer("ours", "theirs", "theirs", "ours").Replace(c.Settled)
	}
	for i := range l.Warnings {
		l.Warnings[i].Input = invertedSide(l.Warnings[i].Input)
	}
	for i := range l.Changes {
		c := &l.Changes[i]
		c.From = invertedSide(c.From)
		c.Lines.Ours, c.Lines.Theirs = c.Lines.Theirs, c.Lines.Ours
	}
	l.Stats.Rows.Ours, l.Stats.Rows.Theirs = l.Stats.Rows.Theirs, l.Stats.Rows.Ours
	return l
}

func invertedKind(k merge.ConflictKind) merge.ConflictKind {
	pairs := map[merge.ConflictKind]merge.ConflictKind{
		merge.KindDeleteModify: merge.KindModifyDelete, merge.KindModifyDelete: merge.KindDeleteModify,
		merge.KindColumnDeleteEdit: merge.KindColumnEditDelete, merge.KindColumnEditDelete: merge.KindColumnDeleteEdit,
	}
	if inverse, ok := pairs[k]; ok {
		return inverse
	}
	return k
}

func invertedSide(s merge.Side) merge.Side {
	switch s {
	case merge.Ours:
		return merge.Theirs
	case merge.Theirs:
		return merge.Ours
	}
	return s
}

// granularity is law 10: what conflicts by cells conflicts by rows, columns aside. And a
// row that both sides changed, not to the same, conflicts by rows.
func granularity(tr triple) (bool, error) {
	cells, err := tr.look(merge.OutputBase)
	byRows := tr.with(func(o *merge.Options) { o.Granularity = merge.Rows })
	rows, rowsErr := byRows.look(merge.OutputBase)
	if cells == nil || rows == nil || err != nil || rowsErr != nil {
		return false, errors.Join(err, rowsErr)
	}
	for _, c := range cells.r.Conflicts {
		if c.Key != nil && !ofColumns[c.Kind] && !rows.conflictAbout(oracle.Key(c.Key...)) {
			return true, fmt.Errorf("a key conflicts by cells and not by rows: %+v", c)
		}
	}
	for _, key := range rows.changedTwice() {
		if !rows.conflictAbout(key) {
			return true, fmt.Errorf("both sides changed row %q, and it does not conflict by rows", key)
		}
	}
	return len(cells.r.Conflicts)+len(rows.changedTwice()) > 0, nil
}

// changedTwice lists the keys of rows that both sides changed, differently, where no
// column came or went.
func (v *view) changedTwice() []string {
	if !v.sameHeaders() || v.renames() {
		return nil
	}
	var keys []string
	for _, key := range v.in[base].Order {
		b, o, t := v.in[base].Rows[key], v.in[ours].Rows[key], v.in[theirs].Rows[key]
		if v.kept(key) && !maps.Equal(o, b) && !maps.Equal(t, b) && !maps.Equal(o, t) {
			keys = append(keys, key)
		}
	}
	return keys
}

// ofColumns are the kinds that are about columns.
var ofColumns = map[merge.ConflictKind]bool{
	merge.KindColumnDeleteEdit: true, merge.KindColumnEditDelete: true,
	merge.KindColumnAddAdd: true, merge.KindColumnRename: true,
}

// determinism is law 13: the same again, every time.
func determinism(tr triple) (bool, error) { return tr.sameAgain(100) }

func (tr triple) sameAgain(runs int) (bool, error) {
	first, err := tr.merge()
	if err != nil {
		return false, nil
	}
	want := listsOf(first)
	for i := 1; i < runs; i++ {
		again, err := tr.merge()
		if err != nil {
			return true, fmt.Errorf("run %d is refused: %w", i, err)
		}
		if got := listsOf(again); !bytes.Equal(first.Bytes(), again.Bytes()) || !reflect.DeepEqual(want, got) {
			return true, fmt.Errorf("run %d differs: %q, not %q\n%s", i, again.Bytes(), first.Bytes(), cmp.Diff(want, got))
		}
	}
	return true, nil
}
