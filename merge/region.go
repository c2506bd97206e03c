package merge

import (
	"bytes"

	"github.com/rowkeep/rowkeep/csvrows"
)

// region aligns records until a row stands in all versions: the anchor of what follows, if
// that is the same.
func (r *reducer) region() step {
	r.anchored = false
	for !r.vain() {
		b, s := r.record(inBase)
		if s != goOn {
			return s
		}
		if b.keyed {
			if s := r.check(b.key, b.start); s != goOn {
				return s
			}
		}
		paired := b.plain()
		for _, side := range r.sides {
			if s := r.align(side, b); s != goOn {
				return s
			}
			paired = paired && r.in[side].paired
		}
		r.in[inBase].pos = b.end
		follow(r.reducing, &r.in)
		for v := range r.in {
			paired = paired && r.in[v].pos >= r.in[v].head
		}
		if paired {
			r.inStretch, r.anchored, r.open = true, true, cut{at: [3]int{inBase: b.end}}
			return goOn
		}
	}
	return inVain
}

// record cuts the next record of a version.
func (r *reducer) record(v int) (record, step) {
	c := &r.in[v]
	switch {
	case c.pos == len(c.data) && !c.last:
		return record{}, more
	case c.pos == len(c.data):
		return record{}, atEnd
	}
	return r.recordAt(v, c.pos)
}

func (r *reducer) recordAt(v, pos int) (record, step) {
	c := &r.in[v]
	end, kind, ok := c.Cut(pos)
	switch {
	case !c.last && (!ok || end == len(c.data)):
		return record{}, more
	case !ok:
		return record{}, giveUp
	}
	x := record{start: pos, end: end, raw: c.data[pos:end]}
	if kind == csvrows.Row {
		var empty bool
		x.key, empty = c.Key(nil, x.raw, r.heads[inBase].key)
		x.keyed = !empty
	}
	return x, goOn
}

// align goes on in a side behind the row of base's record b, and notes whether it found
// it. If the side lacks it, it stays where it is.
func (r *reducer) align(side int, b record) step {
	c := &r.in[side]
	c.paired = false
	switch {
	case !b.keyed || b.start < c.wait:
		return goOn
	case b.plain() && bytes.HasPrefix(c.data[c.pos:], b.raw): // equal bytes are cut the same way
		c.pos, c.paired = c.pos+len(b.raw), true
		return goOn
	}
	return r.find(side, b)
}

// find looks for the row of b, which the side should have next.
func (r *reducer) find(side int, b record) step {
	c := &r.in[side]
	for {
		x, s := r.record(side)
		switch {
		case s == atEnd:
			return goOn
		case s != goOn:
			return s
		case !x.keyed:
			c.pos = x.end
		case bytes.Equal(x.key, b.key):
			c.pos, c.paired = x.end, x.plain()
			return goOn
		default:
			return r.meet(side, b, x)
		}
	}
}

// meet finds out what happened where base has row b and the side has x: if b stands
// further down in the side, rows were added; if x stands further down in base, rows were
// deleted; what is nearer counts. Else the order of the keys tells, or one row replaced
// the other.
func (r *reducer) meet(side int, b, x record) step {
	c := &r.in[side]
	added, there := r.ahead(side, x.end, b.key)
	deleted, here := r.ahead(inBase, b.end, x.key)
	if there < 0 && here < 0 {
		if c.misses++; c.misses%r.Patience == 0 {
			if r.widen() {
				c.misses-- // it is looked for again, in more
				return more
			}
			added, there = r.seek(c, x.end, b.raw)
			deleted, here = r.seek(&r.in[inBase], b.end, x.raw)
		}
	}
	switch {
	case there >= 0 && (here < 0 || added <= deleted):
		return r.passTo(side, there, b)
	case here >= 0:
		c.wait = here
	case r.hashed != nil:
		c.pos = x.end
	case bytes.Compare(x.key, b.key) < 0:
		c.pos = x.end
		return r.find(side, b)
	}
	return goOn
}

// passTo goes on in a side to a position, where b's row may stand.
func (r *reducer) passTo(side, pos int, b record) step {
	c := &r.in[side]
	for c.pos < pos {
		end, _, ok := c.Cut(c.pos)
		if !ok {
			return giveUp
		}
		c.pos = end
	}
	x, s := r.record(side)
	if s == goOn && x.keyed && bytes.Equal(x.key, b.key) {
		c.pos, c.paired = x.end, x.plain()
	}
	if s == atEnd {
		return goOn
	}
	return s
}

// ahead looks for a key in the next few records from pos on. It returns how many
// bytes away the row is and where, or -1.
func (r *reducer) ahead(v, pos int, key []byte) (away, at int) {
	for start, n := pos, 0; n < r.Window && pos < len(r.in[v].data); n++ {
		x, s := r.recordAt(v, pos)
		if s != goOn {
			break
		}
		if x.keyed && bytes.Equal(x.key, key) {
			return pos - start, pos
		}
		pos = x.end
	}
	return -1, -1
}

// seek looks for the bytes of a row from pos on: near, then far, as long as it may. That is the
// longer the more was left out: where rows stand in another order, little is, and it would
// search for nothing.
func (r *reducer) seek(c *cursor, pos int, raw []byte) (away, at int) {
	const near, farther = 64 << 10, 16
	for far := near; r.seeks+2*r.cutBytes > 0; far *= farther {
		end := min(pos+far, len(c.data))
		r.seeks -= end - pos
		if i := bytes.Index(c.data[pos:end], raw); i >= 0 {
			return i, pos + i
		}
		if end == len(c.data) {
			break
		}
	}
	return -1, -1
}
