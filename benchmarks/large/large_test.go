//go:build linux

package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rowkeep/rowkeep/benchmarks/process"
	"github.com/rowkeep/rowkeep/benchmarks/sample"
)

// TestMain lets the test be the worker processes too.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "-worker" {
		main()
		return
	}
	os.Exit(m.Run())
}

// testGroup makes a group for the test; where that is not to be had, not even by root, as in
// many containers, the test is skipped.
func testGroup(t *testing.T, memory int64) *group {
	g, err := newGroup(memory)
	if err != nil {
		t.Skip("no control group: ", err)
	}
	t.Cleanup(func() {
		g.remove()
		if _, err := os.Stat(g.dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the group is left: %v", err)
		}
	})
	return g
}

// TestProve goes through all of it with small files.
func TestProve(t *testing.T) {
	testGroup(t, 64<<20).remove()
	t.Setenv("PATH", os.Getenv("PATH")) // prove changes it
	dir := t.TempDir()
	var out strings.Builder
	err := prove(t.Context(), &out, dir, 1<<20, 256<<20, 5)
	if errors.Is(err, errTmpfs) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{") of 256 MiB", "byte for byte", "every row that differs"} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("no %q in:\n%s", text, out.String())
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

// TestGroupHolds lets a process take more than its group has.
func TestGroupHolds(t *testing.T) {
	if _, err := exec.LookPath("sort"); err != nil {
		t.Skip("no sort")
	}
	g := testGroup(t, 32<<20)
	if err := g.blame(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	line := process.Line(self + " -worker within " + g.dir + " sort -S 1G /dev/zero")
	if run, err := line.Run(t.Context(), dir, process.Limits{}); err == nil {
		t.Errorf("it ended by itself: %+v", run)
	}
	if err := g.blame(); !errors.Is(err, errKilled) {
		t.Error(err)
	}
}

// TestPlace has the groups of machines of both versions.
func TestPlace(t *testing.T) {
	dir := t.TempDir()
	for name, handed := range map[string]string{"": "cpu memory", "user": "cpu io memory pids", "user/session": ""} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, "cgroup.subtree_control"), []byte(handed+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const old = "cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\ncgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0\n"
	unified := "tmpfs /tmp tmpfs rw 0 0\ncgroup2 " + dir + " cgroup2 rw,nosuid 0 0\n"
	for _, c := range []struct{ own, mounts, dir, limit string }{
		{"5:pids:/\n4:memory:/a/b\n0::/\n", old, "/sys/fs/cgroup/memory/a/b", first.limit},
		{"4:cpu,memory:/a\n", old, "/sys/fs/cgroup/memory/a", first.limit},
		{"0::/user/session\n", unified, dir + "/user", second.limit},
		{"0::/user\n", unified, dir + "/user", second.limit},
		{"0::/\n", unified, dir, second.limit},
	} {
		g, err := place(c.own, c.mounts)
		if err != nil || g.dir != c.dir || g.limit != c.limit {
			t.Errorf("%q: %+v, %v", c.own, g, err)
		}
	}
	for _, c := range []struct{ own, mounts string }{{"", unified}, {"0::/user\n", old}, {"4:memory:/\n", unified}} {
		if g, err := place(c.own, c.mounts); err == nil {
			t.Errorf("%q: %+v", c.own, g)
		}
	}
}

func TestCheck(t *testing.T) {
	shape := sample.Shape{Rows: 5000, Edited: 1, Seed: 3}
	want := sample.New(shape).Want
	path := filepath.Join(t.TempDir(), "merged.csv")
	checked := func(data string) error {
		if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := check(shape, path)
		return err
	}
	whole := string(want)
	if err := checked(whole); err != nil {
		t.Error(err)
	}
	for name, data := range map[string]string{
		"one byte is another": whole[:1000] + "~" + whole[1001:],
		"one byte is missing": whole[:1000] + whole[1001:],
		"one byte more":       whole + "\n",
		"nothing":             "",
	} {
		if checked(data) == nil {
			t.Errorf("%s: taken for right", name)
		}
	}
	if err := checked(whole[:len(whole)-1]); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the last byte is missing: %v", err)
	}
}

func TestBytesFlag(t *testing.T) {
	for text, want := range map[string]bytesFlag{"7": 7, "3K": 3 << 10, "50M": 50 << 20, "4G": 4 << 30} {
		var b bytesFlag
		if err := b.Set(text); err != nil || b != want {
			t.Errorf("%s: %d, %v", text, b, err)
		}
	}
	for _, text := range []string{"", "G", "0", "-1G", "4T", "4GG", "1.5G"} {
		var b bytesFlag
		if b.Set(text) == nil {
			t.Errorf("%q is %d", text, b)
		}
	}
}

func TestFitting(t *testing.T) {
	size, err := fitting(t.TempDir(), 1<<60)
	if err == nil {
		t.Errorf("a disk has room for %d bytes, four times", size)
	}
}
