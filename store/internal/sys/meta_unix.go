//go:build unix

package sys

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/pkg/xattr"
	"golang.org/x/sys/unix"
)

// CopyOwner gives f the owner and the group that from describes. It does nothing where
// they are the same already. Only root may give a file to somebody else; the error is
// ErrOwner then.
func CopyOwner(f *os.File, from Stamp) error {
	now, err := StampOf(f)
	if err != nil || now.Owner == from.Owner && now.Group == from.Group {
		return err
	}
	err = f.Chown(int(from.Owner), int(from.Group))
	if errors.Is(err, unix.EPERM) {
		return ErrOwner
	}
	return err
}

// CopyMeta gives a new file, mode 0600, what an old one has besides its content: owner and
// group, access control list, security label, the user's extended attributes, and mode.
// What to see of it comes last, so that nobody may do more meanwhile than in the end. A
// security label that may not be set is left out; the error is ErrOwner where the owner
// cannot be kept.
func CopyMeta(to, from *os.File, old Stamp) error {
	if err := CopyOwner(to, old); err != nil {
		return err
	}
	if err := copyAttributes(to, from); err != nil {
		return err
	}
	return control(to, func(fd int) error { return pathError("fchmod", to.Name(), unix.Fchmod(fd, old.Perm())) })
}

// SameMeta reports that a file has what [CopyMeta] would give it already.
func SameMeta(f, from *os.File, old Stamp) (bool, error) {
	is, err := StampOf(f)
	if err != nil || !is.SameAccess(old) {
		return false, err
	}
	had, err := attributes(f)
	if err != nil {
		return false, err
	}
	want, err := attributes(from)
	if err != nil || len(had) != len(want) {
		return false, err
	}
	for _, name := range want {
		has, err := xattr.FGet(f, name)
		if errors.Is(err, xattr.ENOATTR) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		value, err := xattr.FGet(from, name)
		if err != nil || !bytes.Equal(has, value) {
			return false, err
		}
	}
	return true, nil
}

// copyAttributes makes the extended attributes of to those of from. The directory may have
// given the new file some of its own.
func copyAttributes(to, from *os.File) error {
	had, err := attributes(to)
	if err != nil {
		return err
	}
	want, err := attributes(from)
	if err != nil {
		return err
	}
	for _, name := range had {
		if !slices.Contains(want, name) {
			if err := permitted(name, xattr.FRemove(to, name)); err != nil {
				return err
			}
		}
	}
	for _, name := range want {
		value, err := xattr.FGet(from, name)
		if err == nil {
			err = xattr.FSet(to, name, value)
		}
		if err := permitted(name, err); err != nil {
			return err
		}
	}
	return nil
}

// attributes lists those attributes of a file that belong to its name and not to its
// content, as a capability or a checksum does.
func attributes(f *os.File) ([]string, error) {
	names, err := xattr.FList(f)
	if errors.Is(err, syscall.ENOTSUP) || errors.Is(err, syscall.ENOSYS) {
		return nil, nil
	}
	return slices.DeleteFunc(names, func(name string) bool {
		return !strings.HasPrefix(name, "user.") && name != "system.posix_acl_access" && name != "security.selinux" &&
			!strings.HasPrefix(name, "com.apple.")
	}), err
}

// permitted forgives that a security label cannot be set.
func permitted(name string, err error) error {
	if strings.HasPrefix(name, "security.") && (errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.ENOTSUP)) {
		return nil
	}
	return err
}
