//go:build unix

package sys

import (
	"errors"

	"golang.org/x/sys/unix"
)

// CrossDevice reports that two names are not of one file system, quota or subvolume.
func CrossDevice(err error) bool { return errors.Is(err, unix.EXDEV) }

// Writable reports that names can be made in a directory.
func Writable(dir string) bool { return unix.Access(dir, unix.W_OK|unix.X_OK) == nil }
