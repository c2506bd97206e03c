package merge

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// A columnSet numbers some columns of a version, by position; -1 is none of them.
// Versions number the same column alike.
type columnSet []int32

// newColumnSet numbers the columns of version v that holds says.
func (m *merger) newColumnSet(v int, holds func(c *column) bool) columnSet {
	set := make(columnSet, len(m.in[v].names))
	for p := range set {
		set[p] = -1
	}
	for i := range m.cols {
		if c := &m.cols[i]; c.in(v) && holds(c) {
			set[c.pos[v]] = int32(i)
		}
	}
	return set
}

// common is the set, in version x, of the columns that x and y both have.
func (m *merger) common(x, y int) columnSet {
	if m.commons[x][y] == nil {
		m.commons[x][y] = m.newColumnSet(x, func(c *column) bool { return c.in(y) })
	}
	return m.commons[x][y]
}

// comparable is the set, in version x, of the columns by whose values rows of x and y
// can be told apart: those that both have, and those that a side added, which are
// empty in a version without them. A column that one of them dropped is not a matter
// of rows.
func (m *merger) comparable(x, y int) columnSet {
	if m.comparables[x][y] == nil {
		m.comparables[x][y] = m.newColumnSet(x, func(c *column) bool { return c.in(y) || c.added() })
	}
	return m.comparables[x][y]
}

// layoutIn is the set, in version v, of the result's columns, numbered in its order.
func (m *merger) layoutIn(v int) columnSet {
	if m.layouts[v] == nil {
		set := m.newColumnSet(v, func(*column) bool { return false })
		for n, i := range m.layout {
			if c := &m.cols[i]; c.in(v) {
				set[c.pos[v]] = int32(n)
			}
		}
		m.layouts[v] = set
	}
	return m.layouts[v]
}

// withoutKey is a set of version v without the key columns.
func (m *merger) withoutKey(v int, set columnSet) columnSet {
	out := slices.Clone(set)
	for _, p := range m.in[v].key {
		out[p] = -1
	}
	return out
}

// A numbered value stands in the column of a set that has the number, or in a field
// without a column.
type numbered struct {
	n     int32
	value []byte
}

// unnamedBase is the number of the first field without a column.
const unnamedBase = math.MaxInt32 / 2

// values returns the values of a record that are not empty, in the columns of a set
// and in the fields that have no column, by their numbers. It takes as long as the
// record is, however many columns there are. The next call reuses the memory.
func (m *merger) values(v int, rec int32, set columnSet) []numbered {
	m.fields[v] = m.in[v].Fields(m.fields[v][:0], int(rec))
	out := m.valued[:0]
	sorted := true
	for p, f := range m.fields[v] {
		n := int32(unnamedBase + p - len(set))
		if p < len(set) {
			n = set[p]
		}
		if n < 0 {
			continue
		}
		if value := f.Value(); len(value) > 0 {
			sorted = sorted && (len(out) == 0 || out[len(out)-1].n < n)
			out = append(out, numbered{n, value})
		}
	}
	if !sorted {
		slices.SortFunc(out, func(a, b numbered) int { return cmp.Compare(a.n, b.n) })
	}
	m.valued = out
	return out
}

// valueID encodes the values of a record in a set of columns and in the fields that
// have no column. Equal values give equal encodings, whatever their form; no values
// give the empty one.
func (m *merger) valueID(v int, rec int32, set columnSet) string {
	var id []byte
	for _, x := range m.values(v, rec, set) {
		id = binary.AppendUvarint(id, uint64(x.n))
		id = binary.AppendUvarint(id, uint64(len(x.value)))
		id = append(id, x.value...)
	}
	return string(id)
}

// modified reports that side s changed a value of base's record b in its record j: a
// cell of a column that both have, a value in a column it added, or a field
// without a column.
func (m *merger) modified(s int, b, j int32) bool {
	return m.valueID(inBase, b, m.comparable(inBase, s)) != m.valueID(s, j, m.comparable(s, inBase))
}

// rowValue is a record as conflicts and changes show it: every column of its
// version, and the fields that have none.
func (m *merger) rowValue(v int, rec int32) RowValue {
	fields := m.in[v].Fields(nil, int(rec))
	row := make(RowValue, len(m.in[v].names), max(len(fields), len(m.in[v].names)))
	for i := range m.cols {
		c := &m.cols[i]
		if !c.in(v) {
			continue
		}
		p := c.pos[v]
		row[p].Column = m.label(m.heads[v].nths[p])
		if p < len(fields) {
			row[p].Value = string(fields[p].Value())
		}
	}
	for i := len(m.in[v].names); i < len(fields); i++ {
		row = append(row, CellValue{m.unnamed(i - len(m.in[v].names)), string(fields[i].Value())})
	}
	return row
}

// label is what conflicts and changes call a column: its name, or for the second and
// later of equal names one that no column has.
func (m *merger) label(x nth) string {
	if x.n == 0 {
		return x.name
	}
	return m.free(fmt.Sprintf("%s[%d]", x.name, x.n+1))
}

// unnamed is what the n-th field, from 0, that has no column is called.
func (m *merger) unnamed(n int) string { return m.free(fmt.Sprintf("+%d", n+1)) }

// free changes a label that is a column's name in some version.
func (m *merger) free(label string) string {
	for m.named(label) {
		label += "'"
	}
	return label
}

func (m *merger) named(label string) bool {
	for v := range m.heads {
		if _, ok := m.heads[v].at[nth{label, 0}]; ok {
			return true
		}
	}
	return false
}

// rowOf wraps a record as a value; none does not exist.
func (m *merger) rowOf(v int, rec int32) Value {
	if rec < 0 {
		return Value{}
	}
	return Value{Exists: true, Rows: []RowValue{m.rowValue(v, rec)}}
}

// linesOf gives the lines of a row in the three inputs. It remembers the last row, as
// one row may have many conflicts.
func (m *merger) linesOf(t triple) Lines {
	if m.linesKnown && m.linesRow == t {
		return m.lines
	}
	var l Lines
	for v, rec := range t {
		if rec >= 0 {
			l.set(v, m.in[v].lineAfter(&m.latest[v], int(rec)))
		}
	}
	m.linesKnown, m.linesRow, m.lines = true, t, l
	return l
}

// occurrenceID is a conflict's id where more than one conflict can have the same
// kind, column and key: the second and later ones are numbered.
func (m *merger) occurrenceID(kind ConflictKind, column string, parts ...string) string {
	id := conflictID(kind, column, parts...)
	n := m.seenIDs[id]
	m.seenIDs[id]++
	if n == 0 {
		return id
	}
	return conflictID(kind, column, append(parts, fmt.Sprint(n))...)
}
