//go:build unix

package linear

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/fuzz/internal/plain"
	"github.com/rowkeep/rowkeep/store"
)

// An event is an operation on one row, as its process saw it.
type event struct {
	Do   string // "count", "put", "read", or "save" by an editor
	Key  string
	Put  string // the new value, of put and save
	Seen string // the value of count after it, of put before it, of read; "" where there is no row
	From int64  // when it was called, and when it returned; of save: when all was quiet
	To   int64
}

const (
	counter   = "counter"
	registers = 3
	present   = "there" // the value of editors' rows
)

func register(i int) string { return fmt.Sprint("cell-", i) }

// saved is the key of an editor's row.
func saved(editor, n int) string { return fmt.Sprintf("saved-%d-%d", editor, n) }

// begin is what the file begins as.
func begin() string {
	var b strings.Builder
	fmt.Fprintf(&b, "id,value\n%s,0\n", counter)
	for i := range registers {
		fmt.Fprintf(&b, "%s,0\n", register(i))
	}
	return b.String()
}

// A task is what a process is started with, and the variable that holds it.
type task struct {
	Role string // "store", "plain", "editor"
	Path string
	ID   int
	Seed uint64
	Ops  int
	Keys []string // of all rows that there will be
}

const taskVariable = "ROWKEEP_LINEAR_TASK"

var rounds = flag.Int("rounds", 3, "so many `rounds`")

func TestMain(m *testing.M) {
	text, given := os.LookupEnv(taskVariable)
	if !given {
		os.Exit(m.Run())
	}
	var t task
	err := json.Unmarshal([]byte(text), &t)
	var events []event
	if err == nil {
		events, err = t.do(os.Stdin)
	}
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(events)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, t.Role, t.ID, err)
		os.Exit(1)
	}
}

// do waits until its standard input ends, so that all begin at once, and does its
// operations.
func (t task) do(start io.Reader) (events []event, err error) {
	r := rand.New(rand.NewPCG(t.Seed, uint64(t.ID)))
	var c client
	switch t.Role {
	case "store":
		c, err = open(t.Path)
	case "plain":
		c = &plainClient{path: t.Path}
	}
	if err != nil {
		return nil, err
	}
	_, _ = io.Copy(io.Discard, start)
	for n := range t.Ops {
		var more []event
		if t.Role == "editor" {
			time.Sleep(time.Duration(r.IntN(3000)) * time.Microsecond)
			more, err = save(t.Path, saved(t.ID, n), r.IntN(2) == 0)
		} else {
			more, err = t.operate(c, r, n)
		}
		if err != nil {
			return nil, err
		}
		events = append(events, more...)
	}
	return events, nil
}

// A client changes the file in one step: change may be called several times, and the last
// call counts. A change that returns errNothing changes nothing.
type client interface {
	update(change func(t *csvrows.Table) error) error
}

var errNothing = errors.New("nothing to change")

type storeClient struct{ store *store.Store }

// open returns a client that waits for its turn longer than any test takes.
func open(path string) (storeClient, error) {
	s, err := store.Open(path, store.Options{Wait: 10 * time.Minute, Settle: 2 * time.Millisecond})
	return storeClient{s}, err
}

func (c storeClient) update(change func(t *csvrows.Table) error) error {
	_, err := c.store.Update(context.Background(), func(tx *store.Tx) error {
		if err := change(tx.Table); !errors.Is(err, errNothing) {
			return err
		}
		return nil
	})
	return err
}

// plainClient does without a store. It lets others in before its rename.
type plainClient struct {
	path    string
	between func()
}

func (c *plainClient) update(change func(t *csvrows.Table) error) error {
	for {
		err := plain.Replace(c.path, func(content []byte) ([]byte, error) {
			f, err := csvrows.Parse(content, csvrows.Options{})
			if err != nil {
				return nil, err
			}
			t, err := csvrows.NewTable(f)
			if err != nil {
				return nil, err
			}
			if err := change(t); err != nil {
				return nil, err
			}
			return t.Bytes(), nil
		}, c.between)
		switch {
		case errors.Is(err, errNothing):
			return nil
		case !errors.Is(err, plain.ErrMoved):
			return err
		}
	}
}

// operate does one operation. A read is one of all rows there will be.
func (t task) operate(c client, r *rand.Rand, n int) ([]event, error) {
	switch r.IntN(3) {
	case 0:
		return count(c)
	case 1:
		return put(c, register(r.IntN(registers)), fmt.Sprintf("%d-%d", t.ID, n))
	}
	return readAll(c, t.Keys)
}

func count(c client) ([]event, error) {
	e := event{Do: "count", Key: counter, From: now()}
	err := c.update(func(t *csvrows.Table) error {
		n, err := strconv.Atoi(value(t, counter))
		if err != nil {
			return err
		}
		e.Seen = strconv.Itoa(n + 1)
		return t.Set(csvrows.Key{counter}, map[string]string{"value": e.Seen})
	})
	e.To = now()
	return []event{e}, err
}

func put(c client, key, v string) ([]event, error) {
	e := event{Do: "put", Key: key, Put: v, From: now()}
	err := c.update(func(t *csvrows.Table) error {
		e.Seen = value(t, key)
		return t.Set(csvrows.Key{key}, map[string]string{"value": v})
	})
	e.To = now()
	return []event{e}, err
}

func readAll(c client, keys []string) (events []event, err error) {
	from := now()
	err = c.update(func(t *csvrows.Table) error {
		events = events[:0]
		for _, key := range keys {
			events = append(events, event{Do: "read", Key: key, Seen: value(t, key), From: from})
		}
		return errNothing
	})
	to := now()
	for i := range events {
		events[i].To = to
	}
	return events, err
}

// value is that of a row, "" where there is none.
func value(t *csvrows.Table, key string) string {
	row, err := t.Get(csvrows.Key{key})
	if err != nil {
		return ""
	}
	return row["value"]
}

// save adds a row as editors do: by a new file that is renamed over the old, or in place.
// Editors take turns: what they overwrite of each other no store can help.
func save(path, key string, rename bool) ([]event, error) {
	turn := flock.New(path + ".turn")
	if err := turn.Lock(); err != nil {
		return nil, err
	}
	defer func() { _ = turn.Unlock() }() // the end of the process does it too
	e := event{Do: "save", Key: key, Put: present, From: now()}
	line := key + "," + present + "\n"
	if !rename {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			return nil, err
		}
		_, err = f.WriteString(line)
		return []event{e}, errors.Join(err, f.Close())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	temp := path + "." + key
	return []event{e}, errors.Join(os.WriteFile(temp, append(data, line...), 0o640), os.Rename(temp, path))
}
