package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/rowkeep/rowkeep/csvrows"
)

// A crowd holds a store's turn until all of its updates wait for it, so that they are
// committed together.
type crowd struct {
	*testing.T
	m     *memory
	store *Store
	wg    sync.WaitGroup
	n     int
}

func newCrowd(t *testing.T) *crowd {
	m := holding("id,n\na,0\nb,0\nc,0\nlast,\n")
	c := &crowd{T: t, m: m, store: storeOn(t, m, Options{})}
	c.store.turn <- struct{}{}
	return c
}

// joins begins an update, and goes on when it waits.
func (c *crowd) joins(ctx context.Context, edit func(*Tx) error, came func(*Receipt, error)) {
	c.n++
	c.wg.Add(1)
	go func() {
		defer c.wg.Done()
		defer func() { _ = recover() }()
		came(c.store.Update(ctx, edit))
	}()
	for {
		c.store.queue.mu.Lock()
		waiting := len(c.store.queue.list)
		c.store.queue.mu.Unlock()
		if waiting == c.n {
			return
		}
		runtime.Gosched()
	}
}

func (c *crowd) goes() {
	<-c.store.turn
	c.wg.Wait()
	checkFree(c.T, c.store)
}

func fine(t *testing.T, updates int) func(*Receipt, error) {
	return func(r *Receipt, err error) {
		if err != nil || r.Updates != updates {
			t.Errorf("%+v, %v; want a commit of %d updates", r, err, updates)
		}
	}
}

func setN(id, n string) func(*Tx) error {
	return func(tx *Tx) error { return tx.Set(csvrows.Key{id}, map[string]string{"n": n}) }
}

// Updates that wait together are one commit, each on top of the one before.
func TestUpdatesShareACommit(t *testing.T) {
	c := newCrowd(t)
	for range 5 {
		c.joins(t.Context(), func(tx *Tx) error {
			row, err := tx.Get(csvrows.Key{"a"})
			if err != nil {
				return err
			}
			return setN("a", row["n"]+"x")(tx)
		}, fine(t, 5))
	}
	c.goes()
	if got := c.m.content(); !strings.Contains(got, "a,0xxxxx\n") || c.m.swaps != 1 {
		t.Errorf("%d swaps: %q", c.m.swaps, got)
	}
}

// An update that fails is left out with all it began, and the others are committed.
func TestOneOfManyFails(t *testing.T) {
	mine := errors.New("mine")
	fails := map[string]func(tx *Tx) error{
		"returns an error": func(tx *Tx) error { return errors.Join(setN("a", "wrong")(tx), mine) },
		"replaces the table": func(tx *Tx) error {
			return errors.Join(tx.Replace([]byte("id,n\nother,1\n")), mine)
		},
	}
	for name, edit := range fails {
		for place := range 3 {
			t.Run(fmt.Sprintf("%s, number %d", name, place), func(t *testing.T) {
				c := newCrowd(t)
				for i, id := range []string{"a", "b", "c"} {
					if i == place {
						c.joins(t.Context(), edit, func(r *Receipt, err error) {
							if !errors.Is(err, mine) || r != nil {
								t.Errorf("%+v, %v, want its own error", r, err)
							}
						})
						continue
					}
					c.joins(t.Context(), setN(id, "1"), fine(t, 2))
				}
				c.goes()
				want := strings.NewReplacer("a,0", "a,1", "b,0", "b,1", "c,0", "c,1").Replace("id,n\na,0\nb,0\nc,0\nlast,\n")
				id := []string{"a", "b", "c"}[place]
				want = strings.Replace(want, id+",1", id+",0", 1)
				if got := c.m.content(); got != want {
					t.Errorf("%q, want %q", got, want)
				}
			})
		}
	}
}

// An edit that panics, or ends its goroutine, does so in the goroutine of its caller, and
// takes nobody with it.
func TestOneOfManyDoesNotReturn(t *testing.T) {
	for name, end := range map[string]func(){"panics": func() { panic("mine") }, "ends its goroutine": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			for place := range 3 {
				c := newCrowd(t)
				for i, id := range []string{"a", "b", "c"} {
					if i != place {
						c.joins(t.Context(), setN(id, "1"), func(_ *Receipt, err error) {
							if err != nil {
								t.Error(err)
							}
						})
						continue
					}
					c.joins(t.Context(), func(*Tx) error { end(); return nil }, func(*Receipt, error) { t.Error("it returned") })
				}
				c.goes()
				if n := strings.Count(c.m.content(), ",1\n"); n != 2 {
					t.Errorf("%d of the others are in: %q", n, c.m.content())
				}
			}
		})
	}
}

// Who gives up while he waits is not committed, and the others are.
func TestOneOfManyGivesUp(t *testing.T) {
	c := newCrowd(t)
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan struct{})
	c.joins(t.Context(), setN("a", "1"), fine(t, 1))
	c.joins(ctx, setN("b", "1"), func(_ *Receipt, err error) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want Canceled", err)
		}
		close(gone)
	})
	cancel()
	<-gone
	c.goes()
	if got := c.m.content(); !strings.Contains(got, "a,1\nb,0\n") {
		t.Errorf("%q", got)
	}
}

// Transactions of one snapshot share what was found out about it, each in a goroutine of
// its own: what one of them adds and deletes is not there for the others.
func TestTransactionsOfOneSnapshot(t *testing.T) {
	m := holding("id,n\na,0\nb,0\nc,0\nlast,\n")
	s := storeOn(t, m, Options{})
	ids := []string{"a", "b", "c"}
	var wg sync.WaitGroup
	for i, id := range ids {
		tx, err := s.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			err := errors.Join(
				tx.Delete(csvrows.Key{id}), tx.InsertAfter(csvrows.Key{"last"}, csvrows.Key{"new"}, nil),
				tx.Delete(csvrows.Key{"new"}), tx.Set(csvrows.Key{ids[(i+1)%len(ids)]}, map[string]string{"n": "1"}),
				tx.Append(csvrows.Key{id}, map[string]string{"n": id}),
			)
			if n := tx.Len(); err != nil || n != 4 {
				t.Errorf("%d rows (%v)", n, err)
			}
		})
	}
	wg.Wait()
}
