//go:build linux

package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/internal/tune"
	"github.com/rowkeep/rowkeep/store"
)

// TestSystemCalls compares what a commit costs, by strace, with the list in the package
// comment, so that neither changes without the other.
func TestSystemCalls(t *testing.T) {
	want := documented(t, withoutSpare)
	path := put(t, traced(0))
	got := trace(t, path).inside
	if !slices.Equal(got, want) {
		t.Errorf("an Update makes these calls:\n\t%s\nthe package comment says:\n\t%s", strings.Join(got, ", "), strings.Join(want, ", "))
	}
	if got := read(t, path); got != traced(2) {
		t.Errorf("%q, want %q", got, traced(2))
	}
}

// TestSystemCallsWithSpare compares what a commit costs that writes to a spare.
func TestSystemCallsWithSpare(t *testing.T) {
	want := documented(t, withSpare)
	path := put(t, traced(0))
	keepSpares(t, path, 3, 1)
	if got := trace(t, path).inside; !slices.Equal(got, want) {
		t.Errorf("an Update makes these calls:\n\t%s\nthe package comment says:\n\t%s", strings.Join(got, ", "), strings.Join(want, ", "))
	}
}

// TestKillAtEverySystemCall kills a commit at each of its calls, before the call does
// anything: what stands in the file is the old version up to the commit point, and the
// new one behind it.
func TestKillAtEverySystemCall(t *testing.T) {
	calls := documented(t, withoutSpare)
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
	calls := documented(t, withoutSpare)
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

// records are what a recorder can do, and how often it must sync the log: what a power cut
// takes from that is put back from what a commit displaced, or else it must not be taken.
var records = map[string]int{"update": 0, "create": 1, "in place": 1, "accept": 1}

// TestLogIsSynced counts by strace.
func TestLogIsSynced(t *testing.T) {
	for what, want := range records {
		t.Run(what, func(t *testing.T) {
			path := put(t, traced(0))
			if what == "create" {
				path += ".new"
			}
			text, status, wrong := straced(t, "recorder", []string{"-y", "-e", "trace=fsync"}, path, what)
			if got := strings.Count(text, ".rowkeep/log>"); status != 0 || got != want {
				t.Errorf("exit status %d, %s; the log was synced %d times, want %d:\n%s", status, wrong, got, want, text)
			}
		})
	}
}

// TestSparesOnDisk sees by strace what is on disk before a spare is made and written to: the
// log, which alone tells then what was in it; the spare's name; and what was written, before
// it takes the file's place.
func TestSparesOnDisk(t *testing.T) {
	text, status, wrong := straced(t, "recorder", []string{"-y", "-e", "trace=fsync,fdatasync,renameat2"}, put(t, traced(0)), "spare")
	if status != 0 {
		t.Fatalf("exit status %d, %s", status, wrong)
	}
	var order strings.Builder
	call := regexp.MustCompile(`fsync\(\d+<[^>]*/\.temp|(fdatasync\()|(config\.csv", RENAME_EXCHANGE)|(fsync\(\d+<[^>]*\.rowkeep/log>)|(rowkeep/spare\d+", RENAME_NO)|(fsync\(\d+<[^>]*\.rowkeep>)|("[^"]*rowkeep/spare\d+", AT)`)
	for _, m := range call.FindAllStringSubmatchIndex(text, -1) {
		which := 0
		for i := 1; i < len(m)/2; i++ {
			if m[2*i] >= 0 {
				which = i
			}
		}
		order.WriteByte("NDXLSdR"[which])
	}
	// New, eXchange; Log, Spare made, directory; Data, Renamed.
	if got, want := order.String(), "NX"+"NXLS"+"NXdLS"+"DRXdLS"; got != want {
		t.Errorf("%s, want %s:\n%s", got, want, text)
	}
}

// TestChangeBackOnDisk: once the names have changed back, that is on disk too, as the commit may
// fail after all. Who waits for the lease does not wait for the disk.
func TestChangeBackOnDisk(t *testing.T) {
	text, status, wrong := straced(t, "recorder", []string{"-y", "-e", "trace=fsync,renameat2,fcntl"}, put(t, traced(0)), "change back")
	if status != 0 {
		t.Fatalf("exit status %d, %s", status, wrong)
	}
	var order strings.Builder
	for _, m := range regexp.MustCompile(`(config\.csv", RENAME_EXCHANGE)|(F_SETLEASE, F_UNLCK)|fsync\(\d+<[^>]*/001>`).FindAllStringSubmatch(text, -1) {
		switch {
		case m[1] != "":
			order.WriteByte('X')
		case m[2] != "":
			order.WriteByte('U')
		default:
			order.WriteByte('D')
		}
	}
	if got, want := order.String(), regexp.MustCompile(`^U*XXU+DU*XU+D$`); !want.MatchString(got) {
		t.Errorf("exchanges, ends of leases, and syncs: %s, want %s:\n%s", got, want, text)
	}
}

// TestLogCannotBeSynced: a commit that fails at that has not been. The next one does not take
// it for one, and makes it again.
func TestLogCannotBeSynced(t *testing.T) {
	path := put(t, traced(0)) + ".new"
	_, status, wrong := straced(t, "recorder", []string{"-e", "trace=fsync", "-e", "inject=fsync:error=EIO:when=2"}, path, "create")
	if status != 1 || exists(path) {
		t.Errorf("exit status %d, %s; there is a file: %t", status, wrong, exists(path))
	}
	s, err := store.Open(path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if h, err := s.History(); err != nil || len(h) > 0 {
		t.Errorf("history %+v (%v)", h, err)
	}
}

// recorder opens a store on a file, and does something with it once.
func recorder(args []string) error {
	path, what := args[0], args[1]
	opt := store.Options{}
	edit := increment
	switch what {
	case "create":
		opt.Create = []string{"id", "n"}
		edit = func(tx *store.Tx) error { return tx.Append(csvrows.Key{"last"}, map[string]string{"n": "0"}) }
	case "in place":
		opt.InPlace = true
		if err := os.Link(path, path+second); err != nil {
			return err
		}
	}
	s, err := store.Open(path, opt)
	if err != nil {
		return err
	}
	if what == "change back" {
		s.At("exchange", func() { _, _ = os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0) }) // it says that it would wait
	}
	if what == "spare" {
		tune.Store = tune.Shelf{LookBack: 1, Spares: 1}
		for range 3 {
			if _, err := s.Update(context.Background(), edit); err != nil {
				return err
			}
		}
	}
	if what != "accept" {
		_, err := s.Update(context.Background(), edit)
		return err
	}
	if _, err := s.Update(context.Background(), edit); err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte("id,n\nlast,0\n"), 0o600); err != nil {
		return err
	}
	return s.Accept(context.Background())
}

// TestAttributesVanish: on FUSE a file that somebody renames another one over has no
// attributes any more at the very moment. That is a change like others.
func TestAttributesVanish(t *testing.T) {
	fresh := func(t *testing.T) string { t.Helper(); return put(t, traced(0)) }
	_, calm := traceCalm(t, fresh)
	path, run := traceAlike(t, calm.before, fresh, "-e", fmt.Sprintf("inject=flistxattr:error=ENOENT:when=%d", calm.before["flistxattr"]+2))
	if got := read(t, path); run.said != "committed" || got != traced(2) {
		t.Errorf("it says %q, and the file is %q", run.said, got)
	}
	checkTidy(t, path)
}

// atEachCall injects a fault into each call of a commit, in a run of its own.
func atEachCall(t *testing.T, calls []string, fault string, check func(t *testing.T, path string, i int, run callTrace)) {
	t.Helper()
	fresh := func(t *testing.T) string { t.Helper(); return put(t, traced(0)) }
	_, calm := traceCalm(t, fresh)
	before := calm.before
	nth := map[string]int{} // of the calls of one name in the kernel
	for i, call := range calls {
		name := kernelName(call)
		nth[name]++
		inject := fmt.Sprintf("inject=%s:%s:when=%d", name, fault, before[name]+nth[name])
		t.Run(fmt.Sprintf("%02d-%s", i+1, call), func(t *testing.T) {
			t.Parallel()
			path, run := traceAlike(t, before, fresh, "-e", inject)
			check(t, path, i, run)
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

// keepSpares has an updater of a file make so many spares at once, of what the last commit
// but one displaced and those before it: its commit between the markers writes to one. If
// it is 1, that commit makes one as well. The file begins as it is after so many updates.
func keepSpares(t *testing.T, path string, n, updates int) {
	t.Helper()
	err := errors.Join(os.WriteFile(path, []byte(traced(updates)), 0o600), os.WriteFile(path+sparing, []byte(strconv.Itoa(n)), 0o600))
	if err != nil {
		t.Fatal(err)
	}
}

// sparing is what the name of a file ends with that says how many.
const sparing = "-sparing"

// updater makes two updates, the second one between markers: that of a running store. Its
// exit status says what came of that, as it may have no call left to write by. Its second
// argument, if any, is a file that somebody renames over the first in that update, between
// the last look and the commit point.
func updater(args []string) error {
	growOld() // the first update, too, makes the same calls each time
	before := 1
	if n, err := os.ReadFile(args[0] + sparing); err == nil {
		tune.Store = tune.Shelf{LookBack: 1, Spares: int(n[0] - '0')}
		before += tune.Store.Spares + 1
	}
	s, err := store.Open(args[0], store.Options{Wait: 5 * time.Second, InPlace: exists(args[0] + second)})
	if err != nil {
		return err
	}
	for range before {
		if _, err := s.Update(context.Background(), increment); err != nil {
			return err
		}
		growOld()
	}
	if len(args) > 1 {
		s.At("exchange", func() {
			_ = os.Rename(args[1], args[0]) // the trace tells whether it came to that
			s.At("sync directory", growOld)
		})
	}
	_, _ = os.Stat(marker)
	_, err = s.Update(context.Background(), increment)
	_, _ = os.Stat(marker)
	if err == nil {
		os.Exit(saidCommitted)
	}
	failed, _ := errors.AsType[*store.CommitError](err)
	if failed == nil {
		failed = &store.CommitError{}
	}
	os.Exit(saidCommitted + 1 + int(failed.Outcome))
	return nil
}

// growOld waits until a change is old enough for its time to tell it from others: the next
// look makes the same calls then, however busy the machine is. By the system call, as Go's
// own may make others.
func growOld() {
	span := syscall.NsecToTimespec(int64(50 * time.Millisecond))
	for syscall.Nanosleep(&span, &span) != nil { // woken early, it sleeps for the rest
	}
}

// saidCommitted is the updater's exit status if it has committed. Behind it come those of
// the outcomes.
const saidCommitted = 10

// said reads the updater's exit status; "" if it was killed.
func said(status int) string {
	switch status -= saidCommitted; {
	case status == 0:
		return "committed"
	case status > 0:
		return store.Outcome(status - 1).String()
	}
	return ""
}

func init() {
	roles["updater"] = updater
	roles["recorder"] = recorder
	if role := os.Getenv(roleVariable); role == "updater" || role == "recorder" {
		runtime.LockOSThread() // strace counts, and the trace tells, by thread
	}
}

// The lists of the package comment: of a commit that makes a file, and which of its steps are
// others in one that writes to a spare.
const (
	withoutSpare = "// # What a commit costs\n"
	withSpare    = "// With a spare two of the steps are others:\n"
)

// documented reads a list out of the package comment.
func documented(t *testing.T, list string) (calls []string) {
	t.Helper()
	_, text, found := strings.Cut(read(t, "doc.go"), withoutSpare)
	text, others, foundOthers := strings.Cut(text, withSpare)
	if !found || !foundOthers {
		t.Fatal("doc.go does not tell what a commit costs")
	}
	steps := readSteps(text)
	if list == withSpare {
		for _, other := range readSteps(others) {
			i := slices.IndexFunc(steps, func(s step) bool { return s.name == other.name })
			if i < 0 {
				t.Fatalf("doc.go lists a step %s with a spare only", other.name)
			}
			steps[i] = other
		}
	}
	for _, s := range steps {
		calls = append(calls, s.calls...)
	}
	if len(calls) < 10 {
		t.Fatalf("doc.go lists no more calls than %q", calls)
	}
	return calls
}

// A step of a commit, and its calls.
type step struct {
	name  string
	calls []string
}

// readSteps reads lines: a step, two spaces or more, and calls with commas between; remarks
// stand in parentheses, and behind a colon.
func readSteps(text string) (steps []step) {
	line := regexp.MustCompile(`(?m)^//\t(\S+(?: \S+)*)  +([^:\n]*)`)
	remark := regexp.MustCompile(` *\([^)]*\)`)
	for _, m := range line.FindAllStringSubmatch(text, -1) {
		steps = append(steps, step{m[1], strings.Split(remark.ReplaceAllString(m[2], ""), ", ")})
	}
	return steps
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
	all    []sysCall      // the same, with leases, and all fcntl(2)
	said   string         // what the updater says came of it; empty if it was killed
}

// injected is how strace marks a call that it let fail.
const injected = "(INJECTED)"

// A sysCall is a call as the kernel names it, and as the package comment does.
type sysCall struct {
	name, plain string
	runtime     bool // made by Go's runtime, not by the store
	failed      bool // because strace saw to it
}

// trace runs the updater under strace. It skips the test where there is no strace or
// where it may not trace.
func trace(t *testing.T, path string, flags ...string) callTrace {
	t.Helper()
	args := []string{path}
	if slipped := path + slipping; exists(slipped) {
		args = append(args, slipped)
	}
	text, status, wrong := straced(t, "updater", flags, args...)
	what := said(status)
	if wrong != "" || what == "" && len(flags) == 0 {
		t.Fatalf("exit status %d\n%s", status, wrong)
	}
	ct := readTrace(t, text)
	ct.said = what
	return ct
}

// traceAlike runs the updater under strace, on files that prepare makes, until it has made
// the same calls before the marker as it did in another run: a fault is injected by their
// number. It gives up after some runs, and returns the last.
func traceAlike(t *testing.T, before map[string]int, prepare func(*testing.T) string, flags ...string) (path string, run callTrace) {
	t.Helper()
	for range 10 {
		path = prepare(t)
		run = trace(t, path, flags...)
		if maps.Equal(ofStore(run.before), ofStore(before)) {
			break
		}
	}
	return path, run
}

// traceCalm runs the updater without a fault, until two runs one after the other made the
// same calls before the marker; the times of files can make a look at one more or less.
func traceCalm(t *testing.T, prepare func(*testing.T) string) (path string, run callTrace) {
	t.Helper()
	return traceAlike(t, trace(t, prepare(t)).before, prepare)
}

// ofStore leaves out what Go's runtime does by itself.
func ofStore(calls map[string]int) map[string]int {
	calls = maps.Clone(calls)
	maps.DeleteFunc(calls, func(name string, _ int) bool { return name != "fcntl" && runtimeCalls.MatchString(name) })
	return calls
}

// straced runs a role under strace. wrong is what one of them says.
func straced(t *testing.T, role string, flags []string, args ...string) (trace string, status int, wrong string) {
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
	cmd := exec.Command(strace, slices.Concat([]string{"-f", "-o", file}, flags, []string{"--", self}, args)...)
	cmd.Env = environment(role)
	var says strings.Builder
	cmd.Stderr = &says
	_ = cmd.Run() // its status tells
	return read(t, file), cmd.ProcessState.ExitCode(), says.String()
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
	line := regexp.MustCompile(`(?m)^` + first[1] + first[2] + ` +(?:(\w+)\(|<\.\.\. \w+ resumed>)(.*)`)
	for _, m := range line.FindAllStringSubmatch(text, -1) {
		name := m[1]
		switch {
		case name == "": // the end of the last call
			if n := len(ct.all); n > 0 && strings.HasSuffix(m[2], injected) {
				ct.all[n-1].failed = true
			}
		case strings.Contains(m[2], `"`+marker+`"`):
			if behind {
				return ct
			}
			behind = true
			ct.before[name]++
		case !behind:
			ct.before[name]++
		default:
			call := readCall(name, m[2])
			if !call.runtime || call.name == "fcntl" || call.plain == slip { // of fcntl the store makes some too
				ct.all = append(ct.all, call)
			}
			if !call.runtime && call.name != "fcntl" {
				ct.inside = append(ct.inside, call.plain)
			}
		}
	}
	if !behind {
		t.Fatalf("no marker in the trace:\n%s", text)
	}
	return ct
}

func (c sysCall) String() string { return c.plain }

// readCall reads one call behind the first marker.
func readCall(name, rest string) sysCall {
	lease := strings.Contains(rest, "F_SETLEASE") || strings.Contains(rest, "F_GETLEASE")
	call := sysCall{name: name, plain: name, runtime: runtimeCalls.MatchString(name) && !lease}
	if plain, ok := plainNames[name]; ok {
		call.plain = plain
	}
	if strings.Contains(rest, "RENAME_EXCHANGE") {
		call.plain = "exchange"
	}
	if lease {
		call.plain = "lease"
	}
	if strings.Contains(rest, slipping+`"`) { // somebody else's
		call.plain, call.runtime = slip, true
	}
	call.failed = strings.HasSuffix(rest, injected)
	return call
}
