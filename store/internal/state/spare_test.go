//go:build linux

package state

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// A displaced file that is somebody's stays what it is.
func TestRetire(t *testing.T) {
	open := func(flag int) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			t.Helper()
			f, err := os.OpenFile(path, flag, 0)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = f.Close() })
		}
	}
	for name, somebody := range map[string]func(*testing.T, string){
		"nobody's":           nil,
		"open to be read":    open(os.O_RDONLY),
		"open to be written": open(os.O_WRONLY),
		"mapped":             mapped,
		"has a second name": func(t *testing.T, path string) {
			if err := os.Link(path, filepath.Join(t.TempDir(), "backup")); err != nil {
				t.Fatal(err)
			}
		},
		sameTime: func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte("odd"), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"written to": func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte("late"), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"gone": func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		},
	} {
		for _, stampsTell := range []bool{false, true} {
			if name == sameTime && stampsTell {
				continue // the clock shows two
			}
			t.Run(fmt.Sprintf("%s, stamps tell: %t", name, stampsTell), func(t *testing.T) {
				dir, old, at := displacedFile(t)
				if somebody != nil {
					somebody(t, old.Path)
				}
				if name == sameTime {
					var err error
					if at, err = sys.StampAt(old.Path); err != nil {
						t.Fatal(err)
					}
				}
				spare, err := dir.Retire(old, at, stampsTell)
				if (spare != nil) != (somebody == nil) {
					t.Fatalf("a spare: %t (%v)", spare != nil, err)
				}
				if busy := somebody != nil && name != "gone"; errors.Is(err, sys.ErrBusy) != busy || err != nil && !busy {
					t.Errorf("error %v, want ErrBusy: %t", err, busy)
				}
				if _, err := os.Stat(old.Path); (err == nil) != (somebody != nil && name != "gone") {
					t.Errorf("what was displaced: %v", err)
				}
			})
		}
	}
}

const sameTime = "written to, and the clock shows one time"

// displacedFile makes a state directory with one displaced file in it.
func displacedFile(t *testing.T) (Dir, Displaced, sys.Stamp) {
	t.Helper()
	dir := Beside(filepath.Join(t.TempDir(), "config.csv"))
	if err := dir.Create(nil); err != nil {
		t.Fatal(err)
	}
	old := dir.Intent(12, DigestOf([]byte("old")), DigestOf([]byte("new")))
	if err := os.WriteFile(old.Path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	at, err := sys.StampAt(old.Path)
	if err != nil {
		t.Fatal(err)
	}
	return dir, old, at
}

// mapped maps a file, and closes it.
func mapped(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	data, err := unix.Mmap(int(f.Fd()), 0, 3, unix.PROT_READ, unix.MAP_SHARED)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(data) })
}

// Nobody else can open a spare once it is in use. It is no displaced file, nor anything that is
// left over, and it goes with what a commit leaves that was killed.
func TestReuse(t *testing.T) {
	dir, old, at := displacedFile(t)
	spare, err := dir.Retire(old, at, true)
	if err != nil || spare == nil {
		t.Fatal(spare, err)
	}
	displaced, err := dir.Displaced()
	left, wrong := dir.LeftOver()
	if len(displaced) > 0 || len(left) > 0 || err != nil || wrong != nil {
		t.Errorf("displaced %v (%v), left over %v (%v)", displaced, err, left, wrong)
	}
	f, err := spare.Reuse()
	if err != nil || f == nil {
		t.Fatal(f, err)
	}
	if _, err := os.OpenFile(f.Name(), os.O_RDONLY|syscall.O_NONBLOCK, 0); !errors.Is(err, syscall.EAGAIN) {
		t.Errorf("opened by somebody else: %v, want EAGAIN", err)
	}
	if err := errors.Join(f.Close(), dir.Sweep()); err != nil {
		t.Fatal(err)
	}
	if again, err := spare.Reuse(); err != nil || again != nil {
		t.Errorf("what is gone can be used: %v, %v", again, err)
	}
	names, err := dir.names(func(name string) bool { return strings.Contains(name, spareName) })
	if err != nil || len(names) > 0 {
		t.Errorf("left: %v, %v", names, err)
	}
}

// Who has opened a spare keeps it.
func TestReuseOpened(t *testing.T) {
	dir, old, at := displacedFile(t)
	spare, err := dir.Retire(old, at, true)
	if err != nil || spare == nil {
		t.Fatal(spare, err)
	}
	f, err := os.Open(spare.path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f, err := spare.Reuse(); f != nil || !errors.Is(err, sys.ErrBusy) {
		t.Errorf("it is in use: %v, %v", f, err)
	}
}

// What is a symbolic link now is none of ours: neither a log nor a displaced file is written to
// through it.
func TestLinks(t *testing.T) {
	dir, old, at := displacedFile(t)
	other := filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(other, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{old.Path, dir.logPath()} {
		if err := errors.Join(os.Remove(name), os.Symlink(other, name)); err != nil {
			t.Fatal(err)
		}
	}
	if spare, err := dir.Retire(old, at, true); spare != nil || !errors.Is(err, syscall.ELOOP) {
		t.Errorf("a spare: %t (%v)", spare != nil, err)
	}
	log := dir.Log()
	_, _, err := log.Append(Version{Entry: Entry{Kind: Commit}, Content: []byte("new")})
	if !errors.Is(err, syscall.ELOOP) {
		t.Errorf("appending: %v", err)
	}
	if data, err := os.ReadFile(other); err != nil || string(data) != "old" {
		t.Errorf("behind the link stands %q (%v)", data, err)
	}
}
