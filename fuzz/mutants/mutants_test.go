package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const source = `package p

func f() int {
	n := 1
	return n
}

func g() int {
	n := 1
	n++
	return n
}
`

func TestApply(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "p.go"), []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		m    mutant
		line int
		err  string
	}{
		{"once", mutant{line: `n++`, instead: `n--`}, 10, ""},
		{"twice", mutant{line: `n := 1`}, 0, "the line stands twice, at 4 and 9"},
		{"in a function", mutant{in: `func g() int {`, line: `n := 1`, instead: `n := 2`}, 9, ""},
		{"gone", mutant{line: `n += 2`}, 0, "no line is"},
		{"gone from the function", mutant{in: `func f() int {`, line: `n++`}, 0, "no line is"},
		{"function gone", mutant{in: `func h() int {`, line: `n++`}, 0, "no function starts"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.m.file = "p.go"
			text, line, err := tt.m.apply(root)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("got %v, want an error with %q", err, tt.err)
				}
				return
			}
			if err != nil || line != tt.line {
				t.Fatalf("line %d, %v; want line %d", line, err, tt.line)
			}
			if got := strings.Split(text, "\n")[line-1]; got != tt.m.instead {
				t.Errorf("line %d is %q", line, got)
			}
		})
	}
}

// TestReadEvents tells failing tests from code that does not compile, which kills
// nothing.
func TestReadEvents(t *testing.T) {
	for _, tt := range []struct {
		name, out string
		want      ending
	}{
		{"the deepest test", `
			{"Action":"run","Test":"TestA"}
			{"Action":"pass","Test":"TestA"}
			{"Action":"run","Test":"TestB"}
			{"Action":"run","Test":"TestB/x"}
			{"Action":"fail","Test":"TestB/x"}
			{"Action":"fail","Test":"TestB"}
			{"Action":"fail"}`, ending{built: true, test: "TestB/x"}},
		{"no compilation", `
			{"ImportPath":"p","Action":"build-output","Output":"undefined: n\n"}
			{"ImportPath":"p","Action":"build-fail"}
			{"Action":"fail","FailedBuild":"p"}`, ending{}},
		{"out of time", `
			{"Action":"run","Test":"TestA"}
			{"Action":"output","Test":"TestA","Output":"panic: test timed out after 20s\n"}
			{"Action":"fail","Test":"TestA"}`, ending{built: true, test: "TestA", limit: "time"}},
		{"out of memory", `
			{"Action":"run","Test":"TestA"}
			{"Action":"output","Output":"fatal error: runtime: out of memory\n"}
			{"Action":"fail"}`, ending{built: true, test: "TestA", limit: "memory"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := readEvents([]byte(tt.out)); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestVerdict(t *testing.T) {
	for want, r := range map[string]result{
		killed:   {stage: "merge", end: ending{built: true}},
		stopped:  {stage: "merge", end: ending{built: true, limit: "time"}},
		survived: {end: ending{built: true, passed: true}},
		broken:   {stage: "merge", err: os.ErrNotExist},
	} {
		if got := r.verdict(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
