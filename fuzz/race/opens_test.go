//go:build linux

package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// What somebody writes who opened the file in the moment of a commit is not lost, and hardly
// anybody gets the displaced one.
func TestOpens(t *testing.T) {
	opt := options{rounds: 1, settle: time.Millisecond, parallel: 1, opens: 300, systems: []string{"dir"}, dir: t.TempDir()}
	var text strings.Builder
	err := opt.runOpens(t.Context(), &text, t.Output())
	if errors.Is(err, errNoLeases) {
		t.Skip("SKIPPED: ", err)
	}
	if err != nil {
		t.Error(err)
	}
	t.Log("\n" + text.String())
	for _, want := range []string{"300 opens aimed at 300 commits, 1 at each: ", "300 opens aimed at 100 commits, 3 at each: "} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("there is no line %q", want)
		}
	}
}

// An opener sees that what it has opened is not what has the name.
func TestSame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := same(f, path); err != nil {
		t.Error(err)
	}
	if err := errors.Join(os.WriteFile(path+"~", nil, 0o600), os.Rename(path+"~", path)); err != nil {
		t.Fatal(err)
	}
	if err := same(f, path); !errors.Is(err, errDisplaced) {
		t.Errorf("error %v, want errDisplaced", err)
	}
	if a := answerOf(errDisplaced, 0); !a.Displaced || a.Err != "" {
		t.Errorf("the answer is %+v", a)
	}
}

// The rig sees whether a row comes back that went astray.
func TestSeek(t *testing.T) {
	b := &bench{settle: time.Millisecond}
	s, err := b.newSite(t.Context(), t.TempDir(), cell{Strategy: rowkeep})
	if err != nil {
		t.Fatal(err)
	}
	o := order{Key: "ext-0-0", Value: theirValue}
	var got opening
	for want := 1; want >= 0; want-- {
		got.lost = 0
		if err := got.seek(t.Context(), s, o); err != nil || got.lost != want {
			t.Errorf("%d lost, %v; want %d", got.lost, err, want)
		}
		o.Kind, o.Path = "append", s.path
		if err := appendRow(o); err != nil {
			t.Fatal(err)
		}
	}
}

func TestClasses(t *testing.T) {
	w := waits{0, bounds[0] - 1, bounds[0], bounds[len(bounds)-1], time.Hour}
	want := make([]int, len(bounds)+1)
	want[0], want[1], want[len(bounds)] = 2, 1, 2
	if got := w.classes(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := w.quantile(0.5); got != bounds[0] {
		t.Errorf("the median is %v, want %v", got, bounds[0])
	}
}
