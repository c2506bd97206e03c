//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/terminal"
)

// askAbout shows rowkeep resolve of a file in a terminal.
func askAbout(t *testing.T, file string, env ...string) *terminal.Terminal {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := filepath.Join(t.TempDir(), "rowkeep") // by this name the test binary is the command
	if err := os.Symlink(self, command); err != nil {
		t.Fatal(err)
	}
	return terminal.Start(t, 80, 24, []string{"XDG_CACHE_HOME=" + t.TempDir()}, strings.Join(append([]string{"env"}, env...), " ")+" "+shellWord(command)+" resolve "+shellWord(file))
}

var asked = dispute{
	base: "id,v,w\na,1,\nb,1,\n", ours: "id,v,w\na,2,\nb,2,x\n", theirs: "id,v,w\na,3,\nb,3,\n",
}

// The file changes while somebody answers: what has another value is asked again, and
// nothing is written before.
func TestAskAboutChange(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.csv")
	prepareWaiting(t, asked, file)
	w := askAbout(t, file)
	w.Await("0 of 2", "daemon")
	if err := os.WriteFile(file, []byte("id,v,w\na,3,\nb,4,\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	w.Keys("a", "l", "o", "w")
	w.Await("1 to answer again", `"4"`)
	checkFile(t, file, "id,v,w\na,3,\nb,4,\n")
	w.Keys("t", "w")
	if status := w.Status(); status != statusClean {
		t.Errorf("exit status %d\n%s", status, w.Screen())
	}
	checkFile(t, file, "id,v,w\na,2,\nb,4,x\n")
	if status, out, _ := call(t, "conflicts", file); status != statusClean {
		t.Errorf("something still waits: %s", out)
	}
}

func TestAskAboutMarkers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.csv")
	prepareMarked("diff3")(t, asked, file)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	w := askAbout(t, file)
	w.Await("0 of 2")
	w.Keys("o", "q", "y")
	if status := w.Status(); status != statusConflicts {
		t.Errorf("quit, exit status %d\n%s", status, w.Screen())
	}
	checkFile(t, file, string(before))
	w = askAbout(t, file)
	w.Await("0 of 2")
	w.Keys("a", "l", "t", "w")
	if status := w.Status(); status != statusClean {
		t.Errorf("exit status %d\n%s", status, w.Screen())
	}
	checkFile(t, file, "id,v,w\na,3,\nb,3,x\n")
}

// A terminal that shows lines only is not for a screen.
func TestAskNotOnDumbTerminal(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.csv")
	prepareMarked("diff3")(t, asked, file)
	w := askAbout(t, file, "TERM=dumb")
	if status := w.Status(); status != statusUsage {
		t.Errorf("exit status %d\n%s", status, w.Screen())
	}
}

// Somebody else is faster. Whoever is asked meanwhile is told when he writes, and there is
// nothing more to ask.
func TestAskInVain(t *testing.T) {
	for _, marked := range []bool{false, true} {
		file := filepath.Join(t.TempDir(), "a.csv")
		if marked {
			prepareMarked("diff3")(t, asked, file)
		} else {
			prepareWaiting(t, asked, file)
		}
		w := askAbout(t, file)
		w.Await("0 of 2")
		if status, _, stderr := call(t, "resolve", "--theirs", file); status != statusClean {
			t.Fatal(stderr)
		}
		w.Keys("a", "l", "o", "w")
		if status := w.Status(); status != statusIO {
			t.Errorf("marked %v: exit status %d\n%s", marked, status, w.Screen())
		}
		checkFile(t, file, "id,v,w\na,3,\nb,3,x\n")
	}
}
