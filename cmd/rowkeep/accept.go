package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rowkeep/rowkeep/store"
)

// acceptCommand is one call of rowkeep accept.
type acceptCommand struct{ historyCommand }

func (a *app) newAccept() *cobra.Command {
	c := &acceptCommand{historyCommand{liveCommand{app: a}}}
	cmd := &cobra.Command{
		Use:   "accept FILE",
		Short: "Say that a file is meant as it stands",
		Long: `Accept keeps FILE as a version that is meant as it stands, and does not change it. Two
things need that: a file that looks half written for good, as one that somebody emptied,
which nothing reads before; and a save that takes back changes of a program, which the
program's next commit would give back. It prints how the file differs from the version
before. A file that cannot be read cannot be accepted; restore gives back what it was.

Exit status: 0; 2 usage; 3 the file is damaged; 4 the file cannot be read, or nothing can
be written beside it, or it stayed locked.`,
		Example: `  rowkeep accept config.csv`,
		Args:    operands("FILE"),
		RunE:    c.run,
	}
	c.addFlags(cmd)
	return cmd
}

func (c *acceptCommand) run(cmd *cobra.Command, args []string) error {
	s, err := c.open(args[0])
	if err != nil {
		return err
	}
	err = c.waiting(func() error { return s.Accept(cmd.Context()) })
	if err != nil || c.out.quiet {
		return err
	}
	return c.tell(cmd.Context(), s)
}

// tell prints what the version that was accepted changed.
func (c *acceptCommand) tell(ctx context.Context, s *store.Store) error {
	list, err := await(ctx, func() ([]store.Version, error) { return c.versions(s) })
	if err != nil {
		return err
	}
	i := len(list) - 1
	for i >= 0 && !list[i].Accepted { // somebody may have committed since
		i--
	}
	if i < 0 {
		return nil
	}
	// Damage in the history is no fault of what was accepted; status tells of it.
	before, _ := c.before(s, list, i)
	after, _ := c.content(s, list[i])
	v := c.out.text()
	if diff := c.changes(before, after); diff != nil {
		v.changes(diff.Changes())
	}
	if err := v.Flush(); err != nil {
		return stdoutFailure(err)
	}
	c.out.message(plain, fmt.Sprintf("%s: version %d, meant as it is", c.file, list[i].Seq))
	return nil
}
