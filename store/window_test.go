package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store/internal/state"
)

// A window is a store on a file, and somebody who comes in between two steps of a commit.
type window struct {
	*testing.T
	path  string
	file  *localFile
	store *Store
}

const windowRows = "id,enabled,order_id,note\na,true,,\nb,true,,\nc,true,,last\n"

func newWindow(t *testing.T, opt Options) *window {
	t.Helper()
	w := &window{T: t, path: filepath.Join(t.TempDir(), "config.csv")}
	w.save(windowRows)
	w.open(opt)
	return w
}

func (w *window) open(opt Options) {
	w.Helper()
	if opt.Settle == 0 {
		opt.Settle = 20 * time.Millisecond
	}
	var err error
	if w.file, err = openFile(w.path, opt.History.keep()); err == nil {
		w.store, err = newStore(w.path, w.file, opt)
	}
	if err != nil {
		w.Fatal(err)
	}
}

// at lets somebody come in at a step, once.
func (w *window) at(step string, act func()) {
	w.file.moment = func(s string) {
		if s == step {
			w.file.moment = func(string) {}
			act()
		}
	}
}

func (w *window) update(id, column, value string) error {
	_, err := w.store.Update(w.Context(), func(tx *Tx) error {
		return tx.Set(csvrows.Key{id}, map[string]string{column: value})
	})
	return err
}

// save truncates the file and writes it again.
func (w *window) save(content string) {
	w.Helper()
	if err := os.WriteFile(w.path, []byte(content), 0o600); err != nil {
		w.Fatal(err)
	}
}

// rename writes a new file and renames it over the old one.
func (w *window) rename(content string) {
	w.Helper()
	temp := w.path + "~"
	if err := errors.Join(os.WriteFile(temp, []byte(content), 0o600), os.Rename(temp, w.path)); err != nil {
		w.Fatal(err)
	}
}

func (w *window) want(content string) {
	w.Helper()
	data, err := os.ReadFile(w.path)
	if err != nil {
		w.Fatal(err)
	}
	if string(data) != content {
		w.Errorf("the file is\n%s\nwant\n%s", data, content)
	}
}

const windowRowD = "d,true,,new\n"

// Whatever step of a commit somebody renames a new file in at, both changes are there.
func TestRenameAtEachStep(t *testing.T) {
	for _, step := range []string{"prepare", "lease", "look", "exchange", "exchanged", "sync directory"} {
		t.Run(step, func(t *testing.T) {
			w := newWindow(t, Options{})
			w.at(step, func() { w.rename(windowRows + windowRowD) })
			if err := w.update("a", "order_id", "O1"); err != nil {
				t.Fatal(err)
			}
			if err := w.update("b", "order_id", "O2"); err != nil {
				t.Fatal(err)
			}
			w.want(strings.NewReplacer("a,true,,", "a,true,O1,", "b,true,,", "b,true,O2,").Replace(windowRows) + windowRowD)
		})
	}
}

// Who held the old file open across a commit and writes to it later is merged by the next.
func TestHeldOpenAcrossACommit(t *testing.T) {
	w := newWindow(t, Options{})
	var late *os.File
	w.at("exchange", func() {})
	w.at("exchanged", func() {
		var err error
		intents, _ := state.Beside(w.path).Displaced()
		if late, err = os.OpenFile(intents[len(intents)-1].Path, os.O_WRONLY|os.O_APPEND|0x800, 0); err != nil {
			t.Log(err)
		}
	})
	if err := w.update("a", "order_id", "O1"); err != nil {
		t.Fatal(err)
	}
	if late == nil {
		intents, _ := state.Beside(w.path).Displaced()
		var err error
		if late, err = os.OpenFile(intents[len(intents)-1].Path, os.O_WRONLY|os.O_APPEND, 0); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := late.WriteString(windowRowD); err != nil {
		t.Fatal(err)
	}
	if err := late.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.update("b", "order_id", "O2"); err != nil {
		t.Fatal(err)
	}
	w.want(strings.NewReplacer("a,true,,", "a,true,O1,", "b,true,,", "b,true,O2,").Replace(windowRows) + windowRowD)
	w.open(Options{})
	if err := w.update("c", "order_id", "O3"); err != nil {
		t.Fatal(err)
	}
	w.want(strings.NewReplacer("a,true,,", "a,true,O1,", "b,true,,", "b,true,O2,", "c,true,,", "c,true,O3,").Replace(windowRows) + windowRowD)
}

// An editor that renames a file in at the last instant and changes the same cell has its
// value in the file; the commit's is pending, and both clean changes are there.
func TestSlippedConflict(t *testing.T) {
	w := newWindow(t, Options{})
	w.at("exchange", func() { w.rename(strings.Replace(windowRows, "a,true,,", "a,paused,,theirs", 1)) })
	_, err := w.store.Update(t.Context(), func(tx *Tx) error {
		return tx.Set(csvrows.Key{"a"}, map[string]string{"enabled": "false", "order_id": "O1"})
	})
	var commit *CommitError
	var conflict *merge.ConflictError
	if !errors.As(err, &commit) || commit.Outcome != ConflictPending || !errors.As(err, &conflict) || len(conflict.Conflicts) != 1 {
		t.Fatalf("error %v", err)
	}
	w.want(strings.Replace(windowRows, "a,true,,", "a,paused,O1,theirs", 1))
}

// Who waits to open the file at the commit point writes to the file, not to what was
// displaced.
func TestOpenedAtTheCommitPoint(t *testing.T) {
	w := newWindow(t, Options{})
	done := make(chan error)
	w.at("exchange", func() {
		go func() {
			f, err := os.OpenFile(w.path, os.O_WRONLY|os.O_APPEND, 0)
			if err == nil {
				_, err = f.WriteString(windowRowD)
				err = errors.Join(err, f.Close())
			}
			done <- err
		}()
		time.Sleep(20 * time.Millisecond) // it waits by now; if not, the test shows less
	})
	if err := w.update("a", "order_id", "O1"); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := w.update("b", "order_id", "O2"); err != nil {
		t.Fatal(err)
	}
	w.want(strings.NewReplacer("a,true,,", "a,true,O1,", "b,true,,", "b,true,O2,").Replace(windowRows) + windowRowD)
	for _, e := range w.entries() {
		t.Logf("%d %s %s", e.Seq, e.Kind, e.Digest.Hash)
	}
}

func (w *window) entries() []state.Entry {
	h, err := w.file.history()
	if err != nil {
		w.Fatal(err)
	}
	return h.Entries
}
