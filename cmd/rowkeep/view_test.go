package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/hostile"
	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/terminal"
)

func TestFit(t *testing.T) {
	for _, c := range []struct {
		name  string
		width int
		spans []span
		want  []string
	}{
		{"no terminal", 0, []span{{plain, "a line, as long as it is"}}, []string{"a line, as long as it is"}},
		{"room for all", 24, []span{{plain, "a line, as long as it is"}}, []string{"a line, as long as it is"}},
		{"behind spaces", 12, []span{{plain, "a line, as long as it is"}}, []string{"a line, as ", "    long as ", "    it is"}},
		{"in two colours", 12, []span{{red, "one, two "}, {green, "three"}}, []string{"one, two ", "    three"}},
		{"a long word", 12, []span{{plain, "~ 0123456789abcdef"}}, []string{"~ 01234567", "    89abcdef"}},
		{"wide characters", 12, []span{{plain, "漢字漢字漢字漢字"}}, []string{"漢字漢字", "    漢字漢字"}},
		{"no room at all", 5, []span{{plain, "as it is"}}, []string{"as it is"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, line := range fit(c.spans, c.width) {
				text := ""
				for _, s := range line {
					text += s.text
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

// TestFitHostile shows that no value makes a line wider than the terminal, and that nothing
// is lost.
func TestFitHostile(t *testing.T) {
	for _, h := range hostile.Values() {
		shown := visible(h.Text[:min(len(h.Text), 5000)])
		for _, width := range []int{20, 80, 133} {
			var whole strings.Builder
			for i, line := range fit([]span{{plain, shown}}, width) {
				text := line[0].text
				if n := columns(strings.TrimRight(text, " ")); n > width {
					t.Errorf("%s: a line of %d columns where there are %d: %q", h.Name, n, width, text)
				}
				if i > 0 {
					text = text[hanging:]
				}
				whole.WriteString(text)
			}
			if whole.String() != shown {
				t.Errorf("%s: the lines are not the text", h.Name)
			}
		}
	}
}

// TestViewEscapes shows that whatever is printed is escaped on its way, and its colour is not.
func TestViewEscapes(t *testing.T) {
	var b strings.Builder
	v := &view{Writer: bufio.NewWriter(&b), colored: true}
	v.line(span{plain, "a\x1b[2J"}, span{red, "\u202eb\n"}, span{red, "c"}, span{plain, ""})
	v.Flush()
	if got, want := b.String(), "a\\x1b[2J\x1b[31m\\u202eb\\nc\x1b[0m\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// window runs a command line in a terminal, beside two files that differ in n rows.
func window(t *testing.T, n int, pager, command string) *terminal.Terminal {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(dir, "rowkeep")); err != nil { // TestMain looks at the name
		t.Fatal(err)
	}
	for file, value := range map[string]string{"a.csv": "one word and another one", "b.csv": "one word and a further one"} {
		text := "id,value\n"
		for i := range n {
			text += fmt.Sprintf("row_%d,%s\n", i, value)
		}
		writeFile(t, filepath.Join(dir, file), text)
	}
	env := []string{"TERM=xterm", "NO_COLOR=", "LESS=", "PATH=" + dir + ":" + os.Getenv("PATH")}
	return terminal.Start(t, 60, 20, env, "unset LESS; cd "+dir+"; "+pager+" "+command)
}

// Messages end their lines between words, in the width of the terminal.
func TestMessageFits(t *testing.T) {
	w := window(t, 5, "", "rowkeep resolve --take row_1=both a.csv")
	screen := w.Await("hint: ", ended)
	const want = "rowkeep: --take \"row_1=both\": want one of ours, theirs, base, not \"both\"\nrowkeep: hint: "
	if !strings.Contains(strings.ReplaceAll(screen, "\n    ", " "), want) || strings.Contains(screen, want) {
		t.Errorf("the message is not on two lines of whole words:\n%s", screen)
	}
}

func TestPager(t *testing.T) {
	const mark = `PAGER='sed "s/^/paged: /" | head -n 3'`
	t.Run("short", func(t *testing.T) {
		w := window(t, 5, mark, "rowkeep diff a.csv b.csv")
		screen := w.Await("row_4", ended)
		if strings.Contains(screen, "paged") {
			t.Errorf("what fits on the screen goes through the pager:\n%s", screen)
		}
		if !strings.Contains(screen, "~ row_0, value: \"one word and another one\" -> \"one word and\n    a further one\" (line 2)\n") {
			t.Errorf("lines do not fit:\n%s", screen)
		}
	})
	t.Run("long, and left early", func(t *testing.T) {
		w := window(t, 5000, mark, "rowkeep diff --exit-code a.csv b.csv")
		w.Await("paged: ")
		if status := w.Status(); status != 1 {
			t.Errorf("status %d", status)
		}
	})
	for name, pager := range map[string]string{"none": "PAGER=", "cat": "PAGER=cat", "not there": "PAGER=/no/such/pager"} {
		t.Run(name, func(t *testing.T) {
			w := window(t, 50, pager, "rowkeep diff a.csv b.csv")
			w.Await("row_49")
			if status := w.Status(); status != 0 {
				t.Errorf("status %d", status)
			}
		})
	}
	t.Run("a pipe", func(t *testing.T) {
		w := window(t, 50, mark, "rowkeep diff a.csv b.csv | tail -n 1")
		screen := w.Await(ended)
		if !strings.Contains(screen, "~ row_49, value: \"one word and another one\" -> \"one word and") || strings.Contains(screen, "paged") {
			t.Errorf("what goes through a pipe is not plain:\n%s", screen)
		}
	})
	t.Run("less", func(t *testing.T) {
		if _, err := exec.LookPath("less"); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal("no less, which .ci/packages installs")
			}
			t.Skip("no less")
		}
		w := window(t, 200, "", "rowkeep diff a.csv b.csv")
		w.Await("row_0", "\n:")
		w.Keys("C-c") // is less's, which stays, but may lose the next key
		for range 100 {
			if w.Keys("G"); strings.Contains(w.Screen(), "(END)") {
				break
			}
		}
		w.Await("row_199", "(END)")
		w.Keys("q")
		if status := w.Status(); status != 0 {
			t.Errorf("status %d", status)
		}
	})
}

// ended is what a window shows when the command is at its end.
const ended = "exit status "
