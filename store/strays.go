package store

import (
	"errors"
	"io/fs"
	"time"

	"github.com/rowkeep/rowkeep/store/internal/state"
	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// strays looks at what commits displaced: at the files of this process's last commits, or
// at all there are. What is as it was is not read. Where the path has come to lead to another
// file, all there are beside that are looked at.
func (f *localFile) strays(all bool) ([]stray, error) {
	if f.swept != f.locked {
		f.swept, all = f.locked, true
	}
	list := f.recent
	if all {
		var err error
		if list, err = f.dir().Displaced(); err != nil {
			return nil, err
		}
	}
	var found []stray
	for _, d := range list {
		st, astray, err := f.look(d)
		if err != nil {
			return nil, err
		}
		if astray {
			found = append(found, st)
		}
	}
	return found, nil
}

// unsure reports that a lease, if there is one, does not tell who has mapped a file.
func (f *localFile) unsure() bool {
	return f.place == nil || f.probed != f.locked || f.place.Blind || !f.place.Lease
}

// look reads a displaced file, if it is not as it was. It counts as astray if it holds
// neither what was displaced nor what the commit wrote, nor what was found there before.
// While somebody writes it, nobody can tell.
func (f *localFile) look(d state.Displaced) (stray, bool, error) {
	at, err := sys.StampAt(d.Path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && f.looked[d.Path] == at {
		return stray{}, false, nil
	}
	if err != nil {
		return stray{}, false, err
	}
	started := time.Duration(time.Now().UnixNano())
	data, at, somebody, err := d.Look(f.unsure())
	if err != nil {
		return stray{}, false, err
	}
	if somebody {
		return stray{Absorbed: state.Absorbed{Seq: d.Seq}, busy: true}, true, nil
	}
	digest := state.DigestOf(data)
	base := state.Digest{Hash: d.Hold}
	if digest.Hash != d.Hold && digest.Hash != d.New {
		h, err := f.history(0)
		if err != nil {
			return stray{}, false, err
		}
		base = h.Expected(d)
	}
	if digest.Hash == d.Hold || digest.Hash == d.New || digest == base {
		if f.unsure() && !at.Aged(started) {
			at = sys.Stamp{Size: at.Size} // it is read again, as the next write may carry the same time
		}
		f.looked[d.Path] = at
		return stray{}, false, nil
	}
	return stray{
		Absorbed: state.Absorbed{Seq: d.Seq, Digest: digest}, data: data, base: base,
		still: time.Since(time.Unix(0, int64(at.Modified))),
	}, true, nil
}
