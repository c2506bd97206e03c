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
