package demo

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/store"
)

// daemon is the program of the story. It knows the file as it was when it began, and
// commits an order to it later; merged says that it found another file by then.
type daemon interface {
	begin(ctx context.Context) error
	commit(ctx context.Context, o order) (merged bool, err error)
}

// order is one change of the daemon: the cells that it sets in a row.
type order struct {
	key   string
	cells []cell
}

type cell struct{ column, value string }

// dueOrders lists the rows of a file that the daemon has yet to act on.
func dueOrders(data []byte) []order {
	var due []order
	sheet := readSheet(data)
	for _, key := range sheet.keys {
		if sheet.cell(key, "enabled") != "true" {
			continue
		}
		due = append(due, order{key, []cell{{"enabled", "false"}, {"trigger_price", sheet.cell(key, "threshold_price")}}})
	}
	return due
}

// numbered is the order as it is placed in a round.
func (o order) numbered(round int) order {
	placed := []cell{
		{"order_id", fmt.Sprintf("ODEMO-%05d", round)},
		{"trigger_time", time.Now().UTC().Format(time.RFC3339)},
	}
	return order{o.key, append(placed, o.cells...)}
}

func (o order) values() map[string]string {
	m := map[string]string{}
	for _, c := range o.cells {
		m[c.column] = c.value
	}
	return m
}

func (o order) notes(round int) []note {
	var list []note
	for _, c := range o.cells {
		list = append(list, note{Round: round, Key: o.key, Column: c.column, Value: c.value})
	}
	return list
}

// naiveDaemon does what many programs do. It keeps every byte of its copy, and replaces
// the file in one step: all that it gets wrong is that the copy is old.
type naiveDaemon struct {
	file  string
	table *csvrows.Table
}

func openNaive(file string) (daemon, error) { return &naiveDaemon{file: file}, nil }

func (d *naiveDaemon) begin(context.Context) error {
	data, err := os.ReadFile(d.file)
	if err != nil {
		return err
	}
	f, err := csvrows.Parse(data, csvrows.Options{})
	if err != nil {
		return err
	}
	d.table, err = csvrows.NewTable(f)
	return err
}

func (d *naiveDaemon) commit(ctx context.Context, o order) (merged bool, err error) {
	if err := d.table.Set(csvrows.Key{o.key}, o.values()); err != nil {
		return false, err
	}
	return false, saveByRename(ctx, d.file, d.table.Bytes())
}

// saveByRename writes a new file and renames it over the old one.
func saveByRename(ctx context.Context, file string, data []byte) error {
	temp := file + ".new"
	if err := os.WriteFile(temp, data, 0o666); err != nil {
		return err
	}
	for try := 1; ; try++ {
		err := os.Rename(temp, file)
		// Windows does not replace a file that somebody has open: until he is done.
		if err == nil || runtime.GOOS != "windows" || try == 500 {
			return err
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
}

// storeDaemon does it with the store.
type storeDaemon struct {
	store *store.Store
	tx    *store.Tx
}

// The editors of the story pause for a fraction of settle. Where one takes longer,
// because the machine is busy, the daemon tries again, for some ten seconds in all.
const (
	settle     = 300 * time.Millisecond
	retryAfter = 50 * time.Millisecond
	tries      = 200
)

func openStore(file string) (daemon, error) {
	s, err := store.Open(file, store.Options{Settle: settle, Actor: "demo daemon"})
	return &storeDaemon{store: s}, err
}

func (d *storeDaemon) begin(ctx context.Context) (err error) {
	d.tx, err = d.store.Begin(ctx)
	return err
}

func (d *storeDaemon) commit(ctx context.Context, o order) (merged bool, err error) {
	if err := d.tx.Set(csvrows.Key{o.key}, o.values()); err != nil {
		return false, err
	}
	for try := 1; ; try++ {
		receipt, err := d.tx.Commit(ctx)
		switch {
		case err == nil:
			return receipt.Merged, nil
		case !store.CanRetry(err) || try == tries:
			return false, err
		}
		if err := pause(ctx, retryAfter); err != nil {
			return false, err
		}
	}
}
