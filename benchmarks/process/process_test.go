package process

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"
)

func TestRun(t *testing.T) {
	need(t, "cat", "sh")
	dir := t.TempDir()
	write(t, dir, "in", "some text")
	run, err := Line("cat - in < in > out").Run(t.Context(), dir, Limits{})
	if err != nil || run.Status != 0 || run.Wall <= 0 {
		t.Fatal(run, err)
	}
	if out, err := os.ReadFile(filepath.Join(dir, "out")); err != nil || string(out) != "some textsome text" {
		t.Errorf("%q, %v", out, err)
	}
	write(t, dir, "fail", "echo no >&2; exit 7")
	if run, err := Line("sh fail").Run(t.Context(), dir, Limits{}); err != nil || run.Status != 7 || run.Messages != "no\n" {
		t.Error(run, err)
	}
	if _, err := Line("no-such-program-here").Run(t.Context(), dir, Limits{}); !errors.Is(err, exec.ErrNotFound) {
		t.Error(err)
	}
}

func TestParse(t *testing.T) {
	words, from, to := Line("sort -u < in > out").parse()
	if !slices.Equal(words, []string{"sort", "-u"}) || from != "in" || to != "out" {
		t.Errorf("%q, %q, %q", words, from, to)
	}
}

// TestLimits runs what would never end, or take all memory.
func TestLimits(t *testing.T) {
	need(t, "sleep", "sort")
	dir := t.TempDir()
	if _, err := Line("sleep 600").Run(t.Context(), dir, Limits{Time: 50 * time.Millisecond}); !errors.Is(err, ErrTime) {
		t.Error(err)
	}
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells the memory of a running process")
	}
	run, err := Line("sort /dev/zero").Run(t.Context(), dir, Limits{Time: time.Minute, Memory: 32 << 20})
	if !errors.Is(err, ErrMemory) {
		t.Error(err)
	}
	if run.Peak < 32<<20 {
		t.Errorf("peak %d", run.Peak)
	}
}

func need(t *testing.T, programs ...string) {
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skip("no ", p)
		}
	}
}

func write(t *testing.T, dir, name, text string) {
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
