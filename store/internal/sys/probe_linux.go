package sys

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Blind reports that a lease on a file is granted although somebody has a shared mapping
// of it that can be written to, as on overlayfs. f is a scratch file, open for reading and
// writing.
func Blind(f *os.File) bool {
	if _, err := f.WriteAt([]byte{0}, 0); err != nil {
		return true
	}
	var page []byte
	err := control(f, func(fd int) (err error) {
		page, err = unix.Mmap(fd, 0, 1, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		return err
	})
	if err != nil {
		return true
	}
	defer func() { _ = unix.Munmap(page) }()
	name := f.Name()
	if err := f.Close(); err != nil {
		return true
	}
	r, err := OpenRead(name)
	if err != nil {
		return true
	}
	defer r.Close()
	_, err = TakeLease(r)
	return !errors.Is(err, ErrBusy)
}

// Volatile reports that a directory lies in memory only: syncing it means nothing.
func Volatile(dir string) bool {
	var st unix.Statfs_t
	err := unix.Statfs(dir, &st)
	return err == nil && (int64(st.Type) == unix.TMPFS_MAGIC || int64(st.Type) == unix.RAMFS_MAGIC)
}
