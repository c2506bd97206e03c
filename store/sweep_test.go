//go:build linux

package store_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rowkeep/rowkeep/store"
)

// A fault is what a disk says that is full or broken, or the end of the process.
type fault struct {
	name, inject string // what strace is to do with the call
	// lasting: not only the call fails, but all behind it that can.
	lasting bool
	// can: which calls can fail like this; nil: all.
	can []string
}

// needRoom are the calls that make something, by kernel name: those that a full disk, or
// an exhausted quota, can refuse. Renames and attributes may need a block too.
var needRoom = []string{
	"openat", "mkdirat", "linkat", "write", "pwrite64", "ftruncate", "fallocate", "fsync",
	"renameat", "renameat2", "fsetxattr", "fchown", "fchmod",
}

// cleaners are calls that a commit makes only where something has failed.
var cleaners = []string{"unlinkat", "ftruncate", "renameat2", "getdents64", "linkat", "mkdirat"}

var faults = []fault{
	{"broken once", "error=EIO", false, nil},
	{"broken from here on", "error=EIO", true, nil},
	{"full once", "error=ENOSPC", false, needRoom},
	{"full from here on", "error=ENOSPC", true, needRoom},
	{"killed", kill, false, nil},
}

const kill = "signal=KILL"

// slipping is what the name of a file ends with that is renamed over the updater's in the
// middle of its update.
const slipping = "-slipping"

// second is what the second name of a file ends with, which makes commits write in place.
const second = "-second"

// slippedRow is what that file has and the other one has not.
const slippedRow = "slipped,7\n"

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// TestSweep lets each call of a commit fail, once, or with all calls behind it, or kills
// the process there ([TestKillAtEverySystemCall] does so in a commit that is alone). Under the race detector, which has nothing to find here, it takes a sample of them.
func TestSweep(t *testing.T) {
	t.Run("alone", func(t *testing.T) { sweep(t, faults[:len(faults)-1], func(*testing.T, string) {}) })
	t.Run("slipped", func(t *testing.T) {
		sweep(t, faults, func(t *testing.T, path string) {
			if err := os.WriteFile(path+slipping, []byte(traced(1)+slippedRow), 0o640); err != nil {
				t.Fatal(err)
			}
		})
	})
	t.Run("spare", func(t *testing.T) {
		sweep(t, faults, func(t *testing.T, path string) { keepSpares(t, path, 1, -2) })
	})
	t.Run("in place", func(t *testing.T) {
		sweep(t, faults, func(t *testing.T, path string) {
			if err := os.Link(path, path+second); err != nil {
				t.Skip("SKIPPED: no hard links here: ", err)
			}
		})
	})
}

// sweep traces an updater without a fault, and then lets each call of that trace fail.
func sweep(t *testing.T, faults []fault, prepare func(*testing.T, string)) {
	fresh := func(t *testing.T) string {
		t.Helper()
		path := put(t, traced(0))
		prepare(t, path)
		return path
	}
	path, calm := traceCalm(t, fresh)
	if calm.said != "committed" {
		t.Fatalf("without a fault it says %q", calm.said)
	}
	checkSwept(t, path, calm)
	every := fewer(t, 1, 5)
	// What comes before somebody slips in is the same without him.
	first := slices.IndexFunc(calm.all, sysCall.slips) + 1
	for i, call := range calm.all {
		if i < first || call.runtime || i%every > 0 {
			continue
		}
		for _, f := range faults {
			if f.can != nil && !slices.Contains(f.can, call.name) {
				continue
			}
			t.Run(fmt.Sprintf("%03d-%s/%s", i, call.plain, f.name), func(t *testing.T) {
				t.Parallel()
				path, run := traceAlike(t, calm.before, fresh, f.injections(calm, i)...)
				if !run.endsAt(i, calm, f) {
					t.Errorf("call %d did not fail of %v", i, run.all)
				}
				checkSwept(t, path, run)
			})
		}
	}
}

// endsAt reports that a run did the same as another one up to call i, at which there was a
// fault.
func (ct callTrace) endsAt(i int, calm callTrace, f fault) bool {
	same := func(a, b sysCall) bool { return a.plain == b.plain && !a.failed }
	if len(ct.all) <= i || !slices.EqualFunc(ct.all[:i], calm.all[:i], same) {
		return false
	}
	if f.inject == kill {
		return ct.said == "" && len(ct.all) == i+1
	}
	return ct.said != "" && ct.all[i].failed
}

// slip is what the call is named by which a file slips in.
const slip = "slip"

func (c sysCall) slips() bool { return c.plain == slip && c.name == "renameat" }

// injections are the arguments for strace that let call i of a trace fail.
func (f fault) injections(calm callTrace, i int) (args []string) {
	inject := func(name, more string) {
		nth := calm.before[name] + 1
		for _, call := range calm.all[:i] {
			if call.name == name {
				nth++
			}
		}
		args = append(args, "-e", fmt.Sprintf("inject=%s:%s:when=%d%s", name, f.inject, nth, more))
	}
	if !f.lasting {
		inject(calm.all[i].name, "")
		return args
	}
	names := slices.Clone(f.can)
	if names == nil {
		names = slices.Clone(cleaners)
		for _, call := range calm.all {
			if !call.runtime {
				names = append(names, call.name)
			}
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		switch {
		case name != "write":
			inject(name, "+")
		case calm.all[i].name == name: // Go's runtime writes too, to wake its poller, and gives up if it cannot
			inject(name, "")
		}
	}
	return args
}

// checkSwept looks at what a run with a fault has left: what the updater said is true, the
// history has what it says it has, and a commit without faults comes about, after which
// nothing is lost: neither the change, if it was made, nor what slipped in.
func checkSwept(t *testing.T, path string, run callTrace) {
	t.Helper()
	slipped := slices.ContainsFunc(run.all, sysCall.slips)
	opt := store.Options{InPlace: exists(path + second)}
	if opt.InPlace { // the next Open mends what is half written
		if _, err := store.Open(path, opt); err != nil {
			t.Fatal(err)
		}
	}
	got := read(t, path)
	n, whole := version(got)
	if !whole {
		t.Fatalf("no version of the file: %q", got)
	}
	want := map[string][]int{"": {1, 2}, "not committed": {1}, "committed": {2}, "committed, conflict pending": {2}, "outcome unknown": {1, 2}}[run.said]
	if !slices.Contains(want, n) {
		t.Errorf("it says %q, and the file is %q", run.said, got)
	}
	if run.said == "committed" && slipped && !strings.Contains(got, slippedRow) {
		t.Errorf("it says %q, and what slipped in is not in %q", run.said, got)
	}
	s, err := store.Open(path, opt)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Update(t.Context(), increment); err != nil {
		t.Fatalf("it said %q; the next update: %v", run.said, err)
	}
	after := read(t, path)
	m, whole := version(after)
	if !whole || m != n+1 && (run.said != "outcome unknown" || m != 3) {
		t.Errorf("it said %q, and the file was %q; after the next update it is %q", run.said, got, after)
	}
	if slipped && !strings.Contains(after, slippedRow) && !kept(t, s, slippedRow) {
		t.Errorf("it said %q; what slipped in is nowhere: %q", run.said, after)
	}
	for _, name := range []string{slipping, second, sparing} {
		_ = os.Remove(path + name) // if it is there
	}
	checkTidy(t, path)
}

// version reads how many updates are in the file; whole is false for what no version is.
func version(content string) (n int, whole bool) {
	_, _ = fmt.Sscanf(content, "id,n\ncounter,%d\n", &n) // else n is 0
	return n, n > 0 && (content == traced(n) || content == traced(n)+slippedRow)
}

// kept looks for a text in all versions of the history.
func kept(t *testing.T, s *store.Store, text string) bool {
	t.Helper()
	versions, err := s.Contents()
	if err != nil {
		t.Fatal(err)
	}
	for _, content := range versions {
		if bytes.Contains(content, []byte(text)) {
			return true
		}
	}
	return false
}
