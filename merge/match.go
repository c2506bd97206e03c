package merge

import (
	"bytes"
	"maps"
	"slices"
	"sync"

	"github.com/cespare/xxhash/v2"
	"github.com/rowkeep/rowkeep/csvrows"
)

// What stands in place of a record number where no record is the partner.
const (
	none    int32 = -1
	keyless int32 = -2 // the record is a row whose key fields are all empty
)

// pairing says which records of the three versions are one row. The slices are
// indexed by record number; records that are no rows have no partner.
type pairing struct {
	// side[s][i] is the record of side s that is base's record i.
	side [3][]int32
	// base[s][j] is base's record for record j of side s; base[inBase] tells only
	// which rows of base are keyless.
	base [3][]int32
	// twin[s][j] is, for a row that both sides added, its record on the other side.
	// It is nil where a side added nothing.
	twin [3][]int32
	// duplicates are the keys that stand twice in some version.
	duplicates map[string]bool
}

// A keyTable finds records of one version by key: open addressing, a slot holds 32
// bits of the hash and the record number. Bytes are compared on a hit.
type keyTable struct {
	v     *version
	slots []uint64
	used  int
	probe []byte
}

const freeSlot = 1<<64 - 1

func newKeyTable(v *version, rows int) *keyTable {
	size := 16
	for size < rows*2 {
		size *= 2
	}
	t := &keyTable{v: v}
	t.allocate(size)
	return t
}

func (t *keyTable) allocate(size int) {
	t.slots = make([]uint64, size)
	for i := range t.slots {
		t.slots[i] = freeSlot
	}
}

// find returns the record with key, or none and the slot to put it in.
func (t *keyTable) find(key []byte, hash uint64) (rec int32, slot int) {
	mask := len(t.slots) - 1
	for slot = int(hash) & mask; t.slots[slot] != freeSlot; slot = (slot + 1) & mask {
		if t.slots[slot]>>32 != hash>>32 {
			continue
		}
		rec = int32(uint32(t.slots[slot]))
		t.probe, _ = t.v.AppendKey(t.probe[:0], int(rec), t.v.key)
		if bytes.Equal(t.probe, key) {
			return rec, slot
		}
	}
	return none, slot
}

// put stores rec in a slot that find returned.
func (t *keyTable) put(rec int32, hash uint64, slot int) {
	t.slots[slot] = hash>>32<<32 | uint64(uint32(rec))
	if t.used++; t.used*4 > len(t.slots)*3 {
		t.grow()
	}
}

func (t *keyTable) grow() {
	old := t.slots
	t.allocate(2 * len(old))
	var key []byte
	for _, s := range old {
		if s == freeSlot {
			continue
		}
		rec := int32(uint32(s))
		key, _ = t.v.AppendKey(key[:0], int(rec), t.v.key)
		hash := xxhash.Sum64(key)
		_, slot := t.find(key, hash)
		t.slots[slot] = hash>>32<<32 | uint64(uint32(rec))
	}
}

// matchRows pairs the rows of the three versions by key. Only base is indexed whole:
// a side is walked along base, and looked up where the two part.
func matchRows(in *[3]version) *pairing {
	p := &pairing{duplicates: map[string]bool{}}
	for i := range in {
		p.base[i] = filled(in[i].Len(), none)
	}
	p.side[inOurs] = filled(in[inBase].Len(), none)
	p.side[inTheirs] = filled(in[inBase].Len(), none)
	index := p.indexBase(&in[inBase])
	var added [3]*keyTable
	var duplicates [3]map[string]bool
	var wg sync.WaitGroup
	for _, s := range []int{inOurs, inTheirs} {
		wg.Go(func() {
			own := *p // what it notes of its side is its own, but for this
			own.duplicates = map[string]bool{}
			added[s] = own.matchSide(in, s, index.reader())
			duplicates[s] = own.duplicates
		})
	}
	wg.Wait()
	maps.Copy(p.duplicates, duplicates[inOurs])
	maps.Copy(p.duplicates, duplicates[inTheirs])
	p.matchAdded(&in[inOurs], added[inOurs], added[inTheirs])
	return p
}

func filled(n int, v int32) []int32 {
	s := make([]int32, n)
	for i := range s {
		s[i] = v
	}
	return s
}

// A baseIndex finds rows of base by key. Where base's keys strictly increase, that
// is a binary search, until there were so many that a table is cheaper; else a table.
type baseIndex struct {
	v        *version
	rows     []int32 // in the order of their keys, as long as there is no table
	searches int
	table    *keyTable
	probe    []byte
}

// indexBase indexes base, and notes which of its rows have no key and which keys
// stand twice.
func (p *pairing) indexBase(b *version) *baseIndex {
	x := &baseIndex{v: b}
	var key, last []byte
	for i := range int32(b.Len()) {
		if b.Kind(int(i)) != csvrows.Row {
			continue
		}
		var empty bool
		if key, empty = b.AppendKey(key[:0], int(i), b.key); empty {
			p.base[inBase][i] = keyless
			continue
		}
		if x.table == nil && (len(x.rows) == 0 || bytes.Compare(last, key) < 0) {
			x.rows = append(x.rows, i)
			key, last = last, key
			continue
		}
		if x.table == nil {
			x.hash()
		}
		p.add(x.table, key, xxhash.Sum64(key), int(i))
	}
	return x
}

// reader returns an index of the same rows for another goroutine to use.
func (x *baseIndex) reader() *baseIndex {
	r := *x
	r.probe = nil
	if x.table != nil {
		t := *x.table
		t.probe = nil
		r.table = &t
	}
	return &r
}

// hash puts the rows so far into a table.
func (x *baseIndex) hash() {
	x.table = newKeyTable(x.v, x.v.Len())
	for _, i := range x.rows {
		x.probe, _ = x.v.AppendKey(x.probe[:0], int(i), x.v.key)
		hash := xxhash.Sum64(x.probe)
		_, slot := x.table.find(x.probe, hash)
		x.table.put(i, hash, slot)
	}
	x.rows = nil
}

// find returns base's row with the key, or none.
func (x *baseIndex) find(key []byte) int32 {
	const worth = 16 // a table costs as much as a search for every so many rows
	if x.searches++; x.table == nil && x.searches > len(x.rows)/worth {
		x.hash()
	}
	if x.table != nil {
		i, _ := x.table.find(key, xxhash.Sum64(key))
		return i
	}
	n, found := slices.BinarySearchFunc(x.rows, key, func(i int32, key []byte) int {
		x.probe, _ = x.v.AppendKey(x.probe[:0], int(i), x.v.key)
		return bytes.Compare(x.probe, key)
	})
	if !found {
		return none
	}
	return x.rows[n]
}

// matchSide pairs side s with base and returns a table of the rows it added.
func (p *pairing) matchSide(in *[3]version, s int, index *baseIndex) *keyTable {
	v := &in[s]
	w := walk{pairing: p, b: &in[inBase], v: v, s: s, alike: slices.Equal(v.key, in[inBase].key)}
	added := newKeyTable(v, 0)
	for j := range v.Len() {
		if v.Kind(j) != csvrows.Row || w.unchanged(j) || w.startsAlike(j) {
			continue
		}
		key, empty := v.AppendKey(w.key[:0], j, v.key)
		w.key = key
		if empty {
			p.base[s][j] = keyless
			continue
		}
		if w.expected(j) {
			continue
		}
		i := index.find(key)
		switch {
		case i == none:
			p.add(added, key, xxhash.Sum64(key), j)
		case p.side[s][i] != none:
			p.duplicates[string(key)] = true
		default:
			w.take(int(i), j)
		}
	}
	return added
}

// A walk goes through a side along base. Most rows are those that base has next.
type walk struct {
	*pairing
	b, v   *version
	s      int
	alike  bool // both have the key in the same place: equal bytes have equal keys
	cursor int  // base's row that is expected next
	key    []byte
	wanted []byte
}

// unchanged pairs record j with the row expected next if it has the same bytes.
func (w *walk) unchanged(j int) bool {
	for w.cursor < w.b.Len() && (w.b.Kind(w.cursor) != csvrows.Row || w.base[inBase][w.cursor] == keyless) {
		w.cursor++
	}
	if !w.alike || !w.free() || !bytes.Equal(w.v.Raw(j), w.b.Raw(w.cursor)) {
		return false
	}
	w.take(w.cursor, j)
	return true
}

// startsAlike pairs record j with the row expected next if both start with the same bytes up
// to a delimiter, and that is the key, bare: nothing else of them is looked at.
func (w *walk) startsAlike(j int) bool {
	if !w.alike || len(w.v.key) != 1 || w.v.key[0] != 0 || !w.free() {
		return false
	}
	raw := w.v.Raw(j)
	same := raw[:commonPrefix(raw, w.b.Raw(w.cursor))]
	if len(same) == 0 || same[0] == '"' || bytes.IndexByte(same, w.v.Delimiter()) <= 0 {
		return false
	}
	w.take(w.cursor, j)
	return true
}

// expected pairs record j with the row expected next if it has the same key.
func (w *walk) expected(j int) bool {
	if !w.free() {
		return false
	}
	w.wanted, _ = w.b.AppendKey(w.wanted[:0], w.cursor, w.b.key)
	if !bytes.Equal(w.key, w.wanted) {
		return false
	}
	w.take(w.cursor, j)
	return true
}

// free reports that a row is expected and has no partner yet.
func (w *walk) free() bool { return w.cursor < w.b.Len() && w.side[w.s][w.cursor] == none }

func (w *walk) take(i, j int) {
	w.pair(w.s, i, j)
	w.cursor = i + 1
}

func (p *pairing) pair(s, baseRec, rec int) {
	p.side[s][baseRec] = int32(rec)
	p.base[s][rec] = int32(baseRec)
}

// add notes a row under its key, or that the key stands twice.
func (p *pairing) add(t *keyTable, key []byte, hash uint64, rec int) {
	if found, slot := t.find(key, hash); found == none {
		t.put(int32(rec), hash, slot)
	} else {
		p.duplicates[string(key)] = true
	}
}

// matchAdded makes twins of rows that both sides added.
func (p *pairing) matchAdded(o *version, ours, theirs *keyTable) {
	if ours.used == 0 || theirs.used == 0 {
		return
	}
	var key []byte
	for _, slot := range ours.slots {
		if slot == freeSlot {
			continue
		}
		rec := int32(uint32(slot))
		key, _ = o.AppendKey(key[:0], int(rec), o.key)
		if twin, _ := theirs.find(key, xxhash.Sum64(key)); twin != none {
			p.setTwins(rec, twin)
		}
	}
}

func (p *pairing) setTwins(ours, theirs int32) {
	for _, s := range []int{inOurs, inTheirs} {
		if p.twin[s] == nil {
			p.twin[s] = filled(len(p.base[s]), none)
		}
	}
	p.twin[inOurs][ours] = theirs
	p.twin[inTheirs][theirs] = ours
}

func (p *pairing) twinOf(s int, rec int32) int32 {
	if p.twin[s] == nil {
		return none
	}
	return p.twin[s][rec]
}

// A triple is one row in the three versions: record numbers, or none.
type triple [3]int32

// tripleOf finds the row that record rec of version in is.
func (p *pairing) tripleOf(in int, rec int32) triple {
	b := rec
	if in != inBase {
		b = p.base[in][rec]
	}
	if b >= 0 {
		return triple{b, p.side[inOurs][b], p.side[inTheirs][b]}
	}
	t := triple{none, none, none}
	t[in], t[other(in)] = rec, p.twinOf(in, rec)
	return t
}

// kept reports that record rec of version in is a row of base that stands in both
// sides.
func (p *pairing) kept(in int, rec int32) bool {
	b := rec
	if in != inBase {
		b = p.base[in][rec]
	}
	return b >= 0 && p.side[inOurs][b] >= 0 && p.side[inTheirs][b] >= 0
}
