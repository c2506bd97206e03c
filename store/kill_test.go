package store_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rowkeep/rowkeep/store"
)

// TestKill kills a program that commits all the time, at any moment. ROWKEEP_KILLS says
// how often.
func TestKill(t *testing.T) {
	t.Parallel()
	kills := fewer(t, 500, 40)
	if text, given := os.LookupEnv("ROWKEEP_KILLS"); given {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	path := put(t, whole('a', 0))
	left := 0
	for n := range kills {
		p := start(t, "flipper", path)
		p.hear(t, "committing")
		time.Sleep(rand.N(4 * time.Millisecond)) // wherever it is then
		if err := p.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = p.cmd.Wait() // it was killed
		if p.stderr.Len() > 0 {
			t.Fatal(p.stderr)
		}
		if len(temporary(t, path)) > 0 {
			left++
		}
		checkWhole(t, path, n)
		update(t, path, n+1)
		checkWhole(t, path, n+1)
		checkTidy(t, path)
		if t.Failed() {
			t.Fatalf("after %d kills", n+1)
		}
	}
	t.Logf("%d kills, %d left a temporary file", kills, left)
}

// whole is a version of the file that cannot be taken for a part of another one: every
// row holds the letter, and how many kills there were stands at the end.
func whole(letter byte, kills int) string {
	var b strings.Builder
	b.WriteString("id,text\n")
	for i := range 30 {
		// One version is longer than the other.
		fmt.Fprintf(&b, "row-%02d,%s\n", i, bytes.Repeat([]byte{letter}, 2*int(letter-'a')+100))
	}
	fmt.Fprintf(&b, "kills,%d\n", kills)
	return b.String()
}

const letters = "az"

func checkWhole(t *testing.T, path string, kills int) {
	t.Helper()
	got := read(t, path)
	if got != whole(letters[0], kills) && got != whole(letters[1], kills) {
		t.Errorf("no version of the file: %q", got)
	}
}

// flipper puts one version in the other's place, for ever.
func flipper(args []string) error {
	opt := patient
	opt.History = store.History{Versions: 5, Age: time.Nanosecond} // it is killed while it drops versions too
	s, err := store.Open(args[0], opt)
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		_, err := s.Update(context.Background(), func(tx *store.Tx) error {
			kills, err := number(tx.Table, "kills", "text")
			if err != nil {
				return err
			}
			return tx.Replace([]byte(whole(letters[i%2], kills)))
		})
		if err != nil {
			return err
		}
		if i == 1 {
			fmt.Println("committing")
		}
	}
}

// update opens the store anew and commits, which nothing that was killed may hinder.
func update(t *testing.T, path string, kills int) {
	t.Helper()
	s, err := store.Open(path, store.Options{Settle: patient.Settle})
	if err != nil {
		t.Fatal(err)
	}
	if found := temporary(t, path); len(found) > 0 {
		t.Errorf("after Open there is %v", found)
	}
	_, err = s.Update(t.Context(), func(tx *store.Tx) error { return setNumber(tx.Table, "kills", "text", kills) })
	if err != nil {
		t.Fatal(err)
	}
}

// stateDir is the directory that a store keeps for a file.
func stateDir(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".rowkeep")
}

// ours are the names that a store makes.
var ours = regexp.MustCompile(`^(\.gitignore|lock|log|spare[0-9]+|whole-[0-9a-f]{16}|[0-9]+-[0-9a-f]{16}-[0-9a-f]{16})$`)

// temporary lists whatever lies beside the file, or in the state directory, that is not
// meant to stay.
func temporary(t *testing.T, path string) (names []string) {
	t.Helper()
	for dir, stays := range map[string]*regexp.Regexp{
		filepath.Dir(path): regexp.MustCompile(`^(\..*\.rowkeep|` + regexp.QuoteMeta(filepath.Base(path)) + `)$`),
		stateDir(path):     ours,
	} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !stays.MatchString(e.Name()) {
				names = append(names, e.Name())
			}
		}
	}
	return names
}

// checkTidy is how tests of a store on a file end: nothing is left over or damaged, and the
// lock is free, so that a commit needs no waiting.
func checkTidy(t *testing.T, path string) {
	t.Helper()
	if found := temporary(t, path); len(found) > 0 {
		t.Errorf("left over: %v", found)
	}
	s, err := store.Open(path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := s.Update(ctx, func(*store.Tx) error { return nil }); err != nil {
		t.Errorf("an update of nothing: %v", err)
	}
	found, err := s.Check()
	if err != nil {
		t.Error(err)
	}
	for _, f := range found {
		t.Errorf("found %+v", f)
	}
}
