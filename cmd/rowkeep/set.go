package main

import (
	"github.com/spf13/cobra"

	"github.com/rowkeep/rowkeep/csvrows"
)

// statuses is what the commands say of their exit status that change a file.
const statuses = `
Exit status: 0; 2 usage; 3 no such key or column, or the file is damaged; 4 the file
cannot be read or written, or stayed locked or half written. On 2, 3 and 4 the file is
as it was, unless the message says that the outcome is unknown, or that the file is
changed and only standard output failed.`

// setCommand is one call of rowkeep set.
type setCommand struct{ liveCommand }

func (a *app) newSet() *cobra.Command {
	c := &setCommand{liveCommand{app: a}}
	cmd := &cobra.Command{
		Use:   "set FILE KEY COL=VAL...",
		Short: "Change cells of a row",
		Long: `Set changes cells of the row with KEY and not one other byte of FILE. What somebody
else writes to the file meanwhile stays. It prints what it changed.
` + statuses,
		Example: `  rowkeep set config.csv btc_1 enabled=false order_id=O1
  rowkeep set --key host,port hosts.csv db,5432 owner=ann`,
		Args: rangeOfOperands(3, -1, "FILE KEY COL=VAL..."),
		RunE: c.run,
	}
	c.addFlags(cmd)
	c.completeArgs(cmd, func(t *csvrows.Table, args []string, typed string) []string {
		if len(args) == 0 {
			return keyWords(t)
		}
		return columnWords(t, args[1:], typed)
	})
	return cmd
}

func (c *setCommand) run(cmd *cobra.Command, args []string) error {
	key, values, err := c.rowArgs(args[1:])
	if err != nil {
		return err
	}
	return c.update(cmd.Context(), args[0], func(t *csvrows.Table) error { return t.Set(key, values) })
}
