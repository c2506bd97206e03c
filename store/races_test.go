//go:build unix

package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rowkeep/rowkeep/csvrows"
)

// Scenarios in which somebody else is at the file at a bad moment. Each runs on a store,
// which must keep all changes, and on what a careful program does without one, which must
// be seen to lose one: so the test can fail.

// A daemon is one who updates cells of the file: a store or a careful program.
type daemon interface {
	// update sets a cell of a row.
	update(id, column, value string) error
	// at lets somebody come in at a step, once: "look" comes before the last look, "exchange"
	// between that and the replacement, "exchanged" behind it.
	at(step string, act func())
	read() string
}

// careful reads, edits, writes a temporary file, syncs it, reads again and compares, and
// renames.
type careful struct {
	path   string
	moment func(step string)
}

func (c *careful) at(step string, act func()) {
	c.moment = func(s string) {
		if s == step {
			c.moment = func(string) {}
			act()
		}
	}
}

func (c *careful) read() string {
	data, _ := os.ReadFile(c.path)
	return string(data)
}

func (c *careful) update(id, column, value string) error {
	for {
		data, err := os.ReadFile(c.path)
		if err != nil {
			return err
		}
		f, err := csvrows.Parse(data, csvrows.Options{})
		if err != nil {
			return err
		}
		table, err := csvrows.NewTable(f)
		if err == nil && !table.Has(csvrows.Key{id}) {
			err = table.Append(csvrows.Key{id}, nil)
		}
		if err == nil {
			err = table.Set(csvrows.Key{id}, map[string]string{column: value})
		}
		if err != nil {
			return err
		}
		done, err := c.replace(data, table.Bytes())
		if done || err != nil {
			return err
		}
	}
}

func (c *careful) replace(old, data []byte) (done bool, err error) {
	temp, err := os.CreateTemp(filepath.Dir(c.path), ".careful")
	if err != nil {
		return false, err
	}
	_, err = temp.Write(data)
	if err := errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return false, err
	}
	c.moment("look")
	now, err := os.ReadFile(c.path)
	if err != nil || !bytes.Equal(now, old) {
		return false, errors.Join(err, os.Remove(temp.Name()))
	}
	c.moment("exchange")
	err = os.Rename(temp.Name(), c.path)
	c.moment("exchanged")
	return true, err
}

func (w *window) read() string {
	s, err := w.store.Snapshot(w.Context())
	if err != nil {
		w.Log(err)
	}
	return string(s.Bytes())
}

// scenario is what a scenario has at hand.
type scenario struct {
	*window
	daemon
}

// started runs something that a store may hold up, and returns when it is done, or must be
// waiting; a careful program holds up nothing. wait waits for the end.
func (s *scenario) started(act func() error) (wait func()) {
	done := make(chan error, 1)
	go func() { done <- act() }()
	waiting := time.After(20 * time.Millisecond)
	if _, plain := s.daemon.(*careful); plain {
		waiting = nil
	}
	select {
	case err := <-done:
		done <- err
	case <-waiting:
	}
	return func() {
		if err := <-done; err != nil {
			s.Error(err)
		}
	}
}

func (s *scenario) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

const orderOfA, paused = "a,true,O1,", "c,paused,,last"

var races = []struct {
	name string
	run  func(s *scenario)
	want []string // lines that must be there in the end
}{
	{"R1 an editor saves in place", func(s *scenario) {
		wait := func() {}
		s.daemon.at("exchange", func() {
			wait = s.started(func() error { return appendTo(s.path, os.O_WRONLY, windowRowD) })
		})
		s.must(s.daemon.update("a", "order_id", "O1"))
		wait()
	}, []string{orderOfA, windowRowD}},
	{"R3 an editor renames a new file in", func(s *scenario) {
		s.daemon.at("exchange", func() { s.rename(windowRows + windowRowD) })
		s.must(s.daemon.update("a", "order_id", "O1"))
	}, []string{orderOfA, windowRowD}},
	{"R4 an editor truncates and writes slowly", func(s *scenario) {
		f, err := os.OpenFile(s.path, os.O_WRONLY|os.O_TRUNC, 0)
		s.must(err)
		half := len(windowRows) / 2
		_, err = f.WriteString(windowRows[:half])
		s.must(err)
		wait := s.started(func() error { return s.daemon.update("a", "order_id", "O1") })
		_, err = f.WriteString(windowRows[half:] + windowRowD)
		s.must(errors.Join(err, f.Close()))
		wait()
	}, []string{orderOfA, "c,true,,last", windowRowD}},
	{"R5 somebody writes between the last check and the rename", func(s *scenario) {
		s.daemon.at("exchange", func() { s.rename(strings.Replace(windowRows, "c,true", "c,paused", 1)) })
		s.must(s.daemon.update("a", "order_id", "O1"))
	}, []string{orderOfA, paused}},
	{"R6 an editor holds the file open across the commit", func(s *scenario) {
		f, err := os.OpenFile(s.path, os.O_WRONLY|os.O_APPEND, 0)
		s.must(err)
		wait := s.started(func() error { return s.daemon.update("a", "order_id", "O1") })
		_, err = f.WriteString(windowRowD)
		s.must(errors.Join(err, f.Close()))
		wait()
	}, []string{orderOfA, windowRowD}},
	{"R7 two programs", func(s *scenario) {
		other := s.other()
		wait := func() {}
		s.daemon.at("exchange", func() { wait = s.started(func() error { return other.update("b", "order_id", "O2") }) })
		s.must(s.daemon.update("a", "order_id", "O1"))
		wait()
	}, []string{orderOfA, "b,true,O2,"}},
	{"R9 a reader beside a slow writer", func(s *scenario) {
		s.daemon.read()
		f, err := os.OpenFile(s.path, os.O_WRONLY|os.O_TRUNC, 0)
		s.must(err)
		var saw string
		wait := s.started(func() error { saw = s.daemon.read(); return nil })
		_, err = f.WriteString(windowRows)
		s.must(errors.Join(err, f.Close()))
		wait()
		if saw != windowRows {
			s.rename(saw) // what it saw is what it goes by
		}
	}, []string{"c,true,,last"}},
	{"R10 an editor saves an old buffer", func(s *scenario) {
		s.must(s.daemon.update("a", "order_id", "O1"))
		s.save(windowRows + windowRowD)
		s.must(s.daemon.update("b", "note", "x"))
	}, []string{orderOfA, windowRowD}},
	{"R11 the same editor saves again", func(s *scenario) {
		s.must(s.daemon.update("a", "order_id", "O1"))
		s.save(windowRows + windowRowD)
		s.must(s.daemon.update("b", "note", "x"))
		s.save(windowRows + windowRowD + "e,true,,more\n")
		s.must(s.daemon.update("b", "note", "y"))
	}, []string{orderOfA, windowRowD, "e,true,,more"}},
	{"R24 the displaced file conflicts", func(s *scenario) {
		s.daemon.at("exchange", func() {
			s.rename(strings.NewReplacer("a,true,,", "a,true,X9,", "c,true", "c,paused").Replace(windowRows))
		})
		var commit *CommitError
		if err := s.daemon.update("a", "order_id", "O1"); errors.As(err, &commit) && commit.Outcome != ConflictPending {
			s.Error(err)
		}
	}, []string{"a,true,X9,", paused}},
}

// other is another one of the same kind.
func (s *scenario) other() daemon {
	if c, ok := s.daemon.(*careful); ok {
		return &careful{path: c.path, moment: func(string) {}}
	}
	w := &window{T: s.T, path: s.path}
	w.open(Options{})
	return w
}

func TestRaces(t *testing.T) {
	for _, r := range races {
		t.Run(r.name, func(t *testing.T) {
			if missing := race(t, r.run, r.want, false); len(missing) > 0 {
				t.Errorf("the store loses %q", missing)
			}
			if missing := race(t, r.run, r.want, true); len(missing) == 0 {
				t.Error("a careful program loses nothing either: the scenario shows nothing")
			}
		})
	}
}

// race plays a scenario and returns the lines that are missing in the end.
func race(t *testing.T, run func(*scenario), want []string, plain bool) (missing []string) {
	t.Helper()
	w := newWindow(t, Options{})
	s := &scenario{window: w, daemon: w}
	if plain {
		s.daemon = &careful{path: w.path, moment: func(string) {}}
	}
	run(s)
	if !plain {
		if _, err := w.store.Repair(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(w.path)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range want {
		if !strings.Contains(string(data), line) {
			missing = append(missing, line)
		}
	}
	return missing
}

// What a store knows of a file outlasts the program: a save from before its commit is
// mended by the next program, the person is told in the file, and wins if he goes on from
// there.
func TestStaleSaveAcrossARestart(t *testing.T) {
	opt := Options{Owned: []string{"order_id"}, Notice: true}
	w := newWindow(t, opt)
	if err := w.update("a", "order_id", "O1"); err != nil {
		t.Fatal(err)
	}
	if err := w.update("a", "enabled", "false"); err != nil {
		t.Fatal(err)
	}
	w.save(windowRows + windowRowD)
	w.open(opt)
	r, err := w.store.Repair(t.Context())
	if err != nil || len(r.Events) == 0 || r.Events[0].Kind != EventRepaired {
		t.Fatalf("%+v, %v, want a repair", r, err)
	}
	mended := w.read()
	if !strings.Contains(mended, "a,false,O1,") || !strings.Contains(mended, windowRowD) || !strings.Contains(mended, "# re-applied ") {
		t.Fatalf("the file is %q", mended)
	}
	w.save(strings.Replace(mended, "a,false,O1,", "a,true,O1,", 1))
	w.open(opt)
	if _, err := w.store.Repair(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.read(); got != windowO1+windowRowD {
		t.Errorf("the file is %q: the person has not won", got)
	}
}

// A person who says so wins against everything.
func TestAcceptWins(t *testing.T) {
	w := newWindow(t, Options{Owned: []string{"order_id"}})
	if err := w.update("a", "order_id", "O1"); err != nil {
		t.Fatal(err)
	}
	w.save(windowRows)
	if err := w.store.Accept(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.open(Options{Owned: []string{"order_id"}})
	if r, err := w.store.Repair(t.Context()); err != nil || r.Written {
		t.Errorf("%+v, %v", r, err)
	}
	w.want(windowRows)
}
