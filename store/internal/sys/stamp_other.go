//go:build !unix

package sys

import (
	"io/fs"
	"os"
	"time"
)

// Stamp is what the system says of a file without reading it. Here no number tells one
// file from another; Dev, Ino, Owner and Group are 0 for all.
type Stamp struct {
	Dev, Ino, Links uint64
	Size            int64
	Mode            uint32
	Owner, Group    uint32
	Modified        time.Duration // since 1970
	Changed         time.Duration // the same, as nothing better is known
}

// StampOf looks at an open file.
func StampOf(f *os.File) (Stamp, error) {
	info, err := f.Stat()
	return newStamp(info, err)
}

// StampAt looks at a name, and at a symbolic link itself.
func StampAt(name string) (Stamp, error) {
	info, err := os.Lstat(name)
	return newStamp(info, err)
}

func newStamp(info fs.FileInfo, err error) (Stamp, error) {
	if err != nil {
		return Stamp{}, err
	}
	modified := time.Duration(info.ModTime().UnixNano())
	return Stamp{Links: 1, Size: info.Size(), Mode: uint32(info.Mode()), Modified: modified, Changed: modified}, nil
}

// Regular reports a plain file.
func (s Stamp) Regular() bool { return fs.FileMode(s.Mode).IsRegular() }

// Perm returns the permissions.
func (s Stamp) Perm() uint32 { return uint32(fs.FileMode(s.Mode).Perm()) }
