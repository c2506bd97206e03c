package sys

import (
	"os"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Uncache drops what the system keeps in memory of a file that is open for reading and
// writing, and has so many bytes. It reports whether nothing stayed: what somebody has put
// into a pipe or a socket without copying it (splice(2), sendfile(2)) stays, though he has
// closed the file, and so does all of a file that lies in memory only.
func Uncache(f *os.File, size int64) (all bool, err error) {
	if size == 0 {
		return true, nil
	}
	err = control(f, func(fd int) error {
		const written = unix.SYNC_FILE_RANGE_WAIT_BEFORE | unix.SYNC_FILE_RANGE_WRITE | unix.SYNC_FILE_RANGE_WAIT_AFTER
		if err := unix.SyncFileRange(fd, 0, 0, written); err != nil { // what is not yet stays
			return pathError("sync_file_range", f.Name(), err)
		}
		if err := unix.Fadvise(fd, 0, 0, unix.FADV_DONTNEED); err != nil {
			return pathError("fadvise", f.Name(), err)
		}
		memory, err := unix.Mmap(fd, 0, int(size), unix.PROT_READ, unix.MAP_SHARED)
		if err != nil {
			return pathError("mmap", f.Name(), err)
		}
		defer func() { _ = unix.Munmap(memory) }()
		pages := make([]byte, (len(memory)+os.Getpagesize()-1)/os.Getpagesize())
		_, _, failed := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&memory[0])), uintptr(len(memory)), uintptr(unsafe.Pointer(&pages[0])))
		if failed != 0 {
			return pathError("mincore", f.Name(), failed)
		}
		all = !slices.ContainsFunc(pages, func(p byte) bool { return p&1 != 0 })
		return nil
	})
	return all, err
}

// Recall has the system read the last page of a file again that has so many bytes, and does
// not wait for it: whoever writes to a part of a page has to wait for the rest.
func Recall(f *os.File, size int64) error {
	return control(f, func(fd int) error {
		return pathError("fadvise", f.Name(), unix.Fadvise(fd, max(0, size-1), 1, unix.FADV_WILLNEED))
	})
}
