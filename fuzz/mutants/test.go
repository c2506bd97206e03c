package main

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// An ending is how the tests of a stage ended.
type ending struct {
	built, passed bool
	test          string // the first that failed, or that ran when all ended
	limit         string // which limit ended the tests; empty if none did
}

// test runs a stage.
func (l *lab) test(s stage, overlay string, limit time.Duration) ending {
	args := []string{"test", "-json", "-short", "-count=1", "-failfast", "-vet=off", "-timeout=" + limit.String(), "-overlay=" + overlay, "./" + s.pkg}
	cmd := exec.Command("go", append(args, s.args...)...)
	cmd.Dir = l.root
	out, err := cmd.Output()
	e := readEvents(out)
	e.passed = err == nil
	return e
}

// event is what go test -json prints, as far as it matters here; see go doc
// test2json.
type event struct{ Action, Test, Output string }

// limits are the words by which a test binary tells that it was stopped.
var limits = map[string]string{
	"panic: test timed out":                 "time",
	"fatal error: runtime: out of memory":   "memory",
	"fatal error: runtime: cannot allocate": "memory",
	"runtime: goroutine stack exceeds":      "stack",
}

// readEvents finds out which test failed first. A subtest fails before the test that
// it is part of.
func readEvents(out []byte) ending {
	e := ending{built: true}
	failed := false
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var ev event
		if d.Decode(&ev) != nil {
			return e
		}
		switch {
		case ev.Action == "build-fail":
			e.built = false
		case ev.Action == "run" && !failed:
			e.test = ev.Test
		case ev.Action == "fail" && ev.Test != "" && !failed:
			failed, e.test = true, ev.Test
		}
		for words, limit := range limits {
			if e.limit == "" && strings.Contains(ev.Output, words) {
				e.limit = limit
			}
		}
	}
}

// The verdicts on a mutant.
const (
	killed   = "killed"
	stopped  = "stopped" // killed by a limit
	survived = "SURVIVED"
	broken   = "BROKEN"
)

// A result is what became of a mutant.
type result struct {
	mutant
	stage string // where it was killed
	end   ending
	err   error // it could not be tried
	took  time.Duration
}

func (r result) verdict() string {
	switch {
	case r.err != nil:
		return broken
	case r.stage == "":
		return survived
	case r.end.limit != "":
		return stopped
	}
	return killed
}

func (r result) String() string {
	line := fmt.Sprintf("%-8s  %-26s ", r.verdict(), r.name)
	switch r.verdict() {
	case broken:
		return line + r.err.Error()
	case survived:
		return line + r.file + ": " + r.line + " -> " + r.instead + " (" + r.breaks + ")"
	case stopped:
		return fmt.Sprintf("%s %s %s (limit of %s, %s)", line, r.stage, r.end.test, r.end.limit, seconds(r.took))
	}
	return fmt.Sprintf("%s %s %s (%s)", line, r.stage, r.end.test, seconds(r.took))
}
