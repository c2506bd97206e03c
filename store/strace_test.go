//go:build linux

package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rowkeep/rowkeep/store"
)

// TestSystemCalls compares what a commit costs, by strace, with the list in the package
// comment, so that neither changes without the other.
func TestSystemCalls(t *testing.T) {
	want := documented(t)
	path := put(t, traced(0))
	got := trace(t, path).inside
	if !slices.Equal(got, want) {
		t.Errorf("an Update makes these calls:\n\t%s\nthe package comment says:\n\t%s", strings.Join(got, ", "), strings.Join(want, ", "))
	}
	if got := read(t, path); got != traced(2) {
		t.Errorf("%q, want %q", got, traced(2))
	}
}

// TestKillAtEverySystemCall kills a commit at each of its calls, before the call does
// anything: what stands in the file is the old version up to the commit point, and the
// new one behind it.
func TestKillAtEverySystemCall(t *testing.T) {
	calls := documented(t)
	commitPoint := slices.Index(calls, "exchange")
	if commitPoint < 0 {
		t.Fatalf("no commit point in %v", calls)
	}
	atEachCall(t, calls, "signal=KILL", func(t *testing.T, path string, i int, killed callTrace) {
		if !slices.Equal(killed.inside, calls[:i+1]) {
			t.Fatalf("killed behind %v, want %v", killed.inside, calls[:i+1])
		}
		n := 1
		if i > commitPoint {
			n = 2
		}
		if got := read(t, path); got != traced(n) {
			t.Errorf("%q, want %q", got, traced(n))
		}
		s, err := store.Open(path, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Update(t.Context(), increment); err != nil {
			t.Fatal(err)
		}
		if got := read(t, path); got != traced(n+1) {
			t.Errorf("%q, want %q", got, traced(n+1))
		}
		checkTidy(t, path)
	})
}

// TestFailAtEverySystemCall lets the system refuse each call of a commit. What the error
// says of the outcome must be true then, and nothing may lie about; a commit that needs
// the call not so much may come about.
func TestFailAtEverySystemCall(t *testing.T) {
	calls := documented(t)
	atEachCall(t, calls, "error=EIO", func(t *testing.T, path string, i int, failed callTrace) {
		if len(failed.inside) <= i || !slices.Equal(failed.inside[:i+1], calls[:i+1]) {
			t.Fatalf("refused behind %v, want %v", failed.inside, calls[:i+1])
		}
		if found := temporary(t, path); len(found) > 0 {
			t.Errorf("left over: %v", found)
		}
		want := map[string]int{"committed": 2, "not committed": 1, "outcome unknown": 2}[failed.said]
		if got := read(t, path); want == 0 || got != traced(want) {
			t.Errorf("it says %q, and the file is %q", failed.said, got)
		}
		t.Logf("it says %q", failed.said)
		checkTidy(t, path)
	})
}

// atEachCall injects a fault into each call of a commit, in a run of its own.
func atEachCall(t *testing.T, calls []string, fault string, check func(t *testing.T, path string, i int, run callTrace)) {
	t.Helper()
	before := trace(t, put(t, traced(0))).before
	nth := map[string]int{} // of the calls of one name in the kernel
	for i, call := range calls {
		name := kernelName(call)
		nth[name]++
		t.Run(fmt.Sprintf("%02d-%s", i+1, call), func(t *testing.T) {
			path := put(t, traced(0))
			check(t, path, i, trace(t, path, "-e", fmt.Sprintf("inject=%s:%s:when=%d", name, fault, before[name]+nth[name])))
		})
	}
}

// traced is the file after so many updates.
func traced(n int) string { return fmt.Sprintf("id,n\ncounter,%d\nlast,0\n", n) }

func increment(tx *store.Tx) error {
	n, err := number(tx.Table, "counter", "n")
	if err != nil {
		return err
	}
	return setNumber(tx.Table, "counter", "n", n+1)
}

// marker is a name that nothing has. Looking for it marks a place in the trace.
const marker = "/rowkeep/marker"

// updater makes two updates, the second one between markers: that of a running store. It
// says what came of that.
func updater(args []string) error {
	s, err := store.Open(args[0], store.Options{})
	if err != nil {
		return err
	}
	if _, err := s.Update(context.Background(), increment); err != nil {
		return err
	}
	time.Sleep(50 * time.Millisecond) // so that a change is old enough for its time to tell it from others
	_, _ = os.Stat(marker)
	_, err = s.Update(context.Background(), increment)
	_, _ = os.Stat(marker)
	said := "committed"
	if err != nil {
		said = store.NotCommitted.String()
	}
	if failed, ok := errors.AsType[*store.CommitError](err); ok {
		said = failed.Outcome.String()
	}
	fmt.Println(said)
	return nil
}

func init() {
	roles["updater"] = updater
	if os.Getenv(roleVariable) == "updater" {
		runtime.LockOSThread() // strace counts, and the trace tells, by thread
	}
}

// documented reads the list out of the package comment.
func documented(t *testing.T) (calls []string) {
	t.Helper()
	_, list, found := strings.Cut(read(t, "doc.go"), "// # What a commit costs\n")
	if !found {
		t.Fatal("doc.go does not tell what a commit costs")
	}
	// A line is a step, two spaces or more, and calls with commas between; remarks stand
	// in parentheses, and behind a colon.
	line := regexp.MustCompile(`(?m)^//\t\S+( \S+)*  +([^:\n]*)`)
	remark := regexp.MustCompile(` *\([^)]*\)`)
	for _, m := range line.FindAllStringSubmatch(list, -1) {
		calls = append(calls, strings.Split(remark.ReplaceAllString(m[2], ""), ", ")...)
	}
	if len(calls) < 10 {
		t.Fatalf("doc.go lists no more calls than %q", calls)
	}
	return calls
}

// plainNames are the names in the package comment of calls that the kernel has in
// another form. What differs by architecture stands there too.
var plainNames = map[string]string{
	"openat": "open", "readlinkat": "readlink", "newfstatat": "fstatat", "fstatat64": "fstatat",
	"pread64": "pread", "pwrite64": "pwrite", "unlinkat": "unlink",
}

// kernelName is the reverse, where there is one for sure.
func kernelName(call string) string {
	if call == "exchange" {
		return "renameat2"
	}
	for _, name := range []string{"openat", "readlinkat", "newfstatat", "pread64", "pwrite64"} {
		if plainNames[name] == call {
			return name
		}
	}
	return call
}

// runtimeCalls are those of Go's runtime: its scheduler, memory, signals and poller.
var runtimeCalls = regexp.MustCompile(`^(futex|nanosleep|clock_.*|epoll_.*|eventfd2|fcntl|madvise|mmap|munmap|mprotect|rt_sig.*|sigaltstack|tgkill|getpid|gettid|sched_.*|clone3?|restart_syscall)$`)

// A call trace is what the updater's thread did.
type callTrace struct {
	before map[string]int // how often it made each call before the first marker, by kernel name
	inside []string       // the calls between the markers, or behind the first one
	said   string         // what the updater says came of it; empty if it was killed
}

// trace runs the updater under strace. It skips the test where there is no strace or
// where it may not trace.
func trace(t *testing.T, path string, flags ...string) callTrace {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("SKIPPED: no strace here: ", err)
	}
	if out, err := exec.Command(strace, "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: strace may not trace here: %v\n%s", err, out)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "trace")
	cmd := exec.Command(strace, append(append([]string{"-f", "-o", file}, flags...), "--", self, path)...)
	cmd.Env = environment("updater")
	var said, wrong strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &wrong
	if err := cmd.Run(); wrong.Len() > 0 || err != nil && len(flags) == 0 {
		t.Fatalf("%v\n%s", err, &wrong)
	}
	ct := readTrace(t, read(t, file))
	ct.said = strings.TrimSpace(said.String())
	return ct
}

// readTrace reads lines like
//
//	4711 openat(AT_FDCWD, "config.csv", O_RDONLY|O_CLOEXEC) = 3
func readTrace(t *testing.T, text string) callTrace {
	t.Helper()
	mark := regexp.MustCompile(`(?m)^(\d+) +newfstatat\([^"]*"` + marker + `"|^(\d+) +stat(x|64)?\([^"]*"` + marker + `"`)
	first := mark.FindStringSubmatch(text)
	if first == nil {
		t.Fatalf("no marker in the trace:\n%s", text)
	}
	ct := callTrace{before: map[string]int{}}
	behind := false
	line := regexp.MustCompile(`(?m)^` + first[1] + first[2] + ` +(\w+)\((.*)`)
	for _, m := range line.FindAllStringSubmatch(text, -1) {
		name := m[1]
		switch {
		case strings.Contains(m[2], `"`+marker+`"`):
			if behind {
				return ct
			}
			behind = true
			ct.before[name]++
		case !behind:
			ct.before[name]++
		case !runtimeCalls.MatchString(name):
			if plain, ok := plainNames[name]; ok {
				name = plain
			}
			if strings.Contains(m[2], "RENAME_EXCHANGE") {
				name = "exchange"
			}
			ct.inside = append(ct.inside, name)
		}
	}
	if !behind {
		t.Fatalf("no marker in the trace:\n%s", text)
	}
	return ct
}
