package store

import (
	"fmt"
	"slices"
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

// A toldVersion writes a history down: W(...) is a version that the program wrote, R(...) one
// that was read, A(...) one that somebody accepted as it is.
type toldVersion struct {
	kind byte
	text string
}

// W is written, R is read, A is accepted.
func W(text string) toldVersion { return toldVersion{'W', text} }
func R(text string) toldVersion { return toldVersion{'R', text} }
func A(text string) toldVersion { return toldVersion{'A', text} }

func snapshotOf(t testing.TB, text string) Snapshot {
	t.Helper()
	snap, err := newSnapshot([]byte(text), csvrows.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

// past is a history whose versions are numbered from 1.
func past(t testing.TB, told ...toldVersion) []version {
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
	v, err := judgeSave(lineageOf(history, opt), snapshotOf(t, save), opt)
	if err != nil {
		t.Fatal(err)
	}
	checkOpen(t, v, save)
	next := history
	if n := len(history); n > 0 {
		next = append(next[:n:n],
			version{seq: history[n-1].seq + 1, snap: snapshotOf(t, save)},
			version{seq: history[n-1].seq + 2, written: true, snap: snapshotOf(t, string(v.result))})
		again, err := judgeSave(lineageOf(next, opt), snapshotOf(t, string(v.result)), opt)
		if err != nil {
			t.Fatal(err)
		}
		if len(again.events) > 0 || string(again.result) != string(v.result) {
			t.Errorf("the result is judged again:\n%s%s", summary(again), again.result)
		}
	}
	return v
}

// checkOpen merges a save anew from what a verdict keeps of it: whoever settles its
// conflicts is asked about each row and cell of them.
func checkOpen(t testing.TB, v verdict, save string) {
	t.Helper()
	if len(v.conflicts) == 0 {
		return
	}
	r, err := merge.Merge(v.from, []byte(save), v.against, merge.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range v.conflicts {
		asked := slices.ContainsFunc(standing(r), func(f merge.Conflict) bool {
			return slices.Equal(f.Key, c.Key) && (!f.HasColumn || !c.HasColumn || f.Column == c.Column)
		})
		if c.Key != nil && !asked {
			t.Errorf("nobody is asked about %s %s %s, but about %+v", c.Kind, c.Key, c.Column, r.Conflicts)
		}
	}
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
	history []toldVersion
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
	three := []toldVersion{
		R(stale0),
		W(stale1),
		W(staleHead + "a,false,O1,first\nb,false,O2,second\nc,true,,third\n"),
		W(staleHead + "a,false,O1,first\nb,false,O2,second\nc,false,O3,third\n"),
	}
	for _, c := range []staleCase{
		{
			name: "a row added", history: []toldVersion{R(stale0), W(stale1)}, save: stale0 + "z,true,,new\n",
			want:   "base 1\nstale_save_repaired 1..2 a.enabled=true>false a.order_id=>O1\n",
			result: stale1 + "z,true,,new\n",
		},
		{
			name: "a note edited in the row of the program", history: []toldVersion{R(stale0), W(stale1)},
			save:   staleHead + "a,true,,edited\n" + rowsBC,
			want:   "base 1\nstale_save_repaired 1..2 a.enabled=true>false a.order_id=>O1\n",
			result: staleHead + "a,false,O1,edited\n" + rowsBC,
		},
		{
			name: "just the row of the program deleted", history: []toldVersion{R(stale0), W(stale1)}, save: staleHead + rowsBC,
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
			name: "one cell of a write taken back", history: []toldVersion{R(stale0), W(stale1)},
			save: staleHead + "a,true,O1,first\n" + rowsBC,
			want: "base 2\nrevert_accepted 2..2 a.enabled=true>false\n",
		},
		{
			name: "a backup restored",
			history: []toldVersion{
				R("# old\n" + stale0), R("# new\n\n" + stale0 + "d,true,,fourth\n"),
				W("# new\n\n" + stale1 + "d,true,,fourth\n"),
			},
			save:   "# old\n" + stale0,
			want:   "base 1\nequals_version 1..3\nstale_save_repaired 1..3 a.enabled=true>false a.order_id=>O1\n",
			result: "# old\n" + stale1,
		},
		{
			name: "true, false, true", history: []toldVersion{R(stale0), W(strings.Replace(stale0, "a,true", "a,false", 1)), W(stale0)},
			save: stale0 + "z,true,,new\n",
			want: "base 3\n",
		},
		{
			name: "history lost", history: nil, save: stale0,
			want: "base 0\nunknown_ancestor 0..0\n",
		},
		{
			name: "history too short", history: []toldVersion{W(stale1)}, save: stale0 + "z,true,,new\n",
			opt:    savePolicy{owned: []string{"order_id"}},
			want:   "base 1\nunknown_ancestor 1..1\nstale_save_conflict 1..1 a.order_id=>O1\ncell a order_id\n",
			result: staleHead + "a,true,O1,first\n" + rowsBC + "z,true,,new\n",
		},
	} {
		t.Run(c.name, c.run)
	}
}

// TestFreshSaves: people may do to a file what they like.
func TestFreshSaves(t *testing.T) {
	wide := staleHead + "a,true,,first\nb,true,,second\nc,true,,third\nd,true,,fourth\n"
	busy := []toldVersion{
		R(wide),
		W(strings.Replace(wide, "a,true,,", "a,false,O1,", 1)),
		W(strings.Replace(strings.Replace(wide, "a,true,,", "a,false,O1,", 1), "b,true,,", "b,false,O2,", 1)),
	}
	now := busy[2].text
	edit := func(old, with string) string { return strings.Replace(now, old, with, 1) }
	quiet := "base 3\n"
	for _, c := range []staleCase{
		{name: "a note edited", save: edit("third", "changed"), want: quiet},
		{name: "rows deleted that the program never touched", save: edit("c,true,,third\nd,true,,fourth\n", ""), want: quiet},
		{name: "sorted", save: staleHead + "d,true,,fourth\nc,true,,third\nb,false,O2,second\na,false,O1,first\n", want: quiet},
		{name: "a column added", save: "id,enabled,order_id,note,more\na,false,O1,first,1\nb,false,O2,second,2\nc,true,,third,3\nd,true,,fourth,4\n", want: quiet},
		{name: "columns moved", save: "id,note,order_id,enabled\na,first,O1,false\nb,second,O2,false\nc,third,,true\nd,fourth,,true\n", want: quiet},
		{name: "quoted", save: strings.ReplaceAll(now, ",false,", `,"false",`), want: quiet},
		{name: "other line ends", save: strings.ReplaceAll(now, "\n", "\r\n"), want: quiet},
		{name: "a byte-order mark", save: "\ufeff" + now, want: quiet},
		{name: "a comment added", save: "# mine\n" + now, want: quiet},
		{name: "every note edited", save: staleHead + "a,false,O1,w\nb,false,O2,x\nc,true,,y\nd,true,,z\n", want: quiet},
		{
			name: "all rows but one renamed", save: staleHead + "a,false,O1,first\nb2,false,O2,second\nc2,true,,third\nd2,true,,fourth\n",
			want: quiet,
		},
		{name: "many rows added", save: now + "e,true,,5\nf,true,,6\ng,true,,7\nh,true,,8\ni,true,,9\n", want: quiet},
		{
			name: "a value that an older version had by chance", save: edit("b,false,O2", "b,true,O2"),
			want: "base 3\nrevert_accepted 3..3 b.enabled=true>false\n",
		},
		{name: "a third value in the program's cell", save: edit("b,false,O2", "b,paused,O2"), want: quiet},
		{
			name: "a finished row tidied away", save: edit("a,false,O1,first\n", ""),
			want: "base 3\nrevert_accepted 3..3 row_added(a>)\n",
		},
	} {
		c.history = busy
		t.Run(c.name, c.run)
	}
}

// TestEditingSessions: somebody alone with a file, whose editor saves by itself while he
// types, is no rival of himself.
func TestEditingSessions(t *testing.T) {
	for _, saves := range [][]string{
		{stale0, stale0 + "z", stale0 + "zed,tr", stale0 + "zed,true,,ne", stale0 + "zed,true,,new\n"},
		{stale0, "# o\n" + stale0, "# on\n" + stale0, "# one\n" + stale0, stale0 + "# one\n"},
		{stale0, strings.Replace(stale0, "first", "h", 1), strings.Replace(stale0, "first", "he", 1), strings.Replace(stale0, "first", "x", 1)},
		{stale0, stale0 + "btc_1o,true,,typo\n", stale0 + "btc_10,true,,typo\n"},
		{stale0, stale0 + "y,true,,one\nz,true,,two\n", stale0 + "z,true,,two\n"},
		{staleHead, staleHead + "a,true,,1\n", staleHead + "a,true,,1\nb,true,,2\n", staleHead + "b,true,,2\n"},
	} {
		var told []toldVersion
		for i, save := range saves {
			if i > 0 {
				v := judged(t, past(t, told...), save, savePolicy{})
				if want := fmt.Sprintf("base %d\n", i); summary(v) != want || string(v.result) != save {
					t.Errorf("save %d:\n%s%s", i, summary(v), v.result)
				}
			}
			told = append(told, R(save))
		}
	}
}

// A desk is a file with its history, on which a program and editors work.
type desk struct {
	t       *testing.T
	opt     savePolicy
	history []version
	file    string
	events  string // of the last save
}

func newDesk(t *testing.T, opt savePolicy) *desk {
	d := &desk{t: t, opt: opt}
	d.add(stale0, false)
	return d
}

func (d *desk) add(text string, written bool) {
	d.history = append(d.history, version{seq: int64(len(d.history) + 1), written: written, snap: snapshotOf(d.t, text)})
	d.file = text
}

// program writes a row.
func (d *desk) program(old, with string) {
	d.t.Helper()
	if !strings.Contains(d.file, old) {
		d.t.Fatalf("%q does not stand in\n%s", old, d.file)
	}
	d.add(strings.Replace(d.file, old, with, 1), true)
}

// save saves an editor's buffer. It is judged by a history that was written down and
// read again.
func (d *desk) save(text string) {
	d.t.Helper()
	var read []version
	for _, v := range d.history {
		v.snap = snapshotOf(d.t, string(v.snap.Bytes()))
		read = append(read, v)
	}
	v := judged(d.t, read, text, d.opt)
	d.events = strings.SplitN(summary(v), "\n", 2)[1]
	d.add(text, false)
	if string(v.result) != text {
		d.add(string(v.result), true)
	}
}

func (d *desk) is(file, events string) {
	d.t.Helper()
	if diff := cmp.Diff(file, d.file); diff != "" {
		d.t.Errorf("file (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(events, d.events); diff != "" {
		d.t.Errorf("events (-want +got):\n%s", diff)
	}
}

func (d *desk) writes() { d.program("a,true,,first", "a,false,O1,first") }

func TestStaleBufferSavedAgain(t *testing.T) {
	d := newDesk(t, savePolicy{})
	d.writes()
	buffer, want := stale0, stale1
	for i, from := range []int{1, 3, 5} {
		row := fmt.Sprintf("z%d,true,,new %d\n", i, i)
		buffer, want = buffer+row, want+row
		d.save(buffer)
		d.is(want, fmt.Sprintf("stale_save_repaired %d..%d a.enabled=true>false a.order_id=>O1\n", from, 2*i+2))
	}
	d.save(buffer) // nothing typed, saved all the same
	d.is(want, "equals_version 7..8\nstale_save_repaired 7..8 a.enabled=true>false a.order_id=>O1\n")
	d.save(strings.Replace(d.file, "a,false,O1", "a,true,O1", 1)) // loaded again
	d.is(strings.Replace(want, "a,false,O1", "a,true,O1", 1), "revert_accepted 10..10 a.enabled=true>false\n")
}

func TestNoticeLetsAPersonWin(t *testing.T) {
	const noticed = staleHead + "# re-applied 3: a enabled=false order_id=O1 (your save was from an older copy)\na,false,O1,first\n" + rowsBC
	d := newDesk(t, savePolicy{notice: true})
	d.writes()
	d.save(stale0)
	d.is(noticed, "equals_version 1..2\nstale_save_repaired 1..2 a.enabled=true>false a.order_id=>O1\n")

	d.save(stale0 + "y,true,,stale\n") // the old buffer, once more
	again := strings.Replace(noticed, "re-applied 3", "re-applied 5", 1) + "y,true,,stale\n"
	d.is(again, "stale_save_repaired 3..4 a.enabled=true>false a.order_id=>O1\n")

	d.save(d.file + "z,true,,new\n") // a row more, nothing taken back: it stays
	d.is(again+"z,true,,new\n", "")
	d.save(strings.Replace(d.file, "a,false,O1,first", "a,true,,first", 1))
	d.is(stale0+"y,true,,stale\nz,true,,new\n", "revert_accepted 7..7 a.enabled=true>false a.order_id=>O1\n")

	// The same buffer again, which still has the notice.
	d.save(string(d.history[len(d.history)-2].snap.Bytes()) + "x,true,,more\n")
	d.is(stale0+"y,true,,stale\nz,true,,new\nx,true,,more\n", "")
}

func TestNoticeIsProof(t *testing.T) {
	d := newDesk(t, savePolicy{notice: true})
	d.writes()
	d.save(stale0)
	loaded := strings.Replace(d.file, "a,false,O1", "a,true,", 1)
	d.save(loaded)
	d.is(stale0, "revert_accepted 4..4 a.enabled=true>false a.order_id=>O1\n")
	d.save(loaded) // once more, with the notice
	d.is(stale0, "equals_version 5..6\n")
}

func TestNoticesDoNotPileUp(t *testing.T) {
	d := newDesk(t, savePolicy{notice: true})
	d.writes()
	d.save(stale0)
	buffer := d.file + "z,true,,new\n"
	d.program("b,true,,second", "b,false,O2,second")
	d.save(buffer)
	d.is(staleHead+"a,false,O1,first\n# re-applied 6: b enabled=false order_id=O2 (your save was from an older copy)\n"+
		"b,false,O2,second\nc,true,,third\nz,true,,new\n", "stale_save_repaired 4..5 b.enabled=true>false b.order_id=>O2\n")
}

// TestStaleBufferSavedAsItWas: what its first save came to, the second comes to as well, the
// program's comments included.
func TestStaleBufferSavedAsItWas(t *testing.T) {
	d := newDesk(t, savePolicy{})
	d.program("a,true,,first", "# written\na,false,O1,first")
	d.save(stale0 + "z,true,,new\n")
	mended := d.file
	if !strings.Contains(mended, "# written\na,false,O1,first") {
		t.Fatal(mended)
	}
	d.save(stale0 + "z,true,,new\n")
	d.is(mended, "equals_version 3..4\nstale_save_repaired 3..4 a.enabled=true>false a.order_id=>O1 comment(># written)\n")
}

func TestDroppedNoticeStaysDropped(t *testing.T) {
	d := newDesk(t, savePolicy{notice: true})
	d.writes()
	d.save(stale0)
	loaded := strings.Replace(d.file, "a,false,O1", "a,true,", 1)
	d.save(loaded)
	d.save(stale0 + "z,true,,of somebody else\n")
	d.save(loaded) // restored as it was, but for the notice
	d.is(stale0, "equals_version 5..7\n")
}

// TestUnknownNotice: of a history that is lost, or of another file, a notice is a comment.
func TestUnknownNotice(t *testing.T) {
	d := newDesk(t, savePolicy{notice: true})
	save := "# re-applied 9: a x=1 (your save was from an older copy)\n" + stale0
	d.save(save)
	d.is(save, "")
}

func TestNoticeIsDeletedByHand(t *testing.T) {
	d := newDesk(t, savePolicy{notice: true})
	d.writes()
	d.save(stale0 + "z,true,,new\n")
	d.save(stale1 + "z,true,,new\ny,true,,new\n")
	d.is(stale1+"z,true,,new\ny,true,,new\n", "")
	d.save(stale1 + "z,true,,new\n")
	d.is(stale1+"z,true,,new\n", "equals_version 4..5\n")
}

// TestBase shows the rules by which a save finds its base, one by one.
func TestBase(t *testing.T) {
	const onOff = "id,on,price\n"
	for _, c := range []staleCase{
		// Evidence.
		{
			name:    "a text of the program proves the newest, near as an older version may be",
			history: []toldVersion{R(onOff + "a,true,1\nb,true,1\nc,true,1\n"), W(onOff + "a,true,t99\nb,true,1\nc,true,1\n"), W(onOff + "a,true,t99\nb,off,1\nc,off,1\n")},
			save:    onOff + "a,true,t99\nb,true,1\nc,off,1\n",
			want:    "base 3\nrevert_accepted 3..3 b.on=true>off\n",
		},
		{
			name:    "a text that stood elsewhere before proves nothing",
			history: []toldVersion{R(onOff + "a,true,1\nb,true,t99\n"), W(onOff + "a,off,t99\nb,off,t99\n")},
			save:    onOff + "a,true,t99\nb,true,t99\nz,true,5\n",
			// Without the text it is the write that was split.
			want: "base 2\nrevert_accepted 2..2 a.on=true>off b.on=true>off\n",
		},
		{
			name:    "a word proves nothing",
			history: []toldVersion{R(onOff + "a,true,1\n"), W(onOff + "a,true,1\nb,paused,7\nc,paused,7\n")},
			save:    onOff + "a,true,1\nb,paused,8\n", // somebody counted the key on as well
			want:    "base 1\nstale_save_repaired 1..2 row_added(c>)\nstale_save_conflict 1..2 b.price=8>7\nadd_add b price\n",
			result:  onOff + "a,true,1\nb,paused,7\nc,paused,7\n",
		},
		{
			name:    "a comment of the program is a text",
			history: []toldVersion{R(stale0), W("# order O77 placed for a\n" + strings.Replace(stale0, "a,true", "a,false", 1))},
			save:    "# order O77 placed for a\n" + stale0 + "y,true,,new\n",
			want:    "base 2\nrevert_accepted 2..2 a.enabled=true>false\n",
		},
		{
			name:    "what somebody else typed proves nothing",
			history: []toldVersion{R(stale0), R(strings.Replace(stale0, "third", "note 44", 1)), W(strings.Replace(stale1, "third", "note 44", 1))},
			save:    strings.Replace(stale0, "third", "note 44", 1) + "y,true,,new\n",
			want:    "base 2\nstale_save_repaired 2..3 a.enabled=true>false a.order_id=>O1\n",
			result:  strings.Replace(stale1, "third", "note 44", 1) + "y,true,,new\n",
		},
		{
			name:    "a version that lacks the text was not loaded",
			history: []toldVersion{R(stale0), W(stale1), R(stale0 + "z,true,,new\n"), W(stale1 + "z,true,,new\n")},
			save:    strings.Replace(stale1, "a,false", "a,true", 1) + "z,true,,new\n",
			want:    "base 4\nrevert_accepted 4..4 a.enabled=true>false\n",
		},

		{
			name:    "a text copied from another row proves nothing",
			history: []toldVersion{R(onOff + "a,true,1\nb,true,1\nc,true,t99\n"), W(onOff + "a,true,1\nb,off,1\nc,true,t99\n"), W(onOff + "a,true,t99\nb,off,1\nc,true,t99\n")},
			save:    onOff + "a,true,t99\nb,true,1\nc,true,t99\n", // by the person, to his old copy
			want:    "base 1\nstale_save_conflict 1..3 b.on=true>off\ncell b on\n",
			result:  onOff + "a,true,t99\nb,off,1\nc,true,t99\n",
		},

		// Split writes.
		{
			name:    "half of a write of two words",
			history: []toldVersion{R("id,on,state\na,true,new\n"), W("id,on,state\na,false,done\n")},
			save:    "id,on,state\na,true,done\n",
			want:    "base 2\nrevert_accepted 2..2 a.on=true>false\n",
		},
		{
			name:    "half of a write, the other half of which an older version had",
			history: []toldVersion{R("id,on,state\na,true,new\n"), W("id,on,state\na,false,new\n"), W("id,on,state\na,true,done\n")},
			save:    "id,on,state\na,true,new\nz,true,new\n",
			want:    "base 1\nstale_save_repaired 1..3 a.state=new>done\n",
			result:  "id,on,state\na,true,done\nz,true,new\n",
		},
		{
			name: "a repair is no write of its own",
			history: []toldVersion{
				R(onOff + "a,true,1\nb,true,1\n"), W(onOff + "a,false,1\nb,true,1\n"), W(onOff + "a,false,1\nb,false,1\n"),
				R(onOff + "a,true,1\nb,true,1\nz,true,9\n"), W(onOff + "a,false,1\nb,false,1\nz,true,9\n"),
			},
			save:   onOff + "a,false,1\nb,true,1\ny,true,5\n", // the second version's buffer
			want:   "base 2\nstale_save_repaired 2..5 b.on=true>false row_added(z>)\n",
			result: onOff + "a,false,1\nb,false,1\ny,true,5\nz,true,9\n",
		},

		{
			name: "a cell that was overwritten since is not taken back",
			history: []toldVersion{
				R("id,on,state\na,true,new\nd,true,new\ne,true,new\n"), W("id,on,state\na,true,new\nd,off,new\ne,true,new\n"),
				W("id,on,state\na,true,new\nd,off,new\ne,off,new\n"), W("id,on,state\na,false,done\nd,off,new\ne,off,new\n"),
				W("id,on,state\na,false,new\nd,off,new\ne,off,new\n"),
			},
			save:   "id,on,state\na,false,new\nd,true,new\ne,true,new\n", // by the person, to his old copy
			want:   "base 1\nstale_save_repaired 1..5 d.on=true>off e.on=true>off\n",
			result: "id,on,state\na,false,new\nd,off,new\ne,off,new\n",
		},

		// Ties.
		{
			name:    "a third value in a cell that the program has just changed",
			history: []toldVersion{R(onOff + "a,true,1\nb,true,1\nc,true,1\n"), W(onOff + "a,true,2\nb,true,1\nc,true,1\n")},
			save:    onOff + "a,true,3\nb,true,1\nc,true,1\n",
			want:    "base 1\nstale_save_conflict 1..2 a.price=3>2\ncell a price\n",
			result:  onOff + "a,true,2\nb,true,1\nc,true,1\n",
		},
		{
			name:    "one of two writes taken back",
			history: []toldVersion{R(onOff + "a,true,1\nb,true,1\n"), W(onOff + "a,off,1\nb,true,1\n"), W(onOff + "a,off,1\nb,off,1\n")},
			save:    onOff + "a,true,1\nb,off,1\nz,true,1\n",
			want:    "base 1\nstale_save_conflict 1..3 a.on=true>off\ncell a on\n",
			result:  onOff + "a,off,1\nb,off,1\nz,true,1\n",
		},

		{
			name: "a tie of old versions, and a write after both",
			history: []toldVersion{
				R(onOff + "a,true,1\nb,true,1\nc,true,1\n"), W(onOff + "a,off,1\nb,true,1\nc,true,1\n"),
				W(onOff + "a,off,1\nb,off,1\nc,true,1\n"), W(onOff + "a,off,1\nb,off,1\nc,off,c9\n"),
			},
			save:   onOff + "a,true,1\nb,off,1\nc,true,1\nz,true,5\n",
			want:   "base 1\nstale_save_repaired 1..4 c.on=true>off c.price=1>c9\nstale_save_conflict 1..4 a.on=true>off\ncell a on\n",
			result: onOff + "a,off,1\nb,off,1\nc,off,c9\nz,true,5\n",
		},

		// Nothing near.
		{
			name: "names exchanged in the header", history: []toldVersion{R(stale0), W(stale1)}, save: strings.Replace(stale0, "enabled,order_id", "order_id,enabled", 1),
			want: "base 2\nunknown_ancestor 2..2\n",
		},
		{
			name: "another file", history: []toldVersion{R(stale0), W(stale1)}, save: staleHead + "x,true,,1\ny,true,,2\na,true,,first\n",
			opt:    savePolicy{owned: []string{"order_id"}},
			want:   "base 2\nunknown_ancestor 2..2\nstale_save_conflict 2..2 a.order_id=>O1\nrevert_accepted 2..2 a.enabled=true>false\ncell a order_id\n",
			result: staleHead + "x,true,,1\ny,true,,2\na,true,O1,first\n",
		},
		{
			name: "a stale buffer with one column edited all over is near enough", history: []toldVersion{R(stale0), W(stale1)},
			save:   staleHead + "a,true,,1\nb,true,,2\nc,true,,3\n",
			want:   "base 1\nstale_save_repaired 1..2 a.enabled=true>false a.order_id=>O1\n",
			result: staleHead + "a,false,O1,1\nb,true,,2\nc,true,,3\n",
		},

		// Rows, columns and comments of the program.
		{
			name: "a row of the program", history: []toldVersion{R(stale0), W(stale0 + "p,true,P1,own\n")}, save: stale0 + "z,true,,new\n",
			want:   "base 1\nstale_save_repaired 1..2 row_added(p>)\n",
			result: stale0 + "p,true,P1,own\nz,true,,new\n",
		},
		{
			name: "a row that the program deleted", history: []toldVersion{R(stale0), W(strings.Replace(stale0, "c,true,,third\n", "", 1))},
			save:   strings.Replace(stale0, "first", "edited", 1),
			want:   "base 1\nstale_save_repaired 1..2 row_deleted(c>)\n",
			result: staleHead + "a,true,,edited\nb,true,,second\n",
		},
		{
			name: "columns of the program", history: []toldVersion{R("id,note\na,one\nb,two\n"), W("id,note,order_id\na,one,O1\nb,two,\n")},
			save:   "id,note\na,one\nb,edited\n",
			want:   "base 1\nstale_save_repaired 1..2 column_added(order_id>) a.order_id=>O1\n",
			result: "id,note,order_id\na,one,O1\nb,edited,\n",
		},
		{
			name: "a comment of the program", history: []toldVersion{R(stale0), W("# written\n" + stale0)}, save: stale0 + "z,true,,new\n",
			want:   "base 1\nstale_save_repaired 1..2 comment(># written)\n",
			result: "# written\n" + stale0 + "z,true,,new\n",
		},
		{
			name: "a row like one of the program's", history: []toldVersion{R(stale0), W(stale0 + "p,true,,same\n")}, save: stale0 + "y,true,,same\n",
			want:   "base 1\nstale_save_repaired 1..2 row_added(p>)\n",
			result: stale0 + "p,true,,same\ny,true,,same\n",
		},
		{
			name: "one more of equal comments", history: []toldVersion{R("# idle\n" + stale0), W("# idle\n# idle\n" + stale0)}, save: "# idle\n" + stale0 + "z,true,,new\n",
			want:   "base 1\nstale_save_repaired 1..2 comment(># idle)\n",
			result: "# idle\n# idle\n" + stale0 + "z,true,,new\n",
		},
		{
			name: "a comment in another form is the same", history: []toldVersion{R(stale0), W("# written\n" + stale0)}, save: "\"# written\",,,\n" + stale0,
			want: "base 2\n",
		},
		{
			name: "a renamed row takes the program's cells along", history: []toldVersion{R(stale0), W(stale1)},
			save:   strings.Replace(stale0, "a,true", "a2,true", 1),
			want:   "base 1\nstale_save_repaired 1..2 a2.enabled=true>false a2.order_id=>O1\n",
			result: strings.Replace(stale1, "a,false", "a2,false", 1),
		},
		{
			name: "equal keys and rows without a key", history: []toldVersion{R(stale0 + "b,true,,2\n,true,,3\n,true,,3\n"), W(stale1 + "b,true,,2\n,true,,3\n,true,,3\n")},
			save:   stale0 + "b,true,,2\n,true,,3\nz,true,,new\n",
			want:   "base 1\nstale_save_repaired 1..2 a.enabled=true>false a.order_id=>O1\n",
			result: stale1 + "b,true,,2\n,true,,3\nz,true,,new\n",
		},

		// Somebody said so.
		{
			name: "what was accepted is not the program's", history: []toldVersion{R(stale0), W(stale1), A(stale0 + "z,true,,new\n")},
			save: stale0 + "y,true,,new\nz,true,,new\n",
			want: "base 3\n",
		},
		{
			name: "below an accepted version nothing is made again", history: []toldVersion{R(stale0), W(stale1), A(stale0 + "z,true,,new\n")},
			save: stale1,
			want: "base 2\nequals_version 2..3\n",
		},
		{
			name: "a buffer from before is repaired with what was accepted", history: []toldVersion{R(stale0), W(stale1), A(stale0)},
			save:   stale1 + "y,true,,new\n",
			want:   "base 2\nstale_save_repaired 2..3 a.enabled=false>true a.order_id=O1>\n",
			result: stale0 + "y,true,,new\n",
		},
	} {
		t.Run(c.name, c.run)
	}
}

func TestOwnedColumns(t *testing.T) {
	own := savePolicy{owned: []string{"order_id", "when"}}
	for _, c := range []staleCase{
		{
			name: "made again from the newest too", history: []toldVersion{R(stale0), W(stale1)}, opt: own,
			save:   strings.Replace(stale1, "false,O1", "false,O2", 1),
			want:   "base 2\nowned_reapplied 2..2 a.order_id=O2>O1\n",
			result: stale1,
		},
		{
			name: "beside what a person may take back", history: []toldVersion{R(stale0), W(strings.Replace(stale1, "O1,first", "O1,done by itself", 1))}, opt: own,
			save:   staleHead + "a,true,,done by itself\n" + rowsBC,
			want:   "base 2\nowned_reapplied 2..2 a.order_id=>O1\nrevert_accepted 2..2 a.enabled=true>false\n",
			result: staleHead + "a,true,O1,done by itself\n" + rowsBC,
		},
		{
			name: "with the column", history: []toldVersion{R("id,note\na,one\n"), W("id,when,note\na,t1,one\n"), W("id,when,note\na,t2,done 17\n")}, opt: own,
			save:   "id,note\na,done 17\n",
			want:   "base 3\nowned_reapplied 3..3 column_added(when>) a.when=>t2\n",
			result: "id,note,when\na,done 17,t2\n",
		},
		{
			name: "rows that are new, gone or renamed are the person's", history: []toldVersion{R(stale0), W(stale1)}, opt: own,
			save: staleHead + "a2,false,O1,first\nb,true,,second\nz,true,O1,copied\n",
			want: "base 2\n",
		},
		{
			name: "although saves are to be accepted", history: []toldVersion{R(stale0), W(stale1)},
			opt: savePolicy{owned: own.owned, reverts: AcceptReverts}, save: stale0 + "z,true,,new\n",
			want:   "base 1\nrevert_accepted 1..2 a.enabled=true>false a.order_id=>O1\nowned_reapplied 1..2 a.order_id=>O1\n",
			result: staleHead + "a,true,O1,first\n" + rowsBC + "z,true,,new\n",
		},
	} {
		t.Run(c.name, c.run)
	}
}

func TestReverts(t *testing.T) {
	for _, c := range []staleCase{
		{
			name: "accept", save: stale0 + "z,true,,new\n", opt: savePolicy{reverts: AcceptReverts},
			want: "base 1\nrevert_accepted 1..2 a.enabled=true>false a.order_id=>O1\n",
		},
		{
			name: "conflict", save: stale0 + "z,true,,new\n", opt: savePolicy{reverts: ConflictReverts},
			want:   "base 1\nstale_save_conflict 1..2 a.enabled=true>false a.order_id=>O1\ncell a enabled\ncell a order_id\n",
			result: stale1 + "z,true,,new\n",
		},
		{
			name: "a backup accepted", save: stale0, opt: savePolicy{reverts: AcceptReverts},
			want: "base 1\nequals_version 1..2\nrevert_accepted 1..2 a.enabled=true>false a.order_id=>O1\n",
		},
		{
			name: "both changed a cell", save: strings.Replace(stale0, "a,true,,first", "a,paused,,edited", 1),
			want:   "base 1\nstale_save_repaired 1..2 a.order_id=>O1\nstale_save_conflict 1..2 a.enabled=paused>false\ncell a enabled\n",
			result: strings.Replace(stale1, "first", "edited", 1),
		},
		{
			name: "both changed a cell, accepted", save: strings.Replace(stale0, "a,true,,first", "a,paused,,edited", 1), opt: savePolicy{reverts: AcceptReverts},
			want: "base 1\nrevert_accepted 1..2 a.order_id=>O1 a.enabled=paused>false\n",
		},
	} {
		c.history = []toldVersion{R(stale0), W(stale1)}
		t.Run(c.name, c.run)
	}
}
