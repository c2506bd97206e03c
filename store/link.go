package store

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/rowkeep/rowkeep/store/internal/state"
	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// replaceLinked is replace where two names cannot change places: the old file gets the
// intent's name as a second one, and then loses the first to the new file. What somebody
// renames in between these two steps is lost; what is written to the old file is not.
//
//	lease    nobody opens the old one for writing from here on
//	look     it is unchanged
//	keep     a second name for it, or a copy where there are none
//	replace  the commit point
//	displaced its content is what it was, or something slipped in
func (f *localFile) replaceLinked(ctx context.Context, r *os.File, name string, intent state.Displaced, old held) (replaced, error) {
	at := old.tag.(place)
	lease, was, step, err := f.holdStill(ctx, r, old)
	if err != nil {
		return replaced{step: step}, err
	}
	defer lease.release()
	if err := f.keepOld(at.target, intent, old.data); err != nil {
		return replaced{step: "keep"}, err
	}
	is, err := sys.StampAt(intent.Path)
	if err == nil && f.place.Link && (is.Ino != was.Ino || is.Dev != was.Dev) {
		err = errChanged
	}
	if err == nil && lease.broken() {
		err = errBusy
	}
	f.moment("exchange")
	if err == nil {
		err = sys.Rename(name, at.target)
	}
	f.moment("exchanged")
	if err != nil {
		return replaced{step: "replace"}, errors.Join(err, os.Remove(intent.Path))
	}
	is, err = sys.StampAt(intent.Path)
	slipped := err != nil || !f.remember(intent, r, is, false, old)
	return replaced{displaced: true, slipped: slipped}, nil
}

// keepOld gives the old file the intent's name too.
func (f *localFile) keepOld(target string, intent state.Displaced, data []byte) error {
	if f.place.Link {
		err := os.Link(target, intent.Path)
		if err == nil || !errors.Is(err, fs.ErrPermission) {
			return vanished(err)
		}
		f.place.Link = false // somebody else's file, and the system forbids it
	}
	temp, err := f.dir().CreateTemp()
	if err != nil {
		return err
	}
	_, err = bytes.NewReader(data).WriteTo(temp)
	if err = errors.Join(err, temp.Sync(), temp.Close()); err == nil {
		err = sys.RenameNew(temp.Name(), intent.Path)
	}
	if err != nil {
		return errors.Join(err, sys.Gone(os.Remove(temp.Name())))
	}
	return nil
}

// vanished takes a name that is gone for a moment for a change.
func vanished(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errChanged
	}
	return err
}
