package merge

import (
	"bytes"
	"maps"
	"slices"
	"sync"

	"github.com/cespare/xxhash/v2"
	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/internal/tune"
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
	// same[s][j] is set where record j of side s is base's row byte for byte, line end
	// included: one of which that was seen.
	same [3][]bool
	// kept[v][i] is set where record i of a version is a row of base that stands in both sides.
	kept [3][]bool
	// twin[s][j] is, for a row that both sides added, its record on the other side.
	// It is nil where a side added nothing.
	twin [3][]int32
	// duplicates are the keys that stand twice in some version.
	duplicates map[string]bool
}

// matchRows pairs the rows of the three versions by key. Only base is indexed whole:
// a side is walked along base, and looked up where the two part.
func matchRows(in *[3]version) *pairing {
	p := &pairing{duplicates: map[string]bool{}}
	for i := range in {
		p.base[i] = filled(in[i].Len(), none)
	}
	index := p.indexBase(&in[inBase])
	var walks [3][]*walk
	var wg sync.WaitGroup
	for _, s := range []int{inOurs, inTheirs} {
		p.side[s] = filled(in[inBase].Len(), none)
		p.same[s] = make([]bool, in[s].Len())
		walks[s] = p.newWalks(in, s, index)
		for _, w := range walks[s] {
			wg.Go(w.run)
		}
	}
	wg.Wait()
	var added [3]*keyTable
	var duplicates [3]map[string]bool
	for _, s := range []int{inOurs, inTheirs} {
		wg.Go(func() {
			own := *p // what it notes of its side is its own, but for this
			own.duplicates = map[string]bool{}
			own.takeBase(&in[s], s)
			added[s] = own.addedBy(&in[s], walks[s])
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

// takeBase notes for base's rows which of side s they are, once it is known for the side's:
// of several with one key the first.
func (p *pairing) takeBase(v *version, s int) {
	for j, i := range p.base[s] {
		switch {
		case i < 0:
		case p.side[s][i] != none:
			key, _ := v.AppendKey(nil, j, v.key)
			p.duplicates[string(key)] = true
			p.unpair(s, int32(j))
		default:
			p.side[s][i] = int32(j)
		}
	}
}

// addedBy returns a table of the rows that a side added.
func (p *pairing) addedBy(v *version, walks []*walk) *keyTable {
	added := newKeyTable(v, 0)
	var key []byte
	for _, w := range walks {
		for _, j := range w.added {
			key, _ = v.AppendKey(key[:0], int(j), v.key)
			p.add(added, key, xxhash.Sum64(key), int(j))
		}
	}
	return added
}

// A walk goes through a part of a side along base. Most rows are those that base has next.
// Where one is not, keys are looked up: one, and as long as rows stay in another order ever
// more at a time.
type walk struct {
	*pairing
	b, v     *version
	s        int
	from, to int  // the part
	alike    bool // both have the key in the same place: equal bytes have equal keys
	cursor   int  // base's row that is expected next
	index    indexReader
	waiting  []lookup
	patience int     // how many wait until they are looked up
	keys     []byte  // of those that wait
	added    []int32 // the rows that base lacks
	key      []byte
	wanted   []byte
}

// newWalks parts side s among as many as go at a time.
func (p *pairing) newWalks(in *[3]version, s int, index *baseIndex) []*walk {
	v, n := &in[s], 1
	if least := 8 * tune.Merge.Ahead; least > 0 {
		n = min(1+v.Len()/least, helpers)
	}
	walks := make([]*walk, n)
	for i := range walks {
		walks[i] = &walk{
			pairing: p, b: &in[inBase], v: v, s: s, from: v.Len() / n * i, to: v.Len() / n * (i + 1),
			alike: slices.Equal(v.key, in[inBase].key), index: indexReader{baseIndex: index}, patience: 1,
		}
	}
	walks[n-1].to = v.Len()
	return walks
}

// run pairs the rows of the part with base's.
func (w *walk) run() {
	for j := w.from; j < w.to; j++ {
		if w.v.Kind(j) != csvrows.Row || len(w.waiting) == 0 && (w.unchanged(j) || w.startsAlike(j)) {
			continue
		}
		key, empty := w.v.AppendKey(w.key[:0], j, w.v.key)
		w.key = key
		if empty {
			w.base[w.s][j] = keyless
			continue
		}
		if len(w.waiting) == 0 && w.expected(j) {
			continue
		}
		w.keys = append(w.keys, key...)
		key = w.keys[len(w.keys)-len(key):]
		w.waiting = append(w.waiting, lookup{rec: int32(j), key: key, hash: xxhash.Sum64(key)})
		if len(w.waiting) == w.patience {
			w.lookUp()
		}
	}
	w.lookUp()
}

// lookUp pairs the rows that wait.
func (w *walk) lookUp() {
	w.index.findAll(w.waiting)
	for _, x := range w.waiting {
		if x.base == none {
			w.added = append(w.added, x.rec)
			continue
		}
		w.take(int(x.base), int(x.rec))
		w.same[w.s][x.rec] = w.alike && bytes.Equal(w.v.Raw(int(x.rec)), w.b.Raw(int(x.base)))
	}
	w.waiting, w.keys = w.waiting[:0], w.keys[:0]
	w.patience = min(2*w.patience, mostLookups)
}

// unchanged pairs record j with the row expected next if it has the same bytes.
func (w *walk) unchanged(j int) bool {
	for w.cursor < w.b.Len() && (w.b.Kind(w.cursor) != csvrows.Row || w.base[inBase][w.cursor] == keyless) {
		w.cursor++
	}
	if !w.alike || w.cursor == w.b.Len() || !bytes.Equal(w.v.Raw(j), w.b.Raw(w.cursor)) {
		return false
	}
	w.same[w.s][j] = true
	w.follow(j)
	return true
}

// startsAlike pairs record j with the row expected next if both start with the same bytes up
// to a delimiter, and that is the key, bare: nothing else of them is looked at.
func (w *walk) startsAlike(j int) bool {
	if !w.alike || len(w.v.key) != 1 || w.v.key[0] != 0 || w.cursor == w.b.Len() {
		return false
	}
	raw := w.v.Raw(j)
	same := raw[:commonPrefix(raw, w.b.Raw(w.cursor))]
	if len(same) == 0 || same[0] == '"' || bytes.IndexByte(same, w.v.Delimiter()) <= 0 {
		return false
	}
	w.follow(j)
	return true
}

// expected pairs record j with the row expected next if it has the same key.
func (w *walk) expected(j int) bool {
	if w.cursor == w.b.Len() {
		return false
	}
	w.wanted, _ = w.b.AppendKey(w.wanted[:0], w.cursor, w.b.key)
	if !bytes.Equal(w.key, w.wanted) {
		return false
	}
	w.follow(j)
	return true
}

// follow pairs record j with the row expected next.
func (w *walk) follow(j int) {
	w.take(w.cursor, j)
	w.patience = 1
}

func (w *walk) take(i, j int) {
	w.base[w.s][j] = int32(i)
	w.cursor = i + 1
}

func (p *pairing) pair(s, baseRec, rec int) {
	p.side[s][baseRec] = int32(rec)
	p.base[s][rec] = int32(baseRec)
}

// unpair leaves a record without a partner.
func (p *pairing) unpair(v int, rec int32) {
	if v == inBase {
		p.side[inOurs][rec], p.side[inTheirs][rec] = none, none
		return
	}
	p.base[v][rec], p.same[v][rec] = none, false
	if p.twin[v] != nil {
		p.twin[v][rec] = none
	}
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
		if slot == 0 {
			continue
		}
		rec := recordIn(slot)
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

// findKept notes which records are kept, once rows are paired for good.
func (p *pairing) findKept() {
	for v := range p.kept {
		p.kept[v] = make([]bool, len(p.base[v]))
	}
	for b, o := range p.side[inOurs] {
		if t := p.side[inTheirs][b]; o >= 0 && t >= 0 {
			p.kept[inBase][b], p.kept[inOurs][o], p.kept[inTheirs][t] = true, true, true
		}
	}
}
