package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store"
)

// linksHold reports a row that links to one that is not there. What was so in base
// already is nothing that the merge could mend.
func linksHold(base, result store.Snapshot) error {
	before, err := broken(base)
	if err != nil {
		return err
	}
	after, err := broken(result)
	if err != nil {
		return err
	}
	for id, to := range after {
		if before[id] != to {
			return fmt.Errorf("row %s links to %s, which is not there", id, to)
		}
	}
	return nil
}

// broken finds the rows that link to none, and to which.
func broken(s store.Snapshot) (map[string]string, error) {
	table, err := s.Table()
	if err != nil {
		return nil, err
	}
	links := map[string]string{}
	for key := range table.Keys() {
		row, err := table.Get(key)
		if err != nil {
			return nil, err
		}
		if to := row["linked_order_id"]; to != "" && !table.Has(csvrows.Key{to}) {
			links[row["id"]] = to
		}
	}
	return links, nil
}

// Two edits that are each valid can merge into a file that is not: the program links an
// order to another one, which somebody deletes meanwhile.
func Example_validate() {
	path, remove := scratch("id,linked_order_id\nnear_1,\nsol_1,\n")
	defer remove()
	s, err := store.Open(path, store.Options{Validate: linksHold})
	if err != nil {
		log.Fatal(err)
	}
	tx, err := s.Begin(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	if err := tx.Set(csvrows.Key{"sol_1"}, map[string]string{"linked_order_id": "near_1"}); err != nil {
		log.Fatal(err)
	}
	rewrite(path, "id,linked_order_id\nsol_1,\n")
	_, err = tx.Commit(context.Background())
	fmt.Println(err != nil)
	waiting, err := s.Pending()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(waiting[0].Note)
	// Output:
	// true
	// row sol_1 links to near_1, which is not there
}

// Policies settle what both changed, before it becomes a conflict.
func Example_policies() {
	path, remove := scratch("id,seen,filled,tags\nbtc_1,3,1.5,a\n")
	defer remove()
	policies := map[string]merge.Policy{}
	for column, rule := range map[string]string{"seen": "max", "filled": "sum", "tags": "union:;"} {
		policy, err := merge.ParsePolicy(rule)
		if err != nil {
			log.Fatal(err)
		}
		policies[column] = policy
	}
	s, err := store.Open(path, store.Options{Policies: policies})
	if err != nil {
		log.Fatal(err)
	}
	tx, err := s.Begin(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	if err := tx.Set(csvrows.Key{"btc_1"}, map[string]string{"seen": "5", "filled": "2", "tags": "a;b"}); err != nil {
		log.Fatal(err)
	}
	rewrite(path, "id,seen,filled,tags\nbtc_1,4,1.75,a;c\n")
	if _, err := tx.Commit(context.Background()); err != nil {
		log.Fatal(err)
	}
	now, err := s.Snapshot(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s", now.Bytes())
	// Output:
	// id,seen,filled,tags
	// btc_1,5,2.25,a;b;c
}

// Update is for edits that take no time.
func Example_update() {
	path, remove := scratch("id,enabled\nsol_1,paused\n")
	defer remove()
	s, err := store.Open(path, store.Options{})
	if err != nil {
		log.Fatal(err)
	}
	receipt, err := s.Update(context.Background(), func(tx *store.Tx) error {
		return tx.Set(csvrows.Key{"sol_1"}, map[string]string{"enabled": "true"})
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range receipt.Changes() {
		fmt.Println(c.Key, c.Column, c.Before.Text, c.After.Text)
	}
	// Output: [sol_1] enabled paused true
}

// scratch makes a file in a directory of its own.
func scratch(content string) (path string, remove func()) {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	path = filepath.Join(dir, "config.csv")
	rewrite(path, content)
	return path, func() { os.RemoveAll(dir) }
}

func rewrite(path, content string) {
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		log.Fatal(err)
	}
}
