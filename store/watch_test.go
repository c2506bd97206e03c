//go:build unix

package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

// watchLimit is how long a test waits for news: a failure, not a measurement.
const watchLimit = 30 * time.Second

// told is what Watch yields.
type told struct {
	news News
	err  error
}

// A watcher is a goroutine that watches.
type watcher struct {
	*testing.T
	told chan told
	stop context.CancelFunc
	done chan struct{}
}

// watch begins with what the store has read, so that nothing after it is missed.
func (w *window) watch() *watcher {
	w.Helper()
	if _, err := w.store.Snapshot(w.Context()); err != nil {
		w.Fatal(err)
	}
	return w.watchOn()
}

func (w *window) watchOn() *watcher {
	ctx, stop := context.WithCancel(w.Context())
	x := &watcher{T: w.T, told: make(chan told, 100), stop: stop, done: make(chan struct{})}
	go func() {
		defer close(x.done)
		for news, err := range w.store.Watch(ctx) {
			x.told <- told{news, err}
		}
	}()
	w.Cleanup(func() { stop(); <-x.done })
	return x
}

func (x *watcher) next() told {
	x.Helper()
	select {
	case n := <-x.told:
		return n
	case <-time.After(watchLimit):
		x.Fatal("no news")
		return told{}
	}
}

// news waits for news without an error.
func (x *watcher) news() News {
	x.Helper()
	n := x.next()
	if n.err != nil {
		x.Fatal(n.err)
	}
	return n.news
}

// want checks news by its changes, as "key.column=value", "+key" and "-key".
func (x *watcher) want(want ...string) News {
	x.Helper()
	n := x.news()
	if got := listedChanges(n); !slices.Equal(got, want) {
		x.Fatalf("news of %q, want %q", got, want)
	}
	return n
}

func listedChanges(n News) []string { return briefly(n.Diff().Changes()) }

func briefly(changes iter.Seq[merge.Change]) (list []string) {
	for c := range changes {
		key := strings.Join(c.Key, "/")
		switch c.Kind {
		case merge.ChangeCell:
			list = append(list, key+"."+c.Column+"="+c.After.Text)
		case merge.ChangeRowAdded:
			list = append(list, "+"+key)
		case merge.ChangeRowDeleted:
			list = append(list, "-"+key)
		default:
			list = append(list, string(c.Kind))
		}
	}
	return list
}

func (w *window) replaced(from, to string) string {
	data, err := os.ReadFile(w.path)
	if err != nil {
		w.Fatal(err)
	}
	if !strings.Contains(string(data), from) {
		w.Fatalf("%q is not in %q", from, data)
	}
	return strings.Replace(string(data), from, to, 1)
}

// TestWatchSaves: each way of saving is told once, as a whole.
func TestWatchSaves(t *testing.T) {
	w := newWindow(t, Options{})
	x := w.watch()

	w.save(w.replaced("a,true,,", "a,true,,truncated"))
	x.want("a.note=truncated")

	w.rename(w.replaced("truncated", "renamed"))
	x.want("a.note=renamed")

	next := w.replaced("renamed", "moved away")
	if err := os.Rename(w.path, w.path+"~"); err != nil {
		t.Fatal(err)
	}
	w.save(next)
	x.want("a.note=moved away")

	f, err := os.OpenFile(w.path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("d,true,,appended\n"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	x.want("+d")

	// Neighbours come and go; the next news is not of them.
	dir := filepath.Dir(w.path)
	for _, name := range []string{"4913", ".config.csv.swp", "config.csv~", "other.csv"} {
		name = filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(name, []byte("id\nx\n"), 0o600), os.Remove(name)); err != nil {
			t.Fatal(err)
		}
	}
	w.save(w.replaced("appended", "last"))
	x.want("d.note=last")
}

// TestWatchSlowSave: what a slow editor writes is told when it is whole. The looks in
// between are made to happen.
func TestWatchSlowSave(t *testing.T) {
	w := newWindow(t, Options{Settle: 200 * time.Millisecond})
	alarm := make(chan fsnotify.Event)
	w.store.notify = func() (*notifier, error) {
		return &notifier{add: func(string) error { return nil }, events: alarm, errors: make(chan error), close: func() error { close(alarm); return nil }}, nil
	}
	x := w.watch()
	whole := w.replaced("a,true,,", "a,true,,slow")
	f, err := os.OpenFile(w.path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range strings.SplitAfter(whole, ",") {
		if _, err := f.WriteString(part); err != nil {
			t.Fatal(err)
		}
		select { // the store may be waiting for the end
		case alarm <- fsnotify.Event{Name: w.path, Op: fsnotify.Write}:
		case <-time.After(watchLimit):
			t.Fatal("nobody listens")
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	alarm <- fsnotify.Event{Name: w.path, Op: fsnotify.Write}
	x.want("a.note=slow")
}

// TestWatchOwn: what this store writes is not told, also where it was merged with
// what is; what another store writes is.
func TestWatchOwn(t *testing.T) {
	w := newWindow(t, Options{})
	x := w.watch()
	for _, note := range []string{"one", "two", "three"} {
		if err := w.update("a", "note", note); err != nil {
			t.Fatal(err)
		}
	}
	w.rename(w.replaced(",last", ",outside"))
	x.want("c.note=outside")

	// Somebody saves in the middle of a commit.
	w.at("prepare", func() { w.rename(w.replaced("b,true,,", "b,true,,meanwhile")) })
	if err := w.update("a", "note", "four"); err != nil {
		t.Fatal(err)
	}
	x.want("b.note=meanwhile")

	other, err := Open(w.path, Options{Settle: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	_, err = other.Update(t.Context(), func(tx *Tx) error {
		return tx.Set(csvrows.Key{"c"}, map[string]string{"order_id": "O7"})
	})
	if err != nil {
		t.Fatal(err)
	}
	x.want("c.order_id=O7")
}

// A stale save is repaired at once. The news has what the person changed, and what was
// given back.
func TestWatchRepairs(t *testing.T) {
	w := newWindow(t, Options{})
	stale := w.replaced("c,true,,last", "c,true,,by a person")
	x := w.watch()
	if err := w.update("a", "order_id", "O1"); err != nil {
		t.Fatal(err)
	}
	w.save(stale)
	n := x.want("c.note=by a person")
	if len(n.Events) != 1 || n.Events[0].Kind != EventRepaired || n.Events[0].Changes[0].Ours.Text != "O1" {
		t.Errorf("events: %+v", n.Events)
	}
	data, err := os.ReadFile(w.path)
	if want := strings.Replace(stale, "a,true,,", "a,true,O1,", 1); err != nil || string(data) != want {
		t.Errorf("%q, %v", data, err)
	}
}

// TestWatchStray: what is written late to a file that a commit displaced is merged and
// told.
func TestWatchStray(t *testing.T) {
	w := newWindow(t, Options{})
	if err := w.update("a", "order_id", "O1"); err != nil {
		t.Fatal(err)
	}
	other, err := Open(w.path, Options{Settle: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Update(t.Context(), set("b", "order_id", "O2")); err != nil {
		t.Fatal(err)
	}
	displaced, err := w.file.stateOf(w.path).Displaced()
	if err != nil || len(displaced) == 0 {
		t.Skipf("nothing is displaced here: %v", err)
	}
	x := w.watch()
	f, err := os.OpenFile(displaced[len(displaced)-1].Path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(strings.Replace(windowRows, "a,true,,\nb,true,,\nc,true,,last", "a,true,O1,\nb,true,,\nc,true,,late", 1)); err != nil {
		t.Fatal(err)
	}
	// Mostly it is looked at while it is open. Nothing tells of the end.
	time.Sleep(200 * time.Millisecond)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	n := x.want("c.note=late")
	if len(n.Events) != 1 || n.Events[0].Kind != EventStray || n.Events[0].Newest == 0 {
		t.Errorf("events: %+v", n.Events)
	}
}

// TestWatchStaysAway: a caller who stays away costs a few versions, however many there
// were, and is told of all that others did.
func TestWatchStaysAway(t *testing.T) {
	w := newWindow(t, Options{Settle: time.Millisecond})
	before, err := w.store.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	x := w.store.newWatch()
	defer x.end()
	const rounds = 3*mostSteps + 2
	for i := range rounds {
		w.save(w.replaced("c,true", fmt.Sprintf("p%d,true,,person\nc,true", i)))
		if err := w.update("a", "order_id", fmt.Sprint("O", i)); err != nil {
			t.Fatal(err)
		}
		if n := len(x.steps); n > mostSteps {
			t.Fatalf("%d steps are kept after %d rounds", n, i)
		}
	}
	news, err := x.look(t.Context())
	if err != nil || len(news) == 0 {
		t.Fatalf("%d news, %v", len(news), err)
	}
	if !news[0].Joined || news[0].Before != before.Digest() || news[len(news)-1].Joined {
		t.Errorf("the first news begins at %v, joined %t; the last is joined %t", news[0].Before, news[0].Joined, news[len(news)-1].Joined)
	}
	var added []string
	for i, n := range news {
		for _, c := range listedChanges(n) {
			if i > 0 && strings.HasPrefix(c, "a.") {
				t.Errorf("news %d tells of what the store did: %q", i, c)
			}
			if strings.HasPrefix(c, "+") {
				added = append(added, c)
			}
		}
	}
	if len(added) != rounds {
		t.Errorf("told of %d rows, want %d: %q", len(added), rounds, added)
	}
	// From here on nothing is joined.
	w.save(w.replaced("a,true", "a,false"))
	if news, err = x.look(t.Context()); err != nil || len(news) != 1 || !slices.Equal(listedChanges(news[0]), []string{"a.enabled=false"}) {
		t.Errorf("news %+v, %v", news, err)
	}
}

// TestWatchJoinsEvents: events of many commits are bounded too, the newest stay.
func TestWatchJoinsEvents(t *testing.T) {
	var steps []step
	for i := range mostEvents {
		steps = append(steps, step{events: []Event{{Base: int64(2 * i)}, {Base: int64(2*i + 1)}}})
	}
	events := joinedSteps(steps).events
	if len(events) != mostEvents || events[len(events)-1].Base != 2*mostEvents-1 {
		t.Errorf("%d events, the last %+v", len(events), events[len(events)-1])
	}
}

// TestWatchMissing: a file goes and comes back; what it is compared with is what there
// was.
func TestWatchMissing(t *testing.T) {
	w := newWindow(t, Options{})
	x := w.watch()
	if err := os.Remove(w.path); err != nil {
		t.Fatal(err)
	}
	if n := x.news(); !n.Missing || n.Snapshot().Exists() || len(listedChanges(n)) > 0 {
		t.Errorf("%+v", n)
	}
	w.save(strings.Replace(windowRows, "last", "again", 1))
	if n := x.want("c.note=again"); !n.Created {
		t.Errorf("%+v", n)
	}
}

// TestWatchDamaged: the error is told once for a version, and the next one is told.
func TestWatchDamaged(t *testing.T) {
	w := newWindow(t, Options{})
	x := w.watch()
	w.rename("id,note\n\xff\xfe,\"open\n")
	damaged := x.next()
	if file := (*FileError)(nil); !errors.As(damaged.err, &file) {
		t.Fatalf("%v, want a FileError", damaged.err)
	}
	again := w.replaced("open", "still open")
	time.Sleep(2 * pollEvery) // it is looked at again and again meanwhile
	w.rename(again)
	if n := x.next(); n.err == nil {
		t.Fatalf("news of %q instead of an error", listedChanges(n.news))
	}
	w.rename(strings.Replace(windowRows, "last", "mended", 1))
	x.want("c.note=mended")
}

// Who renames the key column, or saves with another delimiter, leaves nothing by which rows are
// the same. That is news, as soon as it is accepted where another column would be the key, and a
// commit too tells what it did.
func TestOtherKey(t *testing.T) {
	byID, bySecond := csvrows.Options{Key: []string{"id"}}, csvrows.Options{NoHeader: true, KeyIndex: []int{2}}
	for _, tt := range []struct {
		name          string
		read          csvrows.Options
		before, after string
		refused       bool
		want          []string
	}{
		{"another name", csvrows.Options{}, "id,v\na,1\nb,2\n", "name,v\na,1\nb,3\n", true, []string{"key_renamed", "b.2=3"}},
		{"another column", csvrows.Options{}, "v,id\n1,a\n", "v\n1\n", true, []string{"v.2=", "1.2="}},
		{"another delimiter", csvrows.Options{}, "id,v\na,1\n", "id;v\na;1\n", false, []string{"-id", "-a", "+id;v", "+a;1"}},
		{"given key", byID, "id,v\na,1\n", "id;v\na;1\n", false, []string{"-id", "-a", "+id;v", "+a;1"}},
		{"given position", bySecond, "1,a\n", "1;a\n", false, []string{"-1", "+1;a"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWindow(t, Options{Read: tt.read})
			w.rename(tt.before)
			x := w.watch()
			w.rename(tt.after)
			if tt.refused {
				if n := x.next(); n.err == nil {
					t.Errorf("news of %q instead of an error", listedChanges(n.news))
				}
				if err := w.store.Accept(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			x.want(tt.want...)
			w.rename(tt.before)
			if err := w.store.Accept(t.Context()); err != nil {
				t.Fatal(err)
			}
			receipt, err := w.store.Update(t.Context(), func(tx *Tx) error { return tx.Replace([]byte(tt.after)) })
			if err != nil {
				t.Fatal(err)
			}
			if got := briefly(slices.Values(receipt.Changes())); !slices.Equal(got, tt.want) {
				t.Errorf("a commit tells %q, want %q", got, tt.want)
			}
		})
	}
}

// A file that is missing is not made by watching, though a commit may make it.
func TestWatchCreates(t *testing.T) {
	w := newWindow(t, Options{Create: []string{"id", "enabled", "order_id", "note"}})
	if err := w.update("a", "note", "1"); err != nil {
		t.Fatal(err)
	}
	x := w.watch()
	if err := os.Remove(w.path); err != nil {
		t.Fatal(err)
	}
	if n := x.news(); !n.Missing {
		t.Errorf("%+v", n)
	}
	if _, err := w.store.Repair(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("repairing no file: %v", err)
	}
	if _, err := os.Stat(w.path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is there: %v", err)
	}
	_, err := w.store.Update(t.Context(), func(tx *Tx) error { return tx.Append(csvrows.Key{"z"}, nil) })
	if err != nil {
		t.Fatal(err)
	}
	w.rename(w.replaced("z,,,", "z,,,mine"))
	if n := x.want("z.note=mine"); n.Created {
		t.Errorf("%+v", n)
	}
}

// TestWatchPolls where there is nothing to watch with, and where a directory cannot be
// watched.
func TestWatchPolls(t *testing.T) {
	errNone := errors.New("no watches left")
	for name, notify := range map[string]func() (*notifier, error){
		"no notifier": func() (*notifier, error) { return nil, errNone },
		"no watch": func() (*notifier, error) {
			n, err := newNotifier()
			if err == nil {
				n.add = func(string) error { return errNone }
			}
			return n, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWindow(t, Options{})
			w.store.notify = notify
			x := w.watch()
			w.save(w.replaced("last", "polled"))
			x.want("c.note=polled")
		})
	}
}

// TestWatchOverflow: events that the system dropped are made up for by looking.
func TestWatchOverflow(t *testing.T) {
	w := newWindow(t, Options{})
	overflow, events := make(chan error), make(chan fsnotify.Event)
	w.store.notify = func() (*notifier, error) {
		return &notifier{add: func(string) error { return nil }, events: events, errors: overflow, close: func() error { close(events); return nil }}, nil
	}
	if _, err := w.store.Snapshot(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.save(w.replaced("last", "first"))
	x := w.watchOn()
	x.want("c.note=first") // by the look at the start; from now on nothing but a ring makes it look
	w.save(w.replaced("first", "dropped"))
	overflow <- fsnotify.ErrEventOverflow
	x.want("c.note=dropped")
}

// TestWatchEnds: whoever breaks out of the loop, or ends the context, leaves nothing.
func TestWatchEnds(t *testing.T) {
	w := newWindow(t, Options{})
	if err := w.update("a", "note", "1"); err != nil {
		t.Fatal(err)
	}
	opened := 0
	w.store.notify = func() (*notifier, error) {
		n, err := newNotifier()
		if err != nil {
			return nil, err
		}
		opened++
		inner := n.close
		n.close = func() error { opened--; return inner() }
		return n, nil
	}
	for range 3 {
		ctx, stop := context.WithCancel(t.Context())
		saved := make(chan struct{})
		go func() {
			defer close(saved)
			w.save(strings.Replace(windowRows, "last", time.Now().String(), 1))
		}()
		if _, err := w.store.Snapshot(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-saved
		w.save(strings.Replace(windowRows, "last", time.Now().String(), 1))
		for _, err := range w.store.Watch(ctx) {
			if err != nil {
				t.Error(err)
			}
			break
		}
		stop()
		for _, err := range w.store.Watch(ctx) {
			t.Errorf("news after the end: %v", err)
		}
	}
	if opened != 0 || len(w.store.trail.walkers) != 0 {
		t.Errorf("open watches: %d, of them known to the store: %d", opened, len(w.store.trail.walkers))
	}
	stacks := make([]byte, 1<<20)
	if s := string(stacks[:runtime.Stack(stacks, true)]); strings.Contains(s, "(*alarm).listen") {
		t.Errorf("a goroutine is left:\n%s", s)
	}
}

// TestWatchReadOnly: who may not write is told all the same, without errors.
func TestWatchReadOnly(t *testing.T) {
	w := newWindow(t, Options{})
	stale := w.replaced("c,true,,last", "c,true,,by a person")
	if err := w.update("a", "order_id", "O1"); err != nil {
		t.Fatal(err)
	}
	w.store.medium = sealed{w.file}
	x := w.watch()
	w.save(stale)
	n := x.want("a.order_id=", "c.note=by a person")
	if len(n.Events) > 0 {
		t.Errorf("events: %+v", n.Events)
	}
	w.save(strings.Replace(stale, "person", "reader", 1))
	x.want("c.note=by a reader")
}

// sealed is a file that may only be read.
type sealed struct{ *localFile }

func (sealed) lock(context.Context) (func(), error) {
	return nil, &fs.PathError{Op: "open", Path: "lock", Err: fs.ErrPermission}
}
