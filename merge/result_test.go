package merge_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

func mustMerge(t *testing.T, base, ours, theirs string, opt merge.Options) *merge.Result {
	t.Helper()
	r, err := merge.Merge([]byte(base), []byte(ours), []byte(theirs), opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Lines are those of the inputs, comments, blanks and cells of many lines counted.
func TestConflictLines(t *testing.T) {
	r := mustMerge(
		t,
		"# top\nid,a\n\"1\n1\",x\n2,y\n3,z\n# note\n4,w\n",
		"id,a\n\"1\n1\",x\n2,o\n# 3,z\n# note o\n4,w\n",
		"# top\n\n\nid,a\n\"1\n1\",x\n2,t\n3,t\n# note t\n4,w\n",
		merge.Options{})
	type where struct {
		Kind  merge.ConflictKind
		Lines merge.Lines
	}
	var got []where
	for _, c := range r.Conflicts {
		got = append(got, where{c.Kind, c.Lines})
	}
	want := []where{
		{merge.KindDeleteModify, merge.Lines{Base: 6, Ours: 5, Theirs: 8}}, // ours is the comment
		{merge.KindCell, merge.Lines{Base: 5, Ours: 4, Theirs: 7}},
		{merge.KindComment, merge.Lines{Base: 7, Ours: 6, Theirs: 9}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
}

func TestConflictLinesOfColumns(t *testing.T) {
	r := mustMerge(t, "# top\nid,a\n1,x\n2,y\n", "# top\nid,o\n1,x\n2,y\n", "id,t\n1,x\n2,y\n", merge.Options{})
	if got, want := r.Conflicts[0].Lines, (merge.Lines{Base: 2, Ours: 2, Theirs: 1}); got != want {
		t.Errorf("column_rename: %+v, want %+v", got, want)
	}
	r = mustMerge(t, "id,a,b\n1,x,p\n2,y,q\n", "id,b\n2,q\n1,p\n", "id,a,b\n1,x,p\n2,Y,q\n", merge.Options{})
	if got, want := r.Conflicts[0].Lines, (merge.Lines{Base: 3, Ours: 2, Theirs: 3}); got != want {
		t.Errorf("column_delete_edit: %+v, want %+v", got, want)
	}
}

// Ids depend on what is in conflict, not on values, on other conflicts or on the place.
func TestConflictIDs(t *testing.T) {
	id := func(base, ours, theirs string) string {
		t.Helper()
		r := mustMerge(t, base, ours, theirs, merge.Options{})
		return r.Conflicts[len(r.Conflicts)-1].ID
	}
	first := id("id,a,b\n1,x,p\n", "id,a,b\n1,o,p\n", "id,a,b\n1,t,p\n")
	for name, same := range map[string]string{
		"other values":     id("id,a,b\n1,2,p\n", "id,a,b\n1,3,p\n", "id,a,b\n1,4,p\n"),
		"mirrored":         id("id,a,b\n1,x,p\n", "id,a,b\n1,t,p\n", "id,a,b\n1,o,p\n"),
		"another place":    id("# c\nid,a,b\n9,y,q\n1,x,p\n", "# c\nid,a,b\n9,o,q\n1,o,p\n", "# c\nid,a,b\n9,t,q\n1,t,p\n"),
		"with other edits": id("id,a,b\n1,x,p\n", "id,a,b\n1,o,P\n", "id,a,b\n1,t,p\n2,y,q\n"),
	} {
		if same != first {
			t.Errorf("%s: %s, want %s", name, same, first)
		}
	}
	for name, other := range map[string]string{
		"another column": id("id,a,b\n1,x,p\n", "id,a,b\n1,x,o\n", "id,a,b\n1,x,t\n"),
		"another key":    id("id,a,b\n2,x,p\n", "id,a,b\n2,o,p\n", "id,a,b\n2,t,p\n"),
		"another kind":   id("id,a,b\n", "id,a,b\n1,o,p\n", "id,a,b\n1,t,p\n"),
	} {
		if other == first {
			t.Errorf("%s has the same id", name)
		}
	}
	composite := merge.Options{Read: csvrows.Options{Key: []string{"k", "l"}}}
	for _, keys := range [][2]string{{"1,23", "12,3"}, {"1\x00,2", "1,\x002"}} {
		file := func(value string) string {
			return "k,l,a\n" + keys[0] + "," + value + "\n" + keys[1] + "," + value + "\n"
		}
		x := mustMerge(t, file("x"), file("o"), file("t"), composite)
		if len(x.Conflicts) != 2 || x.Conflicts[0].ID == x.Conflicts[1].ID {
			t.Errorf("the keys %q have one id", keys)
		}
	}
}

func TestStatsRows(t *testing.T) {
	r := mustMerge(t, "id,a\n1,x\n# c\n2,y\n\n", "id,a\n2,y\n3,z\n4,w\n", "id,a\n1,x\n2,y\n,note\n", merge.Options{})
	rows := r.Stats.Rows
	if rows.Base != 2 || rows.Ours != 3 || rows.Theirs != 3 || rows.Result != 4 {
		t.Errorf("got %+v, want 2, 3, 3 and 4", rows)
	}
}

// Changes may be stopped after any one of them, and are the same on every call.
func TestChangesStop(t *testing.T) {
	most := 0
	eachCase(t, func(t *testing.T, c *mergeCase) {
		r, err := c.merge(c.in[0], c.in[1], c.in[2])
		if err != nil {
			return
		}
		before := describeAll(r)
		all := slices.Collect(r.Changes())
		most = max(most, len(all))
		for n := range all {
			var got []merge.Change
			for x := range r.Changes() {
				if got = append(got, x); len(got) == n+1 {
					break
				}
			}
			if diff := cmp.Diff(all[:n+1], got); diff != "" {
				t.Fatalf("stopped after %d:\n%s", n+1, diff)
			}
		}
		if diff := cmp.Diff(before, describeAll(r)); diff != "" {
			t.Errorf("listing changes changed the result:\n%s", diff)
		}
	})
	if most == 0 {
		t.Error("no case has a change")
	}
}

func describeAll(r *merge.Result) outcome { return observe(r, nil) }

// A writer that fails after some bytes.
type failingWriter struct{ left int }

var errFull = errors.New("full")

func (w *failingWriter) Write(p []byte) (int, error) {
	if len(p) > w.left {
		return w.left, errFull
	}
	w.left -= len(p)
	return len(p), nil
}

func TestWriteTo(t *testing.T) {
	long := strings.Repeat("x", 300<<10)
	base := "id,a,b\n1," + long + ",p\n2,y,q\n3," + long + ",r\n"
	ours := strings.Replace(base, "2,y,q", "2,Y,q", 1)
	theirs := strings.Replace(base, "2,y,q", "2,y,Q", 1)
	r := mustMerge(t, base, ours, theirs, merge.Options{})
	want := r.Bytes()
	var buf bytes.Buffer
	if n, err := r.WriteTo(&buf); err != nil || n != int64(len(want)) || !bytes.Equal(buf.Bytes(), want) {
		t.Errorf("%d bytes, %v; want %d", n, err, len(want))
	}
	if string(want) != strings.Replace(base, "2,y,q", "2,Y,Q", 1) {
		t.Error("the merge is wrong")
	}
	for _, room := range []int{0, 5, 200 << 10, 310 << 10, len(want) - 1} {
		n, err := r.WriteTo(&failingWriter{room})
		if !errors.Is(err, errFull) || n > int64(room) {
			t.Errorf("room for %d: %d bytes, %v", room, n, err)
		}
	}
	if n, err := r.WriteTo(&failingWriter{len(want)}); err != nil || n != int64(len(want)) {
		t.Errorf("room enough: %d bytes, %v", n, err)
	}
}

func TestCasesWriteTo(t *testing.T) {
	eachCase(t, func(t *testing.T, c *mergeCase) {
		r, err := c.merge(c.in[0], c.in[1], c.in[2])
		if err != nil {
			return
		}
		var buf bytes.Buffer
		if n, err := r.WriteTo(&buf); err != nil || n != int64(buf.Len()) || !bytes.Equal(buf.Bytes(), r.Bytes()) {
			t.Errorf("%d bytes, %v:\n%q\nBytes:\n%q", n, err, buf.Bytes(), r.Bytes())
		}
	})
}

// A merge changes no input, also behind its end; and what a caller does to Bytes does
// not change the result.
func TestCasesLeaveInputsAlone(t *testing.T) {
	eachCase(t, func(t *testing.T, c *mergeCase) {
		var in, room [3][]byte
		for v, data := range c.in {
			room[v] = append(slices.Clone(data), bytes.Repeat([]byte("#"), 64)...)
			in[v] = room[v][:len(data)]
		}
		r, err := c.merge(in[0], in[1], in[2])
		if err == nil {
			got := r.Bytes()
			want := slices.Clone(got)
			clear(got)
			if !bytes.Equal(r.Bytes(), want) {
				t.Error("Bytes gives out the result's own memory")
			}
		}
		for v, data := range c.in {
			if !bytes.Equal(room[v][:len(data)], data) || !bytes.Equal(room[v][len(data):], bytes.Repeat([]byte("#"), 64)) {
				t.Errorf("input %d was written to", v)
			}
		}
	})
}

// Diff is the merge of b into a: its changes are those of theirs alone.
func TestDiff(t *testing.T) {
	r, err := merge.Diff([]byte("id,a,b\n1,x,p\n2,y,q\n# c\n3,z,r\n"), []byte("id,b,n\n1,p,5\n# d\n3,R,\n4,s,6\n"), csvrows.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for c := range r.Changes() {
		got = append(got, describeChange(c))
	}
	want := []string{
		`column_deleted theirs - "a": null -> null`,
		`column_added theirs - "n": null -> null`,
		`cell theirs "1" "n": null -> "5"`,
		`row_deleted theirs "2" -: {id="2" a="y" b="q"} -> null`,
		`cell theirs "3" "b": "r" -> "R"`,
		`row_added theirs "4" -: null -> {id="4" b="s" n="6"}`,
		`comment theirs - -: "# c" -> "# d"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
	if len(r.Conflicts) != 0 {
		t.Errorf("conflicts %+v", r.Conflicts)
	}
}

func TestDiffOfEqualFiles(t *testing.T) {
	for _, data := range []string{"", "# c\n", "id,a\n1,x\n1,x\n,y\n\n"} {
		r, err := merge.Diff([]byte(data), []byte(data), csvrows.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for c := range r.Changes() {
			t.Errorf("%q: %s", data, describeChange(c))
		}
	}
	_, err := merge.Diff([]byte("id,a\n1,x\n"), []byte("id,a\n1,\"x\n"), csvrows.Options{})
	var e *merge.InputError
	if !errors.As(err, &e) || e.Input != merge.Theirs {
		t.Errorf("b does not parse: %v", err)
	}
}
