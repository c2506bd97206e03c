package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/git"
)

// setupCommand is what install and uninstall share: they say what they are about to write,
// ask, and write it.
type setupCommand struct {
	*app
	global, dryRun, yes bool

	scope  *git.Scope
	writes []git.Write
	before []byte // the file of attributes; nil for none
	after  []byte // what it becomes; nil for none
}

func (c *setupCommand) addFlags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&c.global, "global", false, "for all repositories of this user, in place of this one")
	cmd.Flags().BoolVar(&c.dryRun, "dry-run", false, "say what would be written, and write nothing")
	cmd.Flags().BoolVar(&c.yes, "yes", false, "do not ask")
	c.addColor(cmd)
}

func (a *app) newGitInstall() *cobra.Command {
	c := &setupCommand{app: a}
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Make git merge and compare CSV files by row and cell",
		Long: `Install prints what it is about to write, asks if it is on a terminal, and writes:

  settings    a merge driver, a diff driver and a merge tool, to the configuration of this
              repository, or with --global to that of the user
  attributes  the line "` + git.AttributeLine + `", to .gitattributes at the top of the work
              tree, to be committed; or with --global to the user's own file

The line comes before all others there, so those that stand there already still decide for
their files. Settings are not part of a commit: each clone needs rowkeep git install, or
each user rowkeep git install --global. uninstall removes what install wrote.

Exit status: 0; 2 usage; 4 something could not be written, or this is no repository.`,
		Example: `  rowkeep git install --dry-run
  rowkeep git install
  rowkeep git install --global --yes`,
		Args: operands(),
		RunE: func(cmd *cobra.Command, _ []string) error { return c.run(cmd.Context(), c.planInstall) },
	}
	c.addFlags(cmd)
	return cmd
}

func (a *app) newGitUninstall() *cobra.Command {
	c := &setupCommand{app: a}
	cmd := &cobra.Command{
		Use:   "uninstall",
		Short: "Remove what rowkeep git install wrote",
		Long: `Uninstall removes the settings and the line of attributes that rowkeep git install wrote,
and leaves what somebody else wrote, under these names too. Like install it prints what it
is about to do, and asks if it is on a terminal.

Exit status: 0; 2 usage; 4 something could not be written, or this is no repository.`,
		Example: `  rowkeep git uninstall
  rowkeep git uninstall --global --yes`,
		Args: operands(),
		RunE: func(cmd *cobra.Command, _ []string) error { return c.run(cmd.Context(), c.planRemoval) },
	}
	c.addFlags(cmd)
	return cmd
}

func (c *setupCommand) run(ctx context.Context, plan func() error) error {
	if err := c.look(); err != nil {
		return err
	}
	if err := plan(); err != nil {
		return asFailure(err)
	}
	if len(c.writes) == 0 && !c.attributesChange() {
		c.out.message(plain, "nothing to write: all is as it should be")
		return nil
	}
	if err := c.print(); err != nil {
		return stdoutFailure(err)
	}
	if c.dryRun {
		return nil
	}
	if ok, err := c.agreed(ctx); err != nil || !ok {
		return err
	}
	return c.write(ctx)
}

// look finds out where to write, and what stands there.
func (c *setupCommand) look() (err error) {
	find := git.Repository
	if c.global {
		find = git.Global
	}
	if c.scope, err = find(); err != nil {
		f := asFailure(err)
		if !c.global {
			f.hint = "go to a repository, or use --global"
		}
		return f
	}
	if c.before, err = c.scope.ReadAttributes(); err != nil {
		return fileFailure(c.scope.Attributes, err)
	}
	return nil
}

func (c *setupCommand) planInstall() error {
	command, err := executable()
	if err != nil {
		return err
	}
	c.after = git.AddAttributes(c.before)
	c.writes, err = c.scope.Plan(command)
	return err
}

func (c *setupCommand) planRemoval() (err error) {
	if c.before != nil {
		c.after = git.RemoveAttributes(c.before)
	}
	c.writes, err = c.scope.PlanRemoval()
	return err
}

// executable is how git is to call this program: by its name where that leads to it, else
// by its path, quoted for a shell.
func executable() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	if strings.Contains(self, "go-build") {
		return "", &failure{
			status: statusUsage, err: errors.New("this program was built by go run, and is gone when it ends"),
			hint: "go install ./cmd/rowkeep, and call that",
		}
	}
	const called = "rowkeep"
	if found, err := exec.LookPath(called); err == nil && sameFile(found, self) {
		return called, nil
	}
	return shellWord(filepath.ToSlash(self)), nil // git has a shell on Windows too
}

func (c *setupCommand) attributesChange() bool {
	return (c.before == nil) != (c.after == nil) || !bytes.Equal(c.before, c.after)
}

// print says what is about to be written, and where.
func (c *setupCommand) print() error {
	v := c.out.text()
	if len(c.writes) > 0 {
		v.text(bold, c.scope.Config)
	}
	for _, w := range c.writes {
		switch {
		case w.Remove:
			v.text(red, fmt.Sprintf("- %s = %s", w.Name, w.Was))
		case w.Was != "":
			v.text(yellow, fmt.Sprintf("~ %s = %s (was %s)", w.Name, w.Value, w.Was))
		default:
			v.text(green, fmt.Sprintf("+ %s = %s", w.Name, w.Value))
		}
	}
	if c.attributesChange() {
		v.text(bold, c.attributesName())
		sign, p := "+ ", green
		if len(c.after) < len(c.before) {
			sign, p = "- ", red
		}
		v.text(p, sign+git.AttributeLine)
	}
	return v.Flush()
}

// attributesName names the file of attributes from the current directory where that is in
// the work tree too.
func (c *setupCommand) attributesName() string {
	file := c.scope.Attributes
	here, err := os.Getwd()
	if err != nil || !c.scope.Committed {
		return file
	}
	if name, err := filepath.Rel(here, file); err == nil && len(name) < len(file) {
		return name
	}
	return file
}

// agreed asks on a terminal.
func (c *setupCommand) agreed(ctx context.Context) (bool, error) {
	in, ok := c.stdin.(*os.File)
	if c.yes || !ok || !term.IsTerminal(int(in.Fd())) {
		return true, nil
	}
	fmt.Fprint(c.out.stderr, "rowkeep: write this? [y/N] ")
	answer, err := await(ctx, func() (string, error) { return bufio.NewReader(in).ReadString('\n') })
	if err != nil && err != io.EOF {
		return false, fileFailure("standard input", err)
	}
	if answer := strings.ToLower(strings.TrimSpace(answer)); answer == "y" || answer == "yes" {
		return true, nil
	}
	c.out.message(plain, "nothing was written")
	return false, nil
}

// write comes to the attributes last: until then git calls nothing that is set.
func (c *setupCommand) write(ctx context.Context) error {
	for _, w := range c.writes {
		if err := c.scope.Apply(w); err != nil {
			f := asFailure(err)
			f.hint = "what stands above it was written; call it again once the cause is gone"
			return f
		}
	}
	if err := c.writeAttributes(ctx); err != nil {
		return err
	}
	if c.attributesChange() && c.scope.Committed {
		c.out.hint("commit .gitattributes, so that it counts for everybody")
	}
	return nil
}

func (c *setupCommand) writeAttributes(ctx context.Context) error {
	file := c.scope.Attributes
	switch {
	case !c.attributesChange():
		return nil
	case c.after == nil:
		if err := os.Remove(file); err != nil {
			return fileFailure(file, err)
		}
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return fileFailure(file, err)
	}
	return replaceFile(ctx, file, c.after)
}
