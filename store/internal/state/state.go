// Package state is what the store keeps beside a file: one hidden directory that holds
//
//	lock                     locked by whoever commits; never removed
//	log                      a line for each version of the file; see Entry
//	12-<hash>-<hash>         what commit 12 displaced, by the hashes of that and of what it wrote
//	whole-<hash>             a large version of the log, in full
//	spare12                  a file that a commit displaced, and that a later one may write to
//	ahead                    a change of the file in place, written ahead of it
//	log.damaged              a log that was put aside, as it was too long to be one
//	.gitignore               so that nobody commits all this
//	.temp123                 a file in the making, by a commit under way or one that was killed
//
// For config.csv the directory is .config.csv.rowkeep. Those who may write the file may
// enter it, and nobody else. Whatever changes it holds the lock.
package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// Names in the directory.
const (
	lockName = "lock"
	logName  = "log"
	// damagedName is that of a log that could not be read.
	damagedName = "log.damaged"
	tempName    = "temp"  // behind a dot, before digits; short, as the file's own name may be long
	spareName   = "spare" // before digits
	wholePrefix = "whole-"
)

// Dir is the state directory of one file.
type Dir struct{ path, file string }

// Beside returns the state directory of a file, which need not exist yet.
func Beside(file string) Dir {
	dir, name := filepath.Split(file)
	return Dir{filepath.Join(dir, "."+name+".rowkeep"), file}
}

// Elsewhere returns the state directory of a file beside which there can be none.
func Elsewhere(dir, file string) Dir {
	name := fmt.Sprintf("%s.%s.rowkeep", filepath.Base(file), DigestOf([]byte(file)).Hash)
	return Dir{filepath.Join(dir, name), file}
}

// At returns a directory as a state directory of no file.
func At(path string) Dir { return Dir{path: path} }

// File names the file whose state it is.
func (d Dir) File() string { return d.file }

// join names something in the directory.
func (d Dir) join(name string) string { return filepath.Join(d.path, name) }

// Path returns where the directory is.
func (d Dir) Path() string { return d.path }

// Exists reports whether the directory is there.
func (d Dir) Exists() (bool, error) {
	_, err := os.Stat(d.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// ignoreAll keeps the directory out of git.
const ignoreAll = "# kept by rowkeep; no part of the project\n*\n"

// Create makes the directory, with what it needs, for the file that is described (nil:
// one that is yet to be made). Whoever may write the file may commit to it; nobody else
// gets in. It is no error if the directory is there. After an error it is not: half made
// it would keep everybody else out.
func (d Dir) Create(file *sys.Stamp) error {
	err := os.Mkdir(d.path, 0o700)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil
	case err != nil:
		return err
	}
	err = d.furnish(file)
	if err != nil {
		err = errors.Join(err, os.RemoveAll(d.path))
	}
	return err
}

// furnish puts into a new directory what it needs.
func (d Dir) furnish(file *sys.Stamp) error {
	for _, f := range []struct{ name, content string }{{".gitignore", ignoreAll}, {lockName, ""}, {logName, ""}} {
		if err := d.put(f.name, f.content, file); err != nil {
			return err
		}
	}
	return admit(d.path, true, file)
}

// put makes a file in the directory, unless it is there.
func (d Dir) put(name, content string, file *sys.Stamp) error {
	path := d.join(name)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(content)
	return errors.Join(err, f.Close(), admit(path, false, file))
}

// admit lets those use a file or directory of ours who may write the file that is
// described: they get its owner, and read and write (and, for a directory, search)
// permission.
func admit(path string, dir bool, file *sys.Stamp) error {
	if file == nil {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := sys.CopyOwner(f, *file); err != nil {
		return err
	}
	return os.Chmod(path, admitted(dir, *file))
}

// admitted is the mode of what lets those in who may write a file.
func admitted(dir bool, file sys.Stamp) fs.FileMode {
	write := fs.FileMode(file.Perm())&0o222 | 0o200
	perm := write | write<<1
	if dir {
		perm |= write >> 1
	}
	return perm
}

// CreateTemp makes a file, mode 0600, that is to take the place of another one.
func (d Dir) CreateTemp() (*os.File, error) { return sys.CreateTemp(d.path, tempName) }

// replace puts a file of new content in place of another one of ours, in one step and on
// disk. access lets others than its maker use it.
func (d Dir) replace(name string, data []byte, access func(*os.File) error) error {
	temp, err := d.CreateTemp()
	if err != nil {
		return err
	}
	_, err = temp.Write(data)
	if err = errors.Join(err, access(temp), temp.Sync(), temp.Close()); err == nil {
		err = os.Rename(temp.Name(), d.join(name))
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return sys.SyncDir(d.path)
}

// replaceLikeLog is replace for those who may use the log.
func (d Dir) replaceLikeLog(name string, data []byte) error {
	log, err := sys.StampAt(d.logPath())
	if err != nil {
		return err
	}
	return d.replace(name, data, func(f *os.File) error {
		return errors.Join(sys.CopyOwner(f, log), f.Chmod(fs.FileMode(log.Perm())))
	})
}

// Sweep removes the temporary files of commits that were killed, and spares. The caller holds
// the lock, so none is in use.
func (d Dir) Sweep() error {
	names, err := d.names(func(name string) bool { return isTemp(name) || isSpare(name) })
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := os.Remove(d.join(name)); err != nil {
			return err
		}
	}
	return nil
}

// temporary lists the names of temporary files.
func (d Dir) temporary() (names []string, err error) { return d.names(isTemp) }

// names lists some of the names in the directory.
func (d Dir) names(wanted func(name string) bool) (names []string, err error) {
	entries, err := os.ReadDir(d.path)
	for _, e := range entries {
		if wanted(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// LeftOver lists what should not be there: temporary files, while nobody commits, and a log
// that was put aside.
func (d Dir) LeftOver() (paths []string, err error) {
	names, err := d.temporary()
	if _, missing := os.Lstat(d.join(damagedName)); missing == nil {
		names = append(names, damagedName)
	}
	for _, name := range names {
		paths = append(paths, d.join(name))
	}
	return paths, err
}

// Access lists what those may use who may not write the file that is described, and what
// belongs to somebody else. Displaced files have the mode that the file had.
func (d Dir) Access(file sys.Stamp) (wide, foreign []string, err error) {
	if runtime.GOOS == "windows" {
		return nil, nil, nil // permissions are not in modes there
	}
	for _, name := range []string{"", lockName, logName} {
		path := d.join(name)
		at, err := sys.StampAt(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		if fs.FileMode(at.Perm())&^admitted(name == "", file)&0o777 != 0 {
			wide = append(wide, path)
		}
		if at.Owner != file.Owner || at.Group != file.Group {
			foreign = append(foreign, path)
		}
	}
	return wide, foreign, nil
}

// isTemp reports names of temporary files, isSpare those of spares.
func isTemp(name string) bool  { return isNumbered(name, "."+tempName) }
func isSpare(name string) bool { return isNumbered(name, spareName) }

// isNumbered reports that a name is a prefix with digits behind it.
func isNumbered(name, prefix string) bool {
	digits, ok := strings.CutPrefix(name, prefix)
	return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
}
