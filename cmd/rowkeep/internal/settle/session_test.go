package settle_test

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/settle"
	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

const (
	base   = "id,price,on\na,1,true\nb,1,true\nc,1,true\n"
	ours   = "id,price,on\na,2,false\nb,2,true\n"
	theirs = "id,price,on\na,3,true\nb,3,true\nc,9,true\n"
)

func start(t *testing.T, base, ours, theirs string, opt merge.Options) *settle.Session {
	t.Helper()
	s, err := settle.New([]byte(base), []byte(ours), []byte(theirs), opt)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// find returns the conflict of a row, and of a column if one is named.
func find(t *testing.T, s *settle.Session, key, column string) merge.Conflict {
	t.Helper()
	for i := range s.Len() {
		if c := s.Conflict(i); len(c.Key) > 0 && c.Key[0] == key && c.Column == column {
			return c
		}
	}
	t.Fatalf("no conflict at key %q, column %q", key, column)
	return merge.Conflict{}
}

func side(s merge.Side) merge.Resolution { return merge.Resolution{Side: s} }

func value(v string) merge.Resolution { return merge.Resolution{Side: merge.Neither, Value: v} }

func result(t *testing.T, s *settle.Session) string {
	t.Helper()
	r, err := s.Result()
	if err != nil {
		t.Fatal(err)
	}
	return string(r.Bytes())
}

func TestAnswers(t *testing.T) {
	s := start(t, base, ours, theirs, merge.Options{})
	if s.Len() != 3 || s.Left() != 3 {
		t.Fatalf("%d conflicts, %d left; want 3, 3", s.Len(), s.Left())
	}
	if err := s.Answer(find(t, s, "a", "price").ID, value("7")); err != nil {
		t.Fatal(err)
	}
	if n, err := s.AnswerAll(settle.Match{Kind: merge.KindCell}, side(merge.Theirs)); n != 1 || err != nil {
		t.Fatalf("answered %d (%v); want the one cell that is left", n, err)
	}
	if n, err := s.AnswerAll(settle.Match{}, side(merge.Ours)); n != 1 || err != nil || s.Left() != 0 {
		t.Fatalf("answered %d (%v), %d left", n, err, s.Left())
	}
	if diff := cmp.Diff("id,price,on\na,7,false\nb,3,true\n", result(t, s)); diff != "" {
		t.Error(diff)
	}
}

func TestUndo(t *testing.T) {
	s := start(t, base, ours, theirs, merge.Options{})
	before := result(t, s)
	if _, err := s.AnswerAll(settle.Match{}, side(merge.Ours)); err != nil {
		t.Fatal(err)
	}
	c := find(t, s, "b", "price")
	if err := s.Answer(c.ID, value("5")); err != nil {
		t.Fatal(err)
	}
	at, _ := s.Index(c.ID)
	if got := s.Undo(); got != at || s.Answered(at) != side(merge.Ours) || s.Left() != 0 {
		t.Errorf("undone at %d: %v, %d left", got, s.Answered(at), s.Left())
	}
	if got := s.Undo(); got != 0 || s.Left() != 3 || result(t, s) != before {
		t.Errorf("undone at %d, %d left", got, s.Left())
	}
	if got := s.Undo(); got != -1 {
		t.Errorf("undone at %d where nothing is left to take back", got)
	}
}

// What does not fit is refused with its reason, and nothing has changed.
func TestAnswerRefused(t *testing.T) {
	rows := merge.Options{Granularity: merge.Rows}
	renamed := [3]string{"id,x\na,1\nb,2\n", "id,x\no,1\nb,2\n", "id,x\nt,1\nb,2\n"}
	tests := []struct {
		name        string
		versions    [3]string
		opt         merge.Options
		key, column string
		give        merge.Resolution
		want        error
	}{
		{name: "a value for a row", versions: [3]string{base, ours, theirs}, key: "c", give: value("x"), want: settle.ErrWantSide},
		{name: "no side of three", versions: [3]string{base, ours, theirs}, key: "c", give: side(merge.Both), want: settle.ErrWantSide},
		{
			name:     "a comment that is none",
			versions: [3]string{"id,x\n# note\na,1\n", "id,x\n# note o\na,1\n", "id,x\n# note t\na,1\n"}, give: value("note"), want: settle.ErrNotComment,
		},
		{
			name:     "a cell that makes its row a comment",
			versions: [3]string{"x,id\n1,a\n", "x,id\n2,a\n", "x,id\n3,a\n"}, key: "a", column: "x", give: value("#4"), want: settle.ErrNotRow,
		},
		{
			name:     "a key that another row has",
			versions: [3]string{"id,x\na,1\nb,2\n", "id,x\nz,1\nb,2\n", "id,x\na,3\nb,2\n"}, opt: rows,
			key: "z", column: "id", give: value("b"), want: settle.ErrDuplicateKey,
		},
		{
			name:     "a new name that another row has",
			versions: renamed, key: "a", column: "id", give: value("b"), want: settle.ErrDuplicateKey,
		},
		{
			name:     "no name at all",
			versions: renamed, key: "a", column: "id", give: value(""), want: settle.ErrNotKey,
		},
		{
			name:     "a name that makes the row a comment",
			versions: renamed, key: "a", column: "id", give: value("#a"), want: settle.ErrNotRow,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t, tt.versions[0], tt.versions[1], tt.versions[2], tt.opt)
			id := s.Conflict(0).ID
			if tt.key != "" {
				id = find(t, s, tt.key, tt.column).ID
			}
			err := s.Answer(id, tt.give)
			var refused *settle.AnswerError
			if !errors.As(err, &refused) || !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if s.Left() != s.Len() || s.Undo() != -1 {
				t.Errorf("something was answered: %d of %d left", s.Left(), s.Len())
			}
		})
	}
	s := start(t, base, ours, theirs, merge.Options{})
	err := s.Apply([]settle.Answer{{s.Conflict(0).ID, side(merge.Ours)}, {"beef", side(merge.Ours)}})
	if !errors.Is(err, settle.ErrNoConflict) || s.Left() != 3 {
		t.Errorf("an unknown id: %v, %d left", err, s.Left())
	}
}

func TestRules(t *testing.T) {
	s := start(t, base, ours, theirs, merge.Options{})
	err := s.ApplyRules([]settle.Rule{
		{settle.Match{}, side(merge.Theirs)},
		{settle.Match{Key: []string{"a"}, Column: "price", HasColumn: true}, value("8")},
		{settle.Match{Key: []string{"c"}}, side(merge.Base)},
		{settle.Match{Column: "price", HasColumn: true}, side(merge.Base)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("id,price,on\na,8,false\nb,1,true\nc,1,true\n", result(t, s)); diff != "" {
		t.Error(diff)
	}
	for name, rules := range map[string][]settle.Rule{
		"unknown key":   {{settle.Match{Key: []string{"x"}}, side(merge.Ours)}},
		"contradiction": {{settle.Match{Key: []string{"c"}}, side(merge.Ours)}, {settle.Match{Key: []string{"c"}}, side(merge.Theirs)}},
	} {
		s := start(t, base, ours, theirs, merge.Options{})
		if err := s.ApplyRules(rules); err == nil || s.Left() != 3 {
			t.Errorf("%s: %v, %d left", name, err, s.Left())
		}
	}
}

func TestRebase(t *testing.T) {
	s := start(t, base, ours, theirs, merge.Options{})
	if _, err := s.AnswerAll(settle.Match{}, side(merge.Ours)); err != nil {
		t.Fatal(err)
	}
	// a is ours' value now, b another one, c as it was.
	moved, err := s.Rebase([]byte("id,price,on\na,2,true\nb,4,true\nc,9,true\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(moved.Moot) != 1 || moved.Moot[0].Key[0] != "a" || len(moved.Asked) != 1 || moved.Asked[0].Theirs.Text != "4" || moved.New != nil {
		t.Errorf("moved: %+v", moved)
	}
	if s.Len() != 2 || s.Left() != 1 || s.Next(-1) < 0 || s.Conflict(s.Next(-1)).Key[0] != "b" {
		t.Errorf("%d conflicts, %d left", s.Len(), s.Left())
	}
	if _, err := s.Rebase([]byte("x,\"")); err == nil || s.Len() != 2 || s.Left() != 1 {
		t.Errorf("what cannot be read: %v, %d conflicts, %d left", err, s.Len(), s.Left())
	}
}

// A key that was given is withdrawn where a row has got it meanwhile.
func TestRebaseKey(t *testing.T) {
	for name, tt := range map[string]struct {
		theirs string
		left   int
	}{
		"another row comes":  {"id,x\nb,2\nz,9\n", 0},
		"a row with the key": {"id,x\nb,2\nnew,9\n", 1},
	} {
		s := start(t, "id,x\na,1\nb,2\n", "id,x\no,1\nb,2\n", "id,x\nb,2\n", merge.Options{})
		if err := s.Answer(s.Conflict(0).ID, value("new")); err != nil {
			t.Fatal(err)
		}
		moved, err := s.Rebase([]byte(tt.theirs))
		if err != nil {
			t.Fatal(err)
		}
		if s.Len() != 1 || s.Left() != tt.left || len(moved.Asked) != tt.left {
			t.Errorf("%s: %d of %d left, %+v", name, s.Left(), s.Len(), moved)
		}
	}
}

// The row around two names of it, and around one that the other side deleted, with a name
// that was given.
func TestRowOfKey(t *testing.T) {
	pair := merge.Options{Read: csvrows.Options{Key: []string{"id", "to"}}}
	for _, tt := range []struct {
		versions [3]string
		opt      merge.Options
		give     string
		want     string
	}{
		{[3]string{"id,x\na,1\n", "id,x\no,1\n", "id,x\nt,1\n"}, merge.Options{}, "new", "new 1"},
		{[3]string{"id,x\na,1\nb,2\n", "id,x\no,1\nb,2\n", "id,x\nb,2\n"}, merge.Options{}, "new", "new 1"},
		{[3]string{"id,x\na,1\nb,2\n", "id,x\nb,2\n", "id,x\nt,1\nb,2\n"}, merge.Options{}, "new", "new 1"},
		{[3]string{"id,x,to\na,1,b\n", "id,x,to\no,1,b\n", "id,x,to\nt,1,b\n"}, pair, `"n,1",m`, "n,1 1 m"},
	} {
		s := start(t, tt.versions[0], tt.versions[1], tt.versions[2], tt.opt)
		if err := s.Answer(s.Conflict(0).ID, value(tt.give)); err != nil {
			t.Fatal(err)
		}
		var merged []string
		for _, cell := range s.Row(0).Cells {
			merged = append(merged, cell.Merged.Text)
		}
		if got := strings.Join(merged, " "); got != tt.want {
			t.Errorf("%q: the row shows %q, want %q", tt.versions, got, tt.want)
		}
	}
}

func TestRow(t *testing.T) {
	s := start(t, base, ours, theirs, merge.Options{})
	c := find(t, s, "a", "price")
	i, _ := s.Index(c.ID)
	text := func(v string) merge.Value { return merge.Value{Exists: true, Text: v} }
	want := []settle.Cell{
		{Column: "id", Base: text("a"), Ours: text("a"), Theirs: text("a"), Merged: text("a"), Conflict: -1},
		{Column: "price", Base: text("1"), Ours: text("2"), Theirs: text("3"), Conflict: i, Open: true},
		{Column: "on", Base: text("true"), Ours: text("false"), Theirs: text("true"), Merged: text("false"), Conflict: -1},
	}
	if diff := cmp.Diff(want, s.Row(i).Cells); diff != "" {
		t.Error(diff)
	}
	if err := s.Answer(c.ID, value("4")); err != nil {
		t.Fatal(err)
	}
	want[1].Merged, want[1].Open = text("4"), false
	if diff := cmp.Diff(want, s.Row(i).Cells); diff != "" {
		t.Error(diff)
	}
}

// many makes n conflicts.
func many(n int) (base, ours, theirs []byte) {
	var b [3]bytes.Buffer
	for v := range b {
		b[v].WriteString("id,price,note\n")
		for i := range n {
			fmt.Fprintf(&b[v], "key%d,%d,%s\n", i, v, strings.Repeat("x", 20))
		}
	}
	return b[0].Bytes(), b[1].Bytes(), b[2].Bytes()
}

func TestManyConflicts(t *testing.T) {
	const n = 20_000
	base, ours, theirs := many(n)
	s, err := settle.New(base, ours, theirs, merge.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n { // quadratic work would take minutes here
		if err := s.Answer(s.Conflict(i).ID, side(merge.Ours)); err != nil {
			t.Fatal(err)
		}
		if row := s.Row(i); len(row.Cells) != 3 {
			t.Fatalf("row %d has %d cells", i, len(row.Cells))
		}
		s.Next(i)
	}
	if got := result(t, s); got != string(ours) {
		t.Error("all settled to ours is not ours")
	}
}

// What a session holds for each conflict has a bound: the conflict itself, with an id, a key
// and three values, its place by id, its answer, and what undoes that.
func TestMemoryOfConflicts(t *testing.T) {
	const n, most = 40_000, 750
	base, ours, theirs := many(n)
	before := held()
	s, err := settle.New(base, ours, theirs, merge.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AnswerAll(settle.Match{}, side(merge.Ours)); err != nil {
		t.Fatal(err)
	}
	each := (held() - before) / n
	t.Logf("%d bytes a conflict", each)
	if each > most {
		t.Errorf("%d bytes are held for each conflict, want %d at the most", each, most)
	}
	runtime.KeepAlive(s)
	runtime.KeepAlive(base)
}

// held is how many bytes of the heap are in use.
func held() int {
	runtime.GC()
	runtime.GC() // what finalizers and pools have kept
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
