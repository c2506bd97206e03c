package store_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// roles are what the test binary is when a test starts it as a process of its own:
// a program that uses the store, or one that knows nothing of it. A role gets its
// arguments; what it returns goes to its standard error and makes it exit with 1.
var roles = map[string]func(args []string) error{
	"adder":     adder,
	"summer":    summer,
	"row-owner": rowOwner,
	"editor":    editor,
	"flipper":   flipper,
}

const roleVariable = "ROWKEEP_TEST_ROLE"

func TestMain(m *testing.M) {
	name, given := os.LookupEnv(roleVariable)
	if !given {
		os.Exit(m.Run())
	}
	role, ok := roles[name]
	if !ok {
		fmt.Fprintf(os.Stderr, "no role %q\n", name)
		os.Exit(2)
	}
	if err := role(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

// A process plays a role. It is asked by lines on its standard input, and answers by
// lines.
type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Scanner
	stderr *strings.Builder
}

// start starts a process. The test kills it if it outlives it.
func start(t *testing.T, role string, args ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(self, args...), stderr: &strings.Builder{}}
	p.cmd.Env = environment(role)
	p.cmd.Stderr = p.stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewScanner(out)
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // an error where it has ended, as it should have
		_ = p.cmd.Wait()
	})
	return p
}

// environment makes a process play a role. With the race detector it would sleep for a
// second before it ends.
func environment(role string) []string {
	return append(os.Environ(), roleVariable+"="+role, "GORACE=atexit_sleep_ms=0")
}

// tell sends a line, and does not wait for the answer.
func (p *process) tell(t *testing.T, line string) {
	t.Helper()
	if _, err := fmt.Fprintln(p.in, line); err != nil {
		t.Fatalf("%v\n%s", err, p.stderr)
	}
}

// hear waits for a line.
func (p *process) hear(t *testing.T, want string) {
	t.Helper()
	if !p.out.Scan() {
		t.Fatalf("a process ended: %v\n%s", p.cmd.Wait(), p.stderr)
	}
	if got := p.out.Text(); got != want {
		t.Fatalf("a process says %q, want %q", got, want)
	}
}

// end closes the process's input and waits for its end, which must be a good one.
func (p *process) end(t *testing.T) {
	t.Helper()
	if err := p.in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, p.stderr)
	}
}

// fewer returns the smaller number where time is short: in short mode and under the
// race detector.
func fewer(t *testing.T, many, few int) int {
	t.Helper()
	if testing.Short() || raceEnabled {
		t.Logf("%d rounds instead of %d: short mode or race detector", few, many)
		return few
	}
	return many
}
