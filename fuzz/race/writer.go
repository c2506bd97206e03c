//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"github.com/rowkeep/rowkeep/store"
)

// A writer is a process that knows nothing of the store. It is a child of the rig that
// takes one order after the other, so that a round costs no fork. Of an order it hears
// twice: first to prepare, then when to edit.

// An order is an edit: a row that is added, or one whose cell changes.
type order struct {
	Kind       string
	Path       string
	Key, Value string
	// Pause bounds the pauses of slow kinds.
	Pause time.Duration
	// Turn is the file whose lock makes whole buffers wait for each other, or "".
	Turn string
}

func (o order) row() string  { return row(o.Key, o.Value) }
func (o order) line() string { return o.row() + "\n" }

// A cue is the second half: when to edit, by the clock, or at the latest if it is
// aimed.
type cue struct {
	At    int64
	Aimed bool
}

// An answer ends each half of an order.
type answer struct {
	// Took is how long the edit took.
	Took time.Duration
	// GaveUp: a real editor said that it did not save, or that it is not sure.
	GaveUp bool
	// Displaced: an opener got a file that a commit had displaced.
	Displaced bool
	// Guarantee is what a committer was asked for.
	Guarantee store.Guarantee
	// Err is what else went wrong, which ends the run.
	Err string
}

// writerVariable makes the program a writer.
const writerVariable = "ROWKEEP_RACE_WRITER"

// serve is a writer's life.
func serve(in io.Reader, out io.Writer) error {
	runtime.LockOSThread()
	wakeExactly()
	orders, answers := json.NewDecoder(in), json.NewEncoder(out)
	l, err := newLookout()
	if err != nil {
		return err
	}
	for {
		var o order
		if err := orders.Decode(&o); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		edit, err := prepare(o)
		if err == nil {
			err = l.watch(o.Path)
		}
		if err := answers.Encode(answerOf(err, 0)); err != nil {
			return err
		}
		if err != nil {
			continue
		}
		var g cue
		if err := orders.Decode(&g); err != nil {
			return err
		}
		if g.Aimed {
			l.wait(o.Path, g.At)
		} else {
			sleepUntil(g.At)
		}
		start := time.Now()
		err = edit()
		if err := answers.Encode(answerOf(err, time.Since(start))); err != nil {
			return err
		}
	}
}

func answerOf(err error, took time.Duration) answer {
	a := answer{Took: took}
	switch exit := (*exec.ExitError)(nil); {
	case errors.As(err, &exit):
		a.GaveUp = true
	case errors.Is(err, errDisplaced):
		a.Displaced = true
	case err != nil:
		a.Err = err.Error()
	}
	return a
}

// prepare does the first half of an order and returns the second, which waits for its
// turn.
func prepare(o order) (func() error, error) {
	k, ok := findKind(o.Kind)
	if !ok {
		return nil, fmt.Errorf("no kind of writer is called %q", o.Kind)
	}
	edit, err := k.prepare(o)
	if err != nil || o.Turn == "" {
		return edit, err
	}
	return func() error {
		f, err := os.OpenFile(o.Turn, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return err
		}
		defer f.Close() // which unlocks
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
			return err
		}
		return edit()
	}, nil
}

// wakeExactly makes the thread's sleeps end within microseconds; by default the kernel
// may add fifty.
func wakeExactly() {
	const timerSlack = 29 // PR_SET_TIMERSLACK
	_, _, _ = syscall.Syscall(syscall.SYS_PRCTL, timerSlack, 1, 0)
}

// sleepUntil sleeps up to a moment of the clock, in nanoseconds: one that processes
// share.
func sleepUntil(at int64) {
	for {
		left := at - time.Now().UnixNano()
		if left <= 0 {
			return
		}
		span := syscall.NsecToTimespec(left)
		_ = syscall.Nanosleep(&span, nil) // woken early, it sleeps again
	}
}

// A hand is the rig's end of a writer.
type hand struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	orders  *json.Encoder
	answers *json.Decoder
}

func startWriter() (*hand, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return startProcess([]string{self}, writerVariable+"=1", "GOMAXPROCS=1")
}

// startProcess starts a process that takes orders.
func startProcess(command []string, env ...string) (*hand, error) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(append(os.Environ(), env...), "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	// A process group of its own: an interrupt at the terminal ends the rig, which ends
	// the round first.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &hand{cmd, in, json.NewEncoder(in), json.NewDecoder(out)}, cmd.Start()
}

// ask sends half an order. The answer comes later.
func (h *hand) ask(half any) error { return h.orders.Encode(half) }

// hear waits for the answer.
func (h *hand) hear() (a answer, err error) {
	if err := h.answers.Decode(&a); err != nil {
		return a, fmt.Errorf("a writer is gone: %w", err)
	}
	if a.Err != "" {
		return a, fmt.Errorf("a writer: %s", a.Err)
	}
	return a, nil
}

// stop ends the process, which may be in the middle of an order after an error.
func (h *hand) stop() {
	_ = h.in.Close()
	_ = h.cmd.Process.Kill()
	_ = h.cmd.Wait()
}
