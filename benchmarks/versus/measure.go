package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"time"
)

// A contestant is a command and what its runs took.
type contestant struct {
	name   string
	args   []string
	stdout string // file for standard output; none if empty
	runs   []run
}

type run struct {
	wall, cpu time.Duration
	rss       int64 // bytes; 0 where the system does not tell
	status    int
}

// measure runs all contestants in turns. This process must stay small: a child's peak
// begins with the memory of the parent that it was forked from.
func measure(all []*contestant, rounds int) error {
	if rounds < 1 {
		return fmt.Errorf("%d rounds measure nothing", rounds)
	}
	for range rounds {
		for _, c := range all {
			if err := c.run(); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
	}
	return nil
}

// run starts the command once and waits for it. An exit status is a result; not to
// start, or to be killed, is an error.
func (c *contestant) run() error {
	cmd := exec.Command(c.args[0], c.args[1:]...)
	var messages bytes.Buffer
	cmd.Stderr = &messages
	if c.stdout != "" {
		f, err := os.Create(c.stdout)
		if err != nil {
			return err
		}
		defer f.Close()
		cmd.Stdout = f
	}
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return err
	}
	state := cmd.ProcessState
	if !state.Exited() {
		return fmt.Errorf("%w: %s", err, messages.Bytes())
	}
	c.runs = append(c.runs, run{wall, state.UserTime() + state.SystemTime(), peakRSS(state), state.ExitCode()})
	return nil
}

func (c *contestant) wall() time.Duration {
	return median(c.runs, func(r run) time.Duration { return r.wall })
}

func (c *contestant) cpu() time.Duration {
	return median(c.runs, func(r run) time.Duration { return r.cpu })
}

func (c *contestant) rss() int64 {
	return slices.MaxFunc(c.runs, func(a, b run) int { return cmp.Compare(a.rss, b.rss) }).rss
}

// status is the exit status of all runs, or -1 if they differ.
func (c *contestant) status() int {
	status := c.runs[0].status
	for _, r := range c.runs {
		if r.status != status {
			return -1
		}
	}
	return status
}

func median(runs []run, of func(run) time.Duration) time.Duration {
	times := make([]time.Duration, len(runs))
	for i, r := range runs {
		times[i] = of(r)
	}
	slices.Sort(times)
	return times[len(times)/2]
}
