//go:build linux && (amd64 || arm64)

package main

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// A logged disk of four pages, each as one letter.
type sketch struct {
	blockLog
	disk *disk
}

func newSketch() *sketch {
	s := &sketch{disk: newDisk(4 * pageSize)}
	s.start(s.disk)
	return s
}

func (s *sketch) write(page int64, letter byte) {
	data := bytes.Repeat([]byte{letter}, pageSize)
	s.disk.write(data, page*pageSize)
	s.wrote(data, page*pageSize)
}

// letters shows a disk; a point is a page of zeros.
func letters(d *disk) string {
	var b []byte
	for n := range d.size / pageSize {
		var letter [1]byte
		d.read(letter[:], n*pageSize)
		b = append(b, max(letter[0], '.'))
	}
	return string(b)
}

func always([]string) bool { return true }

// drawn returns all crash images as letters, with the marks at their first and last moment.
func drawn(t *testing.T, s *sketch, most int) map[string][2]int {
	t.Helper()
	crashes := s.crashes(most, rand.New(rand.NewPCG(1, 2)), always)
	images := map[string][2]int{}
	err := s.images(crashes, func(c *crash, d *disk) error {
		text := letters(d)
		if _, twice := images[text]; twice {
			t.Errorf("%s comes twice", text)
		}
		images[text] = [2]int{len(c.first), len(c.last)}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return images
}

// TestCrashes draws every subset of a few writes.
func TestCrashes(t *testing.T) {
	s := newSketch()
	s.write(0, 'a')
	s.flushed()
	s.mark("a")
	s.write(1, 'b')
	s.write(2, 'c')
	for range 10 { // so that each subset comes up
		s.mark("perhaps b, perhaps c")
	}
	s.flushed()
	s.mark("b and c")
	s.write(0, 'A')
	got := drawn(t, s, 100)
	want := map[string][2]int{ // the marks at the first moment and the last
		"....": {0, 0},
		"a...": {0, 11},
		"ab..": {1, 11},
		"a.c.": {1, 11},
		"abc.": {1, 12},
		"Abc.": {12, 12},
	}
	for text, marks := range want {
		g, ok := got[text]
		if !ok || g != marks {
			t.Errorf("%s: from mark %d to %d (%t), want %d to %d", text, g[0], g[1], ok, marks[0], marks[1])
		}
		delete(got, text)
	}
	if len(got) > 0 {
		t.Errorf("impossible: %v", got)
	}
}

// TestOverwritten: of two unflushed writes to one page the earlier may be there alone.
func TestOverwritten(t *testing.T) {
	s := newSketch()
	s.write(0, 'a')
	s.write(0, 'b')
	for range 10 {
		s.mark("")
	}
	got := drawn(t, s, 100)
	for _, text := range []string{"....", "a...", "b..."} {
		if marks := got[text]; marks[1] != 10 {
			t.Errorf("%s is there to mark %d, want 10", text, marks[1])
		}
	}
}

// TestSample: those at marks come first, and all in order of time.
func TestSample(t *testing.T) {
	s := newSketch()
	for i := range 20 {
		s.write(0, byte('a'+i))
		s.flushed()
	}
	s.mark("t")
	s.write(0, 'z')
	got := s.crashes(3, rand.New(rand.NewPCG(1, 2)), always)
	if len(got) != 3 || !slices.ContainsFunc(got, func(c *crash) bool { return c.atMark }) {
		t.Errorf("%d images, and none at the mark", len(got))
	}
	if !slices.IsSortedFunc(got, func(a, b *crash) int { return a.at - b.at }) {
		t.Error("not in order of time")
	}
}

// TestDisk writes pieces of any size against a plain slice.
func TestDisk(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const size = 8 * pageSize
	plain := make([]byte, size)
	d := newDisk(size)
	for range 200 {
		if rng.IntN(10) == 0 {
			d = over(d)
		}
		off := rng.Int64N(size)
		data := bytes.Repeat([]byte{byte(rng.IntN(3))}, rng.IntN(int(size-off)))
		copy(plain[off:], data)
		pieces(data, off, d.write)
	}
	got := make([]byte, size)
	if n := d.read(got, 0); n != size || !bytes.Equal(got, plain) {
		t.Error("the disk is not what was written to it")
	}
	same := newDisk(size)
	pieces(plain, 0, same.write)
	if same.sum != d.sum {
		t.Error("equal content, different sums")
	}
	if same.write([]byte{7}, 5); same.sum == d.sum {
		t.Error("different content, equal sums")
	}
}

// TestVersion: nothing but its own bytes passes for a version.
func TestVersion(t *testing.T) {
	v := version{commit: 4, edits: set(0).with(0).with(mostEdits - 1)}
	whole := v.bytes()
	if got, ok := parse(whole); !ok || got != v {
		t.Errorf("%+v, %t", got, ok)
	}
	for _, damaged := range [][]byte{nil, whole[:len(whole)-1], append(slices.Clone(whole), 0), make([]byte, len(whole))} {
		if v, ok := parse(damaged); ok {
			t.Errorf("%d bytes pass for %+v", len(damaged), v)
		}
	}
}
