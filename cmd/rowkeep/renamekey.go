package main

import (
	"github.com/spf13/cobra"

	"github.com/rowkeep/rowkeep/csvrows"
)

// renameKeyCommand is one call of rowkeep rename-key.
type renameKeyCommand struct{ liveCommand }

func (a *app) newRenameKey() *cobra.Command {
	c := &renameKeyCommand{liveCommand{app: a}}
	cmd := &cobra.Command{
		Use:   "rename-key FILE OLD NEW",
		Short: "Give a row another key",
		Long: `Rename-key gives the row with key OLD the key NEW. The rest of the row stays, and so
does its place.
` + statuses,
		Example: `  rowkeep rename-key config.csv btc_1 btc_main`,
		Args:    rangeOfOperands(3, 3, "FILE OLD NEW"),
		RunE:    c.run,
	}
	c.addFlags(cmd)
	c.completeArgs(cmd, func(t *csvrows.Table, args []string, _ string) []string {
		if len(args) > 0 {
			return nil
		}
		return keyWords(t)
	})
	return cmd
}

func (c *renameKeyCommand) run(cmd *cobra.Command, args []string) error {
	old, err := c.keyArg(args[1])
	if err != nil {
		return err
	}
	key, err := c.keyArg(args[2])
	if err != nil {
		return err
	}
	return c.update(cmd.Context(), args[0], func(t *csvrows.Table) error { return t.Rename(old, key) })
}
