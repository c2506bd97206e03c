// Daemon is a small trading daemon whose orders people edit: the program of the guide
// docs/daemon.md.
//
//	daemon -exchange COMMAND FILE PAIR=PRICE...
//
// It looks once at the prices. For each row that is enabled and whose threshold is
// reached it runs COMMAND, which talks to the exchange for as long as that takes and
// prints the number of the order, and writes the number down.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/jszwec/csvutil"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store"
)

// An order is what the daemon needs of a row; the file may have any columns besides.
type order struct {
	ID        string  `csv:"id"`
	Pair      string  `csv:"pair"`
	Threshold float64 `csv:"threshold_price"`
	Above     string  `csv:"threshold_type"`
	Enabled   string  `csv:"enabled"`
}

func main() {
	exchange := flag.String("exchange", "", "the `command` that places the order $ID and prints its number")
	flag.Parse()
	if err := run(context.Background(), *exchange, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "daemon:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, exchange string, args []string) error {
	if exchange == "" || len(args) < 2 {
		return errors.New("want daemon -exchange COMMAND FILE PAIR=PRICE and more prices")
	}
	prices, err := parsePrices(args[1:])
	if err != nil {
		return err
	}
	s, err := store.Open(args[0], store.Options{Owned: []string{"order_id", "trigger_time", "trigger_price"}})
	if err != nil {
		return err
	}
	return tick(ctx, s, prices, exchange)
}

// tick places what is due. The file may change while the exchange is asked: Commit merges.
func tick(ctx context.Context, s *store.Store, prices map[string]float64, exchange string) error {
	tx, err := s.Begin(ctx)
	if err != nil {
		return err
	}
	orders, err := decode(tx)
	if err != nil {
		return err
	}
	for _, o := range orders {
		if price, known := prices[o.Pair]; !known || !o.due(price) {
			continue
		}
		if err := place(tx, o, prices[o.Pair], exchange); err != nil {
			return err
		}
	}
	receipt, err := tx.Commit(ctx)
	if conflict, ok := errors.AsType[*merge.ConflictError](err); ok {
		return fmt.Errorf("somebody decided otherwise: %w", conflict)
	}
	if err != nil {
		return err
	}
	for _, c := range receipt.Changes() {
		fmt.Printf("%s, %s: %q -> %q\n", strings.Join(c.Key, ","), c.Column, c.Before.Text, c.After.Text)
	}
	if receipt.Merged {
		fmt.Println("merged with what others had changed meanwhile")
	}
	return nil
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
func (o order) due(price float64) bool {
	if o.Enabled != "true" {
		return false
	}
	if o.Above == "above" {
		return price >= o.Threshold
	}
	return price <= o.Threshold
}

// place asks the exchange, and notes in the transaction what came of it. Only these
// cells of the row change, and no other byte of the file.
func place(tx *store.Tx, o order, price float64, exchange string) error {
	cmd := exec.Command("sh", "-c", exchange)
	cmd.Env = append(os.Environ(), "ID="+o.ID)
	cmd.Stderr = os.Stderr
	number, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("order %s: %w", o.ID, err)
	}
	return tx.Set(csvrows.Key{o.ID}, map[string]string{
		"enabled":       "false",
		"order_id":      strings.TrimSpace(string(number)),
		"trigger_price": strconv.FormatFloat(price, 'f', -1, 64),
	})
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
