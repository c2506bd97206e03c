package fuzz

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/rowkeep/rowkeep/fuzz/oracle"
	"github.com/rowkeep/rowkeep/merge"
)

// takes pairs each strategy with the answer by hand and the output that mean the same.
var takes = []struct {
	strategy merge.Strategy
	side     merge.Side
	output   merge.Output
}{
	{merge.TakeOurs, merge.Ours, merge.OutputOurs},
	{merge.TakeTheirs, merge.Theirs, merge.OutputTheirs},
	{merge.TakeBase, merge.Base, merge.OutputBase},
}

// strategies is law 11.
func strategies(tr triple) (bool, error) {
	open, err := tr.merge()
	if err != nil {
		return false, nil
	}
	for _, take := range takes {
		settled, err := tr.strategy(take.strategy).merge()
		if isRowError(err) {
			continue // a column went that kept a row from reading as a comment or a blank
		}
		if err != nil {
			return true, fmt.Errorf("refused with strategy %v only: %w", take.side, err)
		}
		byHand, err := tr.with(func(o *merge.Options) {
			o.Resolve = func(merge.Conflict) merge.Resolution { return merge.Resolution{Side: take.side} }
		}).merge()
		if err != nil {
			return true, fmt.Errorf("refused when settled by hand to %v only: %w", take.side, err)
		}
		if err := sameSettlement(take.side, open, settled, byHand); err != nil {
			return true, err
		}
		if err := tr.onlyConflictsDiffer(take.output, settled); err != nil {
			return true, fmt.Errorf("strategy %v: %w", take.side, err)
		}
	}
	return len(open.Conflicts) > 0, tr.exchanged()
}

// isRowError reports a result that there is no way to write.
func isRowError(err error) bool {
	var row *merge.RowError
	var header *merge.HeaderError
	return errors.As(err, &row) || errors.As(err, &header)
}

// sameSettlement compares a strategy with the same answers by hand, and both lists of
// conflicts with those of the merge that settled nothing.
func sameSettlement(side merge.Side, open, settled, byHand *merge.Result) error {
	if !settled.Clean() || !byHand.Clean() {
		return fmt.Errorf("conflicts stand after settling them to %v", side)
	}
	if !bytes.Equal(settled.Bytes(), byHand.Bytes()) {
		return fmt.Errorf("settled by strategy %v %q, by hand %q", side, settled.Bytes(), byHand.Bytes())
	}
	want, got := slices.Clone(open.Conflicts), settled.Conflicts
	for i := range want {
		want[i].Settled = side.String()
	}
	if slices.ContainsFunc(want, aboutColumn) {
		// Rows without a key are compared in the columns of the result, which are others
		// once a conflict of columns is settled: so are the edits found in such rows.
		want, got = slices.DeleteFunc(want, aboutKeyless), slices.DeleteFunc(slices.Clone(got), aboutKeyless)
	}
	// A row that both added is reported where it stands, which is another place if a
	// comment between two that it could take is settled to go.
	if diff := cmp.Diff(want, got, anyOrder); diff != "" {
		return fmt.Errorf("conflicts settled to %v (-open +settled):\n%s", side, diff)
	}
	return nil
}

func aboutColumn(c merge.Conflict) bool {
	switch c.Kind {
	case merge.KindColumnDeleteEdit, merge.KindColumnEditDelete, merge.KindColumnRename:
		return true
	}
	return false
}

// aboutKeyless reports conflicts of a row whose key fields are all empty.
func aboutKeyless(c merge.Conflict) bool {
	return c.Kind == merge.KindDuplicateKey && strings.Join(c.Key, "") == ""
}

// onlyConflictsDiffer compares a strategy with the merge that leaves conflicts
// standing: what no conflict is about is the same.
func (tr triple) onlyConflictsDiffer(output merge.Output, settled *merge.Result) error {
	v, err := tr.look(output)
	if v == nil || err != nil {
		return err
	}
	tables, err := oracle.Read(must(tr.format()), append(tr.all(), settled.Bytes())...)
	if err != nil {
		return fmt.Errorf("the settled result does not read: %w", err)
	}
	got := tables[len(tables)-1]
	for _, key := range slices.Sorted(maps.Keys(v.out.Rows)) {
		if v.conflictAbout(key) || v.repeated(key) {
			continue
		}
		for c, value := range v.out.Rows[key] {
			if is, stands := got.Rows[key][c], slices.Contains(got.Columns, c); is != value && stands {
				return fmt.Errorf("cell %v is %q, and %q where conflicts stand", spot{key, c}, is, value)
			}
		}
	}
	return nil
}

func must[T any](value T, _ bool) T { return value }

// exchanged: to settle by ours is to settle the mirrored merge by theirs.
func (tr triple) exchanged() error {
	a, errA := tr.strategy(merge.TakeOurs).merge()
	b, errB := tr.strategy(merge.TakeOurs).mirror().merge()
	if isRowError(errA) && isRowError(errB) {
		return nil
	}
	if errA != nil || errB != nil {
		return fmt.Errorf("refused: %v / %v", errA, errB)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		return fmt.Errorf("ours(b,o,t) is %q, theirs(b,t,o) is %q", a.Bytes(), b.Bytes())
	}
	return nil
}
