package main

import "golang.org/x/sys/unix"

// reserve finds room on the disk for a file of so many bytes that is about to be written. The
// system does that faster at once than bit by bit while it is written; where it cannot, it does
// so then.
func reserve(file uintptr, size int64) {
	if size > 0 {
		_ = unix.Fallocate(int(file), unix.FALLOC_FL_KEEP_SIZE, 0, size)
	}
}
