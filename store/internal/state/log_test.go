package state_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rowkeep/rowkeep/store/internal/state"
)

// newDir makes a state directory; path is that of the records in it.
func newDir(t *testing.T) (d state.Dir, path string) {
	t.Helper()
	dir := t.TempDir()
	d = state.Beside(filepath.Join(dir, "config.csv"))
	if err := d.Create(nil); err != nil {
		t.Fatal(err)
	}
	return d, filepath.Join(dir, ".config.csv.rowkeep", "log")
}

func record(n byte) state.Record {
	digest := state.Digest{Hash: strings.Repeat(string('a'+n%6), 16), Len: int64(n)}
	return state.Record{Time: time.Unix(int64(n), 0).UTC(), Actor: "test", Base: digest, Theirs: digest, Result: digest, Changes: 1}
}

func TestRecords(t *testing.T) {
	d, _ := newDir(t)
	if _, ok, err := d.Last(); ok || err != nil {
		t.Fatalf("a record before the first (%v)", err)
	}
	for n := range byte(3) {
		if seq, _, err := d.Append(record(n)); err != nil || seq != int64(n)+1 {
			t.Fatalf("record %d is number %d (%v)", n, seq, err)
		}
	}
	want := record(2)
	want.Seq = 3
	got, ok, err := d.Last()
	if diff := cmp.Diff(want, got); !ok || err != nil || diff != "" {
		t.Errorf("last record (-want +got), %v:\n%s", err, diff)
	}
}

// A commit that did not come about leaves no record.
func TestUndoneRecord(t *testing.T) {
	d, _ := newDir(t)
	_, _, err := d.Append(record(0))
	_, undo, err2 := d.Append(record(1))
	if err := errors.Join(err, err2, undo()); err != nil {
		t.Fatal(err)
	}
	if last, _, err := d.Last(); err != nil || last.Seq != 1 {
		t.Errorf("last record is %d (%v), want 1", last.Seq, err)
	}
	if seq, _, err := d.Append(record(2)); err != nil || seq != 2 {
		t.Errorf("next record is %d (%v), want 2", seq, err)
	}
}

// However a crash cuts or fills the last record, the ones before it are read and the next
// one is numbered behind them.
func TestTornRecord(t *testing.T) {
	d, path := newDir(t)
	if _, _, err := d.Append(record(0)); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Append(record(1)); err != nil {
		t.Fatal(err)
	}
	both, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := len(whole); n < len(both); n++ {
		zeroed := append(append([]byte{}, both[:n]...), make([]byte, len(both)-n)...)
		for _, torn := range [][]byte{both[:n], zeroed} {
			if err := os.WriteFile(path, torn, 0o600); err != nil {
				t.Fatal(err)
			}
			if last, ok, err := d.Last(); err != nil || !ok || last.Seq != 1 {
				t.Fatalf("cut at %d: last record is %d (%v), want 1", n, last.Seq, err)
			}
			if seq, _, err := d.Append(record(2)); err != nil || seq != 2 {
				t.Fatalf("cut at %d: next record is %d (%v), want 2", n, seq, err)
			}
			if last, _, err := d.Last(); err != nil || last.Seq != 2 || last.Base.Len != 2 {
				t.Fatalf("cut at %d: the next record reads as %+v (%v)", n, last, err)
			}
		}
	}
}

// However large a file of records has become, not much of it is read, and a store that
// runs for long shortens it too.
func TestShortenHuge(t *testing.T) {
	d, path := newDir(t)
	if err := os.Truncate(path, 1<<40); err != nil {
		t.Skip("no sparse file of a terabyte here:", err)
	}
	if seq, undo, err := d.Append(record(1)); err != nil || seq != 1 {
		t.Fatalf("record %d (%v)", seq, err)
	} else if err := undo(); err != nil {
		t.Fatal(err)
	}
	if seq, _, err := d.Append(record(2)); err != nil || seq != 1 {
		t.Fatalf("record %d (%v)", seq, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() > 600<<10 {
		t.Errorf("%d bytes are left (%v)", info.Size(), err)
	}
	if last, _, err := d.Last(); err != nil || last.Seq != 1 {
		t.Errorf("last record is %+v (%v)", last, err)
	}
}

// Many records become fewer, and the newest are kept.
func TestShorten(t *testing.T) {
	d, path := newDir(t)
	if _, _, err := d.Append(record(0)); err != nil {
		t.Fatal(err)
	}
	line, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	many := strings.Repeat(string(line), 1+(1<<20)/len(line))
	if err := errors.Join(os.WriteFile(path, []byte(many), 0), os.Chmod(path, 0o640)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Append(record(1)); err != nil {
		t.Fatal(err)
	}
	if err := d.Shorten(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() > 600<<10 || info.Mode() != 0o640 {
		t.Errorf("%d bytes of mode %v are left (%v)", info.Size(), info.Mode(), err)
	}
	if last, _, err := d.Last(); err != nil || last.Seq != 2 || last.Base.Len != 1 {
		t.Errorf("last record is %+v (%v)", last, err)
	}
}
