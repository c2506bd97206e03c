package oracle

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// casesDir holds worked merges that live beside the repository, not in it.
const casesDir = "../../../shared/cases/cases"

// meta is what a case says about itself.
type meta struct {
	Key       string
	Delimiter string
	Accept    []string
	Generator string
}

// TestCases runs the oracle over the worked merges: where it and they disagree, the
// oracle is wrong.
func TestCases(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(casesDir, "*", "meta.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(dirs) == 0 {
		t.Skipf("no worked merges in %s", casesDir)
	}
	judged := 0
	for _, name := range dirs {
		dir := filepath.Dir(name)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			if runCase(t, dir) {
				judged++
			}
		})
	}
	if 2*judged < len(dirs) {
		t.Errorf("the oracle had an opinion about %d of %d cases only", judged, len(dirs))
	}
}

// runCase reports whether the oracle had an opinion that could be compared.
func runCase(t *testing.T, dir string) bool {
	var m meta
	if err := json.Unmarshal(read(t, dir, "meta.json"), &m); err != nil {
		t.Fatal(err)
	}
	if m.Generator != "" {
		t.Skip("made by a generator: too large for an oracle that compares everything with everything")
	}
	f := Format{Key: []string{m.Key}, Delimiter: m.Delimiter[0], Comment: "#"}
	a := Merge(read(t, dir, "base.csv"), read(t, dir, "ours.csv"), read(t, dir, "theirs.csv"), f)
	if a.Abstained != "" {
		t.Skip("no opinion: ", a.Abstained)
	}
	switch {
	case a.Refused != "":
		if !slices.Contains(m.Accept, "refuse") {
			t.Fatalf("refused: %s", a.Refused)
		}
	case len(a.Conflicts) > 0:
		checkConflicts(t, dir, m, a)
	default:
		return checkClean(t, dir, m, a, f)
	}
	return true
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// checkClean holds the answer against the results that the case accepts. A case that
// leaves the result open cannot judge.
func checkClean(t *testing.T, dir string, m meta, a Answer, f Format) bool {
	var last error
	for _, accept := range m.Accept {
		kind, file, _ := strings.Cut(accept, ":")
		if file == "*" {
			return false
		}
		if !strings.HasPrefix(kind, "clean") {
			continue
		}
		want, err := Read(f, read(t, dir, file))
		if err != nil {
			t.Fatal(err)
		}
		if last = a.CheckTable(want[0]); last == nil {
			return true
		}
	}
	t.Fatalf("clean, accepted %q: %v", m.Accept, last)
	return false
}

func checkConflicts(t *testing.T, dir string, m meta, a Answer) {
	if !slices.Contains(m.Accept, "conflict") {
		t.Fatalf("conflicts, accepted %q: %v", m.Accept, a.Conflicts)
	}
	if _, err := os.Stat(filepath.Join(dir, "want-conflicts.json")); err != nil {
		return
	}
	var want struct{ Conflicts []wantConflict }
	if err := json.Unmarshal(read(t, dir, "want-conflicts.json"), &want); err != nil {
		t.Fatal(err)
	}
	var list []Conflict
	for _, w := range want.Conflicts {
		list = append(list, w.conflict())
	}
	if err := a.CheckConflicts(list); err != nil {
		t.Fatal(err)
	}
}

// wantConflict is a conflict as a case writes it.
type wantConflict struct {
	Kind, Key, Column  string
	Base, Ours, Theirs any
}

func (w wantConflict) conflict() Conflict {
	c := Conflict{Kind: w.Kind, Key: w.Key, Column: w.Column}
	for i, v := range []any{w.Base, w.Ours, w.Theirs} {
		switch v := v.(type) {
		case nil:
			c.Values[i] = Null
		case string:
			c.Values[i] = Text(v)
		case map[string]any:
			cells := Cells{}
			for name, value := range v {
				cells.set(Column{Name: name, Nth: 1}, value.(string))
			}
			c.Values[i] = cells.String()
		}
	}
	return c
}
