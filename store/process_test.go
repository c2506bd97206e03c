package store_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store"
)

// Real processes, all of them at one file: the test binary plays every part.

// processes is how many there are.
const processes = 8

// put makes the file that a test is about.
func put(t *testing.T, content string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "config.csv")
	if err := os.WriteFile(path, []byte(content), 0o640); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// number reads a cell that holds one.
func number(t *csvrows.Table, key, column string) (int, error) {
	row, err := t.Get(csvrows.Key{key})
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(row[column])
}

func setNumber(t *csvrows.Table, key, column string, n int) error {
	return t.Set(csvrows.Key{key}, map[string]string{column: strconv.Itoa(n)})
}

// TestSharedCounterUpdate counts with all processes in one cell, each reading what
// stands there and writing one more.
func TestSharedCounterUpdate(t *testing.T) {
	path := put(t, "id,n\ncounter,0\n")
	times := fewer(t, 200, 25)
	var all []*process
	for range processes {
		all = append(all, start(t, "adder", path, strconv.Itoa(times)))
	}
	for _, p := range all {
		p.end(t)
	}
	if got, want := read(t, path), fmt.Sprintf("id,n\ncounter,%d\n", processes*times); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	checkTidy(t, path)
}

// adder adds 1 to the counter, many times.
func adder(args []string) error {
	times, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	s, err := store.Open(args[0], patient)
	if err != nil {
		return err
	}
	for range times {
		_, err := s.Update(context.Background(), func(tx *store.Tx) error {
			n, err := number(tx.Table, "counter", "n")
			if err != nil {
				return err
			}
			return setNumber(tx.Table, "counter", "n", n+1)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// patient waits longer than any test takes, so that no error is one of time. What looks
// half written settles soon, as nobody here writes slowly.
var patient = store.Options{Wait: 10 * time.Minute, Settle: 2 * time.Millisecond}

// TestSharedCounterCommit lets transactions of all processes overlap: all begin, then
// all commit. Each adds an amount of its own, so that the total tells which are in it.
// A policy that takes the greater value is the one that must come out wrong.
func TestSharedCounterCommit(t *testing.T) {
	const rounds = 5
	for policy, total := range map[string]int{"sum": rounds * (1<<processes - 1), "max": rounds << (processes - 1)} {
		t.Run(policy, func(t *testing.T) {
			path := put(t, "id,n\ncounter,0\n")
			var all []*process
			for i := range processes {
				all = append(all, start(t, "summer", path, strconv.Itoa(1<<i), policy))
			}
			for range rounds {
				for _, step := range []string{"begin", "commit"} {
					for _, p := range all {
						p.tell(t, step)
					}
					for _, p := range all {
						p.hear(t, step)
					}
				}
			}
			for _, p := range all {
				p.end(t)
			}
			if got, want := read(t, path), fmt.Sprintf("id,n\ncounter,%d\n", total); got != want {
				t.Errorf("%q, want %q", got, want)
			}
			checkTidy(t, path)
		})
	}
}

// summer begins and commits as it is told.
func summer(args []string) error {
	amount, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	policy, err := merge.ParsePolicy(args[2])
	if err != nil {
		return err
	}
	opt := patient
	opt.Policies = map[string]merge.Policy{"n": policy}
	s, err := store.Open(args[0], opt)
	if err != nil {
		return err
	}
	var tx *store.Tx
	steps := map[string]func() error{
		"begin": func() error {
			if tx, err = s.Begin(context.Background()); err != nil {
				return err
			}
			n, err := number(tx.Table, "counter", "n")
			if err != nil {
				return err
			}
			return setNumber(tx.Table, "counter", "n", n+amount)
		},
		"commit": func() error {
			_, err := tx.Commit(context.Background())
			return err
		},
	}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		if err := steps[in.Text()](); err != nil {
			return err
		}
		fmt.Println(in.Text())
	}
	return nil
}

// TestSharedCounterCommand adds up the same amounts by rowkeep merge: all sides were made
// from one base, and each merge's theirs is what the merges before have come to.
func TestSharedCounterCommand(t *testing.T) {
	rowkeep := buildCommand(t)
	for policy, total := range map[string]int{"sum": 1<<processes - 1, "max": 1 << (processes - 1)} {
		t.Run(policy, func(t *testing.T) {
			base := put(t, "id,n\ncounter,0\n")
			file := put(t, "id,n\ncounter,0\n")
			for i := range processes {
				ours := put(t, fmt.Sprintf("id,n\ncounter,%d\n", 1<<i))
				cmd := exec.Command(rowkeep, "merge", "--policy", "n="+policy, "-o", file, base, ours, file)
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
			}
			if got, want := read(t, file), fmt.Sprintf("id,n\ncounter,%d\n", total); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

func buildCommand(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "rowkeep.exe")
	build := exec.Command("go", "build", "-o", path, "github.com/rowkeep/rowkeep/cmd/rowkeep")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// TestOwnRows has each process write a row of its own, while an editor that knows
// nothing of the store appends rows and deletes them again until all are done. Each
// process looks, whenever it writes, whether its last value still stands; at the end the
// last value of every one does.
//
// The store may still replace a file that somebody changed after the last look at it, so
// an outcome that rested on the editor's rows would be a matter of luck. So the editor
// writes only what cannot touch another one's row, whenever it lands. It never renames:
// every inode is written by the store before it has the file's name, and by the editor
// alone afterwards. It appends a row by one write. It deletes by cutting the file where
// its own last row begins, in the inode where it has just read that. If the store has
// put another inode in its place meanwhile, the row is lost, or is there again; nothing
// is asserted about it.
func TestOwnRows(t *testing.T) {
	t.Parallel()
	var content strings.Builder
	content.WriteString("id,n,note\n")
	for i := range processes {
		fmt.Fprintf(&content, "own-%d,0,# of process %d\n", i, i)
	}
	path := put(t, content.String())
	times := fewer(t, 200, 25)

	outside := start(t, "editor", path)
	var all []*process
	for i := range processes {
		all = append(all, start(t, "row-owner", path, fmt.Sprint("own-", i), strconv.Itoa(times)))
	}
	for _, p := range all {
		p.end(t)
	}
	outside.tell(t, "stop")
	if !outside.out.Scan() {
		t.Fatalf("the editor: %v\n%s", outside.cmd.Wait(), outside.stderr)
	}
	t.Log("the editor:", outside.out.Text())
	outside.end(t)

	want := strings.ReplaceAll(content.String(), ",0,", fmt.Sprintf(",%d,", times))
	if got := read(t, path); !strings.HasPrefix(got, want) {
		t.Errorf("the file is\n%s\nwant it to begin with\n%s", got, want)
	}
	checkTidy(t, path)
}

// rowOwner counts its row up, and fails if it finds anything there but its last value.
func rowOwner(args []string) error {
	times, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	s, err := store.Open(args[0], patient)
	if err != nil {
		return err
	}
	for i := range times {
		_, err := s.Update(context.Background(), func(tx *store.Tx) error {
			n, err := number(tx.Table, args[1], "n")
			if err != nil {
				return err
			}
			if n != i {
				return fmt.Errorf("a lost update: the row holds %d, want %d", n, i)
			}
			return setNumber(tx.Table, args[1], "n", i+1)
		})
		if err != nil {
			return fmt.Errorf("update %d: %w", i, err)
		}
	}
	return nil
}
