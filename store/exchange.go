package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rowkeep/rowkeep/internal/symlink"
	"github.com/rowkeep/rowkeep/store/internal/state"
	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// Between a last look at a file and the moment at which another one takes its place
// somebody can save it. Three things close that window:
//
// A read lease, taken before the look and held until after the exchange, makes whoever
// opens the file for writing wait. It does not hold up whoever renames a new file over it.
//
// The exchange of two names in one step leaves what was displaced under the intent's name.
// If that is another file than the one looked at, somebody renamed it in: nothing is lost,
// and it is merged next.
//
// An open(2) that waits for the lease after the exchange is one of the displaced file. The
// names are changed back for it, so that the editor gets the file that it asked for. So
// they are where owner or mode were changed after the look: the new file has the old ones.
//
// Sources: fcntl(2), "Leases"; rename(2), RENAME_EXCHANGE.

// replaced is what replace came to.
type replaced struct {
	step      string // at which it failed
	outcome   Outcome
	displaced bool // the name of the new file is now that of one that others wrote
	slipped   bool // and it is not the one that was looked at
	back      bool // but it was changed back, and it is the new file again
}

// replace gives the new file, whose name it keeps in made, the name of the file that is open as
// r, if that still is what load gave:
//
//	intend    the new file is called as what it displaces will be
//	lease     nobody opens the old one for writing from here on
//	look      it is unchanged, and nobody waits for it
//	exchange  the commit point
//	displaced it is the old one, or something slipped in
//	look      nobody waits for it; else the names are changed back
//
// It runs to its end once the names have changed places, whatever the context says.
func (f *localFile) replace(ctx context.Context, r *os.File, made *newFile, intent state.Displaced, old held) (replaced, error) {
	at := old.tag.(place)
	if r == nil {
		return f.appear(ctx, made.name, at)
	}
	if !f.probe().Exchange {
		return f.replaceLinked(ctx, r, made.name, intent, old)
	}
	if err := sys.RenameNew(made.name, intent.Path); err != nil {
		return replaced{step: "intend"}, err
	}
	made.name = intent.Path
	lease, was, step, err := f.holdStill(ctx, r, old)
	if err != nil {
		return replaced{step: step}, err
	}
	defer lease.release()
	if lease.broken() {
		return replaced{}, errBusy
	}
	f.moment("exchange")
	if err := sys.Exchange(intent.Path, at.target); err != nil {
		return replaced{step: "replace"}, f.refused(at.target, err)
	}
	f.moment("exchanged")
	is, err := sys.StampAt(intent.Path)
	slipped := err != nil || is.Ino != was.Ino || is.Dev != was.Dev
	if !slipped && (lease.broken() || !is.SameAccess(was)) {
		return f.changeBack(intent, at.target, made.ino, lease)
	}
	if !slipped {
		slipped = !f.remember(intent, r, is, lease.taken && !f.place.Blind, old)
	}
	return replaced{displaced: true, slipped: slipped}, nil
}

// holdStill leases the file that is open as r, and looks whether it still is what load gave
// and what the path leads to. Without an error the lease is to be released.
func (f *localFile) holdStill(ctx context.Context, r *os.File, old held) (lease leaseOrNot, was sys.Stamp, step string, err error) {
	f.moment("lease")
	lease, err = takeLease(r)
	if err != nil {
		return lease, was, "lease", err
	}
	f.moment("look")
	was, err = f.unchanged(r, old)
	if err == nil {
		err = f.leadsTo(old.tag.(place).target)
	}
	if err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		lease.release()
	}
	return lease, was, "read again", err
}

// leadsTo follows the path once more: the file is still the one that is meant.
func (f *localFile) leadsTo(target string) error {
	now, err := symlink.Follow(f.path)
	if err == nil && now != target {
		err = errElsewhere
	}
	return err
}

// refused reads the error of an exchange. A name that is gone for a moment, as with editors
// that move the file away and write a new one, is a change. A place that cannot exchange
// after all, as across quotas, is known from now on.
func (f *localFile) refused(target string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errChanged
	case errors.Is(err, errors.ErrUnsupported) || sys.CrossDevice(err):
		f.place.Exchange = false
		return errChanged
	case sys.Mounted(target):
		return fmt.Errorf("%w: %w", ErrMountPoint, err)
	}
	return err
}

// appear makes a file where there was none: it gets the name as a second one, which fails
// where it is taken.
func (f *localFile) appear(ctx context.Context, temp string, at place) (replaced, error) {
	if err := context.Cause(ctx); err != nil {
		return replaced{step: "read again"}, err
	}
	switch err := os.Link(temp, at.target); {
	case errors.Is(err, fs.ErrExist):
		return replaced{}, errChanged
	case err != nil:
		return replaced{step: "replace"}, err
	}
	return replaced{}, nil // the first name goes, as after a commit that fails
}

// unchanged looks once more at the file that is open as r: content, owner, mode and the
// number of its names must be what they were. The stamp tells, unless two changes might share
// it, or one leave none: bytes decide then.
func (f *localFile) unchanged(r *os.File, old held) (sys.Stamp, error) {
	at := old.tag.(place)
	now, err := sys.StampOf(r)
	if err != nil {
		return now, err
	}
	if now != *at.at || now.Links != 1 {
		return now, errChanged
	}
	if at.alone && (at.aged || f.place.stampsTell) && f.place.storesTell && !f.place.Blind {
		return now, nil
	}
	same, err := holds(r, now.Size, old.data)
	if err == nil && !same {
		err = errChanged
	}
	return now, err
}

// changeBack undoes an exchange for an editor that waits to open the displaced file. If
// somebody renames a file over ours meanwhile, that is what it brings back, and it is the
// newest: the names change places until what is displaced is what was expected. Our file
// is kept then: while it had the name somebody may have opened it.
func (f *localFile) changeBack(intent state.Displaced, target string, mine uint64, lease leaseOrNot) (replaced, error) {
	expected := mine
	for range mostTries {
		f.moment("change back")
		under, err := sys.StampAt(intent.Path)
		if err == nil {
			err = sys.Exchange(intent.Path, target)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return replaced{displaced: true}, errChanged
		}
		var is sys.Stamp
		if err == nil {
			is, err = sys.StampAt(intent.Path)
		}
		if err != nil {
			return replaced{step: "change back", outcome: Unknown, displaced: true}, err
		}
		if is.Ino == expected {
			f.moment("changed back")
			lease.release()                                           // nobody is to wait for the disk
			if err := sys.SyncDir(filepath.Dir(target)); err != nil { // what was on disk for a moment is not
				return replaced{step: "change back", outcome: Unknown, displaced: true}, err
			}
			return replaced{displaced: true, back: is.Ino == mine}, errBusy
		}
		expected = under.Ino
	}
	return replaced{displaced: true}, errChanged
}

// remember keeps what the displaced file looks like, so that a later write to it shows. It
// returns false if there is one already. Without sure there was no lease, or one that is
// given although somebody writes: only bytes tell then, and as the next write may carry the same
// time, the next commit reads them again.
func (f *localFile) remember(intent state.Displaced, r *os.File, is sys.Stamp, sure bool, old held) bool {
	if sure {
		f.looked[intent.Path] = is
		return true
	}
	// A page of a mapping that is dirty already can change without a trace until it is
	// written out.
	_ = r.Sync()
	is, err := sys.StampOf(r)
	if err != nil {
		return false
	}
	if same, err := holds(r, is.Size, old.data); err != nil || !same {
		return false
	}
	f.looked[intent.Path] = sys.Stamp{Size: is.Size}
	return true
}

// leaseOrNot is a lease, or none where there are none.
type leaseOrNot struct {
	lease sys.Lease
	taken bool
}

func takeLease(r *os.File) (leaseOrNot, error) {
	lease, err := sys.TakeLease(r)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return leaseOrNot{}, nil
	case errors.Is(err, sys.ErrBusy):
		return leaseOrNot{}, errBusy
	}
	return leaseOrNot{lease, err == nil}, err
}

// broken reports that somebody waits to open the file for writing.
func (l leaseOrNot) broken() bool { return l.taken && !l.lease.Held() }

func (l leaseOrNot) release() {
	if l.taken {
		_ = l.lease.Release() // closing the file does it too
	}
}
