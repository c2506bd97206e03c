//go:build !linux && !darwin

package sys

import (
	"errors"
	"os"
)

// Exchange returns errors.ErrUnsupported.
func Exchange(a, b string) error {
	return &os.LinkError{Op: "exchange", Old: a, New: b, Err: errors.ErrUnsupported}
}

// RenameNew gives a file a second name, which must be free, and takes the first away.
func RenameNew(from, to string) error {
	if err := os.Link(from, to); err != nil {
		return err
	}
	return os.Remove(from)
}
