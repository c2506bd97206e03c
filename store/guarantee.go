package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rowkeep/rowkeep/store/internal/state"
	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// Guarantee says what a store promises where its file lies. It was tried, not guessed from
// the name of a system.
type Guarantee struct {
	// Exchange: what a commit displaces keeps a name, so that a file that somebody renames
	// in at that very moment is not lost. Without it the displaced file gets a second name
	// (Link) or is copied first, and what is renamed in between that and the commit point
	// is lost.
	Exchange bool
	// Link: a file can have a second name.
	Link bool
	// Lease: whoever opens the file for writing waits while it is replaced, for
	// microseconds. Without it, as on another user's file, those who are writing to it at
	// that very moment are found out afterwards, and merged then.
	Lease bool
	// Blind: a lease does not see who has mapped the file, as on overlayfs. What is
	// written through a mapping is found out afterwards.
	Blind bool
	// Durable: what is synced is still there after a power cut, if the disk is honest;
	// false where the file lies in memory.
	Durable bool
	// InPlace: the file cannot be replaced, and [Options.InPlace] lets commits write to it.
	// Who reads it meanwhile may see it half written; a crash in the middle is mended by the
	// next Open. Lease then means that who has the file open to write it is waited for, and
	// nobody opens it meanwhile, unless somebody reads it. Else what somebody writes in that
	// very moment is overwritten. Exchange, Link and Blind mean nothing.
	InPlace bool
}

// Guarantee tries out what the store can promise. The error says why no commit can be made:
// what the system says where nothing can be written beside the file; without
// [Options.InPlace] also ErrHardLinks, ErrMountPoint and ErrOwner.
func (s *Store) Guarantee() (Guarantee, error) { return s.medium.guarantee() }

// guarantee tries things out in a directory of its own beside the file.
func (f *localFile) guarantee() (Guarantee, error) {
	log, err := f.logNow()
	if err != nil {
		return Guarantee{}, err
	}
	target := log.Dir().File()
	at, err := sys.StampAt(target)
	if errors.Is(err, fs.ErrNotExist) {
		return tryBeside(target, nil)
	}
	if err != nil {
		return Guarantee{}, err
	}
	g, err := tryBeside(target, &at)
	if err == nil || !f.opt.InPlace || !irreplaceable(err) {
		return g, err
	}
	if err := holdable(log.Dir(), at); err != nil {
		return Guarantee{}, err
	}
	return Guarantee{InPlace: true, Lease: leases(target), Durable: !sys.Volatile(target)}, nil
}

// tryBeside says what can be promised if a file is replaced (at is nil: made), or why it
// cannot be.
func tryBeside(target string, at *sys.Stamp) (g Guarantee, err error) {
	if at != nil {
		if err := obstacle(place{target: target, at: at}); err != nil {
			return Guarantee{}, err
		}
	}
	err = inScratch(filepath.Dir(target), func(scratch state.Dir) error {
		if at != nil {
			if err := owns(scratch, *at); err != nil {
				return err
			}
		}
		g = tryOut(scratch, target).Guarantee
		return nil
	})
	return g, err
}

// holdable says why the state directory of a file cannot be made, or nil.
func holdable(dir state.Dir, at sys.Stamp) error {
	if there, err := dir.Exists(); there || err != nil {
		return err
	}
	return inScratch(filepath.Dir(dir.Path()), func(scratch state.Dir) error { return owns(scratch, at) })
}

// inScratch lets do try something in a directory that goes afterwards.
func inScratch(parent string, do func(state.Dir) error) error {
	dir, err := os.MkdirTemp(parent, ".rowkeep-probe-")
	if err != nil {
		return err
	}
	return errors.Join(do(state.At(dir)), os.RemoveAll(dir))
}

// owns gives a scratch file the owner and group that a file has.
func owns(dir state.Dir, at sys.Stamp) error {
	f, err := dir.CreateTemp()
	if err != nil {
		return err
	}
	return errors.Join(sys.CopyOwner(f, at), f.Close(), os.Remove(f.Name()))
}

// probe tries out the state directory, once for each to which the path leads; the lock is
// held.
func (f *localFile) probe() *tried {
	if f.place == nil || f.probed != f.locked {
		g := tryOut(f.dir(), f.locked)
		f.place, f.probed = &g, f.locked
	}
	return f.place
}

// tried is what came of trying a place out. stampsTell: see [sys.StampsTell]; storesTell: see
// [sys.StoresTell].
type tried struct {
	Guarantee
	stampsTell, storesTell bool
}

// tryOut makes two scratch files in a directory and looks what can be done with them, and
// with the file itself.
func tryOut(dir state.Dir, target string) tried {
	g := tried{Guarantee: Guarantee{Blind: true, Durable: !sys.Volatile(dir.Path()), Lease: leases(target)}}
	a, err := dir.CreateTemp()
	if err != nil {
		return g
	}
	defer func() { _ = errors.Join(a.Close(), os.Remove(a.Name())) }()
	b, err := dir.CreateTemp()
	if err != nil {
		return g
	}
	defer func() { _ = errors.Join(b.Close(), os.Remove(b.Name())) }()
	if g.Lease {
		g.Blind = sys.Blind(b) // before the names change places
	}
	g.stampsTell, g.storesTell = sys.StampsTell(a), sys.StoresTell(a)
	g.Exchange = sys.Exchange(a.Name(), b.Name()) == nil
	second := a.Name() + "0"
	if g.Link = os.Link(a.Name(), second) == nil; g.Link {
		_ = os.Remove(second)
	}
	return g
}

// leases reports that a file can be leased, or could but for somebody who writes it.
func leases(target string) bool {
	r, err := sys.OpenRead(target)
	if err != nil {
		return false
	}
	defer r.Close()
	_, err = sys.TakeLease(r)
	return err == nil || errors.Is(err, sys.ErrBusy)
}
