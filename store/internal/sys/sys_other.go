//go:build !unix

package sys

import (
	"io/fs"
	"os"
)

// OpenRead opens a file for reading.
func OpenRead(name string) (*os.File, error) { return os.Open(name) }

// CreateTemp makes a new file in dir: name behind a dot, with digits.
func CreateTemp(dir, name string) (*os.File, error) {
	return os.CreateTemp(dir, "."+name+"*")
}

// CopyOwner does nothing: a new file has the owner that its directory says.
func CopyOwner(*os.File, fs.FileInfo) error { return nil }

// SameOwner says that all files have one owner: nothing here tells.
func SameOwner(fs.FileInfo, fs.FileInfo) bool { return true }

// Links says that a file has one name: nothing here tells.
func Links(fs.FileInfo) uint64 { return 1 }

// Rename replaces one file by another.
func Rename(from, to string) error { return os.Rename(from, to) }

// SyncDir does nothing: directories cannot be synced here.
func SyncDir(string) error { return nil }
