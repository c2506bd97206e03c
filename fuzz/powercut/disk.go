//go:build linux && (amd64 || arm64)

package main

import (
	"encoding/binary"
	"maps"
	"sync"

	"github.com/cespare/xxhash/v2"
)

// pageSize is what a device writes in one piece. Real ones promise 512 bytes; file
// systems are made for 4,096.
const pageSize = 4096

// A page is never changed once it is in a disk, so that disks share pages.
type page struct {
	data [pageSize]byte
	hash uint64 // of data and of where it lies; 0 if all is zero, as where nothing was written
}

// A disk is a block device in memory. Where it has no page it shows the disk below, and
// that must not change meanwhile.
type disk struct {
	size  int64
	pages map[int64]*page
	below *disk
	sum   uint64 // of the hashes of all that it shows: equal content has equal sums
}

// disks guards the pages of all disks: the kernel's last reading of one that is unmounted
// comes before the next writing of the one below, but nothing in this program says so.
var disks sync.Mutex

func newDisk(size int64) *disk { return &disk{size: size, pages: map[int64]*page{}} }

// over returns a disk that shows below, and keeps what is written to itself.
func over(below *disk) *disk {
	return &disk{size: below.size, pages: map[int64]*page{}, below: below, sum: below.sum}
}

// clone returns a disk with the same content, for a disk with nothing below.
func (d *disk) clone() *disk {
	return &disk{size: d.size, pages: maps.Clone(d.pages), sum: d.sum}
}

var zeros page

// at returns what stands in a page.
func (d *disk) at(n int64) *page {
	disks.Lock()
	defer disks.Unlock()
	for ; d != nil; d = d.below {
		if p := d.pages[n]; p != nil {
			return p
		}
	}
	return &zeros
}

// read fills p from offset off, and returns how much the disk has of that.
func (d *disk) read(p []byte, off int64) int {
	p = p[:max(0, min(int64(len(p)), d.size-off))]
	for done := 0; done < len(p); {
		n, within := (off+int64(done))/pageSize, (off+int64(done))%pageSize
		done += copy(p[done:], d.at(n).data[within:])
	}
	return len(p)
}

// write puts data, which lies within one page, at offset off.
func (d *disk) write(data []byte, off int64) {
	n := off / pageSize
	before := d.at(n)
	after := &page{data: before.data}
	copy(after.data[off%pageSize:], data)
	if after.data == before.data {
		return
	}
	if after.data != zeros.data {
		h := xxhash.New()
		h.Write(binary.LittleEndian.AppendUint64(nil, uint64(n))) //nolint:errcheck // never fails
		h.Write(after.data[:])                                    //nolint:errcheck // never fails
		after.hash = h.Sum64()
	}
	disks.Lock()
	defer disks.Unlock()
	d.pages[n] = after
	d.sum += after.hash - before.hash
}

// pieces calls do with each part of a write that lies within one page.
func pieces(data []byte, off int64, do func(data []byte, off int64)) {
	for len(data) > 0 {
		n := min(int64(len(data)), pageSize-off%pageSize)
		do(data[:n], off)
		data, off = data[n:], off+n
	}
}
