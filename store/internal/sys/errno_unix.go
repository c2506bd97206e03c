//go:build unix

package sys

import (
	"errors"

	"golang.org/x/sys/unix"
)

// CrossDevice reports that two names are not of one file system, quota or subvolume.
func CrossDevice(err error) bool { return errors.Is(err, unix.EXDEV) }

// MountPoint reports that a name cannot be replaced because something is mounted on it.
func MountPoint(err error) bool { return errors.Is(err, unix.EBUSY) }
