package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// editorEnv has the editor that a process of the test binary is to play.
const editorEnv = "ROWKEEP_TEST_EDITOR"

func TestMain(m *testing.M) {
	if text := os.Getenv(editorEnv); text != "" {
		var e Editor
		err := json.Unmarshal([]byte(text), &e)
		if err == nil {
			err = e.Run(context.Background(), os.Stdout)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// short is a story of two rounds a half. What it says is lost.
func short(t *testing.T) Story {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Story{
		Dir: t.TempDir(), Length: 200 * time.Millisecond,
		Process: func(ctx context.Context, e Editor) *exec.Cmd {
			text, err := json.Marshal(e)
			if err != nil {
				t.Error(err)
			}
			cmd := exec.CommandContext(ctx, self)
			cmd.Env = append(os.Environ(), editorEnv+"="+string(text))
			return cmd
		},
		Say: func(Tone, string) error { return nil },
	}
}

// kept counts what a story left in the directory of a half.
func (s Story) kept(t *testing.T, h half) tally {
	t.Helper()
	got, err := count(scene(filepath.Join(s.Dir, h.name)))
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

func TestPlay(t *testing.T) {
	d := short(t)
	var said []string
	d.Say = func(_ Tone, line string) error {
		said = append(said, line)
		return nil
	}
	outcome, err := d.Play(t.Context())
	if err != nil || outcome.Verdict() != nil {
		t.Fatalf("%v, %v\n%s", err, outcome.Verdict(), strings.Join(said, "\n"))
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
		s := scene(filepath.Join(d.Dir, h.name))
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

// TestHonest plays the second half without the store. The table must show what that loses,
// and so must the verdict.
func TestHonest(t *testing.T) {
	pretender := rowkeepHalf
	pretender.open = openNaive
	outcome, err := short(t).play(t.Context(), []half{naiveHalf, pretender})
	if err != nil {
		t.Fatal(err)
	}
	var otherwise *OtherwiseError
	if err := outcome.Verdict(); !errors.As(err, &otherwise) || !otherwise.Bug || otherwise.What != "rowkeep lost 3 rows, 1 cell, 1 comment" {
		t.Errorf("verdict %v", err)
	}
	lost := map[string][]int{}
	for _, row := range outcome.Rows() {
		if row.Lost {
			lost[row.Label] = row.Counts
		}
	}
	want := map[string][]int{"rows lost": {3, 3}, "cells lost": {1, 1}, "comments lost": {1, 1}}
	if diff := cmp.Diff(want, lost); diff != "" {
		t.Errorf("lost (-want +got):\n%s", diff)
	}
}

// TestNothingLost: a naive half that loses nothing is not the story either.
func TestNothingLost(t *testing.T) {
	careful := naiveHalf
	careful.open = openStore
	outcome, err := short(t).play(t.Context(), []half{careful})
	if err != nil {
		t.Fatal(err)
	}
	var otherwise *OtherwiseError
	if err := outcome.Verdict(); !errors.As(err, &otherwise) || otherwise.Bug {
		t.Errorf("verdict %v", err)
	}
}

func TestNoEditor(t *testing.T) {
	d := short(t)
	missing := filepath.Join(t.TempDir(), "missing")
	d.Process = func(ctx context.Context, _ Editor) *exec.Cmd { return exec.CommandContext(ctx, missing) }
	if _, err := d.Play(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Play: %v", err)
	}
}

// TestSilenced: a line that cannot be printed ends the story.
func TestSilenced(t *testing.T) {
	d := short(t)
	d.Say = func(tone Tone, _ string) error {
		if tone == Headline {
			return nil
		}
		return errBroken
	}
	if _, err := d.Play(t.Context()); !errors.Is(err, errBroken) {
		t.Errorf("Play: %v", err)
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

// TestInterrupted: whatever fails after an interrupt fails because of it.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	h := naiveHalf
	h.open = func(file string) (daemon, error) { return failing{&naiveDaemon{file: file}, cancel}, nil }
	if _, err := short(t).play(ctx, []half{h}); !errors.Is(err, context.Canceled) || errors.Is(err, errBroken) {
		t.Errorf("play: %v", err)
	}
}

// TestEditorInterrupted: an editor that the keyboard's interrupt reached first.
func TestEditorInterrupted(t *testing.T) {
	for _, interrupt := range []bool{true, false} {
		ctx, cancel := context.WithCancel(t.Context())
		p, err := newPlay(short(t), naiveHalf, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		editor, err := p.startEditor(t.Context(), Truncate, 1, "btc_1")
		if err != nil {
			t.Fatal(err)
		}
		editor.cancel()
		if interrupt {
			time.AfterFunc(10*time.Millisecond, cancel)
		}
		err = editor.finish(ctx)
		if err == nil || errors.Is(err, context.Canceled) != interrupt {
			t.Errorf("interrupt %v: finish = %v", interrupt, err)
		}
		cancel()
	}
}

// TestStopsItsEditor: when the daemon fails, the editor does not write on. On a
// machine that is very busy it may be done by then.
func TestStopsItsEditor(t *testing.T) {
	for range 5 {
		h := naiveHalf
		h.open = func(file string) (daemon, error) { return failing{&naiveDaemon{file: file}, func() {}}, nil }
		d := short(t)
		d.Length = 1200 * time.Millisecond // the editor needs 150
		if _, err := d.play(t.Context(), []half{h}); !errors.Is(err, errBroken) {
			t.Fatalf("play: %v", err)
		}
		time.Sleep(300 * time.Millisecond)
		if _, err := os.Stat(scene(filepath.Join(d.Dir, h.name)).editors()); errors.Is(err, os.ErrNotExist) {
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
	text, notes := typeRows(string(sample), 1, "sell", "buy")
	write := func(text string) {
		if err := os.WriteFile(s.config(), []byte(text), 0o666); err != nil {
			t.Error(err)
		}
	}
	write(pieces(text, len(sample))[0])
	rest := time.AfterFunc(2*settle, func() { write(text) })
	defer rest.Stop()
	o := dueOrders(sample)[0].numbered(1)
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

// TestRaces: the daemon commits while the first editor is still writing, and when
// the second has just saved. On a machine that is very busy the first may be done.
func TestRaces(t *testing.T) {
	for range 5 {
		var seen []string
		h := naiveHalf
		h.open = func(file string) (daemon, error) {
			return watched{&naiveDaemon{file: file}, file, &seen}, nil
		}
		d := short(t)
		d.Length = time.Second
		if _, err := d.play(t.Context(), []half{h}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(seen[1], "typed in round 2\n") && !strings.Contains(seen[1], "typed in round 2,") {
			t.Errorf("the second editor has not saved:\n%s", seen[1])
		}
		if len(seen[0]) < len(sample) && bytes.HasPrefix(sample, []byte(seen[0])) {
			return
		}
	}
	t.Error("the daemon never met a file that was half written")
}

func TestPlan(t *testing.T) {
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
	due := dueOrders(sample)
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
	old := string(sample)
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
