package merge

import "github.com/rowkeep/rowkeep/csvrows"

// A rename says that a side calls base's row old by the key of its own record new.
type rename struct{ old, new int32 }

// renameKeys finds the one row whose key a side renamed for certain, if it did, and
// makes it one row again.
func (m *merger) renameKeys() {
	var found [3]*rename
	for _, s := range []int{inOurs, inTheirs} {
		found[s] = m.findRename(s)
	}
	o, t := found[inOurs], found[inTheirs]
	shared := func(s int) bool { return found[s] != nil && m.rows.twinOf(s, found[s].new) >= 0 }
	if shared(inOurs) && shared(inTheirs) && (o.old != t.old || m.rows.twinOf(inOurs, o.new) != t.new) {
		return // each side has the other's new key too, for another row: nothing is certain
	}
	for _, same := range []bool{true, false} { // what both sides have is the same rename, before any other
		for _, s := range []int{inOurs, inTheirs} {
			if r := found[s]; r != nil && shared(s) == same && m.rows.side[s][r.old] == none && m.rows.base[s][r.new] == none {
				m.applyRename(s, *r)
			}
		}
	}
}

// applyRename makes base's row and the side's new one a pair. If the other side lacks
// the old key and has the new one, it made the same rename.
func (m *merger) applyRename(s int, r rename) {
	t := other(s)
	twin := m.rows.twinOf(s, r.new)
	m.rows.pair(s, int(r.old), int(r.new))
	m.vanished[s]--
	m.appeared[s]--
	if twin >= 0 {
		m.rows.twin[s][r.new], m.rows.twin[t][twin] = none, none
		m.rows.pair(t, int(r.old), int(twin))
		m.vanished[t]--
		m.appeared[t]--
	}
}

// findRename looks, among the keys that vanished from side s and those that appeared
// there, for the one pair that is a rename.
func (m *merger) findRename(s int) *rename {
	t := other(s)
	var gone, came []int32
	for i := range int32(m.in[inBase].Len()) {
		if m.isKeyed(inBase, i) && m.rows.side[s][i] == none {
			gone = append(gone, i)
		}
	}
	for j := range int32(m.in[s].Len()) {
		if m.isKeyed(s, j) && m.rows.base[s][j] == none {
			came = append(came, j)
		}
	}
	m.vanished[s], m.appeared[s] = len(gone), len(came)
	gone = candidates(gone, func(i int32) bool { return m.rows.side[t][i] == none })
	came = candidates(came, func(j int32) bool { return m.rows.twinOf(s, j) >= 0 })
	if len(gone) == 0 || len(came) == 0 {
		return nil
	}
	fits := map[rename]bool{}
	for _, x := range []int{inBase, t} {
		for _, r := range m.sameRows(x, s, gone, came) {
			both := m.rows.twinOf(s, r.new) >= 0 && m.rows.side[t][r.old] >= 0
			if !both {
				fits[r] = true
			}
		}
	}
	if m.sketch != nil && len(fits) > 0 {
		m.fail(errSketch) // whether the values are unique is a matter of all rows
	}
	if len(fits) != 1 {
		return nil
	}
	for r := range fits {
		return &r
	}
	return nil
}

// isKeyed reports a row with a key that stands once.
func (m *merger) isKeyed(v int, rec int32) bool {
	return m.in[v].Kind(int(rec)) == csvrows.Row && m.rows.base[v][rec] != keyless && m.groupOf(v, rec) == nil
}

// sameRows returns the pairs of a row in gone, as version x has it, and one of side s
// in came that have equal values apart from the key, not all empty, unique in x, and
// stand at the same place among the rows that stayed in both.
func (m *merger) sameRows(x, s int, gone, came []int32) []rename {
	inX, inS := m.withoutKey(x, m.common(x, s)), m.withoutKey(s, m.common(s, x))
	wanted := map[string][]int32{}
	for _, j := range came {
		if id := m.valueID(s, j, inS); id != "" {
			wanted[id] = append(wanted[id], j)
		}
	}
	var out []rename
	var unique map[string]int
	var rankX, rankS []int32
	for _, i := range gone {
		rec := i
		if x != inBase {
			rec = m.rows.side[x][i]
		}
		if rec < 0 || len(wanted) == 0 {
			continue
		}
		id := m.valueID(x, rec, inX)
		for _, j := range wanted[id] {
			if unique == nil {
				unique = m.countValues(x, inX, wanted)
				rankX, rankS = m.ranks(x, s, x), m.ranks(x, s, s)
			}
			if unique[id] == 1 && rankX[rec] == rankS[j] {
				out = append(out, rename{i, j})
			}
		}
	}
	return out
}

// countValues counts the rows of version x that have the values wanted.
func (m *merger) countValues(x int, set columnSet, wanted map[string][]int32) map[string]int {
	n := map[string]int{}
	for i := range int32(m.in[x].Len()) {
		if m.in[x].Kind(int(i)) != csvrows.Row {
			continue
		}
		if id := m.valueID(x, i, set); wanted[id] != nil {
			n[id]++
		}
	}
	return n
}

// ranks counts, for each record of version in, the rows above it that stayed: those
// that base, x and s have.
func (m *merger) ranks(x, s, in int) []int32 {
	ranks := make([]int32, m.in[in].Len())
	n := int32(0)
	for rec := range ranks {
		ranks[rec] = n
		if m.isKeyed(in, int32(rec)) {
			if t := m.rows.tripleOf(in, int32(rec)); t[inBase] >= 0 && t[x] >= 0 && t[s] >= 0 {
				n++
			}
		}
	}
	return ranks
}

// warnMassChange warns where more than half of base's keys vanished from a side and
// as many appeared there.
func (m *merger) warnMassChange() {
	rows := m.countRows(inBase)
	for _, s := range []int{inOurs, inTheirs} {
		if gone := m.vanished[s]; gone > 0 && 2*gone > rows && m.appeared[s] >= gone {
			m.warn(Warning{
				Kind: WarnMassKeyChange, Input: sideOf(s),
				Message: "more than half of the keys vanished and as many new ones appeared; was the key column reformatted?",
			})
		}
	}
}
