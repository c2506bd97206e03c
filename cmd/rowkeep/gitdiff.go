package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/git"
	"github.com/rowkeep/rowkeep/merge"
)

// diffDriverCommand is one call by git diff, for one file.
type diffDriverCommand struct {
	*app
	*view
}

// version is one of the two files that git diff compares.
type version struct{ file, mode string }

func (a *app) newGitDiffDriver() *cobra.Command {
	d := &diffDriverCommand{app: a}
	return &cobra.Command{
		Use:   "diff-driver PATH OLD OLD-HEX OLD-MODE NEW NEW-HEX NEW-MODE [NEW-PATH [INFO]]",
		Short: "Compare two versions of one file for git diff, which calls this",
		Long: `Diff-driver prints the changes of a file by key and column, as rowkeep diff does. Git
calls it as rowkeep git install has set up: see GIT_EXTERNAL_DIFF in git(1). Where that
says nothing, because a file is no CSV with this key or only quotes and line ends differ,
it prints git's own diff by lines.

Exit status: 0, whatever differs.`,
		Example: `  git diff
  git diff --no-ext-diff   # by lines
  git log -p --ext-diff    # by cells`,
		Args: rangeOfOperands(1, 9, "PATH OLD OLD-HEX OLD-MODE NEW NEW-HEX NEW-MODE [NEW-PATH [INFO]]"),
		RunE: d.run,
	}
}

func (d *diffDriverCommand) run(_ *cobra.Command, args []string) error {
	d.gitColor()
	d.view = d.out.text()
	err := d.print(args)
	if err != nil {
		return err
	}
	return printed(ignore(syscall.EPIPE, d.Flush())) // that the pager was left is no failure of a diff
}

func (d *diffDriverCommand) print(args []string) error {
	const whole = 7 // arguments of a file that is not unmerged
	if len(args) < whole {
		d.text(plain, "* Unmerged path "+args[0])
		return nil
	}
	path, from, to := args[0], version{args[1], args[3]}, version{args[4], args[6]}
	d.header(path, from, to, args[whole:])
	if newPath := args[whole:]; len(newPath) > 0 {
		path = newPath[0]
	}
	why, err := d.byCells(path, from, to)
	if why == "" || err != nil {
		return err
	}
	d.text(plain, "by lines: "+why)
	return d.byLines(from, to)
}

// header names the versions as git does. renamed holds the new path and what git says of
// a file that was moved.
func (d *diffDriverCommand) header(path string, from, to version, renamed []string) {
	newPath := path
	if len(renamed) > 0 {
		newPath = renamed[0]
	}
	d.text(bold, fmt.Sprintf("diff --rowkeep a/%s b/%s", path, newPath))
	if len(renamed) > 1 {
		for line := range strings.Lines(renamed[1]) {
			d.text(bold, strings.TrimRight(line, "\n"))
		}
	}
	if from.mode != to.mode && !from.missing() && !to.missing() {
		d.text(bold, "old mode "+from.mode)
		d.text(bold, "new mode "+to.mode)
	}
	d.text(bold, "--- "+from.name("a/"+path))
	d.text(bold, "+++ "+to.name("b/"+newPath))
}

func (v version) name(path string) string {
	if v.missing() {
		return os.DevNull
	}
	return path
}

// missing reports that git compares with nothing: the file was added or deleted.
func (v version) missing() bool { return v.file == "/dev/null" }

func (v version) read(a *app) ([]byte, error) {
	if v.missing() {
		return nil, nil
	}
	contents, err := a.readAll([]string{v.file})
	if err != nil {
		return nil, err
	}
	return contents[0], nil
}

// byCells prints the changes by key and column, or returns why there is nothing to print.
func (d *diffDriverCommand) byCells(path string, from, to version) (why string, err error) {
	before, err := from.read(d.app)
	if err != nil {
		return "", err
	}
	after, err := to.read(d.app)
	if err != nil {
		return "", err
	}
	if why := notRows(from, to, before, after); why != "" {
		return why, nil
	}
	settings, err := treeSettings(path)
	if err != nil {
		return err.Error(), nil
	}
	result, err := merge.Diff(before, after, settings.Read)
	if err != nil {
		return sameNamed(path).failure(err).Error(), nil
	}
	if d.changes(result.Changes()) || bytes.Equal(before, after) {
		return "", nil
	}
	return "only quotes, spaces, line ends or blank lines differ", nil
}

// notRows says why versions are not to be read as CSV.
func notRows(from, to version, before, after []byte) string {
	const symlink = "120000"
	switch {
	case from.mode == symlink || to.mode == symlink:
		return "a symbolic link"
	case git.IsLFSPointer(before) || git.IsLFSPointer(after):
		return "stored by Git LFS"
	case git.IsBinary(before) || git.IsBinary(after):
		return "no text, or UTF-16"
	}
	return ""
}

func (d *diffDriverCommand) byLines(from, to version) error {
	text, err := git.TextDiff(from.file, to.file)
	if err != nil {
		return err
	}
	for line := range strings.Lines(text) {
		d.text(linePaint(line), strings.TrimSuffix(line, "\n"))
	}
	return nil
}

// linePaint is git's colour of a line of a diff.
func linePaint(line string) paint {
	switch line[0] {
	case '-':
		return red
	case '+':
		return green
	}
	return plain
}
