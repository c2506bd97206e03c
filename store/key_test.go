package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/store"
)

// R22, where no key is named: a save that renames, drops or moves the column by which rows are
// told is not guessed at, by the process that saw it before or another one, until it is accepted.
func TestKeyChanged(t *testing.T) {
	const rows = "name,n\na,1\nb,2\nlast,3\n"
	for what, save := range map[string]string{
		"renamed": "label,n\na,1\nb,2\nlast,3\n",
		"dropped": "n\n1\n2\n3\n",
		"moved":   "n,name\n1,a\n2,b\n3,last\n",
		"beside":  "name,n,id\na,1,\nb,2,\nlast,3,\n",
	} {
		for _, anew := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, another process: %t", what, anew), func(t *testing.T) {
				path := put(t, rows)
				s := openStore(t, path, store.Options{})
				change := func(value string) error {
					if anew {
						s = openStore(t, path, store.Options{})
					}
					_, err := s.Update(t.Context(), func(tx *store.Tx) error { return tx.Set(csvrows.Key{"b"}, map[string]string{"n": value}) })
					return err
				}
				if err := change("7"); err != nil {
					t.Fatal(err)
				}
				changed := strings.NewReplacer("b,2", "b,7", "2,b", "7,b", "\n2\n", "\n7\n").Replace(save)
				write(t, path, changed)
				err := change("8")
				var file *store.FileError
				var column *csvrows.KeyColumnError
				named := errors.As(err, &column) && column.Column == "name" && column.Line == 1
				if !errors.As(err, &file) || !named && !errors.Is(err, store.ErrKeyChanged) {
					t.Fatalf("error %v", err)
				}
				if got := read(t, path); got != changed {
					t.Errorf("%q is written", got)
				}
				if snap, err := s.Snapshot(t.Context()); !anew && (err == nil || string(snap.Bytes()) != strings.Replace(rows, "b,2", "b,7", 1)) {
					t.Errorf("readers get %q, %v", snap.Bytes(), err)
				}
				write(t, path, strings.Replace(rows, "b,2", "b,9", 1))
				if err := change("10"); err != nil {
					t.Errorf("mended: %v", err)
				}
				write(t, path, changed)
				if err := s.Accept(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := change("11"); what != "renamed" && err == nil || what == "renamed" && err != nil {
					t.Errorf("accepted: %v", err)
				}
			})
		}
	}
}
