package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"
)

// mostBytes bounds a config: what is larger is none.
const mostBytes = 1 << 20

// Lookup returns what the nearest config says of a file: that in its directory, or in one
// above it, up to the top of the git work tree. Outside of one only the file's own
// directory counts, so that nobody else's config in a shared directory above is obeyed.
// Where there is no config, the settings are zero. Errors are [*Error], or those of the
// file system.
func Lookup(file string) (Settings, error) {
	file, err := filepath.Abs(file)
	if err != nil {
		return Settings{}, err
	}
	top := workTree(filepath.Dir(file))
	name, err := filepath.Rel(top, file)
	if err != nil {
		return Settings{}, err
	}
	settings, err := LookupIn(Dir(top), filepath.ToSlash(name))
	var wrong *Error
	if errors.As(err, &wrong) && !filepath.IsAbs(wrong.File) {
		wrong.File = fromHere(filepath.Join(top, wrong.File))
	}
	return settings, err
}

// fromHere names a file from the current directory where it is below that.
func fromHere(file string) string {
	here, err := os.Getwd()
	if err != nil {
		return file
	}
	if name, err := filepath.Rel(here, file); err == nil && filepath.IsLocal(name) {
		return name
	}
	return file
}

// workTree returns the top of the git work tree that dir is in, or dir itself.
func workTree(dir string) string {
	if named := os.Getenv("GIT_WORK_TREE"); named != "" {
		if top, err := filepath.Abs(named); err == nil && holds(top, dir) {
			return top
		}
	}
	for top := dir; ; top = filepath.Dir(top) {
		if _, err := os.Lstat(filepath.Join(top, ".git")); err == nil {
			return top
		}
		if top == filepath.Dir(top) {
			return dir
		}
	}
}

// holds reports whether dir is top or below it.
func holds(top, dir string) bool {
	name, err := filepath.Rel(top, dir)
	return err == nil && filepath.IsLocal(name)
}

// ReadFunc reads a file of a tree, which is named from its top, with slashes. If there is
// none, the error is [fs.ErrNotExist].
type ReadFunc func(name string) ([]byte, error)

// Dir reads files below a directory. It takes names that are not UTF-8, which [os.DirFS]
// does not.
func Dir(top string) ReadFunc {
	return func(name string) ([]byte, error) { return readFile(filepath.Join(top, filepath.FromSlash(name))) }
}

// readFile reads a regular file of bearable size: what is committed may be a link to a
// device.
func readFile(file string) ([]byte, error) {
	switch info, err := os.Stat(file); {
	case errors.Is(err, syscall.ENOTDIR): // another branch has a file where the name has a directory
		return nil, fs.ErrNotExist
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, &fs.PathError{Op: "open", Path: fromHere(file), Err: errors.New("is no regular file")}
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, mostBytes+1))
	if err == nil && len(data) > mostBytes {
		err = &Error{File: file, Err: fmt.Errorf("is larger than %d bytes", mostBytes)}
	}
	return data, err
}

// LookupIn is Lookup in a tree: name is that of the file from its top, with slashes.
func LookupIn(read ReadFunc, name string) (Settings, error) {
	for dir := path.Dir(name); ; dir = path.Dir(dir) {
		found := path.Join(dir, Name)
		data, err := read(found)
		switch {
		case err == nil:
			return settings(found, data, relative(dir, name))
		case !errors.Is(err, fs.ErrNotExist):
			return Settings{}, err
		case dir == "." || dir == "/":
			return Settings{}, nil
		}
	}
}

func settings(file string, data []byte, name string) (Settings, error) {
	c, err := Parse(file, data)
	if err != nil {
		return Settings{}, err
	}
	s, err := c.Settings(name)
	if err != nil {
		return Settings{}, &Error{File: file, Err: fmt.Errorf("entries that match %q: %w", name, err)}
	}
	return s, nil
}

// relative cuts dir off the start of name, which lies in it.
func relative(dir, name string) string {
	if dir == "." {
		return path.Clean(name)
	}
	return path.Clean(name)[len(dir)+1:]
}
