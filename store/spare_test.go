//go:build linux

package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pkg/xattr"
	"golang.org/x/sys/unix"

	"github.com/rowkeep/rowkeep/internal/tune"
	"github.com/rowkeep/rowkeep/store/internal/state"
	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// newSpares is a store on a file whose commits write to spares from the third on, or, if it
// is not hasty, when they do.
func newSpares(t *testing.T, hasty bool) *window {
	t.Helper()
	if hasty {
		usual := tune.Store
		tune.Store = tune.Shelf{LookBack: 1, Spares: 1}
		t.Cleanup(func() { tune.Store = usual })
	}
	w := newWindow(t, Options{})
	if g, err := w.store.Guarantee(); err != nil || !g.Lease || !g.Exchange || !g.Durable || g.Blind {
		t.Skip("SKIPPED: nothing is made a spare here: ", err)
	}
	return w
}

// commit changes a cell so many times, and returns the numbers of the files that it was in.
func (w *window) commit(times int, value func(n int) string) (inodes map[uint64]int) {
	w.Helper()
	inodes = map[uint64]int{}
	for n := range times {
		if err := w.update("a", "order_id", value(n)); err != nil {
			w.Fatal(err)
		}
		w.want(strings.Replace(windowRows, "a,true,,", "a,true,"+value(n)+",", 1))
		at, err := sys.StampAt(w.path)
		if err != nil {
			w.Fatal(err)
		}
		inodes[at.Ino]++
	}
	return inodes
}

func numbered(n int) string { return fmt.Sprint("O", n) }

// Commits go on with the files that they have displaced, whether what they write is longer
// or shorter, and all that was in them is in the history.
func TestSpares(t *testing.T) {
	for name, hasty := range map[string]bool{"usual": false, "hasty": true} {
		t.Run(name, func(t *testing.T) {
			w := newSpares(t, hasty)
			const times = 200
			value := func(n int) string { return strings.Repeat("O", n*7%50) + fmt.Sprint(n) }
			inodes := w.commit(times, value)
			kept := tune.Store.LookBack + 3*tune.Store.Spares
			if most := kept + 2 + times/apart; len(inodes) > most {
				t.Errorf("%d commits wrote to %d files, want %d at most", times, len(inodes), most)
			}
			displaced, err := state.Beside(w.path).Displaced()
			if most := kept + times/apart + 1; err != nil || len(displaced) > most {
				t.Errorf("%d displaced files (%v), want %d at most", len(displaced), err, most)
			}
			found, err := w.store.Check()
			if err != nil || len(found) > 0 {
				t.Errorf("found %v, %v", found, err)
			}
			versions, err := w.store.Contents()
			if err != nil {
				t.Fatal(err)
			}
			n := -1 // the first is what stood there
			for v, content := range versions {
				if n >= 0 && !strings.Contains(string(content), "a,true,"+value(n)+",") {
					t.Errorf("version %d is %q, want %q in it", v.Seq, content, value(n))
				}
				n++
			}
			if n != times {
				t.Errorf("%d versions, want %d", n, times)
			}
		})
	}
}

// Who has opened the file to read it reads what it was.
func TestReaderAmongSpares(t *testing.T) {
	w := newSpares(t, true)
	reader, err := os.Open(w.path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	w.commit(10, numbered)
	if was, err := io.ReadAll(reader); err != nil || string(was) != windowRows {
		t.Errorf("he reads %q, %v", was, err)
	}
}

// Who puts the file into a pipe without copying it, and closes it, gives on what it was.
func TestSplicedAmongSpares(t *testing.T) {
	w := newSpares(t, true)
	reader, err := os.Open(w.path)
	if err != nil {
		t.Fatal(err)
	}
	pipe, end, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	_, err = unix.Splice(int(reader.Fd()), nil, int(end.Fd()), nil, len(windowRows), 0)
	if err := errors.Join(err, reader.Close(), end.Close()); err != nil {
		t.Fatal(err)
	}
	w.commit(10, numbered)
	if was, err := io.ReadAll(pipe); err != nil || string(was) != windowRows {
		t.Errorf("he reads %q, %v", was, err)
	}
	if n := len(w.commit(10, numbered)); n > 5 {
		t.Errorf("commits wrote to %d files", n)
	}
}

// A late writer gets in behind the lease: his file counts as recent for as long as he has it
// open, and the next commit merges what he writes, however many came in between.
// So it does if nothing is known of the file, as of one that was set aside while he had it open.
func TestLateWriterAmongSpares(t *testing.T) {
	for name, known := range map[string]bool{"displaced": true, "set aside": false} {
		t.Run(name, func(t *testing.T) {
			w := newSpares(t, true)
			w.commit(5, numbered)
			list, err := state.Beside(w.path).Displaced()
			if err != nil || len(list) == 0 {
				t.Fatal(list, err)
			}
			path := list[len(list)-1].Path
			late, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer late.Close()
			if !known {
				delete(w.file.looked, path)
			}
			w.commit(20, numbered)
			if _, err := late.WriteString(windowRowD); err != nil {
				t.Fatal(err)
			}
			if err := late.Close(); err != nil {
				t.Fatal(err)
			}
			if err := w.update("a", "order_id", "O1"); err != nil {
				t.Fatal(err)
			}
			w.want(windowO1 + windowRowD)
		})
	}
}

// What is gone is not looked at for ever.
func TestGoneAmongSpares(t *testing.T) {
	w := newSpares(t, true)
	w.commit(5, numbered)
	for _, d := range w.file.recent {
		if err := os.Remove(d.Path); err != nil {
			t.Fatal(err)
		}
		delete(w.file.looked, d.Path)
	}
	w.commit(5, numbered)
	if n := len(w.file.recent) + len(w.file.older); n > 1 {
		t.Errorf("%d files are looked at, want 1", n)
	}
}

// A backup that links what it saves keeps what it was of.
func TestLinkedAmongSpares(t *testing.T) {
	w := newSpares(t, true)
	w.commit(5, numbered)
	was := map[string]string{}
	copied := t.TempDir()
	dir := state.Beside(w.path).Path()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == "log" {
			continue // it is appended to
		}
		to := filepath.Join(copied, e.Name())
		if err := os.Link(filepath.Join(dir, e.Name()), to); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(to)
		if err != nil {
			t.Fatal(err)
		}
		was[to] = string(data)
	}
	w.commit(10, numbered)
	if n := len(w.file.recent) + len(w.file.older); n > 2 {
		t.Errorf("%d files are looked at for ever", n)
	}
	for path, content := range was {
		if data, err := os.ReadFile(path); err != nil || string(data) != content {
			t.Errorf("%s is %q (%v), was %q", filepath.Base(path), data, err, content)
		}
	}
}

// A spare of another mode, or with other attributes, is not used: it might let others read
// what is written.
func TestSpareAccess(t *testing.T) {
	for name, change := range map[string]func(string) error{
		"none":      func(string) error { return nil },
		"mode":      func(path string) error { return os.Chmod(path, 0o640) },
		"attribute": func(path string) error { return xattr.Set(path, "user.rowkeep", []byte("x")) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newSpares(t, true)
			w.commit(10, numbered)
			if err := change(w.path); errors.Is(err, errors.ErrUnsupported) {
				t.Skip("SKIPPED: ", err)
			} else if err != nil {
				t.Fatal(err)
			}
			r, at, err := openOld(place{target: w.path, at: &sys.Stamp{}})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			b := w.file.spare(r, *at.at)
			if (b.File != nil) != (name == "none") {
				t.Errorf("there is a spare: %t", b.File != nil)
			}
			if b.File != nil {
				_ = b.Close()
			}
		})
	}
}

// Where names cannot change places any more commits write to new files.
func TestNoSpareWithoutExchange(t *testing.T) {
	w := newSpares(t, true)
	w.commit(10, numbered)
	spares := len(w.file.spares)
	w.file.place.Exchange = false
	w.commit(1, numbered)
	if spares == 0 || len(w.file.spares)+len(w.file.named) <= spares {
		t.Errorf("of %d spares, and one that was to be one, %d and %d are left", spares, len(w.file.spares), len(w.file.named))
	}
}

// An editor whom the system stopped in open(2) for so long that his file is a spare by then:
// what he writes is merged, unless a restart comes first.
func TestSpareOpenedLate(t *testing.T) {
	for name, open := range map[string]bool{"open": true, "closed again": false} {
		t.Run(name, func(t *testing.T) {
			w := newSpares(t, true)
			w.commit(5, numbered)
			spares, err := filepath.Glob(filepath.Join(state.Beside(w.path).Path(), "spare*"))
			if err != nil || len(spares) != 2 { // the second one is not on disk yet
				t.Fatal(spares, err)
			}
			late, err := os.OpenFile(spares[0], os.O_WRONLY|os.O_APPEND, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer late.Close()
			if open {
				w.commit(5, numbered)
			}
			if _, err := late.WriteString(windowRowD); err != nil {
				t.Fatal(err)
			}
			if err := late.Close(); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := w.update("a", "order_id", "O1"); err != nil {
					t.Fatal(err)
				}
			}
			w.want(windowO1 + windowRowD)
		})
	}
}

// Commits to a file of any mode go on, and keep the mode: one that nobody may write, and one
// of which the system takes setgid away from whoever writes to it and is not root.
func TestSpareModes(t *testing.T) {
	for name, mode := range map[string]uint32{"read-only": 0o444, "setgid": 0o2775, "setuid": 0o4755} {
		t.Run(name, func(t *testing.T) {
			var said bytes.Buffer
			w := newSpares(t, true)
			w.open(Options{Logger: slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelWarn}))})
			dir := filepath.Dir(w.path)
			err := errors.Join(os.Chmod(filepath.Dir(dir), 0o755), os.Chown(dir, nobody, nobody), os.Chown(w.path, nobody, nobody),
				unix.Chmod(w.path, mode))
			if err != nil {
				t.Skip("SKIPPED: only root may give a file away: ", err)
			}
			asNobody(t, func() { w.commit(10, numbered) })
			if at, err := sys.StampAt(w.path); err != nil || at.Perm() != mode {
				t.Errorf("mode %o (%v), want %o", at.Perm(), err, mode)
			}
			if said.Len() > 0 {
				t.Error(said.String())
			}
		})
	}
}

// Whatever numbers commits have, as those do that others save in between, some of what they
// displaced stays.
func TestSparesApart(t *testing.T) {
	for first := range 2 {
		t.Run(fmt.Sprint(first), func(t *testing.T) {
			w := newSpares(t, true)
			w.commit(1+first, numbered)
			for n := range 2 * apart {
				w.save(windowRows + "d,true,," + numbered(n) + "\n") // has a number as well
				if err := w.update("a", "order_id", "O1"); err != nil {
					t.Fatal(err)
				}
			}
			list, err := state.Beside(w.path).Displaced()
			if err != nil {
				t.Fatal(err)
			}
			last := int64(0)
			for _, d := range list {
				if d.Seq-last > apart+2 {
					t.Errorf("none between %d and %d", last, d.Seq)
				}
				last = d.Seq
			}
		})
	}
}

// However a file grows, of spares and of what is about to be some there are no more bytes than
// there may be and one file has.
func TestSparesOfLargeFile(t *testing.T) {
	w := newSpares(t, false)
	w.commit(tune.Store.LookBack+1, numbered) // the next to become spares are small
	const size, times = 2 << 20, 20
	note := strings.Repeat("x", size)
	for n := range times {
		if err := w.update("b", "note", note[n:]); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.file.size(w.file.older); n >= spareBytes {
		t.Errorf("%d bytes wait to be spares", n)
	}
	spares, err := filepath.Glob(filepath.Join(state.Beside(w.path).Path(), "spare*"))
	if err != nil {
		t.Fatal(err)
	}
	all := int64(0)
	for _, name := range spares {
		at, err := sys.StampAt(name)
		if err != nil {
			t.Fatal(err)
		}
		all += at.Size
	}
	if all < size || all > 2*(spareBytes+size) {
		t.Errorf("spares of %d bytes", all)
	}
}

// Where the path has come to lead to another file, what was displaced there is nothing to
// this one, and the other way round, also where a swap looks at neither.
func TestSparesOfAnotherFile(t *testing.T) {
	w := newSpares(t, true)
	other, link := w.path+".other", w.path+".link"
	if err := errors.Join(os.WriteFile(other, []byte(windowRows), 0o600), os.Symlink(w.path, link)); err != nil {
		t.Fatal(err)
	}
	lead := func(to string) {
		t.Helper()
		if err := errors.Join(os.Remove(link), os.Symlink(to, link)); err != nil {
			t.Fatal(err)
		}
	}
	path := w.path
	w.path = link
	w.open(Options{})
	w.commit(5, numbered)
	lead(other)
	if done, err := w.store.CompareAndSwap(t.Context(), []byte(windowRows), []byte(windowO1)); !done || err != nil {
		t.Fatal(done, err)
	}
	displaced, err := state.Beside(other).Displaced()
	if err != nil || len(displaced) != 1 {
		t.Fatal(displaced, err)
	}
	if err := os.WriteFile(displaced[0].Path, []byte(windowRows+windowRowD), 0o600); err != nil {
		t.Fatal(err)
	}
	lead(path)
	w.commit(5, numbered)
}
