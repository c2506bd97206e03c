// Package symlink finds the file behind a symbolic link, so that a new file can take the
// place of that and not of the link.
package symlink

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrLoop means that links lead to one another, or that there are very many.
var ErrLoop = errors.New("too many symbolic links")

// most is how many links may lie before a file, as on Linux.
const most = 40

// Follow returns the name of the file behind the links that path itself is, also one
// that does not exist. Links among path's own directories stay; behind a link there are
// none, so that the name can be cut at each separator. The error is a [*fs.PathError] with
// ErrLoop.
func Follow(path string) (string, error) {
	file := path
	for range most {
		link, err := os.Readlink(file)
		if err != nil {
			return file, nil // no link, or nothing there
		}
		if !filepath.IsAbs(link) {
			// Not filepath.Join: it would cut "x/.." even where x is a link itself.
			link = filepath.Dir(file) + string(filepath.Separator) + link
		}
		file = direct(link)
	}
	return "", &fs.PathError{Op: "open", Path: path, Err: ErrLoop}
}

// direct names a file by its directory without links, if that exists.
func direct(file string) string {
	dir, base := filepath.Split(file)
	resolved, err := filepath.EvalSymlinks(dir)
	if err != nil || base == "" || base == "." || base == ".." {
		return file
	}
	return filepath.Join(resolved, base)
}
