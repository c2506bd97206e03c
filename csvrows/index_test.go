package csvrows

import (
	"math/rand/v2"
	"testing"
)

// A keyIndex must find what it holds among rows of equal hashes, of neighbouring
// ones and of some that wrap around the end of the table.
func TestKeyIndex(t *testing.T) {
	hashes := []uint32{0, 0, 0, 1, 1, 2, 5, 7, 7, 7, 8, 15, 15, 1<<32 - 1, 1<<32 - 1, 1<<32 - 2}
	chance := rand.New(rand.NewPCG(1, 2))
	x := newKeyIndex(0)
	held := map[int]bool{}
	for range 100_000 {
		row := chance.IntN(len(hashes))
		at := x.find(hashes[row], func(r int) bool { return r == row })
		if x.slots[at].free() == held[row] || held[row] && x.slots[at].number() != row {
			t.Fatalf("row %d is held: %v; its slot holds %+v", row, held[row], x.slots[at])
		}
		if held[row] {
			x.remove(at)
		} else {
			x.put(at, hashes[row], row)
		}
		held[row] = !held[row]
	}
	if len(x.slots) > 4*len(hashes) {
		t.Errorf("%d slots for %d rows that come and go", len(x.slots), len(hashes))
	}
}

func TestKeyIndexTwice(t *testing.T) {
	x := newKeyIndex(1)
	at := x.find(3, nil)
	x.put(at, 3, 0)
	for range 2 {
		x.markTwice(at)
		if s := x.slots[at]; !s.twice() || s.number() != 0 || s.free() {
			t.Errorf("slot is %+v", s)
		}
	}
}
