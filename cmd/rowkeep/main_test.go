package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store"
)

var update = flag.Bool("update", false, "rewrite the files in testdata/script that a cmp compares with")

// With the race detector a process sleeps for a second before it ends, and there are many.
const noSleep, noSleepValue = "GORACE", "atexit_sleep_ms=0"

func TestMain(m *testing.M) {
	os.Setenv(noSleep, noSleepValue)
	testscript.Main(m, map[string]func(){"rowkeep": main, "tty": tty})
}

// TestScripts runs testdata/script: the command as a process, its streams, files and
// exit status.
func TestScripts(t *testing.T) {
	runScripts(t, "testdata/script", func(*testscript.Env) error { return nil })
}

func runScripts(t *testing.T, dir string, setup func(*testscript.Env) error) {
	if scripts, err := filepath.Glob(filepath.Join(dir, "*.txtar")); err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts in %s (%v)", dir, err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv(noSleep, noSleepValue)
			return setup(env)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status":  cmdStatus,
			"bytes":   cmdBytes,
			"mode":    cmdMode,
			"files":   cmdFiles,
			"await":   cmdAwait,
			"waiting": cmdWaiting,
			"schema":  cmdSchema,
		},
		Condition: func(cond string) (bool, error) {
			if cond == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, errors.New("unknown condition " + cond)
		},
	})
}

// cmdStatus runs a program, which must exit with a status: status 3 rowkeep ...
func cmdStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N program [args...]")
	}
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if want := args[0]; strconv.Itoa(got) != want {
		ts.Fatalf("exit status %d, want %s", got, want)
	}
}

// cmdBytes writes a file of odd bytes, given as a Go string without the quotes around
// it and without a backslash before those in it.
func cmdBytes(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: bytes FILE TEXT")
	}
	text, err := strconv.Unquote(`"` + strings.ReplaceAll(args[1], `"`, `\"`) + `"`)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o666))
}

// cmdMode checks the permission bits of a file.
func cmdMode(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: mode FILE OCTAL")
	}
	info, err := os.Lstat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := strconv.FormatUint(uint64(info.Mode().Perm()), 8); got != args[1] {
		ts.Fatalf("%s has mode %s, want %s", args[0], got, args[1])
	}
}

// awaitLimit is how long a script waits for a line that does not come.
const awaitLimit = time.Minute

// cmdAwait waits for a line in a file that a process in the background writes.
func cmdAwait(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await FILE REGEXP")
	}
	line, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	var data []byte
	for start := time.Now(); time.Since(start) < awaitLimit; time.Sleep(10 * time.Millisecond) {
		if data, _ = os.ReadFile(ts.MkAbs(args[0])); line.Match(data) {
			return
		}
	}
	ts.Fatalf("no line %s in %s:\n%s", args[1], args[0], data)
}

// cmdWaiting makes a change of a file wait: waiting FILE BASE OURS [THEIRS]. A program reads BASE
// and wants OURS; meanwhile somebody makes THEIRS of the file.
func cmdWaiting(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: waiting FILE BASE OURS [THEIRS]")
	}
	var contents []string
	for _, file := range args[1:] {
		contents = append(contents, ts.ReadFile(file))
	}
	theirs := contents[len(contents)-1]
	ts.Check(leaveWaiting(ts.MkAbs(args[0]), contents[0], contents[1], theirs))
}

// leaveWaiting makes an update of a file fail by a conflict, so that the change waits.
func leaveWaiting(file, base, ours, theirs string) error {
	if err := os.WriteFile(file, []byte(base), 0o666); err != nil {
		return err
	}
	s, err := store.Open(file, store.Options{Actor: "daemon", Settle: time.Millisecond})
	if err != nil {
		return err
	}
	tx, err := s.Begin(context.Background())
	if err != nil {
		return err
	}
	if err := tx.Replace([]byte(ours)); err != nil {
		return err
	}
	if err := os.WriteFile(file, []byte(theirs), 0o666); err != nil {
		return err
	}
	time.Sleep(10 * time.Millisecond) // longer than Settle
	_, err = tx.Commit(context.Background())
	if conflict := (*merge.ConflictError)(nil); !errors.As(err, &conflict) {
		return fmt.Errorf("the update came to %v, want a conflict", err)
	}
	return nil
}

// cmdFiles checks all names in a directory: nothing was left behind.
// What commits displaced is called so, whatever its name.
func cmdFiles(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 1 {
		ts.Fatalf("usage: files DIR [NAME...]")
	}
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	var names []string
	for _, e := range entries {
		names = append(names, displacedName.ReplaceAllString(e.Name(), "displaced"))
	}
	if got, want := strings.Join(names, " "), strings.Join(args[1:], " "); got != want {
		ts.Fatalf("%s holds %q, want %q", args[0], got, want)
	}
}

// displacedName is the name of a file that a commit displaced.
var displacedName = regexp.MustCompile(`^[0-9]+-[0-9a-f]{16}-[0-9a-f]{16}$`)
