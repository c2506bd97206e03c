package state

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
)

// Patch makes a version out of the one before it, by edits from the beginning to the end;
// what stands behind the last one is kept. Without Of there is no version before it, and
// one edit that has it all; or else the version is in a file of its own ([Dir.putWhole]).
type Patch struct {
	Of    Digest `json:"of,omitzero"`
	Edits Edits  `json:"edits,omitempty"`
	Whole bool   `json:"whole,omitempty"`
}

// An Edit keeps so many bytes, drops so many behind them, and puts Text there.
type Edit struct {
	Keep, Drop int
	Text       []byte
}

// Edits are a string in JSON, as there are many of them: of each its three lengths as
// varints (see [encoding/binary]) and its text, all that in base64.
type Edits []Edit

// MarshalText never fails.
func (list Edits) MarshalText() ([]byte, error) {
	var data []byte
	for _, e := range list {
		for _, n := range []int{e.Keep, e.Drop, len(e.Text)} {
			data = binary.AppendUvarint(data, uint64(n))
		}
		data = append(data, e.Text...)
	}
	return base64.StdEncoding.AppendEncode(nil, data), nil
}

// UnmarshalText reads what MarshalText wrote.
func (list *Edits) UnmarshalText(text []byte) error {
	data, err := base64.StdEncoding.AppendDecode(nil, text)
	if err != nil {
		return err
	}
	*list = nil
	for len(data) > 0 {
		var numbers [3]int
		for i := range numbers {
			n, size := binary.Uvarint(data)
			if size <= 0 || n > math.MaxInt {
				return errPatch
			}
			numbers[i], data = int(n), data[size:]
		}
		n := numbers[2]
		if n > len(data) {
			return errPatch
		}
		*list = append(*list, Edit{Keep: numbers[0], Drop: numbers[1], Text: data[:n:n]})
		data = data[n:]
	}
	return nil
}

// Kept is what is known of a version before it is compared: it has Head bytes of the
// beginning and Tail bytes of the end of the content named by Of, at least.
type Kept struct {
	Of         Digest
	Head, Tail int
}

// patchOf is the patch that leads from old content to new. known is used if it is of the
// old one.
func patchOf(of Digest, known Kept, old, content []byte) Patch {
	if known.Of != of {
		known = Kept{}
	}
	most := min(len(old), len(content))
	tail := commonSuffix(old, content, known.Tail, most-known.Head)
	d := differ{old: old[:len(old)-tail], content: content[:len(content)-tail], at: known.Head, in: known.Head}
	for d.next() {
	}
	return Patch{Of: of, Edits: d.edits}
}

// size is about how many bytes the edits take.
func (p Patch) size() int64 {
	const numbers = 6 // on the whole
	n := 0
	for _, e := range p.Edits {
		n += numbers + len(e.Text)
	}
	return int64(n)
}

// A differ goes through two contents at once. Where they part, lines of either are skipped
// until they have one in common again: the fewest, of the next few; else as many of the one
// as of the other, since most versions differ by cells; else one edit leads to the end. This
// is greedy, and not the shortest way (Myers, "An O(ND) Difference Algorithm", 1986), which
// would cost more than it saves here.
type differ struct {
	old, content []byte
	at, in       int // where it is in each of them
	edited       int // up to where old is in the edits
	edits        Edits
}

// near is how many lines are looked at for one in common.
const near = 16

// next goes to where the contents part, and on behind that. It returns false at the end.
func (d *differ) next() bool {
	same := commonPrefix(d.old[d.at:], d.content[d.in:])
	d.at, d.in = d.at+same, d.in+same
	a, b := d.old[d.at:], d.content[d.in:]
	if len(a) == 0 && len(b) == 0 {
		return false
	}
	drop, put := len(a), len(b)
	if x, y, ok := meet(a, b); ok {
		tail := commonSuffix(a[:x], b[:y], 0, min(x, y))
		drop, put = x-tail, y-tail
	}
	d.edits = append(d.edits, Edit{Keep: d.at - d.edited, Drop: drop, Text: b[:put]})
	d.at, d.in = d.at+drop, d.in+put
	d.edited = d.at
	return true
}

// meet finds where in a and in b the next line starts that both have.
func meet(a, b []byte) (x, y int, ok bool) {
	inA, inB := make([][]byte, 0, near), make([][]byte, 0, near)
	for sum := range 2*near - 1 {
		inA, inB = oneMore(inA, a), oneMore(inB, b)
		if sum > len(inA)+len(inB)-2 {
			break // there are no more pairs, and a long end is not to be searched once more
		}
		for i := max(0, sum-len(inB)+1); i <= min(sum, len(inA)-1); i++ {
			if j := sum - i; bytes.Equal(inA[i], inB[j]) {
				return cap(a) - cap(inA[i]), cap(b) - cap(inB[j]), true
			}
		}
	}
	for x < len(a) && y < len(b) {
		i, j := bytes.IndexByte(a[x:], '\n')+1, bytes.IndexByte(b[y:], '\n')+1
		switch {
		case i == 0 || j == 0:
			return 0, 0, false
		case bytes.Equal(a[x:x+i], b[y:y+j]):
			return x, y, true
		}
		x, y = x+i, y+j
	}
	return 0, 0, false
}

// oneMore adds the next line of data that ends in a line feed, until there are as many as are
// looked at; the first one is what is left of this one.
func oneMore(lines [][]byte, data []byte) [][]byte {
	if len(lines) == near {
		return lines
	}
	if n := len(lines); n > 0 {
		last := lines[n-1]
		data = data[cap(data)-cap(last)+len(last):]
	}
	n := bytes.IndexByte(data, '\n') + 1
	if n == 0 {
		return lines
	}
	return append(lines, data[:n])
}

// block is how many bytes are compared at once where much is equal; elsewhere they are compared
// as words of eight.
const block, word = 4096, 8

func commonPrefix(a, b []byte) (n int) {
	most := min(len(a), len(b))
	for n+block <= most && string(a[n:n+block]) == string(b[n:n+block]) {
		n += block
	}
	for ; n+word <= most; n += word {
		if differ := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); differ != 0 {
			return n + bits.TrailingZeros64(differ)/8
		}
	}
	for n < most && a[n] == b[n] {
		n++
	}
	return n
}

// commonSuffix is at most so many bytes; n of them are known.
func commonSuffix(a, b []byte, n, most int) int {
	for n+block <= most && string(a[len(a)-n-block:len(a)-n]) == string(b[len(b)-n-block:len(b)-n]) {
		n += block
	}
	for ; n+word <= most; n += word {
		x, y := a[len(a)-n-word:], b[len(b)-n-word:]
		if differ := binary.LittleEndian.Uint64(x) ^ binary.LittleEndian.Uint64(y); differ != 0 {
			return n + bits.LeadingZeros64(differ)/8
		}
	}
	for n < most && a[len(a)-n-1] == b[len(b)-n-1] {
		n++
	}
	return n
}

// errPatch means that a patch does not lead to what it says.
var errPatch = errors.New("the version before it is missing")

// apply makes the content that a patch is of; old is what the patch was made from, or nil.
// The digest decides whether it is right.
func (p Patch) apply(old []byte, want Digest) ([]byte, error) {
	if p.Of == (Digest{}) {
		old = []byte{}
	}
	if old == nil || want.Len < 0 || want.Len > int64(len(old))+p.size() {
		return nil, errPatch
	}
	content := make([]byte, 0, want.Len)
	for _, e := range p.Edits {
		if e.Keep < 0 || e.Drop < 0 || e.Keep > len(old) || e.Drop > len(old)-e.Keep {
			return nil, errPatch
		}
		content = append(append(content, old[:e.Keep]...), e.Text...)
		old = old[e.Keep+e.Drop:]
	}
	content = append(content, old...)
	if DigestOf(content) != want {
		return nil, errPatch
	}
	return content, nil
}
