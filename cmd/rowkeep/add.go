package main

import (
	"github.com/spf13/cobra"

	"github.com/rowkeep/rowkeep/csvrows"
)

// addCommand is one call of rowkeep add.
type addCommand struct {
	liveCommand
	after string
}

func (a *app) newAdd() *cobra.Command {
	c := &addCommand{liveCommand: liveCommand{app: a}}
	cmd := &cobra.Command{
		Use:   "add FILE KEY [COL=VAL...]",
		Short: "Add a row",
		Long: `Add puts a row with KEY at the end of FILE, or directly behind another one. Cells that
are not given are empty. The row takes after its neighbour in line end and quotes.
` + statuses,
		Example: `  rowkeep add config.csv dot_1 pair=DOTUSD volume=12
  rowkeep add --after btc_1 config.csv btc_2 pair=XXBTZUSD`,
		Args: rangeOfOperands(2, -1, "FILE KEY [COL=VAL...]"),
		RunE: c.run,
	}
	c.addFlags(cmd)
	c.completeArgs(cmd, func(t *csvrows.Table, args []string, typed string) []string {
		if len(args) == 0 {
			return nil // a key that is there would be refused
		}
		return columnWords(t, args[1:], typed)
	})
	cmd.Flags().StringVar(&c.after, "after", "", "put the row behind the one with this `KEY` (default at the end)")
	return cmd
}

func (c *addCommand) run(cmd *cobra.Command, args []string) error {
	key, values, err := c.rowArgs(args[1:])
	if err != nil {
		return err
	}
	if !cmd.Flags().Changed("after") {
		return c.update(cmd.Context(), args[0], func(t *csvrows.Table) error { return t.Append(key, values) })
	}
	after, err := c.keyArg(c.after)
	if err != nil {
		return err
	}
	return c.update(cmd.Context(), args[0], func(t *csvrows.Table) error { return t.InsertAfter(after, key, values) })
}
