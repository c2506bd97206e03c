package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

// commands are all commands that help lists, the root first.
func commands(t *testing.T) []*cobra.Command {
	var list []*cobra.Command
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		list = append(list, cmd)
		for _, sub := range pages(cmd) {
			walk(sub)
		}
	}
	walk((&app{out: newOutput(nil, nil)}).newRoot())
	if len(list) < 20 {
		t.Fatalf("only %d commands", len(list))
	}
	return list
}

// Every command says what it does, what its exit status means, and has examples that it
// would take.
func TestHelp(t *testing.T) {
	for _, cmd := range commands(t) {
		name := cmd.CommandPath()
		if cmd.Short == "" || cmd.Long == "" || cmd.Example == "" {
			t.Errorf("%s: want Short, Long and Example", name)
		}
		if !cmd.HasSubCommands() && !strings.Contains(cmd.Long, "Exit status: ") {
			t.Errorf("%s: help does not tell the exit status", name)
		}
		own := 0
		for line := range strings.Lines(cmd.Example) {
			if !strings.HasPrefix(line, "  ") {
				t.Errorf("%s: example is not indented by two: %q", name, line)
			}
			if args := exampleArgs(t, line); args != nil {
				own++
				checkExample(t, cmd, args)
			}
		}
		if own == 0 && !strings.HasPrefix(cmd.Example, "  git ") { // which calls those itself
			t.Errorf("%s: no example of the command", name)
		}
	}
}

// The text of flags keeps to the width of a terminal, and to a column that no long flag moves.
func TestHelpWidth(t *testing.T) {
	for _, cmd := range commands(t) {
		for _, width := range []int{80, 200} {
			_, flags, _ := strings.Cut(helpText(cmd, width), "\nFlags:\n")
			for line := range strings.Lines(flags) {
				text := strings.TrimRight(line, "\n")
				if isText := strings.HasPrefix(text, strings.Repeat(" ", flagColumn)); isText && len(text) > width {
					t.Errorf("%s: wider than %d: %q", cmd.CommandPath(), width, text)
				}
			}
		}
	}
	want := `
      --naive-only            only the half without rowkeep
      --seconds N             play for about N seconds; more
                              of them, more rounds (default
                              5)
      --keep DIR              keep all files in DIR, which
                              must be new or empty
      --color auto|always|never
                              colour of text (default auto)
  -q, --quiet                 the table without the story
  -h, --help                  help for demo
`
	demo, _, err := commands(t)[0].Find([]string{"demo"})
	if err != nil {
		t.Fatal(err)
	}
	_, got, _ := strings.Cut(helpText(demo, 60), "\nFlags:")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("flags of demo (-want +got):\n%s", diff)
	}
}

// exampleArgs are the arguments of rowkeep in a line for a shell; nil if it is not called.
func exampleArgs(t *testing.T, line string) []string {
	_, call, ok := strings.Cut(" "+line, " rowkeep ")
	if _, inner, substituted := strings.Cut(line, "<(rowkeep "); substituted {
		call, _, _ = strings.Cut(inner, ")")
		ok = true
	}
	if !ok {
		return nil
	}
	call, _, _ = strings.Cut(call, " >")
	call, _, _ = strings.Cut(call, " |")
	out, err := exec.Command("sh", "-c", `printf '%s\n' `+call).Output()
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

// checkExample parses an example of a command, which must be of that command, or below it.
func checkExample(t *testing.T, of *cobra.Command, args []string) {
	t.Helper()
	cmd, rest, err := of.Root().Find(args)
	if err != nil {
		t.Errorf("%q: %v", args, err)
		return
	}
	if path := cmd.CommandPath() + " "; !strings.HasPrefix(path, of.CommandPath()+" ") {
		t.Errorf("%s: example %q is of %s", of.CommandPath(), args, path)
	}
	if err := cmd.ParseFlags(rest); err != nil {
		t.Errorf("%q: %v", args, err)
	}
	if err := cmd.ValidateArgs(cmd.Flags().Args()); err != nil {
		t.Errorf("%q: %v", args, err)
	}
}

// README's table, or a guide, names every command; nobody finds the others.
func TestCommandsAreDocumented(t *testing.T) {
	readme := documents(t, "../../README.md")
	_, table, ok := strings.Cut(readme, "\n| command | does |\n")
	if !ok {
		t.Fatal("README has no table of commands")
	}
	table, _, _ = strings.Cut(table, "\n\n")
	guides := documents(t, "../../docs/*.md")
	for _, cmd := range commands(t)[1:] {
		name := strings.TrimPrefix(cmd.CommandPath(), "rowkeep ")
		where, text := "README's table", table
		if strings.HasPrefix(name, "git ") { // some of those git itself calls
			where, text = "a guide", guides
		}
		if !regexp.MustCompile("(`|rowkeep )" + name + "[ `\n]").MatchString(text) {
			t.Errorf("%s: not in %s", name, where)
		}
	}
}

// documents is the text of the files with a name.
func documents(t *testing.T, pattern string) string {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no %s (%v)", pattern, err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// Each command has a page, which mandoc finds nothing wrong with, and which is the same when it
// is made again.
func TestMan(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1790000000")
	dir := filepath.Join(t.TempDir(), "man", "man1")
	var before []string
	for range 2 {
		if status, _, stderr := call(t, "man", dir); status != statusClean {
			t.Fatal(stderr)
		}
		var now []string
		for _, cmd := range commands(t) {
			text := documents(t, filepath.Join(dir, pageName(cmd)+".1"))
			if !strings.Contains(text, " 2026-09-21 ") {
				t.Errorf("%s: not of the day that SOURCE_DATE_EPOCH says", pageName(cmd))
			}
			now = append(now, text)
		}
		if before != nil && !slices.Equal(before, now) {
			t.Error("made again, the pages are others")
		}
		before = now
	}
	t.Setenv("SOURCE_DATE_EPOCH", "today")
	if status, _, _ := call(t, "man", dir); status != statusUsage {
		t.Errorf("a wrong SOURCE_DATE_EPOCH: status %d", status)
	}
	needs(t, "mandoc")
	pages, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mandoc", append([]string{"-T", "lint", "-W", "warning"}, pages...)...).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}
