//go:build unix

package sys

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"github.com/google/renameio/v2"
)

// OpenRead opens a file for reading. A pipe without a writer opens at once, so that
// the caller can refuse it.
func OpenRead(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

// CreateTemp makes a new file of mode 0600 in dir: name behind a dot, with digits.
func CreateTemp(dir, name string) (*os.File, error) {
	t, err := renameio.NewPendingFile(name, renameio.WithTempDir(dir))
	if err != nil {
		return nil, err
	}
	return t.File, nil
}

// CopyOwner gives f the owner and the group that from describes. It does nothing where
// they are the same already. Only root may give a file to somebody else; the error is
// ErrOwner then.
func CopyOwner(f *os.File, from fs.FileInfo) error {
	now, err := f.Stat()
	if err != nil {
		return err
	}
	if SameOwner(now, from) {
		return nil
	}
	want := from.Sys().(*syscall.Stat_t)
	err = f.Chown(int(want.Uid), int(want.Gid))
	if errors.Is(err, syscall.EPERM) {
		return ErrOwner
	}
	return err
}

// SameOwner reports that two files have one owner and one group.
func SameOwner(a, b fs.FileInfo) bool {
	x, y := a.Sys().(*syscall.Stat_t), b.Sys().(*syscall.Stat_t)
	return x.Uid == y.Uid && x.Gid == y.Gid
}

// Links returns how many names a file has.
func Links(info fs.FileInfo) uint64 { return uint64(info.Sys().(*syscall.Stat_t).Nlink) }

// Rename replaces one file by another (rename(2)). Unlike os.Rename it does not look
// first what stands there.
func Rename(from, to string) error {
	for {
		err := syscall.Rename(from, to)
		if err == nil {
			return nil
		}
		if err != syscall.EINTR {
			return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
		}
	}
}

// SyncDir waits until the names in a directory are on disk: until then a power cut may
// bring the old ones back (fsync(2)).
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
