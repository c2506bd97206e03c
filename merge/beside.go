package merge

import "github.com/rowkeep/rowkeep/csvrows"

// A RowCell is one column of a row in the three versions. A version that lacks the row
// or the column has a Value that does not exist.
type RowCell struct {
	// Column is what conflicts and changes call the column.
	Column string
	// Key is true for key columns.
	Key bool

	Base, Ours, Theirs Value
}

// Row returns the whole row that a conflict is about, as it stands in the three
// versions: what is to be seen beside the conflict. Columns stand in the order of base,
// then those that ours and theirs added; fields without a column come last. It is nil
// where a conflict is not about a row, and for [KindDuplicateKey], whose values are rows.
func (r *Result) Row(c Conflict) []RowCell {
	if c.Kind == KindDuplicateKey || c.Kind == KindComment {
		return nil
	}
	own := *r.m
	m := &own
	m.scratch = scratch{} // what is read here must not disturb other callers
	t, found := m.rowAt(c.Lines)
	if !found {
		return nil
	}
	all := rowMerge{merger: m, rec: t}
	for v, rec := range t {
		if rec >= 0 {
			m.fields[v] = m.in[v].Fields(m.fields[v][:0], int(rec))
		}
	}
	cells := make([]RowCell, 0, len(m.cols))
	add := func(c *column) {
		x := RowCell{Column: c.label, Key: c.isKey}
		for v, value := range [...]*Value{inBase: &x.Base, inOurs: &x.Ours, inTheirs: &x.Theirs} {
			if t[v] >= 0 && c.in(v) {
				*value = text(string(all.view(v, c).value()))
			}
		}
		cells = append(cells, x)
	}
	for i := range m.cols {
		add(&m.cols[i])
	}
	for n := range all.mostUnnamed() {
		add(m.columnAt(len(m.layout) + n))
	}
	return cells
}

// rowAt finds the rows that start in given lines.
func (m *merger) rowAt(l Lines) (t triple, found bool) {
	for v, line := range [...]int{inBase: l.Base, inOurs: l.Ours, inTheirs: l.Theirs} {
		t[v] = none
		if i := m.in[v].recordAt(line); i >= 0 && m.in[v].Kind(i) == csvrows.Row {
			t[v], found = int32(i), true
		}
	}
	return t, found
}

// recordAt is the record that starts in a line, by halving; -1 where none does.
func (x *version) recordAt(line int) int {
	from, to := 0, x.Len()
	for from < to {
		mid := (from + to) / 2
		if x.Line(mid) < line {
			from = mid + 1
		} else {
			to = mid
		}
	}
	if from < x.Len() && x.Line(from) == line {
		return from
	}
	return -1
}
