// Package git is what rowkeep knows of git: which settings and attributes make git call
// rowkeep, where they are written, and what git's own merge and diff do with a file that
// is not for rowkeep. It runs git and has no part in the command line.
//
// Two things hold throughout. What names a file is passed to git as an argument of its
// own, behind "--" or by standard input, never through a shell. What goes into a setting
// is run by git through a shell, each time: the only word in it that is not fixed is the
// path of the executable, which is quoted (see [Settings]).
package git

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

// Error says which call of git failed and what git said.
type Error struct {
	Args   []string
	Stderr string // without the final newline
	Err    error  // an [*exec.ExitError], or why git did not run at all
}

func (e *Error) Error() string {
	if e.Stderr == "" {
		return fmt.Sprintf("git %s: %v", e.Args[0], e.Err)
	}
	return fmt.Sprintf("git %s: %s", e.Args[0], e.Stderr)
}

func (e *Error) Unwrap() error { return e.Err }

// run returns what git prints to standard output, also where it fails. Errors are [*Error].
func run(stdin io.Reader, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), &Error{Args: args, Stderr: strings.TrimRight(stderr.String(), "\n"), Err: err}
	}
	return stdout.String(), nil
}

// line is run for output of one line. Only its end is cut: names may end in spaces.
func line(args ...string) (string, error) {
	out, err := run(nil, args...)
	return strings.TrimSuffix(out, "\n"), err
}

// exited returns the exit status of git behind an error of run, or -1 if it is another
// error.
func exited(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return -1
}

// RunAsGit lets git run a command line of a shell in the way in which it runs drivers,
// with its own search path, and returns the line that is printed.
func RunAsGit(command string) (string, error) {
	return line("-c", "alias.rowkeep-doctor=!"+command, "rowkeep-doctor")
}

// Version is that of git.
type Version struct{ Major, Minor int }

// InstalledVersion asks git for its version.
func InstalledVersion() (Version, error) {
	out, err := line("--version")
	if err != nil {
		return Version{}, err
	}
	var v Version
	if _, err := fmt.Sscanf(out, "git version %d.%d", &v.Major, &v.Minor); err != nil {
		return Version{}, fmt.Errorf("git calls its version %q", out)
	}
	return v, nil
}

// AtLeast compares versions.
func (v Version) AtLeast(major, minor int) bool {
	return v.Major > major || v.Major == major && v.Minor >= minor
}

func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }
