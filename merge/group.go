package merge

import (
	"fmt"

	"github.com/rowkeep/rowkeep/csvrows"
)

// A group is all rows of a key that stands twice in some version.
type group struct {
	recs [3][]int32
	// standing is set if both sides changed rows of the group, and not identically.
	conflict bool
	verdict  verdict
	// shown is set once the group's conflict stands in the output.
	shown bool
}

// groupOf returns the group of a record, or nil.
func (m *merger) groupOf(v int, rec int32) *group {
	if m.groups == nil {
		return nil
	}
	return m.groupAt[v][rec]
}

// groupDuplicates takes the rows of keys that stand twice apart and pairs them again:
// by equal values, then by order of occurrence.
func (m *merger) groupDuplicates() error {
	if len(m.rows.duplicates) == 0 {
		return nil
	}
	if err := m.collectGroups(); err != nil {
		return err
	}
	for _, g := range m.groups {
		for _, s := range []int{inOurs, inTheirs} {
			for _, p := range m.pairEqual(inBase, g.recs[inBase], s, g.recs[s], true) {
				m.rows.pair(s, int(p.a), int(p.b))
			}
		}
		m.judgeGroup(g)
	}
	return nil
}

// collectGroups fills m.groups, in the order of first occurrence in base, ours,
// theirs, and unpairs their rows.
func (m *merger) collectGroups() error {
	byKey := map[string]*group{}
	var key []byte
	for v := range m.in {
		m.groupAt[v] = map[int32]*group{}
		for i := range int32(m.in[v].Len()) {
			if m.in[v].Kind(int(i)) != csvrows.Row {
				continue
			}
			key, _ = m.in[v].AppendKey(key[:0], int(i), m.in[v].key)
			if !m.rows.duplicates[string(key)] {
				continue
			}
			g := byKey[string(key)]
			if g == nil {
				g = &group{}
				byKey[string(key)] = g
				m.groups = append(m.groups, g)
			}
			g.recs[v] = append(g.recs[v], i)
			m.groupAt[v][i] = g
			m.unpair(v, i)
		}
	}
	return m.warnDuplicates()
}

func (m *merger) unpair(v int, rec int32) {
	if v == inBase {
		m.rows.side[inOurs][rec], m.rows.side[inTheirs][rec] = none, none
		return
	}
	m.rows.base[v][rec] = none
	if m.rows.twin[v] != nil {
		m.rows.twin[v][rec] = none
	}
}

// warnDuplicates tells of every key that stands twice in an input, or refuses it.
func (m *merger) warnDuplicates() error {
	for _, g := range m.groups {
		for v, recs := range g.recs {
			if len(recs) < 2 {
				continue
			}
			in := &m.in[v]
			key := in.Key(int(recs[0]), in.key)
			lines := [2]int{in.Line(int(recs[0])), in.Line(int(recs[1]))}
			if m.opt.RefuseDuplicates {
				return &DuplicateKeyError{Input: sideOf(v), Key: key, Lines: lines}
			}
			m.warn(Warning{
				Kind: WarnDuplicateKey, Input: sideOf(v), Key: key, Line: lines[1],
				Message: fmt.Sprintf("%d rows have this key, the first in line %d", len(recs), lines[0]),
			})
		}
	}
	return nil
}

// recPair pairs a record of one version with one of another.
type recPair struct{ a, b int32 }

// pairEqual pairs records by equal values in the common columns, in order; those left
// over by order of occurrence, if rest is set.
func (m *merger) pairEqual(x int, as []int32, y int, bs []int32, rest bool) []recPair {
	xs, ys := m.common(x, y), m.common(y, x)
	waiting := map[string][]int32{}
	for _, b := range bs {
		id := m.valueID(y, b, ys)
		waiting[id] = append(waiting[id], b)
	}
	var out []recPair
	var left []int32
	used := map[int32]bool{}
	for _, a := range as {
		id := m.valueID(x, a, xs)
		if queue := waiting[id]; len(queue) > 0 {
			out = append(out, recPair{a, queue[0]})
			used[queue[0]] = true
			waiting[id] = queue[1:]
		} else {
			left = append(left, a)
		}
	}
	for _, b := range bs {
		if rest && !used[b] && len(left) > 0 {
			out = append(out, recPair{left[0], b})
			left = left[1:]
		}
	}
	return out
}

// judgeGroup finds out who changed rows of the group. If both did, identically, the
// rows are paired so that equal ones meet; else it is a conflict.
func (m *merger) judgeGroup(g *group) {
	if !m.groupChanged(g, inOurs) || !m.groupChanged(g, inTheirs) {
		return
	}
	pairs := m.pairEqual(inOurs, g.recs[inOurs], inTheirs, g.recs[inTheirs], false)
	if len(pairs) < len(g.recs[inOurs]) || len(pairs) < len(g.recs[inTheirs]) {
		m.groupConflict(g)
		return
	}
	for _, b := range g.recs[inBase] {
		m.rows.side[inTheirs][b] = none
	}
	for _, p := range pairs {
		if b := m.rows.base[inOurs][p.a]; b >= 0 {
			m.rows.pair(inTheirs, int(b), int(p.b))
		} else {
			m.rows.base[inTheirs][p.b] = none
			m.rows.setTwins(p.a, p.b)
		}
	}
}

func (m *merger) groupChanged(g *group, s int) bool {
	if len(g.recs[s]) != len(g.recs[inBase]) {
		return true
	}
	for _, b := range g.recs[inBase] {
		if j := m.rows.side[s][b]; j < 0 || m.modified(s, b, j) {
			return true
		}
	}
	return false
}

func (m *merger) groupConflict(g *group) {
	conf := Conflict{Kind: KindDuplicateKey}
	for v, recs := range g.recs {
		if len(recs) == 0 {
			continue
		}
		conf.Key = m.in[v].Key(int(recs[0]), m.in[v].key)
		value := conf.value(sideOf(v))
		value.Exists = true
		for _, rec := range recs {
			value.Rows = append(value.Rows, m.rowValue(v, rec))
		}
		conf.Lines.set(v, m.in[v].Line(int(recs[0])))
	}
	conf.ID = conflictID(conf.Kind, "", conf.Key...)
	g.conflict = true
	g.verdict = m.settle(&conf, nil)
	m.report(conf)
}
