package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/store"
)

const historyRows = "id,v\na,0\nb,0\n"

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func openStore(t *testing.T, path string, opt store.Options) *store.Store {
	t.Helper()
	if opt.Settle == 0 {
		opt.Settle = 50 * time.Millisecond
	}
	s, err := store.Open(path, opt)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func set(t *testing.T, s *store.Store, id, v string) *store.Receipt {
	t.Helper()
	receipt, err := s.Update(t.Context(), func(tx *store.Tx) error {
		return tx.Set(csvrows.Key{id}, map[string]string{"v": v})
	})
	if err != nil {
		t.Fatal(err)
	}
	return receipt
}

// versionTexts are the versions as "number origin content".
func versionTexts(t *testing.T, s *store.Store) (list []string) {
	t.Helper()
	versions, err := s.History()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range versions {
		data, err := s.Version(v.Seq)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, fmt.Sprintf("%d %s %s", v.Seq, v.Origin, data))
	}
	return list
}

// What was read and what was written are versions, by whom, and from what.
func TestHistory(t *testing.T) {
	path := put(t, historyRows)
	s := openStore(t, path, store.Options{Actor: "test"})
	if list, err := s.History(); err != nil || len(list) > 0 {
		t.Fatalf("before the first commit: %v (%v)", list, err)
	}
	set(t, s, "a", "1")
	write(t, path, "id,v\na,1\nb,0\nc,0\n")
	tx, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, "id,v\na,1\nb,0\nc,9\n")
	if err := tx.Set(csvrows.Key{"b"}, map[string]string{"v": "2"}); err != nil {
		t.Fatal(err)
	}
	receipt, err := tx.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"1 read " + historyRows, "2 written id,v\na,1\nb,0\n", "3 read id,v\na,1\nb,0\nc,9\n", "4 written id,v\na,1\nb,2\nc,9\n",
	}
	if diff := cmp.Diff(want, versionTexts(t, s)); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
	list, err := s.History()
	if err != nil {
		t.Fatal(err)
	}
	last := list[3]
	if last.Seq != receipt.Seq || last.Digest != receipt.Result || last.Base != receipt.Base || last.Theirs != receipt.Theirs ||
		!last.Merged || last.Actor != "test" || !last.Time.Equal(receipt.Time) {
		t.Errorf("the last version is %+v, its receipt %+v", last, receipt)
	}
	if list[2].Actor != "" {
		t.Errorf("what others wrote is by %q", list[2].Actor)
	}
	for _, seq := range []int64{-1, 0, 5} {
		if _, err := s.Version(seq); !errors.Is(err, store.ErrNoVersion) {
			t.Errorf("version %d: %v", seq, err)
		}
	}
	checkTidy(t, path)
}

// A restored version stands, also after a save of somebody who knew it long ago.
func TestRestore(t *testing.T) {
	path := put(t, historyRows)
	s := openStore(t, path, store.Options{Owned: []string{"v"}})
	set(t, s, "a", "1")
	set(t, s, "b", "1")
	receipt, err := s.Restore(t.Context(), 1)
	if err != nil || !receipt.Written {
		t.Fatal(receipt, err)
	}
	if got := read(t, path); got != historyRows {
		t.Errorf("restored is %q", got)
	}
	if again, err := s.Restore(t.Context(), 1); err != nil || again.Written {
		t.Errorf("once more: %+v (%v)", again, err)
	}
	s = openStore(t, path, store.Options{}) // by another program
	if receipt, err := s.Repair(t.Context()); err != nil || receipt.Written {
		t.Errorf("something was repaired: %+v (%v)", receipt, err)
	}
	write(t, path, historyRows+"c,0\n")
	if receipt, err := s.Repair(t.Context()); err != nil || receipt.Written {
		t.Errorf("something was repaired: %+v (%v)", receipt, err)
	}
	if got := read(t, path); got != historyRows+"c,0\n" {
		t.Errorf("then the file is %q", got)
	}
	list, err := s.History()
	if err != nil || !list[3].Accepted {
		t.Errorf("version 4 is %+v (%v)", list[3], err)
	}
	if receipt, err := s.Restore(t.Context(), 3); err != nil || read(t, path) != "id,v\na,1\nb,1\n" {
		t.Errorf("what was there before the restore: %+v (%v)", receipt, err)
	}
	if _, err := s.Restore(t.Context(), 99); !errors.Is(err, store.ErrNoVersion) {
		t.Error(err)
	}
	checkTidy(t, path)
}

// A file that is damaged or missing is what one restores; what stood there is kept.
func TestRestoreOfDamaged(t *testing.T) {
	for _, damaged := range []string{historyRows + "c,\"", "", "id,v\na,", "id,v\n<<<<<<< ours\n", "none"} {
		t.Run(damaged, func(t *testing.T) {
			path := put(t, historyRows)
			s := openStore(t, path, store.Options{})
			set(t, s, "a", "1")
			if damaged == "none" {
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			} else {
				write(t, path, damaged)
			}
			receipt, err := s.Restore(t.Context(), 2)
			if err != nil || !receipt.Written || receipt.Result != (store.Digest{Hash: receipt.Result.Hash, Len: 13}) {
				t.Fatal(receipt, err)
			}
			if got := read(t, path); got != "id,v\na,1\nb,0\n" {
				t.Errorf("the file is %q", got)
			}
			if texts := versionTexts(t, s); damaged != "none" && texts[2] != "3 read "+damaged {
				t.Errorf("versions are %q", texts)
			}
			set(t, s, "b", "1")
			if got := read(t, path); got != "id,v\na,1\nb,1\n" {
				t.Errorf("then the file is %q", got)
			}
			checkTidy(t, path)
		})
	}
}

// A file that somebody is writing is not restored over.
func TestRestoreWhileWritten(t *testing.T) {
	path := put(t, historyRows)
	s := openStore(t, path, store.Options{})
	set(t, s, "a", "1")
	if g, err := s.Guarantee(); err != nil || !g.Lease {
		t.Skip("nothing tells here who writes the file")
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		t.Fatal(err)
	}
	hasty := openStore(t, path, store.Options{Wait: 10 * time.Millisecond})
	if _, err := hasty.Restore(t.Context(), 1); !errors.Is(err, store.ErrUnsettled) {
		t.Errorf("error %v, want ErrUnsettled", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Restore(t.Context(), 1); err != nil {
		t.Error(err)
	}
	checkTidy(t, path)
}

// kinds are those of what Check finds.
func kinds(t *testing.T, s *store.Store) (list []store.FindingKind) {
	t.Helper()
	found, err := s.Check()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		list = append(list, f.Kind)
	}
	return list
}

// Each kind of damage is found, and nothing where nothing is wrong.
func TestCheck(t *testing.T) {
	displaced := func(path, pattern string) []string {
		names, err := filepath.Glob(filepath.Join(stateDir(path), pattern))
		if err != nil || len(names) == 0 {
			t.Fatal(names, err)
		}
		return names
	}
	flip := func(path, text string) error {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		data[bytes.Index(data, []byte(text))] ^= 1
		return os.WriteFile(path, data, 0o600)
	}
	for name, tt := range map[string]struct {
		damage func(path string) error
		want   []store.FindingKind
	}{
		"nothing": {func(string) error { return nil }, nil},
		"a line of the log": {func(path string) error {
			return flip(filepath.Join(stateDir(path), "log"), `"seq":3`)
		}, []store.FindingKind{store.FindDamagedLine}},
		"content": {func(path string) error {
			err := flip(filepath.Join(stateDir(path), "log"), `"seq":1`)
			for _, name := range displaced(path, "[23]-*") {
				err = errors.Join(err, os.Remove(name))
			}
			return err
		}, []store.FindingKind{store.FindDamagedLine, store.FindUnknownContent, store.FindUnknownContent}},
		"a late write": {func(path string) error {
			return os.WriteFile(displaced(path, "2-*")[0], []byte("id,v\na,0\nb,0\nlate,0\n"), 0o600)
		}, []store.FindingKind{store.FindStray}},
		"a temporary file": {func(path string) error {
			return os.WriteFile(filepath.Join(stateDir(path), ".temp123"), nil, 0o600)
		}, []store.FindingKind{store.FindLeftOver}},
		"mode": {func(path string) error {
			return errors.Join(os.Chmod(stateDir(path), 0o755), os.Chmod(path, 0o644))
		}, []store.FindingKind{store.FindMode}},
		"owner": {func(path string) error {
			if os.Geteuid() != 0 {
				return errors.ErrUnsupported
			}
			return os.Chown(stateDir(path), 65534, 65534)
		}, []store.FindingKind{store.FindOwner}},
	} {
		t.Run(name, func(t *testing.T) {
			path := put(t, historyRows)
			s := openStore(t, path, store.Options{})
			if got := kinds(t, s); got != nil {
				t.Errorf("without a state directory: %v", got)
			}
			set(t, s, "a", "1")
			set(t, s, "b", "1")
			switch err := tt.damage(path); {
			case errors.Is(err, errors.ErrUnsupported):
				t.Skip("only root can give files away")
			case err != nil:
				t.Fatal(err)
			}
			if got := kinds(t, s); !cmp.Equal(got, tt.want) {
				t.Errorf("found %v, want %v", got, tt.want)
			}
		})
	}
}

// A version that damage hides is an error that tells where; the others are as they were.
func TestVersionOfDamaged(t *testing.T) {
	path := put(t, historyRows)
	s := openStore(t, path, store.Options{})
	set(t, s, "a", "1")
	set(t, s, "a", "2")
	log := filepath.Join(stateDir(path), "log")
	data := []byte(read(t, log))
	at := bytes.Index(data, []byte(`"seq":2`))
	data[at] ^= 1
	write(t, log, string(data))
	_, err := s.Version(2)
	var corrupt *store.CorruptError
	if !errors.As(err, &corrupt) || corrupt.Path != log || corrupt.Line != 1+bytes.Count(data[:at], []byte("\n")) ||
		corrupt.Offset != int64(bytes.LastIndexByte(data[:at], '\n'))+1 {
		t.Errorf("error %+v", err)
	}
	if _, err := s.Restore(t.Context(), 2); !errors.As(err, &corrupt) {
		t.Errorf("restoring it: %v", err)
	}
	for seq, want := range map[int64]string{1: historyRows, 3: strings.Replace(historyRows, "a,0", "a,2", 1)} {
		if got, err := s.Version(seq); err != nil || string(got) != want {
			t.Errorf("version %d: %q (%v)", seq, got, err)
		}
	}
}

// Old versions go at Open, and while a process runs; what somebody wrote to an old file
// later is merged all the same.
func TestRetention(t *testing.T) {
	path := put(t, historyRows)
	few := store.Options{History: store.History{Versions: 5, Age: time.Nanosecond}}
	s := openStore(t, path, few)
	for i := range 70 {
		set(t, s, "a", fmt.Sprint(i+1))
	}
	list, err := s.History()
	if err != nil || len(list) > 14 || len(list) < 5 || list[len(list)-1].Seq != 71 {
		t.Errorf("after 70 commits there are %d versions, %d to %d (%v)", len(list), list[0].Seq, list[len(list)-1].Seq, err)
	}
	s = openStore(t, path, few)
	if list, err = s.History(); err != nil || len(list) != 5 {
		t.Errorf("after Open there are %d versions (%v)", len(list), err)
	}
	old, err := filepath.Glob(filepath.Join(stateDir(path), "*-*-*"))
	if err != nil || len(old) != 5 {
		t.Errorf("%d displaced files (%v)", len(old), err)
	}
	checkTidy(t, path)
}

// What strayed and cannot be merged, as it looks half written, is kept for as long as it is
// so, with what it was made from.
func TestRetentionOfUnmerged(t *testing.T) {
	path := put(t, historyRows)
	few := store.Options{History: store.History{Versions: 3, Age: time.Nanosecond}}
	s := openStore(t, path, few)
	for i := range 10 {
		set(t, s, "a", fmt.Sprint(i+1))
	}
	old, err := filepath.Glob(filepath.Join(stateDir(path), "4-*"))
	if err != nil || len(old) != 1 {
		t.Fatal(old, err)
	}
	write(t, old[0], "id,v\na,2\nb,0\nlate,\"")
	for range 2 {
		s = openStore(t, path, few)
		list, err := s.History()
		if err != nil || list[0].Seq != 3 || list[1].Seq != 4 || list[2].Seq != 9 {
			t.Fatalf("versions %+v (%v)", list, err)
		}
		if found := kinds(t, s); !cmp.Equal(found, []store.FindingKind{store.FindStray}) {
			t.Errorf("found %v", found)
		}
	}
	write(t, old[0], "id,v\na,2\nb,0\nlate,1\n")
	openStore(t, path, few)
	if got := read(t, path); got != "id,v\na,10\nb,0\nlate,1\n" {
		t.Errorf("the file is %q", got)
	}
	checkTidy(t, path)
}

// An edit in a file that is to go, as somebody held it open, is merged first.
func TestRetentionOfWritten(t *testing.T) {
	path := put(t, historyRows)
	s := openStore(t, path, store.Options{})
	set(t, s, "a", "1")
	first, err := filepath.Glob(filepath.Join(stateDir(path), "2-*"))
	if err != nil || len(first) != 1 {
		t.Fatal(first, err)
	}
	for i := range 20 {
		set(t, s, "a", fmt.Sprint(i+2))
	}
	write(t, first[0], historyRows+"late,1\n")
	openStore(t, path, store.Options{History: store.History{Versions: 3, Age: time.Nanosecond}})
	if got := read(t, path); got != "id,v\na,21\nb,0\nlate,1\n" {
		t.Errorf("the file is %q", got)
	}
	if _, err := os.Lstat(first[0]); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the old file: %v", err)
	}
	checkTidy(t, path)
}

// Content that replaces the whole file is kept as it is, whatever it has in common with what
// stood there.
func TestHistoryOfReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	write(t, path, historyRows)
	s := openStore(t, path, store.Options{})
	for _, content := range []string{"id,v\na,1\nb,0\n", "id,v\na,1\nb,2\n"} {
		if _, err := s.Update(t.Context(), func(tx *store.Tx) error { return tx.Replace([]byte(content)) }); err != nil {
			t.Fatal(err)
		}
		tx, err := openStore(t, path, store.Options{}).Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(tx.Replace([]byte(strings.Replace(content, "b,", "b,9", 1))), tx.Set(csvrows.Key{"a"}, map[string]string{"v": "7"})); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		"1 read id,v\na,0\nb,0\n", "2 written id,v\na,1\nb,0\n", "3 written id,v\na,7\nb,90\n",
		"4 written id,v\na,1\nb,2\n", "5 written id,v\na,7\nb,92\n",
	}
	if diff := cmp.Diff(want, versionTexts(t, s)); diff != "" {
		t.Error(diff)
	}
	if found, err := s.Check(); err != nil || len(found) > 0 {
		t.Errorf("%+v (%v)", found, err)
	}
}
