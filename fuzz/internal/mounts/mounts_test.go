//go:build linux

package mounts

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) {
	Isolate()
	os.Exit(m.Run())
}

// What statfs(2) says of each kind; a bind mount shows what it was made from.
var magic = map[string]int64{"ext4": 0xef53, "xfs": 0x58465342, "btrfs": 0x9123683e, "tmpfs": 0x01021994, "overlayfs": 0x794c7630, "bind": 0, "fuse": 0x65735546, "fuse-simple": 0x65735546}

func TestMake(t *testing.T) {
	for kind, want := range magic {
		t.Run(kind, func(t *testing.T) {
			m, err := Make(kind)
			if errors.Is(err, ErrUnavailable) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			var stat syscall.Statfs_t
			if err := syscall.Statfs(m.Dir, &stat); err != nil {
				t.Fatal(err)
			}
			if want != 0 && int64(stat.Type) != want {
				t.Errorf("statfs says %#x, want %#x", stat.Type, want)
			}
			if err := os.WriteFile(filepath.Join(m.Dir, "x"), []byte("x"), 0o600); err != nil {
				t.Error(err)
			}
			work := filepath.Dir(m.Dir)
			if err := m.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(work); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s is left: %v", work, err)
			}
			table, err := os.ReadFile("/proc/self/mounts")
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(table), work) {
				t.Errorf("something is left mounted below %s:\n%s", work, table)
			}
		})
	}
}

// One of the two can exchange names.
func TestFUSE(t *testing.T) {
	for kind, want := range map[string]error{"fuse": nil, "fuse-simple": unix.EINVAL} {
		m, err := Make(kind)
		if errors.Is(err, ErrUnavailable) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		a, b := filepath.Join(m.Dir, "a"), filepath.Join(m.Dir, "b")
		if err := errors.Join(os.WriteFile(a, nil, 0o600), os.WriteFile(b, nil, 0o600), os.Link(a, a+"2"), os.Rename(a+"2", a+"3")); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		if err := unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE); !errors.Is(err, want) {
			t.Errorf("%s: exchange says %v, want %v", kind, err, want)
		}
	}
}

func TestUnknownKind(t *testing.T) {
	if _, err := Make("floppy"); err == nil || errors.Is(err, ErrUnavailable) {
		t.Errorf("error %v, want one that is no reason to skip", err)
	}
}
