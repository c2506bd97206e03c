package merge

import (
	"bytes"
	"slices"
	"strings"

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
// can only be where its first record would do as one behind the comment prefix, a comment
// that came to stand first or the header above a row that names the key itself; or where the
// first name starts with the prefix, and the header does not stand first any more.
func (m *merger) checkHeader() {
	opt := m.opt.Read
	opt.Delimiter = m.in[inOurs].Delimiter()
	marked := m.opt.Output == Markers && !m.res.Clean()
	if opt.NoHeader || opt.NoComment || marked {
		return
	}
	named := len(m.res.Columns) > 0 && strings.HasPrefix(m.res.Columns[0], m.prefix())
	if !named && !m.readsAsHeader(m.w.first, opt) {
		return
	}
	if m.res.large() {
		m.fail(&LargeError{"whether the header is read as one is a matter of the whole result"})
		return
	}
	f, err := csvrows.Parse(m.res.Bytes(), opt)
	if err != nil || slices.Equal(f.Columns(), m.res.Columns) {
		return
	}
	e := &HeaderError{Want: m.res.Columns}
	if rec := f.HeaderRecord(); rec >= 0 {
		e.Line, e.Text = f.Line(rec), string(f.Text(rec))
	}
	m.fail(e)
}

// readsAsHeader reports a first record that would be a header behind the comment prefix.
func (m *merger) readsAsHeader(first []byte, opt csvrows.Options) bool {
	if !bytes.HasPrefix(first, []byte(m.prefix())) {
		return false
	}
	f, err := csvrows.Parse(first, opt)
	return err == nil && f.PrefixedHeader()
}
