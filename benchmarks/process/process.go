// Package process runs command lines as processes of their own and tells what they
// took: time, peak memory and exit status.
//
// The program that measures must stay small itself. A child's peak begins with the
// memory of the parent it was started from, so whoever makes or checks data does that
// in another process.
package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A Line is a command as it stands in a shell: words between spaces, and at the end
// "< FILE" or "> FILE". It has no quotes, patterns or variables.
type Line string

// Limits are where a process is ended. A zero is none.
type Limits struct {
	Time time.Duration
	// Memory is of the resident set, in bytes; only Linux tells it of a running process.
	Memory int64
}

// Errors of Run, of a process that was ended at a limit.
var (
	ErrTime   = errors.New("it takes too long")
	ErrMemory = errors.New("it takes too much memory")
)

// A Run is what a process took. CPU time is that of user and system.
type Run struct {
	Wall, CPU time.Duration
	Peak      int64 // resident set in bytes; 0 where the system does not tell
	Status    int
	Messages  string // its standard error
}

// Run starts the command once in dir, and waits for its end. An exit status is a
// result. That it cannot be started, or is ended by a signal, is an error; at a limit
// it is ErrTime or ErrMemory, and Run holds what it had taken by then.
func (l Line) Run(ctx context.Context, dir string, limits Limits) (Run, error) {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	var messages bytes.Buffer
	cmd, closeFiles, err := l.command(ctx, dir)
	if err != nil {
		return Run{}, err
	}
	defer closeFiles()
	cmd.Stderr = &messages
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return Run{}, err
	}
	stop := watch(cmd.Process.Pid, limits, end)
	err = cmd.Wait()
	wall := time.Since(start)
	stop()
	state := cmd.ProcessState
	took := Run{wall, state.UserTime() + state.SystemTime(), peak(state), state.ExitCode(), messages.String()}
	if cause := context.Cause(ctx); cause != nil {
		return took, cause
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && state.Exited() {
		err = nil
	}
	if err != nil {
		return took, fmt.Errorf("%s: %w: %s", l, err, took.Messages)
	}
	return took, nil
}

// command makes ready what the line says; the files are open.
func (l Line) command(ctx context.Context, dir string) (cmd *exec.Cmd, closeFiles func(), err error) {
	words, from, to := l.parse()
	cmd = exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Dir = dir
	cmd.WaitDelay = 5 * time.Second // a child of the child may hold the pipe of its messages
	var files []*os.File
	closeFiles = func() {
		for _, f := range files {
			f.Close()
		}
	}
	if from != "" {
		f, err := os.Open(filepath.Join(dir, from))
		if err != nil {
			return nil, nil, err
		}
		files = append(files, f)
		cmd.Stdin = f
	}
	if to != "" {
		f, err := os.Create(filepath.Join(dir, to))
		if err != nil {
			closeFiles()
			return nil, nil, err
		}
		files = append(files, f)
		cmd.Stdout = f
	}
	return cmd, closeFiles, nil
}

func (l Line) parse() (words []string, from, to string) {
	words = strings.Fields(string(l))
	for _, redirection := range []struct {
		sign string
		file *string
	}{{"<", &from}, {">", &to}} {
		if i := slices.Index(words, redirection.sign); i > 0 && i+1 < len(words) {
			*redirection.file = words[i+1]
			words = slices.Delete(words, i, i+2)
		}
	}
	return words, from, to
}

// watch ends the process at its limits, until it is stopped.
func watch(pid int, limits Limits, end context.CancelCauseFunc) (stop func()) {
	done := make(chan struct{})
	go func() {
		var deadline <-chan time.Time
		if limits.Time > 0 {
			deadline = time.After(limits.Time)
		}
		for look := time.Tick(50 * time.Millisecond); ; {
			select {
			case <-done:
				return
			case <-deadline:
				end(ErrTime)
				return
			case <-look:
				if limits.Memory > 0 && resident(pid) > limits.Memory {
					end(ErrMemory)
					return
				}
			}
		}
	}()
	return func() { close(done) }
}
