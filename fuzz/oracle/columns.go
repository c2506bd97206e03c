package oracle

import (
	"maps"
	"slices"
)

// column is one column of the merge: what each version calls it, if it has it.
type column struct {
	name Column // in the result
	at   [3]Column
	has  [3]bool
	// contested: the sides disagree about its name.
	contested bool
}

// pairColumns finds which columns of the three versions are one column.
func (m *merger) pairColumns() {
	m.refuseToGuessRepeatedNames()
	taken := [3]map[Column]bool{{}, {}, {}}
	renames := [3]map[Column]Column{ours: m.columnRenames(ours), theirs: m.columnRenames(theirs)}
	refuseToGuessTwo(renames[ours], renames[theirs], func(side int, name Column) bool { return m.in[side].has(name) })
	for _, c := range m.in[base].Columns {
		col := column{name: c, at: [3]Column{c, c, c}, has: [3]bool{true, m.stays(ours, c), m.stays(theirs, c)}}
		for _, side := range []int{ours, theirs} {
			m.follow(&col, side, renames)
		}
		m.nameOf(&col)
		for side := range col.at {
			taken[side][col.at[side]] = taken[side][col.at[side]] || col.has[side]
		}
		m.columns = append(m.columns, col)
	}
	m.addColumns(taken)
	m.addUnnamed()
}

// refuseToGuessRepeatedNames abstains where headers differ and a name stands twice:
// then even the number of an occurrence depends on the order of columns.
func (m *merger) refuseToGuessRepeatedNames() {
	repeated, differ := false, false
	for _, t := range m.in {
		repeated = repeated || slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Nth > 1 })
		differ = differ || !slices.Equal(t.Columns, m.in[base].Columns)
	}
	if repeated && differ {
		panic(abstention("a column name stands twice and headers differ"))
	}
}

// stays reports whether a side has a column of base under its name. A version without
// a header lacks nothing.
func (m *merger) stays(side int, c Column) bool {
	return !m.in[side].HasHeader || m.in[side].has(c)
}

// follow applies a certain rename of col on a side.
func (m *merger) follow(col *column, side int, renames [3]map[Column]Column) {
	old := col.at[base]
	name, renamed := renames[side][old]
	if !renamed {
		return
	}
	col.at[side], col.has[side] = name, true
	if !m.stays(other(side), old) && m.in[other(side)].has(name) {
		if theirs, differs := renames[other(side)][old]; differs && theirs != name {
			panic(abstention("a column was renamed on both sides and one holds both names"))
		}
		col.at[other(side)], col.has[other(side)] = name, true
	}
}

// nameOf gives a renamed column its new name, or reports column_rename.
func (m *merger) nameOf(col *column) {
	fresh := map[Column]bool{}
	for _, side := range []int{ours, theirs} {
		if col.has[side] && col.at[side] != col.at[base] {
			fresh[col.at[side]] = true
			col.name = col.at[side]
		}
	}
	deleted := !col.has[ours] || !col.has[theirs]
	if len(fresh) == 0 || len(fresh) == 1 && !deleted {
		return
	}
	col.name, col.contested = col.at[base], true
	c := Conflict{Kind: "column_rename", Column: col.name.String()}
	for i := range c.Values {
		c.Values[i] = Null
		if col.has[i] {
			c.Values[i] = Text(col.at[i].Name)
		}
	}
	m.conflict(c)
}

// addColumns adds the columns that base does not have. taken are those of each
// version that belong to a column of base.
func (m *merger) addColumns(taken [3]map[Column]bool) {
	added := map[Column]*column{}
	for _, side := range []int{ours, theirs} {
		for _, c := range m.in[side].Columns {
			if taken[side][c] {
				continue
			}
			if added[c] == nil {
				added[c] = &column{name: c, at: [3]Column{c, c, c}}
			}
			added[c].has[side] = true
		}
	}
	for _, c := range slices.SortedFunc(maps.Keys(added), compareColumns) {
		m.columns = append(m.columns, *added[c])
	}
}

// addUnnamed adds the columns beyond the headers, which every version has.
func (m *merger) addUnnamed() {
	used := map[Column]bool{}
	for _, t := range m.in {
		maps.Copy(used, t.unnamed())
	}
	for _, c := range slices.SortedFunc(maps.Keys(used), compareColumns) {
		m.columns = append(m.columns, column{name: c, at: [3]Column{c, c, c}, has: [3]bool{true, true, true}})
	}
}

// vanished and appeared are the columns that a side lost and gained.
func (m *merger) vanished(side int) []Column {
	return slices.DeleteFunc(slices.Clone(m.in[base].Columns), func(c Column) bool { return m.stays(side, c) })
}

func (m *merger) appeared(side int) []Column {
	return slices.DeleteFunc(slices.Clone(m.in[side].Columns), m.in[base].has)
}

// columnRenames finds the rename of a column that is certain on a side; there is at
// most one.
func (m *merger) columnRenames(side int) map[Column]Column {
	lost, gained := m.vanished(side), m.appeared(side)
	if len(lost) == 0 || len(gained) == 0 {
		return nil
	}
	if m.irregular() {
		panic(abstention("columns may be renamed and rows have no unique key"))
	}
	found := onlyPair(lost, gained, m.vanished(other(side)), m.appeared(other(side)),
		func(old, name Column) bool { return m.sameColumn(side, old, name) })
	if found == nil || m.in[other(side)].has(found.old) && m.in[other(side)].has(found.name) {
		return nil
	}
	return map[Column]Column{found.old: found.name}
}

// renamed is a pair that counts as a rename.
type renamed[T any] struct{ old, name T }

// onlyPair returns the one pair of a lost and a gained thing that can be a rename:
// whatever else went or came did so on the other side too. nil if there are several
// or none.
func onlyPair[T comparable](lost, gained, lostThere, gainedThere []T, same func(old, name T) bool) *renamed[T] {
	var found *renamed[T]
	for _, old := range lost {
		for _, name := range gained {
			if !othersIn(lost, old, lostThere) || !othersIn(gained, name, gainedThere) || !same(old, name) {
				continue
			}
			if found != nil {
				return nil
			}
			found = &renamed[T]{old, name}
		}
	}
	return found
}

// othersIn reports whether all of list but one thing stand in there.
func othersIn[T comparable](list []T, but T, there []T) bool {
	return !slices.ContainsFunc(list, func(x T) bool { return x != but && !slices.Contains(there, x) })
}

// sameColumn reports whether the cells of a column that came on a side are those of
// a column that went, in base or on the other side.
func (m *merger) sameColumn(side int, old, name Column) bool {
	s := m.in[side]
	if m.sameCells(s, name, m.in[base], old) {
		return true
	}
	o := m.in[other(side)]
	return o.has(old) && m.sameCells(s, name, o, old)
}

// sameCells compares one column of a table with one of another, row by row: all must
// be equal, or more than half if the columns stand at the same place.
func (m *merger) sameCells(s *Table, name Column, t *Table, old Column) bool {
	filled, equal := 0, 0
	for key, cells := range s.Rows {
		there, both := t.Rows[key]
		if !both || cells[name] == "" && there[old] == "" {
			continue
		}
		filled++
		if cells[name] == there[old] {
			equal++
		}
	}
	if filled == equal {
		return filled > 0
	}
	if 2*equal <= filled {
		return false
	}
	return samePlace(s.Columns, name, t.Columns, old)
}

// samePlace compares places in two headers: by number and by the neighbours that
// stand in both. Where these disagree the oracle does not judge.
func samePlace(s []Column, name Column, t []Column, old Column) bool {
	i, j := slices.Index(s, name), slices.Index(t, old)
	byNumber := i == j
	byNeighbours := slices.Equal(common(s[:i], t), common(t[:j], s)) && slices.Equal(common(s[i+1:], t), common(t[j+1:], s))
	if byNumber != byNeighbours {
		panic(abstention("whether a column kept its place is a matter of reading"))
	}
	return byNumber
}

// common keeps what also stands in other.
func common[T comparable](list, other []T) []T {
	return slices.DeleteFunc(slices.Clone(list), func(x T) bool { return !slices.Contains(other, x) })
}

// resultColumns names the columns that stand. Where no row does, the header may
// have gone with a side that dropped it.
func (m *merger) resultColumns() {
	for _, c := range m.columns {
		deleted := c.has[base] && !(c.has[ours] && c.has[theirs])
		if !deleted && !c.name.Unnamed {
			m.answer.Columns[c.name] = true
		}
	}
	if len(m.answer.Rows) > 0 {
		return
	}
	goes := m.headerGoes()
	if goes && m.irregular() {
		panic(abstention("whether the header goes depends on rows that have no unique key"))
	}
	if goes {
		m.answer.Columns = map[Column]bool{}
	}
}

// headerGoes reports that a side dropped the header of base and the other left its
// names alone.
func (m *merger) headerGoes() bool {
	if !m.in[base].HasHeader {
		return false
	}
	goes := false
	for _, side := range []int{ours, theirs} {
		switch o := m.in[other(side)]; {
		case m.in[side].HasHeader:
		case o.HasHeader && !slices.Equal(o.Columns, m.in[base].Columns):
			return false
		default:
			goes = true
		}
	}
	return goes
}
