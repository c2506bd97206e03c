//go:build unix

package store

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store/internal/state"
)

// The scenarios of a program (P) with the store and somebody (X) without, each with its
// table of times forced. Those of TestRaces also run with a plain program, which must fail.
var races = []struct {
	name string
	run  func(*race) error
	// plain is how the program without the store looks at the file before it writes. It
	// is the most careful one that the scenario defeats.
	plain look
}{
	{"R01", inPlaceBetweenReadAndWrite, lookNot},
	{"R03", renamedBetweenReadAndWrite, lookNot},
	{"R03/same size and time", sameSizeAndTime, lookStamp},
	{"R04", slowWriter, lookBytes},
	{"R05/in place", inPlaceAfterTheLastLook, lookBytes},
	{"R05/truncated", truncatedAfterTheLastLook, lookBytes},
	{"R05/by rename", renamedAfterTheLastLook, lookBytes},
	{"R06", heldOpenAcross, lookBytes},
	{"R06/opened in the window", openedAfterTheLastLook, lookBytes},
	{"R07", twoPrograms, lookBytes},
	{"R09", readHalf, lookBytes},
	{"R10", staleBuffer, lookBytes},
	{"R11", staleBufferAgain, lookBytes},
	{"R24", displacedConflicts, lookBytes},
}

func TestRaces(t *testing.T) {
	for _, c := range races {
		t.Run(c.name, func(t *testing.T) {
			t.Run("store", func(t *testing.T) {
				r := newRace(t, Options{Settle: defaultSettle})
				if err := c.run(r); err != nil {
					t.Error(err)
				}
				r.checkRace()
			})
			t.Run("plain", func(t *testing.T) {
				if err := c.run(newPlainRace(t, c.plain)); !errors.Is(err, errLost) {
					t.Errorf("error %v: this shows nothing, as a program without the store survives it", err)
				}
			})
		})
	}
}

// P reads, X adds a row in place, P writes.
func inPlaceBetweenReadAndWrite(r *race) error {
	r.program.at("prepare", func() { r.save(r.keep(windowRows + windowRowD)) })
	r.set("a", "enabled", "false")
	return r.holds(toldEvents("a,true", "a,false") + windowRowD)
}

// P reads, X renames a new file in, P writes.
func renamedBetweenReadAndWrite(r *race) error {
	r.program.at("prepare", func() { r.rename(r.keep(windowRows + windowRowD)) })
	r.set("a", "enabled", "false")
	return r.holds(toldEvents("a,true", "a,false") + windowRowD)
}

// As before, but the new file has size and time of the old.
func sameSizeAndTime(r *race) error {
	info, err := os.Stat(r.path)
	if err != nil {
		r.Fatal(err)
	}
	r.program.at("prepare", func() { r.renameAs(r.keep(toldEvents("last", "late")), info.ModTime()) })
	r.set("a", "enabled", "false")
	return r.holds(toldEvents("a,true", "a,false", "last", "late"))
}

// X truncates the file and writes a half of it; P changes what it takes for the file; X
// writes the rest.
func slowWriter(r *race) error {
	next := r.slowly(halves(r.keep(windowRows + windowRowD))...)
	next()
	r.program.waits(func() { next() })
	r.set("a", "order_id", "O1")
	for next() {
	}
	r.set("b", "order_id", "O2")
	return r.holds(toldEvents("a,true,,", "a,true,O1,", "b,true,,", "b,true,O2,") + windowRowD)
}

// halves cuts where a row begins, so that the first half can be taken for a file.
func halves(content string) []string {
	i := strings.Index(content, "c,")
	return []string{content[:i], content[i:]}
}

// X appends a row between P's last look and P's rename.
func inPlaceAfterTheLastLook(r *race) error {
	end := func() {}
	r.program.at("exchange", func() { end = r.beside(func() { r.append(windowRowD) }) })
	r.set("a", "order_id", "O1")
	end()
	return r.holds(toldEvents("a,true,,", "a,true,O1,") + windowRowD)
}

func (r *race) append(row string) {
	f, err := os.OpenFile(r.path, os.O_WRONLY|os.O_APPEND, 0)
	if err == nil {
		_, err = f.WriteString(row)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		r.Error(err)
	}
}

// X writes its whole buffer at that moment.
func truncatedAfterTheLastLook(r *race) error {
	end := func() {}
	r.program.at("exchange", func() { end = r.beside(func() { r.save(windowRows + windowRowD) }) })
	r.set("a", "order_id", "O1")
	end()
	r.set("b", "order_id", "O2")
	return r.holds(toldEvents("a,true,,", "a,true,O1,", "b,true,,", "b,true,O2,") + windowRowD)
}

// X renames a new file in at that moment.
func renamedAfterTheLastLook(r *race) error {
	r.needs(func(g Guarantee) bool { return g.Exchange }, "exchange of names")
	r.program.at("exchange", func() { r.rename(r.keep(windowRows + windowRowD)) })
	r.set("a", "order_id", "O1")
	return r.holds(toldEvents("a,true,,", "a,true,O1,") + windowRowD)
}

// X has the file open while P renames, and only then truncates and writes it.
func heldOpenAcross(r *race) error {
	f, err := os.OpenFile(r.path, os.O_WRONLY, 0)
	if err != nil {
		r.Fatal(err)
	}
	write := sync.OnceFunc(func() {
		_, err := f.WriteString(windowRows + windowRowD)
		if err := errors.Join(err, f.Close()); err != nil {
			r.Error(err)
		}
	})
	r.program.waits(write)
	r.set("a", "order_id", "O1")
	write()
	r.set("b", "order_id", "O2")
	return r.holds(toldEvents("a,true,,", "a,true,O1,", "b,true,,", "b,true,O2,") + windowRowD)
}

// X opens the file between P's last look and P's rename, and writes when P is done or
// waits for it. It gets the file that it asked for: nobody has to find its row elsewhere.
func openedAfterTheLastLook(r *race) error {
	r.needs(func(g Guarantee) bool { return g.Lease }, "leases")
	var f *os.File
	var err error
	opened := func() {}
	r.program.at("exchange", func() {
		opened = r.beside(func() { f, err = os.OpenFile(r.path, os.O_WRONLY|os.O_APPEND, 0) })
	})
	write := sync.OnceFunc(func() {
		if opened(); err == nil {
			_, err = f.WriteString(windowRowD)
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			r.Error(err)
		}
	})
	r.program.waits(write)
	r.set("a", "order_id", "O1")
	write()
	return r.holds(toldEvents("a,true,,", "a,true,O1,") + windowRowD)
}

// Two programs change the file, the second one in the window of the first.
func twoPrograms(r *race) error {
	second, end := r.another(), func() {}
	var err error
	r.program.at("exchange", func() { end = r.beside(func() { err = second.update("b", "order_id", "O2") }) })
	r.set("a", "order_id", "O1")
	if end(); err != nil {
		r.Fatal(err)
	}
	return r.holds(toldEvents("a,true,,", "a,true,O1,", "b,true,,", "b,true,O2,"))
}

// P reads its configuration while X writes.
func readHalf(r *race) error {
	content := windowRows + windowRowD
	next := r.slowly(halves(content)...)
	next()
	r.program.waits(func() { next() })
	got, err := r.program.read()
	if err != nil {
		r.Fatal(err)
	}
	for next() {
	}
	if string(got) != content {
		return fmt.Errorf("%w: the program takes this for the file:\n%s", errLost, got)
	}
	return nil
}

// X loaded the file before P wrote, and saves its whole buffer after.
func staleBuffer(r *race) error {
	r.set("c", "note", "first")
	loaded := toldEvents("last", "first")
	r.set("a", "enabled", "false", "order_id", "O1")
	r.save(r.keep(loaded + windowRowD))
	r.set("b", "note", "next")
	return r.holds(toldEvents("last", "first", "a,true,,", "a,false,O1,", "b,true,,", "b,true,,next") + windowRowD)
}

// X saves again and again without reading what P made of it.
func staleBufferAgain(r *race) error {
	r.set("a", "enabled", "false", "order_id", "O1")
	buffer := windowRows
	for _, row := range []string{"z,true,,1\n", "y,true,,2\n", "x,true,,3\n"} {
		buffer += row
		r.save(r.keep(buffer))
		r.set("b", "note", "after "+row[:1])
	}
	return r.holds(strings.NewReplacer("a,true,,", "a,false,O1,", "b,true,,", "b,true,,after x").Replace(buffer))
}

// X renames a version in, in the window, that changes the very cell P changed. X's value
// stands, P's is pending, and what does not conflict is there.
func displacedConflicts(r *race) error {
	r.needs(func(g Guarantee) bool { return g.Exchange }, "exchange of names")
	r.program.at("exchange", func() { r.rename(r.keep(toldEvents("a,true,,", "a,paused,,theirs"))) })
	err := r.program.update("a", "enabled", "false", "order_id", "O1")
	if r.store == nil && err != nil {
		r.Fatal(err)
	}
	if r.store != nil {
		r.pending(err, "enabled")
	}
	return r.holds(toldEvents("a,true,,", "a,paused,O1,theirs"))
}

// pending asks of a commit's error whether it stands but for a conflict in a column of
// row a, which is kept.
func (r *race) pending(err error, column string) {
	r.Helper()
	var commit *CommitError
	var conflict *merge.ConflictError
	if !errors.As(err, &commit) || commit.Outcome != ConflictPending || !errors.As(err, &conflict) {
		r.Fatalf("error %v, want a conflict that is pending", err)
	}
	if len(conflict.Conflicts) != 1 || conflict.Conflicts[0].Column != column {
		r.Errorf("conflicts %+v", conflict.Conflicts)
	}
	if !slices.ContainsFunc(r.entries(), func(e state.Entry) bool { return e.Kind == state.Conflict }) {
		r.Error("the history keeps no conflict")
	}
}
