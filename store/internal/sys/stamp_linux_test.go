package sys

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestStoresTell holds two file systems to what StoresTell says of them, one in memory.
func TestStoresTell(t *testing.T) {
	for _, parent := range []string{t.TempDir(), "/dev/shm"} {
		f, err := os.CreateTemp(parent, "rowkeep-test-")
		if err != nil {
			t.Log(err)
			continue
		}
		defer func() { _, _ = f.Close(), os.Remove(f.Name()) }()
		tells := StoresTell(f)
		page, err := unix.Mmap(int(f.Fd()), 0, 1, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = unix.Munmap(page) }()
		was := page[0]
		before, err := StampOf(f)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * Tick)
		page[0] = was + 1
		after, err := StampOf(f)
		if err != nil {
			t.Fatal(err)
		}
		if moved := after.Changed != before.Changed; moved != tells || moved == Volatile(parent) {
			t.Errorf("in %s: it tells: %t, a store moved the time: %t", parent, tells, moved)
		}
	}
}

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
