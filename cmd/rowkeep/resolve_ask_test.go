//go:build unix

package main

import (
	"maps"
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

// The same of a file with markers, whose blocks somebody edits.
func TestAskAboutMarkers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.csv")
	prepareMarked("diff3")(t, asked, file)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	w := askAbout(t, file)
	w.Await("0 of 2")
	moved := strings.Replace(string(before), "\nb,3,", "\nb,4,", 1)
	if moved == string(before) {
		t.Fatalf("no row of theirs in %q", before)
	}
	writeFile(t, file, moved)
	w.Keys("a", "l", "t", "w")
	w.Await("1 to answer again", `"4"`)
	checkFile(t, file, moved)
	w.Keys("o", "w")
	if status := w.Status(); status != statusClean {
		t.Errorf("exit status %d\n%s", status, w.Screen())
	}
	checkFile(t, file, "id,v,w\na,3,\nb,2,x\n")
}

// Whoever leaves without writing, in whichever way, leaves file and conflicts as they were.
func TestAskAndLeave(t *testing.T) {
	for name, prepare := range map[string]func(*testing.T, dispute, string){"change": prepareWaiting, "markers": prepareMarked("diff3")} {
		file := filepath.Join(t.TempDir(), "a.csv")
		prepare(t, asked, file)
		before, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, waits, _ := call(t, "conflicts", "--format", "json", file)
		for _, leave := range []struct {
			keys   []string
			status int
		}{
			{[]string{"o", "q", "y"}, statusConflicts},
			{[]string{"o", "C-c"}, statusInterrupted},
			{[]string{"a", "l", "t", "u", "q"}, statusConflicts},
		} {
			w := askAbout(t, file)
			w.Await("0 of 2")
			w.Keys(leave.keys...)
			if status := w.Status(); status != leave.status {
				t.Errorf("%s, %q: exit status %d, want %d\n%s", name, leave.keys, status, leave.status, w.Screen())
			}
			checkFile(t, file, string(before))
			if _, now, _ := call(t, "conflicts", "--format", "json", file); now != waits || now == "" {
				t.Errorf("%s, %q: what waits was\n%sand is\n%s", name, leave.keys, waits, now)
			}
		}
	}
}

// Changes are asked about one after the other. What is written stays written, whatever becomes
// of those behind it, and that is told.
func TestAskAboutThreeChanges(t *testing.T) {
	const base, theirs = "id,v\na,1\nb,1\nc,1\n", "id,v\na,3\nb,3\nc,3\n"
	for _, tt := range []struct {
		name   string
		faster bool // somebody else settles the second one
		keys   []string
		status int
		told   [2]string
	}{
		{"quit", false, []string{"q"}, statusConflicts, [2]string{"change 3,", "change 4,"}},
		{"in vain", true, []string{"o", "w"}, statusIO, [2]string{"written: change 2;", "not tried any more: change 4"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "a.csv")
			for _, key := range []string{"a", "b", "c"} {
				prepareWaiting(t, dispute{base: base, ours: strings.Replace(base, key+",1", key+",2", 1), theirs: theirs}, file)
			}
			w := askAbout(t, file)
			w.Await("0 of 1", "cell, key a")
			w.Keys("o", "w")
			w.Await("0 of 1", "cell, key b")
			checkFile(t, file, strings.Replace(theirs, "a,3", "a,2", 1))
			if tt.faster {
				if status, _, stderr := call(t, "resolve", "--dismiss", file, "3"); status != statusClean {
					t.Fatal(stderr)
				}
			}
			w.Keys(tt.keys...)
			status := w.Status()
			screen := strings.Join(strings.Fields(w.Screen()), " ")
			for _, told := range tt.told {
				if status != tt.status || !strings.Contains(screen, told) {
					t.Errorf("exit status %d, want %d, and %q:\n%s", status, tt.status, told, w.Screen())
				}
			}
			checkFile(t, file, strings.Replace(theirs, "a,3", "a,2", 1))
		})
	}
}

// desk is a merge with many conflicts, of every kind but of names: beside rows that come and
// go no name is certain to be a new one for an old one.
var desk = dispute{
	base: `# desk one
id,v,w,x,y
c1,1,1,1,1
c2,1,1,1,1
c3,1,1,1,1
c4,1,1,1,1
c5,1,1,1,1
# desk two
d1,1,1,1,1
d2,1,1,1,1
m1,1,1,1,1
m2,1,1,1,1
k,1,1,1,1
k,2,1,1,1
`,
	ours: `# desk one, o
id,v,w,y,n
c1,o,1,1,o
c2,o,1,1,o
c3,o,1,o,s
c4,o,o,1,s
c5,o,1,o,s
# desk two, o
m1,o,1,1,s
m2,o,1,1,s
k,o,1,1,s
k,2,1,1,s
a1,o,1,,s
a2,o,o,,s
`,
	theirs: `# desk one, t
id,v,w,x,n
c1,t,1,1,t
c2,t,1,1,t
c3,t,1,t,s
c4,t,t,1,s
c5,t,1,t,s
# desk two, t
d1,t,1,1,s
d2,t,1,1,s
k,1,1,1,s
k,t,1,1,s
a1,t,1,,s
a2,t,t,,s
`,
}

// deskSettled is the desk as the keys below settle it.
const deskSettled = `# desk, by hand
id,v,w,x,n
c1,o,1,1,t
c2,"e,2",1,1,
c3,t,1,1,s
c4,t,o,1,s
c5,1,1,t,s
# desk two
d2,1,1,1,
m1,o,1,1,s
k,1,1,1,s
k,t,1,1,s
a1,o,1,,s
a2,t,w2,,s
`

// A keystroke is what is pressed on one conflict.
type keystroke struct {
	on    string   // the conflict that is looked at then
	keys  []string // or, if there are none,
	value string   // the value that is typed
}

// Two changes with conflicts of every kind, two dozen in all, are settled at one go by keys
// alone, in a window: sides, values, all of a kind, another way to the next one, searching and
// taking back.
func TestAskAboutEveryKind(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.csv")
	prepareWaiting(t, desk, file)
	// The second change has other names for what the first one comes to.
	names := func(column, key string) string {
		return strings.Replace(strings.Replace(deskSettled, "id,v,", "id,"+column+",", 1), "\nc1,", "\n"+key+",", 1)
	}
	prepareWaiting(t, dispute{base: names("volume", "c0"), ours: names("vol", "cx"), theirs: deskSettled}, file)
	writeFile(t, file, desk.theirs)

	w := askAbout(t, file)
	w.Await("0 of 22 conflicts answered")
	kinds := press(t, w, []keystroke{
		{on: "duplicate_key, key k", keys: []string{"t"}},
		{on: "column_delete_edit, key c3, column x", keys: []string{"o"}},
		{on: "column_delete_edit, key c5, column x", keys: []string{"t"}},
		{on: "column_edit_delete, key c3, column y", keys: []string{"a", "k", "t"}},
		{on: "delete_modify, key d1", keys: []string{"o"}},
		{on: "delete_modify, key d2", keys: []string{"b"}},
		{on: "modify_delete, key m1", keys: []string{"o"}},
		{on: "modify_delete, key m2", keys: []string{"t"}},
		{on: "comment  ", value: "# desk, by hand"},
		{on: "cell, key c1, column v", keys: []string{"o"}},
		{on: "column_add_add, key c1, column n", keys: []string{"t"}},
		{on: "cell, key c2, column v", value: "e,2"},
		{on: "column_add_add, key c2, column n", keys: []string{"b"}},
		{on: "cell, key c3, column v", keys: []string{"n"}},
		{on: "cell, key c4, column v", keys: []string{"p"}},
		{on: "cell, key c3, column v", keys: []string{"t"}},
		{on: "cell, key c4, column v", keys: []string{"o"}},
		{on: "cell, key c4, column w", keys: []string{"u"}},
		{on: "cell, key c4, column v", keys: []string{"t"}},
		{on: "cell, key c4, column w", keys: []string{"o"}},
		{on: "cell, key c5, column v", keys: []string{"/", "a", "2", "Enter"}},
		{on: "add_add, key a2, column v", keys: []string{"t"}},
		{on: "add_add, key a2, column w", value: "w2"},
		{on: "cell, key c5, column v", keys: []string{"b"}},
		{on: "comment  ", keys: []string{"b"}},
		{on: "add_add, key a1, column v", keys: []string{"o"}},
	})
	w.Await("22 of 22 conflicts answered")
	w.Keys("w")
	w.Await("0 of 2 conflicts answered")
	checkFile(t, file, deskSettled)
	ofNames := press(t, w, []keystroke{
		{on: "column_rename", keys: []string{"t"}},
		{on: "key_rename", value: "new"},
	})
	w.Keys("w")
	if status := w.Status(); status != statusClean {
		t.Errorf("exit status %d\n%s", status, w.Screen())
	}
	checkFile(t, file, names("v", "new"))
	if maps.Copy(kinds, ofNames); len(kinds) != 11 {
		t.Errorf("%d kinds came up: %v", len(kinds), kinds)
	}
}

// press presses keys, each on the conflict that it is for, and returns the kinds of these.
func press(t *testing.T, w *terminal.Terminal, strokes []keystroke) (kinds map[string]bool) {
	t.Helper()
	kinds = map[string]bool{}
	for _, k := range strokes {
		kind, _, _ := strings.Cut(strings.TrimSpace(k.on), ",")
		kinds[kind] = true
		w.Await(k.on)
		if len(k.keys) > 0 {
			w.Keys(k.keys...)
			continue
		}
		w.Keys("e", "C-u")
		w.Type(k.value)
		w.Keys("Enter")
	}
	return kinds
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
