package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store"
	"github.com/rowkeep/rowkeep/store/internal/state"
)

// conflicting begins a change of a file, lets somebody else change the file, and commits:
// the first v is 1 in base, 2 in the change and 3 in the file; the second is the change's,
// the third the file's.
func conflicting(t *testing.T, opt store.Options) (s *store.Store, path string, tx *store.Tx, err error) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "a.csv")
	write(t, path, "id,v\na,1\nb,1\nc,1\n")
	s = openStore(t, path, opt)
	tx, err = s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(setV(tx, "a", "2"), setV(tx, "b", "2")); err != nil {
		t.Fatal(err)
	}
	write(t, path, "id,v\na,3\nb,1\nc,3\n")
	_, err = tx.Commit(t.Context())
	return s, path, tx, err
}

func setV(tx *store.Tx, id, v string) error {
	return tx.Set(csvrows.Key{id}, map[string]string{"v": v})
}

// onePending returns the change that waits.
func onePending(t *testing.T, s *store.Store) store.Pending {
	t.Helper()
	list, err := s.Pending()
	if err != nil || len(list) != 1 {
		t.Fatalf("pending: %+v (%v), want one", list, err)
	}
	return list[0]
}

func nonePending(t *testing.T, s *store.Store) {
	t.Helper()
	if list, err := s.Pending(); err != nil || len(list) != 0 {
		t.Errorf("pending: %+v (%v), want none", list, err)
	}
}

func checkContent(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("file %q (%v), want %q", got, err, want)
	}
}

func take(side merge.Side) func(merge.Conflict) merge.Resolution {
	return func(merge.Conflict) merge.Resolution { return merge.Resolution{Side: side} }
}

// A failed commit is kept with its three versions and settled by another store, as the
// command does.
func TestPendingUpdate(t *testing.T) {
	s, path, _, err := conflicting(t, store.Options{Actor: "daemon"})
	if conflict, ok := errors.AsType[*merge.ConflictError](err); !ok || len(conflict.Conflicts) != 1 {
		t.Fatalf("%v", err)
	}
	checkContent(t, path, "id,v\na,3\nb,1\nc,3\n")
	p := onePending(t, s)
	if p.Cause != store.OfUpdate || p.OursBy != "daemon" || p.TheirsBy != "" || p.Conflicts != 1 {
		t.Errorf("%+v", p)
	}
	other := openStore(t, path, store.Options{Actor: "person"})
	d, err := other.Dispute(p.Seq)
	if err != nil || string(d.BaseData) != "id,v\na,1\nb,1\nc,1\n" || string(d.OursData) != "id,v\na,2\nb,2\nc,1\n" || string(d.TheirsData) != "id,v\na,3\nb,1\nc,3\n" {
		t.Errorf("%q %q %q (%v)", d.BaseData, d.OursData, d.TheirsData, err)
	}
	receipt, err := other.Resolve(t.Context(), p.Seq, take(merge.Ours))
	if err != nil || len(receipt.Conflicts) != 1 {
		t.Fatalf("%+v (%v)", receipt, err)
	}
	checkContent(t, path, "id,v\na,2\nb,2\nc,3\n")
	nonePending(t, s)
	if _, err := s.Resolve(t.Context(), p.Seq, take(merge.Theirs)); !errors.Is(err, store.ErrNotPending) {
		t.Errorf("settled twice: %v", err)
	}
	checkContent(t, path, "id,v\na,2\nb,2\nc,3\n")
	checkHealthy(t, s)
}

func checkHealthy(t *testing.T, s *store.Store) {
	t.Helper()
	if found, err := s.Check(); err != nil || len(found) > 0 {
		t.Errorf("check: %+v (%v)", found, err)
	}
}

// What moved on is merged anew, and nothing is written over what nobody was asked about.
func TestPendingIsRebased(t *testing.T) {
	s, path, _, _ := conflicting(t, store.Options{})
	p := onePending(t, s)
	write(t, path, "id,v\na,4\nb,1\nc,4\nd,4\n")
	var asked []merge.Conflict
	_, err := s.Resolve(t.Context(), p.Seq, func(c merge.Conflict) merge.Resolution {
		asked = append(asked, c)
		return merge.Resolution{}
	})
	if _, ok := errors.AsType[*merge.ConflictError](err); !ok || len(asked) != 1 || asked[0].Theirs.Text != "4" {
		t.Fatalf("%v, asked %+v", err, asked)
	}
	checkContent(t, path, "id,v\na,4\nb,1\nc,4\nd,4\n")
	if got := onePending(t, s); got.Seq != p.Seq {
		t.Errorf("number %d, was %d", got.Seq, p.Seq)
	}
	if _, err := s.Resolve(t.Context(), p.Seq, take(merge.Theirs)); err != nil {
		t.Fatal(err)
	}
	checkContent(t, path, "id,v\na,4\nb,2\nc,4\nd,4\n")
}

// The file came to what the change wants: nothing is asked, nothing is written.
func TestPendingMoot(t *testing.T) {
	s, path, _, _ := conflicting(t, store.Options{})
	write(t, path, "id,v\na,2\nb,2\nc,9\n")
	receipt, err := s.Resolve(t.Context(), onePending(t, s).Seq, func(c merge.Conflict) merge.Resolution {
		t.Errorf("asked about %+v", c)
		return merge.Resolution{}
	})
	if err != nil || receipt.Written || len(receipt.Conflicts) > 0 {
		t.Errorf("%+v (%v)", receipt, err)
	}
	checkContent(t, path, "id,v\na,2\nb,2\nc,9\n")
	nonePending(t, s)
}

func TestDismiss(t *testing.T) {
	s, path, _, _ := conflicting(t, store.Options{})
	p := onePending(t, s)
	write(t, path, "id,v\n\"") // what stands in the file does not matter
	if err := s.Dismiss(t.Context(), p.Seq); err != nil {
		t.Fatal(err)
	}
	nonePending(t, s)
	if err := s.Dismiss(t.Context(), p.Seq); !errors.Is(err, store.ErrNotPending) {
		t.Errorf("dismissed twice: %v", err)
	}
	checkContent(t, path, "id,v\n\"")
	if versions, err := s.History(); err != nil || len(versions) != 2 { // what was found, and the conflict
		t.Errorf("%+v (%v)", versions, err)
	}
}

// The same change that fails again is kept once, and no longer once it is committed.
func TestPendingUntilCommitted(t *testing.T) {
	s, path, tx, _ := conflicting(t, store.Options{})
	if _, err := tx.Commit(t.Context()); err == nil {
		t.Fatal("no conflict")
	}
	onePending(t, s)
	if err := setV(tx, "a", "3"); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkContent(t, path, "id,v\na,3\nb,2\nc,3\n")
	nonePending(t, s)
}

func TestPark(t *testing.T) {
	s, path, tx, err := conflicting(t, store.Options{Park: true})
	failed, ok := errors.AsType[*store.CommitError](err)
	if _, conflict := errors.AsType[*merge.ConflictError](err); !ok || !conflict || failed.Outcome != store.ConflictPending {
		t.Fatalf("%v", err)
	}
	checkContent(t, path, "id,v\na,3\nb,2\nc,3\n")
	if _, err := tx.Commit(t.Context()); !errors.Is(err, store.ErrDone) {
		t.Errorf("committed again: %v", err)
	}
	p := onePending(t, s)
	if p.Cause != store.OfPark {
		t.Errorf("%+v", p)
	}
	if _, err := s.Resolve(t.Context(), p.Seq, take(merge.Ours)); err != nil {
		t.Fatal(err)
	}
	checkContent(t, path, "id,v\na,2\nb,2\nc,3\n")
	nonePending(t, s)
}

// A sum that was committed with the clean part is not added once more.
func TestParkedSumCountsOnce(t *testing.T) {
	sum, err := merge.ParsePolicy("sum")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.csv")
	write(t, path, "id,n,v\na,10,1\n")
	s := openStore(t, path, store.Options{Park: true, Policies: map[string]merge.Policy{"n": sum}})
	tx, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Set(csvrows.Key{"a"}, map[string]string{"n": "11", "v": "2"}); err != nil {
		t.Fatal(err)
	}
	write(t, path, "id,n,v\na,15,3\n")
	if _, err := tx.Commit(t.Context()); err == nil {
		t.Fatal("no conflict")
	}
	checkContent(t, path, "id,n,v\na,16,3\n")
	if _, err := s.Resolve(t.Context(), onePending(t, s).Seq, take(merge.Ours)); err != nil {
		t.Fatal(err)
	}
	checkContent(t, path, "id,n,v\na,16,2\n")
}

// What is answered is committed, and what is not goes on waiting, as it was.
func TestResolveInPart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	write(t, path, "id,v\na,1\nb,1\nc,1\n")
	s := openStore(t, path, store.Options{})
	tx, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(setV(tx, "a", "2"), setV(tx, "b", "2"), setV(tx, "c", "2")); err != nil {
		t.Fatal(err)
	}
	write(t, path, "id,v\na,3\nb,3\nc,1\n")
	if _, err := tx.Commit(t.Context()); err == nil {
		t.Fatal("no conflict")
	}
	first := onePending(t, s).Seq
	_, err = s.Resolve(t.Context(), first, func(c merge.Conflict) merge.Resolution {
		if c.Key[0] == "a" {
			return merge.Resolution{Side: merge.Neither, Value: "4"}
		}
		return merge.Resolution{}
	})
	failed, ok := errors.AsType[*store.CommitError](err)
	if !ok || failed.Outcome != store.ConflictPending {
		t.Fatalf("%v", err)
	}
	checkContent(t, path, "id,v\na,4\nb,3\nc,2\n")
	rest := onePending(t, s)
	if rest.Seq == first || rest.Cause != store.OfUpdate || rest.Conflicts != 1 {
		t.Errorf("%+v", rest)
	}
	if _, err := s.Resolve(t.Context(), rest.Seq, take(merge.Ours)); err != nil {
		t.Fatal(err)
	}
	checkContent(t, path, "id,v\na,4\nb,2\nc,2\n")
	nonePending(t, s)
}

// Who merges by hand what failed, and commits that, has settled it.
func TestAgain(t *testing.T) {
	s, path, tx, _ := conflicting(t, store.Options{})
	next, err := tx.Again(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Commit(t.Context()); !errors.Is(err, store.ErrDone) {
		t.Errorf("the old one: %v", err)
	}
	onePending(t, s)
	if err := setV(next, "a", "5"); err != nil {
		t.Fatal(err)
	}
	if _, err := next.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkContent(t, path, "id,v\na,5\nb,1\nc,3\n")
	nonePending(t, s)
}

// What Validate refuses waits with what it said.
func TestPendingValidate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	write(t, path, "id,v\na,1\nb,1\n")
	refuse := true
	s := openStore(t, path, store.Options{Validate: func(_, result store.Snapshot) error {
		if refuse {
			return errors.New("a links to b")
		}
		return nil
	}})
	tx, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := setV(tx, "a", "see b"); err != nil {
		t.Fatal(err)
	}
	write(t, path, "id,v\na,1\n")
	time.Sleep(100 * time.Millisecond) // a shorter file must hold still
	if _, err = tx.Commit(t.Context()); err == nil {
		t.Fatal("committed")
	}
	p := onePending(t, s)
	if p.Cause != store.OfValidate || p.Note != "a links to b" || p.Conflicts != 0 {
		t.Errorf("%+v", p)
	}
	if _, err := s.Resolve(t.Context(), p.Seq, take(merge.NoSide)); err == nil {
		t.Error("Validate was not asked again")
	}
	refuse = false
	if _, err := s.Resolve(t.Context(), p.Seq, take(merge.NoSide)); err != nil {
		t.Error(err)
	}
	checkContent(t, path, "id,v\na,see b\n")
	nonePending(t, s)
}

// However many versions come after it, a change that waits is kept whole; once it is
// settled it goes like any other.
func TestPendingOutlastsHistory(t *testing.T) {
	history := store.History{Versions: 2, Age: time.Nanosecond}
	s, path, _, _ := conflicting(t, store.Options{History: history})
	p := onePending(t, s)
	for i := range 20 {
		set(t, openStore(t, path, store.Options{History: history}), "c", fmt.Sprint(i)) // each Open drops versions
	}
	s = openStore(t, path, store.Options{History: history})
	if versions, err := s.History(); err != nil || len(versions) > 10 || versions[0].Seq != p.Seq {
		t.Errorf("%+v (%v)", versions, err)
	}
	d, err := s.Dispute(p.Seq)
	if err != nil || string(d.BaseData) != "id,v\na,1\nb,1\nc,1\n" || string(d.TheirsData) != "id,v\na,3\nb,1\nc,3\n" {
		t.Fatalf("%+v (%v)", d, err)
	}
	if _, err := s.Resolve(t.Context(), p.Seq, take(merge.Ours)); err != nil {
		t.Fatal(err)
	}
	checkContent(t, path, "id,v\na,2\nb,2\nc,19\n")
	for i := range 20 {
		set(t, openStore(t, path, store.Options{History: history}), "c", fmt.Sprint(i))
	}
	if versions, err := s.History(); err != nil || versions[0].Seq == p.Seq {
		t.Errorf("%+v (%v)", versions, err)
	}
	checkHealthy(t, s)
}

// Of two who settle one change at once, one does, and the other is told.
func TestResolveAtOnce(t *testing.T) {
	s, path, _, _ := conflicting(t, store.Options{})
	seq := onePending(t, s).Seq
	answers := []merge.Side{merge.Ours, merge.Theirs}
	errs := make(chan error)
	for _, side := range answers {
		other := openStore(t, path, store.Options{})
		go func() {
			_, err := other.Resolve(context.WithoutCancel(t.Context()), seq, take(side))
			errs <- err
		}()
	}
	first, second := <-errs, <-errs
	if first != nil {
		first, second = second, first
	}
	if first != nil || !errors.Is(second, store.ErrNotPending) {
		t.Errorf("%v; %v", first, second)
	}
	got, err := os.ReadFile(path)
	if text := string(got); err != nil || text != "id,v\na,2\nb,2\nc,3\n" && text != "id,v\na,3\nb,2\nc,3\n" {
		t.Errorf("%q (%v)", strings.TrimSpace(text), err)
	}
	nonePending(t, s)
}

// What cannot be kept is told beside why it was refused.
func TestPendingCannotBeKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	write(t, path, "id,v\na,1\nb,1\n")
	log := filepath.Join(filepath.Dir(path), ".a.csv.rowkeep", "log")
	s := openStore(t, path, store.Options{Validate: func(_, _ store.Snapshot) error {
		return errors.Join(errNotValid, os.Remove(log), os.Mkdir(log, 0o700))
	}})
	tx, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := setV(tx, "a", "2"); err != nil {
		t.Fatal(err)
	}
	write(t, path, "id,v\na,1\nb,3\n")
	_, err = tx.Commit(t.Context())
	if _, told := errors.AsType[*fs.PathError](err); !errors.Is(err, errNotValid) || !told {
		t.Errorf("error %v, want errNotValid and what the system said", err)
	}
}

// However often a transaction is refused, what closes its change names it once.
func TestPendingIsClosedOnce(t *testing.T) {
	s, path, tx, _ := conflicting(t, store.Options{})
	for range 3 {
		if _, err := tx.Commit(t.Context()); err == nil {
			t.Fatal("it conflicts no more")
		}
	}
	write(t, path, "id,v\na,1\nb,1\nc,3\n")
	if _, err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	nonePending(t, s)
	h, err := state.Beside(path).History()
	if err != nil {
		t.Fatal(err)
	}
	if last := h.Entries[len(h.Entries)-1]; len(last.Closes) != 1 {
		t.Errorf("the commit closes %d", last.Closes)
	}
}

// A key that somebody gives, and that another row got meanwhile, is refused: the change waits.
func TestResolveKeyTwice(t *testing.T) {
	path := put(t, "id,v\na,1\nb,2\n")
	s := openStore(t, path, store.Options{})
	tx, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Rename(csvrows.Key{"a"}, csvrows.Key{"x"}); err != nil {
		t.Fatal(err)
	}
	write(t, path, "id,v\ny,1\nb,2\n")
	if _, err := tx.Commit(t.Context()); err == nil {
		t.Fatal("two renames of one key do not conflict")
	}
	p := onePending(t, s)
	write(t, path, "id,v\ny,1\nb,2\nz,3\n")
	give := func(key string) func(merge.Conflict) merge.Resolution {
		return func(merge.Conflict) merge.Resolution { return merge.Resolution{Side: merge.Neither, Value: key} }
	}
	if _, err := s.Resolve(t.Context(), p.Seq, give("z")); !errors.Is(err, csvrows.ErrDuplicateKey) {
		t.Errorf("a key that stands already: %v", err)
	}
	if got := read(t, path); got != "id,v\ny,1\nb,2\nz,3\n" {
		t.Errorf("%q", got)
	}
	onePending(t, s)
	if _, err := s.Resolve(t.Context(), p.Seq, give("w")); err != nil {
		t.Fatal(err)
	}
	// Beside a row that came, y is no longer a's new name for certain: it is another row.
	if got := read(t, path); got != "id,v\nw,1\ny,1\nb,2\nz,3\n" {
		t.Errorf("%q", got)
	}
}

// Check reads what is kept of a change that waits, all of it.
func TestCheckOfPending(t *testing.T) {
	s, path, _, _ := conflicting(t, store.Options{})
	kept := state.NewDispute(state.Entry{}, "update", "", []byte("id,v\na,1\n"), []byte("id,v\na,2\n"), []byte("id,v\na,3\n"))
	kept.Dispute.Base.Edits[0].Keep--
	if _, _, err := state.Beside(path).Log().Append(kept); err != nil {
		t.Fatal(err)
	}
	if found, err := s.Check(); err != nil || len(found) != 1 || found[0].Kind != store.FindUnknownContent || found[0].Seq != 3 {
		t.Errorf("%+v (%v)", found, err)
	}
}
