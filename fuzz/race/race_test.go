//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/rowkeep/rowkeep/fuzz/internal/mounts"
	"github.com/rowkeep/rowkeep/internal/tune"
	"github.com/rowkeep/rowkeep/store"
)

func TestMain(m *testing.M) {
	tune.Store = hasty
	if os.Getenv(writerVariable) != "" {
		exitOn(serve(os.Stdin, os.Stdout))
		return
	}
	if os.Getenv(committerVariable) != "" {
		exitOn(serveCommits(os.Stdin, os.Stdout))
		return
	}
	mounts.Isolate()
	os.Exit(m.Run())
}

// The verdict on the store depends on its own losses alone: how often plain loses in a
// short run is luck.
func TestStoreLosesNothing(t *testing.T) {
	opt := options{rounds: 60, settle: 20 * time.Millisecond, parallel: 2, dir: t.TempDir()}
	opt.systems = []string{"dir", "ext4", "xfs", "btrfs", "tmpfs", "overlayfs"}
	if testing.Short() {
		opt.rounds, opt.systems = 10, []string{"dir"}
	}
	var table strings.Builder
	err := opt.run(t.Context(), &table, t.Output())
	t.Log("\n" + table.String())
	if err != nil {
		t.Error(err)
	}
}

// held is a file with plain as its committer, which stops between its last look and the
// rename for what a writer does.
func held(t *testing.T, between func(path string, hands *bench)) (verdict, []order) {
	t.Helper()
	b := &bench{settle: time.Millisecond}
	t.Cleanup(b.close)
	if err := b.staff(1); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "config.csv")
	if err := os.WriteFile(path, []byte(baseFile()), 0o640); err != nil {
		t.Fatal(err)
	}
	p := &plain{path: path, beforeRename: func() { between(path, b) }}
	if err := errors.Join(p.begin(t.Context(), "our-0"), p.commit(t.Context())); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	edits := []order{{Key: "ext-0-0", Value: theirValue}}
	return newFile().judge(data, edits, row("our-0", ourValue), true, func(line string) bool { return inHistory(path, line) }), edits
}

// The rig sees what plain loses, with each kind of writer exactly in the window.
func TestPlainLoses(t *testing.T) {
	for _, name := range []string{"rename", "append", "hold", "truncate", "recreate", "sed"} {
		t.Run(name, func(t *testing.T) {
			v, edits := held(t, func(path string, b *bench) {
				order := order{Kind: name, Path: path, Key: "ext-0-0", Value: theirValue, Pause: time.Millisecond}
				edit(t, b.hands[0], order)
			})
			want := verdict{lost: []string{edits[0].row()}}
			if !reflect.DeepEqual(v, want) {
				t.Errorf("%+v, want %+v", v, want)
			}
		})
	}
}

// edit has a writer do a whole order.
func edit(t *testing.T, h *hand, o order) {
	t.Helper()
	for _, half := range []any{o, cue{At: time.Now().UnixNano()}} {
		if err := h.ask(half); err != nil {
			t.Fatal(err)
		}
		if a, err := h.hear(); err != nil || a.GaveUp {
			t.Fatal(err, a.GaveUp)
		}
	}
}

// Without anybody in the window every kind's edit arrives, and the writer of a cell
// changes that cell: what the rig calls lost was there to be kept.
func TestWritersWrite(t *testing.T) {
	b := &bench{}
	defer b.close()
	if err := b.staff(1); err != nil {
		t.Fatal(err)
	}
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			if err := installed(k.name); err != nil {
				t.Skip(err)
			}
			dir := t.TempDir()
			path := filepath.Join(dir, "config.csv")
			if err := os.WriteFile(path, []byte(baseFile()), 0o640); err != nil {
				t.Fatal(err)
			}
			o := order{Kind: k.name, Path: path, Key: "ext-0-0", Value: theirValue, Pause: time.Millisecond, Turn: filepath.Join(dir, "turn")}
			if k.name == "mmap" {
				o.Key = cellKey(0)
			}
			edit(t, b.hands[0], o)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if v := newFile().judge(data, []order{o}, "", false, nowhere); !reflect.DeepEqual(v, verdict{}) {
				t.Errorf("%+v in\n%s", v, data)
			}
		})
	}
}

func nowhere(string) bool { return false }

func TestJudge(t *testing.T) {
	theirs, ours := order{Key: "ext-0-0", Value: theirValue}, row("our-0", ourValue)
	whole := baseFile() + theirs.line() + ours + "\n"
	lastBase := row("base-19", "00000")
	for name, tt := range map[string]struct {
		data string
		want verdict
	}{
		"all there":       {whole, verdict{}},
		"edit lost":       {baseFile() + ours + "\n", verdict{lost: []string{theirs.row()}}},
		"our row gone":    {baseFile() + theirs.line(), verdict{gone: true}},
		"row of the base": {strings.Replace(whole, lastBase+"\n", "", 1), verdict{torn: []string{fmt.Sprintf("row base-19 is %q, was %q", "", lastBase)}}},
		"row twice":       {whole + theirs.line(), verdict{torn: []string{fmt.Sprintf("the key of %q stands twice", theirs.row())}}},
		"a row of nobody": {whole + "x,y\n", verdict{torn: []string{`nobody wrote "x,y"`}}},
		"no end":          {whole[:len(whole)-1], verdict{torn: []string{"the last line has no end"}}},
		"header cut":      {whole[1:], verdict{torn: []string{`the first line is "d,value,note"`}}},
		"a cell set back": {strings.Replace(whole, "base-03,00000", "base-03,99999", 1), verdict{torn: []string{fmt.Sprintf("row base-03 is %q, was %q", row("base-03", "99999"), row("base-03", "00000")), fmt.Sprintf("nobody wrote %q", row("base-03", "99999"))}}},
	} {
		t.Run(name, func(t *testing.T) {
			if v := newFile().judge([]byte(tt.data), []order{theirs}, ours, true, nowhere); !reflect.DeepEqual(v, tt.want) {
				t.Errorf("%+v, want %+v", v, tt.want)
			}
		})
	}
	t.Run("in the history", func(t *testing.T) {
		v := newFile().judge([]byte(baseFile()+ours+"\n"), []order{theirs}, ours, true, func(line string) bool { return line == theirs.row() })
		if want := (verdict{history: []string{theirs.row()}}); !reflect.DeepEqual(v, want) {
			t.Errorf("%+v, want %+v", v, want)
		}
	})
}

// A run that was killed goes on where its log ends, and a line that the kill cut is no
// batch.
func TestResume(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	opt := options{rounds: batchSize + 10, kinds: []string{"append"}, writers: []int{1}, systems: []string{"dir"}}
	c := cell{"dir", "append", 1, rowkeep}
	j, err := openJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := rounds(opt.jobs(j, opt.systems)); !reflect.DeepEqual(got, []int{batchSize, 10}) {
		t.Errorf("a new run has batches of %d rounds", got)
	}
	if err := errors.Join(j.add(batch{cell: c, tally: tally{Rounds: batchSize, Lost: 1}}), j.close()); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err == nil {
		_, err = f.WriteString(`{"fs":"dir","kind":"append","wri`)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the cut line is gone the second time
		j, err := openJournal(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := rounds(opt.jobs(j, opt.systems)); !reflect.DeepEqual(got, []int{10}) {
			t.Errorf("a resumed run has batches of %d rounds", got)
		}
		if err := judge(j.batches, t.Output()); !errors.Is(err, errLoses) {
			t.Errorf("error %v: the loss from before the kill is forgotten", err)
		}
		if err := j.close(); err != nil {
			t.Fatal(err)
		}
	}
}

func rounds(jobs []job) (n []int) {
	for _, j := range jobs {
		n = append(n, j.rounds)
	}
	return n
}

func TestLogOfAnotherBuild(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte(`{"build":"x"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openJournal(path); !errors.Is(err, errOtherBuild) {
		t.Errorf("error %v, want errOtherBuild", err)
	}
}

// What plain lost too seldom says that the zero means little, but not in a short run.
func TestWeakAim(t *testing.T) {
	for name, tt := range map[string]struct {
		rounds, lost int
		weak         bool
	}{
		"short": {900, 0, false}, "one in a hundred": {1000, 10, false}, "less": {1000, 9, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := batch{cell: cell{"dir", "rename", 1, plainly}, tally: tally{Rounds: tt.rounds, Edits: tt.rounds, Lost: tt.lost}}
			if err := judge([]batch{b}, t.Output()); errors.Is(err, errWeak) != tt.weak {
				t.Errorf("error %v", err)
			}
		})
	}
}

// An interrupted run ends its batches, and says that it is not complete.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	opt := options{rounds: 1, parallel: 1, settle: time.Millisecond, kinds: []string{"append"}, systems: []string{"dir"}, dir: t.TempDir()}
	var table strings.Builder
	if err := opt.run(ctx, &table, t.Output()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

// What was displaced by a save, and read by the store before, is in its history.
func TestInHistory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.csv")
	k := &keeper{path: path, opt: store.Options{Settle: time.Millisecond}}
	before := row("ext-0-0", theirValue)
	for i, content := range []string{baseFile() + before + "\n", baseFile()} {
		if err := os.WriteFile(path, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
		k.key = fmt.Sprintf("our-%d", i)
		if err := errors.Join(k.open(t.Context()), k.commit(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	if !inHistory(path, before) || !inVersions(path, before) {
		t.Errorf("a row that was deleted is not found in the history")
	}
	if inHistory(path, row("ext-0-1", theirValue)) {
		t.Errorf("a row that nobody wrote is found")
	}
}
