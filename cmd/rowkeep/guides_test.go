package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGuides runs the commands of the console blocks of README and of each guide in docs,
// one after the other in a directory of their own that has the examples, and compares
// what they print with what stands there. -update rewrites the blocks.
func TestGuides(t *testing.T) {
	if _, err := exec.LookPath("diff"); err != nil {
		t.Skip("the commands need diff")
	}
	guides, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	if len(guides) == 0 {
		t.Fatal("no guides in docs")
	}
	buildExamples(t)
	for _, guide := range append(guides, "../../README.md") {
		if guide == "../../docs/README.md" {
			continue // the index
		}
		t.Run(filepath.Base(guide), func(t *testing.T) { checkGuide(t, guide) })
	}
}

// TestLinks follows the links of README and the guides to other files.
func TestLinks(t *testing.T) {
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`\]\(([^)#:]+)[)#]`) // with a colon it leads elsewhere
	followed := 0
	for _, file := range append(files, "../../README.md", "../../CONTRIBUTING.md") {
		for _, match := range link.FindAllStringSubmatch(documents(t, file), -1) {
			followed++
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), match[1])); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
	if followed < 10 {
		t.Errorf("only %d links were found", followed)
	}
}

// buildExamples puts the programs of examples, which guides run, into PATH.
func buildExamples(t *testing.T) {
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", dir, "../../examples/...")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build, err, out)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// TestGuideCode looks up the Go code of the guide of daemons: all of it is code of the
// example, which compiles and is tested.
func TestGuideCode(t *testing.T) {
	files, err := filepath.Glob("../../examples/daemon/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, file := range append(files, "../../docs/daemon.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, ".go") {
			code.Write(text)
			continue
		}
		blocks := strings.Split(string(text), "```go\n")[1:]
		if len(blocks) == 0 {
			t.Fatal("no code in the guide")
		}
		for _, block := range blocks {
			block, _, _ = strings.Cut(block, "```")
			if block == "" || !strings.Contains(code.String(), "\n"+block) {
				t.Errorf("not in examples/daemon:\n%s", block)
			}
		}
	}
}

func checkGuide(t *testing.T, guide string) {
	if filepath.Base(guide) == "git.md" {
		needs(t, "git", "pr", "sed", "xargs")
	}
	for name, value := range gitEnv(t.TempDir()) {
		t.Setenv(name, value)
	}
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir+"/examples", os.DirFS("../../examples")); err != nil {
		t.Fatal(err)
	}
	got, commands := replay(t, dir, string(text))
	if commands == 0 {
		t.Fatal("no commands in the guide")
	}
	if *update {
		if err := os.WriteFile(guide, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(text), got); diff != "" {
		t.Errorf("%s (-is +should be):\n%s", guide, diff)
	}
}

// replay returns the text with what the commands of its console blocks print now, first in
// dir and then where cd leads, and how many there are.
func replay(t *testing.T, dir, text string) (string, int) {
	var got strings.Builder
	commands, inConsole := 0, false
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "```"):
			inConsole = line == "```console\n"
			got.WriteString(line)
		case inConsole && strings.HasPrefix(line, "$ cd "):
			dir = filepath.Join(dir, strings.TrimSpace(line[len("$ cd "):]))
			got.WriteString(line)
		case inConsole && strings.HasPrefix(line, "$ "):
			commands++
			got.WriteString(line)
			got.Write(shell(t, dir, line[2:]))
		case !inConsole:
			got.WriteString(line)
		}
	}
	return got.String(), commands
}

// localTime is a time as rowkeep shows it to people.
var localTime = regexp.MustCompile(`\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\b`)

// maskTimes puts one time in the place of all: what is shown is not to differ from run to run.
func maskTimes(s string) string { return localTime.ReplaceAllString(s, "2026-11-02 09:14:07") }

// shell returns what a command prints on both streams, but for the time. Its status may be any: that of
// diff is 1 where files differ.
func shell(t *testing.T, dir, command string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), awaitLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return []byte(maskTimes(out.String()))
}
