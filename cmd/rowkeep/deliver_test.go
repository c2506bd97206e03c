package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// unpublishable is a delivery whose last step fails.
type unpublishable struct{ err error }

func (unpublishable) prepare() error { return nil }
func (u unpublishable) publish(context.Context) (func() error, error) {
	return nil, u.err
}
func (unpublishable) discard() {}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

// contents reads a directory: what each file holds, hidden ones too.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(data)
	}
	return all
}

func TestDeliverAllOrNothing(t *testing.T) {
	broken := errors.New("broken")
	fail := func(io.Writer) error { return broken }
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for _, tt := range []struct {
		name   string
		ctx    context.Context
		report bool // the report's old file exists
		write  func(io.Writer) error
		then   delivery
		want   error
	}{
		{name: "the report cannot be written", write: fail, report: true, want: broken},
		{name: "the output cannot be written", write: text("new"), report: true, then: &toFile{write: fail}, want: broken},
		{name: "the output cannot take its place", write: text("new"), report: true, then: unpublishable{broken}, want: broken},
		{name: "nor can it where no report was", write: text("new"), then: unpublishable{broken}, want: broken},
		{name: "standard output cannot be written", write: text("new"), report: true, then: toStream{w: io.Discard, write: fail}, want: broken},
		{name: "interrupted", ctx: cancelled, write: text("new"), report: true, want: errInterrupted},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			before := map[string]string{"out.csv": "old output"}
			if tt.report {
				before["report.json"] = "old report"
			}
			for name, data := range before {
				writeFile(t, filepath.Join(dir, name), data)
			}
			results := []delivery{&toFile{file: filepath.Join(dir, "report.json"), write: tt.write, undoable: true}}
			if f, ok := tt.then.(*toFile); ok {
				f.file = filepath.Join(dir, "out.csv")
			}
			if tt.then != nil {
				results = append(results, tt.then)
			}
			ctx := tt.ctx
			if ctx == nil {
				ctx = context.Background()
			}
			if err := deliver(ctx, results); !errors.Is(err, tt.want) {
				t.Fatalf("deliver = %v, want %v", err, tt.want)
			}
			if diff := cmp.Diff(before, contents(t, dir)); diff != "" {
				t.Errorf("files (-before +after):\n%s", diff)
			}
		})
	}
}

func TestDeliver(t *testing.T) {
	dir := t.TempDir()
	old := filepath.Join(dir, "report.json")
	writeFile(t, old, "old report")
	err := deliver(context.Background(), []delivery{
		&toFile{file: old, write: text("new report"), undoable: true},
		&toFile{file: filepath.Join(dir, "out.csv"), write: text("output")},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"report.json": "new report", "out.csv": "output"}
	if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// TestDeliverToFileOnStandardOutput fails half-way. A file that was empty is empty again; what
// stood in one before it, and others may go on with, is left alone.
func TestDeliverToFileOnStandardOutput(t *testing.T) {
	broken := errors.New("broken")
	half := func(w io.Writer) error {
		if _, err := io.WriteString(w, "half of it"); err != nil {
			t.Fatal(err)
		}
		return broken
	}
	for before, want := range map[string]string{"": "next", "log: ": "log: half of itnext"} {
		path := filepath.Join(t.TempDir(), "out")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString(before); err != nil {
			t.Fatal(err)
		}
		if err := deliver(t.Context(), []delivery{toStream{w: f, write: half, size: 1 << 20}}); !errors.Is(err, broken) {
			t.Errorf("error %v", err)
		}
		if _, err := f.WriteString("next"); err != nil {
			t.Fatal(err)
		}
		if got := content(t, path); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
