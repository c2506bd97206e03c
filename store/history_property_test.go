package store_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store"
)

// Whatever way content takes to the log, each version stays what it was when it was made,
// and so do the three of each change that waits: a model keeps them all, by number.

// ledger is a file under stores and people, with all that was ever in its history.
type ledger struct {
	*rapid.T
	dir, path string
	opt       store.Options
	stores    []*store.Store // two, as of two processes
	open      []*store.Tx
	versions  map[int64]string
	disputes  map[int64]store.Dispute
	// told is what the last receipt says that the file holds; nil where nothing does.
	told  *store.Receipt
	holds *os.File // of somebody who opened the file before a commit, and writes later
}

func TestHistoryOfEveryPath(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		l := &ledger{T: rt, dir: dir, path: filepath.Join(dir, "a.csv"), versions: map[int64]string{}, disputes: map[int64]store.Dispute{}}
		l.opt = store.Options{
			Settle: time.Nanosecond, Wait: 5 * time.Second, Park: rapid.Bool().Draw(rt, "park"),
			InPlace: rapid.Bool().Draw(rt, "in place"), Notice: rapid.Bool().Draw(rt, "notice"),
		}
		if rapid.Bool().Draw(rt, "validate") {
			l.opt.Validate = func(_, result store.Snapshot) error {
				if strings.Contains(string(result.Bytes()), "bad") {
					return errNotValid
				}
				return nil
			}
		}
		l.save(l.content())
		if l.opt.InPlace {
			l.must(os.Link(l.path, l.path+".other"))
		}
		l.stores = []*store.Store{l.opened(), l.opened()}
		for range rapid.IntRange(1, 15).Draw(rt, "steps") {
			l.step()
			l.check(l.store())
		}
		l.mustRepair()
		l.check(l.opened())
		found, err := l.opened().Check()
		if err != nil || len(found) > 0 {
			rt.Fatalf("check: %+v (%v)", found, err)
		}
	})
}

var errNotValid = errors.New("not valid")

func (l *ledger) must(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

func (l *ledger) opened() *store.Store {
	l.Helper()
	s, err := store.Open(l.path, l.opt)
	l.must(err)
	return s
}

// store is one of the two, which know different parts of the history.
func (l *ledger) store() *store.Store { return l.stores[rapid.IntRange(0, 1).Draw(l.T, "store")] }

func (l *ledger) pick(what string, from ...string) string {
	return rapid.SampledFrom(from).Draw(l.T, what)
}

// value is one of few, so that contents come again, or of some length, so that patches have
// an inner part.
func (l *ledger) value() string {
	return l.pick("value", "", "1", "2", "bad", "two\nlines", strings.Repeat("x", 300))
}

func (l *ledger) key() csvrows.Key { return csvrows.Key{l.pick("key", "a", "b", "c", "d", "e")} }

// content is a file as somebody types it.
func (l *ledger) content() string {
	text := "id,v,w\n"
	for _, id := range []string{"a", "b", "c", "d"} {
		if rapid.IntRange(0, 4).Draw(l.T, "row "+id) > 0 {
			text += fmt.Sprintf("%s,%q,%s\n", id, l.value(), l.pick("w", "1", "2"))
		}
	}
	return text
}

// save writes the file in place, or renames another one over it.
func (l *ledger) save(text string) {
	l.Helper()
	if l.opt.InPlace || rapid.Bool().Draw(l.T, "in place") {
		l.must(os.WriteFile(l.path, []byte(text), 0o600))
		return
	}
	l.must(os.WriteFile(l.path+"~", []byte(text), 0o600))
	l.must(os.Rename(l.path+"~", l.path))
}

// step does one thing of many.
func (l *ledger) step() {
	steps := map[string]func(){
		"save":     func() { l.save(l.content()) },
		"old save": l.saveOld,
		"update":   func() { l.note(l.store().Update(l.Context(), l.edit)) },
		"group":    l.group,
		"begin":    l.begin,
		"commit":   l.commit,
		"resolve":  l.resolve,
		"dismiss":  l.dismiss,
		"accept":   func() { l.note(nil, l.store().Accept(l.Context())) },
		"restore":  l.restore,
		"repair":   func() { l.note(l.store().Repair(l.Context())) },
		"slip":     l.slip,
		"late":     l.late,
		"reopen":   func() { l.stores[0] = l.opened() },
	}
	l.told = nil
	name := rapid.SampledFrom(slices.Sorted(maps.Keys(steps))).Draw(l.T, "step")
	steps[name]()
}

// note forgives what a commit may refuse.
func (l *ledger) note(receipt *store.Receipt, err error) {
	l.Helper()
	if failed, ok := errors.AsType[*store.CommitError](err); ok && failed.Outcome == store.ConflictPending {
		return // the receipt may be of what others wrote by now
	}
	conflict, _ := errors.AsType[*merge.ConflictError](err)
	edit, _ := errors.AsType[*csvrows.EditError](err)
	for _, forgiven := range []error{errNotValid, store.ErrUnsettled, store.ErrNotPending, store.ErrMassKeyChange} {
		if errors.Is(err, forgiven) {
			return
		}
	}
	if err != nil && conflict == nil && edit == nil {
		l.Fatal(err)
	}
	l.told = receipt
}

// edit makes some changes of all kinds.
func (l *ledger) edit(tx *store.Tx) error {
	var err error
	for range rapid.IntRange(0, 3).Draw(l.T, "edits") {
		key, cells := l.key(), map[string]string{"v": l.value()}
		switch l.pick("edit", "set", "set", "set", "append", "delete", "column", "replace") {
		case "set":
			err = tx.Set(key, cells)
		case "append":
			err = tx.Append(key, cells)
		case "delete":
			err = tx.Delete(key)
		case "column":
			err = tx.AddColumn("more")
		case "replace":
			err = tx.Replace([]byte(l.content()))
		}
		if edit := (*csvrows.EditError)(nil); err != nil && !errors.As(err, &edit) {
			return err
		}
	}
	return nil
}

// group has several update at once: their edits may run in any order, so they draw nothing.
func (l *ledger) group() {
	s, keys, value := l.store(), []csvrows.Key{l.key(), l.key(), l.key()}, l.value()
	var wg sync.WaitGroup
	for i, key := range keys {
		wg.Go(func() {
			_, _ = s.Update(l.Context(), func(tx *store.Tx) error { // of rows that are not there
				return tx.Set(key, map[string]string{"v": fmt.Sprint(value, i)})
			})
		})
	}
	wg.Wait()
}

func (l *ledger) begin() {
	tx, err := l.store().Begin(l.Context())
	if errors.Is(err, store.ErrUnsettled) {
		return
	}
	l.must(err)
	l.must(l.edit(tx))
	l.open = append(l.open, tx)
}

// commit ends a transaction, or leaves it open with what is kept of it.
func (l *ledger) commit() {
	if len(l.open) == 0 {
		return
	}
	i := rapid.IntRange(0, len(l.open)-1).Draw(l.T, "transaction")
	receipt, err := l.open[i].Commit(l.Context())
	if !errors.Is(err, store.ErrDone) {
		l.note(receipt, err)
	}
	if err == nil || rapid.Bool().Draw(l.T, "give up") {
		l.open = slices.Delete(l.open, i, i+1)
	}
}

func (l *ledger) pending() (seq int64, ok bool) {
	list, err := l.store().Pending()
	l.must(err)
	if len(list) == 0 {
		return 0, false
	}
	return list[rapid.IntRange(0, len(list)-1).Draw(l.T, "pending")].Seq, true
}

func (l *ledger) resolve() {
	if seq, ok := l.pending(); ok {
		l.note(l.store().Resolve(l.Context(), seq, func(merge.Conflict) merge.Resolution {
			return merge.Resolution{Side: rapid.SampledFrom([]merge.Side{merge.NoSide, merge.Ours, merge.Theirs, merge.Base}).Draw(l.T, "side")}
		}))
	}
}

func (l *ledger) dismiss() {
	if seq, ok := l.pending(); ok {
		l.must(l.store().Dismiss(l.Context(), seq))
	}
}

func (l *ledger) anyVersion() (seq int64, ok bool) {
	if len(l.versions) == 0 {
		return 0, false
	}
	return rapid.SampledFrom(slices.Sorted(maps.Keys(l.versions))).Draw(l.T, "version"), true
}

func (l *ledger) saveOld() {
	if seq, ok := l.anyVersion(); ok {
		l.save(l.versions[seq])
	}
}

func (l *ledger) restore() {
	if seq, ok := l.anyVersion(); ok {
		l.note(l.store().Restore(l.Context(), seq))
	}
}

// slip saves the file in the moment of a commit.
func (l *ledger) slip() {
	s, text := l.store(), l.content()
	s.At(l.pick("moment", "prepare", "lease", "exchange", "exchanged"), func() {
		if !l.opt.InPlace { // whoever opens the file would wait for the lease
			l.must(os.WriteFile(l.path+"~", []byte(text), 0o600))
			l.must(os.Rename(l.path+"~", l.path))
		}
	})
	l.note(s.Update(l.Context(), l.edit))
	l.told = nil
	s.At("", nil)
}

// late keeps hold of the file, and at the next time writes to it, whatever it is called by
// then.
func (l *ledger) late() {
	if l.holds == nil {
		var err error
		l.holds, err = os.Open(l.path)
		l.must(err)
		return
	}
	was, err := l.holds.Stat()
	l.must(err)
	for _, name := range l.files() {
		is, err := os.Stat(name)
		l.must(err)
		if os.SameFile(was, is) {
			l.must(os.WriteFile(name, []byte(l.content()), 0o600))
			break
		}
	}
	l.must(l.holds.Close())
	l.holds = nil
}

// files are the file and what commits displaced.
func (l *ledger) files() []string {
	list, err := filepath.Glob(filepath.Join(l.dir, ".a.csv.rowkeep", "[0-9]*-*"))
	l.must(err)
	return append(list, l.path)
}

// mustRepair merges what went astray, so that nothing is left to find. What strays while
// one repair is under way is for the next.
func (l *ledger) mustRepair() {
	l.Helper()
	l.stores = []*store.Store{l.opened(), l.opened()}
	_, err := l.stores[0].Repair(l.Context())
	l.note(nil, err)
}

// check compares what a store tells with the model.
func (l *ledger) check(s *store.Store) {
	l.Helper()
	contents, err := s.Contents()
	l.must(err)
	var last store.Version
	for v, content := range contents {
		was, known := l.versions[v.Seq]
		switch {
		case content == nil || v.Digest != digestOf(string(content)):
			l.Fatalf("version %+v is not known: %q", v, content)
		case known && was != string(content):
			l.Fatalf("version %d is %q, and was %q", v.Seq, content, was)
		}
		l.versions[v.Seq] = string(content)
		if v.Origin.Stood() {
			last = v
		}
	}
	if l.told != nil && l.told.Written {
		data, err := os.ReadFile(l.path)
		l.must(err)
		if l.versions[l.told.Seq] != string(data) || digestOf(string(data)) != l.told.Result || last.Seq != l.told.Seq {
			l.Fatalf("the file is %q, version %d %q, the last one %d, the receipt %+v", data, l.told.Seq, l.versions[l.told.Seq], last.Seq, l.told)
		}
	}
	l.checkPending(s)
}

func (l *ledger) checkPending(s *store.Store) {
	l.Helper()
	list, err := s.Pending()
	l.must(err)
	for _, p := range list {
		d, err := s.Dispute(p.Seq)
		l.must(err)
		is := []store.Digest{digestOf(string(d.BaseData)), digestOf(string(d.OursData)), digestOf(string(d.TheirsData))}
		if want := []store.Digest{d.Base, d.Ours, d.Theirs}; !slices.Equal(is, want) {
			l.Fatalf("change %d is of %v, and is %v", p.Seq, want, is)
		}
		if was, known := l.disputes[p.Seq]; known && !cmp.Equal(was, *d) {
			l.Fatal(cmp.Diff(was, *d))
		}
		l.disputes[p.Seq] = *d
	}
}

func digestOf(content string) store.Digest {
	return store.Digest{Hash: fmt.Sprintf("%016x", xxhash.Sum64String(content)), Len: int64(len(content))}
}
