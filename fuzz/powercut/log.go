//go:build linux && (amd64 || arm64)

package main

import (
	"bytes"
	"cmp"
	"math/rand/v2"
	"slices"
	"sync"
)

// A blockLog is what a disk was asked to do, in order, from a moment on at which all of
// it was on the medium. It takes what dm-log-writes in the Linux kernel would.
type blockLog struct {
	mu      sync.Mutex
	on      bool
	base    *disk
	entries []entry
	marks   []string
}

type kind uint8

const (
	wrote   kind = iota // data may be on the medium from now on
	flushed             // whatever was written is
	marked              // the workload said something
)

type entry struct {
	kind kind
	off  int64
	data []byte // within one page: a power cut may come within a longer write
}

// start begins the log with the disk as it is.
func (l *blockLog) start(d *disk) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.on, l.base = true, d.clone()
}

func (l *blockLog) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.on = false
}

func (l *blockLog) add(e entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.on {
		l.entries = append(l.entries, e)
	}
}

func (l *blockLog) wrote(data []byte, off int64) {
	l.add(entry{kind: wrote, off: off, data: bytes.Clone(data)})
}

func (l *blockLog) flushed() { l.add(entry{kind: flushed}) }

// mark notes what the workload says. Whatever the workload did before is in the log
// before it, and nothing that it does after mark has returned.
func (l *blockLog) mark(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.on {
		l.entries = append(l.entries, entry{kind: marked})
		l.marks = append(l.marks, text)
	}
}

// count returns how many entries there are of a kind.
func (l *blockLog) count(k kind) (n int) {
	for _, e := range l.entries {
		if e.kind == k {
			n++
		}
	}
	return n
}

// A crash is one state that the medium may be in after a power cut: all that was flushed
// before, and a part of what was written since.
type crash struct {
	at    int   // as many entries were in the log
	which []int // of them the writes, not yet flushed, that reached the medium

	// The same content may be there after cuts at different moments. It must be legal at
	// each: nothing that was not begun at the first, all that was promised at the last.
	first, last []string // the marks up to then

	atMark bool
}

// crashes draws power cuts: after every write, flush and mark, with none, all, and random
// subsets of the unflushed writes. Those of the same content are one. A cut counts only
// if wanted likes the marks up to then. If there are more than most, it returns a sample,
// with those drawn at marks before others, as it is there that promises are made.
func (l *blockLog) crashes(most int, rng *rand.Rand, wanted func(marks []string) bool) []*crash {
	d := &draw{log: l, medium: l.base.clone(), bySum: map[uint64]*crash{}}
	d.cache = over(d.medium)
	for i, e := range l.entries {
		d.follow(i, e)
		if wanted(l.marks[:d.marks]) {
			d.moment(i+1, e.kind == marked, rng)
		}
	}
	return sample(d.all, most, rng)
}

// A draw goes through a log, and finds what may be on the medium.
type draw struct {
	log     *blockLog
	medium  *disk // all that was flushed
	cache   *disk // and all that was written since
	pending []int // those writes
	since   []int // and how many marks there were when each came
	marks   int

	bySum map[uint64]*crash
	all   []*crash
	open  []*crash // found since the last flush: possible until the next one
}

// follow does what entry i says.
func (d *draw) follow(i int, e entry) {
	switch e.kind {
	case wrote:
		d.pending, d.since = append(d.pending, i), append(d.since, d.marks)
		d.cache.write(e.data, e.off)
	case flushed:
		d.log.apply(d.medium, d.pending)
		d.cache = over(d.medium)
		d.pending, d.since, d.open = nil, nil, nil
	case marked:
		d.marks++
	}
}

// moment draws the cuts at one moment. What was possible before is so until a flush.
func (d *draw) moment(at int, atMark bool, rng *rand.Rand) {
	for _, c := range d.open {
		c.last = d.log.marks[:d.marks]
	}
	d.found(d.medium.sum, crash{at: at, atMark: atMark})
	d.found(d.cache.sum, crash{at: at, atMark: atMark, which: d.pending})
	for range subsets {
		which := subset(d.pending, rng)
		some := over(d.medium)
		d.log.apply(some, which)
		d.found(some.sum, crash{at: at, atMark: atMark, which: which})
	}
}

// found notes an image, by the sum of its content.
func (d *draw) found(sum uint64, c crash) {
	known := d.bySum[sum]
	if known == nil {
		known = &c
		c.which = slices.Clone(c.which)
		c.first = d.log.marks[:d.marks]
		if n := len(c.which); n > 0 {
			c.first = d.log.marks[:d.since[slices.Index(d.pending, c.which[n-1])]]
		}
		d.bySum[sum] = known
		d.all = append(d.all, known)
	}
	known.last = d.log.marks[:d.marks]
	known.atMark = known.atMark || c.atMark
	d.open = append(d.open, known)
}

// subsets is how many random ones there are at each moment.
const subsets = 2

// subset draws some of the writes: few, half or most of them.
func subset(of []int, rng *rand.Rand) (some []int) {
	share := rng.Float64()
	for _, i := range of {
		if rng.Float64() < share {
			some = append(some, i)
		}
	}
	return some
}

func (l *blockLog) apply(d *disk, writes []int) {
	for _, i := range writes {
		d.write(l.entries[i].data, l.entries[i].off)
	}
}

// sample returns at most most of the crashes, in order of time.
func sample(all []*crash, most int, rng *rand.Rand) []*crash {
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	slices.SortStableFunc(all, func(a, b *crash) int {
		switch {
		case a.atMark == b.atMark:
			return 0
		case a.atMark:
			return -1
		}
		return 1
	})
	all = all[:min(most, len(all))]
	slices.SortFunc(all, func(a, b *crash) int { return cmp.Compare(a.at, b.at) })
	return all
}

// images calls check with the disk of each crash, which it may write to, until that
// returns an error. The crashes must be in order of time.
func (l *blockLog) images(crashes []*crash, check func(*crash, *disk) error) error {
	medium := l.base.clone()
	var pending []int
	done := 0
	for _, c := range crashes {
		for ; done < c.at; done++ {
			switch l.entries[done].kind {
			case wrote:
				pending = append(pending, done)
			case flushed:
				l.apply(medium, pending)
				pending = nil
			}
		}
		image := over(medium)
		l.apply(image, c.which)
		if err := check(c, image); err != nil {
			return err
		}
	}
	return nil
}
