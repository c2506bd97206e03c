package csvrows

import "hash/maphash"

// A keyIndex finds rows by key. It is a hash table with open addressing that holds
// row numbers and a part of each hash, eight bytes a slot; the keys themselves stay
// in the rows, and whoever asks compares them on a hit.
type keyIndex struct {
	seed  maphash.Seed
	slots []slot // a power of two of them, at most three quarters in use
	used  int
}

// A slot holds number+1 of a row, negative where the key stands twice or more, 0 if
// the slot is free. An int32 suffices, as Parse takes no more records.
type slot struct {
	hash uint32
	row  int32
}

func newKeyIndex(rows int) keyIndex {
	size := 8
	for size*3 < rows*4 {
		size *= 2
	}
	return keyIndex{seed: maphash.MakeSeed(), slots: make([]slot, size)}
}

func (s slot) free() bool  { return s.row == 0 }
func (s slot) twice() bool { return s.row < 0 }

func (s slot) number() int { return int(max(s.row, -s.row)) - 1 }

func (x *keyIndex) hash(key []byte) uint32 { return uint32(maphash.Bytes(x.seed, key)) }

// find returns the slot of the row that is the wanted one, or the free slot in which
// it would stand.
func (x *keyIndex) find(hash uint32, wanted func(row int) bool) int {
	at := x.home(hash)
	for s := x.slots[at]; !s.free(); s = x.slots[at] {
		if s.hash == hash && wanted(s.number()) {
			break
		}
		at = x.behind(at)
	}
	return at
}

func (x *keyIndex) home(hash uint32) int { return int(hash) & (len(x.slots) - 1) }

func (x *keyIndex) behind(at int) int { return (at + 1) & (len(x.slots) - 1) }

// put fills the free slot that find returned.
func (x *keyIndex) put(at int, hash uint32, row int) {
	x.slots[at] = slot{hash, int32(row + 1)}
	x.used++
	if x.used*4 <= len(x.slots)*3 {
		return
	}
	old := x.slots
	x.slots = make([]slot, 2*len(old))
	never := func(int) bool { return false }
	for _, s := range old {
		if !s.free() {
			x.slots[x.find(s.hash, never)] = s
		}
	}
}

func (x *keyIndex) markTwice(at int) {
	if !x.slots[at].twice() {
		x.slots[at].row *= -1
	}
}

// remove frees a slot and closes the gap: a row behind it that could stand in the
// gap moves there, so that find may stop at a free slot (Knuth, volume 3, 6.4,
// algorithm R).
func (x *keyIndex) remove(gap int) {
	mask := len(x.slots) - 1
	for at := x.behind(gap); !x.slots[at].free(); at = x.behind(at) {
		home := x.home(x.slots[at].hash)
		if (at-home)&mask >= (at-gap)&mask {
			x.slots[gap] = x.slots[at]
			gap = at
		}
	}
	x.slots[gap] = slot{}
	x.used--
}
