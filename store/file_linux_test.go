package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/store"
)

func TestPipeIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(path, store.Options{}); !errors.Is(err, store.ErrNotRegular) {
		t.Errorf("error %v, want ErrNotRegular", err)
	}
}

// A pipe in the file's place is noticed without waiting for who writes to it.
func TestPipeInTheFilesPlace(t *testing.T) {
	c := newConfig(t)
	s := c.open(store.Options{})
	if err := errors.Join(os.Remove(c.path), syscall.Mkfifo(c.path, 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Snapshot(t.Context()); !errors.Is(err, store.ErrNotRegular) {
		t.Errorf("error %v, want ErrNotRegular", err)
	}
}

// The owner stays where the program may keep it.
func TestOwnerStays(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may give a file away")
	}
	c := newConfig(t)
	if err := os.Chown(c.path, 65534, 65533); err != nil {
		t.Fatal(err)
	}
	c.set(c.open(store.Options{}), "btc_1", "order_id", "O1")
	state := filepath.Join(filepath.Dir(c.path), ".config.csv.rowkeep")
	for _, path := range []string{c.path, state, filepath.Join(state, "lock"), filepath.Join(state, "log")} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if sys := info.Sys().(*syscall.Stat_t); sys.Uid != 65534 || sys.Gid != 65533 {
			t.Errorf("%s belongs to %d:%d", path, sys.Uid, sys.Gid)
		}
	}
}

// On a full disk nothing is committed, nothing lies about, and the next update works once
// there is room.
func TestFullDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may mount a small file system")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=128k"); err != nil {
		t.Skip("no tmpfs can be mounted here:", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	c := configFile{t, filepath.Join(dir, "config.csv")}
	c.save(config)
	s := c.open(store.Options{})
	c.set(s, "btc_1", "order_id", "O1")
	before := listing(t, dir)

	big := strings.Repeat("x", 200<<10)
	_, err := s.Update(t.Context(), setter("btc_1", "order_id", big))
	var commit *store.CommitError
	if !errors.Is(err, syscall.ENOSPC) || !errors.As(err, &commit) || commit.Step != "write" || commit.Outcome != store.NotCommitted {
		t.Errorf("error %v, want ENOSPC at step write", err)
	}
	if after := listing(t, dir); after != before {
		t.Errorf("the directory holds %s, and held %s", after, before)
	}
	if _, err := s.Update(t.Context(), func(tx *store.Tx) error { return tx.Delete(csvrows.Key{"eth_1"}) }); err != nil {
		t.Error(err)
	}
}
