package sys

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// TestStampsTell holds a file system to what StampsTell says of it: whatever is done to a file
// behind a look at it moves the time of its last change.
func TestStampsTell(t *testing.T) {
	f, err := os.Create(t.TempDir() + "/file")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if !StampsTell(f) {
		t.Skip("SKIPPED: here two changes of a file may have one time")
	}
	changes := map[string]func(n int) error{
		"write":    func(n int) error { _, err := f.WriteAt([]byte{byte(n)}, 0); return err },
		"truncate": func(n int) error { return f.Truncate(int64(1 + n%2)) },
		"map": func(n int) error {
			page, err := unix.Mmap(int(f.Fd()), 0, 1, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
			if err != nil {
				return err
			}
			page[0] = byte(n)
			return unix.Munmap(page)
		},
		"chmod": func(n int) error { return f.Chmod(0o600 + os.FileMode(n%2)) },
	}
	before, err := StampOf(f)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 1000 {
		for name, change := range changes {
			if err := change(n); err != nil {
				t.Fatal(name, err)
			}
			after, err := StampOf(f)
			if err != nil {
				t.Fatal(err)
			}
			if after.Changed <= before.Changed {
				t.Fatalf("after %s it changed at %d, before at %d", name, after.Changed, before.Changed)
			}
			before = after
		}
	}
}
