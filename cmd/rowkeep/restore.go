package main

import (
	"github.com/spf13/cobra"
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
	s, err := r.open(args[0])
	if err != nil {
		return err
	}
	list, err := r.versions(s)
	if err != nil {
		return err
	}
	i, err := r.find(s, list, args[1])
	if err != nil {
		return err
	}
	// What is wrong with the version is said as by show.
	if _, err := r.content(s, list[i]); err != nil {
		return err
	}
	done := r.out.working("waiting for " + r.file)
	receipt, err := s.Restore(cmd.Context(), list[i].Seq)
	done()
	if err != nil {
		return r.failure(err)
	}
	return r.report(receipt)
}
