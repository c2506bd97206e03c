package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/rowkeep/rowkeep/csvrows"
)

// rmCommand is one call of rowkeep rm.
type rmCommand struct{ liveCommand }

func (a *app) newRm() *cobra.Command {
	c := &rmCommand{liveCommand{app: a}}
	cmd := &cobra.Command{
		Use:   "rm FILE KEY...",
		Short: "Delete rows",
		Long: `Rm deletes the rows with these keys from FILE: all of them, or on an error none.
` + statuses,
		Example: `  rowkeep rm config.csv btc_1 eth_1`,
		Args:    rangeOfOperands(2, -1, "FILE KEY..."),
		RunE:    c.run,
	}
	c.addFlags(cmd)
	c.completeArgs(cmd, func(t *csvrows.Table, args []string, _ string) []string {
		return slices.DeleteFunc(keyWords(t), func(key string) bool { return slices.Contains(args, key) })
	})
	return cmd
}

func (c *rmCommand) run(cmd *cobra.Command, args []string) error {
	keys := make([]csvrows.Key, len(args)-1)
	for i, arg := range args[1:] {
		key, err := c.keyArg(arg)
		if err != nil {
			return err
		}
		keys[i] = key
	}
	return c.update(cmd.Context(), args[0], func(t *csvrows.Table) error {
		for _, key := range keys {
			if err := t.Delete(key); err != nil {
				return err
			}
		}
		return nil
	})
}
