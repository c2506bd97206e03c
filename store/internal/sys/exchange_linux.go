package sys

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Exchange lets two files change names in one step (renameat2(2), RENAME_EXCHANGE). The
// error wraps errors.ErrUnsupported where the file system or a sandbox does not allow it,
// fs.ErrNotExist where one of the names is gone.
func Exchange(a, b string) error { return rename2("exchange", a, b, unix.RENAME_EXCHANGE) }

// RenameNew renames a file to a name that must be free, else the error is fs.ErrExist
// (RENAME_NOREPLACE).
func RenameNew(from, to string) error { return rename2("rename", from, to, unix.RENAME_NOREPLACE) }

func rename2(op, from, to string, flags uint) error {
	err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, flags)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.ENOTSUP) {
		err = errors.Join(err, errors.ErrUnsupported)
	}
	return linkError(op, from, to, err)
}
