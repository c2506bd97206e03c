package store_test

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"math/bits"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/internal/symlink"
	"github.com/rowkeep/rowkeep/store"
)

// What cannot be a store's file is an error that names path and step; nothing is made
// beside it, and what was to be written is refused.
func TestBadFiles(t *testing.T) {
	type test struct {
		make func(path string) error
		want error
	}
	for name, tt := range map[string]test{
		"missing":       {func(string) error { return nil }, fs.ErrNotExist},
		"directory":     {func(path string) error { return os.Mkdir(path, 0o700) }, store.ErrNotRegular},
		"dangling link": {func(path string) error { return os.Symlink("nowhere", path) }, fs.ErrNotExist},
		"link loop":     {func(path string) error { return os.Symlink(filepath.Base(path), path) }, symlink.ErrLoop},
		"hard links": {func(path string) error {
			return errors.Join(os.WriteFile(path, []byte(config), 0o600), os.Link(path, path+"2"))
		}, store.ErrHardLinks},
		"no CSV":  {func(path string) error { return os.WriteFile(path, []byte("\xff\xfei\x00d\x00"), 0o600) }, csvrows.ErrUTF16},
		"markers": {func(path string) error { return os.WriteFile(path, []byte("id,v\n<<<<<<< a\n"), 0o600) }, store.ErrConflictMarkers},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "config.csv")
			if err := tt.make(path); err != nil {
				t.Fatal(err)
			}
			before := listing(t, dir)
			err := updateOnce(t, path)
			if !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if !namesPath(err) {
				t.Errorf("error %v (%T) does not name the path", err, err)
			}
			if after := listing(t, dir); after != before {
				t.Errorf("the directory holds %s, and held %s", after, before)
			}
		})
	}
}

func updateOnce(t *testing.T, path string) error {
	t.Helper()
	s, err := store.Open(path, store.Options{Settle: time.Millisecond})
	if err != nil {
		return err
	}
	_, err = s.Update(t.Context(), setter("btc_1", "enabled", "false"))
	return err
}

func namesPath(err error) bool {
	var path *fs.PathError
	var file *store.FileError
	var commit *store.CommitError
	return errors.As(err, &path) && path.Path != "" || errors.As(err, &file) && file.Path != "" || errors.As(err, &commit) && commit.Path != "" && commit.Step != ""
}

// listing names all files below a directory, with mode and content.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		b.WriteString(info.Mode().String() + " " + path + "\n")
		if info.Mode().IsRegular() {
			data, err := os.ReadFile(path)
			b.Write(data)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Only Create makes a file, and not over one that somebody else just made.
func TestCreate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.csv")
	s, err := store.Open(path, store.Options{Create: []string{"id", "v,w"}})
	if err != nil {
		t.Fatal(err)
	}
	add := func(id string) func(*store.Tx) error {
		return func(tx *store.Tx) error { return tx.Append(csvrows.Key{id}, map[string]string{"v,w": "1"}) }
	}
	long, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := add("late")(long); err != nil {
		t.Fatal(err)
	}
	receipt, err := s.Update(t.Context(), add("a"))
	if err != nil || receipt.Base != (store.Digest{}) {
		t.Fatalf("%+v, %v", receipt, err)
	}
	if _, err := long.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if want := "id,\"v,w\"\na,1\nlate,1\n"; err != nil || string(got) != want {
		t.Errorf("the file is %q, want %q (%v)", got, want, err)
	}
}

// TestCreateNothing: columns that a file cannot have, and none at all.
func TestCreateNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.csv")
	for _, opt := range []store.Options{
		{Create: []string{"a", "b"}, Read: csvrows.Options{Key: []string{"id"}}},
		{Create: []string{"a", "b"}, Read: csvrows.Options{NoHeader: true}},
		{Create: []string{""}},
		{Create: []string{"# id", "v"}},
		{Create: []string{"\ufeffid"}},
	} {
		if _, err := store.Open(path, opt); err == nil {
			t.Errorf("columns to create may be %q", opt.Create)
		}
	}
	s, err := store.Open(path, store.Options{Create: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Update(t.Context(), func(*store.Tx) error { return nil }); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without columns: %v, want fs.ErrNotExist", err)
	}
}

// What lies in the state directory and cannot be swept is no reason not to read the file.
func TestOpenCannotSweep(t *testing.T) {
	c := newConfig(t)
	c.set(c.open(store.Options{}), "btc_1", "order_id", "O1")
	if err := os.MkdirAll(filepath.Join(filepath.Dir(c.path), ".config.csv.rowkeep", ".temp123", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(c.path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if snap, err := s.Snapshot(t.Context()); err != nil || string(snap.Bytes()) != c.content() {
		t.Errorf("%q (%v)", snap.Bytes(), err)
	}
}

// A file's name may be long, as far as there is room for that of the state directory.
func TestLongName(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("n", 255-len("..rowkeep")))
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Skip("no long names here:", err)
	}
	if err := updateOnce(t, path); err != nil {
		t.Error(err)
	}
}

// A file has one state directory, beside it, by whatever link it is reached.
func TestOneStateBehindLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "far", "away"), 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "far", "config.csv")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("far", "away"), filepath.Join(dir, "there")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	link := filepath.Join(dir, "link.csv")
	if err := os.Symlink(filepath.FromSlash("there/../config.csv"), link); err != nil {
		t.Fatal(err)
	}
	if err := updateOnce(t, link); err != nil {
		t.Fatal(err)
	}
	if got, want := names(t, dir), "far link.csv there"; got != want {
		t.Errorf("beside the link there is %s, want %s", got, want)
	}
	if got, want := names(t, filepath.Dir(file)), ".config.csv.rowkeep away config.csv"; got != want {
		t.Errorf("beside the file there is %s, want %s", got, want)
	}
}

// Mode, with bits beyond the permissions, and the links to the file stay; a link that
// leads elsewhere is followed anew.
func TestModeAndLinksStay(t *testing.T) {
	c := newConfig(t)
	link := filepath.Join(t.TempDir(), "link.csv")
	if err := errors.Join(os.Symlink(c.path, link), os.Chmod(c.path, 0o640|fs.ModeSetgid)); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(link, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c.set(s, "btc_1", "order_id", "O1")
	if to, err := os.Readlink(link); err != nil || to != c.path {
		t.Errorf("the link leads to %q (%v)", to, err)
	}
	if info, err := os.Stat(c.path); err != nil || info.Mode() != 0o640|fs.ModeSetgid {
		t.Errorf("mode %v (%v)", info.Mode(), err)
	}
	c.want(replaced(t, "64200,true,,,", "64200,true,,O1,"))

	other := newConfig(t)
	if err := errors.Join(os.Remove(link), os.Symlink(other.path, link)); err != nil {
		t.Fatal(err)
	}
	c.set(s, "btc_1", "order_id", "O2")
	other.want(replaced(t, "64200,true,,,", "64200,true,,O2,"))
	c.want(replaced(t, "64200,true,,,", "64200,true,,O1,"))
}

// An outside change is noticed though length, modification time and hash are those of
// the base: bytes decide.
func TestChangeThatOnlyBytesShow(t *testing.T) {
	c := newConfig(t)
	one, other := collision(t)
	c.save(one)
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(c.path, old, old); err != nil {
		t.Fatal(err)
	}
	tx, err := c.open(store.Options{}).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := setter("b", "v", "2")(tx); err != nil {
		t.Fatal(err)
	}
	c.save(other)
	if err := os.Chtimes(c.path, old, old); err != nil {
		t.Fatal(err)
	}
	receipt, err := tx.Commit(t.Context())
	if err != nil || !receipt.Merged {
		t.Fatalf("%+v, %v; want a merge", receipt, err)
	}
	c.want(strings.Replace(other, "\nb,1\n", "\nb,2\n", 1))
}

// collision makes two files of one length and one xxHash64 that differ in a cell.
//
// The hash takes 32 bytes at a time into four lanes, each of which goes from v to
// rotl(v + input*prime2, 31)*prime1 (the xxHash specification, XXH64). So a difference
// in the first eight bytes of a stripe is taken back by one in those of the next.
func collision(t *testing.T) (one, other string) {
	t.Helper()
	const prime1, prime2 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F
	inverse := uint64(prime2) // of prime2 modulo 2^64, by Newton's iteration
	for range 6 {
		inverse *= 2 - prime2*inverse
	}
	round := func(v, input uint64) uint64 { return bits.RotateLeft64(v+input*prime2, 31) * prime1 }
	head := "id,v\na," + strings.Repeat("-", 25) // 32 bytes
	tail := strings.Repeat("-", 24) + "\nb,1\n"
	rng := rand.New(rand.NewPCG(1, 2))
	v := uint64(0)
	v += prime1
	v += prime2
	v = round(v, binary.LittleEndian.Uint64([]byte(head)))
	for range 1_000_000 {
		x, y, a := rng.Uint64(), rng.Uint64(), rng.Uint64()
		b := a + (round(v, x)-round(v, y))*inverse
		text := func(first, second uint64) string {
			s := binary.LittleEndian.AppendUint64([]byte(head), first)
			s = append(s, strings.Repeat("-", 24)...)
			return string(binary.LittleEndian.AppendUint64(s, second)) + tail
		}
		one, other = text(x, a), text(y, b)
		if strings.Count(one+other, ",") == 6 && strings.Count(one+other, "\n") == 6 && !strings.ContainsAny(one+other, "\r\"") {
			break
		}
	}
	if one == other || xxhash.Sum64String(one) != xxhash.Sum64String(other) {
		t.Fatal("no collision found")
	}
	return one, other
}

// An edit that lands while the update runs: the update runs again, on top of it.
func TestUpdateRunsAgain(t *testing.T) {
	for name, save := range map[string]func(configFile, string){"in place": configFile.save, "by rename": configFile.rename} {
		t.Run(name, func(t *testing.T) {
			c := newConfig(t)
			runs := 0
			receipt, err := c.open(store.Options{}).Update(t.Context(), func(tx *store.Tx) error {
				runs++
				if runs == 1 {
					save(c, config+"dot_1,DOTUSD,6.80,true,,,\n")
				}
				return setter("btc_1", "order_id", "O1")(tx)
			})
			if err != nil || runs != 2 || receipt.Seq != 2 || receipt.Merged || receipt.Base != receipt.Theirs {
				t.Errorf("%d runs, receipt %+v, %v", runs, receipt, err)
			}
			c.want(replaced(t, "64200,true,,,", "64200,true,,O1,") + "dot_1,DOTUSD,6.80,true,,,\n")
		})
	}
}

// A change of the mode between reading and replacing counts too: the new file gets the
// mode as it was seen last.
func TestModeChangesMeanwhile(t *testing.T) {
	c := newConfig(t)
	_, err := c.open(store.Options{}).Update(t.Context(), func(tx *store.Tx) error {
		if err := os.Chmod(c.path, 0o600); err != nil {
			return err
		}
		return setter("btc_1", "order_id", "O1")(tx)
	})
	info, statErr := os.Stat(c.path)
	if err != nil || statErr != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v, %v", info.Mode(), err, statErr)
	}
}

// What a killed commit left is swept at the next Open, and nothing else is.
func TestOpenSweeps(t *testing.T) {
	c := newConfig(t)
	c.set(c.open(store.Options{}), "btc_1", "order_id", "O1")
	state := filepath.Join(filepath.Dir(c.path), ".config.csv.rowkeep")
	for _, name := range []string{".temp123", ".temp", ".temp12x", "notes"} {
		if err := os.WriteFile(filepath.Join(state, name), []byte("left"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c.open(store.Options{})
	got := displacedName.ReplaceAllString(names(t, state), "displaced")
	if want := ".gitignore .temp .temp12x displaced lock log notes"; got != want {
		t.Errorf("the state directory holds %q, want %q", got, want)
	}
}

func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return strings.Join(list, " ")
}

// A cell can hold what reads as a conflict marker. What is not read again is looked at too.
func TestUpdateRefusesMarkers(t *testing.T) {
	c := newConfig(t)
	s := c.open(store.Options{})
	before := read(t, c.path)
	snap, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	table, err := snap.Table()
	if err != nil {
		t.Fatal(err)
	}
	for key := range table.Keys() {
		_, err := s.Update(t.Context(), func(tx *store.Tx) error {
			return tx.Set(key, map[string]string{"enabled": "x\n<<<<<<< ours"})
		})
		if !errors.Is(err, store.ErrConflictMarkers) {
			t.Errorf("row %s: %v, want ErrConflictMarkers", key, err)
		}
	}
	if got := read(t, c.path); got != before {
		t.Errorf("%q, want %q", got, before)
	}
}

// A file that has the size of what is known is looked at to its end.
func TestEditOfTheSameSize(t *testing.T) {
	c := newConfig(t)
	large := "id,n\n" + strings.Repeat("x,1\n", 1<<18) // a megabyte
	c.save(large)
	s := c.open(store.Options{})
	for _, at := range []int{len(large) - 2, 7, len(large)/2/4*4 + 3} {
		for range 2 { // the second time what was read last is known
			snap, err := s.Snapshot(t.Context())
			if err != nil || string(snap.Bytes()) != large {
				t.Fatalf("the file is not what was saved (%v)", err)
			}
		}
		large = large[:at] + "2" + large[at+1:]
		c.save(large)
	}
	if snap, err := s.Snapshot(t.Context()); err != nil || string(snap.Bytes()) != large {
		t.Errorf("the file is not what was saved last (%v)", err)
	}
}
