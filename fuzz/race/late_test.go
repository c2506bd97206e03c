//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rowkeep/rowkeep/fuzz/internal/mounts"
)

// An editor whose open(2) has found the file, but has not yet said that it will write,
// holds up no lease and is seen by none. If it gets no time until a whole commit is over,
// it opens what was displaced, empties it and saves there. With plain that save is
// gone; the store merges it afterwards.
//
// It is forced: on a frozen file system the open waits exactly there (mnt_want_write in
// the kernel's do_open). After the thaw a thread of higher priority keeps the editor's
// processor from it until the commit has ended.
func TestLateOpener(t *testing.T) {
	for strategy, lost := range map[string]int{plainly: 1, rowkeep: 0} {
		t.Run(strategy, func(t *testing.T) {
			l := newLate(t, strategy)
			v := l.round(t, 0)
			for n := 1; !l.landed && n < mostRounds; n++ {
				v = l.round(t, n)
			}
			if !l.landed {
				t.Fatalf("in %d rounds the editor never opened what was displaced", mostRounds)
			}
			if len(v.lost) != lost || len(v.history) > 0 || len(v.torn) > 0 || v.gone {
				t.Errorf("%+v, want %d lost", v, lost)
			}
		})
	}
}

// mostRounds bounds the tries: the kernel lets the editor on after all where one commit
// takes longer than it lets a thread of high priority run (/proc/sys/kernel/sched_rt_runtime_us).
const mostRounds = 20

// late is a file system with a file, its committer, and an editor that has a processor to
// itself.
type late struct {
	mount  *mounts.Mount
	bench  *bench
	site   *site
	landed bool // the editor opened what was displaced, in the last round
}

func newLate(t *testing.T, strategy string) *late {
	t.Helper()
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil || !all.IsSet(0) || all.Count() < 2 {
		t.Skip("SKIPPED: there is no second processor: ", err)
	}
	m, err := mounts.Make("ext4")
	if errors.Is(err, mounts.ErrUnavailable) {
		t.Skip("SKIPPED: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	l := &late{mount: m, bench: &bench{settle: time.Millisecond}}
	t.Cleanup(func() { l.bench.close(); _ = m.Close() })
	if err := l.bench.staff(1); err != nil {
		t.Fatal(err)
	}
	if l.site, err = l.bench.newSite(t.Context(), m.Dir, cell{Strategy: strategy}); err != nil {
		t.Fatal(err)
	}
	others := all
	others.Clear(0)
	pin(t, os.Getpid(), others)
	t.Cleanup(func() { pin(t, os.Getpid(), all) })
	pin(t, l.editor(), first())
	return l
}

func (l *late) editor() int { return l.bench.hands[0].cmd.Process.Pid }

// first is the editor's processor.
func first() (set unix.CPUSet) {
	set.Set(0)
	return set
}

// pin gives all threads of a process their processors.
func pin(t *testing.T, pid int, to unix.CPUSet) {
	t.Helper()
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		if err == nil {
			err = unix.SchedSetaffinity(id, &to)
		}
		if err != nil && !errors.Is(err, unix.ESRCH) {
			t.Fatal(err)
		}
	}
}

// round has the editor stop in open, a commit run, and the editor go on.
func (l *late) round(t *testing.T, n int) verdict {
	t.Helper()
	s, h := l.site, l.bench.hands[0]
	o := order{Kind: "overwrite", Path: s.path, Key: fmt.Sprintf("ext-%d-0", n), Value: theirValue}
	ours := fmt.Sprintf("our-%d", n)
	if err := errors.Join(s.committer.begin(t.Context(), ours), h.ask(o)); err != nil {
		t.Fatal(err)
	}
	if _, err := h.hear(); err != nil {
		t.Fatal(err)
	}
	thaw := l.freeze(t)
	if err := h.ask(cue{At: time.Now().UnixNano()}); err != nil {
		t.Fatal(err)
	}
	l.waitForOpen(t)
	release := l.hold(t)
	thaw()
	if err := s.committer.commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	release()
	if _, err := h.hear(); err != nil {
		t.Fatal(err)
	}
	l.landed = !bytes.Contains(readFile(t, s.path), []byte(o.line()))
	if err := s.committer.finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s.file.judge(readFile(t, s.path), []order{o}, row(ours, ourValue), true, func(line string) bool { return inHistory(s.path, line) })
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// freeze stops all writing to the file system until thaw, which also comes with the test's
// end: nothing could unmount it else.
func (l *late) freeze(t *testing.T) (thaw func()) {
	t.Helper()
	const fifreeze, fithaw = 0xC0045877, 0xC0045878 // linux/fs.h
	dir, err := os.Open(l.mount.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetInt(int(dir.Fd()), fifreeze, 0); err != nil {
		_ = dir.Close()
		t.Skip("SKIPPED: a file system cannot be frozen here: ", err)
	}
	frozen := true
	thaw = func() {
		if frozen {
			frozen = false
			if err := errors.Join(unix.IoctlSetInt(int(dir.Fd()), fithaw, 0), dir.Close()); err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(thaw)
	return thaw
}

// waitForOpen waits until a thread of the editor sleeps in the kernel so that not even a
// signal wakes it.
func (l *late) waitForOpen(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", l.editor()))
		if err != nil {
			t.Fatal(err)
		}
		for _, thread := range threads {
			stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/stat", l.editor(), thread.Name()))
			if _, state, _ := strings.Cut(string(stat), ") "); err == nil && strings.HasPrefix(state, "D") {
				return
			}
		}
	}
	t.Fatal("the editor does not wait in open")
}

// hold keeps the editor's processor busy, with a priority above the editor's, until release.
func (l *late) hold(t *testing.T) (release func()) {
	t.Helper()
	cmd := exec.Command("sh", "-c", "while :; do :; done")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	release = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	t.Cleanup(release)
	pin(t, cmd.Process.Pid, first())
	if err := unix.SchedSetAttr(cmd.Process.Pid, &unix.SchedAttr{Policy: unix.SCHED_FIFO, Priority: 1}, 0); err != nil {
		t.Skip("SKIPPED: no thread can be put before others here: ", err)
	}
	return release
}
