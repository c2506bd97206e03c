package merge

import (
	"bytes"
	"sync"
	"sync/atomic"

	"github.com/cespare/xxhash/v2"
	"github.com/rowkeep/rowkeep/csvrows"
)

// A word stands for a row in hashedRows and in a rowTable: a part of the hash of its key,
// and behind it where the row stands, plus one.
const (
	offsetBits = 40
	offsetMask = 1<<offsetBits - 1
	tagMask    = 1<<(64-offsetBits) - 1
)

// Rows are parted by the first byte of their hash, so that what is built at one time
// stays in the cache.
const hashParts = 256

func wordOf(hash uint64, pos int) (part int, word uint64) {
	return int(hash >> 56), (hash>>16&tagMask)<<offsetBits | uint64(pos+1)
}

func positionOf(word uint64) int { return int(word&offsetMask) - 1 }

// hashedRows are rows on their way to a table.
type hashedRows [hashParts][]uint64

// newHashedRows has room for about so many rows.
func newHashedRows(rows int) *hashedRows {
	h := &hashedRows{}
	for p := range h {
		h[p] = make([]uint64, 0, rows/hashParts*9/8+4)
	}
	return h
}

func (h *hashedRows) add(key []byte, pos int) {
	p, word := wordOf(xxhash.Sum64(key), pos)
	h[p] = append(h[p], word)
}

// A rowTable finds rows of a file by key. It has open addressing; bytes are compared on
// a hit.
type rowTable struct {
	data  []byte
	opt   csvrows.Options
	key   []int
	parts [hashParts][]uint64 // free slots are 0
}

// newRowTable puts the rows of parts into a table. It returns nil if two have one key.
func newRowTable(data []byte, opt csvrows.Options, key []int, parts []*reducer) *rowTable {
	t := &rowTable{data: data, opt: opt, key: key}
	const builders = 2
	var twice atomic.Bool
	var wg sync.WaitGroup
	for b := range builders {
		wg.Go(func() {
			keys := t.reader()
			for p := b; p < hashParts && !twice.Load(); p += builders {
				if !t.build(keys, p, parts) {
					twice.Store(true)
				}
			}
		})
	}
	wg.Wait()
	if twice.Load() {
		return nil
	}
	return t
}

// build fills one part of the table; false if a key stands twice.
func (t *rowTable) build(keys *keyReader, p int, parts []*reducer) bool {
	n, size := 0, 1
	for _, r := range parts {
		n += len(r.hashed[p])
	}
	for size*3 < (n+1)*4 {
		size *= 2
	}
	slots := make([]uint64, size)
	for _, r := range parts {
		for _, word := range r.hashed[p] {
			i := word >> offsetBits & uint64(size-1)
			for ; slots[i] != 0; i = (i + 1) & uint64(size-1) {
				if slots[i]>>offsetBits == word>>offsetBits && keys.equal(positionOf(slots[i]), positionOf(word)) {
					return false
				}
			}
			slots[i] = word
		}
		r.hashed[p] = nil
	}
	t.parts[p] = slots
	return true
}

// find returns where the row with a key stands, or -1.
func (t *rowTable) find(key []byte) int {
	p, word := wordOf(xxhash.Sum64(key), 0)
	slots := t.parts[p]
	mask := uint64(len(slots) - 1)
	for i := word >> offsetBits & mask; slots[i] != 0; i = (i + 1) & mask {
		if slots[i]>>offsetBits == word>>offsetBits && bytes.Equal(t.reader().at(positionOf(slots[i])), key) {
			return positionOf(slots[i])
		}
	}
	return -1
}

func (t *rowTable) reader() *keyReader {
	return &keyReader{Cutter: csvrows.NewCutter(t.data, t.opt), t: t}
}

// A keyReader reads keys of rows anywhere in a file.
type keyReader struct {
	*csvrows.Cutter
	t    *rowTable
	a, b []byte
}

func (r *keyReader) at(pos int) []byte {
	end, _, _ := r.Cut(pos)
	r.a, _ = r.Key(r.a, r.t.data[pos:end], r.t.key)
	return r.a
}

func (r *keyReader) equal(x, y int) bool {
	r.b = append(r.b[:0], r.at(x)...)
	return bytes.Equal(r.at(y), r.b)
}
