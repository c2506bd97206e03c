package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store"
)

// The first user's tests: a trading daemon fills cells of a file that people edit, and no
// line may ever get lost.

const config = "# orders; the daemon fills enabled, order_id, trigger_time, trigger_price\n" +
	"id,pair,threshold,enabled,linked_order_id,order_id,trigger_time\r\n" +
	"\n" +
	"# majors,,,,,,\r\n" +
	"btc_1,XXBTZUSD,64200,true,,,\r\n" +
	"eth_1,XETHZUSD,\"2750\",true,,,\n" +
	",,,,,,\n" +
	"# sol_1,SOLUSD,150,true,,,,,,\n" +
	"near_1,NEARUSD,2.10,paused,btc_1,,\n"

// configFile is a config.csv in a directory of its own.
type configFile struct {
	*testing.T
	path string
}

func newConfig(t *testing.T) configFile {
	c := configFile{t, filepath.Join(t.TempDir(), "config.csv")}
	c.save(config)
	return c
}

// save writes the file as most editors do: in place.
func (c configFile) save(content string) {
	c.Helper()
	if err := os.WriteFile(c.path, []byte(content), 0o640); err != nil {
		c.Fatal(err)
	}
}

// rename saves as vim and sed -i do: a new file takes the place of the old.
func (c configFile) rename(content string) {
	c.Helper()
	if err := errors.Join(os.WriteFile(c.path+"~", []byte(content), 0o640), os.Rename(c.path+"~", c.path)); err != nil {
		c.Fatal(err)
	}
}

func (c configFile) content() string {
	c.Helper()
	data, err := os.ReadFile(c.path)
	if err != nil {
		c.Fatal(err)
	}
	return string(data)
}

// displacedName is the name of what a commit displaced, while it is that and as a spare.
var displacedName = regexp.MustCompile(`\b(spare[0-9]+|[0-9]+-[0-9a-f]{16}-[0-9a-f]{16})\b`)

// want compares the file, and looks that nothing lies about.
func (c configFile) want(content string) {
	c.Helper()
	if got := c.content(); got != content {
		c.Errorf("the file is\n%q, want\n%q", got, content)
	}
	for dir, names := range map[string][]string{
		filepath.Dir(c.path): {".config.csv.rowkeep", "config.csv"},
		filepath.Join(filepath.Dir(c.path), ".config.csv.rowkeep"): {".gitignore", "log", "lock"},
	} {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			c.Fatal(err)
		}
		for _, e := range entries {
			if !slices.Contains(names, e.Name()) && !displacedName.MatchString(e.Name()) {
				c.Errorf("%s was left behind", filepath.Join(dir, e.Name()))
			}
		}
	}
}

func (c configFile) open(opt store.Options) *store.Store {
	c.Helper()
	if opt.Settle == 0 {
		opt.Settle = 50 * time.Millisecond
	}
	s, err := store.Open(c.path, opt)
	if err != nil {
		c.Fatal(err)
	}
	return s
}

// set changes cells of a row: set("btc_1", "enabled", "false").
func (c configFile) set(s *store.Store, id string, cells ...string) {
	c.Helper()
	if _, err := s.Update(c.Context(), setter(id, cells...)); err != nil {
		c.Fatal(err)
	}
}

func setter(id string, cells ...string) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		row := map[string]string{}
		for pair := range slices.Chunk(cells, 2) {
			row[pair[0]] = pair[1]
		}
		return tx.Set(csvrows.Key{id}, row)
	}
}

// replaced is the sample with some texts for others; each must stand in it.
func replaced(t *testing.T, pairs ...string) string {
	t.Helper()
	for pair := range slices.Chunk(pairs, 2) {
		if !strings.Contains(config, pair[0]) {
			t.Fatalf("the sample does not hold %q", pair[0])
		}
	}
	return strings.NewReplacer(pairs...).Replace(config)
}

func TestAtomicWriteKeepsAllLines(t *testing.T) {
	c := newConfig(t)
	c.set(c.open(store.Options{}), "btc_1", "order_id", "O1")
	c.want(replaced(t, "btc_1,XXBTZUSD,64200,true,,,", "btc_1,XXBTZUSD,64200,true,,O1,"))
}

func TestDisablingKeepsAllLines(t *testing.T) {
	c := newConfig(t)
	_, err := c.open(store.Options{}).Update(t.Context(), func(tx *store.Tx) error {
		for id := range tx.Keys() {
			if err := tx.Set(id, map[string]string{"enabled": "false"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	c.want(replaced(t, "64200,true", "64200,false", "\"2750\",true", "\"2750\",false", "2.10,paused", "2.10,false"))
}

func TestConcurrentWritesLoseNothing(t *testing.T) {
	c := newConfig(t)
	const writers, updates = 8, 10
	var all sync.WaitGroup
	for w := range writers {
		s := c.open(store.Options{}) // as another process would
		all.Go(func() {
			for n := range updates {
				_, err := s.Update(t.Context(), func(tx *store.Tx) error {
					return tx.Append(csvrows.Key{fmt.Sprintf("w%d_%d", w, n)}, map[string]string{"pair": "P"})
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	got := c.content()
	if !strings.HasPrefix(got, config) {
		t.Errorf("the file does not begin with what it held: %q", got)
	}
	for w := range writers {
		for n := range updates {
			if line := fmt.Sprintf("\nw%d_%d,P,,,,,\n", w, n); !strings.Contains(got, line) {
				t.Errorf("%q is lost", line)
			}
		}
	}
}

func TestOutsideEditsAreSafe(t *testing.T) {
	for name, save := range map[string]func(configFile, string){"in place": configFile.save, "by rename": configFile.rename} {
		t.Run(name, func(t *testing.T) {
			c := newConfig(t)
			tx, err := c.open(store.Options{}).Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := setter("btc_1", "enabled", "false", "order_id", "O1")(tx); err != nil {
				t.Fatal(err)
			}
			save(c, replaced(t, "btc_1,XXBTZUSD,64200", "btc_1,XXBTZUSD,65000")+"dot_1,DOTUSD,6.80,true,,,\n")
			receipt, err := tx.Commit(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if !receipt.Merged || receipt.Base == receipt.Theirs || len(receipt.Changes()) != 2 {
				t.Errorf("receipt %+v, want a merge of two cells", receipt)
			}
			c.want(replaced(t, "btc_1,XXBTZUSD,64200,true,,,", "btc_1,XXBTZUSD,65000,false,,O1,") + "dot_1,DOTUSD,6.80,true,,,\n")
		})
	}
}

func TestCommentsAndEmptyLinesStay(t *testing.T) {
	c := newConfig(t)
	s := c.open(store.Options{})
	c.set(s, "near_1", "enabled", "true")
	c.set(s, "near_1", "enabled", "paused")
	c.want(config)
}

func TestManyUpdatesInARow(t *testing.T) {
	c := newConfig(t)
	s := c.open(store.Options{})
	for n := range 50 {
		c.set(s, "btc_1", "order_id", fmt.Sprint("O", n))
	}
	c.want(replaced(t, "64200,true,,,", "64200,true,,O49,"))
}

func TestNewColumnsLoseNoLine(t *testing.T) {
	c := newConfig(t)
	s := c.open(store.Options{})
	tx, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.AddColumn("trigger_price"); err != nil {
		t.Fatal(err)
	}
	c.save(config + "dot_1,DOTUSD,6.80,true,,,\n") // a row that is one column short
	if _, err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.set(s, "dot_1", "trigger_price", "6.81")
	got := c.content()
	for line := range strings.Lines(config) {
		if text := strings.TrimRight(line, "\r\n"); !strings.Contains(got, text) {
			t.Errorf("line %q is lost", text)
		}
	}
	if !strings.HasSuffix(got, "\ndot_1,DOTUSD,6.80,true,,,,6.81\n") {
		t.Errorf("the new row is not at the end with its new cell: %q", got)
	}
}

func TestUnknownIDCorruptsNothing(t *testing.T) {
	c := newConfig(t)
	_, err := c.open(store.Options{}).Update(t.Context(), setter("nope", "enabled", "false"))
	if !errors.Is(err, csvrows.ErrNoKey) {
		t.Errorf("error %v, want ErrNoKey", err)
	}
	c.want(config)
}

func TestEditorAddsLinesWhileTheDaemonRuns(t *testing.T) {
	c := newConfig(t)
	s := c.open(store.Options{})
	want := config
	for n := range 20 {
		tx, err := s.Begin(t.Context()) // the daemon begins
		if err != nil {
			t.Fatal(err)
		}
		line := fmt.Sprintf("new_%d,XUSD,%d,true,,,\n", n, n)
		f, err := os.OpenFile(c.path, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(line); err != nil { // a person adds a line
			t.Fatal(err)
		}
		f.Close()
		if err := setter("btc_1", "order_id", fmt.Sprint("O", n))(tx); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Commit(t.Context()); err != nil { // the daemon is done
			t.Fatal(err)
		}
		want += line
	}
	c.want(strings.Replace(want, "64200,true,,,", "64200,true,,O19,", 1))
}

// The parent row is gone to which the daemon is about to link another: either change is
// right, both together are not.
func TestFailedValidationDeletesNothing(t *testing.T) {
	c := newConfig(t)
	errDangling := errors.New("linked_order_id names no row")
	s := c.open(store.Options{Validate: func(_, result store.Snapshot) error {
		rows, err := result.Table()
		if err != nil {
			return err
		}
		for id := range rows.Keys() {
			row, err := rows.Get(id)
			if err != nil {
				return err
			}
			if link := row["linked_order_id"]; link != "" && !rows.Has(csvrows.Key{link}) {
				return errDangling
			}
		}
		return nil
	}})
	tx, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := setter("eth_1", "linked_order_id", "near_1")(tx); err != nil {
		t.Fatal(err)
	}
	without := replaced(t, "near_1,NEARUSD,2.10,paused,btc_1,,\n", "")
	c.save(without)
	var commit *store.CommitError
	if _, err = tx.Commit(t.Context()); !errors.Is(err, errDangling) || !errors.As(err, &commit) || commit.Step != "validate" || commit.Outcome != store.NotCommitted {
		t.Errorf("error %v, want the validation's, not committed", err)
	}
	c.want(without)
}

func TestTriggeredUpdateKeepsTheOthers(t *testing.T) {
	c := newConfig(t)
	s := c.open(store.Options{})
	c.set(s, "btc_1", "enabled", "false", "order_id", "O1", "trigger_time", "2026-11-02T09:14:07Z")
	c.set(s, "near_1", "enabled", "true") // the child of the filled order
	c.want(replaced(t, "64200,true,,,", "64200,false,,O1,2026-11-02T09:14:07Z", "2.10,paused", "2.10,true"))
}

// Three editors.

// VS Code truncates the file and writes it; here it takes its time.
func TestEditorThatWritesSlowly(t *testing.T) {
	c := newConfig(t)
	s := c.open(store.Options{Settle: 5 * time.Second}) // nobody waits so long: whole again, it counts at once
	if _, err := s.Snapshot(t.Context()); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(c.path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		t.Fatal(err)
	}
	edited := config + "dot_1,DOTUSD,6.80,true,,,\n"
	truncated := make(chan struct{})
	var editor sync.WaitGroup
	editor.Go(func() {
		for part := range slices.Chunk([]byte(edited), 1+len(edited)/6) {
			<-truncated
			if _, err := f.Write(part); err != nil {
				t.Error(err)
			}
			time.Sleep(5 * time.Millisecond)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	close(truncated)
	c.set(s, "btc_1", "order_id", "O1")
	editor.Wait()
	c.want(strings.Replace(edited, "64200,true,,,", "64200,true,,O1,", 1))
}

// A person and the daemon want different things: nobody wins in silence.
func TestEditorThatConflicts(t *testing.T) {
	c := newConfig(t)
	tx, err := c.open(store.Options{}).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := setter("btc_1", "enabled", "false", "order_id", "O1")(tx); err != nil {
		t.Fatal(err)
	}
	paused := replaced(t, "64200,true", "64200,paused")
	c.save(paused)
	var conflict *merge.ConflictError
	if _, err := tx.Commit(t.Context()); !errors.As(err, &conflict) {
		t.Fatalf("error %v, want a conflict", err)
	}
	got := conflict.Conflicts[0]
	if got.Kind != merge.KindCell || got.Key[0] != "btc_1" || got.Column != "enabled" || got.Base.Text != "true" || got.Ours.Text != "false" || got.Theirs.Text != "paused" {
		t.Errorf("conflict %+v", got)
	}
	c.want(paused)

	// The daemon yields in that cell and commits again.
	if err := setter("btc_1", "enabled", "paused")(tx); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.want(replaced(t, "64200,true,,,", "64200,paused,,O1,"))
	if _, err := tx.Commit(t.Context()); !errors.Is(err, store.ErrDone) {
		t.Errorf("error %v, want ErrDone", err)
	}
}

// People delete the last rows, all rows, the final newline: after the settle time these
// are edits like any other.
func TestEditorThatDeletesTheLastRows(t *testing.T) {
	for name, edited := range map[string]string{
		"the last row":      strings.TrimSuffix(config, "near_1,NEARUSD,2.10,paused,btc_1,,\n"),
		"the final newline": strings.TrimSuffix(config, "\n"),
		"the last cells":    strings.TrimSuffix(config, ",paused,btc_1,,\n") + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			c := newConfig(t)
			s := c.open(store.Options{})
			c.set(s, "btc_1", "order_id", "O1")
			after := func(content string) string { return strings.Replace(content, "64200,true,,,", "64200,true,,O1,", 1) }
			c.save(after(edited))
			c.set(s, "eth_1", "order_id", "O2")
			c.want(strings.Replace(after(edited), "\"2750\",true,,,", "\"2750\",true,,O2,", 1))
		})
	}
}

// A cut that nobody means blocks writing, not reading, until it is mended or accepted.
func TestHalfWrittenFileIsRefused(t *testing.T) {
	for name, cut := range map[string]string{
		"empty":         "",
		"in a record":   config[:len(config)-8],
		"in quotes":     config[:strings.Index(config, "50\",true")],
		"zeros at last": config + "\x00\x00",
	} {
		t.Run(name, func(t *testing.T) {
			c := newConfig(t)
			s := c.open(store.Options{Settle: time.Millisecond})
			good, err := s.Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			c.save(cut)
			var file *store.FileError
			if _, err := s.Update(t.Context(), setter("btc_1", "enabled", "false")); !errors.Is(err, store.ErrUnsettled) || !errors.As(err, &file) || !store.CanRetry(err) {
				t.Errorf("error %v, want ErrUnsettled", err)
			}
			if snap, err := s.Snapshot(t.Context()); !errors.Is(err, store.ErrUnsettled) || !bytes.Equal(snap.Bytes(), good.Bytes()) {
				t.Errorf("snapshot %q, %v; want the last good one, and ErrUnsettled", snap.Bytes(), err)
			}
			c.want(cut)
			c.save(config)
			c.set(s, "btc_1", "enabled", "false")
		})
	}
}

func TestAcceptOverrules(t *testing.T) {
	c := newConfig(t)
	s := c.open(store.Options{Settle: time.Millisecond})
	if _, err := s.Snapshot(t.Context()); err != nil {
		t.Fatal(err)
	}
	cut := config[:len(config)-8]
	c.save(cut)
	if err := s.Accept(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.set(s, "btc_1", "order_id", "O1")
	c.want(strings.Replace(cut, "64200,true,,,", "64200,true,,O1,", 1))
}
