package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/store"
)

func TestSmoke(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.csv")
	os.WriteFile(path, []byte("id,a\nx,1\ny,2\n"), 0o640)
	s, err := store.Open(path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	long, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Update(t.Context(), func(tx *store.Tx) error {
		return tx.Set(csvrows.Key{"x"}, map[string]string{"a": "9"})
	})
	t.Logf("%+v %v", r, err)
	t.Log(long.Set(csvrows.Key{"y"}, map[string]string{"a": "8"}))
	r, err = long.Commit(t.Context())
	t.Logf("%+v %v", r, err)
	b, _ := os.ReadFile(path)
	t.Logf("%s", b)
	b, _ = os.ReadFile(filepath.Join(filepath.Dir(path), ".config.csv.rowkeep", "commits"))
	t.Logf("%s", b)
}
