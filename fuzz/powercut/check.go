//go:build linux && (amd64 || arm64)

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/store"
)

// A window is what may be in the file after a power cut, by the marks of the log.
type window struct {
	Acked, Begun  int // commits: from, to
	Saved, Edited set // edits: that must be somewhere, that may be
}

// windowAt returns what may be there at one moment.
func windowAt(marks []string) window {
	return window{
		last(said(marks, acked)), last(said(marks, begin)),
		setOf(said(marks, saved)), setOf(said(marks, renaming, slipping, inPlace)),
	}
}

// windowOf returns what may be there at all moments of a crash.
func windowOf(c *crash) window {
	first, last := windowAt(c.first), windowAt(c.last)
	return window{last.Acked, first.Begun, last.Saved, first.Edited}
}

// said returns the numbers that were said with one of the words.
func said(marks []string, words ...string) (numbers []int) {
	for _, mark := range marks {
		word, number, _ := strings.Cut(mark, " ")
		for _, w := range words {
			if n, err := strconv.Atoi(number); err == nil && w == word {
				numbers = append(numbers, n)
			}
		}
	}
	return numbers
}

func last(numbers []int) int {
	if len(numbers) == 0 {
		return 0
	}
	return numbers[len(numbers)-1]
}

func setOf(numbers []int) (s set) {
	for _, k := range numbers {
		s = s.with(k)
	}
	return s
}

// lookable is false while somebody writes the file in place: what is torn then is not
// the store's doing.
func lookable(marks []string) bool {
	return len(marks) == 0 || !strings.HasPrefix(marks[len(marks)-1], inPlace)
}

// checkArg says what to look at.
type checkArg struct {
	place
	Window  window
	Recover bool // also have the store go on from there
}

// checkResult is what was found on an image.
type checkResult struct {
	Commit        int
	InFile, Aside set // of the saved edits: in the file; only in the store's directory
	Violations    []violation
}

type violation struct {
	Kind breach
	Text string
}

// breach is a kind of violation.
type breach string

const (
	broken     breach = "file system broken"
	torn       breach = "torn, empty or missing"
	lostCommit breach = "acknowledged commit lost"
	early      breach = "content that nobody had written yet"
	lostEdit   breach = "edit lost"
	stuck      breach = "store does not go on"
	turnedBack breach = "recovery took something back"
	leftOver   breach = "temporary file left over"
)

// A checker looks at one image.
type checker struct {
	checkArg
	checkResult
	path string
}

// check is a role: it looks at an image and prints the result.
func check(arg []byte) error {
	c := &checker{}
	if err := json.Unmarshal(arg, &c.checkArg); err != nil {
		return err
	}
	c.path = filepath.Join(c.Mount, targetName)
	err := c.with(false, func() error { c.look(); return nil })
	if errors.Is(err, errMount) {
		c.violated(broken, "%v", err)
		err = nil
	}
	return errors.Join(err, json.NewEncoder(os.Stdout).Encode(c.checkResult))
}

func (c *checker) violated(kind breach, format string, args ...any) {
	c.Violations = append(c.Violations, violation{kind, fmt.Sprintf(format, args...)})
}

func (c *checker) look() {
	before, ok := c.target("after the cut")
	if !ok {
		return
	}
	c.Commit, c.InFile, c.Aside = before.commit, c.Window.Saved&before.edits, before.aside
	if c.Recover && len(c.Violations) == 0 {
		c.goOn(before)
	}
}

// A state is what the file holds, and which of the saved edits are only beside it.
type state struct {
	version
	aside set
}

// target reads the file, which must be a version that is legal.
func (c *checker) target(when string) (state, bool) {
	data, err := os.ReadFile(c.path)
	if err != nil {
		c.violated(torn, "%s: %v", when, err)
		return state{}, false
	}
	v, ok := parse(data)
	if !ok {
		c.violated(torn, "%s: %d bytes that are no version: %.60q", when, len(data), longText.ReplaceAll(data, []byte("$1...")))
		return state{}, false
	}
	w := c.Window
	if v.commit < w.Acked {
		c.violated(lostCommit, "%s: commit %d where %d was acknowledged", when, v.commit, w.Acked)
	}
	if v.commit > w.Begun {
		c.violated(early, "%s: commit %d where %d was the last to begin", when, v.commit, w.Begun)
	}
	if more := v.edits.without(w.Edited); more != 0 {
		c.violated(early, "%s: edits %v", when, more)
	}
	aside := c.kept(when) & w.Saved.without(v.edits)
	if lost := w.Saved.without(v.edits | aside); lost != 0 {
		c.violated(lostEdit, "%s: edits %v are nowhere", when, lost)
	}
	return state{v, aside}, true
}

// longText is what need not be shown of a version.
var longText = regexp.MustCompile(`(?m)^(program,[0-9]*,,).*$`)

// stateDir is where the store keeps what it displaced.
func stateDir(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".rowkeep")
}

// kept returns the edits in files of the state directory.
func (c *checker) kept(when string) (edits set) {
	err := filepath.WalkDir(stateDir(c.path), func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // no directory yet
		}
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if v, ok := parse(data); ok {
			edits |= v.edits
		}
		return err
	})
	if err != nil {
		c.violated(broken, "%s: %v", when, err)
	}
	return edits
}

// goOn has the store recover and commit, as the next program to start would, and once more
// as the one after that: what the first merged must not be merged again.
func (c *checker) goOn(before state) {
	for _, checked := range []bool{true, false} {
		if err := c.commit(checked); err != nil {
			c.violated(stuck, "%v", err)
			return
		}
		after, ok := c.target("after recovery")
		if !ok {
			return
		}
		if after.checked != checked || after.commit < before.commit || before.edits.without(after.edits) != 0 {
			c.violated(turnedBack, "from %+v to %+v", before.version, after.version)
		}
		c.tidy()
		before = after
	}
}

// commit opens the store, reads the file, and changes the row that is there for it.
func (c *checker) commit(checked bool) error {
	ctx := context.Background()
	opt, err := options()
	if err != nil {
		return err
	}
	s, err := store.Open(c.path, opt)
	if err != nil {
		return err
	}
	if _, ok := c.target("after Open"); !ok {
		return nil
	}
	if _, err := s.Snapshot(ctx); err != nil {
		return err
	}
	if _, err := s.Update(ctx, func(*store.Tx) error { return nil }); err != nil {
		return err
	}
	_, err = s.Update(ctx, func(tx *store.Tx) error {
		return tx.Set(csvrows.Key{"check"}, map[string]string{"value": strconv.FormatBool(checked)})
	})
	return err
}

// tidy reports what lies beside the file and belongs to nobody, and what has a name in the
// state directory that the store gives to no file that stays.
func (c *checker) tidy() {
	for dir, stays := range map[string]func(name string) bool{
		c.Mount:          func(name string) bool { return foreign[name] || name == filepath.Base(stateDir(c.path)) },
		stateDir(c.path): kept.MatchString,
	} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			c.violated(stuck, "%v", err)
		}
		for _, entry := range entries {
			if !stays(entry.Name()) {
				c.violated(leftOver, "%s", filepath.Join(dir, entry.Name()))
			}
		}
	}
}

// kept matches the names in the state directory of files that stay.
var kept = regexp.MustCompile(`^(\.gitignore|lock|log|whole-[0-9a-f]{16}|[0-9]+-[0-9a-f]{16}-[0-9a-f]{16})$`)

// foreign are the names in the file's directory that are not the store's.
var foreign = map[string]bool{targetName: true, "unrelated": true, "editor": true, "lost+found": true}
