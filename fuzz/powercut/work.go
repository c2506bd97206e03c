//go:build linux && (amd64 || arm64)

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/internal/tune"
	"github.com/rowkeep/rowkeep/store"
)

// The marks of the workload, each with a number behind it.
const (
	begin    = "begin"    // a commit
	acked    = "acked"    // the commit was acknowledged
	renaming = "renaming" // somebody else is about to save an edit, by renaming a new file over the old
	slipping = "slipping" // the same, in the middle of a commit
	inPlace  = "inplace"  // the same, between commits, by writing the file itself
	saved    = "saved"    // the edit is synced
)

func tell(what string, n int) error { return say(what + " " + strconv.Itoa(n)) }

// workArg says what a process is to do.
type workArg struct {
	place
	Workload string
	Commits  int
	Seed     uint64
}

// Workloads. That of the store must have no violations; the others do what the store must
// not, and show that the rig would see it.
const (
	workStore      = "store"
	workNoFileSync = "no file sync"      // what takes the file's place was not synced
	workNoDirSync  = "no directory sync" // acknowledged before the name is on the medium
	workDropped    = "edit dropped"      // what an exchange displaced is removed unseen
	workKept       = "edit kept"         // the same, but kept: no violation
)

const targetName = "config.csv"

// A worker commits to a file on the logged disk.
type worker struct {
	workArg
	dir   string
	path  string
	rng   *rand.Rand
	now   version
	edits int // begun by others

	slip atomic.Bool // an edit slips into the commit at hand
}

// work is a role: it makes a file system and commits to a file on it.
func work(arg []byte) error {
	w := &worker{}
	if err := json.Unmarshal(arg, &w.workArg); err != nil {
		return err
	}
	w.dir, w.path = w.Mount, filepath.Join(w.Mount, targetName)
	w.rng = rand.New(rand.NewPCG(w.Seed, 0))
	tune.Store = tune.Shelf{LookBack: 2, Spares: 3} // few commits are to meet spares, and logs that lack their end
	return w.with(true, w.run)
}

// run does the workload, while somebody else syncs a file that has nothing to do with it:
// that brings to the medium what nobody asked for yet.
func (w *worker) run() error {
	if err := w.first(); err != nil {
		return err
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	var noise error
	wg.Go(func() { noise = syncUnrelated(filepath.Join(w.dir, "unrelated"), stop) })
	err := w.commits()
	close(stop)
	wg.Wait()
	return errors.Join(err, noise)
}

// first puts the first version on the medium.
func (w *worker) first() error {
	if err := writeSynced(w.path, os.O_CREATE, w.now.bytes()); err != nil {
		return err
	}
	f, err := os.Open(w.dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := unix.Syncfs(int(f.Fd())); err != nil {
		return os.NewSyscallError("syncfs", err)
	}
	return say(ready)
}

func (w *worker) commits() error {
	commit, err := w.commit()
	if err != nil {
		return err
	}
	if err := onExchange(w.slipIn); err != nil {
		return err
	}
	for n := 1; n <= w.Commits; n++ {
		w.slip.Store(w.slips())
		if err := tell(begin, n); err != nil {
			return err
		}
		if err := commit(n); err != nil {
			return err
		}
		if err := tell(acked, n); err != nil {
			return err
		}
		w.slip.Store(false)
		if err := w.readBack(n); err != nil {
			return err
		}
		if err := w.maybeWriteBack(); err != nil {
			return err
		}
		if err := w.maybeEdit(); err != nil {
			return err
		}
	}
	return say(end)
}

// slips decides whether an edit is to slip into the next commit. Few do: what comes after
// one syncs the log, and recovery is to meet logs that lack their last entries.
func (w *worker) slips() bool {
	switch w.Workload {
	case workStore:
		return w.rng.IntN(4) == 0
	case workDropped, workKept:
		return true
	}
	return false
}

// slipIn saves an edit at the first exchange of a commit.
func (w *worker) slipIn() error {
	if !w.slip.Swap(false) {
		return nil
	}
	return w.saveByRename(slipping)
}

// readBack takes the file as it is for the base of what comes next: of an edit that
// slipped in, it may have been made without.
func (w *worker) readBack(n int) error {
	data, err := os.ReadFile(w.path)
	if err != nil {
		return err
	}
	v, ok := parse(data)
	if !ok || v.commit != n {
		return fmt.Errorf("after commit %d the file is %.40q", n, data)
	}
	w.now = v
	return nil
}

// commit returns what commits n.
func (w *worker) commit() (func(n int) error, error) {
	switch w.Workload {
	case workStore:
		opt, err := options()
		if err != nil {
			return nil, err
		}
		s, err := store.Open(w.path, opt)
		if err != nil {
			return nil, err
		}
		return func(n int) error { return commitBy(s, w.now, n) }, nil
	case workNoFileSync:
		return w.byHand(hand{exchange: true, syncDir: true}), nil
	case workNoDirSync:
		return w.byHand(hand{syncFile: true}), nil
	case workDropped:
		return w.byHand(hand{syncFile: true, exchange: true, syncDir: true}), nil
	case workKept:
		return w.byHand(hand{syncFile: true, exchange: true, syncDir: true, keep: true}), nil
	}
	return nil, fmt.Errorf("no workload %q", w.Workload)
}

// commitBy commits what turns a version into that of commit n.
func commitBy(s *store.Store, now version, n int) error {
	now.commit = n
	want, err := csvrows.Parse(now.bytes(), csvrows.Options{})
	if err != nil {
		return err
	}
	table, err := csvrows.NewTable(want)
	if err != nil {
		return err
	}
	key := csvrows.Key{"program"}
	row, err := table.Get(key)
	if err != nil {
		return err
	}
	_, err = s.Update(context.Background(), func(tx *store.Tx) error {
		return errors.Join(tx.Set(key, row), count(tx.Table))
	})
	return err
}

// count counts a commit.
func count(table *csvrows.Table) error {
	key := csvrows.Key{sumRow}
	row, err := table.Get(key)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(row[countColumn])
	if err != nil {
		return err
	}
	return table.Set(key, map[string]string{countColumn: strconv.Itoa(n + perCommit)})
}

// A hand is how a commit is made without the store.
type hand struct {
	syncFile, exchange, syncDir bool
	keep                        bool // what was displaced, where the store would have it
}

func (w *worker) byHand(h hand) func(n int) error {
	return func(n int) error {
		next := w.now
		next.commit = n
		temp := filepath.Join(stateDir(w.path), strconv.Itoa(n))
		if err := h.write(temp, next.bytes()); err != nil {
			return err
		}
		if err := h.replace(w.path, temp); err != nil {
			return err
		}
		if h.syncDir {
			return syncDir(w.dir)
		}
		return nil
	}
}

func (h hand) write(temp string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(temp), 0o700); err != nil {
		return err
	}
	if h.syncFile {
		return writeSynced(temp, os.O_CREATE, data)
	}
	return os.WriteFile(temp, data, 0o600)
}

func (h hand) replace(path, temp string) error {
	if !h.exchange {
		return os.Rename(temp, path)
	}
	if err := unix.Renameat2(unix.AT_FDCWD, temp, unix.AT_FDCWD, path, unix.RENAME_EXCHANGE); err != nil {
		return os.NewSyscallError("renameat2", err)
	}
	if h.keep {
		return nil
	}
	return os.Remove(temp)
}

// maybeWriteBack is what the kernel does after some seconds: it brings to the medium what
// the store does not sync.
func (w *worker) maybeWriteBack() error {
	if w.Workload != workStore || w.rng.IntN(3) > 0 {
		return nil
	}
	f, err := os.Open(filepath.Join(stateDir(w.path), "log"))
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// maybeEdit is what somebody else does between two commits: nothing, or an edit that is
// saved and synced, one way or the other.
func (w *worker) maybeEdit() error {
	switch w.rng.IntN(3) {
	case 0:
		return w.saveByRename(renaming)
	case 1:
		return w.saveInPlace()
	}
	return nil
}

// saveByRename saves the next edit as vim and sed do.
func (w *worker) saveByRename(how string) error {
	next, err := w.nextEdit(how)
	if err != nil {
		return err
	}
	temp := filepath.Join(w.dir, "editor")
	if err := writeSynced(temp, os.O_CREATE, next.bytes()); err != nil {
		return err
	}
	if err := os.Rename(temp, w.path); err != nil {
		return err
	}
	if err := syncDir(w.dir); err != nil {
		return err
	}
	return w.saved(next)
}

// saveInPlace saves the next edit as nano and VS Code do.
func (w *worker) saveInPlace() error {
	next, err := w.nextEdit(inPlace)
	if err != nil {
		return err
	}
	if err := writeSynced(w.path, 0, next.bytes()); err != nil {
		return err
	}
	return w.saved(next)
}

// nextEdit announces the next edit, and returns the file with it.
func (w *worker) nextEdit(how string) (version, error) {
	next := w.now
	next.edits = next.edits.with(w.edits)
	err := tell(how, w.edits)
	w.edits++
	return next, err
}

func (w *worker) saved(next version) error {
	w.now = next
	return tell(saved, w.edits-1)
}

func writeSynced(path string, flag int, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC|flag, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// syncUnrelated writes to a file and syncs it again and again.
func syncUnrelated(path string, stop <-chan struct{}) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for n := 0; ; n++ {
		if _, err := fmt.Fprintln(f, n); err != nil {
			return err
		}
		if err := f.Sync(); err != nil {
			return err
		}
		select {
		case <-stop:
			return nil
		case <-time.After(rand.N(5 * time.Millisecond)): // wherever the workload is then
		}
	}
}
