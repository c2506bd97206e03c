package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/terminal"
)

// needs skips a test where a program is missing, which none must be in CI.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		_, err := exec.LookPath(program)
		switch {
		case err != nil && os.Getenv("CI") != "":
			t.Fatal(err)
		case err != nil:
			t.Skip("needs ", program)
		}
	}
}

// gitEnv makes git behave the same for everybody: nobody's settings, and commits with the
// same names and times. home is an empty directory.
func gitEnv(home string) map[string]string {
	return map[string]string{
		"HOME": home, "XDG_CONFIG_HOME": filepath.Join(home, ".config"), "GIT_CONFIG_NOSYSTEM": "1",
		"GIT_AUTHOR_NAME": "ann", "GIT_AUTHOR_EMAIL": "ann@example.com", "GIT_AUTHOR_DATE": "2026-11-02T09:00:00Z",
		"GIT_COMMITTER_NAME": "ann", "GIT_COMMITTER_EMAIL": "ann@example.com", "GIT_COMMITTER_DATE": "2026-11-02T09:00:00Z",
		"GIT_CONFIG_COUNT": "2", // of settings by environment
		"GIT_CONFIG_KEY_0": "init.defaultBranch", "GIT_CONFIG_VALUE_0": "main",
		"GIT_CONFIG_KEY_1": "mergetool.keepBackup", "GIT_CONFIG_VALUE_1": "false",
	}
}

// TestGit runs testdata/git: real git, which calls the command as rowkeep git install has
// set up.
func TestGit(t *testing.T) {
	needs(t, "git")
	runScripts(t, "testdata/git", func(env *testscript.Env) error {
		home := filepath.Join(env.WorkDir, "home")
		for name, value := range gitEnv(home) {
			env.Setenv(name, value)
		}
		return os.MkdirAll(home, 0o777)
	})
}

// TestMergetoolAsks settles the conflicts of a merge at a terminal, through git mergetool:
// not at all, not all of them, and all.
func TestMergetoolAsks(t *testing.T) {
	needs(t, "git")
	for name, value := range gitEnv(t.TempDir()) {
		t.Setenv(name, value)
	}
	dir := t.TempDir()
	run := func(command string) string { return string(shell(t, dir, command)) }
	run(`git init -q && rowkeep git install
		printf 'id,v,w\n1,a,\n2,a,\n' >config.csv && git add -A && git commit -qm base
		git checkout -qb theirs && printf 'id,v,w\n1,t,\n2,t,t\n' >config.csv && git commit -qam theirs
		git checkout -qb ours HEAD~1 && printf 'id,v,w\n1,o,o\n2,o,\n' >config.csv && git commit -qam ours
		git merge -q theirs`)
	marked := run("cat config.csv")
	type step struct{ key, shows string }
	for _, tt := range []struct {
		steps  []step
		status int
	}{
		{[]step{{"q", ""}}, 1},
		{[]step{{"t", "1 of 2 conflicts answered"}, {"w", "Write"}, {"y", "without an answer: 1"}, {"q", "Quit"}, {"y", ""}}, 1},
		{[]step{{"t", "1 of 2 conflicts answered"}, {"o", "2 of 2 conflicts answered"}, {"w", ""}}, 0},
	} {
		w := terminal.Start(t, 80, 24, []string{"XDG_CACHE_HOME=" + t.TempDir()}, "cd "+shellWord(dir)+" && git mergetool")
		w.Await("conflict 1 of 2", "LOCAL", "REMOTE")
		for _, s := range tt.steps {
			w.Keys(s.key)
			w.Await(s.shows)
		}
		if got := w.Status(); got != tt.status {
			t.Errorf("%q: status %d, want %d", tt.steps, got, tt.status)
		}
		if got := run("cat config.csv"); tt.status != 0 && got != marked {
			t.Errorf("%q: the file is\n%s", tt.steps, got)
		}
	}
	if got, want := run("cat config.csv; git status --short"), "id,v,w\n1,t,o\n2,o,t\nM  config.csv\n"; got != want {
		t.Errorf("settled: %q, want %q", got, want)
	}
}

// TestGuarded: a panic is an error, whose status git takes for a failure.
func TestGuarded(t *testing.T) {
	d := &driverCommand{app: &app{out: newOutput(io.Discard, io.Discard)}}
	_, err := d.guarded(func() (int, error) { panic("ours") })
	var f *failure
	if !errors.As(d.failed(err), &f) || f.status != statusDriverFailed || !strings.Contains(f.Error(), "ours") {
		t.Errorf("failed(%v) = %v", err, f)
	}
	if d.failed(nil) != nil {
		t.Error("no error is a failure")
	}
	if err := d.failed(errInterrupted); !errors.As(err, &f) || f.status != statusInterrupted {
		t.Errorf("failed(interrupted) = %v", err)
	}
}
