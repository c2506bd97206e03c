//go:build unix

package store

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rowkeep/rowkeep/store/internal/state"
	"github.com/rowkeep/rowkeep/store/internal/sys"
)

var windowO1 = strings.Replace(windowRows, "a,true,,", "a,true,O1,", 1)

// A file with two names keeps both of them, and what an outsider does through the other is
// merged as ever.
func TestHardLinkInPlace(t *testing.T) {
	w := newWindow(t, Options{})
	other := w.path + ".other"
	if err := os.Link(w.path, other); err != nil {
		t.Skip("SKIPPED: no hard links here: ", err)
	}
	if err := w.update("a", "order_id", "O1"); !errors.Is(err, ErrHardLinks) {
		t.Errorf("error %v, want ErrHardLinks", err)
	}
	w.open(Options{InPlace: true})
	if err := w.update("a", "order_id", "O1"); err != nil {
		t.Fatal(err)
	}
	w.want(windowO1)
	w.at("look", func() {
		// Without O_NONBLOCK it would wait for the lease.
		t.Log("the other name at the last look: ", appendTo(other, os.O_WRONLY|syscall.O_NONBLOCK, windowRowD))
	})
	if err := w.update("b", "order_id", "O2"); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	w.want(string(data))
	if !strings.Contains(string(data), "b,true,O2,") || !strings.Contains(string(data), "a,true,O1,") {
		t.Errorf("the other name has %q", data)
	}
	info, err := sys.StampAt(w.path)
	if err != nil || info.Links != 2 {
		t.Errorf("%d names (%v)", info.Links, err)
	}
}

// Whatever of a write in place was on the disk when the machine stopped: the next store
// makes it the new version, or leaves the old one.
func TestTornInPlace(t *testing.T) {
	old := windowRows + strings.Repeat("# a long comment that goes on and on\n", 100)
	for name, data := range map[string]string{
		"longer":  strings.Replace(old, "a,true,,", "a,false,O1,longer than it was ", 1),
		"shorter": strings.Replace(old, "b,true,,\n", "", 1),
		"empty":   "id,enabled,order_id,note\n",
	} {
		t.Run(name, func(t *testing.T) {
			for cut := 0; cut <= len(data); cut += 1 + len(data)/40 {
				for _, length := range []int{len(old), max(len(old), cut), len(data)} {
					checkTorn(t, old, data, cut/512*512, length)
				}
			}
		})
	}
}

func checkTorn(t *testing.T, old, data string, cut, length int) {
	t.Helper()
	w := newWindow(t, Options{InPlace: true})
	w.save(old)
	if err := os.Link(w.path, w.path+".other"); err != nil {
		t.Skip("SKIPPED: no hard links here: ", err)
	}
	if err := w.update("c", "order_id", ""); err != nil { // makes the state directory
		t.Fatal(err)
	}
	ahead := state.Ahead{Seq: 9, Old: []byte(old), New: []byte(data)}
	if err := state.Beside(w.path).PutAhead(ahead); err != nil {
		t.Fatal(err)
	}
	torn := []byte(old)
	if cut > len(torn) {
		torn = append(torn, make([]byte, cut-len(torn))...)
	}
	copy(torn, data[:cut])
	if length < len(torn) {
		torn = torn[:length]
	}
	w.save(string(torn))
	w.open(Options{InPlace: true})
	if string(torn) == old {
		w.want(old)
	} else {
		w.want(data)
	}
	if _, found, err := state.Beside(w.path).GetAhead(); found || err != nil {
		t.Errorf("it is still there (%v)", err)
	}
	if t.Failed() {
		t.Fatalf("cut at %d, length %d", cut, length)
	}
}

// Something mounted on the file itself, as container systems do, is written to in place or
// refused.
func TestBindMount(t *testing.T) {
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		t.Skip("SKIPPED: mounting needs root on Linux")
	}
	w := newWindow(t, Options{})
	inside := filepath.Join(t.TempDir(), "inside.csv")
	if err := os.WriteFile(inside, []byte(windowRows), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "--bind", inside, w.path).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: no bind mounts here: %v %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", w.path).Run() })
	if err := w.update("a", "order_id", "O1"); !errors.Is(err, ErrMountPoint) {
		t.Errorf("error %v, want ErrMountPoint", err)
	}
	w.want(windowRows)
	w.open(Options{InPlace: true})
	if err := w.update("a", "order_id", "O1"); err != nil {
		t.Fatal(err)
	}
	w.want(windowO1)
	if data, err := os.ReadFile(inside); err != nil || string(data) != windowO1 {
		t.Errorf("behind the mount there is %q (%v)", data, err)
	}
}

// Where what was written ahead cannot be removed, the change stands in the file, and nobody
// is told that it does not.
func TestAheadStays(t *testing.T) {
	w := newWindow(t, Options{InPlace: true})
	if err := os.Link(w.path, w.path+".other"); err != nil {
		t.Skip("SKIPPED: no hard links here: ", err)
	}
	ahead := filepath.Join(filepath.Dir(w.path), ".config.csv.rowkeep", "ahead")
	w.at("exchanged", func() {
		if err := errors.Join(os.Remove(ahead), os.MkdirAll(filepath.Join(ahead, "full"), 0o700)); err != nil {
			t.Error(err)
		}
	})
	var commit *CommitError
	if err := w.update("a", "order_id", "O1"); !errors.As(err, &commit) || commit.Outcome != Unknown {
		t.Errorf("error %v, want one of an outcome that is unknown", err)
	}
	w.want(windowO1)
	if err := os.RemoveAll(ahead); err != nil {
		t.Fatal(err)
	}
	if err := w.update("c", "order_id", "O3"); err != nil {
		t.Fatal(err)
	}
	w.want(strings.Replace(windowO1, "c,true,,", "c,true,O3,", 1))
}

// Who empties the file and writes it slowly, in pieces that look whole, is waited for until
// he has closed it, however long he pauses.
func TestSlowWriterInPlace(t *testing.T) {
	w := newWindow(t, Options{InPlace: true})
	if g, err := w.store.Guarantee(); err != nil || !g.Lease {
		t.Skip("SKIPPED: no leases here: ", err)
	}
	if err := os.Link(w.path, w.path+".other"); err != nil {
		t.Skip("SKIPPED: no hard links here: ", err)
	}
	if err := w.update("a", "order_id", "O1"); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(w.path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(windowO1, "b,")
	if _, err := f.WriteString(windowO1[:at]); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- w.update("a", "note", "slow") }()
	time.Sleep(5 * w.file.opt.Settle) // it waits by now; if not, the test shows less
	if _, err := f.WriteString(windowO1[at:]); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Close(), <-done); err != nil {
		t.Fatal(err)
	}
	w.want(strings.Replace(windowO1, "a,true,O1,", "a,true,O1,slow", 1))
}

// What a place can do is not promised of a file there that cannot be replaced.
func TestGuaranteeOfHardLinks(t *testing.T) {
	w := newWindow(t, Options{})
	if err := os.Link(w.path, w.path+"2"); err != nil {
		t.Skip("SKIPPED: no hard links here: ", err)
	}
	if g, err := w.store.Guarantee(); !errors.Is(err, ErrHardLinks) {
		t.Errorf("%+v, %v, want ErrHardLinks", g, err)
	}
	w.open(Options{InPlace: true})
	if g, err := w.store.Guarantee(); err != nil || !g.InPlace || g.Exchange || g.Link {
		t.Errorf("%+v, %v, want InPlace alone", g, err)
	}
}

// What somebody wrote ahead who was killed before anything else is found by a store that
// runs, though the log says nothing of it: later it would be taken for what it is not.
func TestAheadWithoutNews(t *testing.T) {
	w := newWindow(t, Options{InPlace: true})
	if err := w.update("a", "order_id", "O1"); err != nil {
		t.Fatal(err)
	}
	dir := state.Beside(w.path)
	if err := dir.PutAhead(state.Ahead{Seq: 9, Old: []byte(windowO1), New: []byte(windowRows)}); err != nil {
		t.Fatal(err)
	}
	if err := w.update("b", "order_id", "O2"); err != nil {
		t.Fatal(err)
	}
	if dir.HasAhead() {
		t.Error("it is still there")
	}
	w.want(strings.Replace(windowO1, "b,true,,", "b,true,O2,", 1))
}

// Those who may take the lock may read what was written ahead, and nobody else.
func TestModeOfAhead(t *testing.T) {
	w := newWindow(t, Options{InPlace: true})
	if err := errors.Join(os.Link(w.path, w.path+".other"), os.Chmod(w.path, 0o660)); err != nil {
		t.Skip("SKIPPED: no hard links here: ", err)
	}
	dir := state.Beside(w.path)
	w.at("exchange", func() {
		lock, err := os.Stat(filepath.Join(dir.Path(), "lock"))
		if err != nil {
			t.Fatal(err)
		}
		ahead, err := os.Stat(filepath.Join(dir.Path(), "ahead"))
		if err != nil || ahead.Mode() != lock.Mode() || lock.Mode() != 0o660 {
			t.Errorf("mode %v (%v), want %v", ahead.Mode(), err, lock.Mode())
		}
	})
	if err := w.update("a", "order_id", "O1"); err != nil {
		t.Fatal(err)
	}
}
