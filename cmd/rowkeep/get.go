package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/store"
)

// getCommand is one call of rowkeep get.
type getCommand struct{ liveCommand }

func (a *app) newGet() *cobra.Command {
	g := &getCommand{liveCommand{app: a}}
	cmd := &cobra.Command{
		Use:   "get FILE [KEY [COLUMN]]",
		Short: "Print rows, one row, or one value of a file that is in use",
		Long: `Get prints all rows of FILE as CSV, without its comments; or the row with KEY, a line
COLUMN=VALUE for each column; or one value and nothing else. While somebody writes the
file it waits for the end. It changes nothing.

Exit status: 0; 2 usage; 3 no such key or column, or the file is not readable as CSV;
4 the file cannot be read, or nobody finished writing it.`,
		Example: `  rowkeep get config.csv
  rowkeep get config.csv btc_1
  rowkeep get config.csv btc_1 enabled
  rowkeep get --key host,port hosts.csv db,5432 owner`,
		Args: rangeOfOperands(1, 3, "FILE [KEY [COLUMN]]"),
		RunE: g.run,
	}
	g.addFlags(cmd)
	g.completeArgs(cmd, func(t *csvrows.Table, args []string, _ string) []string {
		return [][]string{keyWords(t), t.Columns(), nil}[min(len(args), 2)]
	})
	return cmd
}

func (g *getCommand) run(cmd *cobra.Command, args []string) error {
	s, err := g.open(args[0])
	if err != nil {
		return err
	}
	var snap store.Snapshot
	err = g.waiting(func() (err error) {
		snap, err = s.Snapshot(cmd.Context())
		return err
	})
	if err != nil {
		return err
	}
	table, err := snap.Table()
	if err != nil {
		return &failure{status: statusInput, err: fmt.Errorf("%s: %w%s", g.file, err, advice(err))}
	}
	return printed(g.print(table, args[1:]))
}

// print prints what the arguments behind the file ask for.
func (g *getCommand) print(table *csvrows.Table, args []string) error {
	if len(args) == 0 {
		return writeRows(g.out.file(), table, !g.opt.Read.NoHeader)
	}
	key, err := g.keyArg(args[0])
	if err != nil {
		return err
	}
	values, err := table.Row(key)
	if err != nil {
		return g.editFailure(table, err)
	}
	if len(args) == 1 {
		v := g.out.text()
		v.width = 0 // a value that is copied from the terminal has no other line ends
		for i, column := range table.Columns() {
			v.text(plain, column+"="+values[i])
		}
		return v.Flush()
	}
	column := slices.Index(table.Columns(), args[1])
	if column < 0 {
		return g.editFailure(table, &csvrows.EditError{Op: "get", Key: key, Column: args[1], Err: csvrows.ErrNoColumn})
	}
	_, err = io.WriteString(g.out.file(), values[column]+"\n")
	return err
}

// writeRows writes all rows as plain CSV, behind the header if the file has one.
func writeRows(to io.Writer, table *csvrows.Table, header bool) error {
	w := csv.NewWriter(to)
	rows, err := table.Reader().ReadAll()
	if err != nil {
		return err
	}
	if !header && len(rows) > 0 {
		rows = rows[1:] // the names that the columns have for us
	}
	return w.WriteAll(rows)
}
