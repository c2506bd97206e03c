package main

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/config"
	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/git"
)

// doctorCommand is one call of rowkeep git doctor.
type doctorCommand struct {
	*app
	*view
}

func (a *app) newGitDoctor() *cobra.Command {
	d := &doctorCommand{app: a}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Find out whether git will call rowkeep here, and what keeps it from that",
		Long: `Doctor looks at this repository as git would, and prints a line for each thing:

  ok     as it should be
  note   works, but not for everything, or not as you may think
  wrong  git does not call rowkeep, or cannot, and merges by lines

It looks at git's version; at the settings of rowkeep git install; whether git finds the
program they name; at the attributes of the CSV files in the index, where merge=union is
wrong, since it doubles rows; and at .rowkeep.toml.

Exit status: 0; 1 something is wrong; 2 usage; 4 git is missing, or this is no repository.`,
		Example: `  rowkeep git doctor`,
		Args:    operands(),
		RunE:    d.run,
	}
	a.addColor(cmd)
	return cmd
}

func (d *doctorCommand) run(*cobra.Command, []string) error {
	if _, err := git.Repository(); err != nil {
		return err
	}
	d.view = d.out.text()
	err := errors.Join(d.git(), d.settings(), d.attributes(), d.config())
	if flushErr := d.Flush(); flushErr != nil {
		return stdoutFailure(flushErr)
	}
	return err
}

func (d *doctorCommand) ok(format string, args ...any) {
	d.text(green, "ok     "+fmt.Sprintf(format, args...))
}

func (d *doctorCommand) note(format string, args ...any) {
	d.text(yellow, "note   "+fmt.Sprintf(format, args...))
}

func (d *doctorCommand) wrong(format string, args ...any) {
	d.status = statusConflicts
	d.text(red, "wrong  "+fmt.Sprintf(format, args...))
}

// git looks at the version. What it lacks is in the release notes of 2.42 and 2.44.
func (d *doctorCommand) git() error {
	v, err := git.InstalledVersion()
	if err != nil {
		return err
	}
	d.ok("git %v", v)
	if !v.AtLeast(2, 44) {
		d.note("git before 2.44 does not tell drivers the names of branches: markers say ours and theirs")
	}
	if !v.AtLeast(2, 42) {
		d.note("git before 2.42 takes a driver that fails for a conflict, and leaves ours without a marker: read what it prints")
	}
	return nil
}

// settings looks at what git has in effect, whichever file it is from.
func (d *doctorCommand) settings() error {
	var missing []string
	tried := map[string]bool{}
	for _, want := range git.Settings("rowkeep") {
		value, err := git.Effective(want.Name)
		if err != nil {
			return err
		}
		command, runs := git.Executable(value)
		switch {
		case value == "":
			missing = append(missing, want.Name)
		case !want.Wrote(value):
			d.note("%s is not what rowkeep git install writes: %s", want.Name, value)
		case runs && !tried[command]: // mostly all settings name one program
			tried[command] = true
			d.program(want.Name, command)
		}
	}
	if len(missing) > 0 {
		d.wrong("not set: %s; rowkeep git install sets them", listed(missing))
	}
	tool, err := git.Effective(git.MergeTool.Name)
	if err == nil && tool != git.MergeTool.Value {
		d.note("%s is %s: call git mergetool --tool=rowkeep", git.MergeTool.Name, quote(tool))
	}
	return err
}

// program lets git run what a setting names.
func (d *doctorCommand) program(setting, command string) {
	said, err := git.RunAsGit(command + " version")
	version, isOurs := strings.CutPrefix(said, "rowkeep ")
	switch version, _, _ = strings.Cut(version, " "); {
	case err != nil:
		d.wrong("%s: git cannot run %s, and merges by lines (%v)", setting, command, err)
	case !isOurs:
		d.wrong("%s: %s is another program: it calls itself %s", setting, command, quote(said))
	case version != moduleVersion():
		d.note("%s: git runs %s of version %s; this is %s", setting, command, version, moduleVersion())
	default:
		d.ok("%s: git runs %s", setting, command)
	}
}

// attributes looks at the CSV files in the index, or where there are none at what one
// would have.
func (d *doctorCommand) attributes() error {
	files, err := git.Files("*.csv")
	if err != nil {
		return err
	}
	if len(files) == 0 {
		probe, err := git.Attributes("rowkeep.csv")
		if err != nil {
			return err
		}
		if probe.Merge == "rowkeep" && probe.Diff == "rowkeep" {
			d.ok("a CSV file here would be merged and compared by rowkeep; there is none yet")
		} else {
			d.wrong("a CSV file here would have the attributes merge=%s diff=%s; rowkeep git install adds them", probe.Merge, probe.Diff)
		}
		return nil
	}
	d.files(files)
	return nil
}

// named is how many files a line of doctor's names.
const named = 3

// listed names the first of some files.
func listed(files []string) string {
	if more := len(files) - named; more > 0 {
		return strings.Join(files[:named], ", ") + fmt.Sprintf(", and %d more", more)
	}
	return strings.Join(files, ", ")
}

func (d *doctorCommand) files(files []git.File) {
	var merged, union, other, undiffed, lfs []string
	for _, f := range files {
		path := name(f.Path)
		switch f.Merge {
		case "rowkeep":
			merged = append(merged, path)
			if f.Filter == "lfs" {
				lfs = append(lfs, path)
			}
		case "union":
			union = append(union, path)
		default:
			other = append(other, path)
		}
		if f.Diff != "rowkeep" {
			undiffed = append(undiffed, path)
		}
	}
	for _, group := range []struct {
		say   func(string, ...any)
		text  string
		files []string
	}{
		{d.ok, "merged by rowkeep", merged},
		{d.wrong, "merge=union doubles rows and headers", union},
		{d.unmerged(len(merged)), "not merged by rowkeep", other},
		{d.note, "not compared by rowkeep", undiffed},
		{d.note, "stored by Git LFS, whose pointers are not merged", lfs},
	} {
		if len(group.files) > 0 {
			group.say("%s: %d of %d CSV files: %s", group.text, len(group.files), len(files), listed(group.files))
		}
	}
}

// unmerged says how bad it is that some files are not merged by rowkeep: if all are, there
// are no attributes.
func (d *doctorCommand) unmerged(merged int) func(string, ...any) {
	if merged == 0 {
		return d.wrong
	}
	return d.note
}

// config reads each config in the index, and looks for entries that are about no file.
func (d *doctorCommand) config() error {
	names, err := git.Names()
	if err != nil {
		return err
	}
	top, err := git.Top()
	if err != nil || top == "" {
		return nil // without a work tree there is nothing to be checked out
	}
	for _, file := range names {
		if path.Base(file) != config.Name {
			continue
		}
		data, err := config.Dir(top)(file)
		if err != nil {
			d.wrong("%v", configFailure(err))
			continue
		}
		c, err := config.Parse(file, data)
		if err != nil {
			d.wrong("%v", err)
			continue
		}
		d.ok("%s is read; entries: %d", name(file), len(c.Files))
		d.entries(file, c, names)
	}
	return nil
}

// entries looks for patterns that match none of the files below a config.
func (d *doctorCommand) entries(file string, c *config.Config, names []string) {
	dir := strings.TrimSuffix(file, config.Name)
	for _, entry := range c.Files {
		matches := func(name string) bool {
			below, ok := strings.CutPrefix(name, dir)
			return ok && entry.Matches(below)
		}
		if !slices.ContainsFunc(names, matches) {
			d.note("%s: match %s is about no file in the index", name(file), quote(entry.Match))
		}
	}
}
