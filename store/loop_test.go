package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store/internal/state"
)

// The commit loop on a medium in memory, where everything happens exactly when the test
// wants it, by a clock that stands still while anything runs (package synctest).

const (
	threeRows = "id,n,note\na,1,\nb,2,\nc,3,\n"
	aIs9      = "id,n,note\na,9,\nb,2,\nc,3,\n"
	noteOnB   = "id,n,note\na,1,\nb,2,theirs\nc,3,\n"
	bothEdits = "id,n,note\na,9,\nb,2,theirs\nc,3,\n"
)

// set returns an edit of one cell.
func set(key, column, value string) func(*Tx) error {
	return func(tx *Tx) error { return tx.Set(csvrows.Key{key}, map[string]string{column: value}) }
}

// onFirst returns a hook that runs do at the first call alone.
func onFirst(do func()) func(int) error {
	return func(n int) error {
		if n == 1 {
			do()
		}
		return nil
	}
}

func TestEditRunsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := holding(threeRows)
		m.beforeSwap = onFirst(func() { m.write(noteOnB) })
		s := storeOn(t, m, Options{})
		var saw []string
		r, err := s.Update(t.Context(), func(tx *Tx) error {
			saw = append(saw, string(tx.Base().Bytes()))
			return set("a", "n", "9")(tx)
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(saw) != 2 || saw[0] != threeRows || saw[1] != noteOnB {
			t.Errorf("the edit saw %q", saw)
		}
		if m.content() != bothEdits || r.Merged || r.Base != r.Theirs || r.Seq != 2 || len(r.Changes()) != 1 {
			t.Errorf("%q\n%+v", m.content(), r)
		}
		checkFree(t, s)
	})
}

// What edit makes of the newest content decides, not what it made of an older one.
func TestErrorOfSecondRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := holding(threeRows)
		m.beforeSwap = onFirst(func() { m.write(noteOnB) })
		s := storeOn(t, m, Options{})
		errTaken := errors.New("somebody has a note there")
		_, err := s.Update(t.Context(), func(tx *Tx) error {
			if row, err := tx.Get(csvrows.Key{"b"}); err != nil || row["note"] != "" {
				return errors.Join(errTaken, err)
			}
			return set("b", "note", "ours")(tx)
		})
		if !errors.Is(err, errTaken) || m.content() != noteOnB {
			t.Errorf("%v\n%q", err, m.content())
		}
		checkFree(t, s)
	})
}

func TestUpdateOfNothing(t *testing.T) {
	m := holding(threeRows)
	s := storeOn(t, m, Options{})
	r, err := s.Update(t.Context(), func(*Tx) error { return nil })
	if err != nil || r.Written || r.Seq != 0 || m.swaps != 0 || r.Result != r.Theirs {
		t.Errorf("%+v, %v, %d swaps", r, err, m.swaps)
	}
	checkFree(t, s)
}

// TestCommitMerges changes the content while a transaction is open, at the moments that
// make a difference.
func TestCommitMerges(t *testing.T) {
	for name, arm := range map[string]func(m *memory){
		"while it is edited":        func(m *memory) { m.write(noteOnB) },
		"between look and exchange": func(m *memory) { m.beforeSwap = onFirst(func() { m.write(noteOnB) }) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := holding(threeRows)
				s := storeOn(t, m, Options{})
				tx := begin(t, s)
				if err := set("a", "n", "9")(tx); err != nil {
					t.Fatal(err)
				}
				arm(m)
				r, err := tx.Commit(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if m.content() != bothEdits || !r.Merged || r.Base == r.Theirs || len(r.Changes()) != 1 {
					t.Errorf("%q\n%+v", m.content(), r)
				}
				if len(m.records) != 2 || m.records[0].Kind != state.Read {
					t.Fatalf("records %+v", m.records)
				}
				if rec := m.records[1]; Digest(rec.Base) != r.Base || Digest(rec.Theirs) != r.Theirs || Digest(rec.Digest) != r.Result || !rec.Merged {
					t.Errorf("record %+v\nreceipt %+v", rec, r)
				}
				if _, err := tx.Commit(t.Context()); !errors.Is(err, ErrDone) {
					t.Errorf("the second commit: %v", err)
				}
				checkFree(t, s)
			})
		})
	}
}

func begin(t *testing.T, s *Store) *Tx {
	t.Helper()
	tx, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

// A transaction that was refused can be edited and committed again.
func TestCommitConflict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := holding(threeRows)
		s := storeOn(t, m, Options{})
		tx := begin(t, s)
		if err := set("b", "note", "ours")(tx); err != nil {
			t.Fatal(err)
		}
		m.write(noteOnB)
		_, err := tx.Commit(t.Context())
		conflict, ok := errors.AsType[*merge.ConflictError](err)
		if !ok || len(conflict.Conflicts) != 1 || conflict.Conflicts[0].Theirs.Text != "theirs" {
			t.Fatalf("%v", err)
		}
		if m.content() != noteOnB || CanRetry(err) {
			t.Errorf("%q", m.content())
		}
		checkPending(t, s, OfUpdate)
		checkFree(t, s)
		if err := errors.Join(set("b", "note", "theirs")(tx), set("a", "n", "9")(tx)); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Commit(t.Context()); err != nil || m.content() != bothEdits {
			t.Errorf("%v\n%q", err, m.content())
		}
	})
}

// TestContended changes the content before every exchange: tries end, and so does the
// time.
func TestContended(t *testing.T) {
	for name, tt := range map[string]struct {
		opt   Options
		tries func(n int) bool
	}{
		"tries": {Options{Wait: time.Hour}, func(n int) bool { return n == mostTries }},
		"time":  {Options{Wait: 100 * time.Millisecond}, func(n int) bool { return n > 1 && n < mostTries }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := holding(threeRows)
				m.beforeSwap = func(n int) error {
					m.write(fmt.Sprintf("id,n,note\na,1,\nb,%d,\nc,3,\n", n))
					return nil
				}
				s := storeOn(t, m, tt.opt)
				_, err := s.Update(t.Context(), set("a", "n", "9"))
				failed, ok := errors.AsType[*CommitError](err)
				if !ok || !errors.Is(err, ErrContended) || failed.Outcome != NotCommitted || !CanRetry(err) {
					t.Errorf("%v", err)
				}
				if !tt.tries(m.swaps) || len(m.records) != 0 {
					t.Errorf("%d tries, %d records", m.swaps, len(m.records))
				}
				if want := fmt.Sprintf("id,n,note\na,1,\nb,%d,\nc,3,\n", m.swaps); m.content() != want {
					t.Errorf("%q, want %q", m.content(), want)
				}
				checkFree(t, s)
			})
		})
	}
}

// TestLocked waits for another process, or another goroutine, that never ends.
func TestLocked(t *testing.T) {
	for name, take := range map[string]func(s *Store, m *memory) (release func()){
		"process":   func(_ *Store, m *memory) func() { m.locked <- struct{}{}; return func() { <-m.locked } },
		"goroutine": func(s *Store, _ *memory) func() { s.turn <- struct{}{}; return func() { <-s.turn } },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := holding(threeRows)
				s := storeOn(t, m, Options{Wait: time.Minute})
				release := take(s, m)
				start := time.Now()
				_, err := s.Update(t.Context(), set("a", "n", "9"))
				failed, ok := errors.AsType[*CommitError](err)
				if !ok || failed.Step != "lock" || !errors.Is(err, ErrLocked) || !CanRetry(err) {
					t.Errorf("%v", err)
				}
				if waited := time.Since(start); waited != time.Minute {
					t.Errorf("waited %v", waited)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if _, err := s.Update(ctx, set("a", "n", "9")); !errors.Is(err, ErrLocked) || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("by the caller's deadline: %v", err)
				}
				release()
				if _, err := s.Update(t.Context(), set("a", "n", "9")); err != nil || m.content() != aIs9 {
					t.Errorf("with the lock free: %v\n%q", err, m.content())
				}
				checkFree(t, s)
			})
		})
	}
}

// TestCanceled ends the context at each stage of a commit. Up to the commit point nothing
// comes of the commit, behind it the context does not matter.
func TestCanceled(t *testing.T) {
	errEnough := errors.New("enough")
	for name, tt := range map[string]struct {
		arm       func(m *memory, s *Store, cancel func())
		committed bool
	}{
		"before": {arm: func(_ *memory, _ *Store, cancel func()) { cancel() }},
		"waiting for a process": {arm: func(m *memory, _ *Store, cancel func()) {
			m.locked <- struct{}{}
			m.beforeLock = onFirst(func() {
				time.AfterFunc(time.Second, cancel)
				time.AfterFunc(time.Minute, func() { <-m.locked })
			})
		}},
		"waiting for a goroutine": {arm: func(_ *memory, s *Store, cancel func()) {
			s.turn <- struct{}{}
			time.AfterFunc(time.Second, cancel)
			time.AfterFunc(time.Minute, func() { <-s.turn })
		}},
		"first load":  {arm: func(m *memory, _ *Store, cancel func()) { m.afterLoad = onFirst(cancel) }},
		"second load": {arm: func(m *memory, _ *Store, cancel func()) { m.afterLoad = onCall(2, cancel) }},
		"settling": {arm: func(m *memory, _ *Store, cancel func()) {
			m.write("id,n,note\na,1,\nb,2,\"no")
			time.AfterFunc(time.Second, cancel)
		}},
		"before the swap": {arm: func(m *memory, _ *Store, cancel func()) { m.beforeSwap = onFirst(cancel) }},
		"between tries": {arm: func(m *memory, _ *Store, cancel func()) {
			m.beforeSwap = onFirst(func() { m.write(noteOnB); cancel() })
		}},
		"after the swap": {arm: func(m *memory, _ *Store, cancel func()) { m.afterSwap = onFirst(cancel) }, committed: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := holding(threeRows)
				s := storeOn(t, m, Options{Wait: time.Hour, Settle: time.Minute})
				ctx, cancel := context.WithCancelCause(t.Context())
				tt.arm(m, s, func() { cancel(errEnough) })
				start := time.Now()
				_, err := s.Update(ctx, set("a", "n", "9"))
				if tt.committed {
					if err != nil || m.content() != aIs9 {
						t.Errorf("%v\n%q", err, m.content())
					}
				} else if !errors.Is(err, errEnough) || len(m.records) != 0 {
					t.Errorf("%v\n%q", err, m.content())
				}
				if errors.Is(err, ErrLocked) {
					t.Errorf("a caller that gives up is not kept out: %v", err)
				}
				if waited := time.Since(start); waited > 2*time.Second {
					t.Errorf("it went on for %v", waited)
				}
				time.Sleep(time.Hour)
				checkFree(t, s)
			})
		})
	}
}

// onCall returns a hook that runs do at one call.
func onCall(which int, do func()) func(int) error {
	return func(n int) error {
		if n == which {
			do()
		}
		return nil
	}
}

// TestValidate refuses a merged result, here a link to a row that is gone. What is no
// merge it is not asked about.
func TestValidate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const withoutC = "id,n,note\na,1,\nb,2,\n"
		m := holding(threeRows)
		errDangling := errors.New("a links to c, which is gone")
		var asked []string
		s := storeOn(t, m, Options{Settle: time.Second, Validate: func(base, result Snapshot) error {
			asked = append(asked, string(base.Bytes()), string(result.Bytes()))
			return errDangling
		}})
		tx := begin(t, s)
		if err := set("a", "note", "see c")(tx); err != nil {
			t.Fatal(err)
		}
		m.write(withoutC)
		_, err := tx.Commit(t.Context())
		failed, ok := errors.AsType[*CommitError](err)
		if !ok || failed.Step != "validate" || failed.Outcome != NotCommitted || !errors.Is(err, errDangling) {
			t.Errorf("%v", err)
		}
		if m.content() != withoutC {
			t.Errorf("%q", m.content())
		}
		checkPending(t, s, OfValidate)
		if want := []string{threeRows, "id,n,note\na,1,see c\nb,2,\n"}; len(asked) != 2 || asked[0] != want[0] || asked[1] != want[1] {
			t.Errorf("asked about %q", asked)
		}
		checkFree(t, s)
		if _, err := s.Update(t.Context(), set("a", "n", "9")); err != nil {
			t.Errorf("an update of what stands there: %v", err)
		}
	})
}

// A merge with a file whose keys were all written in another way would double every row.
func TestMassKeyChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const renamed = "id,n,note\nA,1,\nB,2,\nC,3,\n"
		m := holding(threeRows)
		s := storeOn(t, m, Options{Settle: time.Second})
		tx := begin(t, s)
		if err := tx.Append(csvrows.Key{"d"}, nil); err != nil {
			t.Fatal(err)
		}
		m.write(renamed)
		_, err := tx.Commit(t.Context())
		failed, ok := errors.AsType[*CommitError](err)
		if !ok || failed.Step != "merge" || !errors.Is(err, ErrMassKeyChange) || CanRetry(err) {
			t.Errorf("%v", err)
		}
		if m.content() != renamed {
			t.Errorf("%q", m.content())
		}
		checkPending(t, s, OfMassKeyChange)
		checkFree(t, s)
	})
}

// TestEditThatDoesNotReturn leaves no lock behind.
func TestEditThatDoesNotReturn(t *testing.T) {
	for name, leave := range map[string]func(){
		"panic":  func() { panic("the program's fault") },
		"goexit": runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			m := holding(threeRows)
			s := storeOn(t, m, Options{})
			done := make(chan struct{})
			go func() {
				defer close(done)
				defer func() { _ = recover() }()
				_, err := s.Update(t.Context(), func(tx *Tx) error {
					err := set("a", "n", "0")(tx)
					leave()
					return err
				})
				t.Error("Update came back:", err)
			}()
			<-done
			checkFree(t, s)
			if _, err := s.Update(t.Context(), set("a", "n", "9")); err != nil || m.content() != aIs9 {
				t.Errorf("%v\n%q", err, m.content())
			}
		})
	}
}

// TestGoroutines counts in one cell by many goroutines, over two stores of one medium.
func TestGoroutines(t *testing.T) {
	const goroutines, times = 8, 50
	m := holding("id,n\ncounter,0\nlast,\n")
	stores := []*Store{storeOn(t, m, Options{}), storeOn(t, m, Options{})}
	var wg sync.WaitGroup
	for i := range goroutines {
		wg.Go(func() {
			for range times {
				if _, err := stores[i%2].Update(t.Context(), increment); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if want := fmt.Sprintf("id,n\ncounter,%d\nlast,\n", goroutines*times); m.content() != want {
		t.Errorf("%q, want %q", m.content(), want)
	}
	if n := len(m.records); n < 2 || n > 1+goroutines*times {
		t.Errorf("%d records", n)
	}
	checkFree(t, stores[0])
	checkFree(t, stores[1])
}

func increment(tx *Tx) error {
	row, err := tx.Get(csvrows.Key{"counter"})
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(row["n"])
	if err != nil {
		return err
	}
	return set("counter", "n", strconv.Itoa(n+1))(tx)
}

// A medium's error comes through as it is, and the store goes on with what stands there.
func TestSwapFails(t *testing.T) {
	errDisk := errors.New("the disk")
	for _, outcome := range []Outcome{NotCommitted, Unknown} {
		t.Run(outcome.String(), func(t *testing.T) {
			m := holding("id,n\ncounter,0\nlast,\n")
			fail := func(n int) error {
				if n > 1 {
					return nil
				}
				return &CommitError{Path: "memory", Step: "swap", Outcome: outcome, Err: errDisk}
			}
			stands := 0
			if outcome == Unknown {
				stands, m.afterSwap = 1, fail
			} else {
				m.beforeSwap = fail
			}
			s := storeOn(t, m, Options{})
			r, err := s.Update(t.Context(), increment)
			failed, ok := errors.AsType[*CommitError](err)
			if r != nil || !ok || failed.Outcome != outcome || !errors.Is(err, errDisk) {
				t.Fatalf("%+v, %v", r, err)
			}
			for i := range 2 {
				if want := fmt.Sprintf("id,n\ncounter,%d\nlast,\n", stands+i); m.content() != want {
					t.Errorf("%q, want %q", m.content(), want)
				}
				checkFree(t, s)
				if _, err := s.Update(t.Context(), increment); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// Whoever commits again after an outcome that is unknown must not add a sum twice: the
// new content does stand there.
func TestCommitAgainAfterUnknownOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		policy, err := merge.ParsePolicy("sum")
		if err != nil {
			t.Fatal(err)
		}
		m := holding("id,n\ncounter,0\nlast,\n")
		m.afterSwap = func(n int) error {
			if n > 1 {
				return nil
			}
			return &CommitError{Path: "memory", Step: "sync directory", Outcome: Unknown, Err: errors.New("the disk")}
		}
		s := storeOn(t, m, Options{Policies: map[string]merge.Policy{"n": policy}})
		tx := begin(t, s)
		if err := set("counter", "n", "5")(tx); err != nil {
			t.Fatal(err)
		}
		_, first := tx.Commit(t.Context())
		if failed, ok := errors.AsType[*CommitError](first); !ok || failed.Outcome != Unknown {
			t.Fatal(first)
		}
		_, again := tx.Commit(t.Context())
		if want := "id,n\ncounter,5\nlast,\n"; m.content() != want {
			t.Errorf("%q after %v, want %q", m.content(), again, want)
		}
	})
}

// TestWaitIsOver lets the time run out in each call's reading, as a file does that changes
// under it without end, and right before the commit point.
func TestWaitIsOver(t *testing.T) {
	slow := func(int) error { time.Sleep(time.Hour); return nil }
	for name, call := range map[string]func(ctx context.Context, s *Store) error{
		"snapshot": func(ctx context.Context, s *Store) error { _, err := s.Snapshot(ctx); return err },
		"begin":    func(ctx context.Context, s *Store) error { _, err := s.Begin(ctx); return err },
		"update":   func(ctx context.Context, s *Store) error { _, err := s.Update(ctx, set("a", "n", "9")); return err },
		"accept":   func(ctx context.Context, s *Store) error { return s.Accept(ctx) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := holding(threeRows)
				s := storeOn(t, m, Options{Wait: time.Minute})
				m.afterLoad = slow
				err := call(t.Context(), s)
				if file, ok := errors.AsType[*FileError](err); !ok || file.Path == "" || !errors.Is(err, ErrUnsettled) || !CanRetry(err) {
					t.Errorf("%v, want ErrUnsettled", err)
				}
				checkFree(t, s)
			})
		})
	}
	t.Run("before the swap", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m := holding(threeRows)
			s := storeOn(t, m, Options{Wait: time.Minute})
			m.beforeSwap = slow
			if _, err := s.Update(t.Context(), set("a", "n", "9")); !CanRetry(err) || m.content() != threeRows {
				t.Errorf("%v, want one that can be tried again\n%q", err, m.content())
			}
			checkFree(t, s)
		})
	})
}

// What is missing is not accepted as an empty file: one that is empty a moment later may
// be half written.
func TestAcceptMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := holding("")
		m.now = held{}
		s := storeOn(t, m, Options{Create: []string{"id"}})
		if err := s.Accept(t.Context()); err != nil {
			t.Fatal(err)
		}
		m.write("")
		start := time.Now()
		if _, err := s.Snapshot(t.Context()); err != nil || time.Since(start) < defaultSettle {
			t.Errorf("an empty file is read after %v (%v)", time.Since(start), err)
		}
	})
}

// Accept waits for a commit that is under way, and then takes what that left: an older
// version is not what stands in the file.
func TestAcceptAfterCommit(t *testing.T) {
	m := holding(threeRows)
	s, other := storeOn(t, m, Options{}), storeOn(t, m, Options{})
	m.beforeLock = func(n int) error {
		if n > 1 {
			return nil
		}
		_, err := other.Update(t.Context(), set("a", "n", "9"))
		return err
	}
	if err := s.Accept(t.Context()); err != nil {
		t.Fatal(err)
	}
	last, _, err := m.last()
	if err != nil || !last.Accepted || last.Digest != state.DigestOf([]byte(m.content())) {
		t.Errorf("version %+v is accepted (%v), and the file is %q", last, err, m.content())
	}
	checkFree(t, s)
}

// A transaction that is over cannot be filled again: its base would be an old one.
func TestTransactionIsOver(t *testing.T) {
	m := holding(threeRows)
	s := storeOn(t, m, Options{})
	committed := begin(t, s)
	if _, err := committed.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	var updated *Tx
	if _, err := s.Update(t.Context(), func(tx *Tx) error { updated = tx; return nil }); err != nil {
		t.Fatal(err)
	}
	for name, tx := range map[string]*Tx{"committed": committed, "of an update": updated, "zero": {}} {
		if err := tx.Replace([]byte(aIs9)); !errors.Is(err, ErrDone) {
			t.Errorf("%s: Replace = %v, want ErrDone", name, err)
		}
		if _, err := tx.Commit(t.Context()); !errors.Is(err, ErrDone) {
			t.Errorf("%s: Commit = %v, want ErrDone", name, err)
		}
	}
	if m.content() != threeRows {
		t.Errorf("%q", m.content())
	}
	checkFree(t, s)
}

// What another store committed is whole, however much it looks like half a file: nobody
// has to wait for it to settle, or never gets it.
func TestCommitOfAnotherStoreIsSettled(t *testing.T) {
	const open = "id,n\na,1\nb,12"
	for name, tt := range map[string]struct {
		start string
		edit  func(*Tx) error
	}{
		"last row deleted":    {threeRows, func(tx *Tx) error { return tx.Delete(csvrows.Key{"c"}) }},
		"last row edited":     {threeRows, set("c", "n", "4")},
		"no final newline":    {threeRows, func(tx *Tx) error { return tx.Replace([]byte(threeRows[:len(threeRows)-1])) }},
		"last cell shortened": {open, set("b", "n", "1")},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := holding(tt.start)
				running, other := storeOn(t, m, Options{Settle: time.Hour, Wait: time.Minute}), storeOn(t, m, Options{})
				if _, err := running.Snapshot(t.Context()); err != nil {
					t.Fatal(err)
				}
				if _, err := other.Update(t.Context(), tt.edit); err != nil {
					t.Fatal(err)
				}
				begun := storeOn(t, m, running.opt) // knows it by the record alone
				start := time.Now()
				for _, s := range []*Store{running, begun} {
					snap, err := s.Snapshot(t.Context())
					if err != nil || string(snap.Bytes()) != m.content() || time.Since(start) > 0 {
						t.Errorf("%q after %v, %v", snap.Bytes(), time.Since(start), err)
					}
				}
			})
		})
	}
}

// TestHalfWritten shows versions as slow editors leave them on their way, and what comes
// of each by and by.
func TestHalfWritten(t *testing.T) {
	const settle = 2 * time.Second
	for name, tt := range map[string]struct {
		half string
		then string // what stands there a second later; "" is what stood before
		want error
		wait time.Duration
	}{
		"truncated, then written":   {half: "", then: noteOnB, wait: time.Second},
		"truncated, and left":       {half: "", want: ErrUnsettled, wait: settle},
		"cut between rows, written": {half: "id,n,note\na,1,\n", then: noteOnB, wait: time.Second},
		"last row deleted":          {half: "id,n,note\na,1,\nb,2,\n", wait: settle},
		"all rows deleted":          {half: "id,n,note\n", wait: settle},
		"final newline deleted":     {half: threeRows[:len(threeRows)-1], wait: settle},
		"cut inside a row":          {half: threeRows[:len(threeRows)-2], want: ErrUnsettled, wait: settle},
		"an open quote":             {half: "id,n,note\na,1,\"x\nb,2,\nc,3,\n", want: ErrUnsettled, wait: settle},
		"NUL bytes":                 {half: threeRows + "\x00\x00", want: ErrUnsettled, wait: settle},
		"whole":                     {half: noteOnB},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := holding(threeRows)
				s := storeOn(t, m, Options{Settle: settle})
				if _, err := s.Snapshot(t.Context()); err != nil {
					t.Fatal(err)
				}
				m.write(tt.half)
				want := tt.half
				if tt.then != "" {
					want = tt.then
					time.AfterFunc(time.Second, func() { m.write(tt.then) })
				}
				if tt.want != nil {
					want = threeRows // the last good version
				}
				start := time.Now()
				snap, err := s.Snapshot(t.Context())
				if !errors.Is(err, tt.want) || string(snap.Bytes()) != want {
					t.Errorf("%q, %v", snap.Bytes(), err)
				}
				// It looks now and then, so it may notice later than a file is whole.
				if waited := time.Since(start); waited < tt.wait || waited > tt.wait+settle {
					t.Errorf("waited %v, want %v", waited, tt.wait)
				}
				if _, err := s.Update(t.Context(), func(*Tx) error { return nil }); !errors.Is(err, tt.want) {
					t.Errorf("an update: %v", err)
				}
				if tt.want != nil && m.content() != tt.half {
					t.Errorf("written: %q", m.content())
				}
				checkFree(t, s)
			})
		})
	}
}

// TestCreateInMemory makes a file, and gives way to somebody who makes it at the same time.
func TestCreateInMemory(t *testing.T) {
	addA := func(tx *Tx) error { return tx.Append(csvrows.Key{"a"}, map[string]string{"n": "1"}) }
	t.Run("missing", func(t *testing.T) {
		m := holding("")
		m.now = held{}
		s := storeOn(t, m, Options{})
		if _, err := s.Update(t.Context(), addA); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v", err)
		}
		checkFree(t, s)
	})
	t.Run("made", func(t *testing.T) {
		m := holding("")
		m.now = held{}
		s := storeOn(t, m, Options{Create: []string{"id", "n"}})
		r, err := s.Update(t.Context(), addA)
		if err != nil || m.content() != "id,n\na,1\n" || r.Theirs != (Digest{}) {
			t.Errorf("%q, %+v, %v", m.content(), r, err)
		}
		checkFree(t, s)
	})
	t.Run("made by somebody else", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m := holding("")
			m.now = held{}
			m.beforeSwap = onFirst(func() { m.write("id,n\nb,2\n") })
			s := storeOn(t, m, Options{Create: []string{"id", "n"}})
			if _, err := s.Update(t.Context(), addA); err != nil || m.content() != "id,n\nb,2\na,1\n" {
				t.Errorf("%q, %v", m.content(), err)
			}
			checkFree(t, s)
		})
	})
}

// TestMovedAwayAfterLongWriting shows an editor that writes for long, and then saves by
// moving the file away: however long the waiting was before, the new file is seen soon.
func TestMovedAwayAfterLongWriting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := holding(threeRows)
		s := storeOn(t, m, Options{Settle: 2 * time.Second, Wait: time.Hour})
		if _, err := s.Snapshot(t.Context()); err != nil {
			t.Fatal(err)
		}
		m.write("id,n,note\n\"")
		go func() {
			for i := range 20 {
				time.Sleep(time.Second)
				m.write(fmt.Sprintf("id,n,note\n\"%d", i))
			}
			m.remove()
			time.Sleep(time.Second)
			m.write(noteOnB)
		}()
		start := time.Now()
		snap, err := s.Snapshot(t.Context())
		if err != nil || string(snap.Bytes()) != noteOnB {
			t.Errorf("%q, %v", snap.Bytes(), err)
		}
		if waited := time.Since(start); waited > 24*time.Second {
			t.Errorf("waited %v for what was there after 21 s", waited)
		}
	})
}

// TestCanRetry tells errors apart after which the same call may be made again.
func TestCanRetry(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{&CommitError{Err: ErrContended}, true},
		{&CommitError{Err: ErrContended, Outcome: ConflictPending}, false},
		{&CommitError{Err: ErrLocked, Outcome: Unknown}, false},
		{&FileError{Err: ErrUnsettled}, true},
		{ErrDone, false},
	} {
		if got := CanRetry(tt.err); got != tt.want {
			t.Errorf("%v: %v", tt.err, got)
		}
	}
}
