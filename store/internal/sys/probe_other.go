//go:build !linux

package sys

import "os"

// Blind reports true: there are no leases here.
func Blind(*os.File) bool { return true }

// Volatile reports false: nothing here tells.
func Volatile(string) bool { return false }
