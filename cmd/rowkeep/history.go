package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store"
)

// historyCommand is what the commands share that look into a file's history.
type historyCommand struct{ liveCommand }

// versions lists the history, oldest first. Without one there is nothing to work with,
// and a name that is no file is probably a mistake.
func (h *historyCommand) versions(s *store.Store) ([]store.Version, error) {
	list, err := s.History()
	if err != nil {
		return nil, h.failure(err)
	}
	if len(list) == 0 {
		if err := exists(h.file); err != nil {
			return nil, fileFailure(h.file, err)
		}
	}
	return list, nil
}

// picked is the version that a command line names.
type picked struct {
	store *store.Store
	list  []store.Version // of the history
	i     int             // its place there
	data  []byte
}

// pick finds and reads a version of a file.
func (h *historyCommand) pick(file, version string) (p *picked, err error) {
	p = new(picked)
	if p.store, err = h.open(file); err != nil {
		return nil, err
	}
	if p.list, err = h.versions(p.store); err != nil {
		return nil, err
	}
	if p.i, err = h.find(p.store, p.list, version); err != nil {
		return nil, err
	}
	if p.data, err = h.content(p.store, p.list[p.i]); err != nil {
		return nil, err
	}
	return p, nil
}

// find returns the index of the version that the command line names: by number, or by
// the first digits of its hash, of which four are enough if no other version's are the
// same. A number goes first. Of versions with equal content it is the newest.
func (h *historyCommand) find(s *store.Store, list []store.Version, arg string) (int, error) {
	if seq, err := strconv.ParseInt(arg, 10, 64); err == nil {
		for i, v := range list {
			if v.Seq == seq {
				return i, nil
			}
		}
		// Damage may be why it is not listed.
		if _, err := s.Version(seq); !errors.Is(err, store.ErrNoVersion) {
			return 0, h.unreadable(arg, err)
		}
	}
	found := -1
	for i, v := range list {
		switch {
		case len(arg) < hashLeast || !strings.HasPrefix(v.Digest.Hash, strings.ToLower(arg)):
			continue
		case found >= 0 && list[found].Digest != v.Digest:
			return 0, &failure{status: statusInput, err: fmt.Errorf("%s: version %s: several hashes begin so", h.file, name(arg)), hint: "give more of the hash, or the number"}
		}
		found = i
	}
	if found < 0 {
		return 0, h.noVersion(arg, store.ErrNoVersion)
	}
	return found, nil
}

// hashLeast is how much of a hash is needed.
const hashLeast = 4

func (h *historyCommand) noVersion(arg string, err error) *failure {
	return &failure{
		status: statusInput, err: fmt.Errorf("%s: version %s: %w", h.file, name(arg), err),
		hint: "rowkeep log " + shellWord(h.file) + " lists the versions",
	}
}

// content reads a version.
func (h *historyCommand) content(s *store.Store, v store.Version) ([]byte, error) {
	data, err := s.Version(v.Seq)
	if err != nil {
		return nil, h.unreadable(strconv.FormatInt(v.Seq, 10), err)
	}
	return data, nil
}

// unreadable says why a version cannot be had.
func (h *historyCommand) unreadable(arg string, err error) error {
	var corrupt *store.CorruptError
	switch {
	case errors.Is(err, store.ErrNoVersion):
		return h.noVersion(arg, store.ErrNoVersion)
	case errors.As(err, &corrupt):
		return &failure{status: statusIO, err: err, hint: "rowkeep status " + shellWord(h.file) + " tells what else is damaged"}
	}
	return h.failure(err)
}

// before returns the content of the version that stood in the file before list[i]; nil
// where there is none.
func (h *historyCommand) before(s *store.Store, list []store.Version, i int) ([]byte, error) {
	for i--; i >= 0; i-- {
		if list[i].Origin.Stood() {
			return h.content(s, list[i])
		}
	}
	return nil, nil
}

// changes compares a version with the one before it; nil where either is not known or
// cannot be read as it should.
func (h *historyCommand) changes(before, after []byte) *merge.Result {
	if before == nil || after == nil {
		return nil
	}
	diff, err := merge.Diff(before, after, h.opt.Read)
	if err != nil {
		return nil
	}
	return diff
}

// when shows a time in the zone of whoever looks at it.
func when(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }

// exists reports that a name is there, and no directory.
func exists(file string) error {
	info, err := os.Stat(file)
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: file, Err: store.ErrNotRegular}
	}
	return err
}
