// Package terminal drives a program in a real terminal, for tests: tmux shows it, sends it
// keys, and tells what stands on the screen.
package terminal

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// patience is how long a screen may take to show what is waited for. It only bounds a
// failing test.
const patience = 30 * time.Second

// A Terminal is a window with a program in it.
type Terminal struct {
	t      *testing.T
	socket string
}

// Start runs a shell command in a new window of so many columns and lines, and skips the
// test where there is no tmux. The window is closed when the test ends.
func Start(t *testing.T, width, height int, env []string, command string) *Terminal {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("no tmux, which .ci/packages installs")
		}
		t.Skip("no tmux")
	}
	dir, err := os.MkdirTemp("", "tmux") // the name of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	w := &Terminal{t, filepath.Join(dir, "s")}
	t.Cleanup(func() {
		w.tmux("kill-server")
		os.RemoveAll(dir)
	})
	args := []string{"-u", "-f", "/dev/null", "new-session", "-d", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height)}
	for _, e := range env {
		args = append(args, "-e", e)
	}
	// The window stays for its last screen; tmux alone now and then misses the status.
	command += fmt.Sprintf("; printf '\\n%s%%d.' $?; exec sleep 1000", ended)
	w.tmux(append(args, command, ";", "set-option", "-g", "status", "off")...)
	return w
}

func (w *Terminal) tmux(args ...string) string {
	w.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", w.socket}, args...)...).CombinedOutput()
	if err != nil {
		w.t.Fatalf("tmux %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// Keys presses keys, by tmux's names: "o", "Enter", "C-c", "Down".
func (w *Terminal) Keys(keys ...string) {
	w.t.Helper()
	w.tmux(append([]string{"send-keys"}, keys...)...)
}

// Type types a text as it is.
func (w *Terminal) Type(text string) {
	w.t.Helper()
	w.tmux("send-keys", "-l", text)
}

// Resize makes the window another size.
func (w *Terminal) Resize(width, height int) {
	w.t.Helper()
	w.tmux("resize-window", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height))
}

// Screen is what stands on the screen, without the spaces at the ends of its lines.
func (w *Terminal) Screen() string {
	w.t.Helper()
	return w.tmux("capture-pane", "-p")
}

// Await waits until the screen has all of some texts, and returns it.
func (w *Terminal) Await(texts ...string) string {
	w.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		screen := w.Screen()
		if hasAll(screen, texts) {
			return screen
		}
		if time.Now().After(end) {
			w.t.Fatalf("the screen does not have all of %q:\n%s", texts, screen)
		}
	}
}

func hasAll(screen string, texts []string) bool {
	return !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(screen, text) })
}

// ended stands on the screen before the exit status and a full stop.
const ended = "exit status "

// Status waits for the program's end and returns its exit status.
func (w *Terminal) Status() int {
	w.t.Helper()
	_, text, _ := strings.Cut(w.Await(ended), ended)
	text, _, _ = strings.Cut(text, ".")
	n, err := strconv.Atoi(text)
	if err != nil {
		w.t.Fatalf("status %q: %v", text, err)
	}
	return n
}
