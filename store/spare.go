package store

import (
	"errors"
	"os"

	"github.com/rowkeep/rowkeep/internal/tune"
	"github.com/rowkeep/rowkeep/store/internal/state"
	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// What commits displaced is looked at by the next ones, as somebody may still write to it
// (recent; Open and what prunes the history look at all). Then it waits (older) until there
// is enough of it for the log to be synced once for all, and gets other names (named). After
// another commit, which mostly has brought these to the disk, the directory is synced: they
// are spares, one of which each later commit uses up.

const (
	// Of large files there are fewer of each kind than [tune.Store] says: as many as have so
	// many bytes.
	lookBackBytes = 16 << 20
	spareBytes    = 8 << 20
	// apart is how far apart the numbers of displaced files are that stay what they are:
	// damage in the log hides no more versions than there are between two of them.
	apart = 32
)

// size is how many bytes displaced files have.
func (f *localFile) size(list []state.Displaced) (n int64) {
	for _, d := range list {
		n += f.looked[d.Path].Size
	}
	return n
}

// keepInMind has the next commits look at a displaced file.
func (f *localFile) keepInMind(d state.Displaced) {
	f.recent = append(f.recent, d)
	n := max(0, len(f.recent)-tune.Store.LookBack)
	for n < len(f.recent)-1 && f.size(f.recent[n:]) > lookBackBytes {
		n++
	}
	f.older = append(f.older, f.recent[:n]...)
	f.recent = f.recent[n:]
}

// retire makes spares of what has been displaced for long enough. What somebody has open, or
// has written to, counts as recent again. The log is on disk first: it alone tells then what
// the files held.
func (f *localFile) retire() error {
	if err := f.settleNames(); err != nil {
		return err
	}
	if len(f.older) < tune.Store.Spares && f.size(f.older) < spareBytes {
		return nil
	}
	older := f.older
	f.older = nil
	if f.unsure() || !f.place.Exchange || !f.place.Durable { // of what lies in memory only the pages do not tell
		return nil
	}
	if err := f.held.Sync(); err != nil {
		return err
	}
	named, err := f.retired(older)
	if err != nil {
		return errors.Join(err, remove(named))
	}
	f.named = named
	return nil
}

// settleNames makes spares of what has its name on disk then.
func (f *localFile) settleNames() error {
	named := f.named
	if len(named) == 0 {
		return nil
	}
	f.named = nil
	if err := f.dir().SyncNames(); err != nil {
		return errors.Join(err, remove(named))
	}
	f.spares = append(f.spares, named...)
	return nil
}

// retired gives displaced files the names of spares, as far as they can be some.
func (f *localFile) retired(older []state.Displaced) (spares []*state.Spare, err error) {
	for _, d := range older {
		at, known := f.looked[d.Path]
		if !known {
			if _, err := sys.StampAt(d.Path); err == nil {
				f.recent = append(f.recent, d) // since it was set aside somebody has had it open, or nobody has looked
			}
			continue
		}
		if d.Seq >= f.stays+apart {
			f.stays = d.Seq
			continue
		}
		spare, err := f.dir().Retire(d, at, f.place.stampsTell)
		switch {
		case errors.Is(err, sys.ErrBusy):
			f.recent = append(f.recent, d)
		case err != nil:
			return spares, err
		case spare != nil:
			delete(f.looked, d.Path)
			spares = append(spares, spare)
		}
	}
	return spares, nil
}

func remove(spares []*state.Spare) (err error) {
	for _, s := range spares {
		err = errors.Join(err, s.Remove())
	}
	return err
}

// spare opens a spare that is like the file that is open as old in all but content, to be
// written to as a temporary file; there may be none. Whatever is wrong with one is no reason
// to fail, as there are new files. Where names cannot change places any more, none is used:
// [state.Log.Recover] looks for what a commit was about to write among temporary files then.
func (f *localFile) spare(old *os.File, at sys.Stamp) blank {
	if at.Perm() > 0o777 {
		return blank{} // whoever writes to a file takes setuid and setgid from it
	}
	for n := len(f.spares); n > 0 && f.place.Exchange; n-- {
		s := f.spares[n-1]
		f.spares = f.spares[:n-1]
		file, err := s.Reuse()
		if errors.Is(err, sys.ErrBusy) {
			if old, err := s.Restore(); err == nil {
				f.recent, f.looked[old.Path] = append(f.recent, old), sys.Stamp{} // whatever it is now
			}
			continue
		}
		if file == nil {
			_ = s.Remove()
			continue
		}
		if same, err := sys.SameMeta(file, old, at); err == nil && same {
			return blank{file, true}
		}
		_ = errors.Join(file.Close(), s.Remove())
	}
	return blank{}
}
