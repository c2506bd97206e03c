package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/escape"
	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/hostile"
	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/settle"
	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/terminal"
	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store"
)

// A dispute is a merge with one conflict, beside an edit that comes through whatever
// becomes of it.
type dispute struct {
	name, base, ours, theirs string
	kind                     merge.ConflictKind
	place                    string // KEY:COL, for --set; "" where that does not name it or it takes no value
	ofColumn                 bool   // markers cannot show it
}

var disputes = []dispute{
	{"cell", "id,a,b\n1,x,p\n2,y,q\n", "id,a,b\n1,o,p\n2,y,q\n", "id,a,b\n1,t,p\n2,y,Q\n", merge.KindCell, "1:a", false},
	{"deleted, modified", "id,a\n1,x\n2,y\n", "id,a\n2,y\n", "id,a\n1,t\n2,Y\n", merge.KindDeleteModify, "", false},
	{"commented out, modified", "id,a\n1,x\n2,y\n", "id,a\n# 1,x\n2,y\n", "id,a\n1,t\n2,Y\n", merge.KindDeleteModify, "", false},
	{"modified, deleted", "id,a\n1,x\n2,y\n", "id,a\n1,o\n2,Y\n", "id,a\n2,y\n", merge.KindModifyDelete, "", false},
	{"added twice", "id,a\n1,x\n", "id,a\n1,x\n2,o\n", "id,a\n1,X\n2,t\n", merge.KindAddAdd, "2:a", false},
	{"renamed twice", "id,a\n1,x\n2,y\n", "id,a\n8,x\n2,y\n", "id,a\n9,x\n2,Y\n", merge.KindKeyRename, "1:id", false},
	{"renamed, deleted", "id,a\n1,x\n2,y\n", "id,a\n8,x\n2,y\n", "id,a\n2,Y\n", merge.KindKeyRename, "1:id", false},
	{"column deleted, edited", "id,a,b\n1,x,p\n2,y,q\n", "id,b\n1,p\n2,Q\n", "id,a,b\n1,t,p\n2,y,q\n", merge.KindColumnDeleteEdit, "", true},
	{"column edited, deleted", "id,a,b\n1,x,p\n2,y,q\n", "id,a,b\n1,o,p\n2,y,q\n", "id,b\n1,p\n2,Q\n", merge.KindColumnEditDelete, "", true},
	{"column added twice", "id,a\n1,x\n2,y\n", "id,a,n\n1,x,o\n2,y,5\n", "id,a,n\n1,x,t\n2,Y,5\n", merge.KindColumnAddAdd, "1:n", false},
	{"column renamed twice", "id,a\n1,x\n2,y\n3,z\n", "id,o\n1,x\n2,y\n3,z\n", "id,t\n1,x\n2,Y\n3,z\n", merge.KindColumnRename, "", true},
	{"column renamed, deleted", "id,a,b\n1,x,p\n2,y,q\n", "id,o,b\n1,x,p\n2,y,q\n", "id,b\n1,p\n2,Q\n", merge.KindColumnRename, "", true},
	{"comment edited twice", "id,a\n# note\n1,x\n", "id,a\n# note o\n1,x\n", "id,a\n# note t\n1,X\n", merge.KindComment, "", false},
	{"comment edited, deleted", "id,a\n# note\n1,x\n", "id,a\n# note o\n1,x\n", "id,a\n1,X\n", merge.KindComment, "", false},
	{"key twice", "id,a\nd,1\nd,2\n3,z\n", "id,a\nd,o\nd,2\n3,z\n", "id,a\nd,1\nd,t\n3,Z\n", merge.KindDuplicateKey, "", false},
	{"no key", "id,a\n,note\n3,z\n", "id,a\n,note o\n3,z\n", "id,a\n,note t\n3,Z\n", merge.KindDuplicateKey, "", false},
}

// A way is how somebody says how to settle a conflict.
type way struct {
	name string
	// prepare makes a file with the conflict.
	prepare func(t *testing.T, d dispute, file string)
	// args say how; nil where the way cannot.
	args func(t *testing.T, d dispute, id string, r merge.Resolution) []string
	// settle settles the file so.
	settle func(t *testing.T, file string, args []string)
	// marked: it is for files with markers; noBase: of which there is no base.
	marked, noBase bool
}

var ways = []way{
	{name: "flags", prepare: prepareWaiting, args: flagArgs, settle: callResolve},
	{name: "answers", prepare: prepareWaiting, args: answerArgs, settle: callResolve},
	{name: "keys", prepare: prepareWaiting, args: keysFor, settle: pressKeys},
	{name: "markers, diff3", prepare: prepareMarked("diff3"), args: markerArgs, settle: callResolve, marked: true},
	{name: "markers, zdiff3", prepare: prepareMarked("zdiff3"), args: markerArgs, settle: callResolve, marked: true},
	{name: "markers, merge", prepare: prepareMarked("merge"), args: markerArgs, settle: callResolve, marked: true, noBase: true},
	{name: "markers, keys", prepare: prepareMarked("diff3"), args: markerKeys, settle: pressKeys, marked: true},
}

func prepareWaiting(t *testing.T, d dispute, file string) {
	t.Helper()
	if err := leaveWaiting(file, d.base, d.ours, d.theirs); err != nil {
		t.Fatal(err)
	}
}

func prepareMarked(style string) func(*testing.T, dispute, string) {
	return func(t *testing.T, d dispute, file string) {
		t.Helper()
		dir := t.TempDir()
		args := []string{"merge", "-q", "--conflict-style", style, "-o", file}
		for name, content := range map[string]string{"base": d.base, "ours": d.ours, "theirs": d.theirs} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range []string{"base", "ours", "theirs"} {
			args = append(args, filepath.Join(dir, name))
		}
		if status, _, stderr := call(t, args...); status != statusConflicts {
			t.Fatalf("exit status %d: %s", status, stderr)
		}
	}
}

// call runs the command in this process.
func call(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = run(t.Context(), args, strings.NewReader(""), &out, &err)
	return status, out.String(), err.String()
}

// callResolve settles by the arguments of rowkeep resolve.
func callResolve(t *testing.T, file string, args []string) {
	t.Helper()
	if status, _, stderr := call(t, append(append([]string{"resolve", "-q"}, args...), file)...); status != statusClean {
		t.Fatalf("exit status %d: %s", status, stderr)
	}
}

// pressKeys settles by keys alone: rowkeep resolve runs at a terminal, where they are pressed
// as soon as it shows the conflicts.
func pressKeys(t *testing.T, file string, keys []string) {
	t.Helper()
	t.Setenv("TERM", "xterm")
	t.Setenv("XDG_CACHE_HOME", t.TempDir()) // nothing is remembered
	person, program := terminal.Pair(t, 80, 24)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // where the keys do not end it
	defer cancel()
	status := make(chan int, 1)
	go func() {
		status <- run(ctx, []string{"resolve", file}, program, program, program)
		program.Close()
	}()
	var screen strings.Builder
	shown := bufio.NewReader(person)
	for !strings.HasSuffix(screen.String(), "conflicts answered") {
		b, err := shown.ReadByte()
		if err != nil {
			t.Fatalf("%v, after %q", err, screen.String())
		}
		screen.WriteByte(b)
	}
	if _, err := io.WriteString(person, strings.Join(keys, "")); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = shown.WriteTo(io.Discard) }() // else the program could not go on
	if got := <-status; got != statusClean {
		t.Fatalf("exit status %d", got)
	}
}

// keysFor are keys that settle the conflict that is looked at.
func keysFor(_ *testing.T, _ dispute, _ string, r merge.Resolution) []string {
	if r.Side == merge.Neither {
		return []string{"e", "\x15", r.Value, "\r", "w"} // ^U empties the line
	}
	return []string{r.Side.String()[:1], "w"}
}

// markerKeys answer everything, as markerArgs do.
func markerKeys(t *testing.T, d dispute, id string, r merge.Resolution) []string {
	t.Helper()
	switch {
	case d.ofColumn:
		return nil
	case r.Side == merge.Neither:
		return keysFor(t, d, id, r)
	}
	return []string{"a", "l", r.Side.String()[:1], "w"}
}

func flagArgs(_ *testing.T, d dispute, _ string, r merge.Resolution) []string {
	switch {
	case r.Side != merge.Neither:
		return []string{"--" + r.Side.String()}
	case d.place == "":
		return nil
	}
	return []string{"--set", d.place + "=" + r.Value}
}

func answerArgs(t *testing.T, _ dispute, id string, r merge.Resolution) []string {
	return answersFile(t, map[string]any{"id": id}, r)
}

// markerArgs answer everything: what markers show of a conflict may be one of another kind.
func markerArgs(t *testing.T, d dispute, _ string, r merge.Resolution) []string {
	if d.ofColumn {
		return nil
	}
	if r.Side == merge.Neither {
		return answersFile(t, map[string]any{}, r)
	}
	return []string{"--" + r.Side.String()}
}

func answersFile(t *testing.T, answer map[string]any, r merge.Resolution) []string {
	t.Helper()
	if r.Side == merge.Neither {
		answer["value"] = r.Value
	} else {
		answer["take"] = r.Side.String()
	}
	data, err := json.Marshal(map[string]any{"schema": settle.SchemaAnswers, "answers": []any{answer}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "answers.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"--answers", file}
}

// expected is what a merge comes to that has the answer from the beginning: by strategy
// where it is a side.
func (d dispute) expected(t *testing.T, r merge.Resolution) (content, id string) {
	t.Helper()
	opt := merge.Options{Strategy: map[merge.Side]merge.Strategy{merge.Ours: merge.TakeOurs, merge.Theirs: merge.TakeTheirs, merge.Base: merge.TakeBase}[r.Side]}
	if r.Side == merge.Neither {
		opt.Resolve = func(merge.Conflict) merge.Resolution { return r }
	}
	result, err := merge.Merge([]byte(d.base), []byte(d.ours), []byte(d.theirs), opt)
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Conflicts) != 1 || result.Conflicts[0].Kind != d.kind {
		t.Fatalf("conflicts %+v, want one %s", result.Conflicts, d.kind)
	}
	return string(result.Bytes()), result.Conflicts[0].ID
}

// answersTo are the answers that a conflict takes.
func answersTo(d dispute) []merge.Resolution {
	answers := []merge.Resolution{{Side: merge.Ours}, {Side: merge.Theirs}, {Side: merge.Base}}
	switch {
	case d.kind == merge.KindComment:
		answers = append(answers, merge.Resolution{Side: merge.Neither, Value: "# new, value"})
	case d.kind.TakesValue():
		answers = append(answers, merge.Resolution{Side: merge.Neither, Value: "new, value"})
	}
	return answers
}

// Every kind of conflict, settled in every way to each side and to a value, comes to what a
// merge with that answer gives. Before it is listed, and shown in full.
func TestSettleEveryWay(t *testing.T) {
	kinds, combinations, refused := map[merge.ConflictKind]bool{}, map[string]int{}, 0
	for _, w := range ways {
		for _, d := range disputes {
			kinds[d.kind] = true
			for _, r := range answersTo(d) {
				want, id := d.expected(t, r)
				args := w.args(t, d, id, r)
				if args == nil || w.noBase && d.kind == merge.KindKeyRename && r.Side == merge.Neither {
					continue // without a base two names of one row are two rows
				}
				t.Run(fmt.Sprintf("%s/%s/%s", w.name, d.name, r.Side), func(t *testing.T) {
					file := filepath.Join(t.TempDir(), "a.csv")
					w.prepare(t, d, file)
					if w.noBase && r.Side == merge.Base {
						refused++
						checkBaseRefused(t, file)
						return
					}
					checkListed(t, w, d, file)
					w.settle(t, file, args)
					checkFile(t, file, want)
					if status, out, _ := call(t, "conflicts", file); status != statusClean {
						t.Errorf("something still waits: %s", out)
					}
					combinations[w.name]++
				})
			}
		}
	}
	want := map[string]int{
		"flags": 16*3 + 5, "answers": 16*3 + 7, "keys": 16*3 + 7,
		"markers, diff3": 12*3 + 7, "markers, zdiff3": 12*3 + 7, "markers, merge": 12*2 + 5, "markers, keys": 12*3 + 7,
	}
	if runtime.GOOS != "linux" { // see terminal.Pair
		delete(want, "keys")
		delete(want, "markers, keys")
	}
	if diff := cmp.Diff(want, combinations); diff != "" || len(kinds) != 11 || refused != 12 {
		t.Errorf("%d kinds, %d times the base was refused, combinations:\n%s", len(kinds), refused, diff)
	}
}

// checkListed checks that the conflict of a file is listed, and shown by its id, with all that
// the versions have.
func checkListed(t *testing.T, w way, d dispute, file string) {
	t.Helper()
	status, list, _ := call(t, "conflicts", "--format", "ndjson", file)
	var found []merge.ConflictKind
	for line := range strings.Lines(list) {
		var c struct{ Type, ID, Kind string }
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		if c.Type != "conflict" {
			continue
		}
		found = append(found, merge.ConflictKind(c.Kind))
		status, shown, _ := call(t, "conflicts", file, c.ID)
		versions := []string{"\n  ours ", "\n  theirs "}
		if !w.noBase {
			versions = append(versions, "\n  base ")
		}
		for _, want := range append(versions, "conflict "+c.ID+": "+c.Kind) {
			if status != statusConflicts || !strings.Contains(shown, want) {
				t.Errorf("%s is shown, with exit status %d, without %q:\n%s", c.ID, status, want, shown)
			}
		}
	}
	want := []merge.ConflictKind{d.kind}
	if w.marked && d.kind == merge.KindColumnAddAdd {
		want[0] = merge.KindCell // the header above the markers has the column
	}
	if status != statusConflicts || !slices.Equal(found, want) && !w.noBase || len(found) == 0 {
		t.Errorf("%v are listed, with exit status %d, want %v", found, status, want)
	}
}

// A key of several columns is given as one line of CSV, its columns too.
func TestKeyOfColumns(t *testing.T) {
	const marked = "a,v,b\n<<<<<<< o\n1,x,3\n||||||| b\n1,x,2\n=======\n4,x,2\n>>>>>>> t\n"
	for _, tt := range []struct {
		args   []string
		want   string
		status int
	}{
		{[]string{"--set", `1,2:"a,b"=7,8`}, "a,v,b\n7,x,8\n", statusClean},
		{answersFile(t, map[string]any{"key": []string{"1", "2"}}, merge.Resolution{Side: merge.Neither, Value: `"7,1",8`}), "a,v,b\n\"7,1\",x,8\n", statusClean},
		{[]string{"--set", `1,2:"a,b"=7`}, marked, statusInput},
		{[]string{"--set", `1,2:a=7`}, marked, statusInput},
	} {
		file := filepath.Join(t.TempDir(), "a.csv")
		writeFile(t, file, marked)
		if status, _, stderr := call(t, append(append([]string{"resolve", "-q", "--key", "a,b"}, tt.args...), file)...); status != tt.status {
			t.Errorf("%q: exit status %d, want %d: %s", tt.args, status, tt.status, stderr)
		}
		checkFile(t, file, tt.want)
	}
}

// checkBaseRefused checks that the base cannot be taken where it is not known.
func checkBaseRefused(t *testing.T, file string) {
	t.Helper()
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	status, _, stderr := call(t, "resolve", "--base", file)
	if status != statusInput || !strings.Contains(stderr, settle.ErrNoBase.Error()) {
		t.Errorf("exit status %d: %s", status, stderr)
	}
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file is %q (%v)", after, err)
	}
}

// Many conflicts are listed and settled, of a change and of markers. Work that is quadratic
// would take minutes, and memory has a bound for each conflict: what is allocated in all, as what
// is held at one time depends on the collector.
func TestSettleMany(t *testing.T) {
	const n = 10_000
	var d dispute
	for v, content := range []*string{&d.base, &d.ours, &d.theirs} {
		var b strings.Builder
		b.WriteString("id,v,w\n")
		for i := range n {
			fmt.Fprintf(&b, "key%d,%d,note\n", i, v)
		}
		*content = b.String()
	}
	for _, tt := range []struct {
		name            string
		prepare         func(*testing.T, dispute, string)
		listed, settled int // bytes for each conflict, at the most
	}{
		{"change", prepareWaiting, 4800, 5800},
		{"markers", prepareMarked("diff3"), 5100, 8300},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "a.csv")
			tt.prepare(t, d, file)
			before := allocated()
			if _, out, _ := call(t, "conflicts", file); strings.Count(out, "\n") != n+1 {
				t.Errorf("%d lines", strings.Count(out, "\n"))
			}
			between := allocated()
			args := []string{"resolve", "-q", "--take", "key7=theirs", "--set", "key9:v=x", "--ours", file}
			if status, _, stderr := call(t, args...); status != statusClean {
				t.Fatalf("exit status %d: %s", status, stderr)
			}
			listed, settled := (between-before)/n, (allocated()-between)/n
			t.Logf("bytes for each conflict: %d listed, %d settled", listed, settled)
			if !withRace && (listed > tt.listed || settled > tt.settled) {
				t.Errorf("bytes for each conflict: %d listed, %d settled; want %d, %d at the most", listed, settled, tt.listed, tt.settled)
			}
			want := strings.NewReplacer("key7,1,", "key7,2,", "key9,1,", "key9,x,").Replace(d.ours)
			if got, err := os.ReadFile(file); err != nil || string(got) != want {
				t.Errorf("the file has other bytes (%v)", err)
			}
		})
	}
}

// allocated is how many bytes the process has allocated in all.
func allocated() int {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.TotalAlloc)
}

// What steers a terminal does not reach it, whichever way a conflict is shown.
func TestConflictsHostile(t *testing.T) {
	for _, v := range hostile.Values() {
		head := "id,v\n" + string(csvrows.Encode([]byte("k"+v.Text), false, ',')) + ","
		d := dispute{
			base: head + string(csvrows.Encode([]byte(v.Text), false, ',')) + "\n", ours: head + "ours\n", theirs: head + "theirs\n",
		}
		t.Run(v.Name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "a.csv")
			prepareWaiting(t, d, file)
			for _, args := range [][]string{{"conflicts", file}, {"conflicts", file, "2"}, {"resolve", "--policy", "v=max", file}} {
				status, stdout, stderr := call(t, args...)
				if status != statusConflicts {
					t.Errorf("%v: exit status %d: %s", args, status, stderr)
				}
				checkHarmless(t, stdout+stderr)
			}
			if _, stdout, _ := call(t, "conflicts", "--format", "json", file, "2"); !json.Valid([]byte(stdout)) || strings.ContainsFunc(stdout, isControl) {
				t.Errorf("no JSON, or one that steers: %q", stdout)
			}
		})
	}
}

// checkHarmless checks that text prints, on lines of a bearable length.
func checkHarmless(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if i := strings.IndexFunc(line, escape.Unprintable); i >= 0 && !strings.HasPrefix(line[i:], "\ufffd") || len(line) > 1500 {
			t.Errorf("%d bytes: %.200q", len(line), line)
		}
	}
}

func isControl(r rune) bool { return r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 }

// A file with markers that changes between the first look and the last is looked at anew:
// answers to what is as it was are given, and what is new stays. Where somebody else has
// settled it, that is told, and his work stays.
func TestMarkersMove(t *testing.T) {
	block := func(key, ours, theirs string) string {
		return fmt.Sprintf("<<<<<<< o\n%s,%s\n||||||| b\n%s,1\n=======\n%s,%s\n>>>>>>> t\n", key, ours, key, key, theirs)
	}
	const head = "id,v\n"
	for _, tt := range []struct {
		name, moved, want string
		status            int
	}{
		{"a row comes", head + "z,9\n" + block("a", "2", "3"), head + "z,9\na,2\n", statusClean},
		{"a value changes", head + block("a", "4", "3"), head + "a,4\n", statusClean},
		{"settled by somebody else", head + "a,3\n", head + "a,3\n", statusIO},
		{"broken", head + "<<<<<<< o\n", head + "<<<<<<< o\n", statusInput},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "a.csv")
			writeFile(t, file, head+block("a", "2", "3"))
			r, s, list := resolving(t, file, settle.Rule{Resolution: merge.Resolution{Side: merge.Ours}})
			writeFile(t, file, tt.moved)
			status := statusClean
			if err := r.apply(t.Context(), s, list); err != nil {
				var f *failure
				if !errors.As(err, &f) {
					t.Fatal(err)
				}
				status = f.status
			}
			got, err := os.ReadFile(file)
			if err != nil || string(got) != tt.want || status != tt.status {
				t.Errorf("exit status %d, want %d; the file is %q (%v), want %q", status, tt.status, got, err, tt.want)
			}
		})
	}
}

// A change is settled by others, or the file changes, between the look and the commit.
func TestChangesMove(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		meanwhile  func(t *testing.T, file string)
		status     int
	}{
		{"a value changes", "id,v,w\na,2,\nb,2,x\n", func(t *testing.T, file string) { writeFile(t, file, "id,v,w\na,4,\nb,3,\n") }, statusClean},
		{"moot", "id,v,w\na,2,\nb,2,x\n", func(t *testing.T, file string) { writeFile(t, file, "id,v,w\na,2,\nb,2,\n") }, statusClean},
		{"settled by somebody else", "id,v,w\na,3,\nb,3,x\n", func(t *testing.T, file string) {
			if status, _, stderr := call(t, "resolve", "--theirs", file); status != statusClean {
				t.Fatal(stderr)
			}
		}, statusIO},
		{"dismissed by somebody else", "id,v,w\na,3,\nb,3,\n", func(t *testing.T, file string) {
			if status, _, stderr := call(t, "resolve", "--dismiss", file); status != statusClean {
				t.Fatal(stderr)
			}
		}, statusIO},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := dispute{base: "id,v,w\na,1,\nb,1,\n", ours: "id,v,w\na,2,\nb,2,x\n", theirs: "id,v,w\na,3,\nb,3,\n"}
			file := filepath.Join(t.TempDir(), "a.csv")
			prepareWaiting(t, d, file)
			r, s, list := resolving(t, file, settle.Rule{Resolution: merge.Resolution{Side: merge.Ours}})
			tt.meanwhile(t, file)
			status := statusClean
			if f := (*failure)(nil); errors.As(r.apply(t.Context(), s, list), &f) {
				status = f.status
			}
			got, err := os.ReadFile(file)
			if err != nil || string(got) != tt.want || status != tt.status || r.status != statusClean {
				t.Errorf("exit status %d, want %d; the file is %q (%v), want %q", status, tt.status, got, err, tt.want)
			}
		})
	}
}

// Of three changes the second one cannot be settled: somebody else has done so, or the answer
// to it does not fit any more beside that to the first. The first one is written, the third
// one waits, and the error names both.
func TestChangesPartly(t *testing.T) {
	const base, cells, keys = "id,v\na,1\nb,1\nc,1\n", "id,v\na,3\nb,3\nc,3\n", "id,v\nt,1\nu,2\n"
	nothing := func(*testing.T, *store.Store, []*matter) {}
	for _, tt := range []struct {
		name      string
		changes   [3]dispute
		rules     []settle.Rule
		meanwhile func(*testing.T, *store.Store, []*matter)
		want      string
		status    int
		reason    error
	}{
		{
			"settled by somebody else",
			[3]dispute{
				{base: base, ours: "id,v\na,2\nb,1\nc,1\n", theirs: cells},
				{base: base, ours: "id,v\na,1\nb,2\nc,1\n", theirs: cells},
				{base: base, ours: "id,v\na,1\nb,1\nc,2\n", theirs: cells},
			},
			[]settle.Rule{{Resolution: merge.Resolution{Side: merge.Ours}}},
			func(t *testing.T, s *store.Store, list []*matter) {
				t.Helper()
				if err := s.Dismiss(t.Context(), list[1].change.Seq); err != nil {
					t.Fatal(err)
				}
			},
			"id,v\na,2\nb,3\nc,3\n", statusIO, nil,
		},
		{
			"a key that the first one has got",
			[3]dispute{
				{base: "id,v\na,1\nu,2\n", ours: "id,v\no,1\nu,2\n", theirs: keys},
				{base: "id,v\nt,1\nb,2\n", ours: "id,v\nt,1\np,2\n", theirs: keys},
				{base: "id,v\nt,1\nu,5\n", ours: "id,v\nt,1\nu,6\n", theirs: keys},
			},
			[]settle.Rule{
				{Match: settle.Match{Kind: merge.KindKeyRename}, Resolution: merge.Resolution{Side: merge.Neither, Value: "n"}},
				{Resolution: merge.Resolution{Side: merge.Ours}},
			},
			nothing,
			"id,v\nn,1\nu,2\n", statusInput, settle.ErrDuplicateKey,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "a.csv")
			for _, d := range tt.changes {
				prepareWaiting(t, d, file)
			}
			r, s, list := resolving(t, file, tt.rules...)
			tt.meanwhile(t, s, list)
			err := r.apply(t.Context(), s, list)
			var f *failure
			if !errors.As(err, &f) || f.status != tt.status || tt.reason != nil && !errors.Is(err, tt.reason) {
				t.Fatalf("%v, want %v, exit status %d", err, tt.reason, tt.status)
			}
			told := fmt.Sprintf("; written: change %d; not tried any more: change %d", list[0].change.Seq, list[2].change.Seq)
			if text := f.Error(); !strings.HasSuffix(text, told) || strings.Contains(text, "nothing is written") {
				t.Errorf("%q, want %q in the end", text, told)
			}
			changes, err := s.Pending()
			if err != nil || len(changes) == 0 || changes[len(changes)-1].Seq != list[2].change.Seq {
				t.Errorf("what waits: %+v (%v)", changes, err)
			}
			checkFile(t, file, tt.want)
		})
	}
}

// resolving is a call of rowkeep resolve with rules, and what it has to settle.
func resolving(t *testing.T, file string, rules ...settle.Rule) (*resolveCommand, *store.Store, []*matter) {
	t.Helper()
	r := &resolveCommand{mattersCommand: mattersCommand{liveCommand: liveCommand{app: &app{out: newOutput(io.Discard, io.Discard)}}}, rules: rules}
	s, err := r.open(file)
	if err != nil {
		t.Fatal(err)
	}
	list, err := r.matters(t.Context(), s, []string{file})
	if err != nil {
		t.Fatal(err)
	}
	return r, s, list
}

func checkFile(t *testing.T, file, want string) {
	t.Helper()
	if got, err := os.ReadFile(file); err != nil || string(got) != want {
		t.Errorf("the file is %q (%v), want %q", got, err, want)
	}
}

func writeFile(t *testing.T, file, content string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
