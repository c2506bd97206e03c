package store_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/jszwec/csvutil"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store"
)

// An Order is a row of the daemon's file.
type Order struct {
	ID      string  `csv:"id"`
	Limit   float64 `csv:"limit"`
	Enabled bool    `csv:"enabled"`
}

// check is one round of a daemon that sells: it decodes the rows, places an order for each
// that is enabled and whose limit is reached, and writes down what it did. The file may
// change while it talks to the exchange.
func check(ctx context.Context, s *store.Store, price float64, place func(Order) string) error {
	tx, err := s.Begin(ctx)
	if err != nil {
		return err
	}
	decoder, err := csvutil.NewDecoder(tx.Reader())
	if err != nil {
		return err
	}
	var orders []Order
	if err := decoder.Decode(&orders); err != nil {
		return err
	}
	for _, o := range orders {
		if o.Enabled && price >= o.Limit {
			err := tx.Set(csvrows.Key{o.ID}, map[string]string{"enabled": "false", "order_id": place(o)})
			if err != nil {
				return err
			}
		}
	}
	receipt, err := tx.Commit(ctx)
	var conflict *merge.ConflictError
	if errors.As(err, &conflict) {
		return fmt.Errorf("somebody decided otherwise: %w", conflict)
	}
	if err == nil {
		fmt.Println("merged with an outside edit:", receipt.Merged)
	}
	return err
}

// A daemon and a person change one file at the same time.
func Example_daemon() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "config.csv")
	save := func(content string) {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			log.Fatal(err)
		}
	}
	save("# limits\nid,limit,enabled,order_id\nbtc_1,64200,true,\neth_1,2750,true,\n")
	s, err := store.Open(path, store.Options{})
	if err != nil {
		log.Fatal(err)
	}
	err = check(context.Background(), s, 3000, func(o Order) string {
		save("# limits, new\nid,limit,enabled,order_id\nbtc_1,65000,true,\neth_1,2750,true,\nada_1,1,true,\n")
		return "O-" + o.ID
	})
	if err != nil {
		log.Fatal(err)
	}
	snap, err := s.Snapshot(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s", snap.Bytes())
	// Output:
	// merged with an outside edit: true
	// # limits, new
	// id,limit,enabled,order_id
	// btc_1,65000,true,
	// eth_1,2750,false,O-eth_1
	// ada_1,1,true,
}

// Update changes cells, whatever else happens to the file.
func ExampleStore_Update() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "hosts.csv")
	s, err := store.Open(path, store.Options{Create: []string{"host", "port", "owner"}, Read: csvrows.Options{Key: []string{"host", "port"}}})
	if err != nil {
		log.Fatal(err)
	}
	for _, owner := range []string{"ann", "bob"} {
		receipt, err := s.Update(context.Background(), func(tx *store.Tx) error {
			if db := (csvrows.Key{"db", "5432"}); tx.Has(db) {
				return tx.Set(db, map[string]string{"owner": owner})
			}
			return tx.Append(csvrows.Key{"db", "5432"}, map[string]string{"owner": owner})
		})
		if err != nil {
			log.Fatal(err)
		}
		for _, c := range receipt.Changes() {
			fmt.Printf("%s %q: %q\n", c.Kind, c.Key, c.After.Text)
		}
	}
	// Output:
	// column_added []: ""
	// column_added []: ""
	// column_added []: ""
	// row_added ["db" "5432"]: ""
	// cell ["db" "5432"]: "bob"
}
