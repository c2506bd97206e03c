package fuzz

import (
	"fmt"
	"maps"
	"slices"

	"github.com/rowkeep/rowkeep/fuzz/oracle"
	"github.com/rowkeep/rowkeep/merge"
)

// replay is law 12: the result holds what it says, and its changes, replayed on base,
// give its values.
func replay(v *view) (bool, error) {
	if err := v.holdsWhatItSays(); err != nil {
		return true, err
	}
	if slices.ContainsFunc(v.in, func(t *oracle.Table) bool { return len(t.Repeated) > 0 }) || len(v.r.Key) > 1 || !v.namesTell() {
		return false, nil
	}
	table := copyOf(v.in[base])
	for _, phase := range phases {
		for c := range v.r.Changes() {
			if !slices.Contains(phase, c.Kind) {
				continue
			}
			if err := v.isOf(c); err != nil {
				return true, err
			}
			if err := table.apply(c); err != nil {
				return true, fmt.Errorf("change %+v: %w", c, err)
			}
		}
	}
	return true, table.differs(v.out)
}

func (v *view) holdsWhatItSays() error {
	var columns []string
	for _, c := range v.out.Columns {
		columns = append(columns, c.Name)
	}
	if !slices.Equal(columns, v.r.Columns) {
		return fmt.Errorf("the result says columns %q and holds %q", v.r.Columns, columns)
	}
	rows := 0
	for _, rec := range v.out.Records {
		if rec.Kind == oracle.Row {
			rows++
		}
	}
	if rows != v.r.Stats.Rows.Result {
		return fmt.Errorf("the result says %d rows and holds %d", v.r.Stats.Rows.Result, rows)
	}
	if standing := v.r.Stats.Standing; standing+v.r.Stats.Settled != len(v.r.Conflicts) {
		return fmt.Errorf("%d conflicts stand and %d are settled, of %d", standing, v.r.Stats.Settled, len(v.r.Conflicts))
	}
	return nil
}

// phases is the order in which changes are replayed.
var phases = [][]merge.ChangeKind{
	{merge.ChangeColumnRenamed, merge.ChangeColumnDeleted, merge.ChangeKeyRenamed, merge.ChangeRowDeleted},
	{merge.ChangeColumnAdded, merge.ChangeRowAdded},
	{merge.ChangeCell, merge.ChangeComment},
}

// replayed is a table that changes are replayed on: maps only.
type replayed struct {
	columns map[oracle.Column]bool
	rows    map[string]oracle.Cells
	keyless *keylessRows
	lines   map[string]int // comments
}

// keylessRows are rows without a key, which their cells alone tell: those of base, and
// those that changes took away, are called by base's columns; those that changes brought
// by the result's.
type keylessRows struct {
	base, taken, brought []oracle.Cells
	now                  map[oracle.Column]oracle.Column // what became of base's columns
}

// gone is what a deleted column became.
var gone = oracle.Column{}

// count counts the rows that stand, by what they hold in the result's columns. One that
// holds nothing there is a blank line.
func (k *keylessRows) count() map[string]int {
	counts := map[string]int{}
	for _, row := range k.base {
		counts[k.translated(row)]++
	}
	for _, row := range k.taken {
		counts[k.translated(row)]--
	}
	for _, row := range k.brought {
		counts[row.String()]++
	}
	delete(counts, "")
	maps.DeleteFunc(counts, none)
	return counts
}

func (k *keylessRows) translated(row oracle.Cells) string {
	cells := oracle.Cells{}
	for column, value := range row {
		if now, changed := k.now[column]; !changed {
			cells[column] = value
		} else if now != gone {
			cells[now] = value
		}
	}
	return cells.String()
}

func none(_ string, n int) bool { return n == 0 }

func copyOf(t *oracle.Table) replayed {
	r := replayed{
		map[oracle.Column]bool{},
		map[string]oracle.Cells{},
		&keylessRows{base: keylessOf(t), now: map[oracle.Column]oracle.Column{}},
		map[string]int{},
	}
	for _, c := range t.Columns {
		r.columns[c] = true
	}
	for key, cells := range t.Rows {
		r.rows[key] = maps.Clone(cells)
	}
	for _, rec := range t.Records {
		if rec.Kind == oracle.Comment {
			r.lines[rec.Text]++
		}
	}
	return r
}

func (r replayed) apply(c merge.Change) error {
	key, column := oracle.Key(c.Key...), columnOf(c.Column)
	if key == "" && (c.Before.Rows != nil || c.After.Rows != nil) {
		r.changeKeyless(c)
		return nil
	}
	switch c.Kind {
	case merge.ChangeColumnRenamed:
		return r.renameColumn(column, columnOf(c.After.Text))
	case merge.ChangeColumnDeleted:
		return r.deleteColumn(column)
	case merge.ChangeColumnAdded:
		return add(r.columns, column, true)
	case merge.ChangeKeyRenamed:
		return r.renameKey(c)
	case merge.ChangeRowDeleted:
		return remove(r.rows, key)
	case merge.ChangeRowAdded:
		return add(r.rows, key, asCells(c.After.Rows[0]))
	case merge.ChangeCell:
		return r.setCell(key, column, c)
	case merge.ChangeComment:
		r.changeLine(c)
	}
	return nil
}

func add[K comparable, V any](m map[K]V, key K, value V) error {
	if _, ok := m[key]; ok {
		return fmt.Errorf("%v is there already", key)
	}
	m[key] = value
	return nil
}

func remove[K comparable, V any](m map[K]V, key K) error {
	if _, ok := m[key]; !ok {
		return fmt.Errorf("%v is not there", key)
	}
	delete(m, key)
	return nil
}

func (r replayed) renameColumn(old, name oracle.Column) error {
	for _, cells := range r.rows {
		if value, ok := cells[old]; ok {
			delete(cells, old)
			cells[name] = value
		}
	}
	r.keyless.now[old] = name
	if err := remove(r.columns, old); err != nil {
		return err
	}
	return add(r.columns, name, true)
}

func (r replayed) deleteColumn(c oracle.Column) error {
	for _, cells := range r.rows {
		delete(cells, c)
	}
	r.keyless.now[c] = gone
	return remove(r.columns, c)
}

func (r replayed) renameKey(c merge.Change) error {
	cells := r.rows[c.Before.Text]
	if err := remove(r.rows, c.Before.Text); err != nil {
		return err
	}
	cells[columnOf(c.Column)] = c.After.Text
	return add(r.rows, c.After.Text, cells)
}

func (r replayed) setCell(key string, column oracle.Column, c merge.Change) error {
	cells, ok := r.rows[key]
	if !ok {
		return fmt.Errorf("row %q is not there", key)
	}
	if cells[column] != c.Before.Text {
		return fmt.Errorf("the cell was %q", cells[column])
	}
	delete(cells, column)
	if c.After.Text != "" {
		cells[column] = c.After.Text
	}
	return nil
}

// changeKeyless notes the change of a row without a key.
func (r replayed) changeKeyless(c merge.Change) {
	for _, row := range c.Before.Rows {
		r.keyless.taken = append(r.keyless.taken, asCells(row))
	}
	for _, row := range c.After.Rows {
		r.keyless.brought = append(r.keyless.brought, asCells(row))
	}
}

func (r replayed) changeLine(c merge.Change) {
	if c.Before.Exists {
		r.lines[c.Before.Text]--
	}
	if c.After.Exists {
		r.lines[c.After.Text]++
	}
}

// differs compares with what the result holds. A result without a header lacks no
// columns.
func (r replayed) differs(out *oracle.Table) error {
	want := copyOf(out)
	if out.HasHeader && !maps.Equal(r.columns, want.columns) {
		return fmt.Errorf("changes give columns %v, the result has %v", r.columns, want.columns)
	}
	if !maps.EqualFunc(r.rows, want.rows, maps.Equal[oracle.Cells, oracle.Cells]) {
		return fmt.Errorf("changes give rows %v, the result has %v", r.rows, want.rows)
	}
	keyless, wantKeyless := r.keyless.count(), want.keyless.count()
	if sameColumns := maps.Equal(r.columns, want.columns); sameColumns && !maps.Equal(keyless, wantKeyless) {
		return fmt.Errorf("changes give rows without a key %v, the result has %v", keyless, wantKeyless)
	}
	maps.DeleteFunc(r.lines, none)
	if !maps.Equal(r.lines, want.lines) {
		return fmt.Errorf("changes give lines %v, the result has %v", r.lines, want.lines)
	}
	return nil
}

// isOf checks that a change is one of the side it names.
func (v *view) isOf(c merge.Change) error {
	sides := map[merge.Side][]int{merge.Ours: {ours}, merge.Theirs: {theirs}, merge.Both: bothSides}[c.From]
	settled := len(v.tr.opt.Policies) > 0 && c.From == merge.Neither
	if sides == nil && c.From != merge.Base && !settled {
		return fmt.Errorf("change names side %v: %+v", c.From, c)
	}
	for _, side := range sides {
		if !v.made(side, c) {
			return fmt.Errorf("input %d did not make the change %+v", side, c)
		}
	}
	return nil
}

// made reports whether a side holds what a change says.
func (v *view) made(side int, c merge.Change) bool {
	t, key, column := v.in[side], oracle.Key(c.Key...), columnOf(c.Column)
	_, hasRow := t.Rows[key]
	hasColumn := slices.Contains(t.Columns, column)
	if key == "" && (c.Before.Rows != nil || c.After.Rows != nil) {
		return v.madeKeyless(side, c)
	}
	switch c.Kind {
	case merge.ChangeColumnAdded:
		return hasColumn
	case merge.ChangeColumnDeleted:
		return !hasColumn
	case merge.ChangeColumnRenamed:
		return slices.Contains(t.Columns, columnOf(c.After.Text))
	case merge.ChangeKeyRenamed:
		_, renamed := t.Rows[c.After.Text]
		return renamed && !hasRow
	case merge.ChangeRowDeleted:
		return !hasRow
	case merge.ChangeRowAdded:
		return hasRow
	case merge.ChangeCell:
		return v.madeCell(t, key, column, c.After.Text)
	}
	return true
}

// madeKeyless looks for a row without a key, where columns are base's: as a side has it,
// or as base had it. One that moved with the row below it is deleted and added.
func (v *view) madeKeyless(side int, c merge.Change) bool {
	if !v.sameHeaders() {
		return true
	}
	if c.After.Exists {
		return keyless(v.in[side])[asCells(c.After.Rows[0]).String()] > 0
	}
	return keyless(v.in[base])[asCells(c.Before.Rows[0]).String()] > 0
}

// madeCell looks for a value under the names that a side has for the row and the
// column.
func (v *view) madeCell(t *oracle.Table, key string, column oracle.Column, value string) bool {
	for _, alias := range v.aliases(key) {
		for _, name := range v.columnAliases(column) {
			known := name.Unnamed || slices.Contains(t.Columns, name)
			if cells, ok := t.Rows[alias]; ok && known && cells[name] == value {
				return true
			}
		}
	}
	return false
}

// columnAliases lists the names that a column of the result has in the versions.
func (v *view) columnAliases(column oracle.Column) []oracle.Column {
	list := []oracle.Column{column}
	for old, now := range v.renamedColumns {
		if now == column {
			list = append(list, old)
		}
	}
	for _, c := range v.r.Conflicts {
		if c.Kind == merge.KindColumnRename && v.namesColumn(c, column) {
			list = append(list, columnOf(c.Base.Text), columnOf(c.Ours.Text), columnOf(c.Theirs.Text))
		}
	}
	return list
}

// aliases lists the keys that a row of the result has in the versions.
func (v *view) aliases(key string) []string {
	list := []string{key}
	for old, now := range v.renamedKeys {
		if now == key {
			list = append(list, old)
		}
	}
	for _, c := range v.r.Conflicts {
		if v.ofKey(c, key) {
			list = append(list, c.Base.Text, c.Ours.Text, c.Theirs.Text)
		}
	}
	return list
}
