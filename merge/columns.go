package merge

import (
	"slices"
)

// A column is one column of the union of the three headers. Columns are one by name
// (repeated names by occurrence), or by a rename.
type column struct {
	pos   [3]int    // position in each version, or -1
	names [3]string // name in each version that has it
	name  string    // name in the result
	label string    // what conflicts and changes call it
	// isKey is set for key columns.
	isKey bool
	// deletedBy is the side that dropped a column of base which the other side has;
	// 0 if none did.
	deletedBy int
	// stays is false for columns that the result lacks.
	stays bool
}

func (c *column) in(v int) bool { return c.pos[v] >= 0 }

// added reports a column that base lacks.
func (c *column) added() bool { return !c.in(inBase) }

// nth is a column name with its occurrence among equal names.
type nth struct {
	name string
	n    int
}

// A head is a version's header: its names with their occurrence, and where each
// stands.
type head struct {
	nths []nth
	at   map[nth]int
}

func newHead(names []string) head {
	seen := map[string]int{}
	h := head{make([]nth, len(names)), make(map[nth]int, len(names))}
	for i, name := range names {
		x := nth{name, seen[name]}
		seen[name]++
		h.nths[i] = x
		h.at[x] = i
	}
	return h
}

// hasToo reports that side t has the column at position pos of the other side too.
func (m *merger) hasToo(t, pos int) bool {
	_, ok := m.heads[t].at[m.heads[other(t)].nths[pos]]
	return ok
}

// identifyColumns builds the union of the headers: base's columns first, then those
// that ours and theirs added.
func (m *merger) identifyColumns() {
	for v := range m.in {
		m.heads[v] = newHead(m.in[v].names)
	}
	for i, x := range m.heads[inBase].nths {
		m.cols = append(m.cols, m.newColumn(inBase, i, x))
	}
	var came [3][]int
	for _, s := range []int{inOurs, inTheirs} {
		for i, x := range m.heads[s].nths {
			if c, ok := m.heads[inBase].at[x]; ok {
				m.cols[c].pos[s], m.cols[c].names[s] = i, x.name
			} else {
				came[s] = append(came[s], i)
			}
		}
	}
	m.pairKeyColumns(&came)
	m.renameColumns(&came)
	m.addColumns(came)
	m.byLabel = make(map[string]int, len(m.cols))
	for i := range m.cols {
		c := &m.cols[i]
		m.byLabel[c.label] = i
		for v := range m.in {
			c.isKey = c.isKey || c.in(v) && slices.Contains(m.in[v].key, c.pos[v])
		}
	}
	for i := range m.cols {
		for v, name := range m.cols[i].names {
			if _, taken := m.byLabel[name]; m.cols[i].in(v) && !taken {
				m.byLabel[name] = i
			}
		}
	}
}

// labelOf is the label of the column that a version calls by the name; the name itself
// where none does.
func (m *merger) labelOf(name string) string {
	if i, ok := m.byLabel[name]; ok {
		return m.cols[i].label
	}
	return name
}

func (m *merger) newColumn(v, pos int, x nth) column {
	c := column{pos: [3]int{-1, -1, -1}, name: x.name, label: m.label(x), stays: true}
	c.pos[v], c.names[v] = pos, x.name
	return c
}

// pairKeyColumns makes one column of a default key that both sides renamed alike.
func (m *merger) pairKeyColumns(came *[3][]int) {
	for n, b := range m.in[inBase].key {
		c := &m.cols[b]
		for _, s := range []int{inOurs, inTheirs} {
			if c.in(s) || len(m.in[s].key) <= n {
				continue
			}
			pos := m.in[s].key[n]
			c.pos[s], c.names[s] = pos, m.in[s].names[pos]
			came[s] = slices.DeleteFunc(came[s], func(i int) bool { return i == pos })
		}
	}
}

// addColumns makes columns of what came and is no rename; a name that both sides
// added is one column.
func (m *merger) addColumns(came [3][]int) {
	byName := map[nth]int{}
	for _, s := range []int{inOurs, inTheirs} {
		for _, i := range came[s] {
			x := m.heads[s].nths[i]
			if c, ok := byName[x]; ok && !m.cols[c].in(s) {
				m.cols[c].pos[s], m.cols[c].names[s] = i, x.name
				continue
			}
			byName[x] = len(m.cols)
			m.cols = append(m.cols, m.newColumn(s, i, x))
		}
	}
}

// A columnRename says that a side calls base's column col by the name at position pos.
type columnRename struct{ col, pos int }

// renameColumns finds the one column that each side renamed for certain, if it did,
// and makes it one column again.
func (m *merger) renameColumns(came *[3][]int) {
	var found [3]*columnRename
	for _, s := range []int{inOurs, inTheirs} {
		found[s] = m.findColumnRename(s, came[s])
	}
	if m.renamesClash(found[inOurs], found[inTheirs]) {
		return
	}
	for _, same := range []bool{true, false} { // what both sides have is the same rename, before any other
		for _, s := range []int{inOurs, inTheirs} {
			r, t := found[s], other(s)
			if r == nil || m.hasToo(t, r.pos) != same || m.cols[r.col].in(s) || !slices.Contains(came[s], r.pos) {
				continue
			}
			m.takeColumn(s, r.col, r.pos, came)
			if same {
				m.takeColumn(t, r.col, m.heads[t].at[m.heads[s].nths[r.pos]], came)
			}
		}
	}
}

// renamesClash reports renames to names that the other side has too, but not for the
// same column: nothing is certain then.
func (m *merger) renamesClash(ours, theirs *columnRename) bool {
	if ours == nil || theirs == nil || !m.hasToo(inTheirs, ours.pos) || !m.hasToo(inOurs, theirs.pos) {
		return false
	}
	return ours.col != theirs.col || m.heads[inOurs].nths[ours.pos] != m.heads[inTheirs].nths[theirs.pos]
}

// mostRenames bounds how many pairs of an old and a new column are compared by
// content; more than that is no certain rename.
const mostRenames = 64

// findColumnRename looks, among base's columns that side s lacks and those that came
// there, for the one pair that is a rename.
func (m *merger) findColumnRename(s int, came []int) *columnRename {
	t := other(s)
	var gone []int
	for c := range m.cols {
		if !m.cols[c].in(s) {
			gone = append(gone, c)
		}
	}
	gone = candidates(gone, func(c int) bool { return !m.cols[c].in(t) })
	came = candidates(came, func(i int) bool { return m.hasToo(t, i) })
	if len(gone)*len(came) > mostRenames {
		return nil
	}
	var fits []columnRename
	for _, c := range gone {
		for _, i := range came {
			if m.columnRenamed(s, c, i) {
				fits = append(fits, columnRename{c, i})
			}
		}
	}
	if len(fits) != 1 {
		return nil
	}
	return &fits[0]
}

// takeColumn says that position pos of side s is base's column c.
func (m *merger) takeColumn(s, c, pos int, came *[3][]int) {
	m.cols[c].pos[s], m.cols[c].names[s] = pos, m.in[s].names[pos]
	came[s] = slices.DeleteFunc(came[s], func(i int) bool { return i == pos })
}

// candidates returns what may be the old, or the new, name of a rename: apart from
// those that the other side shares there must be exactly one, or else none and any
// of the shared ones.
func candidates[T any](all []T, shared func(T) bool) []T {
	own := slices.DeleteFunc(slices.Clone(all), shared)
	switch len(own) {
	case 0:
		return all
	case 1:
		return own
	}
	return nil
}

// columnRenamed reports that side s calls base's column c by the name at position
// pos: the other side does not have both names, and the cells are those of base's
// column or of the other side's.
func (m *merger) columnRenamed(s, c, pos int) bool {
	t := other(s)
	if m.hasToo(t, pos) && m.cols[c].in(t) {
		return false
	}
	return m.sameCells(inBase, c, s, pos) || m.cols[c].in(t) && m.sameCells(t, c, s, pos)
}

// sameCells compares column c of version v with the column at position pos of side s,
// over the rows of both in which either is not empty. All must be equal, or more
// than half if the column is at the same place among those that stayed.
func (m *merger) sameCells(v, c, s, pos int) bool {
	equal, all := 0, 0
	for j := range int32(m.in[s].Len()) {
		i := m.rowIn(v, s, j)
		if i < 0 {
			continue
		}
		x, y := m.value(v, i, m.cols[c].pos[v]), m.value(s, j, pos)
		if len(x) == 0 && len(y) == 0 {
			continue
		}
		all++
		if string(x) == string(y) {
			equal++
		}
	}
	if m.columnRank(v, s, v, m.cols[c].pos[v]) == m.columnRank(v, s, s, pos) {
		return 2*equal > all
	}
	return all > 0 && equal == all
}

// rowIn finds the record of version v that is record j of side s, or a negative
// number.
func (m *merger) rowIn(v, s int, j int32) int32 {
	if m.rows.base[s][j] == keyless {
		return none
	}
	return m.rows.tripleOf(s, j)[v]
}

// columnRank counts, in version in, the columns before pos that v and s both have.
func (m *merger) columnRank(v, s, in, pos int) int {
	n := 0
	for i := range m.cols {
		if c := &m.cols[i]; c.in(v) && c.in(s) && c.pos[in] < pos {
			n++
		}
	}
	return n
}

// value returns the value of a cell, or nothing where the row is too short.
func (m *merger) value(v int, rec int32, pos int) []byte {
	fd, _ := m.in[v].Field(int(rec), pos)
	return fd.Value()
}
