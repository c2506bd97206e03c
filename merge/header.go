package merge

import (
	"bytes"
	"slices"

	"github.com/rowkeep/rowkeep/csvrows"
)

// A header says where the result's header goes.
type header struct {
	rec triple // its record in each version
	// kept is set if all versions have one, so that it divides the file; stands if
	// the result has one; done once it is written.
	kept, stands, done bool
}

// findHeader finds the header of each version. If all have one it divides the file:
// what is above it stays above. Else it goes where the sides have it.
func (m *merger) findHeader() {
	m.header.kept = true
	for v := range m.in {
		m.header.rec[v] = int32(m.in[v].HeaderRecord())
		m.header.kept = m.header.kept && m.header.rec[v] >= 0
	}
}

// judgeHeader decides whether the result has a header. One of one side alone goes away
// only if no row stands and the side left base's names alone.
func (m *merger) judgeHeader() {
	b, o, t := m.header.rec[inBase] >= 0, m.header.rec[inOurs] >= 0, m.header.rec[inTheirs] >= 0
	if o != t {
		keeper := inOurs
		if t {
			keeper = inTheirs
		}
		m.header.stands = !b || !m.sameNames(keeper) || m.anyRowStands(keeper)
		return
	}
	m.header.stands = o
}

func (m *merger) sameNames(s int) bool {
	return len(m.in[s].names) == len(m.in[inBase].names) && m.alike(inBase, s) && m.namesAlike(s)
}

func (m *merger) namesAlike(s int) bool {
	for i, name := range m.in[s].names {
		if name != m.in[inBase].names[i] {
			return false
		}
	}
	return true
}

// anyRowStands reports a row in the result, where only the keeper has rows: one that
// it added, or changed and that was not settled to the deletion.
func (m *merger) anyRowStands(keeper int) bool {
	for j := range int32(m.in[keeper].Len()) {
		if m.in[keeper].Kind(int(j)) != csvrows.Row {
			continue
		}
		switch b := m.rows.base[keeper][j]; {
		case b == keyless: // see below
		case b == none:
			return true
		default:
			f := m.fates[b]
			if g := m.groupOf(keeper, j); g != nil && g.conflict {
				f = &fate{deleter: other(keeper), verdict: g.verdict}
			}
			if f != nil && f.verdict.sideOr(m.standIn(KindDeleteModify)) != sideOf(f.deleter) {
				return true
			}
		}
	}
	return m.anyKeylessStands(keeper)
}

// anyKeylessStands reports a row without a key that the keeper added, copied, moved or
// edited. As no row of the other side is there, all of the file is one lead.
func (m *merger) anyKeylessStands(keeper int) bool {
	l := leadMerge{merger: m}
	for _, v := range []int{inBase, keeper} {
		l.lines[v], l.items[v] = m.readLead(v, 0, int32(m.in[v].Len()))
	}
	l.align(keeper)
	for i, f := range l.fates[keeper] {
		if f.edited && l.lines[inBase][i].kind == csvrows.Row {
			return true
		}
	}
	return slices.ContainsFunc(l.items[keeper], func(x leadItem) bool { return l.isKeyless(keeper, x.rec) })
}

// checkHeader refuses a result that would be read with another header than it has. That
// can only be where its first record would do as one behind the comment prefix: a comment
// that came to stand first, or the header above a row that names the key itself.
func (m *merger) checkHeader() {
	opt := m.opt.Read
	opt.Delimiter = m.in[inOurs].Delimiter()
	marked := m.opt.Output == Markers && !m.res.Clean()
	if opt.NoHeader || opt.NoComment || marked || !bytes.HasPrefix(m.w.first, []byte(m.prefix())) {
		return
	}
	if f, err := csvrows.Parse(m.w.first, opt); err != nil || !f.PrefixedHeader() {
		return
	}
	f, err := csvrows.Parse(m.res.Bytes(), opt)
	if err == nil && f.HeaderRecord() >= 0 && !slices.Equal(f.Columns(), m.res.Columns) {
		rec := f.HeaderRecord()
		m.fail(&HeaderError{Line: f.Line(rec), Text: string(f.Text(rec)), Want: m.res.Columns})
	}
}
