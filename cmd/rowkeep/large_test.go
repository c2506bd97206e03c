package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rowkeep/rowkeep/benchmarks/sample"
	"github.com/rowkeep/rowkeep/merge"
)

// samples writes the three versions of a sample that is merged in windows, and returns the
// arguments that name them.
func samples(t *testing.T, dir string, shape sample.Shape) (*sample.Sample, []string) {
	t.Helper()
	s := sample.New(shape)
	if s.Bytes() < windowsFrom {
		t.Fatalf("the sample has %d bytes only", s.Bytes())
	}
	var files []string
	for _, v := range []struct {
		name string
		data []byte
	}{{"base.csv", s.Base}, {"ours.csv", s.Ours}, {"theirs.csv", s.Theirs}} {
		path := filepath.Join(dir, v.name)
		writeFile(t, path, string(v.data))
		files = append(files, path)
	}
	return s, files
}

// TestWindows compares what the command makes of files that are merged in windows, and of
// such that are not, with what it makes of them in memory, where one is standard input.
func TestWindows(t *testing.T) {
	formats := map[string][]string{"sorted": {"json", "html"}, "no order": {"ndjson"}, "all edits": {"json"}}
	for name, shape := range map[string]sample.Shape{
		"sorted":    {Rows: 60_000, Edited: 1, Conflicting: 1, Seed: 3},
		"no order":  {Rows: 60_000, Edited: 1, Conflicting: 1, Seed: 4, Unsorted: true},
		"all edits": {Rows: 60_000, Edited: 100, Seed: 5},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s, files := samples(t, dir, shape)
			merged, report := filepath.Join(dir, "merged.csv"), filepath.Join(dir, "report")
			for _, format := range formats[name] {
				args := []string{"merge", "-q", "-o", merged, "--report", report, "--format", format}
				status, want := rowkeep(t, nil, append(args, files...)...)
				inWindows := [2]string{content(t, merged), content(t, report)}
				if inWindows[0] != string(s.Want) || want != "" {
					t.Fatalf("status %d, and not the merge that was to be", status)
				}
				again, _ := rowkeep(t, s.Ours, append(args, files[0], "-", files[2])...)
				if again != status || content(t, merged) != inWindows[0] {
					t.Errorf("in memory: status %d and %d, or other bytes", again, status)
				}
				if in := strings.ReplaceAll(content(t, report), "standard input", files[1]); in != inWindows[1] {
					t.Errorf("in memory the report %s is another one", format)
				}
			}
			_, windows := rowkeep(t, nil, "diff", files[0], files[2])
			if _, memory := rowkeep(t, s.Theirs, "diff", files[0], "-"); memory != windows || windows == "" {
				t.Error("in memory the diff is another one")
			}
		})
	}
}

// rowkeep runs a command in this process.
func rowkeep(t *testing.T, stdin []byte, args ...string) (status int, stdout string) {
	t.Helper()
	var out, messages bytes.Buffer
	status = run(t.Context(), args, bytes.NewReader(stdin), &out, &messages)
	if status > statusConflicts {
		t.Fatalf("status %d: %s", status, messages.String())
	}
	return status, out.String()
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestWindowsToStandardOutput merges to standard output in windows where that is an empty file.
func TestWindowsToStandardOutput(t *testing.T) {
	dir := t.TempDir()
	s, files := samples(t, dir, sample.Shape{Rows: 60_000, Edited: 1, Seed: 3})
	path := filepath.Join(dir, "merged.csv")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	m := &mergeCommand{app: &app{out: newOutput(out, io.Discard)}, output: stdio}
	for _, done := range []bool{true, false} { // at the second time there is something in it
		result, in, err := m.mergeWindows(files)
		if in != done || err != nil {
			t.Fatalf("in windows: %t, want %t; %v", in, done, err)
		}
		if !done {
			continue
		}
		if err := m.deliver(t.Context(), result); err != nil {
			t.Fatal(err)
		}
		if content(t, path) != string(s.Want) {
			t.Error("the merge is another one")
		}
	}
}

// TestWindowsOfBaseThatChanges writes to base between its two readings.
func TestWindowsOfBaseThatChanges(t *testing.T) {
	_, files := samples(t, t.TempDir(), sample.Shape{Rows: 60_000, Edited: 1, Seed: 3})
	w := openWindows(files)
	defer w.close()
	if err := w.changed(); err != nil {
		t.Fatal(err)
	}
	result, err := merge.MergeLarge(w.parts[0], w.parts[1], w.parts[2], merge.Options{}, w.memory())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(files[0], 1000); err != nil {
		t.Fatal(err)
	}
	m := &mergeCommand{windows: w}
	var f *failure
	if err := m.write(result, io.Discard); !errors.As(err, &f) || f.status != statusIO {
		t.Errorf("%v", err)
	}
}
