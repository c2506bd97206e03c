//go:build !wasip1

package tui

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/escape"
	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/hostile"
	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/settle"
	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/terminal"
	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

var update = flag.Bool("update", false, "rewrite the screens in testdata")

// TestMain runs, in a window of a test, the program itself.
func TestMain(m *testing.M) {
	if dir := os.Getenv("ROWKEEP_TUI_TEST"); dir != "" {
		os.Exit(settleIn(dir))
	}
	os.Exit(m.Run())
}

// settleIn settles the files base, ours and theirs of a directory into the file merged.
// A file moved takes the place of theirs at the first write.
func settleIn(dir string) int {
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			panic(err)
		}
		return b
	}
	s, err := settle.New(read("base"), read("ours"), read("theirs"), merge.Options{})
	if err != nil {
		panic(err)
	}
	moved := filepath.Join(dir, "moved")
	write := func(_ context.Context, s *settle.Session) (Outcome, error) {
		if theirs, err := os.ReadFile(moved); err == nil {
			os.Remove(moved)
			m, err := s.Rebase(theirs)
			return Outcome{Moved: m}, err
		}
		result, err := s.Result()
		if err != nil {
			return Outcome{}, err
		}
		return Outcome{Written: true}, os.WriteFile(filepath.Join(dir, "merged"), result.Bytes(), 0o600)
	}
	written, err := Run(context.Background(), s, Config{
		Title: "orders.csv", Ours: "daemon", Write: write, NoColor: true, Input: os.Stdin, Output: os.Stdout,
	})
	switch {
	case errors.Is(err, context.Canceled):
		return 130
	case err != nil:
		panic(err)
	case !written:
		return 1
	}
	return 0
}

// start shows a merge in a window.
func start(t *testing.T, width, height int, base, ours, theirs string) (w *terminal.Terminal, dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range map[string]string{"base": base, "ours": ours, "theirs": theirs} {
		write(t, filepath.Join(dir, name), text)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return terminal.Start(t, width, height, []string{"ROWKEEP_TUI_TEST=" + dir, "GORACE=atexit_sleep_ms=0"}, self), dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// golden compares a screen with testdata.
func golden(t *testing.T, name, screen string) {
	t.Helper()
	path := filepath.Join("testdata", name+".screen")
	if *update {
		write(t, path, screen)
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), screen); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

const (
	base = "# orders\nid,pair,limit,note\na,BTC,1,x\nb,ETH,2,\"old, and\nlong\"\nc,ADA,3,\nd,SOL,4,\ne,DOT,5,\n"
	ours = "# orders of mine\nid,pair,limit,note\na,BTC,10,x\nb,ETH,2,\"new, and\nlong\"\nd,SOL,4,ours\ne,DOT,50,\nf,XRP,1,\n"
	them = "# orders of all\nid,pair,limit,note\na,BTC,11,y\nb,ETH,2,\"old, but\nlong\"\nc,ADA,33,\ne,DOT,51,\nf,XRP,2,\n"
)

// TestSettle settles each conflict of a merge by keys alone, looks at the screens, and
// at what is written in the end.
func TestSettle(t *testing.T) {
	w, dir := start(t, 80, 24, base, ours, them)
	golden(t, "first", w.Await("0 of 7 conflicts answered"))
	w.Keys("t")
	w.Await("1 of 7 conflicts answered")
	w.Keys("n", "n")
	golden(t, "row", w.Await("column limit"))
	w.Keys("?")
	golden(t, "help", w.Await("quit and leave everything as it was"))
	w.Keys("q", "/")
	w.Type("old, and")
	w.Keys("Enter")
	w.Await("key b, column note", `old, and\nlong`)
	w.Keys("e")
	w.Await(`\n is a line end: new, and\nlong`)
	w.Keys("C-u")
	w.Type(`tab\t\"q\"`)
	w.Keys("Enter")
	w.Await("2 of 7 conflicts answered")
	w.Keys("a", "l", "o")
	golden(t, "all", w.Await("7 of 7 conflicts answered", "5 answered with ours"))
	w.Keys("u")
	w.Await("2 of 7 conflicts answered")
	w.Keys("a", "k", "o", "a", "l", "b")
	w.Await("7 of 7 conflicts answered")
	w.Keys("w")
	if status := w.Status(); status != 0 {
		t.Fatalf("status %d\n%s", status, w.Screen())
	}
	merged, err := os.ReadFile(filepath.Join(dir, "merged"))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "merged", string(merged))
}

// TestQuit leaves everything as it was, whatever was answered before.
func TestQuit(t *testing.T) {
	for _, test := range []struct {
		name   string
		keys   []string
		status int
	}{
		{"at once", []string{"q"}, 1},
		{"with answers", []string{"o", "t", "q", "y"}, 1},
		{"interrupted", []string{"o", "C-c"}, 130},
		{"interrupted while typing", []string{"n", "n", "n", "e", "C-c"}, 130},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, dir := start(t, 80, 24, base, ours, them)
			w.Await("0 of 7")
			w.Keys(test.keys...)
			if status := w.Status(); status != test.status {
				t.Errorf("status %d, want %d", status, test.status)
			}
			if _, err := os.Stat(filepath.Join(dir, "merged")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("something was written: %v", err)
			}
		})
	}
}

// TestQuitAsks stays where a person does not mean to forget the answers.
func TestQuitAsks(t *testing.T) {
	w, _ := start(t, 80, 24, base, ours, them)
	w.Await("0 of 7")
	w.Keys("o", "q")
	w.Await("The answers are forgotten")
	w.Keys("n")
	w.Await("1 of 7", "? help")
	w.Keys("u", "u")
	w.Await("nothing to undo")
}

// TestFileMoves writes while the file changes: answers to what is as it was stay, the
// others are asked for again.
func TestFileMoves(t *testing.T) {
	w, dir := start(t, 80, 24, base, ours, them)
	w.Await("0 of 7")
	moved := filepath.Join(dir, "moved")
	write(t, moved, strings.Replace(strings.Replace(them, "11,y", "12,y", 1), "e,DOT,51,", "e,DOT,50,", 1))
	w.Keys("a", "l", "o", "w")
	if w.Await("1 to answer again, 0 new, 1 moot"); !strings.Contains(w.Screen(), "5 of 6") {
		t.Errorf("answers that still fit are gone:\n%s", w.Screen())
	}
	w.Await("key a, column limit", `"12"`)
	w.Keys("t", "w")
	if status := w.Status(); status != 0 {
		t.Fatalf("status %d\n%s", status, w.Screen())
	}
}

// TestSizes shows the same conflict in windows of several sizes: no line is wider than
// the window, and the last one has the keys.
func TestSizes(t *testing.T) {
	w, _ := start(t, 120, 30, base, ours, them)
	w.Await("0 of 7")
	w.Keys("j", "j", "j")
	golden(t, "120x30", w.Await("conflict 4 of 7", "merged"))
	w.Resize(50, 12)
	golden(t, "50x12", w.Await("conflict 4 of 7", "o ours  t theirs"))
	w.Keys("Tab")
	golden(t, "50x12-list", w.Await("> · a limit"))
	w.Resize(20, 5)
	w.Await("the window is too")
	w.Resize(80, 24)
	w.Await("> · a limit", "conflict 4 of 7")
}

// A window that changes while a value is typed shows it further, and takes it.
func TestResizeWhileTyping(t *testing.T) {
	w, dir := start(t, 80, 24, base, ours, them)
	w.Await("0 of 7")
	w.Keys("j", "j", "j", "e", "C-u")
	w.Type("1234567")
	w.Await("value: 1234567")
	w.Resize(50, 12)
	w.Await("value: 1234567", "key a, column limit")
	w.Resize(100, 30)
	w.Type("8")
	w.Await("value: 12345678", "daemon")
	w.Keys("Enter")
	w.Await("1 of 7")
	w.Keys("a", "l", "o", "w")
	if status := w.Status(); status != 0 {
		t.Fatalf("status %d\n%s", status, w.Screen())
	}
	merged, err := os.ReadFile(filepath.Join(dir, "merged"))
	if err != nil || !strings.Contains(string(merged), "\na,BTC,12345678,") {
		t.Errorf("%q (%v)", merged, err)
	}
}

// TestHostile shows values that would steer a terminal, or break the layout.
func TestHostile(t *testing.T) {
	for _, v := range hostile.Values() {
		value := v.Text
		s, err := settle.New([]byte("id,v\n1,\n"), row(value), row("other"), merge.Options{})
		if err != nil {
			t.Fatalf("%.40q: %v", value, err)
		}
		m := newModel(t.Context(), s, Config{Title: value, Ours: value, NoColor: true})
		for _, key := range []rune{'e', 'x', '/'} {
			next, _ := m.Update(tea.KeyPressMsg{Code: key, Text: string(key)})
			lookAt(t, value, next.(model))
		}
		lookAt(t, value, m)
	}
}

func row(value string) []byte {
	return slices.Concat([]byte("id,v\n1,"), csvrows.Encode([]byte(value), false, ','), []byte("\n"))
}

// lookAt checks that a screen has its size, and nothing on it that does not print.
func lookAt(t *testing.T, value string, m model) {
	t.Helper()
	lines := m.screen()
	if len(lines) != m.height {
		t.Errorf("%.40q: %d lines, want %d", value, len(lines), m.height)
	}
	for _, line := range lines {
		text := ansi.Strip(line)
		if strings.ContainsFunc(text, steers) || ansi.StringWidth(text) > m.width {
			t.Errorf("%.40q: the screen has the line %q", value, text)
		}
	}
}

// steers reports what must not come to a terminal. U+FFFD prints where a file has it.
func steers(r rune) bool { return escape.Unprintable(r) && r != utf8.RuneError || r == '\t' }

// TestMany goes through a long list.
func TestMany(t *testing.T) {
	const n = 20_000
	var b, o, th strings.Builder
	for _, w := range []*strings.Builder{&b, &o, &th} {
		w.WriteString("id,v\n")
	}
	for i := range n {
		fmt.Fprintf(&b, "%d,0\n", i)
		fmt.Fprintf(&o, "%d,1\n", i)
		fmt.Fprintf(&th, "%d,2\n", i)
	}
	w, _ := start(t, 80, 24, b.String(), o.String(), th.String())
	w.Await("0 of 20000")
	w.Keys("G")
	w.Await("conflict 20000 of 20000")
	w.Keys("/")
	w.Type("12345")
	w.Keys("Enter", "t")
	w.Await("1 of 20000", "conflict 12347 of 20000")
	w.Keys("a", "l", "o", "w")
	if status := w.Status(); status != 0 {
		t.Fatalf("status %d\n%s", status, w.Screen())
	}
}

// What is said, asked and offered is all there in a narrow window, on lines that end between
// words.
func TestNarrow(t *testing.T) {
	s, err := settle.New([]byte("id,threshold_price\norder_1,7\norder_2,1\n"), []byte("id,threshold_price\norder_3,7\norder_2,5\n"), []byte("id,threshold_price\norder_4,7\norder_2,6\n"), merge.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := tea.Model(newModel(t.Context(), s, Config{Title: "a.csv", NoColor: true}))
	m, _ = m.Update(tea.WindowSizeMsg{Width: 40, Height: 24})
	says := func(want string) {
		t.Helper()
		lookAt(t, want, m.(model))
		text := strings.Join(strings.Fields(ansi.Strip(strings.Join(m.(model).screen(), " "))), " ")
		if !strings.Contains(text, want) {
			t.Errorf("the screen does not say %q:\n%s", want, text)
		}
	}
	press := func(keys ...tea.KeyPressMsg) {
		for _, k := range keys {
			m, _ = m.Update(k)
		}
	}
	char := func(r rune) tea.KeyPressMsg { return tea.KeyPressMsg{Code: r, Text: string(r)} }
	says("o ours t theirs b base e edit a all u undo n next w write q quit ? help")
	press(char('a'))
	says("answer l all that are left k kind key_rename c column id r row order_1 any other key: no")
	press(tea.KeyPressMsg{Code: tea.KeyEscape}, char('e'))
	press(tea.KeyPressMsg{Code: tea.KeyBackspace}, char('2'), tea.KeyPressMsg{Code: tea.KeyEnter})
	says("another row has this key; want a key that no row has")
	if s.Left() != 2 {
		t.Errorf("%d left", s.Left())
	}
}

// The screen begins with the conflict that it is told to begin with.
func TestFirst(t *testing.T) {
	s, err := settle.New([]byte("id,v\na,1\nb,1\n"), []byte("id,v\na,2\nb,2\n"), []byte("id,v\na,3\nb,3\n"), merge.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for first, want := range map[string]int{"": 0, "unknown": 0, s.Conflict(1).ID: 1} {
		if m := newModel(t.Context(), s, Config{First: first}); m.at != want {
			t.Errorf("first %q: at %d, want %d", first, m.at, want)
		}
	}
}

// Of a merge without a conflict, as a file that changed may leave it, there is nothing to
// answer, whatever key is pressed.
func TestNoConflict(t *testing.T) {
	s, err := settle.New([]byte("id,v\na,1\n"), []byte("id,v\na,2\n"), []byte("id,v\na,2\n"), merge.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := tea.Model(newModel(t.Context(), s, Config{Title: "a.csv"}))
	for _, c := range commands() {
		for _, k := range c.Keys() {
			if k == "w" || k == "ctrl+s" || len(k) > 1 {
				continue
			}
			m, _ = m.Update(tea.KeyPressMsg{Code: rune(k[0]), Text: k})
			m, _ = m.Update(tea.KeyPressMsg{Code: tea.KeyEscape})
		}
	}
	if text := fmt.Sprint(m.View()); !strings.Contains(text, noneLeft) {
		t.Errorf("the screen says %q", text)
	}
}
