//go:build linux

package main

import (
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/rowkeep/rowkeep/fuzz/internal/mounts"
	"github.com/rowkeep/rowkeep/store"
)

// What the store says that it promises is what the place can do. Where the kernel decides
// that by its version, the test asks the kernel, by other means than the store does.
func TestClaims(t *testing.T) {
	full := store.Guarantee{Exchange: true, Link: true, Lease: true, Durable: true}
	with := func(change func(*store.Guarantee)) store.Guarantee {
		g := full
		change(&g)
		return g
	}
	inPlace := store.Guarantee{InPlace: true, Lease: true, Durable: true}
	for name, want := range map[string]func(path string) store.Guarantee{
		"ext4":  func(string) store.Guarantee { return full },
		"xfs":   func(string) store.Guarantee { return full },
		"btrfs": func(string) store.Guarantee { return full },
		"tmpfs": func(string) store.Guarantee { return with(func(g *store.Guarantee) { g.Durable = false }) },
		"overlayfs": func(string) store.Guarantee {
			return with(func(g *store.Guarantee) { g.Blind = true })
		},
		"fuse": func(path string) store.Guarantee {
			return with(func(g *store.Guarantee) { g.Lease, g.Blind = mayLease(t, path), true })
		},
		"fuse-simple": func(path string) store.Guarantee {
			return with(func(g *store.Guarantee) { g.Exchange, g.Lease, g.Blind = false, mayLease(t, path), true })
		},
		"otheruser": func(string) store.Guarantee {
			return with(func(g *store.Guarantee) { g.Lease, g.Blind = false, true })
		},
		"bind":     func(string) store.Guarantee { return inPlace },
		"hardlink": func(string) store.Guarantee { return inPlace },
	} {
		t.Run(name, func(t *testing.T) {
			b := &bench{settle: time.Millisecond}
			s, err := b.newSite(t.Context(), mounted(t, name), cell{FS: name, Strategy: rowkeep})
			if errors.Is(err, exec.ErrNotFound) {
				t.Skip("SKIPPED: ", err)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer s.close()
			if diff := cmp.Diff(want(s.path), s.claims(t)); diff != "" {
				t.Errorf("the claim differs from what there is (-want +got):\n%s", diff)
			}
		})
	}
}

// mounted makes what a place is made on.
func mounted(t *testing.T, name string) (dir string) {
	t.Helper()
	if at, special := settings[name]; special {
		name = at.mount
	}
	m, err := mounts.Make(name)
	if errors.Is(err, mounts.ErrUnavailable) {
		t.Skip("SKIPPED: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m.Dir
}

// claims asks the committer's store.
func (s *site) claims(t *testing.T) store.Guarantee {
	t.Helper()
	if r, ok := s.committer.(*remote); ok {
		a, err := r.do("guarantee", "")
		if err != nil {
			t.Fatal(err)
		}
		return a.Guarantee
	}
	g, err := s.committer.(*keeper).store.Guarantee()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// mayLease asks the kernel for a lease on a file.
func mayLease(t *testing.T, path string) bool {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, err = unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_RDLCK)
	return err == nil
}

// Somebody else who may write the file may not give a new one to its owner. So no commit
// can be made, but for one in place, and for that the owner must have made the state
// directory before. What is said is that, and true.
func TestClaimsOfSomebodyElse(t *testing.T) {
	dir := mounted(t, "ext4")
	if _, err := exec.LookPath("setpriv"); err != nil {
		t.Skip("SKIPPED: ", err)
	}
	path := filepath.Join(dir, "config.csv")
	self := copyOf(t, dir)
	if err := errors.Join(os.WriteFile(path, []byte(baseFile()), 0o666), os.Chmod(path, 0o666), os.Chmod(dir, 0o777), os.Chmod(filepath.Dir(dir), 0o755)); err != nil {
		t.Fatal(err)
	}
	somebody := func(key string, inPlace, can bool, want store.Guarantee) {
		t.Helper()
		h, err := startProcess([]string{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", self}, committerVariable+"=1")
		if err != nil {
			t.Fatal(err)
		}
		r := &remote{h, step{Path: path, Settle: time.Millisecond, InPlace: inPlace}}
		defer r.close()
		if _, err := r.do("open", ""); err != nil {
			t.Fatal(err)
		}
		a, err := r.do("guarantee", "")
		if diff := cmp.Diff(want, a.Guarantee); diff != "" || (err == nil) != can {
			t.Errorf("%s: error %v, and the claim differs (-want +got):\n%s", key, err, diff)
		}
		// What begins already needs the lock may fail as early as that.
		err = r.begin(t.Context(), key)
		if err == nil {
			err = r.commit(t.Context())
		}
		if there := strings.Contains(string(readFile(t, path)), key); there != can || (err == nil) != can {
			t.Errorf("%s: error %v, and the row is there: %v", key, err, there)
		}
	}
	somebody("our-0", false, false, store.Guarantee{})
	somebody("our-1", true, false, store.Guarantee{})
	k := &keeper{path: path, key: "our-2"}
	if err := errors.Join(k.open(t.Context()), k.commit(t.Context())); err != nil {
		t.Fatal(err)
	}
	somebody("our-3", false, false, store.Guarantee{})
	somebody("our-4", true, true, store.Guarantee{InPlace: true, Durable: true})
}

// copyOf copies the program to where everybody may run it.
func copyOf(t *testing.T, dir string) (path string) {
	t.Helper()
	from, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	path = filepath.Join(dir, "program")
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(to, from)
	if err := errors.Join(err, to.Close(), os.Chmod(path, 0o755)); err != nil {
		t.Fatal(err)
	}
	return path
}

// The rig attacks what is claimed.
func TestClaimsHold(t *testing.T) {
	opt := options{rounds: 15, settle: 20 * time.Millisecond, parallel: 2, dir: t.TempDir(), writers: []int{1}}
	opt.kinds = []string{"rename", "append", "overwrite", "hold", "mmap"}
	if testing.Short() {
		opt.rounds = 3
	}
	for _, name := range append(slices.Sorted(maps.Keys(settings)), "fuse") {
		opt.systems = []string{name}
		var table strings.Builder
		err := opt.run(t.Context(), &table, t.Output())
		t.Log("\n" + table.String())
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
