//go:build unix

package sys

import (
	"os"

	"github.com/google/renameio/v2"
	"golang.org/x/sys/unix"
)

// OpenRead opens a file for reading. A pipe without a writer opens at once, so that
// the caller can refuse it.
func OpenRead(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK, 0)
}

// OpenOwn opens a file that the store has made for reading and writing. A symbolic link is an
// error: in a directory of somebody else it could lead whoever may write more than he may to any
// file (open(2), O_NOFOLLOW).
func OpenOwn(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_RDWR|unix.O_NOFOLLOW, 0)
}

// CreateTemp makes a new file of mode 0600 in dir: name behind a dot, with digits.
func CreateTemp(dir, name string) (*os.File, error) {
	t, err := renameio.NewPendingFile(name, renameio.WithTempDir(dir))
	if err != nil {
		return nil, err
	}
	return t.File, nil
}

// Rename replaces one file by another (rename(2)). Unlike os.Rename it does not look
// first what stands there.
func Rename(from, to string) error {
	return linkError("rename", from, to, unix.Rename(from, to))
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

// linkError names the files of a system call that failed.
func linkError(op, from, to string, err error) error {
	if err == nil {
		return nil
	}
	return &os.LinkError{Op: op, Old: from, New: to, Err: err}
}
