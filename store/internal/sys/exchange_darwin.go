package sys

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Exchange lets two files change names in one step (renamex_np(2), RENAME_SWAP). The error
// wraps errors.ErrUnsupported where the file system cannot do that, fs.ErrNotExist where
// one of the names is gone.
func Exchange(a, b string) error { return renamex("exchange", a, b, unix.RENAME_SWAP) }

// RenameNew renames a file to a name that must be free, else the error is fs.ErrExist
// (RENAME_EXCL).
func RenameNew(from, to string) error { return renamex("rename", from, to, unix.RENAME_EXCL) }

func renamex(op, from, to string, flags uint32) error {
	err := unix.RenamexNp(from, to, flags)
	if errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.EINVAL) {
		err = errors.Join(err, errors.ErrUnsupported)
	}
	return linkError(op, from, to, err)
}
