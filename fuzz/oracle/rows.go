package oracle

import (
	"fmt"
	"maps"
	"slices"
)

// row is one row of the merge: its key in each version that has it.
type row struct {
	key [3]string
	has [3]bool
	// result is the key in the result.
	result string
}

// cells gives the row in a version; no cells where it has none.
func (m *merger) cells(r row, version int) Cells {
	if !r.has[version] {
		return nil
	}
	return m.in[version].Rows[r.key[version]]
}

// value gives a cell in a version, empty where the row or the column is missing.
func (m *merger) value(r row, c column, version int) string {
	if !c.has[version] {
		return ""
	}
	return m.cells(r, version)[c.at[version]]
}

// mergeRow decides about the values of one row, as the table of section 3 has it.
func (m *merger) mergeRow(r row) {
	before := len(m.answer.Conflicts)
	if m.unsure(r) {
		return
	}
	m.editsOfDeletedColumns(r)
	switch {
	case r.has[ours] && r.has[theirs]:
		m.mergeCells(r)
	case r.has[base] && (r.has[ours] || r.has[theirs]):
		m.deleteRow(r)
	case !r.has[base]:
		m.addRow(r)
	}
	if len(m.answer.Conflicts) > before {
		delete(m.answer.Rows, r.result)
	}
}

// unsure marks the keys of a row that stands twice somewhere.
func (m *merger) unsure(r row) bool {
	unsure := false
	for i, t := range m.in {
		unsure = unsure || r.has[i] && t.Repeated[r.key[i]]
	}
	for i := range m.in {
		if unsure && r.has[i] {
			m.answer.Unsure[r.key[i]] = true
		}
	}
	return unsure
}

// addRow takes a row that one side alone added.
func (m *merger) addRow(r row) {
	cells := Cells{}
	for _, c := range m.standing() {
		for _, side := range []int{ours, theirs} {
			cells.set(c.name, m.value(r, c, side))
		}
	}
	m.answer.Rows[r.result] = cells
}

func (cells Cells) set(c Column, value string) {
	if value != "" {
		cells[c] = value
	}
}

// standing lists the columns that no side deleted.
func (m *merger) standing() []column {
	return slices.DeleteFunc(slices.Clone(m.columns), func(c column) bool {
		return c.has[base] && !(c.has[ours] && c.has[theirs])
	})
}

// deleteRow lets a row go that one side deleted, if the other left its values alone.
func (m *merger) deleteRow(r row) {
	keeper := ours
	if !r.has[ours] {
		keeper = theirs
	}
	changed := slices.ContainsFunc(m.columns, func(c column) bool {
		return c.has[keeper] && m.value(r, c, keeper) != m.value(r, c, base)
	})
	if !changed {
		return
	}
	c := Conflict{Kind: mirrored(other(keeper), "delete", "modify"), Key: r.result}
	for i := range c.Values {
		c.Values[i] = Null
		if r.has[i] {
			c.Values[i] = m.cells(r, i).String()
		}
	}
	m.conflict(c)
}

// mergeCells merges, cell by cell, a row that both sides have.
func (m *merger) mergeCells(r row) {
	cells := Cells{}
	for _, c := range m.standing() {
		if m.isKeyColumn(c) {
			cells.set(c.name, m.keyValue(r, c))
			continue
		}
		b, o, t := m.value(r, c, base), m.value(r, c, ours), m.value(r, c, theirs)
		switch {
		case o == t, t == b && r.has[base]:
			cells.set(c.name, o)
		case o == b && r.has[base], !c.has[ours]:
			cells.set(c.name, t)
		case !c.has[theirs]:
			cells.set(c.name, o)
		default:
			m.cellConflict(cellKind(r, c), r.result, r, c)
		}
	}
	m.answer.Rows[r.result] = cells
}

// isKeyColumn: every version with a header has the key columns, under one name.
func (m *merger) isKeyColumn(c column) bool {
	return slices.ContainsFunc(m.in[:], func(t *Table) bool { return t.isKey(c.name) })
}

// keyValue gives a field of the key in the version that has the result's key.
func (m *merger) keyValue(r row, c column) string {
	for i := range m.in {
		if r.has[i] && r.key[i] == r.result {
			return m.value(r, c, i)
		}
	}
	panic(fmt.Sprintf("no version has the key %q of the result", r.result))
}

func cellKind(r row, c column) string {
	switch {
	case !r.has[base]:
		return "add_add"
	case !c.has[base]:
		return "column_add_add"
	}
	return "cell"
}

// known is the name by which conflicts call a column: base's, if it is there.
func (c column) known() Column {
	if c.has[base] {
		return c.at[base]
	}
	return c.name
}

// cellConflict reports a conflict about one cell. Where a version lacks the row or
// the column, the cell does not exist.
func (m *merger) cellConflict(kind, key string, r row, c column) {
	conflict := Conflict{Kind: kind, Key: key, Column: c.known().String()}
	for i := range conflict.Values {
		conflict.Values[i] = Null
		if r.has[i] && c.has[i] {
			conflict.Values[i] = Text(m.value(r, c, i))
		}
	}
	m.conflict(conflict)
}

// editsOfDeletedColumns reports cells that one side wrote in a column that the other
// side deleted, by the key the editor knew.
func (m *merger) editsOfDeletedColumns(r row) {
	for _, c := range m.columns {
		if !c.has[base] || c.has[ours] == c.has[theirs] {
			continue
		}
		editor := ours
		if c.has[theirs] {
			editor = theirs
		}
		if !r.has[editor] || m.value(r, c, editor) == m.value(r, c, base) {
			continue
		}
		if c.contested {
			panic(abstention("a column was renamed and edited here and deleted there"))
		}
		m.cellConflict("column_"+mirrored(other(editor), "delete", "edit"), r.key[editor], r, c)
	}
}

// pairRows finds which rows of the three versions are one row.
func (m *merger) pairRows() {
	renames := [3]map[string]string{ours: m.keyRenames(ours), theirs: m.keyRenames(theirs)}
	refuseToGuessTwo(renames[ours], renames[theirs], m.hasKey)
	taken := map[string]bool{}
	for _, key := range m.in[base].Order {
		r := m.rowOf(key, renames)
		for i := range r.key {
			taken[r.key[i]] = taken[r.key[i]] || r.has[i]
		}
		m.keyOf(&r)
	}
	for _, side := range []int{ours, theirs} {
		for _, key := range m.in[side].Order {
			if taken[key] {
				continue
			}
			taken[key] = true
			m.rows = append(m.rows, row{
				key: [3]string{key, key, key}, result: key,
				has: [3]bool{ours: m.hasKey(ours, key), theirs: m.hasKey(theirs, key)},
			})
		}
	}
}

// refuseToGuessTwo abstains where the sides renamed two things and each has the new name
// of the other: each seems to have made the other's rename too.
func refuseToGuessTwo[T comparable](byOurs, byTheirs map[T]T, has func(side int, name T) bool) {
	for a, name := range byOurs {
		for b, second := range byTheirs {
			if (a != b || name != second) && has(ours, second) && has(theirs, name) {
				panic(abstention("two columns or rows were renamed, each on both sides or to one name"))
			}
		}
	}
}

func (m *merger) hasKey(version int, key string) bool {
	_, ok := m.in[version].Rows[key]
	return ok
}

// rowOf follows a row of base to both sides.
func (m *merger) rowOf(key string, renames [3]map[string]string) row {
	r := row{key: [3]string{key, key, key}, result: key}
	for i := range r.has {
		r.has[i] = m.hasKey(i, key)
	}
	for _, side := range []int{ours, theirs} {
		name, ok := renames[side][key]
		if !ok {
			continue
		}
		r.key[side], r.has[side] = name, true
		there := other(side)
		if m.hasKey(there, key) || !m.hasKey(there, name) {
			continue
		}
		if second, differs := renames[there][key]; differs && second != name {
			panic(abstention("a key was renamed on both sides and one holds both names"))
		}
		r.key[there], r.has[there] = name, true
	}
	return r
}

// keyOf gives the row of base its key in the result, or reports key_rename.
func (m *merger) keyOf(r *row) {
	fresh := map[string]bool{}
	for _, side := range []int{ours, theirs} {
		if r.has[side] && r.key[side] != r.key[base] {
			fresh[r.key[side]] = true
			r.result = r.key[side]
		}
	}
	deleted := !r.has[ours] || !r.has[theirs]
	if len(fresh) == 0 || len(fresh) == 1 && !deleted {
		m.rows = append(m.rows, *r)
		return
	}
	m.renameConflict(*r)
}

func (m *merger) renameConflict(r row) {
	if len(m.in[base].keyColumns) > 1 {
		panic(abstention("which column of a composite key carries key_rename"))
	}
	c := Conflict{Kind: "key_rename", Key: r.key[base], Column: m.in[base].keyColumns[0].String()}
	for i := range c.Values {
		c.Values[i] = Null
		if r.has[i] {
			c.Values[i] = Text(r.key[i])
		}
	}
	m.conflict(c)
}

// keyRenames finds the rename of a key that is certain on a side; there is at most
// one.
func (m *merger) keyRenames(side int) map[string]string {
	lost := without(m.in[base], m.in[side])
	gained := without(m.in[side], m.in[base])
	if len(lost) == 0 || len(gained) == 0 {
		return nil
	}
	if m.irregular() {
		panic(abstention("keys may be renamed and rows have no unique key"))
	}
	there := m.in[other(side)]
	found := onlyPair(lost, gained, without(m.in[base], there), without(there, m.in[base]),
		func(old, name string) bool { return m.sameRow(side, old, name) })
	if found == nil || m.hasKey(other(side), found.old) && m.hasKey(other(side), found.name) {
		return nil
	}
	return map[string]string{found.old: found.name}
}

// without lists the keys of a table that another lacks.
func without(t, lacking *Table) []string {
	return slices.DeleteFunc(slices.Clone(t.Order), func(key string) bool {
		_, ok := lacking.Rows[key]
		return ok
	})
}

// sameRow reports whether a row that came on a side is, but for its key, a row that
// went: as base has it or as the other side does.
func (m *merger) sameRow(side int, old, name string) bool {
	for _, version := range []int{base, other(side)} {
		if m.hasKey(version, old) && m.isCopy(side, name, version, old) && m.rowKeptPlace(side, old, name, version) {
			return true
		}
	}
	return false
}

// isCopy reports that the values of a row of one version, the key aside, are not all
// empty and are those of one row only of another version.
func (m *merger) isCopy(side int, name string, version int, old string) bool {
	here, there := m.in[side].Rows[name], m.in[version].Rows[old]
	shared, all := m.valueColumns(side, version)
	if !m.equalIn(shared, here, side, there, version) {
		return false
	}
	if !m.equalIn(all, here, side, there, version) {
		panic(abstention("a row may be renamed, and columns with values came or went"))
	}
	filled := slices.ContainsFunc(all, func(c column) bool { return c.has[side] && here[c.at[side]] != "" })
	twins := 0
	for _, cells := range m.in[version].Rows {
		if m.equalIn(shared, here, side, cells, version) {
			twins++
		}
	}
	return filled && twins == 1
}

// valueColumns lists the columns beside the key: those that both versions have, and
// those that one of them has.
func (m *merger) valueColumns(v, w int) (shared, all []column) {
	for _, c := range m.columns {
		if m.isKeyColumn(c) {
			continue
		}
		if c.has[v] && c.has[w] {
			shared = append(shared, c)
		}
		if c.has[v] || c.has[w] {
			all = append(all, c)
		}
	}
	return shared, all
}

func (m *merger) equalIn(columns []column, a Cells, v int, b Cells, w int) bool {
	get := func(cells Cells, c column, version int) string {
		if !c.has[version] {
			return ""
		}
		return cells[c.at[version]]
	}
	return !slices.ContainsFunc(columns, func(c column) bool { return get(a, c, v) != get(b, c, w) })
}

// rowKeptPlace compares places among the rows that stayed: those of base, of both
// sides, or of the version whose values are the same; and from base or from that
// version. Where these readings disagree the oracle does not judge.
func (m *merger) rowKeptPlace(side int, old, name string, version int) bool {
	b, s, v := m.in[base].Order, m.in[side].Order, m.in[version].Order
	here, there := common(b, s), common(v, s)
	both := common(here, m.in[other(side)].Order)
	above := func(order []string, key string, rows []string) []string {
		return slices.Sorted(slices.Values(common(order[:slices.Index(order, key)], rows)))
	}
	places := map[bool]bool{}
	for _, stayed := range [][]string{here, there, both} {
		for _, from := range [][]string{b, v} {
			was, is := above(from, old, stayed), above(s, name, stayed)
			places[len(was) == len(is)] = true
			places[slices.Equal(was, is)] = true
		}
	}
	if len(places) > 1 {
		panic(abstention("a row may be renamed, and its place depends on rows that moved or went"))
	}
	return places[true]
}

// keys lists the keys of a set in order, for messages.
func keys[T any](set map[string]T) []string { return slices.Sorted(maps.Keys(set)) }
