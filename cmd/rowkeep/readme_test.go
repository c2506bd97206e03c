package main

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const readme = "../../README.md"

// TestREADME runs the commands of README's console blocks one after the other and compares
// what they print with what README shows. -update rewrites the blocks.
func TestREADME(t *testing.T) {
	if _, err := exec.LookPath("diff"); err != nil {
		t.Skip("README's commands need diff")
	}
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir+"/examples", os.DirFS("../../examples")); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	commands, inConsole := 0, false
	for line := range strings.Lines(string(text)) {
		switch {
		case strings.HasPrefix(line, "```"):
			inConsole = line == "```console\n"
			got.WriteString(line)
		case inConsole && strings.HasPrefix(line, "$ "):
			commands++
			got.WriteString(line)
			got.Write(shell(t, dir, line[2:]))
		case !inConsole:
			got.WriteString(line)
		}
	}
	if commands == 0 {
		t.Fatal("no commands in README.md")
	}
	if *update {
		if err := os.WriteFile(readme, []byte(got.String()), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(text), got.String()); diff != "" {
		t.Errorf("README.md (-is +should be):\n%s", diff)
	}
}

// shell returns what a command prints on both streams. Its status may be any: that of
// diff is 1 where files differ.
func shell(t *testing.T, dir, command string) []byte {
	t.Helper()
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
