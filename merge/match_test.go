package merge

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/internal/tune"
)

// randomRows is a file of rows with keys out of 0 to most-1, each at most once, and a
// few comments.
func randomRows(r *rand.Rand, n, most int, sorted bool) []byte {
	keys := r.Perm(most)[:n]
	if sorted {
		slices.Sort(keys)
	}
	data := []byte("id,a\n")
	for _, k := range keys {
		if r.IntN(8) == 0 {
			data = append(data, "# c\n"...)
		}
		data = fmt.Appendf(data, "%05d,%d\n", k, r.IntN(3))
	}
	return data
}

// Rows are paired as a plain map of keys would pair them, whether base's keys increase
// or not, and however many there are.
func TestMatchRows(t *testing.T) {
	r, usual := random(), tune.Merge.Ahead
	defer func() { tune.Merge.Ahead = usual }()
	for i := range 600 {
		tune.Merge.Ahead = []int{0, 1, usual}[i%3] // a side is walked in one part, or in two
		n := []int{0, 1, 3, 10, 100, 400}[i%6]
		most := n + r.IntN(n+1)
		data := [3][]byte{
			randomRows(r, n, most, i%4 < 2),
			randomRows(r, r.IntN(n+1), most, i%3 > 0),
			randomRows(r, r.IntN(n+1), most, i%5 > 0),
		}
		var in [3]version
		for v := range in {
			f, err := csvrows.Parse(data[v], csvrows.Options{})
			if err != nil {
				t.Fatal(err)
			}
			in[v] = version{File: f, key: []int{0}}
		}
		checkPairing(t, &in, matchRows(&in))
	}
}

func checkPairing(t *testing.T, in *[3]version, p *pairing) {
	t.Helper()
	var byKey [3]map[string]int32
	for v := range in {
		byKey[v] = map[string]int32{}
		for i := range in[v].Len() {
			if key := in[v].Key(i, in[v].key); key[0] != "id" && key[0] != "# c" {
				byKey[v][key[0]] = int32(i)
			}
		}
	}
	partner := func(v int, key string) int32 {
		if i, ok := byKey[v][key]; ok {
			return i
		}
		return none
	}
	for key, i := range byKey[inBase] {
		for _, s := range []int{inOurs, inTheirs} {
			if got, want := p.side[s][i], partner(s, key); got != want {
				t.Fatalf("row %s of base is record %d of side %d, want %d", key, got, s, want)
			}
		}
	}
	for _, s := range []int{inOurs, inTheirs} {
		for j, i := range p.base[s] {
			if p.same[s][j] && (i < 0 || !bytes.Equal(in[s].Raw(j), in[inBase].Raw(int(i)))) {
				t.Fatalf("record %d of side %d is not the same as record %d of base", j, s, i)
			}
		}
		for key, j := range byKey[s] {
			if got, want := p.base[s][j], partner(inBase, key); got != want {
				t.Fatalf("row %s of side %d is record %d of base, want %d", key, s, got, want)
			}
			want := none
			if partner(inBase, key) == none {
				want = partner(other(s), key)
			}
			if got := p.twinOf(s, j); got != want {
				t.Fatalf("row %s of side %d has the twin %d, want %d", key, s, got, want)
			}
		}
	}
	if len(p.duplicates) > 0 {
		t.Fatalf("duplicates %v", p.duplicates)
	}
}

// Keys decide, not their hashes: another key of the same hash is not found, alone or among
// others.
func TestKeyTableCollision(t *testing.T) {
	f, err := csvrows.Parse([]byte("id\na\nb\n"), csvrows.Options{})
	if err != nil {
		t.Fatal(err)
	}
	table := newKeyTable(&version{File: f, key: []int{0}}, 0)
	const hash = 1 << 40
	keys := []string{"a", "b"}
	for i, key := range keys {
		rec, slot := table.find([]byte(key), hash)
		if rec != none {
			t.Fatalf("%s is record %d before it was put", key, rec)
		}
		table.put(int32(i+1), hash, slot)
	}
	lookups := []lookup{{key: []byte("a"), hash: hash}, {key: []byte("b"), hash: hash}, {key: []byte("c"), hash: hash}, {key: []byte("a"), hash: hash + 1<<33}}
	table.findAll(lookups)
	for i, want := range []int32{1, 2, none, none} {
		if got := lookups[i].base; got != want {
			t.Errorf("%s of hash %x is record %d, want %d", lookups[i].key, lookups[i].hash, got, want)
		}
	}
	for i, key := range keys {
		if rec, _ := table.find([]byte(key), hash); rec != int32(i+1) {
			t.Errorf("%s is record %d, want %d", key, rec, i+1)
		}
	}
}
