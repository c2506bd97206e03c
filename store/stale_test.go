package store

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

// The file of the stories: a person's rows, to which a program writes enabled and
// order_id.
const (
	staleHead = "id,enabled,order_id,note\n"
	rowsBC    = "b,true,,second\nc,true,,third\n"
	stale0    = staleHead + "a,true,,first\n" + rowsBC
	stale1    = staleHead + "a,false,O1,first\n" + rowsBC // the program wrote
)

// A telling writes a history down: W(...) is a version that the program wrote, R(...) one
// that was read, A(...) one that somebody accepted as it is.
type telling struct {
	kind byte
	text string
}

// W is written, R is read, A is accepted.
func W(text string) telling { return telling{'W', text} }
func R(text string) telling { return telling{'R', text} }
func A(text string) telling { return telling{'A', text} }

func snapshotOf(t testing.TB, text string) Snapshot {
	t.Helper()
	snap, err := newSnapshot([]byte(text), csvrows.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

// past is a history whose versions are numbered from 1.
func past(t testing.TB, told ...telling) []version {
	t.Helper()
	var history []version
	for i, v := range told {
		history = append(history, version{
			seq: int64(i + 1), written: v.kind == 'W', accepted: v.kind == 'A', snap: snapshotOf(t, v.text),
		})
	}
	return history
}

// judged judges a save, and then the result as the next save: on the history with both
// and, where the crash came before that, on the old one. There is nothing to do then.
func judged(t testing.TB, history []version, save string, opt savePolicy) verdict {
	t.Helper()
	v, err := judgeSave(history, snapshotOf(t, save), opt)
	if err != nil {
		t.Fatal(err)
	}
	next := history
	if n := len(history); n > 0 {
		next = append(next[:n:n],
			version{seq: history[n-1].seq + 1, snap: snapshotOf(t, save)},
			version{seq: history[n-1].seq + 2, written: true, snap: snapshotOf(t, string(v.result))})
		again, err := judgeSave(next, snapshotOf(t, string(v.result)), opt)
		if err != nil {
			t.Fatal(err)
		}
		if len(again.events) > 0 || string(again.result) != string(v.result) {
			t.Errorf("the result is judged again:\n%s%s", summary(again), again.result)
		}
	}
	return v
}

// summary writes a verdict down: base, then each event with its changes as
// key.column=theirs>ours; then conflicts.
func summary(v verdict) string {
	var b strings.Builder
	fmt.Fprintf(&b, "base %d\n", v.base)
	for _, e := range v.events {
		fmt.Fprintf(&b, "%s %d..%d%s\n", e.Kind, e.Base, e.Newest, changesText(e.Changes))
	}
	for _, c := range v.conflicts {
		fmt.Fprintf(&b, "%s %s %s\n", c.Kind, csvrows.Key(c.Key), c.Column)
	}
	return b.String()
}

func changesText(changes []EventChange) string {
	var b strings.Builder
	for _, c := range changes {
		switch c.Kind {
		case merge.ChangeCell:
			fmt.Fprintf(&b, " %s.%s=%s>%s", csvrows.Key(c.Key), c.Column, c.Theirs.Text, c.Ours.Text)
		default:
			fmt.Fprintf(&b, " %s(%s%s%s>%s)", c.Kind, csvrows.Key(c.Key), c.Column, c.Theirs.Text, c.Ours.Text)
		}
	}
	return b.String()
}

type staleCase struct {
	name    string
	history []telling
	save    string
	opt     savePolicy
	want    string // the summary
	result  string // empty: the save
}

func (c staleCase) run(t *testing.T) {
	v := judged(t, past(t, c.history...), c.save, c.opt)
	if diff := cmp.Diff(c.want, summary(v)); diff != "" {
		t.Errorf("verdict (-want +got):\n%s", diff)
	}
	if c.result == "" {
		c.result = c.save
	}
	if diff := cmp.Diff(c.result, string(v.result)); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
}

// TestStaleSaves are the acceptance tests of the policy, as far as they are one save.
func TestStaleSaves(t *testing.T) {
	three := []telling{
		R(stale0),
		W(stale1),
		W(staleHead + "a,false,O1,first\nb,false,O2,second\nc,true,,third\n"),
		W(staleHead + "a,false,O1,first\nb,false,O2,second\nc,false,O3,third\n"),
	}
	for _, c := range []staleCase{
		{
			name: "a row added", history: []telling{R(stale0), W(stale1)}, save: stale0 + "z,true,,new\n",
			want:   "base 1\nstale_save_repaired 1..2 a.enabled=true>false a.order_id=>O1\n",
			result: stale1 + "z,true,,new\n",
		},
		{
			name: "a note edited in the row of the program", history: []telling{R(stale0), W(stale1)},
			save:   staleHead + "a,true,,edited\n" + rowsBC,
			want:   "base 1\nstale_save_repaired 1..2 a.enabled=true>false a.order_id=>O1\n",
			result: staleHead + "a,false,O1,edited\n" + rowsBC,
		},
		{
			name: "just the row of the program deleted", history: []telling{R(stale0), W(stale1)}, save: staleHead + rowsBC,
			want:   "base 1\nstale_save_conflict 1..2 row_added(a>)\nmodify_delete a \n",
			result: stale1,
		},
		{
			name: "three writes, a buffer from the second", history: three,
			save:   staleHead + "a,false,O1,first\nb,false,O2,second\nc,true,,third\nz,true,,new\n",
			want:   "base 3\nstale_save_repaired 3..4 c.enabled=true>false c.order_id=>O3\n",
			result: staleHead + "a,false,O1,first\nb,false,O2,second\nc,false,O3,third\nz,true,,new\n",
		},
		{
			name: "one cell of a write taken back", history: []telling{R(stale0), W(stale1)},
			save: staleHead + "a,true,O1,first\n" + rowsBC,
			want: "base 2\nrevert_accepted 2..2 a.enabled=true>false\n",
		},
		{
			name: "a backup restored",
			history: []telling{
				R("# old\n" + stale0), R("# new\n\n" + stale0 + "d,true,,fourth\n"),
				W("# new\n\n" + stale1 + "d,true,,fourth\n"),
			},
			save:   "# old\n" + stale0,
			want:   "base 1\nequals_version 1..3\nstale_save_repaired 1..3 a.enabled=true>false a.order_id=>O1\n",
			result: "# old\n" + stale1,
		},
		{
			name: "true, false, true", history: []telling{R(stale0), W(strings.Replace(stale0, "a,true", "a,false", 1)), W(stale0)},
			save: stale0 + "z,true,,new\n",
			want: "base 3\n",
		},
		{
			name: "history lost", history: nil, save: stale0,
			want: "base 0\nunknown_ancestor 0..0\n",
		},
		{
			name: "history too short", history: []telling{W(stale1)}, save: stale0 + "z,true,,new\n",
			opt:    savePolicy{owned: []string{"order_id"}},
			want:   "base 1\nunknown_ancestor 1..1\nstale_save_conflict 1..1 a.order_id=>O1\ncell a order_id\n",
			result: staleHead + "a,true,O1,first\n" + rowsBC + "z,true,,new\n",
		},
	} {
		t.Run(c.name, c.run)
	}
}
