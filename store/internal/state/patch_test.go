package state

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// numbered are lines, some of them others than usual.
func numbered(n int, others ...int) string {
	var b strings.Builder
	for i := range n {
		if slices.Contains(others, i) {
			fmt.Fprintf(&b, "row-%d,another\n", i)
		} else {
			fmt.Fprintf(&b, "row-%d,as it was\n", i)
		}
	}
	return b.String()
}

// from are the numbers from first to last.
func from(first, last int) (list []int) {
	for ; first <= last; first++ {
		list = append(list, first)
	}
	return list
}

// TestPatch: what is far apart is an edit each, which holds no more than what is new.
func TestPatch(t *testing.T) {
	for _, c := range []struct {
		name, old, content string
		edits              int
		text               int // in bytes, in all edits
	}{
		{"nothing", "a\nb\n", "a\nb\n", 0, 0},
		{"all", "a\n", "x\n", 1, 1},
		{"to nothing", "a\nb\n", "", 1, 0},
		{"from nothing", "", "a\nb\n", 1, 4},
		{"two cells", numbered(1000), numbered(1000, 3, 990), 2, 12},
		{"neighbours", numbered(1000), numbered(1000, 3, 4), 1, 20},
		{"many neighbours", numbered(1000), numbered(1000, append(from(100, 150), 500)...), 2, 51*len("row-100,another\n") - len("row-100,a\n") + len("nother")},
		{"a row more", numbered(9), numbered(10), 1, 16},
		{"a row in front", numbered(9), "new,row\n" + numbered(9), 1, 8},
		{"a row less in front, another behind", numbered(9), numbered(10, 9)[len("row-0,as it was\n"):], 2, 14},
		{"blank lines", "a\n\n\nb\n", "a\n\nx\n\nb\n", 1, 2},
		{"no last line end", "a\nb", "a\nc", 1, 1},
		{"no lines", "abcabc", "abxabc", 1, 1},
		{"all lines", numbered(20), strings.ReplaceAll(numbered(20), "row", "the"), 1, len(numbered(20)) - len("row-19,as it was\n") + len("the")},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := patchOf(DigestOf([]byte(c.old)), Kept{}, []byte(c.old), []byte(c.content))
			text := 0
			for _, e := range p.Edits {
				text += len(e.Text)
			}
			if len(p.Edits) != c.edits || text != c.text {
				t.Errorf("%d edits with %d bytes, want %d with %d: %+v", len(p.Edits), text, c.edits, c.text, p.Edits)
			}
			if got, err := p.apply([]byte(c.old), DigestOf([]byte(c.content))); err != nil || string(got) != c.content {
				t.Errorf("%q (%v), want %q", got, err, c.content)
			}
		})
	}
}

// TestEditsDamaged: what is no list of edits is an error, however long the lengths that it
// says.
func TestEditsDamaged(t *testing.T) {
	whole, err := Edits{{Keep: 300, Drop: 7, Text: []byte("text")}, {Keep: 1, Text: []byte("more")}}.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	data, err := base64.StdEncoding.DecodeString(string(whole))
	if err != nil {
		t.Fatal(err)
	}
	for _, damaged := range [][]byte{data[:1], data[:3], data[:4], data[:len(data)-1], append([]byte{0, 0}, bytes.Repeat([]byte{0xff}, 9)...)} {
		var got Edits
		if err := got.UnmarshalText([]byte(base64.StdEncoding.EncodeToString(damaged))); err == nil {
			t.Errorf("%x is read as %+v", damaged, got)
		}
	}
}

// FuzzPatch: a patch leads to what it was made for, whatever that is; and no other patch
// does anything but fail.
func FuzzPatch(f *testing.F) {
	f.Add([]byte("id,v\na,1\nb,2\n"), []byte("id,v\na,3\nb,2\n"), 3, 2, -1)
	f.Add([]byte(numbered(40)), []byte(numbered(41, 1, 2, 30)), 0, 0, 0)
	f.Add([]byte("a\nb\nc\nd\n"), []byte("b\nx\nd\na\n"), 1, 9, math.MaxInt)
	f.Fuzz(func(t *testing.T, old, content []byte, head, tail, keep int) {
		most := commonPrefix(old, content)
		head = min(max(head, 0), most)
		tail = commonSuffix(old, content, 0, min(len(old), len(content), max(head+tail, head))-head)
		of, want := DigestOf(old), DigestOf(content)
		p := patchOf(of, Kept{of, head, tail}, old, content)
		text, err := p.Edits.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Edits.UnmarshalText(text); err != nil {
			t.Fatal(err)
		}
		got, err := p.apply(old, want)
		if err != nil || !bytes.Equal(got, content) {
			t.Fatalf("%q (%v), want %q by %+v", got, err, content, p)
		}
		if len(p.Edits) > 0 {
			p.Edits[0].Keep = keep
			if got, err := p.apply(old, want); err == nil && !bytes.Equal(got, content) {
				t.Errorf("a wrong patch leads to %q", got)
			}
		}
	})
}
