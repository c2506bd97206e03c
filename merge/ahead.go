package merge

import (
	"slices"

	"github.com/rowkeep/rowkeep/internal/tune"
)

// Composing ahead: what becomes of a kept row depends on its three versions and on what was
// decided about columns; the rows above it decide no more than how it is put. So where there
// are many, helpers compose them side by side, a batch each in turn, and the merger puts
// them in order. What depends on more than the row, a helper leaves to the merger: the
// result is that of nobody having helped.

// helpers is how many compose. More would wait for the one who puts.
const helpers = 2

// An ahead is the kept rows as helpers compose them.
type ahead struct {
	made, used [helpers]chan *batch // from a helper and back
	turn       int                  // whose batch is the latest
	latest     *batch
	put, told  int // how many of its rows and conflicts are in the result
	above      int // how many rows were in the batches before
}

// A batch is some of the kept rows, one after the other.
type batch struct {
	rows      []aheadRow
	conflicts []Conflict // of the rows, in order
	shown     []byte     // what blocks refer to
}

// An aheadRow is a row that was composed, and how many conflicts that made; or that was left.
type aheadRow struct {
	composed
	rec       triple
	bare      bool // it has no lead
	left      bool
	conflicts int
}

// composeAhead has helpers compose the kept rows. It returns nil where that is not worth it,
// or if the caller is to be asked about conflicts, one after the other.
func (m *merger) composeAhead() *ahead {
	size := tune.Merge.Ahead
	if size == 0 || len(m.kept) <= size || m.opt.Resolve != nil {
		return nil
	}
	a := &ahead{turn: helpers - 1, latest: &batch{}}
	for n := range helpers {
		const waiting = 2 // one that is composed while the other is put
		a.made[n], a.used[n] = make(chan *batch, waiting), make(chan *batch, waiting)
		for range waiting {
			a.used[n] <- &batch{}
		}
		h := m.reader()
		h.res, h.err = &Result{}, nil
		go func() {
			for from := n * size; from < len(h.kept); from += helpers * size {
				b := <-a.used[n]
				h.composeBatch(b, from, min(from+size, len(h.kept)))
				a.made[n] <- b
			}
		}()
	}
	return a
}

// composeBatch composes kept rows into a batch that was put.
func (m *merger) composeBatch(b *batch, from, to int) {
	m.res.Conflicts, m.shown, b.rows = b.conflicts[:0], b.shown[:0], b.rows[:0]
	above := triple{none, none, none}
	for i := from; i < to; i++ {
		row := m.composeKept(m.rows.tripleOf(inBase, m.keptAt(i)))
		row.bare = row.rec == triple{above[inBase] + 1, above[inOurs] + 1, above[inTheirs] + 1} && i > from || m.leadOf(row.rec).empty()
		above = row.rec
		b.rows = append(b.rows, row)
	}
	b.conflicts, b.shown = m.res.Conflicts, m.shown
}

// composeKept composes a row of base that both sides kept, unless it is one of several of its
// key, or there is an error or a warning to tell.
func (m *merger) composeKept(t triple) aheadRow {
	if g := m.groupOf(inBase, t[inBase]); g != nil && g.conflict {
		return aheadRow{rec: t, left: true}
	}
	before := len(m.res.Conflicts)
	c := m.composeRow(t)
	if m.err != nil || len(m.res.Warnings) > 0 {
		m.err, m.res.Warnings, m.res.Conflicts = nil, nil, m.res.Conflicts[:before]
		return aheadRow{rec: t, left: true}
	}
	return aheadRow{composed: c, rec: t, conflicts: len(m.res.Conflicts) - before}
}

// next returns the next kept row. It holds until the one behind it is asked for.
func (a *ahead) next() (row *aheadRow, conflicts []Conflict) {
	if a.put == len(a.latest.rows) {
		a.above += len(a.latest.rows)
		if len(a.latest.rows) > 0 {
			a.used[a.turn] <- a.latest // the helper's from here on
		}
		a.turn = (a.turn + 1) % helpers
		a.latest, a.put, a.told = <-a.made[a.turn], 0, 0
	}
	row = &a.latest.rows[a.put]
	conflicts = a.latest.conflicts[a.told : a.told+row.conflicts]
	a.put++
	a.told += row.conflicts
	return row, conflicts
}

// emitKept writes the i-th of the kept rows, which may be composed, behind its lead. It
// returns base's record.
func (m *merger) emitKept(i int, a *ahead) int32 {
	if a == nil {
		t := m.rows.tripleOf(inBase, m.keptAt(i))
		m.lead(m.leadOf(t))
		m.emitRow(t)
		return t[inBase]
	}
	row, conflicts := a.next()
	if a.put == 1 {
		m.expectConflicts(a)
	}
	if !row.bare {
		m.lead(m.leadOf(row.rec))
	}
	if row.left {
		m.emitRow(row.rec)
		return row.rec[inBase]
	}
	for _, c := range conflicts {
		m.report(c)
	}
	m.put(row.composed)
	return row.rec[inBase]
}

// expectConflicts makes room for the conflicts of the latest batch: where there is none, for
// as many as there will be if it goes on as it did, but at most sixteen times what there is.
func (m *merger) expectConflicts(a *ahead) {
	const most = 16
	has, all := len(m.res.Conflicts), len(m.res.Conflicts)+len(a.latest.conflicts)
	if all <= cap(m.res.Conflicts) {
		return
	}
	room := float64(all) * float64(len(m.kept)) / float64(a.above+len(a.latest.rows)) * (1 + 1.0/most)
	m.res.Conflicts = slices.Grow(m.res.Conflicts, max(all, min(int(room), most*all))-has)
}
