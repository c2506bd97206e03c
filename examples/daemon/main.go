// Daemon is a small trading daemon whose orders people edit: the program of the guide
// docs/daemon.md.
//
//	daemon [-watch] -exchange COMMAND FILE PAIR=PRICE...
//
// For each row that is enabled and whose threshold is reached it runs COMMAND, which talks
// to the exchange for as long as that takes and prints the number of the order, and writes
// the number down. With -watch it goes on: when somebody has changed the file it looks
// again, until it is interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jszwec/csvutil"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/store"
)

// An order is what the daemon needs of a row; the file may have any columns besides.
type order struct {
	ID        string  `csv:"id"`
	Pair      string  `csv:"pair"`
	Threshold float64 `csv:"threshold_price"`
	Type      string  `csv:"threshold_type"`
	Enabled   string  `csv:"enabled"`
}

// daemon is what the program is made of.
type daemon struct {
	store  *store.Store
	prices map[string]float64
	place  func(ctx context.Context, o order) (number string, err error)
	out    io.Writer
}

func main() {
	exchange := flag.String("exchange", "", "the `command` that places the order $ID and prints its number")
	watch := flag.Bool("watch", false, "look again whenever somebody has changed the file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *exchange, *watch, flag.Args()); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "daemon:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, exchange string, watch bool, args []string) error {
	if exchange == "" || len(args) < 2 {
		return errors.New("usage: daemon [-watch] -exchange COMMAND FILE PAIR=PRICE [PAIR=PRICE]")
	}
	prices, err := parsePrices(args[1:])
	if err != nil {
		return err
	}
	s, err := open(args[0])
	if err != nil {
		return err
	}
	d := &daemon{s, prices, command(exchange), os.Stdout}
	if watch {
		return d.watch(ctx)
	}
	return d.look(ctx)
}

// open says what holds for every commit.
func open(file string) (*store.Store, error) {
	return store.Open(file, store.Options{
		// Nobody but the daemon writes these: an editor that saves an old buffer does not
		// take them back.
		Owned: []string{"order_id", "trigger_time", "trigger_price"},
		// An order that is placed is placed: its number is written down even if the
		// rest of what the daemon did to the row is disputed.
		Park: true,
	})
}

// look places what is due, one order and one commit after the other. Each is read from the
// newest content: it may be paused by now, or gone.
func (d *daemon) look(ctx context.Context) error {
	tried := map[string]bool{}
	for ctx.Err() == nil {
		tx, err := d.begin(ctx)
		if err != nil {
			return err
		}
		orders, err := decode(tx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(orders, func(o order) bool { return !tried[o.ID] && d.due(o) })
		if i < 0 {
			return nil
		}
		tried[orders[i].ID] = true
		if err := d.fill(ctx, tx, orders[i]); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// begin begins from a file in which nothing of an old buffer stands: there, an order that
// was placed long ago looks as if it waited. Repair gives back what such a save took; that
// it had nothing to do says that tx is made from a good one.
func (d *daemon) begin(ctx context.Context) (*store.Tx, error) {
	for {
		tx, err := d.store.Begin(ctx)
		if err != nil {
			return nil, err
		}
		receipt, err := d.store.Repair(ctx)
		if err != nil {
			return nil, err
		}
		if receipt.Result == tx.Base().Digest() {
			return tx, nil
		}
	}
}

// decode reads the rows. Lines that are no rows (comments, blanks) never come here.
func decode(tx *store.Tx) ([]order, error) {
	decoder, err := csvutil.NewDecoder(tx.Reader())
	if err != nil {
		return nil, err
	}
	var orders []order
	return orders, decoder.Decode(&orders)
}

// due reports that an order waits for the price. Cells are people's texts: what is
// neither true nor false (paused, say) is not the daemon's business.
func (d *daemon) due(o order) bool {
	price, known := d.prices[o.Pair]
	switch {
	case !known || o.Enabled != "true":
		return false
	case o.Type == "above":
		return price >= o.Threshold
	}
	return price <= o.Threshold
}

// fill places an order, and writes down what came of it: these cells of the row change, and
// no other byte of the file.
func (d *daemon) fill(ctx context.Context, tx *store.Tx, o order) error {
	number, err := d.place(ctx, o)
	if err != nil {
		return fmt.Errorf("order %s: %w", o.ID, err)
	}
	err = tx.Set(csvrows.Key{o.ID}, map[string]string{
		"enabled":       "false",
		"order_id":      number,
		"trigger_price": strconv.FormatFloat(d.prices[o.Pair], 'f', -1, 64),
	})
	if err == nil {
		err = d.commit(ctx, tx)
	}
	if err != nil {
		// Nothing else knows the number now.
		return fmt.Errorf("order %s is placed as %s, and not written down: %w", o.ID, number, err)
	}
	return nil
}

// tries and pause are for what passes by itself. Each try waits for Options.Wait besides.
const (
	tries = 10
	pause = time.Second
)

// commit merges the change into what stands in the file by now. An interrupt does not keep
// it from that: the order is placed.
func (d *daemon) commit(ctx context.Context, tx *store.Tx) error {
	ctx = context.WithoutCancel(ctx)
	receipt, err := tx.Commit(ctx)
	for n := 1; n < tries && outcome(err) == store.NotCommitted && store.CanRetry(err); n++ {
		time.Sleep(pause)
		receipt, err = tx.Commit(ctx)
	}
	switch {
	case err != nil && outcome(err) == store.ConflictPending:
		// All but what is disputed stands in the file: go on, and let a person settle that.
		fmt.Fprintln(d.out, "somebody decided otherwise:", err)
	case err != nil:
		return err
	}
	for _, c := range receipt.Changes() {
		fmt.Fprintf(d.out, "%s, %s: %q -> %q\n", strings.Join(c.Key, ","), c.Column, c.Before.Text, c.After.Text)
	}
	if receipt.Merged {
		fmt.Fprintln(d.out, "merged with what others had changed meanwhile")
	}
	return nil
}

// outcome is what is known of the file after Commit.
func outcome(err error) store.Outcome {
	if failed, ok := errors.AsType[*store.CommitError](err); ok {
		return failed.Outcome
	}
	return store.NotCommitted
}

// watch looks, and again each time that somebody else has changed the file.
func (d *daemon) watch(ctx context.Context) error {
	if err := d.look(ctx); err != nil {
		return err
	}
	for news, err := range d.store.Watch(ctx) {
		if err != nil { // a damaged file, say: somebody will mend it, and that is news
			fmt.Fprintln(d.out, err)
			continue
		}
		for _, e := range news.Events {
			fmt.Fprintln(d.out, "a save was looked into:", e.Kind)
		}
		if news.Missing {
			fmt.Fprintln(d.out, "the file is gone")
			continue
		}
		for c := range news.Diff().Changes() {
			fmt.Fprintln(d.out, "somebody changed", c.Kind, strings.Join(c.Key, ","), c.Column)
		}
		if err := d.look(ctx); err != nil {
			return err
		}
	}
	return nil // interrupted
}

// command places orders by a shell command.
func command(line string) func(context.Context, order) (string, error) {
	return func(ctx context.Context, o order) (string, error) {
		cmd := exec.CommandContext(ctx, "sh", "-c", line)
		cmd.Env = append(os.Environ(), "ID="+o.ID)
		cmd.Stderr = os.Stderr
		number, err := cmd.Output()
		return strings.TrimSpace(string(number)), err
	}
}

func parsePrices(args []string) (map[string]float64, error) {
	prices := map[string]float64{}
	for _, arg := range args {
		pair, text, _ := strings.Cut(arg, "=")
		price, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, err
		}
		prices[pair] = price
	}
	return prices, nil
}
