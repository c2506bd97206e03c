package settle_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/settle"
	"github.com/rowkeep/rowkeep/merge"
)

// What was answered is offered where the same is asked of another row, and only there.
func all(int) bool { return true }

func TestMemory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "deep", "answers")
	m, err := settle.OpenMemory(file)
	if err != nil {
		t.Fatal(err)
	}
	first := start(t, "id,v\na,1\nb,1\nc,1\n", "id,v\na,2\nb,2\n", "id,v\na,3\nb,4\nc,5\n", merge.Options{})
	for key, r := range map[string]merge.Resolution{"a": value("7\xff"), "b": side(merge.Theirs)} {
		if err := first.Answer(find(t, first, key, "v").ID, r); err != nil {
			t.Fatal(err)
		}
	}
	m.Note(first)
	if err := m.Save(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append([]byte("{damaged\n"), read(t, file)...), 0o600); err != nil {
		t.Fatal(err)
	}
	if m, err = settle.OpenMemory(file); err != nil {
		t.Fatal(err)
	}
	again := start(t, "id,v\nx,1\ny,1\nz,1\n", "id,v\nx,2\ny,2\nz,2\n", "id,v\nx,3\ny,4\nz,5\n", merge.Options{})
	if n := m.Offer(again, all); n != 2 || again.Left() != 1 {
		t.Errorf("%d answers, %d left", n, again.Left())
	}
	if err := again.Answer(find(t, again, "z", "v").ID, side(merge.Ours)); err != nil {
		t.Fatal(err)
	}
	if got := result(t, again); got != "id,v\nx,7\xff\ny,4\nz,2\n" {
		t.Errorf("%q", got)
	}
}

// An answer that would spoil a row here is left out, and the others stay.
func TestMemoryOfWhatDoesNotFit(t *testing.T) {
	m, err := settle.OpenMemory(filepath.Join(t.TempDir(), "answers"))
	if err != nil {
		t.Fatal(err)
	}
	first := start(t, "id,v\na,1\nb,1\n", "id,v\na,2\nb,2\n", "id,v\na,3\nb,4\n", merge.Options{})
	for key, v := range map[string]string{"a": "#x", "b": "5"} {
		if err := first.Answer(find(t, first, key, "v").ID, value(v)); err != nil {
			t.Fatal(err)
		}
	}
	m.Note(first)
	again := start(t, "v,id\n1,a\n1,b\n", "v,id\n2,a\n2,b\n", "v,id\n3,a\n4,b\n", merge.Options{})
	if n := m.Offer(again, all); n != 1 || again.Left() != 1 {
		t.Errorf("%d answers, %d left", n, again.Left())
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Of two who remember at once neither forgets what the other one has.
func TestMemoryOfTwo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "answers")
	ask := func(ours string) *settle.Session {
		return start(t, "id,v\n1,a\n", "id,v\n1,"+ours+"\n", "id,v\n1,z\n", merge.Options{})
	}
	var memories []*settle.Memory
	for range 2 {
		m, err := settle.OpenMemory(file)
		if err != nil {
			t.Fatal(err)
		}
		memories = append(memories, m)
	}
	for i, ours := range []string{"b", "c"} {
		s := ask(ours)
		if err := s.Answer(s.Conflict(0).ID, side(merge.Ours)); err != nil {
			t.Fatal(err)
		}
		memories[i].Note(s)
		if err := memories[i].Save(); err != nil {
			t.Fatal(err)
		}
	}
	m, err := settle.OpenMemory(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, ours := range []string{"b", "c"} {
		if s := ask(ours); m.Offer(s, all) != 1 {
			t.Errorf("%s is forgotten", ours)
		}
	}
}
