package merge

import (
	"bytes"
	"slices"
	"sync"

	"github.com/cespare/xxhash/v2"
	"github.com/rowkeep/rowkeep/csvrows"
)

// A keyTable finds records of one version by key: open addressing, a slot holds 32
// bits of the hash and the record number. Bytes are compared on a hit.
type keyTable struct {
	v     *version
	slots []uint64
	used  int
	probe []byte
	// touched is made of bytes that were looked at to have them near.
	touched byte
}

func newKeyTable(v *version, rows int) *keyTable {
	size := 16
	for size < rows*2 {
		size *= 2
	}
	return &keyTable{v: v, slots: make([]uint64, size)}
}

// reader returns a table of the same records for another goroutine to look at.
func (t *keyTable) reader() *keyTable {
	r := *t
	r.probe = nil
	return &r
}

// slotOf is what a slot holds: a free one 0, so records are counted from 1.
func slotOf(rec int32, hash uint64) uint64 { return hash>>32<<32 | uint64(rec+1) }

func recordIn(slot uint64) int32 { return int32(uint32(slot)) - 1 }

// find returns the record with key, or none and the slot to put it in.
func (t *keyTable) find(key []byte, hash uint64) (rec int32, slot int) {
	mask := len(t.slots) - 1
	for slot = int(hash) & mask; t.slots[slot] != 0; slot = (slot + 1) & mask {
		if t.slots[slot]>>32 != hash>>32 {
			continue
		}
		rec = recordIn(t.slots[slot])
		if t.has(rec, key) {
			return rec, slot
		}
	}
	return none, slot
}

// has reports that a record has the key.
func (t *keyTable) has(rec int32, key []byte) bool {
	t.probe, _ = t.v.AppendKey(t.probe[:0], int(rec), t.v.key)
	return bytes.Equal(t.probe, key)
}

// put stores rec in a slot that find returned.
func (t *keyTable) put(rec int32, hash uint64, slot int) {
	t.slots[slot] = slotOf(rec, hash)
	if t.used++; t.used*4 > len(t.slots)*3 {
		t.grow()
	}
}

func (t *keyTable) grow() {
	old := t.slots
	t.slots = make([]uint64, 2*len(old))
	var key []byte
	for _, s := range old {
		if s == 0 {
			continue
		}
		rec := recordIn(s)
		key, _ = t.v.AppendKey(key[:0], int(rec), t.v.key)
		hash := xxhash.Sum64(key)
		_, slot := t.find(key, hash)
		t.slots[slot] = slotOf(rec, hash)
	}
}

// findAll finds the records of many keys, in steps that each go through all of them. To find
// one waits for memory several times, one after the other: for its slot, for where the record
// stands, for the record. In a step the processor waits for several of them at a time (Chen,
// Ailamaki, Gibbons and Mowry, "Improving Hash Join Performance through Prefetching", 2004,
// 4, group prefetching; a byte that is looked at does what a prefetch does there).
func (t *keyTable) findAll(of []lookup) {
	for i := range of {
		of[i].base = t.likely(of[i].hash)
	}
	for i := range of {
		if of[i].base >= 0 {
			of[i].raw = t.v.Raw(int(of[i].base))
		}
	}
	for i := range of {
		if of[i].base >= 0 {
			t.touched ^= of[i].raw[0]
		}
	}
	for i := range of {
		if of[i].base >= 0 && !t.has(of[i].base, of[i].key) {
			of[i].base, _ = t.find(of[i].key, of[i].hash)
		}
	}
}

// likely returns the first record of a hash, or none.
func (t *keyTable) likely(hash uint64) int32 {
	mask := len(t.slots) - 1
	for slot := int(hash) & mask; t.slots[slot] != 0; slot = (slot + 1) & mask {
		if t.slots[slot]>>32 == hash>>32 {
			return recordIn(t.slots[slot])
		}
	}
	return none
}

// A lookup is a key that is looked for in base, that of a row of a side.
type lookup struct {
	rec  int32
	key  []byte
	hash uint64
	base int32  // the row that has it, or none
	raw  []byte // of a row that may have it
}

// A baseIndex finds rows of base by key. Where base's keys strictly increase, that
// is a binary search, until there were so many that a table is cheaper; else a table.
type baseIndex struct {
	v      *version
	rows   []int32 // in the order of their keys, if they increase
	sorted bool
	hashed sync.Once
	table  *keyTable
}

// indexBase indexes base, and notes which of its rows have no key and which keys
// stand twice.
func (p *pairing) indexBase(b *version) *baseIndex {
	x := &baseIndex{v: b, sorted: true}
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
		if x.sorted && (len(x.rows) == 0 || bytes.Compare(last, key) < 0) {
			x.rows = append(doubled(x.rows, 1), i)
			key, last = last, key
			continue
		}
		if x.sorted {
			x.hash()
			x.sorted, x.rows = false, nil
		}
		p.add(x.table, key, xxhash.Sum64(key), int(i))
	}
	return x
}

// hash puts the rows so far, no two of one key, into a table: many at a time, as findAll finds
// them.
func (x *baseIndex) hash() {
	t := newKeyTable(x.v, x.v.Len())
	mask := len(t.slots) - 1
	var key []byte
	var hashes [mostLookups]uint64
	for rows := range slices.Chunk(x.rows, mostLookups) {
		for n, i := range rows {
			key, _ = x.v.AppendKey(key[:0], int(i), x.v.key)
			hashes[n] = xxhash.Sum64(key)
		}
		for n := range rows {
			t.touched ^= byte(t.slots[int(hashes[n])&mask])
		}
		for n, i := range rows {
			slot := int(hashes[n]) & mask
			for t.slots[slot] != 0 {
				slot = (slot + 1) & mask
			}
			t.slots[slot] = slotOf(i, hashes[n])
		}
	}
	t.used = len(x.rows)
	x.table = t
}

// An indexReader is how one goroutine uses an index.
type indexReader struct {
	*baseIndex
	table    *keyTable // nil until it is needed
	searches int
	probe    []byte
}

// mostLookups is how many keys are looked up at once.
const mostLookups = 256

// findAll finds base's rows of the keys. Where there are that many it goes on as it began, and
// a table is worth it.
func (x *indexReader) findAll(of []lookup) {
	const worth = 16 // a table costs as much as a search for every so many rows
	if x.searches += len(of); x.sorted && x.searches <= len(x.rows)/worth && len(of) < mostLookups {
		for i := range of {
			of[i].base = x.search(of[i].key)
		}
		return
	}
	if x.table == nil {
		if x.sorted {
			x.hashed.Do(x.hash)
		}
		x.table = x.baseIndex.table.reader()
	}
	x.table.findAll(of)
}

// search returns base's row with the key, or none.
func (x *indexReader) search(key []byte) int32 {
	n, found := slices.BinarySearchFunc(x.rows, key, func(i int32, key []byte) int {
		x.probe, _ = x.v.AppendKey(x.probe[:0], int(i), x.v.key)
		return bytes.Compare(x.probe, key)
	})
	if !found {
		return none
	}
	return x.rows[n]
}
