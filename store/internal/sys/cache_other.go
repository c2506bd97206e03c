//go:build !linux

package sys

import "os"

// Uncache reports false: nothing here tells.
func Uncache(*os.File, int64) (all bool, err error) { return false, nil }

// Recall does nothing.
func Recall(*os.File, int64) error { return nil }
