//go:build !unix

package sys

import (
	"os"
	"runtime"
)

// OpenRead opens a file for reading.
func OpenRead(name string) (*os.File, error) { return os.Open(name) }

// OpenOwn opens a file that the store has made for reading and writing.
func OpenOwn(name string) (*os.File, error) { return os.OpenFile(name, os.O_RDWR, 0) }

// CreateTemp makes a new file in dir: name behind a dot, with digits.
func CreateTemp(dir, name string) (*os.File, error) {
	return os.CreateTemp(dir, "."+name+"*")
}

// Rename replaces one file by another.
func Rename(from, to string) error { return os.Rename(from, to) }

// SyncDir does nothing on Windows, where directories cannot be synced.
func SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
