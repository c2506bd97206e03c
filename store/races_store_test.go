//go:build unix

package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/internal/symlink"
	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store/internal/state"
)

// The scenarios that are about the store alone. R16 and R17, and what of R18 needs another
// user, are in races_linux_test.go.

// eventKinds are the kinds of a receipt's events.
func eventKinds(events []Event) (kinds []EventKind) {
	for _, e := range events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// repair does nothing but what a commit does on the way.
func (r *race) repair() []Event {
	r.Helper()
	receipt, err := r.store.Repair(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	return receipt.Events
}

// TestR01AtRandom lets an editor come whenever it likes.
func TestR01AtRandom(t *testing.T) {
	t.Parallel()
	rounds := 1000
	if testing.Short() {
		rounds = 50
	}
	for n := range rounds {
		r := newRace(t, Options{Settle: defaultSettle})
		tx, err := r.store.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		wait.Go(func() {
			time.Sleep(rand.N(2 * time.Millisecond))
			r.save(windowRows + windowRowD)
		})
		time.Sleep(rand.N(2 * time.Millisecond))
		if err := setting("a", "enabled", "false")(tx); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		wait.Wait()
		r.repair() // where X saved its buffer after the commit
		r.must(toldEvents("a,true", "a,false") + windowRowD)
		r.checkRace()
		if t.Failed() {
			t.Fatalf("in round %d", n+1)
		}
	}
}

// X reads after P wrote: there is nothing to do, and no byte of X's line is touched.
func TestR02(t *testing.T) {
	const row = "d, \"tr\"\"ue\" ,,\tnew \r\n"
	r := newRace(t, Options{})
	r.set("a", "enabled", "false")
	r.append(row)
	receipt, err := r.store.Update(t.Context(), setting("b", "order_id", "O2"))
	if err != nil || receipt.Merged || len(receipt.Events)+len(receipt.Conflicts) > 0 {
		t.Errorf("receipt %+v, %v", receipt, err)
	}
	r.must(toldEvents("a,true", "a,false", "b,true,,", "b,true,O2,") + row)
	r.checkRace()
}

// R03, to the end: a watch or a file held open would still show the old inode, and a
// reader of the path sees no version cut.
func TestR03Readers(t *testing.T) {
	for _, step := range []string{"prepare", "lease", "look", "exchange", "exchanged", "sync directory"} {
		t.Run(step, func(t *testing.T) {
			r := newRace(t, Options{})
			r.repair() // so that the history has what stands there
			rd := r.reader()
			r.at(step, func() { r.rename(r.keep(windowRows + windowRowD)) })
			r.set("a", "order_id", "O1")
			r.set("b", "order_id", "O2")
			r.sawWhole(rd)
			r.must(toldEvents("a,true,,", "a,true,O1,", "b,true,,", "b,true,O2,") + windowRowD)
			r.checkRace()
		})
	}
}

// R04 from its beginning: P looks when the file is empty, and after each part.
func TestR04FromEmpty(t *testing.T) {
	r := newRace(t, Options{Settle: defaultSettle})
	r.set("b", "order_id", "O2")
	before := toldEvents("b,true,,", "b,true,O2,")
	content := r.keep(before + windowRowD)
	next := r.slowly(halves(content)...)
	r.waits(func() { next() })
	var seen []string
	_, err := r.store.Update(t.Context(), func(tx *Tx) error {
		seen = append(seen, string(tx.Bytes()))
		return setting("a", "order_id", "O1")(tx)
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) != 1 || seen[0] != content {
		t.Errorf("the program saw %q", seen)
	}
	r.must(strings.Replace(content, "a,true,,", "a,true,O1,", 1))
	r.checkRace()
}

// R04 as it happens: a byte at a time, while P updates all the time. No version of the
// history lacks a row, and nothing is lost.
func TestR04ByteByByte(t *testing.T) {
	r := newRace(t, Options{Settle: defaultSettle})
	content := windowRows + windowRowD
	done := make(chan struct{})
	go func() {
		defer close(done)
		next := r.slowly(strings.Split(content, "")...)
		for next() {
			time.Sleep(5 * time.Millisecond)
		}
	}()
	n := 0
	for writing := true; writing; n++ {
		select {
		case <-done:
			writing = false
		default:
		}
		r.set("a", "order_id", fmt.Sprint(n))
	}
	r.must(toldEvents("a,true,,", fmt.Sprintf("a,true,%d,", n-1)) + windowRowD)
	for _, content := range r.versions() {
		for _, row := range []string{"\na,", "\nb,", "\nc,"} {
			if !strings.Contains(content, row) {
				t.Errorf("a version is\n%s", content)
			}
		}
	}
	r.checkRace()
}

// versions are the contents of the history, oldest first.
func (r *race) versions() (all []string) {
	r.Helper()
	h, err := r.file.history(0)
	if err != nil {
		r.Fatal(err)
	}
	for _, content := range h.Contents {
		all = append(all, string(content))
	}
	return all
}

// R04 without an end: nothing is written, the error can be retried, and whoever knows
// better can say so.
func TestR04NeverFinished(t *testing.T) {
	was := toldEvents("b,true,,", "b,true,O2,")
	for name, left := range map[string]string{"empty": "", "cut in a row": was[:len(was)-3], "open quote": was + "d,\"x"} {
		t.Run(name, func(t *testing.T) {
			r := newRace(t, Options{})
			r.set("b", "order_id", "O2")
			r.save(left)
			err := r.update("a", "order_id", "O1")
			if !errors.Is(err, ErrUnsettled) || !CanRetry(err) {
				t.Errorf("error %v, want ErrUnsettled", err)
			}
			r.must(left)
			r.save(r.keep(windowRows))
			r.set("a", "order_id", "O1")
			r.must(toldEvents("a,true,,", "a,true,O1,", "b,true,,", "b,true,O2,"))
			r.checkRace()
		})
	}
}

// R06 where X keeps the file open for longer than P waits: nothing is written.
func TestR06HeldOpenForever(t *testing.T) {
	r := newRace(t, Options{Wait: 100 * time.Millisecond})
	r.needs(func(g Guarantee) bool { return g.Lease }, "leases")
	f, err := os.OpenFile(r.path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.update("a", "order_id", "O1"); !CanRetry(err) {
		t.Errorf("error %v, want one that can be retried", err)
	}
	r.must(windowRows)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	r.set("a", "order_id", "O1")
	r.must(toldEvents("a,true,,", "a,true,O1,"))
	r.checkRace()
}

// R06 where P had no lease: what X writes to the file that has no name any more is found,
// by the next commit of the same program or of one that starts later, and merged once.
func TestR06LateWriter(t *testing.T) {
	for name, restart := range map[string]bool{"same program": false, "after a restart": true} {
		t.Run(name, func(t *testing.T) {
			r := newRace(t, Options{})
			r.set("a", "order_id", "O1")
			list, err := state.Beside(r.path).Displaced()
			if err != nil || len(list) != 1 {
				t.Fatalf("displaced: %v, %v", list, err)
			}
			if err := os.WriteFile(list[0].Path, []byte(r.keep(windowRows+windowRowD)), 0); err != nil {
				t.Fatal(err)
			}
			if restart {
				r.open(Options{Wait: bounded})
			}
			if kinds := eventKinds(r.repair()); !restart && !slices.Equal(kinds, []EventKind{EventStray}) {
				t.Errorf("events %v", kinds)
			}
			r.must(toldEvents("a,true,,", "a,true,O1,") + windowRowD)
			r.save(toldEvents("a,true,,", "a,true,O1,")) // X deletes the row again, and means it
			if err := r.store.Accept(t.Context()); err != nil {
				t.Fatal(err)
			}
			r.open(Options{Wait: bounded})
			r.set("b", "order_id", "O2")
			r.must(toldEvents("a,true,,", "a,true,O1,", "b,true,,", "b,true,O2,"))
			r.checkRace()
		})
	}
}

// R07 where both programs change one cell: the second is told, with the value that stands.
// (TestSharedCounterUpdate and TestOwnRows have eight processes.)
func TestR07Conflict(t *testing.T) {
	r := newRace(t, Options{})
	tx, err := r.store.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := setting("a", "enabled", "false")(tx); err != nil {
		t.Fatal(err)
	}
	if err := r.another().update("a", "enabled", "paused"); err != nil {
		t.Fatal(err)
	}
	var conflict *merge.ConflictError
	if _, err := tx.Commit(t.Context()); !errors.As(err, &conflict) || conflict.Conflicts[0].Theirs.Text != "paused" {
		t.Errorf("error %v, want a conflict with what stands there", err)
	}
	r.must(toldEvents("a,true", "a,paused"))
	r.checkRace()
}

// R08 by copies of the directory as it is at each step: what a program left that died
// there. (TestKillAtEverySystemCall kills a real one.)
func TestR08(t *testing.T) {
	r := newRace(t, Options{})
	r.set("c", "order_id", "O3")
	before := toldEvents("c,true,,", "c,true,O3,")
	copies := map[string]string{}
	r.file.moment = func(step string) {
		copies[step] = t.TempDir()
		if err := os.CopyFS(copies[step], os.DirFS(filepath.Dir(r.path))); err != nil {
			t.Fatal(err)
		}
	}
	r.set("a", "order_id", "O1")
	if len(copies) != 6 {
		t.Fatalf("copies at %d steps", len(copies))
	}
	for step, dir := range copies {
		t.Run(step, func(t *testing.T) {
			want := before
			if step == "exchanged" || step == "sync directory" {
				want = strings.Replace(before, "a,true,,", "a,true,O1,", 1)
			}
			afterCrash(t, dir, want)
		})
		t.Run(step+" and a torn history", func(t *testing.T) { tornHistory(t, dir) })
	}
}

// afterCrash starts a program on what a dead one left.
func afterCrash(t *testing.T, dir, want string) {
	t.Helper()
	r := &race{window: &window{T: t, path: filepath.Join(dir, "config.csv")}, log: &waitLog{act: func() {}}}
	info, err := os.Stat(r.path)
	if err != nil {
		t.Fatal(err)
	}
	r.mode = info.Mode() // a copy has another
	r.must(want)
	r.open(Options{})
	r.program = r
	r.must(want)
	r.set("b", "order_id", "O2")
	r.must(strings.Replace(want, "b,true,,", "b,true,O2,", 1))
	r.checkRace()
}

// tornHistory cuts the log at many places: the file is as it was, and can be changed.
func tornHistory(t *testing.T, from string) {
	t.Helper()
	log, err := os.ReadFile(filepath.Join(state.Beside(filepath.Join(from, "config.csv")).Path(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(from, "config.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(log); n += 61 {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "config.csv")
		if err := os.Truncate(filepath.Join(state.Beside(path).Path(), "log"), int64(n)); err != nil {
			t.Fatal(err)
		}
		afterCrash(t, dir, string(content))
	}
}

// R09 where X does not finish: P keeps what it knew, marked by an error.
func TestR09LastGood(t *testing.T) {
	r := newRace(t, Options{Settle: defaultSettle, Wait: 50 * time.Millisecond})
	if _, err := r.read(); err != nil {
		t.Fatal(err)
	}
	for name, half := range map[string]string{"empty": "", "half": halves(windowRows)[0]} {
		next := r.slowly(half)
		next()
		got, err := r.read()
		if !errors.Is(err, ErrUnsettled) || string(got) != windowRows {
			t.Errorf("%s: %q, %v; want what it was before, and ErrUnsettled", name, got, err)
		}
		for next() {
		}
	}
	r.save(windowRows)
	r.checkRace()
}

// R12: who takes a change back and has seen it wins; who may not have seen it is
// contradicted once, aloud, and wins by saying so.
func TestR12(t *testing.T) {
	r := newRace(t, Options{})
	r.set("a", "enabled", "false", "order_id", "O1")
	written := toldEvents("a,true,,", "a,false,O1,")
	seen := toldEvents("a,true,,", "a,true,O1,")
	r.save(r.keep(seen))
	if kinds := eventKinds(r.repair()); !slices.Equal(kinds, []EventKind{EventAccepted}) {
		t.Errorf("it was seen: events %v", kinds)
	}
	r.must(seen)

	r.set("a", "enabled", "false")
	r.save(r.keep(windowRows))
	if kinds := eventKinds(r.repair()); !slices.Contains(kinds, EventRepaired) {
		t.Errorf("nothing tells: events %v", kinds)
	}
	r.must(written)
	if events := r.repair(); len(events) > 0 {
		t.Errorf("once more: %v", events)
	}

	r.save(windowRows)
	if err := r.store.Accept(t.Context()); err != nil {
		t.Fatal(err)
	}
	if events := r.repair(); len(events) > 0 {
		t.Errorf("after it was accepted: %v", events)
	}
	r.set("b", "order_id", "O2")
	r.must(toldEvents("b,true,,", "b,true,O2,"))
	r.checkRace()
}

// R13: a backup is put back. What people had changed is as in the backup, what the
// program did is made again, and both are told.
func TestR13(t *testing.T) {
	for name, restore := range map[string]func(*race, string){
		"cp":           func(r *race, content string) { r.save(content) },
		"git checkout": func(r *race, content string) { r.rename(content) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRace(t, Options{})
			r.repair()
			r.save(r.keep("# newer\n" + windowRows + windowRowD))
			r.set("a", "enabled", "false", "order_id", "O1")
			restore(r, windowRows)
			events := r.repair()
			if kinds := eventKinds(events); !slices.Equal(kinds, []EventKind{EventEqualsVersion, EventRepaired}) || events[0].Base != 1 {
				t.Errorf("events %+v", events)
			}
			r.must(toldEvents("a,true,,", "a,false,O1,"))
			r.checkRace()
		})
	}
}

// R14: a file that is gone is not made anew from memory, and one that comes again is a
// version like any other.
func TestR14(t *testing.T) {
	r := newRace(t, Options{})
	r.set("a", "order_id", "O1")
	if err := os.Remove(r.path); err != nil {
		t.Fatal(err)
	}
	if got, err := r.read(); !errors.Is(err, fs.ErrNotExist) || string(got) != toldEvents("a,true,,", "a,true,O1,") {
		t.Errorf("%q, %v; want what it was, and fs.ErrNotExist", got, err)
	}
	if err := r.update("b", "order_id", "O2"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want fs.ErrNotExist", err)
	}
	if _, err := os.Stat(r.path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a file: %v", err)
	}

	r.save("") // X begins to write it
	if err := r.update("b", "order_id", "O2"); !errors.Is(err, ErrUnsettled) {
		t.Errorf("an empty file: %v, want ErrUnsettled", err)
	}
	r.save(r.keep(windowRows + windowRowD)) // from what X had loaded long ago
	r.mode = 0o600
	if err := os.Chmod(r.path, r.mode); err != nil {
		t.Fatal(err)
	}
	r.set("b", "order_id", "O2")
	r.must(toldEvents("a,true,,", "a,true,O1,", "b,true,,", "b,true,O2,") + windowRowD)
	r.checkRace()
}

// R14 where a program may make the file: it does, with a header and no row from memory.
func TestR14Create(t *testing.T) {
	r := newRace(t, Options{Create: []string{"id", "enabled", "order_id", "note"}})
	r.set("a", "order_id", "O1")
	if err := os.Remove(r.path); err != nil {
		t.Fatal(err)
	}
	_, err := r.store.Update(t.Context(), func(tx *Tx) error { return tx.Append(csvrows.Key{"n"}, nil) })
	if err != nil {
		t.Fatal(err)
	}
	r.must("id,enabled,order_id,note\nn,,,\n")
	r.mode = 0o600
	r.checkRace()
}

// R14 for an instant: an editor moves the file away and writes it anew. Nobody makes one
// meanwhile, may he or not.
func TestR14MovedAway(t *testing.T) {
	for name, create := range map[string][]string{"create": {"id", "enabled", "order_id", "note"}, "do not": nil} {
		t.Run(name, func(t *testing.T) {
			r := newRace(t, Options{Settle: defaultSettle, Create: create})
			r.set("a", "order_id", "O1")
			if err := os.Rename(r.path, r.path+"~"); err != nil {
				t.Fatal(err)
			}
			anew := sync.OnceFunc(func() {
				r.save(r.keep(toldEvents("a,true,,", "a,true,O1,") + windowRowD))
				if err := os.Chmod(r.path, r.mode); err != nil {
					t.Error(err)
				}
			})
			r.waits(anew)
			r.set("b", "order_id", "O2")
			r.must(toldEvents("a,true,,", "a,true,O1,", "b,true,,", "b,true,O2,") + windowRowD)
			r.checkRace()
		})
	}
}

// R14 after a program made the file: a version with all the rows comes again, which that
// program has not deleted.
func TestR14ComesAgainAfterCreate(t *testing.T) {
	r := newRace(t, Options{Create: []string{"id", "enabled", "order_id", "note"}})
	r.set("a", "order_id", "O1")
	if err := os.Remove(r.path); err != nil {
		t.Fatal(err)
	}
	_, err := r.store.Update(t.Context(), func(tx *Tx) error { return tx.Append(csvrows.Key{"n"}, nil) })
	if err != nil {
		t.Fatal(err)
	}
	r.save(r.keep(toldEvents("a,true,,", "a,true,O1,") + windowRowD))
	r.repair()
	for _, row := range []string{"\na,true,O1,\n", "\nb,true,,\n", "\nc,true,,last\n", "\nd,true,,new\n"} {
		if data, err := os.ReadFile(r.path); err != nil || !bytes.Contains(data, []byte(row)) {
			t.Errorf("no %q in\n%s (%v)", row, data, err)
		}
	}
}

// links lets the file be one behind a symbolic link.
func (r *race) links() (link, target string) {
	r.Helper()
	target, link = r.path, filepath.Join(r.TempDir(), "link.csv")
	if err := os.Symlink(target, link); err != nil {
		r.Skip("SKIPPED: no symbolic links here:", err)
	}
	r.path = link
	r.open(Options{})
	return link, target
}

// R15: the file behind a link is changed, the link stays, and where it comes to lead
// elsewhere that file is the one.
func TestR15(t *testing.T) {
	r := newRace(t, Options{})
	link, target := r.links()
	r.set("a", "order_id", "O1")
	if to, err := os.Readlink(link); err != nil || to != target {
		t.Errorf("the link leads to %q (%v)", to, err)
	}
	r.must(toldEvents("a,true,,", "a,true,O1,"))
	if names, err := os.ReadDir(filepath.Dir(link)); err != nil || len(names) != 1 {
		t.Errorf("beside the link there are %v (%v)", names, err)
	}
	r.checkRace()

	relink := func(to string) {
		t.Helper()
		if err := errors.Join(os.Remove(link), os.Symlink(to, link)); err != nil {
			t.Fatal(err)
		}
	}
	relink("nowhere")
	if err := r.update("a", "order_id", "O2"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a link to nowhere: %v", err)
	}
	relink("link.csv")
	if err := r.update("a", "order_id", "O2"); !errors.Is(err, symlink.ErrLoop) {
		t.Errorf("a link to itself: %v", err)
	}
	relink(target)
	r.set("a", "order_id", "O2")
	r.must(toldEvents("a,true,,", "a,true,O2,"))
	r.checkRace()
}

// R15 where the link comes to lead to a file with a history of its own: what it was made
// from, and what went astray, is of that file alone.
func TestR15AnotherHistory(t *testing.T) {
	r := newRace(t, Options{})
	link, target := r.links()
	other := filepath.Join(t.TempDir(), "other.csv")
	if err := os.WriteFile(other, []byte(windowRows), 0o640); err != nil {
		t.Fatal(err)
	}
	relink := func(to string) {
		t.Helper()
		if err := errors.Join(os.Remove(link), os.Symlink(to, link)); err != nil {
			t.Fatal(err)
		}
	}
	holds := func(path, want string) {
		t.Helper()
		if data, err := os.ReadFile(path); err != nil || string(data) != want {
			t.Errorf("%s is\n%s (%v)\nwant\n%s", filepath.Base(path), data, err, want)
		}
	}
	// Both histories have so many versions that were judged, and as many as the other.
	for _, at := range []struct{ path, order string }{{other, "P1"}, {target, "O1"}} {
		relink(at.path)
		r.set("a", "order_id", at.order)
		r.save(windowRows + windowRowD)
		r.repair()
		holds(at.path, toldEvents("a,true,,", "a,true,"+at.order+",")+windowRowD)
		r.set("c", "note", "")
	}
	relink(other)
	r.save(windowRows)
	if kinds := eventKinds(r.repair()); !slices.Equal(kinds, []EventKind{EventEqualsVersion, EventRepaired}) {
		t.Errorf("events %v", kinds)
	}
	holds(other, toldEvents("a,true,,", "a,true,P1,", "c,true,,last", "c,true,,"))
	// Somebody writes late to what was displaced from the file where the link led before.
	list, err := state.Beside(target).Displaced()
	if err != nil || len(list) == 0 {
		t.Fatalf("nothing was displaced: %v", err)
	}
	late := list[len(list)-1].Path
	data, err := os.ReadFile(late)
	if err == nil {
		err = os.WriteFile(late, append(data, "e,true,,late\n"...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	r.repair()
	holds(other, toldEvents("a,true,,", "a,true,P1,", "c,true,,last", "c,true,,"))
	relink(target)
	r.repair()
	holds(target, toldEvents("a,true,,", "a,true,O1,", "c,true,,last", "c,true,,")+windowRowD+"e,true,,late\n")
}

// R15 where the link changes in a commit, up to the last look.
func TestR15LinkChanges(t *testing.T) {
	for _, step := range []string{"prepare", "lease", "look"} {
		t.Run(step, func(t *testing.T) {
			r := newRace(t, Options{})
			link, target := r.links()
			other := filepath.Join(t.TempDir(), "other.csv")
			if err := os.WriteFile(other, []byte(windowRows+windowRowD), 0o640); err != nil {
				t.Fatal(err)
			}
			r.at(step, func() {
				if err := errors.Join(os.Remove(link), os.Symlink(other, link)); err != nil {
					t.Fatal(err)
				}
			})
			r.set("a", "order_id", "O1")
			r.must(toldEvents("a,true,,", "a,true,O1,") + windowRowD)
			if data, err := os.ReadFile(target); err != nil || string(data) != windowRows {
				t.Errorf("where the link led before there is\n%s (%v)", data, err)
			}
			r.checkRace()
		})
	}
}

// R18: the new file has the mode that was seen last.
func TestR18(t *testing.T) {
	for _, step := range []string{"", "prepare", "lease", "look", "exchange", "exchanged"} {
		t.Run("at "+step, func(t *testing.T) {
			r := newRace(t, Options{})
			chmod := func() {
				r.mode = 0o600
				if err := os.Chmod(r.path, r.mode); err != nil {
					t.Fatal(err)
				}
			}
			if step == "" {
				chmod()
			}
			r.at(step, chmod)
			r.set("a", "order_id", "O1")
			r.must(toldEvents("a,true,,", "a,true,O1,"))
			r.checkRace()
		})
	}
}

// R19: a change that neither time nor size shows is noticed, and a time that makes no
// sense hinders nobody.
func TestR19(t *testing.T) {
	for _, step := range []string{"prepare", "lease"} {
		t.Run("same time at "+step, func(t *testing.T) {
			r := newRace(t, Options{})
			info, err := os.Stat(r.path)
			if err != nil {
				t.Fatal(err)
			}
			r.at(step, func() {
				r.save(r.keep(toldEvents("last", "late")))
				if err := os.Chtimes(r.path, info.ModTime(), info.ModTime()); err != nil {
					t.Fatal(err)
				}
			})
			r.set("a", "order_id", "O1")
			r.must(toldEvents("last", "late", "a,true,,", "a,true,O1,"))
			r.checkRace()
		})
	}
	for _, year := range []int{1970, 2107} {
		t.Run(fmt.Sprint("in ", year), func(t *testing.T) {
			r := newRace(t, Options{})
			r.set("a", "order_id", "O1")
			when := time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC)
			r.renameAs(r.keep(windowRows+windowRowD), when)
			r.set("b", "order_id", "O2")
			r.renameAs(r.keep(windowRows), when) // the row is gone again: an edit that must settle
			r.set("c", "order_id", "O3")
			r.must(toldEvents("a,true,,", "a,true,O1,", "b,true,,", "b,true,O2,", "c,true,,", "c,true,O3,"))
			r.checkRace()
		})
	}
}

// R20: a sync tool renames whole versions in and lays copies beside the file. R21: so do
// editors, with their backups and locks. None of it is the store's, or matters.
func TestR20R21Neighbours(t *testing.T) {
	neighbours := []string{
		"config (conflicted copy).csv", "config.sync-conflict-20261101-101010-ABCDEFG.csv", ".syncthing.config.csv.tmp",
		".config.csv.swp", "config.csv~", "4913", ".~lock.config.csv#", ".temp123", ".w-0000000000000000",
	}
	for _, step := range []string{"prepare", "look", "exchange", "exchanged"} {
		t.Run(step, func(t *testing.T) {
			r := newRace(t, Options{})
			dir := filepath.Dir(r.path)
			r.at(step, func() {
				r.rename(r.keep(windowRows + windowRowD))
				for _, name := range neighbours {
					if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			})
			r.set("a", "order_id", "O1")
			r.open(Options{})
			r.set("b", "order_id", "O2")
			r.must(toldEvents("a,true,,", "a,true,O1,", "b,true,,", "b,true,O2,") + windowRowD)
			for _, name := range neighbours {
				if data, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(data) != name {
					t.Errorf("%s is %q (%v)", name, data, err)
				}
			}
			r.checkRace()
		})
	}
}

// R21: what the store writes is no external change to it, nor to its neighbours.
func TestR21OwnWrites(t *testing.T) {
	r := newRace(t, Options{})
	second := r.another().(*race)
	for i, program := range []*race{r, second, r, second, r} {
		receipt, err := program.store.Update(t.Context(), setting("a", "order_id", fmt.Sprint("O", i)))
		if err != nil || len(receipt.Events) > 0 || receipt.Base != receipt.Theirs {
			t.Errorf("receipt %+v, %v", receipt, err)
		}
	}
	found := 0
	for _, e := range r.entries() {
		if e.Kind == state.Read {
			found++
		}
	}
	if found != 1 {
		t.Errorf("%d versions were found in the file, want the first only", found)
	}
	r.checkRace()
}

// R22: a damaged file is not written to, readers keep the last good version, and it goes
// on when the damage is mended.
func TestR22(t *testing.T) {
	for _, c := range []struct {
		name, content string
		want          error
		line          int
	}{
		{"open quote", windowRows + "d,\"x,,\n", csvrows.ErrOpenQuote, 5},
		{"no key column", strings.Replace(windowRows, "id,", "name,", 1), nil, 0},
		{"UTF-16", "\xff\xfei\x00d\x00", csvrows.ErrUTF16, 0},
		{"conflict markers", windowRows + "<<<<<<< mine\nd,,,\n=======\ne,,,\n>>>>>>> theirs\n", ErrConflictMarkers, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRace(t, Options{Read: csvrows.Options{Key: []string{"id"}}})
			r.set("a", "order_id", "O1")
			good := toldEvents("a,true,,", "a,true,O1,")
			r.save(c.content)
			err := r.update("b", "order_id", "O2")
			var file *FileError
			if !errors.As(err, &file) || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("error %v, want a FileError of %v", err, c.want)
			}
			var parse *csvrows.ParseError
			if c.line > 0 && (!errors.As(err, &parse) || parse.Line != c.line) {
				t.Errorf("error %v, want one in line %d", err, c.line)
			}
			if got, err := r.read(); err == nil || string(got) != good {
				t.Errorf("readers get %q, %v", got, err)
			}
			r.must(c.content)
			r.save(good + windowRowD)
			r.set("b", "order_id", "O2")
			r.must(toldEvents("a,true,,", "a,true,O1,", "b,true,,", "b,true,O2,") + windowRowD)
			r.checkRace()
		})
	}
}

// R22, what is no damage: a NUL, and a key that stands twice.
func TestR22NoDamage(t *testing.T) {
	for name, row := range map[string]string{"NUL": "d,t\x00,,\n", "duplicate key": "c,false,,twice\n"} {
		t.Run(name, func(t *testing.T) {
			r := newRace(t, Options{})
			tx, err := r.store.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := setting("a", "order_id", "O1")(tx); err != nil {
				t.Fatal(err)
			}
			r.save(r.keep(windowRows + row))
			receipt, err := tx.Commit(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			r.must(toldEvents("a,true,,", "a,true,O1,") + row)
			r.checkRace()
			want := map[string]merge.WarningKind{"NUL": merge.WarnNUL, "duplicate key": merge.WarnDuplicateKey}[name]
			if !slices.ContainsFunc(receipt.Warnings, func(w merge.Warning) bool { return w.Kind == want && w.Line == 5 }) {
				t.Errorf("warnings %v, want %q of line 5", receipt.Warnings, want)
			}
		})
	}
}

// R23: what people delete is not waited for in vain, nor for long, by a program that took
// no option.
func TestR23(t *testing.T) {
	for name, edit := range map[string]func(string) string{
		"the last row":        func(s string) string { return strings.TrimSuffix(s, "c,true,,last\n") },
		"all but one row":     func(s string) string { return s[:strings.Index(s, "b,")] },
		"the last line's end": func(s string) string { return strings.TrimSuffix(s, "\n") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // each of them waits
			r := newRace(t, Options{Settle: defaultSettle})
			r.set("a", "order_id", "O1")
			saved := edit(toldEvents("a,true,,", "a,true,O1,"))
			r.save(r.keep(saved))
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			if _, err := r.store.Update(ctx, setting("a", "order_id", "O2")); err != nil {
				t.Fatal(err)
			}
			r.must(strings.Replace(saved, "O1", "O2", 1))
			r.checkRace()
		})
	}
}

// R23, the extreme: all rows but the header.
func TestR23HeaderOnly(t *testing.T) {
	t.Parallel()
	r := newRace(t, Options{Settle: defaultSettle})
	r.set("a", "order_id", "O1")
	r.save(r.keep("id,enabled,order_id,note\n"))
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	_, err := r.store.Update(ctx, func(tx *Tx) error { return tx.Append(csvrows.Key{"n"}, nil) })
	if err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(r.path); err != nil || !bytes.HasSuffix(data, []byte("\nn,,,\n")) {
		t.Errorf("the file is\n%s (%v)", data, err)
	}
	r.checkRace()
}
