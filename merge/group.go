package merge

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/rowkeep/rowkeep/csvrows"
)

// A group is all rows of a key that stands twice in some version.
type group struct {
	recs [3][]int32
	// conflict is set if both sides changed rows of the group, and not identically.
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
		m.pairWithBase(g, inOurs)
		m.pairWithBase(g, inTheirs)
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
			m.rows.unpair(v, i)
		}
	}
	return m.warnDuplicates()
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

// pairWithBase pairs the group's rows of base with those of side s: by equal values in
// the common columns, those left over by order of occurrence.
func (m *merger) pairWithBase(g *group, s int) {
	bases, sides := m.common(inBase, s), m.common(s, inBase)
	for _, p := range pairByID(
		g.recs[inBase], func(rec int32) string { return m.valueID(inBase, rec, bases) },
		g.recs[s], func(rec int32) string { return m.valueID(s, rec, sides) },
		true,
	) {
		m.rows.pair(s, int(p.a), int(p.b))
	}
}

// pairByID pairs records with equal ids, in order; then, if rest is set, those left
// over by order of occurrence.
func pairByID(as []int32, idA func(int32) string, bs []int32, idB func(int32) string, rest bool) []recPair {
	waiting := map[string][]int32{}
	for _, b := range bs {
		id := idB(b)
		waiting[id] = append(waiting[id], b)
	}
	var out []recPair
	var over []int32
	used := map[int32]bool{}
	for _, a := range as {
		id := idA(a)
		if queue := waiting[id]; len(queue) > 0 {
			out = append(out, recPair{a, queue[0]})
			used[queue[0]] = true
			waiting[id] = queue[1:]
		} else {
			over = append(over, a)
		}
	}
	for _, b := range bs {
		if rest && !used[b] && len(over) > 0 {
			out = append(out, recPair{over[0], b})
			over = over[1:]
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
	pairs := m.pairIdentical(g)
	if len(pairs) < len(g.recs[inOurs]) || len(pairs) < len(g.recs[inTheirs]) {
		m.groupConflict(g)
		return
	}
	holder := inOurs // the side whose pairing with base holds; chosen by content
	if cmp.Or(m.compareTexts(inTheirs, g.recs[inTheirs], inOurs, g.recs[inOurs]), slices.Compare(m.in[inTheirs].names, m.in[inOurs].names)) < 0 {
		holder = inTheirs
	}
	for _, b := range g.recs[inBase] {
		m.rows.side[other(holder)][b] = none
	}
	for _, p := range pairs {
		rec := triple{none, p.a, p.b}
		if b := m.rows.base[holder][rec[holder]]; b >= 0 {
			m.rows.pair(other(holder), int(b), int(rec[other(holder)]))
		} else {
			m.rows.base[other(holder)][rec[other(holder)]] = none
			m.rows.setTwins(p.a, p.b)
		}
	}
}

// pairIdentical pairs the rows of both sides that have the same values.
func (m *merger) pairIdentical(g *group) []recPair {
	return pairByID(
		g.recs[inOurs], func(rec int32) string { return m.valueID(inOurs, rec, m.comparable(inOurs, inTheirs)) },
		g.recs[inTheirs], func(rec int32) string { return m.valueID(inTheirs, rec, m.comparable(inTheirs, inOurs)) },
		false,
	)
}

func (m *merger) compareTexts(x int, as []int32, y int, bs []int32) int {
	return slices.CompareFunc(as, bs, func(a, b int32) int {
		return bytes.Compare(m.in[x].Text(int(a)), m.in[y].Text(int(b)))
	})
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
