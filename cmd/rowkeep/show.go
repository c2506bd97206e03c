package main

import (
	"github.com/spf13/cobra"

	"github.com/rowkeep/rowkeep/merge"
)

// showCommand is one call of rowkeep show.
type showCommand struct {
	historyCommand
	changesOnly bool
}

func (a *app) newShow() *cobra.Command {
	s := &showCommand{historyCommand: historyCommand{liveCommand{app: a}}}
	cmd := &cobra.Command{
		Use:   "show FILE VERSION",
		Short: "Print an old version of a file, or what it changed",
		Long: `Show prints the content of a version of FILE, byte for byte, or with --changes how it
differs from the version that stood in the file before it. VERSION is a number that log
prints, or the first digits of a hash, at least four; a number goes first.

Exit status: 0; 2 usage; 3 there is no such version, or it cannot be compared; 4 there is
no such file, or damage keeps the version from being known.`,
		Example: `  rowkeep show config.csv 12
  rowkeep show --changes config.csv 12
  rowkeep show config.csv 5e7c0f | diff - config.csv`,
		Args: operands("FILE", "VERSION"),
		RunE: s.run,
	}
	s.addFlags(cmd)
	s.completeVersions(cmd)
	cmd.Flags().BoolVar(&s.changesOnly, "changes", false, "print what the version changed, by key and column")
	return cmd
}

func (c *showCommand) run(_ *cobra.Command, args []string) error {
	p, err := c.pick(args[0], args[1])
	if err != nil {
		return err
	}
	if c.changesOnly {
		return c.showChanges(p)
	}
	_, err = c.out.file().Write(p.data)
	return printed(err)
}

// showChanges compares with the version before. The first one there is has nothing before
// it: all its rows are new.
func (c *showCommand) showChanges(p *picked) error {
	before, err := c.before(p.store, p.list, p.i)
	if err != nil {
		return err
	}
	diff, err := merge.Diff(before, p.data, c.opt.Read)
	if err != nil {
		return inputs{merge.Base: "the version before", merge.Theirs: "the version"}.failure(err)
	}
	return printed(c.out.show(func(v *view) { v.changes(diff.Changes()) }))
}
