package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rowkeep/rowkeep/store/internal/state"
)

// nobody is a user without rights of his own.
const nobody = 65534

// asNobody calls act as far as files go as a user who is not root.
func asNobody(t *testing.T, act func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: only root can be somebody else")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// Not setuid(2): it would be for the whole process. These two are for the thread, and
	// with them go the capabilities that let root through (capabilities(7)).
	for _, become := range []struct {
		set  func(int) (int, error)
		back int
	}{{unix.SetfsgidRetGid, os.Getegid()}, {unix.SetfsuidRetUid, os.Geteuid()}} {
		if _, err := become.set(nobody); err != nil {
			t.Skip("SKIPPED: nobody else to be: ", err)
		}
		defer func() { _, _ = become.set(become.back) }()
	}
	act()
}

// letIn makes the file nobody's, and the way to it open to him.
func (r *race) letIn() (dir string) {
	r.Helper()
	if err := os.Chown(r.path, nobody, nobody); err != nil {
		r.Skip("SKIPPED: only root may give a file away: ", err)
	}
	dir = filepath.Dir(r.path)
	if err := errors.Join(os.Chmod(dir, 0o755), os.Chmod(filepath.Dir(dir), 0o755)); err != nil {
		r.Fatal(err)
	}
	return dir
}

// tree names all there is in a directory, with modes, owners and contents.
func tree(t *testing.T, dir string) string {
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
		fmt.Fprintf(&b, "%s %d %s\n", info.Mode(), info.Sys().(*syscall.Stat_t).Uid, path)
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

// refused is an update that must not come about and leave no trace; its error is returned.
func (r *race) refused(dir string) *CommitError {
	r.Helper()
	before := tree(r.T, dir)
	err := r.update("b", "order_id", "O2")
	var commit *CommitError
	if !errors.As(err, &commit) || commit.Outcome != NotCommitted || commit.Step == "" {
		r.Fatalf("error %v, want one of a step", err)
	}
	if after := tree(r.T, dir); after != before {
		r.Errorf("there is\n%s\nand was\n%s", after, before)
	}
	return commit
}

// TestR16: a directory in which nothing can be made. No half action: the file can be read,
// and the error of a commit says what is wrong.
func TestR16(t *testing.T) {
	r := newRace(t, Options{})
	dir := r.letIn()
	asNobody(t, func() {
		r.open(Options{})
		if got, err := r.read(); err != nil || string(got) != windowRows {
			t.Errorf("%q, %v", got, err)
		}
		if err := r.refused(dir); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("error %v, want fs.ErrPermission", err)
		}
	})
	r.set("a", "order_id", "O1") // by root, so that nobody has a state directory
	asNobody(t, func() {
		r.open(Options{})
		if err := r.refused(dir); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("error %v, want fs.ErrPermission", err)
		}
	})
	r.must(toldEvents("a,true,,", "a,true,O1,"))
	r.checkRace()
}

// TestR17: a disk with less and less room. At whatever step there is too little the old
// file is intact, nothing lies about, and all is well once there is room.
func TestR17(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skip("SKIPPED: no small file system can be mounted here: ", err)
	}
	defer func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	}()
	r := &race{window: &window{T: t, path: filepath.Join(dir, "config.csv")}, log: &waitLog{act: func() {}}, mode: 0o600}
	r.program = r
	r.save(windowRows + "# " + strings.Repeat("x", 3*os.Getpagesize()) + "\n")
	r.open(Options{})
	steps := map[string]bool{}
	filler := filepath.Join(dir, "filler")
	for _, room := range []int{0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10} {
		fillDisk(t, filler, room)
		if err := r.update("c", "order_id", fmt.Sprint(room)); err != nil {
			step := r.refused(dir)
			if !errors.Is(step, syscall.ENOSPC) {
				t.Errorf("error %v, want ENOSPC", err)
			}
			steps[step.Step] = true
		}
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		r.set("a", "order_id", fmt.Sprint(room))
		r.checkRace()
	}
	if !steps["prepare"] || !steps["write"] {
		t.Errorf("failed at %v only", steps)
	}
	t.Logf("failed at %v", steps)
}

// fill leaves so many pages of a small file system.
func fillDisk(t *testing.T, path string, pages int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	page, n := make([]byte, os.Getpagesize()), 0
	for ; err == nil; n++ {
		_, err = f.Write(page)
	}
	if !errors.Is(err, syscall.ENOSPC) || n <= pages {
		t.Fatalf("%v after %d pages", err, n)
	}
	if err := errors.Join(f.Truncate(int64((n-1-pages)*len(page))), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestR18Owner: the new file has the owner and group that were seen last.
func TestR18Owner(t *testing.T) {
	for _, step := range []string{"prepare", "lease", "look", "exchange", "exchanged"} {
		t.Run(step, func(t *testing.T) {
			r := newRace(t, Options{})
			if err := os.Chown(r.path, nobody, nobody); err != nil {
				t.Skip("SKIPPED: only root may give a file away: ", err)
			}
			r.at(step, func() {
				if err := os.Chown(r.path, nobody-1, nobody-2); err != nil {
					t.Fatal(err)
				}
			})
			r.set("a", "order_id", "O1")
			info, err := os.Stat(r.path)
			if err != nil {
				t.Fatal(err)
			}
			if st := info.Sys().(*syscall.Stat_t); st.Uid != nobody-1 || st.Gid != nobody-2 {
				t.Errorf("the file belongs to %d:%d", st.Uid, st.Gid)
			}
			r.checkRace()
		})
	}
}

// TestR18NotReadable: the file can be read no more. Nothing is written, and readers keep
// what they had.
func TestR18NotReadable(t *testing.T) {
	r := newRace(t, Options{})
	if err := os.Chown(r.letIn(), nobody, nobody); err != nil {
		t.Fatal(err)
	}
	asNobody(t, func() {
		r.open(Options{})
		r.set("a", "order_id", "O1")
		if err := os.Chmod(r.path, 0); err != nil {
			t.Fatal(err)
		}
		if err := r.update("b", "order_id", "O2"); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("error %v, want fs.ErrPermission", err)
		}
		if got, err := r.read(); !errors.Is(err, fs.ErrPermission) || string(got) != toldEvents("a,true,,", "a,true,O1,") {
			t.Errorf("%q, %v", got, err)
		}
		if err := os.Chmod(r.path, r.mode); err != nil {
			t.Fatal(err)
		}
		r.set("b", "order_id", "O2")
	})
	r.must(toldEvents("a,true,,", "a,true,O1,", "b,true,,", "b,true,O2,"))
	r.checkRace()
}

// TestR18OwnerThatCannotBeKept: a new file would be ours, and the old one is not.
func TestR18OwnerThatCannotBeKept(t *testing.T) {
	r := newRace(t, Options{})
	err := errors.Join(os.Chown(r.letIn(), nobody, nobody), os.Chown(r.path, nobody-1, nobody), os.Chmod(r.path, 0o664))
	if err != nil {
		t.Fatal(err)
	}
	asNobody(t, func() {
		r.open(Options{})
		if err := r.update("b", "order_id", "O2"); !errors.Is(err, ErrOwner) {
			t.Errorf("error %v, want ErrOwner", err)
		}
	})
	r.must(windowRows)
	if names, err := os.ReadDir(state.Beside(r.path).Path()); err == nil {
		for _, d := range names {
			if !raceNames.MatchString(d.Name()) {
				t.Errorf("left over: %s", d.Name())
			}
		}
	}
}
