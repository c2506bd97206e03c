// Package plain replaces a file as careful programs do that have no store: a new file,
// synced, a last look at the old one, a rename. It is there to be compared with.
package plain

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
)

// Prefix begins the names of temporary files.
const Prefix = "plain-"

// ErrMoved means that the file changed before the last look.
var ErrMoved = errors.New("the file changed")

// Replace gives the file what change makes of its content. between, if it is not nil, runs
// between the last look and the rename, where what others save is lost.
func Replace(path string, change func(content []byte) ([]byte, error), between func()) (err error) {
	before, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	after, err := change(bytes.Clone(before))
	if err != nil {
		return err
	}
	temp, err := writeTemp(filepath.Dir(path), after)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp)
		}
	}()
	now, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, before) {
		return ErrMoved
	}
	if between != nil {
		between()
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func writeTemp(dir string, data []byte) (name string, err error) {
	f, err := os.CreateTemp(dir, Prefix+"*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	return f.Name(), errors.Join(err, f.Chmod(0o640), f.Sync(), f.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
