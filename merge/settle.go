package merge

import (
	"slices"

	"github.com/rowkeep/rowkeep/csvrows"
)

// A verdict is how a conflict was settled. The zero verdict leaves it standing.
type verdict struct {
	// side is Base, Ours or Theirs, or Neither if value is to be taken.
	side  Side
	value string
	by    string // what settled it, as Conflict.Settled says it
}

// sideOr returns the verdict's side, or, of a conflict that stands, the side that
// stands in for it.
func (v verdict) sideOr(standIn Side) Side {
	if v.side == NoSide {
		return standIn
	}
	return v.side
}

// input is the index of a side's version.
func (s Side) input() int { return int(s - Base) }

// value returns the value of one version.
func (c *Conflict) value(s Side) *Value {
	return [...]*Value{Base: &c.Base, Ours: &c.Ours, Theirs: &c.Theirs}[s]
}

// set notes the line of one version.
func (l *Lines) set(v, line int) {
	*[...]*int{inBase: &l.Base, inOurs: &l.Ours, inTheirs: &l.Theirs}[v] = line
}

// settle asks, in this order, the policy of the column, the caller's function and the
// strategy, and notes in c what settled it. Policy fail keeps it from the others. stamp
// gives the value of another column of the conflict's row on a side; nil where there is
// no such row.
func (m *merger) settle(c *Conflict, stamp stamps) verdict {
	if c.HasColumn && m.policies[m.labelOf(c.Column)].rule == "fail" {
		return verdict{}
	}
	v := m.settleByPolicy(c, stamp)
	if v.side == NoSide && m.opt.Resolve != nil {
		v = m.ask(c)
	}
	if v.side == NoSide && m.opt.Strategy != Fail {
		side := [...]Side{TakeOurs: Ours, TakeTheirs: Theirs, TakeBase: Base}[m.opt.Strategy]
		v = verdict{side: side, by: side.String()}
	}
	c.Settled = v.by
	return v
}

// ask calls the caller's function.
func (m *merger) ask(c *Conflict) verdict {
	r, known := m.answers[c.ID]
	if !known {
		asked := *c
		asked.Key = slices.Clone(c.Key)
		r = m.opt.Resolve(asked)
		m.answers[c.ID] = r
	}
	fits := r.Side <= Theirs || r.Side == Neither && c.Kind.TakesValue()
	if r.Side == Neither && c.Kind == KindComment {
		fits = m.readsAs(csvrows.Comment, []byte(r.Value))
	}
	if r.Side == Neither && c.Kind == KindKeyRename {
		fits = slices.ContainsFunc(KeyOf(r.Value, len(m.keyNames)), func(v string) bool { return v != "" })
	}
	switch {
	case r.Side == NoSide:
		return verdict{}
	case !fits:
		m.fail(&AnswerError{ID: c.ID, Kind: c.Kind, Side: r.Side})
		return verdict{}
	}
	return verdict{side: r.Side, value: r.Value, by: "function"}
}

// standIn says which version stands in the output in place of a conflict that is not
// settled. Markers cannot show kinds of columns: base stands there.
func (m *merger) standIn(k ConflictKind) Side {
	switch m.opt.Output {
	case OutputOurs:
		return Ours
	case OutputTheirs:
		return Theirs
	case Markers:
		if !k.ofColumn() {
			return NoSide
		}
	}
	return Base
}

// report adds a conflict to the result.
func (m *merger) report(c Conflict) {
	if m.res == nil {
		return
	}
	m.res.Conflicts = append(doubled(m.res.Conflicts, 1), c)
	if c.Settled == "" {
		m.res.Stats.Standing++
	} else {
		m.res.Stats.Settled++
	}
}
