package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test be the worker processes too.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "-worker" {
		main()
		return
	}
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
		"not measured":                 3, // DuckDB twice, and daff
		"target ":                      12 + 7,
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

func TestJudgeMerge(t *testing.T) {
	const want = "id,v\na,1\nb,\"2, 3\"\n"
	for got, expected := range map[string]verdict{
		want:                                {true, "byte for byte"},
		"id,v\r\n\"a\",1\r\nb,\"2, 3\"\r\n": {true, "values right, bytes changed"},
		"id,v\nb,\"2, 3\"\na,1\n":           {false, "rows right, order lost"},
		"id,v\na,1\nb,\"2, 4\"\n":           {false, "wrong: 3 rows for 3, or other values"},
		"id,v\na,1\n":                       {false, "wrong: 2 rows for 3, or other values"},
		want + "c,1\n":                      {false, "wrong: 4 rows for 3, or other values"},
		"id,v\n<<<<<<< x\n":                 {false, "1 false conflicts"},
	} {
		dir := t.TempDir()
		write(t, dir, "want", want)
		write(t, dir, "got", got)
		found, err := judgeMerge(filepath.Join(dir, "want"), filepath.Join(dir, "got"))
		if err != nil || found != expected {
			t.Errorf("%q: %+v, want %+v; %v", got, found, expected, err)
		}
	}
}

func TestJudgeDiff(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "diff", "~ a\n- b\n+ c\n+ d\nother\n")
	found, err := countMarks(filepath.Join(dir, "diff"), "~ |- ", "~ |+ ")
	if err != nil || found != (marks{2, 3}) {
		t.Fatal(found, err)
	}
	var s set
	s.Edited, s.Deleted, s.Added = 1, 1, 2
	if v := s.judgeDiff(found); !v.Right {
		t.Error(v)
	}
	s.Added = 1
	if v := s.judgeDiff(found); v.Right {
		t.Error(v)
	}
}

func write(t *testing.T, dir, name, text string) {
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
