package state

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// A commit names its new file by what it is about to do, the intent, and lets the two
// names change places: from then on the name is that of the file that was displaced.
// Nothing is renamed afterwards, so a crash cannot come in between.

// Displaced is a file under an intent's name.
type Displaced struct {
	Seq  int64  // of the commit
	Hold string // hash of what was to be displaced: what the file holds, unless somebody was faster, or wrote later
	New  string // hash of what the commit wrote
	Path string
}

// Intent names the file of a commit: at first the new one, then the one it displaced.
func (d Dir) Intent(seq int64, hold, content Digest) Displaced {
	name := fmt.Sprintf("%d-%s-%s", seq, hold.Hash, content.Hash)
	return Displaced{Seq: seq, Hold: hold.Hash, New: content.Hash, Path: d.join(name)}
}

// Displaced lists the files under intents' names, oldest first. A directory that is
// missing has none.
func (d Dir) Displaced() ([]Displaced, error) {
	f, err := os.Open(d.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var list []Displaced
	for _, name := range names {
		if found, ok := parseIntent(name); ok {
			found.Path = d.join(name)
			list = append(list, found)
		}
	}
	slices.SortFunc(list, func(a, b Displaced) int { return cmp.Compare(a.Seq, b.Seq) })
	return list, nil
}

// Displaces reports that a path is an intent's name in the directory.
func (d Dir) Displaces(path string) bool {
	_, ok := parseIntent(filepath.Base(path))
	return ok && filepath.Dir(path) == filepath.Clean(d.path)
}

func parseIntent(name string) (Displaced, bool) {
	parts := strings.Split(name, "-")
	if len(parts) != 3 || len(parts[1]) != 16 || len(parts[2]) != 16 {
		return Displaced{}, false
	}
	seq, err := strconv.ParseInt(parts[0], 10, 64)
	return Displaced{Seq: seq, Hold: parts[1], New: parts[2]}, err == nil && seq > 0
}

// Look reads a displaced file and says what it was when it was read. somebody is true
// while it is open for writing, which a lease tells where there are leases. unsure: it does
// not tell of mappings. A page that is written out first shows the next store into it.
func (d Displaced) Look(unsure bool) (data []byte, at sys.Stamp, somebody bool, err error) {
	f, err := sys.OpenRead(d.Path)
	if err != nil {
		return nil, sys.Stamp{}, false, err
	}
	defer f.Close()
	lease, err := sys.TakeLease(f)
	if errors.Is(err, sys.ErrBusy) {
		return nil, sys.Stamp{}, true, nil
	}
	if err == nil {
		defer func() { _ = lease.Release() }()
	}
	if unsure {
		_ = f.Sync() // it is a courtesy
	}
	if at, err = sys.StampOf(f); err != nil {
		return nil, sys.Stamp{}, false, err
	}
	data = make([]byte, at.Size)
	switch _, err := f.ReadAt(data, 0); {
	case err == io.EOF && at.Size > 0:
		return nil, sys.Stamp{}, true, nil // it became shorter while it was read
	case err != nil && err != io.EOF:
		return nil, sys.Stamp{}, false, err
	}
	return data, at, false, nil
}
