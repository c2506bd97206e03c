//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/terminal"
)

// TestRecording goes through the guide of operators in a real terminal, from a daemon
// whose change conflicts to a settled file. What the terminal shows is the picture in the
// guide; -update draws it anew.
func TestRecording(t *testing.T) {
	needs(t, "tmux", "sh")
	buildExamples(t)
	dir := t.TempDir()
	if err := os.CopyFS(dir+"/examples", os.DirFS("../../examples")); err != nil {
		t.Fatal(err)
	}
	prepare := exec.Command("sh", "-c", "cp examples/base.csv config.csv; "+
		`daemon -exchange 'rowkeep set --quiet config.csv $ID enabled=paused; echo O-$ID' config.csv XXBTZUSD=65000`)
	prepare.Dir = dir
	if out, err := prepare.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	writeFile(t, dir+"/.profile", "PS1='$ '\n")
	w := terminal.Start(t, 80, 24, []string{"XDG_CACHE_HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "ENV=" + dir + "/.profile"},
		"cd "+shellWord(dir)+" && clear && sh -i")
	picture := filepath.Join("../../docs/images", "resolve.svg")
	want, err := os.ReadFile(picture)
	if err != nil && !*update {
		t.Fatal(err)
	}
	r := &terminal.Recording{Width: 80, Height: 24, Want: want}
	if *update {
		r.Want = nil
	}
	step := func(caption string, seconds int, keys []string, shows ...string) {
		t.Helper()
		for _, key := range keys {
			w.Keys(key)
		}
		w.Await(shows...)
		r.Add(w, caption, seconds, maskTimes)
	}
	w.Await("$")
	w.Type("rowkeep conflicts config.csv")
	step("What waits?", 4, []string{"Enter"}, "rowkeep: hint:", "\n$")
	w.Type("rowkeep resolve config.csv")
	step("At a terminal, resolve without flags asks.", 2, nil, "resolve config.csv")
	step("The row in three versions; ! is what conflicts.", 5, []string{"Enter"}, "0 of 1", "o ours")
	step("t takes theirs: what the person wrote. w writes.", 4, []string{"t"}, "1 of 1", "w writes")
	step("Settled.", 3, []string{"w"}, "resolve config.csv\n", "\n$")
	w.Type("rowkeep conflicts config.csv")
	step("Nothing is left.", 4, []string{"Enter"}, "nothing waits")
	if *update {
		if err := os.WriteFile(picture, r.SVG(t), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got := r.SVG(t); !bytes.Equal(got, want) {
		t.Errorf("the terminal shows something else than %s; -update draws it anew:\n%s", picture, cmp.Diff(string(want), string(got)))
	}
}
