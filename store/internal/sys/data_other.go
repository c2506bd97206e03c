//go:build !linux

package sys

import "os"

// SyncData waits until a file is on disk.
func SyncData(f *os.File) error { return f.Sync() }
