package main

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rowkeep/rowkeep/benchmarks/judge"
	"github.com/rowkeep/rowkeep/benchmarks/process"
	"github.com/rowkeep/rowkeep/benchmarks/sample"
)

// TestMain lets the test be the worker processes too.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "-worker" {
		main()
		return
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0") // the workers are many
	os.Exit(m.Run())
}

// TestCompare runs all of it on few rows, with the peers that are nearly everywhere, and
// looks for what does not depend on time.
func TestCompare(t *testing.T) {
	for _, program := range []string{"go", "git", "diff3", "cmp", "cat", "sh"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip("no ", program)
		}
	}
	t.Setenv("PATH", os.Getenv("PATH")) // compare changes it
	dir := t.TempDir()
	c := config{rows: 1000, rounds: 2, peers: "git,diffutils", dir: dir, limit: time.Minute, svg: filepath.Join(dir, "plot.svg"), markdown: filepath.Join(dir, "report.md")}
	var out bytes.Buffer
	if err := compare(t.Context(), c, &out); err != nil {
		t.Fatal(err)
	}
	report := out.String()
	for text, times := range map[string]int{
		"| byte for byte |":            4 + 8, // merges of rowkeep, and shapes
		"false conflicts, exit status": 2,
		"| every row that differs |":   3,
		"target 13: reached":           7,
		"not measured":                 4 + 11, // DuckDB twice, daff, growth, and what benchmarks measure
		"target ":                      12 + 11 + 7,
	} {
		if n := strings.Count(report, text); n != times {
			t.Errorf("%d times %q, want %d", n, text, times)
		}
	}
	if file, err := os.ReadFile(c.markdown); err != nil || string(file) != report {
		t.Errorf("the file has another report: %v", err)
	}
	if svg, err := os.ReadFile(c.svg); err != nil || bytes.Count(svg, []byte("<polyline")) != 4 {
		t.Errorf("%v: %s", err, svg)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "data-*")); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	if t.Failed() {
		t.Log(report)
	}
}

// TestPeersThatFail has peers that take too long, give no answer and are not there; the
// others go on.
func TestPeersThatFail(t *testing.T) {
	if _, err := exec.LookPath("sleep"); err != nil {
		t.Skip("no sleep")
	}
	b := &bench{config: config{rounds: 2, limit: 200 * time.Millisecond}, data: t.TempDir()}
	var all []*contest
	for _, rows := range []int{100, 200} {
		s, err := b.makeSet(t.Context(), "plain", sample.Shape{Rows: rows}, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range []process.Line{"sleep 600", "sleep 0", "no-such-program-here", "cp want.csv out.csv"} {
			all = append(all, &contest{entrant: entrant{name: "peer", line: line, output: "out.csv", want: "want.csv"}, set: s})
		}
	}
	if err := b.measure(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	for i, want := range []error{process.ErrTime, errFailed, errFailed, nil, errFewer, errFewer, errFewer, nil} {
		if c := all[i]; !errors.Is(c.ended, want) {
			t.Errorf("%d rows, %s: %v, want %v", c.set.shape.Rows, c.line, c.ended, want)
		}
	}
	if c := all[3]; len(c.runs) != 6 || !c.verdict.Right {
		t.Errorf("%+v", c)
	}
}

func TestJudgeDiff(t *testing.T) {
	var s set
	s.Edited, s.Deleted, s.Added = 1, 1, 2
	if v := s.judgeDiff(judge.Marks{Minus: 2, Plus: 3}); !v.Right {
		t.Error(v)
	}
	if v := s.judgeDiff(judge.Marks{Minus: 2, Plus: 2}); v.Right {
		t.Error(v)
	}
}

// What a benchmark reports is found by its name without the number of processors.
func TestReported(t *testing.T) {
	got := reported([]byte("goos: linux\nBenchmarkUpdate/size=1kB-2 \t 400\t 1188000 update-ns/op\t 1.25 ratio\nBenchmarkMerge/edited=1%/rows=1M\t 7\t 9 ns/op\t 5.5 x-compare\nok\n"))
	want := map[string]float64{"Update/size=1kB ratio": 1.25, "Merge/edited=1%/rows=1M x-compare": 5.5}
	if !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
