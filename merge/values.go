package merge

import (
	"encoding/binary"
	"fmt"
)

// A columnPair is one column by its position in each of two versions.
type columnPair struct{ x, y int }

// common lists the columns that versions x and y both have.
func (m *merger) common(x, y int) []columnPair {
	var out []columnPair
	for i := range m.cols {
		if c := &m.cols[i]; c.in(x) && c.in(y) {
			out = append(out, columnPair{c.pos[x], c.pos[y]})
		}
	}
	return out
}

// comparable lists the columns by whose values rows of x and y can be told apart:
// those that both have, and those that a side added, which are empty in a version
// without them. A column that one of them dropped is not a matter of rows.
func (m *merger) comparable(x, y int) []columnPair {
	var out []columnPair
	for i := range m.cols {
		if c := &m.cols[i]; c.in(x) && c.in(y) || c.added() && (c.in(x) || c.in(y)) {
			out = append(out, columnPair{c.pos[x], c.pos[y]})
		}
	}
	return out
}

// withoutKey drops the key columns.
func (m *merger) withoutKey(x int, pairs []columnPair) []columnPair {
	var out []columnPair
	for _, p := range pairs {
		isKey := false
		for _, k := range m.in[x].key {
			isKey = isKey || k == p.x
		}
		if !isKey {
			out = append(out, p)
		}
	}
	return out
}

// valueID encodes the values of a record in some columns and in the fields that have
// no column. Equal values give equal encodings, whatever their form.
func (m *merger) valueID(v int, rec int32, pairs []columnPair) string {
	m.fields[v] = m.in[v].Fields(m.fields[v][:0], int(rec))
	fields := m.fields[v]
	var id []byte
	for _, p := range pairs {
		var value []byte
		if p.x >= 0 && p.x < len(fields) {
			value = fields[p.x].Value()
		}
		id = binary.AppendUvarint(id, uint64(len(value)))
		id = append(id, value...)
	}
	for i := len(m.in[v].names); i < len(fields); i++ {
		if value := fields[i].Value(); len(value) > 0 {
			id = binary.AppendUvarint(id, uint64(i-len(m.in[v].names)))
			id = binary.AppendUvarint(id, uint64(len(value)))
			id = append(id, value...)
		}
	}
	return string(id)
}

// allEmpty reports that every value of the record in the columns is empty.
func (m *merger) allEmpty(v int, rec int32, pairs []columnPair) bool {
	for _, p := range pairs {
		if len(m.value(v, rec, p.x)) > 0 {
			return false
		}
	}
	return true
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
		row[p].Column = m.heads[v].nths[p].label()
		if p < len(fields) {
			row[p].Value = string(fields[p].Value())
		}
	}
	for i := len(m.in[v].names); i < len(fields); i++ {
		row = append(row, CellValue{unnamed(i - len(m.in[v].names)), string(fields[i].Value())})
	}
	return row
}

// unnamed names the n-th field, from 0, that has no column.
func unnamed(n int) string { return fmt.Sprintf("+%d", n+1) }

// rowOf wraps a record as a value; none does not exist.
func (m *merger) rowOf(v int, rec int32) Value {
	if rec < 0 {
		return Value{}
	}
	return Value{Exists: true, Rows: []RowValue{m.rowValue(v, rec)}}
}

// linesOf gives the lines of a row in the three inputs.
func (m *merger) linesOf(t triple) (l Lines) {
	for v, rec := range t {
		if rec >= 0 {
			l.set(v, m.in[v].Line(int(rec)))
		}
	}
	return l
}

// occurrenceID is a conflict's id where more than one conflict can have the same
// kind, column and key: the second and later ones are numbered.
func (m *merger) occurrenceID(kind Kind, column string, parts ...string) string {
	id := conflictID(kind, column, parts...)
	n := m.seenIDs[id]
	m.seenIDs[id]++
	if n == 0 {
		return id
	}
	return conflictID(kind, column, append(parts, fmt.Sprint(n))...)
}
