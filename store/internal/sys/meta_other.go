//go:build !unix

package sys

import (
	"io/fs"
	"os"
)

// CopyOwner does nothing: a new file has the owner that its directory says.
func CopyOwner(*os.File, Stamp) error { return nil }

// CopyMeta gives a new file the mode of an old one.
func CopyMeta(to, _ *os.File, old Stamp) error {
	return to.Chmod(fs.FileMode(old.Perm()))
}

// SameMeta reports that a file has what [CopyMeta] would give it already.
func SameMeta(f, _ *os.File, old Stamp) (bool, error) {
	is, err := StampOf(f)
	return err == nil && is.SameAccess(old), err
}
