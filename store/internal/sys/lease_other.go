//go:build !linux

package sys

import (
	"errors"
	"os"
)

// Lease keeps others from opening a file for writing; there is none here.
type Lease struct{}

// TakeLease returns errors.ErrUnsupported.
func TakeLease(*os.File) (Lease, error) { return Lease{}, errors.ErrUnsupported }

// TakeWriteLease returns errors.ErrUnsupported.
func TakeWriteLease(*os.File) (Lease, error) { return Lease{}, errors.ErrUnsupported }

// Held reports false.
func (Lease) Held() bool { return false }

// Release does nothing.
func (Lease) Release() error { return nil }
