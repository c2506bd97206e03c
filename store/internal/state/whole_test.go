package state_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rowkeep/rowkeep/store/internal/state"
)

// largeVersions are kept as: in full, a patch of it, in full, a patch of that.
var largeVersions = []string{
	strings.Repeat("a,1\n", 1<<16),
	strings.Repeat("a,1\n", 1<<16) + "b,2\n",
	strings.Repeat("c,3\n", 1<<17),
	"d,4\n" + strings.Repeat("c,3\n", 1<<17),
}

// madeLarge appends them, and lists the files that hold one of them in full.
func madeLarge(t *testing.T) (p *place, whole []string) {
	t.Helper()
	p = newPlace(t)
	for _, content := range largeVersions {
		p.append(version(state.Commit, content))
	}
	return p, p.whole()
}

func (p *place) whole() []string {
	p.Helper()
	paths, err := filepath.Glob(filepath.Join(p.dir.Path(), "whole-*"))
	if err != nil {
		p.Fatal(err)
	}
	return paths
}

func (p *place) wantLarge(want ...string) {
	p.Helper()
	got := p.said()
	if len(got) != len(want) {
		p.Fatalf("%d versions, want %d", len(got), len(want))
	}
	for i, content := range want {
		if got[i].Content != content {
			p.Errorf("version %d has %d bytes, %.10q, want %d, %.10q", got[i].Seq, len(got[i].Content), got[i].Content, len(content), content)
		}
	}
}

// A large version that is kept in full stands beside the log, and goes with the last entry
// of it.
func TestWhole(t *testing.T) {
	p, whole := madeLarge(t)
	p.wantLarge(largeVersions...)
	log, err := os.Stat(filepath.Join(p.dir.Path(), "log"))
	if err != nil || len(whole) != 2 || log.Size() > 4096 {
		t.Errorf("%d files, a log of %d bytes (%v)", len(whole), log.Size(), err)
	}
	crowded := state.Keep{Versions: 50, Age: time.Hour, Most: 1000, Size: 1 << 18}
	if is, err := p.log.Crowded(crowded); err != nil || !is {
		t.Errorf("there may be something to drop: %t (%v)", is, err)
	}
	p.prune(state.Keep{Versions: 1, Most: 1000, Size: unbounded}, yes)
	p.wantLarge(largeVersions[3])
	if now := p.whole(); len(now) != 1 {
		t.Errorf("files %v are left", now)
	}
	p.append(version(state.Commit, largeVersions[0]))
	p.wantLarge(largeVersions[3], largeVersions[0])
}

// Damage in such a file hides the versions up to the next one in full, until that content is
// kept again.
func TestWholeDamaged(t *testing.T) {
	for name, damage := range map[string]func(string, []byte) error{
		"flip": func(path string, data []byte) error {
			data[len(data)/2] ^= 1
			return os.WriteFile(path, data, 0o600)
		},
		"cut":  func(path string, data []byte) error { return os.WriteFile(path, data[:len(data)-1], 0o600) },
		"gone": func(path string, _ []byte) error { return os.Remove(path) },
	} {
		t.Run(name, func(t *testing.T) {
			p, whole := madeLarge(t)
			for _, path := range whole {
				data, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if bytes.HasPrefix(data, []byte("a")) {
					if err := damage(path, data); err != nil {
						t.Fatal(err)
					}
				}
			}
			p.wantLarge("?", "?", largeVersions[2], largeVersions[3])
			p.append(version(state.Commit, largeVersions[0]))
			p.wantLarge(append(largeVersions[:4:4], largeVersions[0])...)
		})
	}
}

// Who reads the history while somebody drops old versions knows those that stay.
func TestReadWhilePruned(t *testing.T) {
	p, _ := madeLarge(t)
	h := p.history()
	p.prune(state.Keep{Versions: 2, Most: 1000, Size: unbounded}, yes)
	p.prune(state.Keep{Versions: 1, Most: 1000, Size: unbounded}, yes)
	var got []int64
	for e, content := range h.Contents {
		if content == nil {
			t.Errorf("version %d is not known", e.Seq)
		}
		got = append(got, e.Seq)
	}
	if len(got) != 1 || got[0] != 4 {
		t.Errorf("versions %v, want the last", got)
	}
}
