// Sqlite counts durable updates a second: those of a store by its group commit, beside
// those of SQLite, a transaction each.
//
//	cd benchmarks/sqlite && go run . [-time 2s] [-rounds 5]
//
// Both change one cell of one row by key, with so many goroutines at once, in one process
// and on one disk, in turns. SQLite keeps its journal as WAL with synchronous=FULL, so that
// a commit of either is on disk when it returns. The figures are medians of the rounds.
// The command has a module of its own, as nobody else needs SQLite.
package main

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/store"
)

func main() {
	length := flag.Duration("time", 2*time.Second, "how `long` each measurement takes")
	rounds := flag.Int("rounds", 5, "so `many` measurements of each kind")
	flag.Parse()
	if err := run(*length, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "sqlite:", err)
		os.Exit(1)
	}
}

// run prints a line for each size and number of goroutines.
func run(length time.Duration, rounds int) error {
	fmt.Println("| file | goroutines | store, updates/s | SQLite, updates/s | ratio |")
	fmt.Println("|---|---|---|---|---|")
	for _, rows := range []int{20, 1000} {
		for _, goroutines := range []int{1, 8, 64} {
			if err := compare(rows, goroutines, length, rounds); err != nil {
				return err
			}
		}
	}
	return nil
}

// updates is something that changes the cell of a row, durably.
type updates func(ctx context.Context, row, value int) error

func compare(rows, goroutines int, length time.Duration, rounds int) error {
	dir, err := os.MkdirTemp(".", "measure-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	kept, size, err := openStore(filepath.Join(dir, "config.csv"), rows)
	if err != nil {
		return err
	}
	lite, closeLite, err := openSQLite(filepath.Join(dir, "config.db"), rows)
	if err != nil {
		return err
	}
	defer closeLite()
	var ours, theirs []float64
	for range rounds {
		for _, m := range []struct {
			do   updates
			into *[]float64
		}{{kept, &ours}, {lite, &theirs}} {
			rate, err := measure(m.do, rows, goroutines, length)
			if err != nil {
				return err
			}
			*m.into = append(*m.into, rate)
		}
	}
	a, b := median(ours), median(theirs)
	fmt.Printf("| %d bytes | %d | %.0f | %.0f | %.2f |\n", size, goroutines, a, b, a/b)
	return nil
}

// measure returns updates a second; each goroutine changes rows of its own.
func measure(do updates, rows, goroutines int, length time.Duration) (float64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), length+30*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	counts, failed := make([]int, goroutines), make([]error, goroutines)
	start := time.Now()
	for g := range goroutines {
		wg.Go(func() {
			for time.Since(start) < length && failed[g] == nil {
				failed[g] = do(ctx, (g+counts[g]*goroutines)%rows, counts[g])
				counts[g]++
			}
		})
	}
	wg.Wait()
	total := 0
	for g, err := range failed {
		if err != nil {
			return 0, err
		}
		total += counts[g]
	}
	return float64(total) / time.Since(start).Seconds(), nil
}

// Each row has 55 bytes or so in both.
const note = "a note that makes the row as long as rows are"

func openStore(path string, rows int) (updates, int, error) {
	var b strings.Builder
	b.WriteString("id,n,note\n")
	for i := range rows {
		fmt.Fprintf(&b, "row-%d,0,%s\n", i, note)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		return nil, 0, err
	}
	s, err := store.Open(path, store.Options{})
	if err != nil {
		return nil, 0, err
	}
	return func(ctx context.Context, row, value int) error {
		_, err := s.Update(ctx, func(tx *store.Tx) error {
			return tx.Set(csvrows.Key{"row-" + strconv.Itoa(row)}, map[string]string{"n": strconv.Itoa(value)})
		})
		return err
	}, b.Len(), nil
}

func openSQLite(path string, rows int) (updates, func() error, error) {
	db, err := sql.Open("sqlite", path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(20000)&_txlock=immediate")
	if err != nil {
		return nil, nil, err
	}
	if _, err := db.Exec("CREATE TABLE config (id TEXT PRIMARY KEY, n TEXT, note TEXT)"); err != nil {
		return nil, nil, err
	}
	for i := range rows {
		if _, err := db.Exec("INSERT INTO config VALUES (?, '0', ?)", "row-"+strconv.Itoa(i), note); err != nil {
			return nil, nil, err
		}
	}
	return func(ctx context.Context, row, value int) error {
		_, err := db.ExecContext(ctx, "UPDATE config SET n = ? WHERE id = ?", strconv.Itoa(value), "row-"+strconv.Itoa(row))
		return err
	}, db.Close, nil
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}
