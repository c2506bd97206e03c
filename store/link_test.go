package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/rowkeep/rowkeep/store/internal/state"
)

// openLink opens a link that leads to a.csv; beside that there is b.csv.
func openLink(t *testing.T) *localFile {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"a.csv", "b.csv"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("id,v\n"+name+",1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(dir, "link.csv")
	if err := os.Symlink("a.csv", link); err != nil {
		t.Fatal(err)
	}
	f, err := openFile(link, Options{}.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// lead makes a link lead elsewhere.
func lead(t *testing.T, link, target string) {
	t.Helper()
	if err := errors.Join(os.Remove(link), os.Symlink(target, link)); err != nil {
		t.Fatal(err)
	}
}

// The lock is that of the file behind the link. If the link leads elsewhere since, it is
// not that of the file which would be replaced.
func TestLinkChangesUnderTheLock(t *testing.T) {
	f := openLink(t)
	unlock, err := f.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	lead(t, f.path, "b.csv")
	now, err := f.load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.swap(t.Context(), now, []state.Version{{Content: []byte("id,v\n")}}); !errors.Is(err, errChanged) {
		t.Errorf("error %v, want errChanged", err)
	}
}

// While the lock is held what is kept goes beside the file that it is of, and not to where
// the link leads by then, whoever looks there.
func TestLogUnderTheLock(t *testing.T) {
	f := openLink(t)
	unlock, err := f.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	lead(t, f.path, "b.csv")
	f.used() // as a watcher asks
	kept := state.Version{Entry: state.Entry{Kind: state.Read}, Content: []byte("id,v\n")}
	if _, err := f.note([]state.Version{kept}); err != nil {
		t.Fatal(err)
	}
	if h, err := f.history(0); err != nil || len(h.Entries) != 1 {
		t.Errorf("the history has %d entries (%v)", len(h.Entries), err)
	}
	if h, err := state.Beside(filepath.Join(filepath.Dir(f.path), "a.csv")).History(); err != nil || len(h.Entries) != 1 {
		t.Errorf("beside the file there are %d entries (%v)", len(h.Entries), err)
	}
}

// What a place can do was tried for the file that the link led to. Another one may lie in
// another place.
func TestProbedForEachFile(t *testing.T) {
	f := openLink(t)
	var places []*tried
	for _, name := range []string{"a.csv", "a.csv", "b.csv"} {
		lead(t, f.path, name)
		unlock, err := f.lock(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		places = append(places, f.probe())
		unlock()
	}
	if places[0] != places[1] || places[1] == places[2] {
		t.Errorf("tried %v", places)
	}
}
