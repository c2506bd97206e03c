package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// shortDemo is a demo of two rounds a half that keeps its files.
func shortDemo(t *testing.T, stdout io.Writer, halves ...half) *demoCommand {
	t.Helper()
	self, err := exec.LookPath("rowkeep") // the test binary under that name, see TestMain
	if err != nil {
		t.Fatal(err)
	}
	return &demoCommand{
		app: &app{out: newOutput(stdout, io.Discard)}, halves: halves,
		self: self, seconds: 0.2, keep: t.TempDir(),
	}
}

// kept counts what a demo left in the directory of a half.
func (d *demoCommand) kept(t *testing.T, h half) tally {
	t.Helper()
	got, err := count(scene(filepath.Join(d.keep, h.name)))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func lineCount(t *testing.T, file, part string) int {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(data)) {
		if strings.Contains(line, part) {
			n++
		}
	}
	return n
}

func TestDemo(t *testing.T) {
	var out bytes.Buffer
	d := shortDemo(t, &out, naiveHalf, rowkeepHalf)
	if err := d.play(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	// Two rounds: two rows; a row, a comment and a cell; each time four cells of the daemon.
	want := tally{
		startRows: 12, endRows: 12, addedRows: 3, addedComments: 1, editorCells: 1, daemonCells: 8,
		lostRows: 3, lostCells: 1, lostComments: 1,
	}
	if got := d.kept(t, naiveHalf); got != want {
		t.Errorf("naive: %+v, want %+v", got, want)
	}
	want.endRows, want.lostRows, want.lostCells, want.lostComments = 15, 0, 0, 0
	if got := d.kept(t, rowkeepHalf); got != want {
		t.Errorf("rowkeep: %+v, want %+v", got, want)
	}
	for _, h := range []half{naiveHalf, rowkeepHalf} {
		s := scene(filepath.Join(d.keep, h.name))
		got := tally{
			startRows:     lineCount(t, s.start(), "USD,"),
			endRows:       lineCount(t, s.config(), "USD,"),
			addedRows:     lineCount(t, s.editors(), `"row":`),
			addedComments: lineCount(t, s.editors(), `"comment":`),
			editorCells:   lineCount(t, s.editors(), `"column":`),
			daemonCells:   lineCount(t, s.daemon(), `"column":`),
		}
		got.startRows-- // the row that is commented out
		got.endRows--
		told := d.kept(t, h)
		told.lostRows, told.lostCells, told.lostComments = 0, 0, 0
		if got != told {
			t.Errorf("%s: %+v in its files, %+v counted", h.name, got, told)
		}
	}
}

// TestDemoIsHonest plays the second half without the store. The table must show what
// that loses, and the status must tell.
func TestDemoIsHonest(t *testing.T) {
	var out bytes.Buffer
	pretender := rowkeepHalf
	pretender.open = openNaive
	d := shortDemo(t, &out, naiveHalf, pretender)
	var f *failure
	if err := d.play(t.Context()); !errors.As(err, &f) || f.status != 1 || f.Error() != "rowkeep lost 3 rows, 1 cell, 1 comment" {
		t.Errorf("play = %v", err)
	}
	for _, line := range []string{
		"rows lost                             3        3\n",
		"cells lost                            1        1\n",
		"comments lost                         1        1\n",
	} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("no line %q in:\n%s", line, out.String())
		}
	}
}

// TestDemoTellsALoss: a naive half that loses nothing is not the story either.
func TestDemoTellsALoss(t *testing.T) {
	careful := naiveHalf
	careful.open = openStore
	var f *failure
	err := shortDemo(t, io.Discard, careful).play(t.Context())
	if !errors.As(err, &f) || f.status != 1 {
		t.Errorf("play = %v", err)
	}
}

func TestDemoFailsWithItsEditor(t *testing.T) {
	d := shortDemo(t, io.Discard, naiveHalf)
	d.self = filepath.Join(t.TempDir(), "missing")
	var f *failure
	if err := d.play(t.Context()); !errors.As(err, &f) || f.status != 4 {
		t.Errorf("play = %v", err)
	}
}

// failing is a daemon whose commit does something and then fails.
type failing struct {
	daemon
	do func()
}

var errBroken = errors.New("broken")

func (f failing) commit(context.Context, order) (bool, error) {
	f.do()
	return false, errBroken
}

// TestDemoInterrupted: whatever fails after an interrupt fails because of it.
func TestDemoInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	h := naiveHalf
	h.open = func(file string) (daemon, error) { return failing{&naiveDaemon{file: file}, cancel}, nil }
	if err := shortDemo(t, io.Discard, h).play(ctx); err != errInterrupted {
		t.Errorf("play = %v", err)
	}
}

// TestEditorInterrupted: an editor that the keyboard's interrupt reached first.
func TestEditorInterrupted(t *testing.T) {
	for _, interrupt := range []bool{true, false} {
		ctx, cancel := context.WithCancel(t.Context())
		s, err := newStory(naiveHalf, t.TempDir(), shortDemo(t, io.Discard).self, time.Second, nil)
		if err != nil {
			t.Fatal(err)
		}
		editor, err := s.startEditor(t.Context(), styleTruncate, 1, "btc_1")
		if err != nil {
			t.Fatal(err)
		}
		editor.cancel()
		if interrupt {
			time.AfterFunc(10*time.Millisecond, cancel)
		}
		err = editor.finish(ctx)
		if err == nil || errors.Is(err, errInterrupted) != interrupt {
			t.Errorf("interrupt %v: finish = %v", interrupt, err)
		}
		cancel()
	}
}

// TestDemoStopsItsEditor: when the daemon fails, the editor does not write on. On a
// machine that is very busy it may be done by then.
func TestDemoStopsItsEditor(t *testing.T) {
	for range 5 {
		h := naiveHalf
		h.open = func(file string) (daemon, error) { return failing{&naiveDaemon{file: file}, func() {}}, nil }
		d := shortDemo(t, io.Discard, h)
		d.seconds = 1.2 // the editor needs 150 ms
		if err := d.play(t.Context()); !errors.Is(err, errBroken) {
			t.Fatalf("play = %v", err)
		}
		time.Sleep(300 * time.Millisecond)
		if _, err := os.Stat(scene(filepath.Join(d.keep, h.name)).editors()); errors.Is(err, os.ErrNotExist) {
			return
		}
	}
	t.Error("the editor saved all")
}

// TestStoreDaemonIsPatient: an editor that pauses for longer than the settle time makes
// the commit wait, not fail.
func TestStoreDaemonIsPatient(t *testing.T) {
	s, err := newScene(filepath.Join(t.TempDir(), "scene"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := openStore(s.config())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	text, notes := typeRows(string(demoSample), 1, "sell", "buy")
	write := func(text string) {
		if err := os.WriteFile(s.config(), []byte(text), 0o666); err != nil {
			t.Error(err)
		}
	}
	write(pieces(text, len(demoSample))[0])
	rest := time.AfterFunc(2*demoSettle, func() { write(text) })
	defer rest.Stop()
	o := dueOrders(demoSample)[0].numbered(1)
	if merged, err := d.commit(t.Context(), o); err != nil || !merged {
		t.Fatalf("commit = %v, %v", merged, err)
	}
	if err := errors.Join(appendNotes(s.editors(), notes), appendNotes(s.daemon(), o.notes(1))); err != nil {
		t.Fatal(err)
	}
	if got, err := count(s); err != nil || got.missing() != "" {
		t.Errorf("missing: %s (%v)", got.missing(), err)
	}
}

// watched is a daemon that looks at the file right before it commits.
type watched struct {
	daemon
	file string
	seen *[]string
}

func (w watched) commit(ctx context.Context, o order) (bool, error) {
	data, err := os.ReadFile(w.file)
	if err != nil {
		return false, err
	}
	*w.seen = append(*w.seen, string(data))
	return w.daemon.commit(ctx, o)
}

// TestDemoRaces: the daemon commits while the first editor is still writing, and when
// the second has just saved. On a machine that is very busy the first may be done.
func TestDemoRaces(t *testing.T) {
	for range 5 {
		var seen []string
		h := naiveHalf
		h.open = func(file string) (daemon, error) {
			return watched{&naiveDaemon{file: file}, file, &seen}, nil
		}
		d := shortDemo(t, io.Discard, h)
		d.seconds = 1
		if err := d.play(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(seen[1], "typed in round 2\n") && !strings.Contains(seen[1], "typed in round 2,") {
			t.Errorf("the second editor has not saved:\n%s", seen[1])
		}
		if len(seen[0]) < len(demoSample) && bytes.HasPrefix(demoSample, []byte(seen[0])) {
			return
		}
	}
	t.Error("the daemon never met a file that was half written")
}

func TestDemoPlan(t *testing.T) {
	for _, tt := range []struct {
		length, beat time.Duration
		rounds       int
	}{
		{100 * time.Millisecond, 50 * time.Millisecond, 2},
		{2500 * time.Millisecond, 625 * time.Millisecond, 4},
		{time.Minute, 600 * time.Millisecond, 100},
	} {
		if rounds, beat := plan(tt.length); rounds != tt.rounds || beat != tt.beat {
			t.Errorf("%v: %d rounds of %v, want %d of %v", tt.length, rounds, beat, tt.rounds, tt.beat)
		}
	}
}

func TestDueOrders(t *testing.T) {
	due := dueOrders(demoSample)
	if len(due) < 4 {
		t.Error("too few rows for the daemon to act on")
	}
	for _, o := range due {
		if o.key == "sol_usd_sell_4" || o.key == "xrp_usd_sell_1" {
			t.Errorf("%s is done or paused", o.key)
		}
	}
}

// TestPieces: wherever the editor pauses, the file ends inside a line of the old text.
func TestPieces(t *testing.T) {
	old := string(demoSample)
	text, _ := typeRows(old, 1, "sell", "buy")
	list := pieces(text, len(old))
	if diff := cmp.Diff(text, strings.Join(list, "")); diff != "" {
		t.Errorf("pieces make another text (-want +got):\n%s", diff)
	}
	at := 0
	for _, piece := range list[:len(list)-1] {
		at += len(piece)
		if piece == "" || at >= len(old) || old[at-1] == '\n' || old[at] == '\r' || old[at] == '\n' {
			t.Errorf("a cut after %q", piece)
		}
	}
}
