package merge_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

// A dispute is a merge with one conflict, and what it is settled to each side. Another
// edit comes through whatever becomes of the conflict.
type dispute struct {
	name               string
	kind               merge.ConflictKind
	base, ours, theirs string
	toOurs, toTheirs   string
	toBase             string
	// made is the result if the caller answers with the value "new, value"; empty if
	// this kind takes no value.
	made string
	// column is set for kinds that markers cannot show.
	column bool
}

var disputes = []dispute{
	{
		name: "cell", kind: merge.KindCell,
		base: "id,a,b\n1,x,p\n2,y,q\n", ours: "id,a,b\n1,o,p\n2,y,q\n", theirs: "id,a,b\n1,t,p\n2,y,Q\n",
		toOurs: "id,a,b\n1,o,p\n2,y,Q\n", toTheirs: "id,a,b\n1,t,p\n2,y,Q\n", toBase: "id,a,b\n1,x,p\n2,y,Q\n",
		made: "id,a,b\n1,\"new, value\",p\n2,y,Q\n",
	},
	{
		name: "delete_modify", kind: merge.KindDeleteModify,
		base: "id,a\n1,x\n2,y\n", ours: "id,a\n2,y\n", theirs: "id,a\n1,t\n2,Y\n",
		toOurs: "id,a\n2,Y\n", toTheirs: "id,a\n1,t\n2,Y\n", toBase: "id,a\n1,x\n2,Y\n",
	},
	{
		name: "delete_modify commented out", kind: merge.KindDeleteModify,
		base: "id,a\n1,x\n2,y\n", ours: "id,a\n# 1,x\n2,y\n", theirs: "id,a\n1,t\n2,Y\n",
		toOurs: "id,a\n# 1,x\n2,Y\n", toTheirs: "id,a\n1,t\n2,Y\n", toBase: "id,a\n1,x\n2,Y\n",
	},
	{
		name: "modify_delete", kind: merge.KindModifyDelete,
		base: "id,a\n1,x\n2,y\n", ours: "id,a\n1,o\n2,Y\n", theirs: "id,a\n2,y\n",
		toOurs: "id,a\n1,o\n2,Y\n", toTheirs: "id,a\n2,Y\n", toBase: "id,a\n1,x\n2,Y\n",
	},
	{
		name: "add_add", kind: merge.KindAddAdd,
		base: "id,a\n1,x\n", ours: "id,a\n1,x\n2,o\n", theirs: "id,a\n1,X\n2,t\n",
		toOurs: "id,a\n1,X\n2,o\n", toTheirs: "id,a\n1,X\n2,t\n", toBase: "id,a\n1,X\n2,\n",
		made: "id,a\n1,X\n2,\"new, value\"\n",
	},
	{
		name: "key_rename", kind: merge.KindKeyRename,
		base: "id,a\n1,x\n2,y\n", ours: "id,a\n8,x\n2,y\n", theirs: "id,a\n9,x\n2,Y\n",
		toOurs: "id,a\n8,x\n2,Y\n", toTheirs: "id,a\n9,x\n2,Y\n", toBase: "id,a\n1,x\n2,Y\n",
		made: "id,a\n\"new, value\",x\n2,Y\n",
	},
	{
		name: "key_rename deleted", kind: merge.KindKeyRename,
		base: "id,a\n1,x\n2,y\n", ours: "id,a\n8,x\n2,y\n", theirs: "id,a\n2,Y\n",
		toOurs: "id,a\n8,x\n2,Y\n", toTheirs: "id,a\n2,Y\n", toBase: "id,a\n1,x\n2,Y\n",
		made: "id,a\n\"new, value\",x\n2,Y\n",
	},
	{
		name: "column_delete_edit", kind: merge.KindColumnDeleteEdit, column: true,
		base: "id,a,b\n1,x,p\n2,y,q\n", ours: "id,b\n1,p\n2,Q\n", theirs: "id,a,b\n1,t,p\n2,y,q\n",
		toOurs: "id,b\n1,p\n2,Q\n", toTheirs: "id,a,b\n1,t,p\n2,y,Q\n", toBase: "id,a,b\n1,x,p\n2,y,Q\n",
	},
	{
		name: "column_edit_delete", kind: merge.KindColumnEditDelete, column: true,
		base: "id,a,b\n1,x,p\n2,y,q\n", ours: "id,a,b\n1,o,p\n2,y,q\n", theirs: "id,b\n1,p\n2,Q\n",
		toOurs: "id,a,b\n1,o,p\n2,y,Q\n", toTheirs: "id,b\n1,p\n2,Q\n", toBase: "id,a,b\n1,x,p\n2,y,Q\n",
	},
	{
		name: "column_add_add", kind: merge.KindColumnAddAdd,
		base: "id,a\n1,x\n2,y\n", ours: "id,a,n\n1,x,o\n2,y,5\n", theirs: "id,a,n\n1,x,t\n2,Y,5\n",
		toOurs: "id,a,n\n1,x,o\n2,Y,5\n", toTheirs: "id,a,n\n1,x,t\n2,Y,5\n", toBase: "id,a,n\n1,x,\n2,Y,5\n",
		made: "id,a,n\n1,x,\"new, value\"\n2,Y,5\n",
	},
	{
		name: "column_rename", kind: merge.KindColumnRename, column: true,
		base: "id,a\n1,x\n2,y\n3,z\n", ours: "id,o\n1,x\n2,y\n3,z\n", theirs: "id,t\n1,x\n2,Y\n3,z\n",
		toOurs: "id,o\n1,x\n2,Y\n3,z\n", toTheirs: "id,t\n1,x\n2,Y\n3,z\n", toBase: "id,a\n1,x\n2,Y\n3,z\n",
	},
	{
		name: "column_rename deleted", kind: merge.KindColumnRename, column: true,
		base: "id,a,b\n1,x,p\n2,y,q\n", ours: "id,o,b\n1,x,p\n2,y,q\n", theirs: "id,b\n1,p\n2,Q\n",
		toOurs: "id,o,b\n1,x,p\n2,y,Q\n", toTheirs: "id,b\n1,p\n2,Q\n", toBase: "id,a,b\n1,x,p\n2,y,Q\n",
	},
	{
		name: "comment", kind: merge.KindComment,
		base: "id,a\n# note\n1,x\n", ours: "id,a\n# note o\n1,x\n", theirs: "id,a\n# note t\n1,X\n",
		toOurs: "id,a\n# note o\n1,X\n", toTheirs: "id,a\n# note t\n1,X\n", toBase: "id,a\n# note\n1,X\n",
	},
	{
		name: "comment deleted", kind: merge.KindComment,
		base: "id,a\n# note\n1,x\n", ours: "id,a\n# note o\n1,x\n", theirs: "id,a\n1,X\n",
		toOurs: "id,a\n# note o\n1,X\n", toTheirs: "id,a\n1,X\n", toBase: "id,a\n# note\n1,X\n",
	},
	{
		name: "duplicate_key", kind: merge.KindDuplicateKey,
		base: "id,a\nd,1\nd,2\n3,z\n", ours: "id,a\nd,o\nd,2\n3,z\n", theirs: "id,a\nd,1\nd,t\n3,Z\n",
		toOurs: "id,a\nd,o\nd,2\n3,Z\n", toTheirs: "id,a\nd,1\nd,t\n3,Z\n", toBase: "id,a\nd,1\nd,2\n3,Z\n",
	},
	{
		name: "duplicate_key without a key", kind: merge.KindDuplicateKey,
		base: "id,a\n,note\n3,z\n", ours: "id,a\n,note o\n3,z\n", theirs: "id,a\n,note t\n3,Z\n",
		toOurs: "id,a\n,note o\n3,Z\n", toTheirs: "id,a\n,note t\n3,Z\n", toBase: "id,a\n,note\n3,Z\n",
	},
}

// to is the result settled to a side.
func (d *dispute) to(s merge.Side) string {
	return map[merge.Side]string{merge.Ours: d.toOurs, merge.Theirs: d.toTheirs, merge.Base: d.toBase}[s]
}

func (d *dispute) merge(t *testing.T, opt merge.Options) *merge.Result {
	t.Helper()
	r, err := merge.Merge([]byte(d.base), []byte(d.ours), []byte(d.theirs), opt)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Conflicts) != 1 || r.Conflicts[0].Kind != d.kind {
		t.Fatalf("conflicts %+v, want one %s", r.Conflicts, d.kind)
	}
	return r
}

// Every kind of conflict under every strategy with every output.
func TestSettleEveryWay(t *testing.T) {
	strategies := map[merge.Strategy]merge.Side{merge.Fail: merge.NoSide, merge.TakeOurs: merge.Ours, merge.TakeTheirs: merge.Theirs, merge.TakeBase: merge.Base}
	outputs := map[merge.Output]merge.Side{merge.Markers: merge.NoSide, merge.OutputOurs: merge.Ours, merge.OutputTheirs: merge.Theirs, merge.OutputBase: merge.Base, merge.NoOutput: merge.NoSide}
	kinds, combinations := map[merge.ConflictKind]bool{}, 0
	for _, d := range disputes {
		kinds[d.kind] = true
		for strategy, side := range strategies {
			for output, shown := range outputs {
				combinations++
				r := d.merge(t, merge.Options{Strategy: strategy, Output: output})
				d.checkCounts(t, r, side, output)
				switch {
				case side != merge.NoSide:
					d.check(t, r, d.to(side))
				case shown != merge.NoSide:
					d.check(t, r, d.to(shown))
				case output == merge.Markers && d.column:
					d.check(t, r, d.toBase)
				case output == merge.Markers:
					d.checkMarkers(t, r)
				default:
					d.check(t, r, "")
				}
			}
		}
	}
	if len(kinds) != 11 || combinations != 16*4*5 {
		t.Errorf("%d kinds, %d combinations", len(kinds), combinations)
	}
}

func (d *dispute) check(t *testing.T, r *merge.Result, want string) {
	t.Helper()
	if got := string(r.Bytes()); got != want {
		t.Errorf("%s: got\n%swant\n%s", d.name, got, want)
	}
}

// checkCounts checks what the result says of its conflict.
func (d *dispute) checkCounts(t *testing.T, r *merge.Result, settled merge.Side, output merge.Output) {
	t.Helper()
	stands := settled == merge.NoSide
	want := merge.Stats{Rows: r.Stats.Rows, Standing: btoi(stands), Settled: btoi(!stands)}
	if r.Stats != want || r.Clean() == stands || r.Conflicts[0].Settled != settled.String() {
		t.Errorf("%s: %+v, settled %q, want %+v, settled %q", d.name, r.Stats, r.Conflicts[0].Settled, want, settled)
	}
	if want := !stands || output != merge.NoOutput; r.HasOutput() != want {
		t.Errorf("%s, output %d: has output %v", d.name, output, r.HasOutput())
	}
	var ce *merge.ConflictError
	if errors.As(r.Err(), &ce) != stands {
		t.Errorf("%s: Err is %v", d.name, r.Err())
	}
	if stands {
		if diff := cmp.Diff(r.Conflicts, ce.Conflicts); diff != "" {
			t.Errorf("%s: conflicts (-), those of the error (+):\n%s", d.name, diff)
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// checkMarkers takes one side of the block, which must give what settling gives.
func (d *dispute) checkMarkers(t *testing.T, r *merge.Result) {
	t.Helper()
	text := string(r.Bytes())
	if strings.Count(text, "<<<<<<< ours") != 1 {
		t.Errorf("%s: want one block:\n%s", d.name, text)
	}
	if got := takeSide(text, '<'); got != d.toOurs {
		t.Errorf("%s: ours of the block gives\n%swant\n%s", d.name, got, d.toOurs)
	}
	if got := takeSide(text, '='); got != d.toTheirs {
		t.Errorf("%s: theirs of the block gives\n%swant\n%s", d.name, got, d.toTheirs)
	}
}

// takeSide resolves blocks as a person does: of each it keeps what stands behind one
// kind of marker.
func takeSide(text string, part byte) string {
	size := 0
	for _, l := range splitLines([]byte(text)) {
		size = max(size, len(l)-len(strings.TrimLeft(l, "<")))
	}
	var out strings.Builder
	at := byte('>')
	for _, l := range splitLines([]byte(text)) {
		if size > 0 && strings.IndexByte("<|=>", l[0]) >= 0 && len(l)-len(strings.TrimLeft(l, l[:1])) == size {
			at = l[0]
		} else if at == part || at == '>' {
			out.WriteString(l)
		}
	}
	return out.String()
}

// A function of the caller's settles every kind to each version, and where a value
// makes sense, to a value of its own; the zero answer leaves it to the strategy.
func TestResolve(t *testing.T) {
	for _, d := range disputes {
		t.Run(d.name, func(t *testing.T) {
			standing := d.merge(t, merge.Options{}).Conflicts[0]
			for _, side := range []merge.Side{merge.Base, merge.Ours, merge.Theirs} {
				var asked []merge.Conflict
				r := d.merge(t, merge.Options{Strategy: merge.TakeTheirs, Resolve: func(c merge.Conflict) merge.Resolution {
					asked = append(asked, c)
					return merge.Resolution{Side: side, Value: "not looked at"}
				}})
				d.check(t, r, d.to(side))
				for range r.Changes() { // asks nobody again
				}
				if r.Conflicts[0].Settled != "function" || !r.Clean() {
					t.Errorf("settled %q, %d stand", r.Conflicts[0].Settled, r.Stats.Standing)
				}
				if diff := cmp.Diff([]merge.Conflict{standing}, asked); diff != "" {
					t.Errorf("conflict (-), asked (+):\n%s", diff)
				}
			}
			left := d.merge(t, merge.Options{Strategy: merge.TakeTheirs, Resolve: func(merge.Conflict) merge.Resolution { return merge.Resolution{} }})
			d.check(t, left, d.toTheirs)
			if left.Conflicts[0].Settled != "theirs" {
				t.Errorf("the zero answer: settled %q", left.Conflicts[0].Settled)
			}
		})
	}
}

func TestResolveToValue(t *testing.T) {
	taken := 0
	for _, d := range disputes {
		opt := merge.Options{Resolve: func(merge.Conflict) merge.Resolution {
			return merge.Resolution{Side: merge.Neither, Value: "new, value"}
		}}
		if d.made != "" {
			taken++
			r := d.merge(t, opt)
			d.check(t, r, d.made)
			for c := range r.Changes() {
				if c.After.Text == "new, value" && c.From != merge.Neither {
					t.Errorf("%s: the value is said to be of %s", d.name, c.From)
				}
			}
			continue
		}
		if d.kind == merge.KindComment {
			continue // TestResolveComment
		}
		_, err := merge.Merge([]byte(d.base), []byte(d.ours), []byte(d.theirs), opt)
		d.checkAnswerError(t, err, merge.Neither)
	}
	if taken != 5 {
		t.Errorf("%d kinds take a value", taken)
	}
}

func (d *dispute) checkAnswerError(t *testing.T, err error, side merge.Side) {
	t.Helper()
	var ae *merge.AnswerError
	if !errors.As(err, &ae) {
		t.Errorf("%s, answer %s: error %v", d.name, side, err)
		return
	}
	if want := (merge.AnswerError{ID: d.merge(t, merge.Options{}).Conflicts[0].ID, Kind: d.kind, Side: side}); *ae != want {
		t.Errorf("%s: %+v, want %+v", d.name, *ae, want)
	}
}

// A key of several columns is given as one line of CSV, as the conflict tells those of the
// sides. What is no key is no answer.
func TestResolveKey(t *testing.T) {
	d := dispute{
		kind: merge.KindKeyRename,
		base: "a,v,b\n1,x,2\n", ours: "a,v,b\n1,x,3\n", theirs: "a,v,b\n4,x,2\n",
	}
	for value, want := range map[string]string{
		"7,8": "a,v,b\n7,x,8\n", "7,": "a,v,b\n7,x,\n", `"7,1",8`: "a,v,b\n\"7,1\",x,8\n",
		"": "", ",": "", "7": "", "7,8,9": "", "7,8\n": "", "7,8\n9,9": "", `7,"8`: "",
	} {
		opt := merge.Options{Read: csvrows.Options{Key: []string{"a", "b"}}}
		opt.Resolve = func(merge.Conflict) merge.Resolution {
			return merge.Resolution{Side: merge.Neither, Value: value}
		}
		r, err := merge.Merge([]byte(d.base), []byte(d.ours), []byte(d.theirs), opt)
		if ae := (*merge.AnswerError)(nil); want == "" && !errors.As(err, &ae) {
			t.Errorf("%q is taken as a key: %v", value, err)
		}
		if want == "" {
			continue
		}
		if err != nil {
			t.Fatalf("%q: %v", value, err)
		}
		d.check(t, r, want)
	}
}

// A comment may be settled to a line of the caller's.
func TestResolveComment(t *testing.T) {
	for _, d := range disputes {
		if d.kind != merge.KindComment {
			continue
		}
		r := d.merge(t, merge.Options{Resolve: func(merge.Conflict) merge.Resolution {
			return merge.Resolution{Side: merge.Neither, Value: "# both"}
		}})
		d.check(t, r, "id,a\n# both\n1,X\n")
	}
}

// A value that does not read as one comment is no answer for a comment: it would make a
// row or a blank of it, or several lines.
func TestResolveCommentToOtherThings(t *testing.T) {
	for _, value := range []string{"9,new row", "", " ", ",", "# a\n# b", "# a\r# b", "# a\n", "1,x"} {
		for _, d := range disputes {
			if d.kind != merge.KindComment {
				continue
			}
			_, err := merge.Merge([]byte(d.base), []byte(d.ours), []byte(d.theirs), merge.Options{Resolve: func(merge.Conflict) merge.Resolution {
				return merge.Resolution{Side: merge.Neither, Value: value}
			}})
			var ae *merge.AnswerError
			if !errors.As(err, &ae) {
				t.Errorf("%s settled to %q: error %v", d.name, value, err)
			}
		}
	}
}

// A side that is no version is no answer.
func TestResolveToNoVersion(t *testing.T) {
	for _, d := range disputes {
		_, err := merge.Merge([]byte(d.base), []byte(d.ours), []byte(d.theirs), merge.Options{Resolve: func(merge.Conflict) merge.Resolution {
			return merge.Resolution{Side: merge.Both}
		}})
		d.checkAnswerError(t, err, merge.Both)
	}
}

// A policy is asked before the function, which is not asked then.
func TestResolveBehindPolicy(t *testing.T) {
	theirs, err := merge.ParsePolicy("theirs")
	if err != nil {
		t.Fatal(err)
	}
	d := disputes[0]
	r := d.merge(t, merge.Options{
		Policies: map[string]merge.Policy{"a": theirs},
		Resolve: func(c merge.Conflict) merge.Resolution {
			t.Errorf("asked about %+v", c)
			return merge.Resolution{Side: merge.Ours}
		},
	})
	d.check(t, r, d.toTheirs)
}

// Of two edits in a dropped column, settled apart: one kept edit keeps the whole column,
// where the other cell is as base has it.
func TestResolveColumnCellByCell(t *testing.T) {
	r, err := merge.Merge(
		[]byte("id,a,b\n1,x,p\n2,y,q\n3,z,r\n"),
		[]byte("id,b\n1,p\n2,q\n3,r\n"),
		[]byte("id,a,b\n1,X,p\n2,Y,q\n3,z,r\n"),
		merge.Options{Resolve: func(c merge.Conflict) merge.Resolution {
			if c.Key[0] == "1" {
				return merge.Resolution{Side: merge.Ours}
			}
			return merge.Resolution{Side: merge.Theirs}
		}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(r.Bytes()), "id,a,b\n1,x,p\n2,Y,q\n3,z,r\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// Each conflict of a file may be settled another way.
func TestResolveEachItsOwn(t *testing.T) {
	r, err := merge.Merge(
		[]byte("id,a,b\n1,x,p\n2,y,q\n3,z,r\n"),
		[]byte("id,a,b\n1,o,o\n2,o,o\n3,o,o\n"),
		[]byte("id,a,b\n1,t,t\n2,t,t\n3,t,t\n"),
		merge.Options{Resolve: func(c merge.Conflict) merge.Resolution {
			switch c.Key[0] + c.Column {
			case "1a", "2b":
				return merge.Resolution{Side: merge.Ours}
			case "1b":
				return merge.Resolution{Side: merge.Theirs}
			case "2a":
				return merge.Resolution{Side: merge.Neither, Value: ""}
			}
			return merge.Resolution{}
		}})
	if err != nil {
		t.Fatal(err)
	}
	want := "id,a,b\n1,o,t\n2,,o\n<<<<<<< ours: id=3\n3,o,o\n||||||| base: id=3\n3,z,r\n=======\n3,t,t\n>>>>>>> theirs: id=3\n"
	if got := string(r.Bytes()); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if r.Stats.Standing != 2 || r.Stats.Settled != 4 {
		t.Errorf("%d stand, %d settled", r.Stats.Standing, r.Stats.Settled)
	}
}
