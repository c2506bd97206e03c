package symlink_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/rowkeep/rowkeep/internal/symlink"
)

// TestFollow follows links in a tree where "there" leads to the directory "far/away".
func TestFollow(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "far", "away"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("far", "away"), filepath.Join(dir, "there")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	link := filepath.Join(dir, "link.csv")
	for _, tt := range []struct{ to, want string }{
		{"config.csv", "config.csv"},
		{"there/config.csv", "far/away/config.csv"},
		{"there/../config.csv", "far/config.csv"},
		{"./there/.././config.csv", "far/config.csv"},
		{"missing/config.csv", "missing/config.csv"},
		{filepath.Join(dir, "there") + "/../config.csv", "far/config.csv"},
	} {
		if err := os.Symlink(filepath.FromSlash(tt.to), link); err != nil {
			t.Fatal(err)
		}
		if got, err := symlink.Follow(link); err != nil || got != filepath.Join(dir, filepath.FromSlash(tt.want)) {
			t.Errorf("a link to %s leads to %s (%v), want %s", tt.to, got, err, tt.want)
		}
		if err := os.Remove(link); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "there", "config.csv")
	if got, err := symlink.Follow(file); err != nil || got != file {
		t.Errorf("%s (%v), want %s: no link, however its directory is called", got, err, file)
	}
	if err := os.Symlink("link.csv", link); err != nil {
		t.Fatal(err)
	}
	if _, err := symlink.Follow(link); !errors.Is(err, symlink.ErrLoop) {
		t.Errorf("a link to itself: %v, want ErrLoop", err)
	}
}
