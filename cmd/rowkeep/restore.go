package main

import (
	"github.com/spf13/cobra"

	"github.com/rowkeep/rowkeep/store"
)

// restoreCommand is one call of rowkeep restore.
type restoreCommand struct{ historyCommand }

func (a *app) newRestore() *cobra.Command {
	r := &restoreCommand{historyCommand{liveCommand{app: a}}}
	cmd := &cobra.Command{
		Use:   "restore FILE VERSION",
		Short: "Make an old version the content of a file again",
		Long: `Restore makes a version of FILE its content again, whole. What stands there now is kept as
a version first, damaged or not, so that a restore can be taken back by another one. What
it takes back counts as meant: nothing of it is given back later. A file that is missing is
made, of mode 0600. VERSION is as with show. It prints what it changed.
` + statuses,
		Example: `  rowkeep restore config.csv 12`,
		Args:    operands("FILE", "VERSION"),
		RunE:    r.run,
	}
	r.addFlags(cmd)
	r.completeVersions(cmd)
	return cmd
}

func (r *restoreCommand) run(cmd *cobra.Command, args []string) error {
	p, err := r.pick(args[0], args[1]) // what is wrong with the version is said as by show
	if err != nil {
		return err
	}
	var receipt *store.Receipt
	err = r.waiting(func() (err error) {
		receipt, err = p.store.Restore(cmd.Context(), p.list[p.i].Seq)
		return err
	})
	if err != nil {
		return err
	}
	return r.report(receipt)
}
