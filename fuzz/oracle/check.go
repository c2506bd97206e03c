package oracle

import (
	"fmt"
	"maps"
	"slices"
)

// CheckTable compares a clean result with the answer.
func (a Answer) CheckTable(result *Table) error {
	for _, check := range []func(*Table) error{a.checkColumns, a.checkRows, a.checkLines, a.checkOrder, a.checkAdded} {
		if err := check(result); err != nil {
			return err
		}
	}
	return nil
}

func (a Answer) checkColumns(result *Table) error {
	got := map[Column]bool{}
	for _, c := range result.Columns {
		got[c] = true
	}
	if !maps.Equal(a.Columns, got) {
		return fmt.Errorf("columns are %v, want %v", sortedColumns(got), sortedColumns(a.Columns))
	}
	return nil
}

func sortedColumns(set map[Column]bool) []Column {
	return slices.SortedFunc(maps.Keys(set), compareColumns)
}

func (a Answer) checkRows(result *Table) error {
	for _, key := range keys(a.Rows) {
		got, ok := result.Rows[key]
		switch want := a.Rows[key]; {
		case a.Unsure[key]:
		case !ok:
			return fmt.Errorf("row %q is missing, want %v", key, want)
		case !maps.Equal(want, got):
			return fmt.Errorf("row %q is %v, want %v", key, got, want)
		}
	}
	for _, key := range keys(result.Rows) {
		if _, ok := a.Rows[key]; !ok && !a.Unsure[key] {
			return fmt.Errorf("row %q stands and should not: %v", key, result.Rows[key])
		}
	}
	return nil
}

func (a Answer) checkLines(result *Table) error {
	if !a.LinesKnown {
		return nil
	}
	got := map[string]int{}
	for _, rec := range result.Records {
		if rec.Kind == Comment || rec.Kind == Blank {
			got[rec.Text]++
		}
	}
	if !maps.Equal(a.Lines, got) {
		return fmt.Errorf("comment and blank lines are %v, want %v", got, a.Lines)
	}
	return nil
}

func (a Answer) checkOrder(result *Table) error {
	if got := common(result.Order, a.KeptOrder); a.KeptOrder != nil && !slices.Equal(got, a.KeptOrder) {
		return fmt.Errorf("kept rows stand as %q, want %q", got, a.KeptOrder)
	}
	return nil
}

// checkAdded checks that a row one side added stands above the kept row it stood
// above there, and below those of that side that stood above it.
func (a Answer) checkAdded(result *Table) error {
	if a.KeptOrder == nil {
		return nil
	}
	for _, key := range keys(a.Below) {
		at := slices.Index(result.Order, key)
		below := append(common(result.Order[at+1:], a.KeptOrder), "")
		if below[0] != a.Below[key] {
			return fmt.Errorf("added row %q stands above %q, want above %q", key, below[0], a.Below[key])
		}
	}
	for _, pair := range a.Above {
		if slices.Index(result.Order, pair[0]) > slices.Index(result.Order, pair[1]) {
			return fmt.Errorf("added row %q stands above %q, which stood above it", pair[1], pair[0])
		}
	}
	return nil
}

// CheckConflicts compares a list of conflicts with the answer, whatever its order.
func (a Answer) CheckConflicts(got []Conflict) error {
	missing := map[Conflict]int{}
	for _, c := range a.Conflicts {
		missing[c]++
	}
	for _, c := range got {
		ofRow := c.Kind != "comment" && c.Kind != "column_rename"
		switch {
		case ofRow && a.Unsure[c.Key], c.Kind == "comment" && !a.LinesKnown:
		case missing[c] == 0:
			return fmt.Errorf("unexpected conflict: %v", c)
		default:
			missing[c]--
		}
	}
	for c, n := range missing {
		if n > 0 {
			return fmt.Errorf("missing conflict: %v", c)
		}
	}
	return nil
}
