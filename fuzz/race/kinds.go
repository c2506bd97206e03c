//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// A kind is a way in which programs write files.
type kind struct {
	name string
	pace pace
	// whole: it loads the file, and saves its whole buffer. Two of them would overwrite
	// each other, which is no fault of a store, so several take turns by a lock of their
	// own.
	whole bool
	// prepare is what happens ahead of the edit: a file is opened, and held. It returns
	// the edit.
	prepare func(o order) (edit func() error, err error)
	needs   string // the program that must be installed, if any
}

// pace says how long an edit takes, and so how many rounds are run.
type pace int

const (
	fast pace = iota // microseconds
	slow             // it pauses in the middle
	tool             // a process is started
)

var kinds = []kind{
	{name: "rename", whole: true, prepare: now(renameOver)},
	{name: "append", prepare: now(appendRow)},
	{name: "overwrite", whole: true, prepare: now(overwrite)},
	{name: "hold", prepare: hold},
	{name: "mmap", prepare: mapShared},
	{name: "truncate", pace: slow, whole: true, prepare: now(truncate)},
	{name: "recreate", pace: slow, whole: true, prepare: now(recreate)},
	{name: "vim", pace: tool, whole: true, prepare: now(vim), needs: "vim"},
	{name: "sed", pace: tool, whole: true, prepare: now(sed), needs: "sed"},
	{name: "python", pace: tool, whole: true, prepare: now(python), needs: "python3"},
}

// mixes are sets of three writers of different kinds.
var mixes = map[string][]string{
	"in-place": {"append", "hold", "mmap"},
	"any":      {"rename", "append", "truncate"},
}

// opener is the one for -opens: it edits nothing.
var opener = kind{name: "open", prepare: now(open)}

func findKind(name string) (kind, bool) {
	if name == opener.name {
		return opener, true
	}
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == name })
	if i < 0 {
		return kind{}, false
	}
	return kinds[i], true
}

// team returns the kinds of the writers that work at once in a cell. They take turns if
// one of them saves whole buffers.
func team(name string, writers int) (members []kind, turns bool, err error) {
	names := mixes[name]
	if names == nil {
		names = slices.Repeat([]string{name}, writers)
	}
	for _, name := range names {
		k, ok := findKind(name)
		if !ok {
			return nil, false, fmt.Errorf("no kind of writer is called %q", name)
		}
		members = append(members, k)
		turns = turns || k.whole && len(names) > 1
	}
	return members, turns, nil
}

// paceOf is the pace of the slowest.
func paceOf(members []kind) pace {
	p := fast
	for _, k := range members {
		p = max(p, k.pace)
	}
	return p
}

// now is for kinds that do nothing ahead of the edit.
func now(edit func(order) error) func(order) (func() error, error) {
	return func(o order) (func() error, error) {
		return func() error { return edit(o) }, nil
	}
}

// renameOver writes a new file and renames it over the old, as careful editors do.
func renameOver(o order) error {
	data, err := os.ReadFile(o.Path)
	if err != nil {
		return err
	}
	temp := filepath.Join(filepath.Dir(o.Path), fmt.Sprintf("edit-%d", os.Getpid()))
	if err := os.WriteFile(temp, append(data, o.line()...), 0o640); err != nil {
		return err
	}
	return os.Rename(temp, o.Path)
}

func appendRow(o order) error {
	edit, err := hold(o)
	if err != nil {
		return err
	}
	return edit()
}

// overwrite loads the file, and empties it as it opens it, but makes none. So its open(2)
// has found the file before it asks whether it may write there.
func overwrite(o order) error {
	data, err := os.ReadFile(o.Path)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(o.Path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(append(data, o.line()...))
	return errors.Join(err, f.Close())
}

// hold keeps the file open, and appends late.
func hold(o order) (func() error, error) {
	f, err := os.OpenFile(o.Path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, err
	}
	return func() error {
		_, err := f.WriteString(o.line())
		if closed := f.Close(); err == nil {
			err = closed
		}
		return err
	}, nil
}

// mapShared maps the file, closes it, and stores into a cell late. Every other time the
// page is dirty already, so that the late store causes no fault, and no time stamp moves.
func mapShared(o order) (func() error, error) {
	f, err := os.OpenFile(o.Path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	page, err := syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	at := bytes.Index(page, []byte(o.Key+","))
	if at < 0 {
		return nil, fmt.Errorf("%s has no row %s", o.Path, o.Key)
	}
	cell := page[at+len(o.Key)+1:][:len(o.Value)]
	if rand.N(2) == 0 {
		copy(cell, bytes.Clone(cell))
	}
	return func() error {
		copy(cell, o.Value)
		return syscall.Munmap(page)
	}, nil
}

// truncate empties the file and writes it slowly, as editors do that write in place.
func truncate(o order) error {
	data, err := os.ReadFile(o.Path)
	if err != nil {
		return err
	}
	return writeSlowly(o, append(data, o.line()...))
}

// recreate moves the file away and writes a new one slowly, as vim does.
func recreate(o order) error {
	data, err := os.ReadFile(o.Path)
	if err != nil {
		return err
	}
	backup := o.Path + "~"
	if err := os.Rename(o.Path, backup); err != nil {
		return err
	}
	time.Sleep(rand.N(time.Millisecond))
	if err := writeSlowly(o, append(data, o.line()...)); err != nil {
		return err
	}
	return os.Remove(backup)
}

// writeSlowly writes in three pieces, with pauses longer than what the store waits for a
// file to settle that nobody has open. Half of the pieces end with a line.
func writeSlowly(o order, data []byte) error {
	f, err := os.OpenFile(o.Path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	for _, n := range cuts(data) {
		time.Sleep(rand.N(o.Pause))
		if _, err := f.Write(data[:n]); err != nil {
			return err
		}
		data = data[n:]
	}
	return f.Close()
}

// cuts returns the lengths of three pieces.
func cuts(data []byte) []int {
	first := rand.N(len(data))
	second := first + rand.N(len(data)-first)
	if end := bytes.IndexByte(data[first:], '\n'); rand.N(2) == 0 && first+end < second {
		first += end + 1
	}
	return []int{first, second - first, len(data) - second}
}

// vim saves by moving the file away, wherever the file lies. Where the file has changed
// since it loaded it, it asks, even with the exclamation mark; yes is the answer.
func vim(o order) error {
	return run("y\n", "vim", "-Nu", "NONE", "-i", "NONE", "-n", "-V1", "-es", "--cmd", "set backupskip=",
		"-c", "call append(line('$'), '"+o.row()+"')", "-c", "wq!", o.Path)
}

func sed(o order) error {
	return run("", "sed", "-i", "$a "+o.row(), o.Path)
}

const script = `import sys
path, line = sys.argv[1:]
text = open(path, newline="").read()
with open(path, "w", newline="") as f:
    f.write(text + line + "\n")
`

func python(o order) error {
	// The system's own, where there is one: what is first in PATH may be a script that
	// looks for another.
	name := "/usr/bin/python3"
	if _, err := os.Stat(name); err != nil {
		name = "python3"
	}
	return run("", name, "-c", script, o.Path, o.row())
}

func run(stdin, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Stdin = strings.NewReader(stdin)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out.Bytes())
	}
	return nil
}
