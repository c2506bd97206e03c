package merge

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"

	"github.com/rowkeep/rowkeep/csvrows"
)

// A record is one of base or of a side, as a reducer sees it.
type record struct {
	start, end int
	raw        []byte
	keyed      bool   // it is a row with a key
	key        []byte // encoded
}

// plain reports a row that may be left out if it is the same everywhere, and may be an
// anchor.
func (x record) plain() bool { return x.keyed && endsInLF(x.raw) }

func endsInLF(raw []byte) bool { return raw[len(raw)-1] == '\n' }

// A cursor goes through one version.
type cursor struct {
	*csvrows.Cutter
	data []byte
	pos  int // a record starts here
	head int // up to here nothing is left out
	// The data is a window of the version, from off on; last is true if it reaches to the end.
	// copied is up to where it is in the sketch.
	off, copied int
	last        bool
	// wait is where in base the next row of this side stands; what base has above it is
	// not here.
	wait   int
	misses int  // in how many places neither row was near
	paired bool // its latest row has the key of base's
}

// A step says how a reducer goes on.
type step uint8

const (
	goOn step = iota
	atEnd
	met  // where another reducer started
	more // the windows must be moved on
	giveUp
	inVain    // so little is left out that the sketch is not worth making
	tooMuch   // differs
	unordered // keys of base do not increase, and are not hashed
)

// A reducer finds the cuts of a part of the versions. It is in a stretch, where all
// versions have had the same bytes since the latest anchor, or in a region, where records
// are aligned.
type reducer struct {
	*reducing
	in     [3]cursor
	start  int      // in base
	meets  [][3]int // where others start
	passed int      // how many of them are behind
	shift  [3]int   // in a stretch, from base's positions to a version's
	end    stop

	inStretch bool
	anchored  bool // the record above is an anchor or left out
	open      cut  // the rows left out since then
	cuts      []cut
	cutBytes  int
	poor      bool       // so little is left out that it is not worth it
	ends      lineEndSet // of the rows left out, and perhaps of anchors
	odd       bool       // equal bytes may hold a conflict marker or a NUL
	size      int        // of the blocks that are compared
	seeks     int        // bytes that may be searched for where versions meet again
	sketch    [3][]byte

	checked  int // base's keys up to here were looked at
	firstKey []byte
	lastKey  []byte
	spare    []byte
	hashed   *hashedRows // nil as long as the keys are to increase

	window windows // of files
}

// run goes through the versions to their ends, or to where another reducer started.
func (r *reducer) run() {
	s := r.fill()
	for s == goOn {
		if s = r.step(); s == goOn {
			continue
		}
		r.keepRest()
		if s == more {
			s = r.slide()
		}
	}
	follow(r.reducing, &r.sketch)
	if r.files != nil {
		r.lastKey = bytes.Clone(r.lastKey) // others use the windows
	}
	b := &r.in[inBase]
	r.end.step, r.end.at = s, b.off+b.pos
}

// step takes one step.
func (r *reducer) step() step {
	if r.vain() {
		return inVain
	}
	next := r.region
	if r.inStretch {
		next = r.stretch
	}
	s := next()
	if s != atEnd {
		return s
	}
	for v := range r.in {
		r.in[v].pos = len(r.in[v].data)
	}
	if !r.atEnds() {
		return more // the sides have more behind the end of base
	}
	return atEnd
}

// stretch follows equal bytes, one block of them, and leaves out the rows in it.
func (r *reducer) stretch() step {
	b := &r.in[inBase]
	equal := r.equalAhead()
	start, stop := b.pos, b.pos+equal
	for v := range r.in {
		r.shift[v] = r.in[v].pos - start
	}
	s := r.leaveOut(stop)
	for v := range r.in {
		r.in[v].pos = b.pos + r.shift[v]
	}
	same := b.data[start:b.pos]
	r.odd = r.odd || bytes.IndexByte(same, 0) >= 0 || bytes.Contains(same, marker)
	switch {
	case s != goOn:
		r.closeCut()
		return s
	case equal < r.size && r.ranOut(equal-(b.pos-start)):
		r.closeCut()
		return more
	case equal < r.size:
		r.closeCut()
		r.inStretch, r.size = false, r.Block
	case b.pos == start || r.size < r.MostBlock:
		r.size *= 2
	}
	return goOn
}

// leaveOut leaves out base's rows that end above stop, where the byte behind them is equal
// too. The first row behind a record that is no row is kept as an anchor.
func (r *reducer) leaveOut(stop int) step {
	b := &r.in[inBase]
	key := r.heads[inBase].key
	next := r.nextMeet()
	for b.pos < stop {
		start := b.pos
		if start >= next {
			if r.meets[r.passed] == r.placeOf(start) {
				return met
			}
			r.passed++
			next = r.nextMeet()
		}
		end, kind, ok := b.Cut(start)
		if !ok && b.last {
			return giveUp
		}
		if !ok || end >= stop {
			return goOn
		}
		plain := false
		if kind == csvrows.Row {
			raw := b.data[start:end]
			if k, empty := b.Key(r.spare, raw, key); !empty {
				if s := r.check(k, start); s != goOn {
					return s
				}
				if plain = endsInLF(raw); plain {
					r.ends.add(raw)
				}
			}
		}
		b.pos = end
		switch {
		case plain && r.anchored:
			r.open.rows++
		case plain:
			r.anchored = true
			r.open = cut{at: [3]int{inBase: end}}
		default:
			b.pos = start
			r.closeCut()
			b.pos = end
			r.anchored = false
		}
	}
	return goOn
}

// equalAhead returns how many bytes are the same in all versions from here on; it looks at
// one block.
func (r *reducer) equalAhead() int {
	b := &r.in[inBase]
	n := min(r.size, len(b.data)-b.pos)
	for _, s := range r.sides {
		n = commonPrefix(b.data[b.pos:b.pos+n], r.in[s].data[r.in[s].pos:])
	}
	return n
}

// commonPrefix is how many bytes a and b both start with.
func commonPrefix(a, b []byte) int {
	const long, word = 512, 8
	n := min(len(a), len(b))
	i := 0
	for i+long <= n && bytes.Equal(a[i:i+long], b[i:i+long]) {
		i += long
	}
	for ; i+word <= n; i += word {
		if x := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:]); x != 0 {
			return i + bits.TrailingZeros64(x)/8
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}

// doubled makes room for n more. A large slice that append grows is copied over and over,
// a quarter longer each time.
func doubled[T any](s []T, n int) []T {
	if len(s)+n > cap(s) {
		s = slices.Grow(s, len(s)+n)
	}
	return s
}

// keepTo puts what a version has up to a place into the sketch.
func (r *reducer) keepTo(v, to int) {
	c := &r.in[v]
	r.sketch[v] = append(doubled(r.sketch[v], to-c.copied), c.data[c.copied:to]...)
	c.copied = to
}

// keepRest is keepTo for all versions, up to the cursors.
func (r *reducer) keepRest() {
	for _, v := range r.versions {
		r.keepTo(v, r.in[v].pos)
	}
}

// ranOut reports that a window ends so many bytes further on.
func (r *reducer) ranOut(further int) bool {
	for v := range r.in {
		if c := &r.in[v]; !c.last && c.pos+further == len(c.data) {
			return true
		}
	}
	return false
}

// nextMeet is where in base the next reducer started.
func (r *reducer) nextMeet() int {
	if r.passed == len(r.meets) {
		return math.MaxInt
	}
	return r.meets[r.passed][inBase] - r.in[inBase].off
}

// placeOf is where a record of base stands in the versions, in a stretch.
func (r *reducer) placeOf(pos int) (at [3]int) {
	for v := range at {
		at[v] = r.in[v].off + pos + r.shift[v]
	}
	return at
}

// check looks at the key of base's row at start: no row may have that of another.
func (r *reducer) check(key []byte, start int) step {
	switch {
	case start < r.checked:
		return goOn
	case r.hashed != nil:
		r.hashed.add(key, r.in[inBase].off+start)
	case r.lastKey == nil:
		r.firstKey, r.lastKey = bytes.Clone(key), key
	case !less(r.lastKey, key):
		return unordered
	}
	r.checked = start + 1
	if len(r.heads[inBase].key) > 1 { // the key stands in scratch memory
		r.spare = r.lastKey
	}
	r.lastKey = key
	return goOn
}

// less is bytes.Compare(a, b) < 0, without a call where words tell: the first ones, or of
// keys of one length the last ones, which overlap them.
func less(a, b []byte) bool {
	const word = 8
	for len(a) >= word && len(b) >= word {
		if x, y := binary.BigEndian.Uint64(a), binary.BigEndian.Uint64(b); x != y {
			return x < y
		}
		if n := len(a) - word; n < word && len(a) == len(b) {
			return binary.BigEndian.Uint64(a[n:]) < binary.BigEndian.Uint64(b[n:])
		}
		a, b = a[word:], b[word:]
	}
	return bytes.Compare(a, b) < 0
}

// closeCut ends the rows that are left out above base's record.
func (r *reducer) closeCut() {
	c := r.open
	r.open = cut{at: [3]int{inBase: r.in[inBase].pos}}
	if c.rows == 0 {
		return
	}
	c.size = r.in[inBase].pos - c.at[inBase]
	c.crlf = r.in[inBase].data[c.end()-2] == '\r'
	for v := range c.at {
		c.at[v] = c.at[inBase] + r.shift[v]
	}
	c.lastKey = r.lastKey
	if len(r.heads[inBase].key) > 1 || r.files != nil {
		c.lastKey = bytes.Clone(c.lastKey)
	}
	if r.files != nil {
		c.lines = countLineEnds(r.in[inBase].data[c.at[inBase]:c.end()])
	}
	for _, v := range r.versions {
		r.keepTo(v, c.at[v])
		c.sketch[v] = len(r.sketch[v])
		r.in[v].copied += c.size
		c.at[v] += r.in[v].off
	}
	follow(r.reducing, &c.sketch)
	follow(r.reducing, &c.at)
	r.cuts = append(doubled(r.cuts, 1), c)
	r.cutBytes += c.size
}
