package merge_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

// Each input in turn is the one that cannot be used: the error names it, and holds the
// cause with its place.
func TestInputError(t *testing.T) {
	good := "# top\nid,a\n1,x\n"
	for _, c := range []struct {
		name, bad string
		key       []string
		check     func(err error) bool
	}{
		{"open quote", "# top\nid,a\n1,\"x\n", nil, func(err error) bool {
			var e *csvrows.ParseError
			return errors.As(err, &e) && errors.Is(err, csvrows.ErrOpenQuote) && e.Line == 3 && e.Column == 3 && e.Offset == 13
		}},
		{"UTF-16", "\xfe\xff\x00i\x00d", nil, func(err error) bool {
			var e *csvrows.ParseError
			return errors.As(err, &e) && errors.Is(err, csvrows.ErrUTF16)
		}},
		{"no key column", "# top\nnr,a\n1,x\n", []string{"id"}, func(err error) bool {
			var e *csvrows.KeyColumnError
			return errors.As(err, &e) && e.Column == "id" && e.Line == 2 && slices.Equal(e.Columns, []string{"nr", "a"})
		}},
		{"delimiter", "# top\nid;a\n1;x\n", nil, func(err error) bool {
			var e *csvrows.DelimiterError
			return errors.As(err, &e) && e.Line == 2
		}},
	} {
		for v, side := range []merge.Side{merge.Base, merge.Ours, merge.Theirs} {
			in := [3]string{good, good + "2,o\n", good + "3,t\n"}
			in[v] = c.bad
			_, err := merge.Merge([]byte(in[0]), []byte(in[1]), []byte(in[2]), merge.Options{Read: csvrows.Options{Key: c.key}})
			var e *merge.InputError
			if !errors.As(err, &e) || !c.check(err) {
				t.Errorf("%s in %s: %v", c.name, side, err)
				continue
			}
			if e.Input != side {
				t.Errorf("%s in %s: the error names %s", c.name, side, e.Input)
			}
		}
	}
}

// Both sides renamed the key column, but not alike.
func TestKeyRenamedDifferently(t *testing.T) {
	_, err := merge.Merge([]byte("id,a\n1,x\n"), []byte("nr,a\n1,x\n"), []byte("no,a\n1,y\n"), merge.Options{})
	var e *csvrows.KeyColumnError
	if !errors.As(err, &e) || e.Column != "id" {
		t.Errorf("error %v", err)
	}
}

func TestDuplicateKeyError(t *testing.T) {
	plain, twice := "id,a\n1,x\n2,y\n", "# top\nid,a\n1,x\n2,y\n\n1,z\n"
	for v, side := range []merge.Side{merge.Base, merge.Ours, merge.Theirs} {
		in := [3]string{plain, plain + "3,o\n", plain + "4,t\n"}
		in[v] = twice
		_, err := merge.Merge([]byte(in[0]), []byte(in[1]), []byte(in[2]), merge.Options{RefuseDuplicates: true})
		var e *merge.DuplicateKeyError
		if !errors.As(err, &e) {
			t.Errorf("twice in %s: %v", side, err)
			continue
		}
		if diff := cmp.Diff(&merge.DuplicateKeyError{Input: side, Key: []string{"1"}, Lines: [2]int{3, 6}}, e); diff != "" {
			t.Errorf("want (-), got (+):\n%s", diff)
		}
	}
	// Rows without a key are no duplicates.
	if _, err := merge.Merge([]byte("id,a\n,x\n,x\n"), []byte("id,a\n,x\n,x\n1,o\n"), []byte("id,a\n,x\n,x\n2,t\n"), merge.Options{RefuseDuplicates: true}); err != nil {
		t.Errorf("rows without a key: %v", err)
	}
}

// A value of the caller's that would make a row read as a comment is refused.
func TestRowErrorOfAnswer(t *testing.T) {
	_, err := merge.Merge([]byte("a,id\nx,1\n"), []byte("a,id\no,1\n"), []byte("a,id\nt,1\n"), merge.Options{
		Resolve: func(merge.Conflict) merge.Resolution { return merge.Resolution{Side: merge.Neither, Value: "# x"} },
	})
	var e *merge.RowError
	if !errors.As(err, &e) || !slices.Equal(e.Key, []string{"1"}) || e.Line != 2 {
		t.Errorf("error %v", err)
	}
}

func TestOptionsValidate(t *testing.T) {
	for _, c := range []struct {
		name string
		opt  merge.Options
		ok   bool
	}{
		{"zero", merge.Options{}, true},
		{"marker size", merge.Options{MarkerSize: 20}, true},
		{"negative marker size", merge.Options{MarkerSize: -1}, false},
		{"labels", merge.Options{Labels: merge.Labels{Ours: "a b", Theirs: "<>"}}, true},
		{"line feed in a label", merge.Options{Labels: merge.Labels{Ours: "a", Base: "b\nc"}}, false},
		{"carriage return in a label", merge.Options{Labels: merge.Labels{Theirs: "\r"}}, false},
		{"key", merge.Options{Read: csvrows.Options{Key: []string{"a", "b"}}}, true},
		{"key twice", merge.Options{Read: csvrows.Options{Key: []string{"a", "a"}}}, false},
		{"key index with a header", merge.Options{Read: csvrows.Options{KeyIndex: []int{1}}}, false},
		{"delimiter that is a quote", merge.Options{Read: csvrows.Options{Delimiter: '"'}}, false},
	} {
		if err := c.opt.Validate(); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
		in := []byte("a,b\n1,2\n")
		if _, err := merge.Merge(in, in, in, c.opt); (err == nil) != c.ok {
			t.Errorf("%s: Merge: %v", c.name, err)
		}
	}
}

func TestNoConflictError(t *testing.T) {
	r, err := merge.Merge([]byte("id\n1\n"), []byte("id\n1\n2\n"), []byte("id\n1\n3\n"), merge.Options{})
	if err != nil || r.Err() != nil {
		t.Errorf("error %v, conflicts %v", err, r.Err())
	}
}
