package git

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// Tree returns a reader of the files of HEAD, named from its top: a repository without a
// work tree has no others.
func Tree(name string) ([]byte, error) {
	if _, err := run(nil, "rev-parse", "--verify", "--quiet", "HEAD:"+name); err != nil {
		return nil, fs.ErrNotExist
	}
	out, err := run(nil, "cat-file", "blob", "HEAD:"+name)
	return []byte(out), err
}

// Top is the top of the work tree.
func Top() (string, error) {
	top, err := line("rev-parse", "--show-toplevel")
	return filepath.FromSlash(top), err
}

// Bare reports a repository without a work tree.
func Bare() bool {
	out, err := line("rev-parse", "--is-bare-repository")
	return err == nil && out == "true"
}

// ConflictStyle is how the user wants conflicts to be shown: merge, diff3 or zdiff3; "" if
// nothing is said.
func ConflictStyle() string {
	style, err := Effective("merge.conflictStyle")
	if err != nil {
		return ""
	}
	return style
}

// File is a file in the index with the attributes that matter here; "unspecified" is git's
// word for none.
type File struct{ Path, Merge, Diff, Filter string }

// Names lists all files in the index, from the top of the work tree.
func Names() ([]string, error) {
	out, err := run(nil, "ls-files", "-z", "--full-name", "--deduplicate", ":/")
	if err != nil || out == "" {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(out, "\x00"), "\x00"), nil
}

// Files lists the files of the whole index whose names match a pathspec; paths start from
// the current directory. Conflicted ones stand once.
func Files(pathspec string) ([]File, error) {
	list, err := run(nil, "ls-files", "-z", "--deduplicate", "--", ":(top)"+pathspec)
	if err != nil || list == "" {
		return nil, err
	}
	return attributes(list)
}

// Attributes returns the attributes that a path has, be there such a file or not.
func Attributes(path string) (File, error) {
	list, err := attributes(path + "\x00")
	if err != nil {
		return File{}, err
	}
	return list[0], nil
}

// attributes asks git for the attributes of paths, each ended by NUL.
func attributes(paths string) ([]File, error) {
	names := []string{"merge", "diff", "filter"}
	args := append([]string{"check-attr", "-z", "--stdin"}, names...)
	out, err := run(strings.NewReader(paths), args...)
	if err != nil {
		return nil, err
	}
	// path, attribute, value, each ended by NUL
	fields := strings.Split(strings.TrimSuffix(out, "\x00"), "\x00")
	if len(fields)%(3*len(names)) != 0 {
		return nil, fmt.Errorf("git check-attr printed %d fields", len(fields))
	}
	var files []File
	for ; len(fields) > 0; fields = fields[3*len(names):] {
		files = append(files, File{Path: fields[0], Merge: fields[2], Diff: fields[5], Filter: fields[8]})
	}
	return files, nil
}
