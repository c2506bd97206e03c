package merge

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/rowkeep/rowkeep/csvrows"
)

// settleColumns decides which columns the result has, what they are called and in
// which order they stand.
func (m *merger) settleColumns() {
	var dropped [3][]int // columns of base, by the side that alone dropped them
	for i := range m.cols {
		c := &m.cols[i]
		if c.added() {
			c.name = c.names[inOurs]
			if !c.in(inOurs) {
				c.name = c.names[inTheirs]
			}
			continue
		}
		c.stays = c.in(inOurs) && c.in(inTheirs)
		for _, s := range []int{inOurs, inTheirs} {
			if !c.in(s) && c.in(other(s)) {
				c.deletedBy = s
				dropped[s] = append(dropped[s], i)
			}
		}
	}
	m.settleDropped(inOurs, dropped[inOurs])
	m.settleDropped(inTheirs, dropped[inTheirs])
	for i := range m.cols {
		if !m.cols[i].added() {
			m.nameColumn(&m.cols[i])
		}
	}
	m.orderColumns()
	for v := range m.in {
		m.ownLayout[v] = m.hasLayout(v)
		m.baseLayout[v] = m.alike(inBase, v)
	}
}

// nameColumn merges the names of a column of base.
func (m *merger) nameColumn(c *column) {
	b, o, t := c.names[inBase], c.names[inOurs], c.names[inTheirs]
	keeper := other(c.deletedBy)
	switch {
	case !c.in(inOurs) && !c.in(inTheirs):
	case c.deletedBy != 0 && c.names[keeper] != b:
		m.settleColumnName(c)
	case c.deletedBy != 0:
	case o == b:
		c.name = t
	case t == b || o == t:
		c.name = o
	default:
		m.settleColumnName(c)
	}
}

// settleColumnName deals with two names, or a name and a deletion.
func (m *merger) settleColumnName(c *column) {
	conf := Conflict{Kind: KindColumnRename, Column: c.label, HasColumn: true}
	conf.ID = conflictID(conf.Kind, c.label)
	for v := range m.in {
		if c.in(v) {
			*conf.value(sideOf(v)) = Value{Exists: true, Text: c.names[v]}
			conf.Lines.set(v, m.headerLine(v))
		}
	}
	side := m.settle(&conf, nil).sideOr(m.standIn(conf.Kind))
	m.report(conf)
	switch in := side.input(); {
	case !c.in(in):
		// the deletion wins, unless an edit of the column was settled otherwise
	case c.deletedBy != 0:
		c.stays, c.name = true, c.names[in]
	default:
		c.name = c.names[in]
	}
}

func (m *merger) headerLine(v int) int {
	if h := m.in[v].HeaderRecord(); h >= 0 {
		return m.in[v].Line(h)
	}
	return 0
}

// settleDropped finds the cells that the other side edited or filled in columns of
// base that side d dropped. A column stays if one of them is settled otherwise.
func (m *merger) settleDropped(d int, cols []int) {
	if len(cols) == 0 {
		return
	}
	k := other(d)
	for j := range int32(m.in[k].Len()) {
		if m.in[k].Kind(int(j)) != csvrows.Row {
			continue
		}
		b := m.rows.base[k][j]
		if b == keyless && m.inBaseKeyless(k, j) {
			continue
		}
		m.fields[k] = m.in[k].Fields(m.fields[k][:0], int(j))
		m.fields[inBase] = m.fields[inBase][:0]
		if b >= 0 {
			m.fields[inBase] = m.in[inBase].Fields(m.fields[inBase], int(b))
		}
		for _, i := range cols {
			c := &m.cols[i]
			was, is := m.valueAt(inBase, c), m.valueAt(k, c)
			if !bytes.Equal(was, is) {
				m.settleDroppedCell(c, d, b, j, string(was), string(is))
			}
		}
	}
}

// valueAt is the value of a column in a version's fields as they were last split.
func (m *merger) valueAt(v int, c *column) []byte {
	if p := c.pos[v]; p < len(m.fields[v]) {
		return m.fields[v][p].Value()
	}
	return nil
}

// settleDroppedCell makes a conflict of an edit in a column that side d dropped: the
// other side's record j of base's b.
func (m *merger) settleDroppedCell(c *column, d int, b, j int32, was, is string) {
	k := other(d)
	conf := Conflict{Kind: KindColumnDeleteEdit, Column: c.label, HasColumn: true, Key: m.in[k].Key(int(j), m.in[k].key)}
	if d == inTheirs {
		conf.Kind = KindColumnEditDelete
	}
	conf.ID = m.occurrenceID(conf.Kind, c.label, conf.Key...)
	*conf.value(sideOf(k)) = Value{Exists: true, Text: is}
	if b >= 0 {
		conf.Base = Value{Exists: true, Text: was}
	}
	conf.Lines = m.linesOf(m.rows.tripleOf(k, j))
	v := m.settle(&conf, nil)
	m.report(conf)
	side := v.sideOr(m.standIn(conf.Kind))
	if side != sideOf(k) {
		m.undone[cellOf{k, c.pos[k], j}] = true
	}
	c.stays = c.stays || side != sideOf(d)
}

// inBaseKeyless reports that base has a row without a key that has, in the columns
// common to both, the values of side k's record j.
func (m *merger) inBaseKeyless(k int, j int32) bool {
	if m.baseKeyless[k] == nil {
		m.baseKeyless[k] = map[string]bool{}
		for i, b := range m.rows.base[inBase] {
			if b == keyless {
				m.baseKeyless[k][m.valueID(inBase, int32(i), m.common(inBase, k))] = true
			}
		}
	}
	return m.baseKeyless[k][m.valueID(k, j, m.common(k, inBase))]
}

// hasLayout reports that the result's columns are those of version v, in its order.
func (m *merger) hasLayout(v int) bool {
	if len(m.layout) != len(m.in[v].names) {
		return false
	}
	for i, c := range m.layout {
		if m.cols[c].pos[v] != i {
			return false
		}
	}
	return true
}

// alike reports that a record of the same bytes means the same in x and y.
func (m *merger) alike(x, y int) bool {
	for i := range m.cols {
		if m.cols[i].pos[x] != m.cols[i].pos[y] {
			return false
		}
	}
	return true
}

// orderColumns fills m.layout. Columns that all three versions have stand in base's
// order, changed by what each side moved; the others go where the column behind
// them, on their own side, goes.
func (m *merger) orderColumns() {
	var kept []int
	for i := range m.cols {
		if c := &m.cols[i]; c.stays && c.in(inBase) && c.in(inOurs) && c.in(inTheirs) {
			kept = append(kept, i)
		}
	}
	names := func(a, b int32) int { return strings.Compare(m.cols[kept[a]].name, m.cols[kept[b]].name) }
	ord := mergeOrder(m.columnRanks(kept, inOurs), m.columnRanks(kept, inTheirs), func(a, b []int32) bool {
		return slices.CompareFunc(a, b, names) < 0
	})
	if len(ord.both) > 0 {
		m.warn(Warning{Kind: WarnColumnOrder, Message: "both sides reordered the columns, differently; the order was chosen by content"})
	}
	runs := [3]map[int][]int32{inOurs: m.columnRuns(inOurs), inTheirs: m.columnRuns(inTheirs)}
	placed := map[int32]bool{}
	place := func(anchor int) {
		for _, c := range m.mergeColumnRuns(runs[inOurs][anchor], runs[inTheirs][anchor]) {
			if !placed[c] {
				placed[c] = true
				m.layout = append(m.layout, int(c))
			}
		}
	}
	for i := range kept {
		at := i
		if ord.order != nil {
			at = int(ord.order[i])
		}
		place(kept[at])
		m.layout = append(m.layout, kept[at])
	}
	place(lastRun)
}

// lastRun stands for the end of the header where a run's anchor is asked for.
const lastRun = -1

// columnRanks returns the rank of each of the columns kept on side s.
func (m *merger) columnRanks(kept []int, s int) []int32 {
	at := make([]int32, len(kept))
	for i := range at {
		at[i] = int32(i)
	}
	slices.SortFunc(at, func(a, b int32) int { return cmp.Compare(m.cols[kept[a]].pos[s], m.cols[kept[b]].pos[s]) })
	ranks := make([]int32, len(kept))
	for r, i := range at {
		ranks[i] = int32(r)
	}
	return ranks
}

// columnRuns groups the columns of side s that stay but are not in all versions by
// the column behind them that is.
func (m *merger) columnRuns(s int) map[int][]int32 {
	at := make([]int, len(m.in[s].names))
	for i := range m.cols {
		if m.cols[i].in(s) {
			at[m.cols[i].pos[s]] = i
		}
	}
	runs := map[int][]int32{}
	var run []int32
	for _, i := range at {
		switch c := &m.cols[i]; {
		case !c.stays:
		case c.in(inBase) && c.in(inOurs) && c.in(inTheirs):
			runs[i], run = run, nil
		default:
			run = append(run, int32(i))
		}
	}
	runs[lastRun] = run
	return runs
}

func (m *merger) mergeColumnRuns(a, b []int32) []int32 {
	var out []int32
	for _, p := range mergeRuns(a, b, func(x, y int32) int { return strings.Compare(m.cols[x].name, m.cols[y].name) }) {
		if p.a >= 0 {
			out = append(out, a[p.a])
		} else {
			out = append(out, b[p.b])
		}
	}
	return out
}
