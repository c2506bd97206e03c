package main

import (
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// full is a standard output on which there is no room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// printing are command lines that print, in a directory with a.csv, of which a change waits, and
// two other files.
const printing = `
--help
help
help merge
git
git install --help
version
--version
completion bash
completion zsh
completion fish
completion powershell
get b.csv
get other.csv b
get other.csv b v
diff a.csv b.csv
diff --format json a.csv b.csv
diff --format ndjson a.csv b.csv
diff --format html a.csv b.csv
merge a.csv a.csv other.csv
merge -o none.csv --report - a.csv a.csv other.csv
merge -o none.csv --report - --format text a.csv a.csv other.csv
merge -o none.csv --report - --format html a.csv a.csv other.csv
check b.csv
check --format json b.csv
check --format ndjson b.csv
log a.csv
log --format json a.csv
show a.csv 1
show --changes a.csv 1
status a.csv
status --format json a.csv
conflicts a.csv
conflicts --format json a.csv
conflicts --format ndjson a.csv
conflicts --format html a.csv
watch --format ndjson a.csv
git doctor
git diff-driver other.csv b.csv 0 100644 other.csv 0 100644
set other.csv b v=2
demo --naive-only --seconds 0.1
`

// Whatever a command prints: if that cannot be written, it is said, and the status tells
// scripts that they did not get all.
func TestStdoutFull(t *testing.T) {
	needs(t, "git")
	t.Chdir(t.TempDir())
	prepareWaiting(t, dispute{base: "id,v\na,1\n", ours: "id,v\na,2\n", theirs: "id,v\na,3\n"}, "a.csv")
	writeFile(t, "b.csv", "id,v\na,1\na,2\n")
	writeFile(t, "other.csv", "id,v\nb,1\n")
	if out, err := exec.Command("git", "init", "-q").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(printing), "\n")
	for _, line := range lines {
		var stderr strings.Builder
		status := run(t.Context(), strings.Fields(line), strings.NewReader(""), full{}, &stderr)
		if status != statusIO || !strings.Contains(stderr.String(), "standard output: no space left on device") {
			t.Errorf("%s: status %d, want %d; it says:\n%s", line, status, statusIO, stderr.String())
		}
	}
	// The others have nothing to print, or first something to change.
	tried := func(name string) bool {
		return slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line+" ", name+" ") })
	}
	silent := strings.Fields("add rm rename-key edit restore accept resolve man install uninstall driver mergetool")
	for _, cmd := range commands(t)[1:] {
		if name := strings.TrimPrefix(cmd.CommandPath(), "rowkeep "); !tried(name) && !slices.Contains(silent, cmd.Name()) {
			t.Errorf("%s: not tried", name)
		}
	}
}
