package fuzz

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store"
	"pgregory.net/rapid"
)

// TestStore lets two stores and somebody outside change one file, in any order, and
// compares with the model after every step. All of it happens one after the other; what
// overlaps are the transactions. It fails if something never happened, but not in short
// mode, in which little does.
func TestStore(t *testing.T) {
	happened := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) { runWorld(rt, happened) })
	t.Log(happened)
	for _, what := range []string{
		"update", "update of nothing", "update run again", "commit", "commit merged", "commit of nothing", "conflict", "sum settled",
		"outside: in place", "outside: rename", "outside: append", "outside: last rows", "outside: recreate", "outside: other keys",
	} {
		if happened[what] == 0 && !t.Failed() && !testing.Short() {
			t.Errorf("never: %s", what)
		}
	}
}

// FuzzStore lets the fuzzer steer.
func FuzzStore(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) { runWorld(t, map[string]int{}) }))
}

// A world is a file, those who change it, and what the model thinks of them.
type world struct {
	path     string
	content  string // what the file must hold
	stores   [2]*store.Store
	open     []*openTx
	seq      int64 // of the newest commit
	record   *store.Receipt
	fresh    int // for values that nothing else has
	happened map[string]int
}

// openTx is a transaction, with the model of it.
type openTx struct {
	tx    *store.Tx
	base  string
	table table
}

func runWorld(t *rapid.T, happened map[string]int) {
	dir, err := os.MkdirTemp("", "rowkeep-world-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	w := &world{path: filepath.Join(dir, "config.csv"), happened: happened}
	w.content = w.drawFile(t)
	w.writeFile(t, w.content)
	for i := range w.stores {
		w.reopen(t, i)
	}
	t.Repeat(map[string]func(*rapid.T){
		"":           w.check,
		"update":     w.update,
		"begin":      w.begin,
		"edit":       w.edit,
		"commit":     w.commit,
		"give up":    w.giveUp,
		"outside":    w.outside,
		"open again": func(t *rapid.T) { w.reopen(t, w.drawStore(t)) },
	})
}

func (w *world) count(what string) { w.happened[what]++ }

// reopen is the restart of a program. Its transactions go on with the store that they
// began with, as those of a program beside it would.
func (w *world) reopen(t *rapid.T, i int) {
	sum, err := merge.ParsePolicy("sum")
	if err != nil {
		t.Fatal(err)
	}
	w.stores[i], err = store.Open(w.path, store.Options{
		Settle: time.Millisecond, Actor: "world", Policies: map[string]merge.Policy{sumColumn: sum},
		Reverts: store.AcceptReverts, // values repeat here; stale saves have their own test, with values that do not
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) drawStore(t *rapid.T) int { return rapid.IntRange(0, len(w.stores)-1).Draw(t, "store") }

// check holds after every step.
func (w *world) check(t *rapid.T) {
	data, err := os.ReadFile(w.path)
	if err != nil {
		t.Fatal(err)
	}
	if string(data) != w.content {
		t.Fatalf("the file holds\n%q, want\n%q", data, w.content)
	}
	for i, s := range w.stores {
		snap, err := s.Snapshot(t.Context())
		if err != nil || string(snap.Bytes()) != w.content {
			t.Fatalf("store %d reads %q, %v", i, snap.Bytes(), err)
		}
	}
	w.checkDirectory(t)
	w.checkRecord(t)
}

// checkDirectory fails if anything lies about.
func (w *world) checkDirectory(t *rapid.T) {
	dir := filepath.Dir(w.path)
	found, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	hidden, err := filepath.Glob(filepath.Join(dir, ".*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(found, hidden...) {
		if rel, _ := filepath.Rel(dir, path); !mayStay.MatchString(filepath.ToSlash(rel)) {
			t.Fatalf("left over: %s", rel)
		}
	}
}

// mayStay are the names that a store may leave in the file's directory.
var mayStay = regexp.MustCompile(`^(config\.csv|\.config\.csv\.rowkeep(/(lock|log|spare[0-9]+|whole-[0-9a-f]{16}|\.gitignore|[0-9]+(-[0-9a-f]{16}){2}))?)$`)

// checkRecord compares the last commit in the log with the last receipt.
func (w *world) checkRecord(t *rapid.T) {
	data, err := os.ReadFile(filepath.Join(filepath.Dir(w.path), ".config.csv.rowkeep", "log"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	type record struct {
		Seq                  int64
		Kind, Actor          string
		Base, Theirs, Digest store.Digest
		Merged               bool
		Conflicts            int
	}
	var got, want record
	for line := range strings.Lines(string(data)) {
		var r record
		if _, text, ok := strings.Cut(line, " "); ok && json.Unmarshal([]byte(text), &r) == nil && r.Kind == "commit" {
			got = r
		}
	}
	if r := w.record; r != nil {
		want = record{w.seq, "commit", "world", r.Base, r.Theirs, r.Result, r.Merged, len(r.Conflicts)}
	}
	if got != want {
		t.Fatalf("record %+v\nwant %+v", got, want)
	}
}

// update edits what stands there, while somebody may come in between.
func (w *world) update(t *rapid.T) {
	var want table
	runs, disturbed := 0, rapid.IntRange(0, 3).Draw(t, "disturbed") == 0
	saw := ""
	r, err := w.stores[w.drawStore(t)].Update(t.Context(), func(tx *store.Tx) error {
		runs++
		if saw = string(tx.Base().Bytes()); saw != w.content {
			t.Fatalf("run %d begins with %q", runs, saw)
		}
		want = readTable(saw)
		for range rapid.IntRange(0, 3).Draw(t, "edits") {
			w.editTx(t, tx, want)
		}
		if disturbed && runs == 1 {
			w.outside(t)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.count("update")
	switch {
	case !r.Written:
		// What it read last is not read again then, and need not stand there.
		w.count("update of nothing")
		w.nothing(t, r, saw, want)
		return
	case saw != w.content:
		t.Fatalf("committed what was made of %q, over %q", saw, w.content)
	case runs > 1:
		w.count("update run again")
	}
	w.committed(t, r, w.content, want, 0)
}

// nothing checks the receipt of an update that had nothing to change.
func (w *world) nothing(t *rapid.T, r *store.Receipt, saw string, want table) {
	if len(differences(readTable(saw), want)) > 0 || r.Base != digest(saw) || r.Theirs != digest(saw) || r.Result != digest(saw) || r.Merged {
		t.Fatalf("nothing was written of %v\n%+v", differences(readTable(saw), want), r)
	}
}

// mostOpen is how many transactions are open at a time.
const mostOpen = 3

// begin starts a transaction; where enough are open the oldest is forgotten. No action
// skips: to a fuzzer that would be a step that cannot be taken.
func (w *world) begin(t *rapid.T) {
	if len(w.open) == mostOpen {
		w.open = w.open[1:]
	}
	tx, err := w.stores[w.drawStore(t)].Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := string(tx.Base().Bytes()); got != w.content {
		t.Fatalf("the base is %q", got)
	}
	o := &openTx{tx, w.content, readTable(w.content)}
	for range rapid.IntRange(0, 3).Draw(t, "edits") {
		w.editTx(t, o.tx, o.table)
	}
	w.open = append(w.open, o)
}

// drawOpen draws a transaction, a new one if none is open.
func (w *world) drawOpen(t *rapid.T) int {
	if len(w.open) == 0 {
		w.begin(t)
	}
	return rapid.IntRange(0, len(w.open)-1).Draw(t, "transaction")
}

func (w *world) edit(t *rapid.T) {
	o := w.open[w.drawOpen(t)]
	w.editTx(t, o.tx, o.table)
}

// giveUp leaves a transaction, which needs no end.
func (w *world) giveUp(t *rapid.T) {
	i := w.drawOpen(t)
	w.open = slices.Delete(w.open, i, i+1)
}

// commit commits a transaction, or is refused it where the model says so.
func (w *world) commit(t *rapid.T) {
	i := w.drawOpen(t)
	o := w.open[i]
	want := expectation{result: o.table}
	merged := o.base != w.content
	if merged {
		want = expect(readTable(o.base), o.table, readTable(w.content))
	}
	r, err := o.tx.Commit(t.Context())
	conflict := (*merge.ConflictError)(nil)
	switch {
	case errors.As(err, &conflict):
		var got []string
		for _, c := range conflict.Conflicts {
			got = append(got, strings.TrimSpace(strings.Join(c.Key, ",")+" "+c.Column))
		}
		slices.Sort(got)
		if diff := cmp.Diff(want.conflicts, got); diff != "" {
			t.Fatalf("conflicts (-want +got):\n%s", diff)
		}
		w.count("conflict")
		return // it stays open, and may be edited or committed again
	case errors.Is(err, store.ErrMassKeyChange):
		if !want.massive {
			t.Fatal(err)
		}
		w.count("mass key change")
		return
	case err != nil:
		t.Fatal(err)
	case len(want.conflicts) > 0 || want.massive:
		t.Fatalf("committed, though %+v", want)
	}
	w.count("commit")
	if merged {
		w.count("commit merged")
	}
	if !r.Written {
		w.count("commit of nothing")
	}
	if want.settled > 0 {
		w.count("sum settled")
	}
	w.committed(t, r, o.base, want.result, want.settled)
	w.open = slices.Delete(w.open, i, i+1)
	if _, err := o.tx.Commit(t.Context()); !errors.Is(err, store.ErrDone) {
		t.Fatalf("a second commit: %v", err)
	}
}

// committed compares a receipt, and the file, with what a commit should have come to,
// and takes the file's content as it is now: the model does not say where new rows
// stand.
func (w *world) committed(t *rapid.T, r *store.Receipt, base string, want table, settled int) {
	data, err := os.ReadFile(w.path)
	if err != nil {
		t.Fatal(err)
	}
	theirs, result := w.content, string(data)
	if diff := cmp.Diff(want, readTable(result), cmp.AllowUnexported(table{})); diff != "" {
		t.Fatalf("the file (-want +got):\n%s\nbase   %q\ntheirs %q\nresult %q", diff, base, theirs, result)
	}
	checkLines(t, base, theirs, result)
	if r.Base != digest(base) || r.Theirs != digest(theirs) || r.Result != digest(result) || r.Merged != (base != theirs) {
		t.Fatalf("receipt %+v\nbase   %q\ntheirs %q\nresult %q", r, base, theirs, result)
	}
	if r.Written != (theirs != result) {
		t.Fatalf("written is %v, from %q to %q", r.Written, theirs, result)
	}
	if diff := cmp.Diff(differences(readTable(theirs), want), changeList(r.Changes())); diff != "" {
		t.Fatalf("changes (-want +got):\n%s\ntheirs %q\nresult %q", diff, theirs, result)
	}
	if len(r.Conflicts) != settled || slices.ContainsFunc(r.Conflicts, func(c merge.Conflict) bool { return c.Settled != "sum" }) {
		t.Fatalf("conflicts %+v, want %d sums", r.Conflicts, settled)
	}
	w.content = result
	if !r.Written {
		return
	}
	// A version of somebody else may have been found, and counts too.
	if r.Seq <= w.seq {
		t.Fatalf("commit %d after %d", r.Seq, w.seq)
	}
	w.seq = r.Seq
	w.record = r
}

// checkLines fails if a line whose row stayed as it was has other bytes, but for the line
// end of one that was the last. Of a row that both sides added the form may be either's.
func checkLines(t *rapid.T, base, before, after string) {
	old := map[string]string{}
	for _, line := range textLines(before)[1:] {
		key, _ := readRow(line)
		old[key] = line
	}
	begun, from, to := readTable(base), readTable(before), readTable(after)
	for _, line := range textLines(after)[1:] {
		key, _ := readRow(line)
		if begun.rows[key] != nil && from.rows[key] != nil && maps.Equal(from.rows[key], to.rows[key]) && old[key] != line {
			t.Fatalf("the line %q is %q now\nbase   %q\ntheirs %q\nresult %q", old[key], line, base, before, after)
		}
	}
}

func digest(content string) store.Digest {
	return store.Digest{Hash: fmt.Sprintf("%016x", xxhash.Sum64String(content)), Len: int64(len(content))}
}

// changeList writes changes as the model does, which does not know of order: of a
// comment that moved it sees nothing.
func changeList(changes []merge.Change) (list []string) {
	moved := map[string]int{}
	for _, c := range changes {
		if c.Kind == merge.ChangeComment {
			moved[c.Before.Text] |= 1
			moved[c.After.Text] |= 2
		}
	}
	for _, c := range changes {
		key := strings.Join(c.Key, ",")
		switch c.Kind {
		case merge.ChangeCell:
			list = append(list, fmt.Sprintf("cell %s %s: %q %q", key, c.Column, c.Before.Text, c.After.Text))
		case merge.ChangeComment:
			if c.Before.Exists && moved[c.Before.Text] != 3 {
				list = append(list, "gone "+c.Before.Text)
			}
			if c.After.Exists && moved[c.After.Text] != 3 {
				list = append(list, "new "+c.After.Text)
			}
		default:
			list = append(list, string(c.Kind)+" "+key)
		}
	}
	slices.Sort(list)
	return list
}

// editTx makes one edit, in the transaction and in the model of it.
func (w *world) editTx(t *rapid.T, tx *store.Tx, x table) {
	key := pick(t, "key", storeKeys)
	row := x.rows[key]
	var err error
	switch kind := rapid.IntRange(0, 9).Draw(t, "edit"); {
	case kind == 0:
		comment := w.drawComment()
		x.comments[comment] = true
		err = tx.Replace(withLine(t, tx.Bytes(), comment))
	case row == nil && readTable(string(tx.Base().Bytes())).rows[key] != nil:
		return // it would move the row, and write it anew
	case row == nil:
		x.rows[key] = drawRowOf(t, key)
		err = tx.Append(csvrows.Key{key}, x.rows[key])
	case kind == 1 && len(x.rows) > 1:
		delete(x.rows, key)
		err = tx.Delete(csvrows.Key{key})
	default:
		col, value := drawCell(t, row)
		row[col] = value
		err = tx.Set(csvrows.Key{key}, map[string]string{col: value})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// withLine puts a line somewhere below the header.
func withLine(t *rapid.T, content []byte, line string) []byte {
	lines := slices.Collect(strings.Lines(string(content)))
	at := rapid.IntRange(1, len(lines)).Draw(t, "line")
	if at == len(lines) && !strings.HasSuffix(lines[at-1], "\n") {
		line = "\n" + line
	} else {
		line += "\n"
	}
	return []byte(strings.Join(slices.Insert(lines, at, line), ""))
}

var storeKeys = []string{"k1", "k2", "k3", "k4", "k5"}

func drawRowOf(t *rapid.T, key string) map[string]string {
	row := map[string]string{"of": "of " + key}
	for _, col := range []string{"a", "b"} {
		row[col] = pick(t, col, []string{"x", "y"})
	}
	row["n"] = strconv.Itoa(rapid.IntRange(0, 3).Draw(t, "n"))
	return row
}

// drawCell draws a column and a value.
func drawCell(t *rapid.T, row map[string]string) (col, value string) {
	col = pick(t, "column", []string{"a", "b", "n", "n", "n"})
	if col == sumColumn {
		return col, strconv.Itoa(atoi(row[col]) + rapid.IntRange(-2, 2).Draw(t, "add"))
	}
	return col, pick(t, "value", []string{"", "x", "y", "z"})
}

// drawComment returns a comment like no other.
func (w *world) drawComment() string {
	w.fresh++
	return fmt.Sprintf("# note %d", w.fresh)
}

// writeRow writes a row as a person does, in some form.
func writeRow(t *rapid.T, key string, row map[string]string) string {
	cells := []string{key}
	for _, col := range storeColumns {
		cells = append(cells, row[col])
	}
	if rapid.IntRange(0, 3).Draw(t, "quoted") == 0 {
		cells[len(cells)-1] = `"` + row["of"] + `"`
	}
	return strings.Join(cells, ",") + pick(t, "line end", []string{"\n", "\n", "\r\n"})
}

func (w *world) drawFile(t *rapid.T) string {
	content := "id," + strings.Join(storeColumns, ",") + "\n"
	for _, key := range storeKeys[:rapid.IntRange(1, 4).Draw(t, "rows")] {
		if rapid.IntRange(0, 3).Draw(t, "comment") == 0 {
			content += w.drawComment() + "\n"
		}
		content += writeRow(t, key, drawRowOf(t, key))
	}
	return content
}

func (w *world) writeFile(t *rapid.T, content string) {
	if err := os.WriteFile(w.path, []byte(content), 0o640); err != nil {
		t.Fatal(err)
	}
}

// outside is somebody who knows nothing of the store.
func (w *world) outside(t *rapid.T) {
	styles := map[string]func(*rapid.T){
		"in place":   func(t *rapid.T) { w.content = w.edited(t); w.writeFile(t, w.content) },
		"rename":     w.renameOver,
		"recreate":   w.recreate,
		"append":     w.appendTo,
		"last rows":  w.cutLastRows,
		"other keys": func(t *rapid.T) { w.content = w.otherKeys(t); w.writeFile(t, w.content) },
	}
	style := pick(t, "style", slices.Sorted(maps.Keys(styles)))
	styles[style](t)
	w.count("outside: " + style)
}

// edited is the file after a few edits by a person, who may drop the final newline.
func (w *world) edited(t *rapid.T) string {
	lines := slices.Collect(strings.Lines(w.content))
	for range rapid.IntRange(1, 4).Draw(t, "edits") {
		lines = w.editLines(t, lines)
	}
	content := strings.Join(lines, "")
	if rapid.IntRange(0, 5).Draw(t, "no final newline") == 0 {
		content = strings.TrimRight(content, "\r\n")
	}
	return content
}

// editLines changes, adds or deletes a row or a comment. One row stays.
func (w *world) editLines(t *rapid.T, lines []string) []string {
	if last := len(lines) - 1; !strings.HasSuffix(lines[last], "\n") {
		lines[last] += "\n"
	}
	at := rapid.IntRange(1, len(lines)).Draw(t, "line")
	kind := rapid.IntRange(0, 5).Draw(t, "kind")
	x := readTable(strings.Join(lines, ""))
	key := pick(t, "key", storeKeys)
	switch {
	case kind == 0:
		return slices.Insert(lines, at, w.drawComment()+"\n")
	case x.rows[key] == nil:
		return slices.Insert(lines, at, writeRow(t, key, drawRowOf(t, key)))
	case at == len(lines):
		return lines
	case strings.HasPrefix(lines[at], "#"):
		lines[at] = w.drawComment() + "\n"
	case kind == 1 && len(x.rows) > 1:
		return slices.Delete(lines, at, at+1)
	default:
		key, row := readRow(strings.TrimRight(lines[at], "\r\n"))
		col, value := drawCell(t, row)
		row[col] = value
		lines[at] = writeRow(t, key, row)
	}
	return lines
}

func (w *world) renameOver(t *rapid.T) {
	w.content = w.edited(t)
	temp := w.path + "~"
	if err := errors.Join(os.WriteFile(temp, []byte(w.content), 0o640), os.Rename(temp, w.path)); err != nil {
		t.Fatal(err)
	}
}

func (w *world) recreate(t *rapid.T) {
	w.content = w.edited(t)
	if err := os.Remove(w.path); err != nil {
		t.Fatal(err)
	}
	w.writeFile(t, w.content)
}

func (w *world) appendTo(t *rapid.T) {
	line := w.drawComment() + "\n"
	x := readTable(w.content)
	if key := pick(t, "key", storeKeys); x.rows[key] == nil {
		line = writeRow(t, key, drawRowOf(t, key))
	}
	if !strings.HasSuffix(w.content, "\n") {
		line = "\n" + line
	}
	f, err := os.OpenFile(w.path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(line); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	w.content += line
}

// otherKeys is a file that has a row for every key but those that it had.
func (w *world) otherKeys(t *rapid.T) string {
	lines, x := slices.Collect(strings.Lines(w.content)), readTable(w.content)
	content := lines[0]
	for _, key := range storeKeys {
		if x.rows[key] == nil {
			content += writeRow(t, key, drawRowOf(t, key))
		}
	}
	return content
}

// cutLastRows deletes lines from the end, if there are any behind the header and the
// first line.
func (w *world) cutLastRows(t *rapid.T) {
	lines := slices.Collect(strings.Lines(w.content))
	if len(lines) < 3 {
		return
	}
	w.content = strings.Join(lines[:rapid.IntRange(2, len(lines)-1).Draw(t, "lines")], "")
	if err := os.Truncate(w.path, int64(len(w.content))); err != nil {
		t.Fatal(err)
	}
}
