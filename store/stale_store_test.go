package store_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store"
)

// The stories of stale saves, from end to end: a person whose editor has an older copy, and a
// program. TestAcceptance in stale_test.go tells the same to the judge alone.

const (
	storyHead = "id,enabled,order_id,note\n"
	storyBC   = "b,true,,second\nc,true,,third\n"
	story0    = storyHead + "a,true,,first\n" + storyBC
	story1    = storyHead + "a,false,O1,first\n" + storyBC // the program wrote
	storyZ    = "z,true,,new\n"
	storyY    = "y,true,,newer\n"
)

// A story is a file, a program, and a person.
type story struct {
	*testing.T
	path     string
	opt      store.Options
	restarts bool // before each step of the program, so that it knows what it finds
	s        *store.Store
}

// tell tells a story twice: by a program that goes on, and by one that starts anew each
// time. The history makes no difference between them.
func tell(t *testing.T, opt store.Options, tale func(st *story)) {
	t.Helper()
	opt.Settle = 20 * time.Millisecond
	for name, restarts := range map[string]bool{"one program": false, "restarted": true} {
		t.Run(name, func(t *testing.T) {
			st := &story{T: t, path: put(t, story0), opt: opt, restarts: restarts}
			st.start()
			tale(st)
			// Whatever it was, it is over: no save, no event.
			before := read(t, st.path)
			st.events("")
			st.want(before)
			if found := temporary(t, st.path); len(found) > 0 { // what a story damages stays damaged
				t.Errorf("left over: %v", found)
			}
		})
	}
}

func (st *story) start() {
	st.Helper()
	var err error
	if st.s, err = store.Open(st.path, st.opt); err != nil {
		st.Fatal(err)
	}
}

// program sets cells of a row. Nothing is told of that.
func (st *story) program(id string, cells ...string) {
	st.Helper()
	if st.restarts {
		st.start()
	}
	receipt, err := st.s.Update(st.Context(), setter(id, cells...))
	if err != nil {
		st.Fatal(err)
	}
	if told := eventText(receipt.Events); told != "" {
		st.Errorf("the program writes, and there is told:\n%s", told)
	}
}

// write is what the program of most stories does.
func (st *story) write() {
	st.Helper()
	st.program("a", "enabled", "false", "order_id", "O1")
	st.want(story1)
}

// person saves a whole buffer.
func (st *story) person(content string) {
	st.Helper()
	if err := os.WriteFile(st.path, []byte(content), 0o640); err != nil {
		st.Fatal(err)
	}
}

// events lets the program look at the file, and asks what it tells then.
func (st *story) events(want string) []store.Event {
	st.Helper()
	events := st.look()
	if told := eventText(events); told != want {
		st.Errorf("there is told:\n%swant:\n%s", told, want)
	}
	return events
}

// look lets the program look at the file.
func (st *story) look() []store.Event {
	st.Helper()
	if st.restarts {
		st.start()
	}
	receipt, err := st.s.Repair(st.Context())
	if err != nil {
		st.Fatal(err)
	}
	return receipt.Events
}

func (st *story) want(content string) {
	st.Helper()
	if got := read(st.T, st.path); got != content {
		st.Errorf("the file is\n%s\nwant\n%s", got, content)
	}
}

// eventText writes events down: a line each, with the save's value and the one that
// stands before it.
func eventText(events []store.Event) string {
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "%s %d..%d", e.Kind, e.Base, e.Newest)
		for _, c := range e.Changes {
			if c.Kind == merge.ChangeCell {
				fmt.Fprintf(&b, " %s.%s=%s>%s", csvrows.Key(c.Key), c.Column, c.Theirs.Text, c.Ours.Text)
			} else {
				fmt.Fprintf(&b, " %s(%s)", c.Kind, csvrows.Key(c.Key))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

const wasRepaired = "stale_save_repaired 1..2 a.enabled=true>false a.order_id=>O1\n"

func TestStory01RowAdded(t *testing.T) {
	tell(t, store.Options{}, func(st *story) {
		st.write()
		st.person(story0 + storyZ)
		events := st.events(wasRepaired)
		if c := events[0].Changes[1]; c.Base.Text != "" || c.Ours.Text != "O1" || c.Theirs.Text != "" || !c.Base.Exists {
			st.Errorf("the three values are %+v", c)
		}
		st.want(story1 + storyZ)
	})
}

func TestStory02NoteEdited(t *testing.T) {
	tell(t, store.Options{}, func(st *story) {
		st.write()
		st.person(storyHead + "a,true,,edited\n" + storyBC)
		st.events(wasRepaired)
		st.want(storyHead + "a,false,O1,edited\n" + storyBC)
	})
}

func TestStory03RowDeleted(t *testing.T) {
	tell(t, store.Options{}, func(st *story) {
		st.write()
		st.person(storyHead + storyBC)
		st.events("stale_save_conflict 1..2 row_added(a)\n")
		st.want(story1)
	})
}

// A save that conflicts waits to be settled: its three versions are kept, and the event
// says under which number.
func TestStory03IsPending(t *testing.T) {
	tell(t, store.Options{Reverts: store.ConflictReverts}, func(st *story) {
		st.write()
		for i, save := range []string{storyHead + storyBC, story0 + storyZ} { // the second is in doubt by option alone
			st.person(save)
			var pending int64
			for _, e := range st.look() {
				if e.Kind == store.EventConflict {
					pending = e.Pending
				}
			}
			history, err := st.s.History()
			if err != nil {
				st.Fatal(err)
			}
			at := slices.IndexFunc(history, func(v store.Version) bool { return v.Seq == pending })
			if at < 0 || history[at].Origin != store.OfConflict {
				st.Fatalf("save %d: the event says version %d of %+v", i, pending, history)
			}
			if content, err := st.s.Version(pending); err != nil || string(content) != save {
				st.Errorf("save %d: kept is\n%s (%v)\nwant\n%s", i, content, err, save)
			}
			if history[at].Conflicts == 0 || history[at].Theirs != history[1].Digest && i == 0 {
				st.Errorf("save %d: kept is %+v", i, history[at])
			}
			asked := 0
			_, err = st.s.Resolve(st.Context(), pending, func(merge.Conflict) merge.Resolution {
				asked++
				return merge.Resolution{Side: merge.Ours}
			})
			if err != nil || asked == 0 {
				st.Errorf("save %d: asked about %d conflicts, %v", i, asked, err)
			}
			st.want(save)
		}
	})
}

func TestStory04ThreeWrites(t *testing.T) {
	tell(t, store.Options{}, func(st *story) {
		st.write()
		st.program("b", "enabled", "false", "order_id", "O2")
		buffer := read(st.T, st.path)
		st.program("c", "enabled", "false", "order_id", "O3")
		st.person(buffer + storyZ)
		st.events("stale_save_repaired 3..4 c.enabled=true>false c.order_id=>O3\n")
		st.want(storyHead + "a,false,O1,first\nb,false,O2,second\nc,false,O3,third\n" + storyZ)
	})
}

// TestStory05SavedAgainAndAgain: each save was made from the last one, whatever the
// program put in its place.
func TestStory05SavedAgainAndAgain(t *testing.T) {
	tell(t, store.Options{}, func(st *story) {
		st.write()
		rows := ""
		for i, row := range []string{storyZ, storyY, "x,true,,newest\n"} {
			rows += row
			st.person(story0 + rows)
			// Each time there are two versions more: what was read, and what was written.
			base := max(1, 2*i+1)
			st.events(fmt.Sprintf("stale_save_repaired %d..%d a.enabled=true>false a.order_id=>O1\n", base, 2*i+2))
			st.want(story1 + rows)
		}
	})
}

func TestStory06SeenAndTakenBack(t *testing.T) {
	tell(t, store.Options{}, func(st *story) {
		st.write()
		save := strings.Replace(story1, "a,false,O1", "a,true,O1", 1)
		st.person(save)
		st.events("revert_accepted 2..2 a.enabled=true>false\n")
		st.want(save)
	})
}

func TestStory07Notice(t *testing.T) {
	tell(t, store.Options{Notice: true}, func(st *story) {
		const noticed = storyHead + "# re-applied 3: a enabled=false order_id=O1 (your save was from an older copy)\na,false,O1,first\n" + storyBC
		st.write()
		st.person(story0)
		st.events("equals_version 1..2\n" + wasRepaired)
		st.want(noticed)
		st.person(strings.Replace(noticed, "a,false,O1", "a,true,", 1))
		st.events("revert_accepted 4..4 a.enabled=true>false a.order_id=>O1\n")
		st.want(story0)
	})
}

func TestStory08SavedTwiceThenReloaded(t *testing.T) {
	for _, notice := range []bool{false, true} {
		t.Run(fmt.Sprint("notice ", notice), func(t *testing.T) {
			tell(t, store.Options{Notice: notice}, func(st *story) {
				st.write()
				st.person(story0 + storyZ)
				st.events(wasRepaired)
				st.person(story0 + storyZ + storyY)
				st.events("stale_save_repaired 3..4 a.enabled=true>false a.order_id=>O1\n")
				loaded := read(t, st.path)
				if strings.Contains(loaded, "# re-applied") != notice || !strings.HasSuffix(loaded, storyBC+storyZ+storyY) {
					t.Errorf("the file is\n%s", loaded)
				}
				st.person(strings.Replace(loaded, "a,false,O1", "a,true,O1", 1))
				st.events("revert_accepted 6..6 a.enabled=true>false\n")
				st.want(strings.Replace(story1+storyZ+storyY, "a,false,O1", "a,true,O1", 1))
			})
		})
	}
}

func TestStory09BackupRestored(t *testing.T) {
	tell(t, store.Options{}, func(st *story) {
		const old = "# old\n\n" + story0
		st.person(old)
		st.events("")
		st.person("# new\n" + story0 + storyZ)
		st.events("")
		st.program("a", "enabled", "false", "order_id", "O1")
		st.person(old)
		st.events("equals_version 1..3\nstale_save_repaired 1..3 a.enabled=true>false a.order_id=>O1\n")
		st.want("# old\n\n" + story1)
	})
}

// TestStory10Stopped: the save comes while no program runs, and the one that starts has
// written none of it.
func TestStory10Stopped(t *testing.T) {
	path := put(t, story0)
	for _, p := range [][]string{{"a", "enabled", "false"}, {"a", "order_id", "O1"}} {
		writer := start(t, "story-writer", append([]string{path}, p...)...)
		writer.end(t)
	}
	st := &story{T: t, path: path, restarts: true, opt: store.Options{Settle: 20 * time.Millisecond}}
	st.person(story0 + storyZ)
	st.events("stale_save_repaired 1..3 a.enabled=true>false a.order_id=>O1\n")
	st.want(story1 + storyZ)
	checkTidy(t, path)
}

func init() { roles["story-writer"] = storyWriter }

// storyWriter is a program that makes one change and ends.
func storyWriter(args []string) error {
	s, err := store.Open(args[0], store.Options{})
	if err == nil {
		_, err = s.Update(context.Background(), setter(args[1], args[2:]...))
	}
	return err
}

func TestStory11TrueFalseTrue(t *testing.T) {
	tell(t, store.Options{}, func(st *story) {
		st.program("a", "enabled", "false")
		st.program("a", "enabled", "true")
		st.person(story0 + storyZ)
		st.events("")
		st.want(story0 + storyZ)
	})
}

// TestStory12HistoryDamaged: whatever is in the log, or is not, nothing crashes, the save
// is not lost, and where it may take something back that is said.
func TestStory12HistoryDamaged(t *testing.T) {
	// What the commit displaced is still there, and tells of the version before.
	const unknown = "unknown_ancestor 0..1\n"
	for _, c := range []struct {
		name       string
		change     func(log []byte) []byte
		told, want string
	}{
		{"missing", func([]byte) []byte { return nil }, unknown, story0 + storyZ},
		{"empty", func([]byte) []byte { return []byte{} }, unknown, story0 + storyZ},
		{"noise", func(log []byte) []byte { return bytes.Repeat([]byte{0, 0xff, '{', '\n'}, len(log)/4) }, "unknown_ancestor 0..0\n", story0 + storyZ},
		// What the first commit displaced is still there, and is as good as the entry.
		{"first entry lost", func(log []byte) []byte { return log[bytes.IndexByte(log, '\n')+1:] }, wasRepaired, story1 + storyZ},
		{
			"first entry torn",
			func(log []byte) []byte { return append([]byte("xxxx"), log[4:]...) },
			"unknown_ancestor 2..2\nstale_save_conflict 2..2 a.order_id=>O1\n", storyHead + "a,true,O1,first\n" + storyBC + storyZ,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			tell(t, store.Options{Owned: []string{"order_id"}}, func(st *story) {
				st.write()
				st.damage(c.change)
				st.person(story0 + storyZ)
				st.start()
				st.events(c.told)
				st.want(c.want)
			})
		})
	}
}

// lastEntry takes the last entry from a log, or a piece of it, as a power cut may: a commit
// does not sync it.
var lastEntry = map[string]func(log []byte) []byte{
	"lost": func(log []byte) []byte { return log[:bytes.LastIndexByte(log[:len(log)-1], '\n')+1] },
	"torn": func(log []byte) []byte { return log[:len(log)-5] },
}

// TestStory12EndLost: a save comes before any store has seen the file after the power cut. What
// the commit wrote is nowhere then; that there was one is told, and what there is is kept.
func TestStory12EndLost(t *testing.T) {
	for name, change := range lastEntry {
		t.Run(name, func(t *testing.T) {
			for saved, want := range map[string]string{
				story0 + storyZ: "an older copy with one more row", story0: "the older copy as it was",
			} {
				st := &story{T: t, path: put(t, story0)}
				st.start()
				st.write()
				st.damage(change)
				st.person(saved)
				st.start()
				st.events("unknown_ancestor 0..1\n")
				st.want(saved)
				if kept := st.kept(); !slices.Equal(kept, []string{"read " + story0, "read " + saved}) {
					t.Errorf("%s: the history is %q", want, kept)
				}
				st.events("") // told once
				// From here on it is known what the program does.
				st.program("a", "order_id", "O2")
				st.person(saved)
				if events := st.look(); len(events) == 0 || events[len(events)-1].Kind != store.EventRepaired {
					t.Errorf("%s: %+v", want, events)
				}
			}
		})
	}
}

// TestStory12EndRegained: a store sees the file after a power cut before anybody saves, or
// the next commit has displaced what the lost one wrote: then the history is as it was.
func TestStory12EndRegained(t *testing.T) {
	for name, change := range lastEntry {
		t.Run(name, func(t *testing.T) {
			st := &story{T: t, path: put(t, story0)}
			st.start()
			st.write()
			st.damage(change)
			st.start()
			st.events("")
			st.person(story0 + storyZ)
			st.events(wasRepaired)
			st.want(story1 + storyZ)
		})
	}
	t.Run("several", func(t *testing.T) {
		st := &story{T: t, path: put(t, story0)}
		st.start()
		st.write()
		st.program("b", "order_id", "O2")
		story2 := read(t, st.path)
		st.person(story2 + storyZ)
		st.program("c", "order_id", "O3")
		story4 := read(t, st.path)
		st.damage(func([]byte) []byte { return []byte{} })
		st.start()
		st.events("")
		// Of the commit of O2 nothing is left but that there was one: a person has saved over it.
		want := []string{"read " + story0, "written " + story1, "read " + story2 + storyZ, "written " + story4}
		if kept := st.kept(); !slices.Equal(kept, want) {
			t.Errorf("the history is %q, want %q", kept, want)
		}
	})
}

// kept is the history, as origins and contents.
func (st *story) kept() (list []string) {
	st.Helper()
	versions, err := st.s.Contents()
	if err != nil {
		st.Fatal(err)
	}
	for v, content := range versions {
		list = append(list, string(v.Origin)+" "+string(content))
	}
	return list
}

// TestStory12LogLostAndTheSameAgain: numbers begin anew where the log is lost, and names of
// displaced files must not stand in the way.
func TestStory12LogLostAndTheSameAgain(t *testing.T) {
	tell(t, store.Options{}, func(st *story) {
		st.write()
		st.damage(func([]byte) []byte { return nil })
		st.person(story0)
		st.start()
		st.events("unknown_ancestor 0..1\n")
		st.write()
	})
}

// damage changes the log; nil removes it.
func (st *story) damage(change func([]byte) []byte) {
	st.Helper()
	path := filepath.Join(stateDir(st.path), "log")
	log, err := os.ReadFile(path)
	if err != nil {
		st.Fatal(err)
	}
	if log = change(log); log == nil {
		err = os.Remove(path)
	} else {
		err = os.WriteFile(path, log, 0o600)
	}
	if err != nil {
		st.Fatal(err)
	}
}
