package sys

import (
	"os"

	"golang.org/x/sys/unix"
)

// SyncData waits until a file's content and size are on disk; of its other metadata nothing
// is said (fdatasync(2)). Where blocks that the file has already were written to, no journal
// is waited for.
func SyncData(f *os.File) error {
	return control(f, func(fd int) error { return pathError("fdatasync", f.Name(), unix.Fdatasync(fd)) })
}
