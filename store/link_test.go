package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/rowkeep/rowkeep/store/internal/state"
)

// The lock is that of the file behind the link. If the link leads elsewhere since, it is
// not that of the file which would be replaced.
func TestLinkChangesUnderTheLock(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link.csv")
	for _, name := range []string{"a.csv", "b.csv"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("id,v\n"+name+",1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("a.csv", link); err != nil {
		t.Fatal(err)
	}
	f, err := openFile(link, History{}.keep())
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := f.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if err := errors.Join(os.Remove(link), os.Symlink("b.csv", link)); err != nil {
		t.Fatal(err)
	}
	now, err := f.load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.swap(t.Context(), now, []state.Version{{Content: []byte("id,v\n")}}); !errors.Is(err, errChanged) {
		t.Errorf("error %v, want errChanged", err)
	}
}
