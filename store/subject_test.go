//go:build unix

package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/store/internal/state"
)

// A subject is a program that changes the file: with the store, or without. Without, it must
// come to grief in the scenarios that are told of it, or else these show nothing.
type subject interface {
	// update sets cells of a row, by column and value, in what stands in the file.
	update(id string, cells ...string) error
	// read is what the program takes for its configuration.
	read() ([]byte, error)
	// at lets somebody come in at a step, once: "prepare" after the file was read and before
	// the last look at it, "exchange" after that look, "exchanged" after the commit point.
	at(step string, act func())
	// waits calls act whenever the program waits for somebody who writes.
	waits(act func())
}

// errLost is what a scenario returns where an edit is in no version that anybody could
// find, or where half a file was taken for a whole one.
var errLost = errors.New("lost")

// A race is a file, the program, and somebody else (X) who knows nothing of the program.
type race struct {
	*window
	program subject
	log     *waitLog // nil for the plain program
	kept    []string // whole versions that X saved, and that must not be lost
	mode    fs.FileMode
}

// bounded is longer than any scenario takes.
const bounded = time.Minute

// newRace is a race of the store.
func newRace(t *testing.T, opt Options) *race {
	t.Helper()
	r := &race{log: &waitLog{act: func() {}}, mode: 0o640}
	opt.Logger = slog.New(r.log)
	if opt.Wait == 0 {
		opt.Wait = bounded
	}
	r.window = &window{T: t, path: filepath.Join(t.TempDir(), "config.csv")}
	r.save(windowRows)
	if err := os.Chmod(r.path, r.mode); err != nil {
		t.Fatal(err)
	}
	r.open(opt)
	r.program = r
	return r
}

// newPlainRace is a race of a program without the store.
func newPlainRace(t *testing.T, look look) *race {
	t.Helper()
	r := &race{window: &window{T: t, path: filepath.Join(t.TempDir(), "config.csv")}}
	r.save(windowRows)
	r.program = &plain{path: r.path, look: look, moment: func(string) {}}
	return r
}

func (r *race) read() ([]byte, error) {
	snap, err := r.store.Snapshot(r.Context())
	return snap.Bytes(), err
}

func (r *race) waits(act func()) { r.log.set(act) }

func (r *race) update(id string, cells ...string) error {
	_, err := r.store.Update(r.Context(), setting(id, cells...))
	return err
}

// another is a second program like the first.
func (r *race) another() subject {
	if r.store == nil {
		return &plain{path: r.path, look: lookBytes, moment: func(string) {}}
	}
	second := &race{window: &window{T: r.T, path: r.path}, log: &waitLog{act: func() {}}}
	second.open(Options{Wait: bounded})
	return second
}

// setting sets cells of a row, by column and value.
func setting(id string, cells ...string) func(*Tx) error {
	return func(tx *Tx) error { return tx.Set(csvrows.Key{id}, pairs(cells)) }
}

func pairs(cells []string) map[string]string {
	m := make(map[string]string)
	for i := 0; i < len(cells); i += 2 {
		m[cells[i]] = cells[i+1]
	}
	return m
}

// rename renames a new file in that has the mode of the old one.
func (r *race) rename(content string) {
	r.Helper()
	r.renameAs(content, time.Time{})
}

// renameAs is rename with a time that the file pretends to be of.
func (r *race) renameAs(content string, modified time.Time) {
	r.Helper()
	info, err := os.Stat(r.path)
	if err != nil {
		r.Fatal(err)
	}
	temp := r.path + "~"
	err = errors.Join(os.WriteFile(temp, []byte(content), 0o600), os.Chmod(temp, info.Mode()))
	if err == nil && !modified.IsZero() {
		err = os.Chtimes(temp, modified, modified)
	}
	if err = errors.Join(err, os.Rename(temp, r.path)); err != nil {
		r.Fatal(err)
	}
}

// slowly truncates the file. Each call of next writes a part, and the one that finds none
// left closes the file; it returns false where that was done before.
func (r *race) slowly(parts ...string) (next func() bool) {
	r.Helper()
	f, err := os.OpenFile(r.path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		r.Fatal(err)
	}
	return func() bool {
		switch {
		case f == nil:
			return false
		case len(parts) == 0:
			err, f = f.Close(), nil
		default:
			_, err = f.WriteString(parts[0])
			parts = parts[1:]
		}
		if err != nil {
			r.Error(err)
		}
		return true
	}
}

// needs skips what the store does not promise where the file lies.
func (r *race) needs(promised func(Guarantee) bool, what string) {
	r.Helper()
	if r.store == nil {
		return
	}
	g, err := r.store.Guarantee()
	if err != nil {
		r.Fatal(err)
	}
	if !promised(g) {
		r.Skipf("SKIPPED: no %s here", what)
	}
}

// keep is a version that X saved whole: it must be found in the end.
func (r *race) keep(content string) string {
	r.kept = append(r.kept, content)
	return content
}

// set is an update that must come about.
func (r *race) set(id string, cells ...string) {
	r.Helper()
	if err := r.program.update(id, cells...); err != nil {
		r.Fatal(err)
	}
}

// beside lets X act while the program is in a step. The store may make X wait until the
// step is over, so it waits for X a moment only; if X comes later the test shows less. X
// is done when end returns.
func (r *race) beside(act func()) (end func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		act()
	}()
	end = func() { <-done }
	if r.store == nil {
		end()
		return end
	}
	select {
	case <-done:
	case <-time.After(20 * time.Millisecond):
	}
	return end
}

// holds asks whether the file is what it must be.
func (r *race) holds(content string) error {
	r.Helper()
	data, err := os.ReadFile(r.path)
	if err != nil {
		r.Fatal(err)
	}
	if string(data) != content {
		return fmt.Errorf("%w: the file is\n%s\nwant\n%s", errLost, data, content)
	}
	return nil
}

// must is holds where the store is the subject.
func (r *race) must(content string) {
	r.Helper()
	if err := r.holds(content); err != nil {
		r.Error(err)
	}
}

// raceNames are the names that stay in a state directory.
var raceNames = regexp.MustCompile(`^(\.gitignore|lock|log|spare[0-9]+|whole-[0-9a-f]{16}|[0-9]+-[0-9a-f]{16}-[0-9a-f]{16})$`)

// checkRace is how scenarios of the store end: whatever happened, the general duties hold.
func (r *race) checkRace() {
	r.Helper()
	target, err := filepath.EvalSymlinks(r.path)
	if err != nil {
		r.Fatal(err)
	}
	dir := state.Beside(target)
	entries, err := os.ReadDir(dir.Path())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.Fatal(err)
	}
	for _, e := range entries {
		if !raceNames.MatchString(e.Name()) {
			r.Errorf("left over: %s", e.Name())
		}
	}
	if info, err := os.Stat(target); err != nil || info.Mode() != r.mode {
		r.Errorf("mode %v (%v), want %v", info.Mode(), err, r.mode)
	}
	r.checkKept(dir)
	ctx, cancel := context.WithTimeout(r.Context(), bounded)
	defer cancel()
	again, err := Open(r.path, Options{Read: r.store.opt.Read})
	if err == nil {
		_, err = again.Update(ctx, func(*Tx) error { return nil })
	}
	if err != nil {
		r.Errorf("an update of nothing: %v", err)
	}
}

// checkKept looks for what X saved: it is a version of the history.
func (r *race) checkKept(dir state.Dir) {
	r.Helper()
	h, err := dir.Since(0)
	if err != nil {
		r.Fatal(err)
	}
	for _, content := range r.kept {
		if !bytes.Equal(h.Find(state.DigestOf([]byte(content))), []byte(content)) {
			r.Errorf("no version of the history is what was saved:\n%s", content)
		}
	}
}

// A reader reads the path all the time, as any program may.
type reader struct {
	stop chan struct{}
	done chan struct{}
	seen map[string]bool
	err  error
}

// reader starts one.
func (r *race) reader() *reader {
	rd := &reader{stop: make(chan struct{}), done: make(chan struct{}), seen: map[string]bool{}}
	go func() {
		defer close(rd.done)
		for rd.err == nil {
			select {
			case <-rd.stop:
				return
			default:
			}
			var data []byte
			if data, rd.err = os.ReadFile(r.path); rd.err == nil {
				rd.seen[string(data)] = true
			}
		}
	}()
	return rd
}

// sawWhole ends a reader: what it saw are versions, of X or of the history.
func (r *race) sawWhole(rd *reader) {
	r.Helper()
	close(rd.stop)
	<-rd.done
	if rd.err != nil {
		r.Errorf("a reader: %v", rd.err)
	}
	h, err := state.Beside(r.path).Since(0)
	if err != nil {
		r.Fatal(err)
	}
	for content := range rd.seen {
		if !slices.Contains(r.kept, content) && h.Find(state.DigestOf([]byte(content))) == nil {
			r.Errorf("a reader saw what is no version:\n%s", content)
		}
	}
}

// A waitLog is told when the store waits for somebody who writes.
type waitLog struct {
	mu  sync.Mutex
	act func()
}

func (l *waitLog) set(act func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.act = act
}

func (l *waitLog) Enabled(context.Context, slog.Level) bool { return true }
func (l *waitLog) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *waitLog) WithGroup(string) slog.Handler            { return l }

// Handle takes what is said for debugging for waiting: nothing else is.
func (l *waitLog) Handle(_ context.Context, record slog.Record) error {
	if record.Level == slog.LevelDebug {
		l.mu.Lock()
		act := l.act
		l.mu.Unlock()
		act()
	}
	return nil
}

// plain is what a careful engineer writes who has no store: a change is made to what stands
// in the file, written to a temporary file, synced, and renamed over it if a last look
// shows that the file is as it was read; else all starts anew.
type plain struct {
	path   string
	look   look
	moment func(step string)
}

// A look tells whether a file is as it was.
type look func(path string, was []byte, at fs.FileInfo) (same bool, err error)

// lookNot is that of a program which reads, and then writes.
func lookNot(string, []byte, fs.FileInfo) (bool, error) { return true, nil }

// lookStamp compares what make(1) would.
func lookStamp(path string, _ []byte, at fs.FileInfo) (bool, error) {
	info, err := os.Stat(path)
	return err == nil && info.Size() == at.Size() && info.ModTime().Equal(at.ModTime()), err
}

// lookBytes reads the file once more.
func lookBytes(path string, was []byte, _ fs.FileInfo) (bool, error) {
	data, err := os.ReadFile(path)
	return err == nil && bytes.Equal(data, was), err
}

func (p *plain) update(id string, cells ...string) error {
	for range mostTries {
		if same, err := p.try(id, cells); same || err != nil {
			return err
		}
	}
	return ErrContended
}

func (p *plain) try(id string, cells []string) (same bool, err error) {
	at, err := os.Stat(p.path)
	if err != nil {
		return false, err
	}
	was, err := os.ReadFile(p.path)
	if err != nil {
		return false, err
	}
	content, err := p.edit(was, id, cells)
	if err != nil {
		return false, err
	}
	temp, err := p.write(content, at.Mode())
	if err != nil {
		return false, err
	}
	p.moment("prepare")
	if same, err = p.look(p.path, was, at); !same || err != nil {
		return same, errors.Join(err, os.Remove(temp))
	}
	p.moment("exchange")
	if err := os.Rename(temp, p.path); err != nil {
		return false, err
	}
	p.moment("exchanged")
	return true, nil
}

// edit uses the same table as the store: it is not what is tested here.
func (p *plain) edit(was []byte, id string, cells []string) ([]byte, error) {
	snap, err := newSnapshot(was, csvrows.Options{})
	if err != nil {
		return nil, err
	}
	table, err := snap.Table()
	if err == nil {
		err = table.Set(csvrows.Key{id}, pairs(cells))
	}
	if err != nil {
		return nil, err
	}
	return table.Bytes(), nil
}

func (p *plain) write(content []byte, mode fs.FileMode) (name string, err error) {
	temp, err := os.CreateTemp(filepath.Dir(p.path), ".temp")
	if err != nil {
		return "", err
	}
	_, err = temp.Write(content)
	return temp.Name(), errors.Join(err, temp.Chmod(mode), temp.Sync(), temp.Close())
}

func (p *plain) read() ([]byte, error) { return os.ReadFile(p.path) }

func (p *plain) at(step string, act func()) {
	p.moment = func(s string) {
		if s == step {
			p.moment = func(string) {}
			act()
		}
	}
}

// waits: it never does.
func (p *plain) waits(func()) {}

// told replaces pairs in the rows that the scenarios begin with.
func toldEvents(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(windowRows) }
