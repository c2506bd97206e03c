package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

const example = `
[[files]]
match = "*.csv"
key = ["name"]
delimiter = ";"
policies = { seen = "max" }

[[files]]
match = "hosts/*.csv"
key = ["host", "port"]
comment = ""
granularity = "row"

[[files]]
match = "/export/**/log.csv"
no_header = true
key_index = [2]
`

func TestSettings(t *testing.T) {
	c, err := Parse(Name, []byte(example))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		file        string
		read        csvrows.Options
		granularity merge.Granularity
	}{
		{"a.csv", csvrows.Options{Key: []string{"name"}, Delimiter: ';'}, merge.Cells},
		{"deep/down/a.csv", csvrows.Options{Key: []string{"name"}, Delimiter: ';'}, merge.Cells},
		{"hosts/a.csv", csvrows.Options{Key: []string{"host", "port"}, Delimiter: ';', NoComment: true}, merge.Rows},
		{"other/hosts/a.csv", csvrows.Options{Key: []string{"name"}, Delimiter: ';'}, merge.Cells},
		{"export/log.csv", csvrows.Options{NoHeader: true, KeyIndex: []int{2}, Delimiter: ';'}, merge.Cells},
		{"export/x/y/log.csv", csvrows.Options{NoHeader: true, KeyIndex: []int{2}, Delimiter: ';'}, merge.Cells},
		{"a.tsv", csvrows.Options{}, merge.Cells},
	} {
		got, err := c.Settings(tt.file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.read, got.Read); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.file, diff)
		}
		if got.Granularity != tt.granularity {
			t.Errorf("%s: granularity %d, want %d", tt.file, got.Granularity, tt.granularity)
		}
		if _, ok := got.Policies["seen"]; ok != (filepath.Ext(tt.file) == ".csv") {
			t.Errorf("%s: policies %v", tt.file, got.Policies)
		}
		if got.IsZero() != (tt.file == "a.tsv") {
			t.Errorf("%s: zero is %t", tt.file, got.IsZero())
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct {
		text         string
		line, column int // 0 where only the entry is known
	}{
		{"[[files]\n", 1, 8},
		{"[[files]]\nmatch = \"a\"\nkeys = [\"id\"]\n", 3, 1},
		{"[[files]]\nmatch = \"a\"\nkey = \"id\"\n", 3, 7},
		{"[[files]]\nmatch = 1\n", 2, 9},
		{"[[files]]\nkey = [\"id\"]\n", 0, 0},
		{"[[files]]\nmatch = \"[\"\n", 0, 0},
		{"[[files]]\nmatch = \"a\"\ndelimiter = \"::\"\n", 0, 0},
		{"[[files]]\nmatch = \"a\"\ndelimiter = \"\\\"\"\n", 0, 0},
		{"[[files]]\nmatch = \"a\"\ngranularity = \"column\"\n", 0, 0},
		{"[[files]]\nmatch = \"a\"\npolicies = { v = \"largest\" }\n", 0, 0},
		{"[[files]]\nmatch = \"a\"\nkey_index = [1]\n", 0, 0},
	} {
		_, err := Parse(Name, []byte(tt.text))
		var wrong *Error
		if !errors.As(err, &wrong) {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		if wrong.File != Name || wrong.Line != tt.line || wrong.Column != tt.column {
			t.Errorf("%q: %v, want %d:%d", tt.text, wrong, tt.line, tt.column)
		}
	}
}

// TestContradiction: entries that are each fine may not be so together.
func TestContradiction(t *testing.T) {
	const text = "[[files]]\nmatch = \"*.csv\"\ndelimiter = \"/\"\n[[files]]\nmatch = \"a.*\"\ncomment = \"//\"\n"
	read := func(name string) ([]byte, error) {
		if name == Name {
			return []byte(text), nil
		}
		return nil, fs.ErrNotExist
	}
	var wrong *Error
	if _, err := LookupIn(read, "a.csv"); !errors.As(err, &wrong) {
		t.Errorf("a.csv: %v", err)
	}
	if s, err := LookupIn(read, "b.csv"); err != nil || s.Read.Delimiter != '/' {
		t.Errorf("b.csv: %v, %v", s, err)
	}
}

// write makes files below a new directory.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	top := t.TempDir()
	for name, text := range files {
		file := filepath.Join(top, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return top
}

func keyed(key string) string { return "[[files]]\nmatch = \"*.csv\"\nkey = [\"" + key + "\"]\n" }

func TestLookup(t *testing.T) {
	top := write(t, map[string]string{
		"shared/.rowkeep.toml":            keyed("somebody else's"),
		"shared/mine/a.csv":               "",
		"shared/repo/.git/HEAD":           "",
		"shared/repo/.rowkeep.toml":       keyed("top"),
		"shared/repo/x/y/a.csv":           "",
		"shared/repo/near/.rowkeep.toml":  keyed("near"),
		"shared/repo/near/er/a.csv":       "",
		"shared/bare/.git/HEAD":           "",
		"shared/bare/x/a.csv":             "",
		"worktree/.rowkeep.toml":          keyed("GIT_WORK_TREE"),
		"worktree/x/a.csv":                "",
		"shared/repo/file":                "",
		"shared/repo/\xff/\xfe.csv":       "",
		"shared/repo/odd\n\"/$(x)/a'.csv": "",
	})
	t.Setenv("GIT_WORK_TREE", filepath.Join(top, "worktree"))
	for _, tt := range []struct{ file, key string }{
		{"shared/a.csv", "somebody else's"},
		{"shared/mine/a.csv", ""},
		{"shared/repo/a.csv", "top"},
		{"shared/repo/x/y/a.csv", "top"},
		{"shared/repo/x/../near/a.csv", "near"},
		{"shared/repo/near/er/a.csv", "near"},
		{"shared/bare/x/a.csv", ""},
		{"worktree/x/a.csv", "GIT_WORK_TREE"},
		{"shared/repo/file/a.csv", "top"}, // where another branch has a directory
		{"shared/repo/\xff/\xfe.csv", "top"},
		{"shared/repo/odd\n\"/$(x)/a'.csv", "top"},
	} {
		s, err := Lookup(filepath.Join(top, tt.file))
		if err != nil {
			t.Errorf("%s: %v", tt.file, err)
			continue
		}
		var want []string
		if tt.key != "" {
			want = []string{tt.key}
		}
		if diff := cmp.Diff(want, s.Read.Key); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.file, diff)
		}
	}
}

// TestUnreadable: a config that is there and no regular file is not passed over.
func TestUnreadable(t *testing.T) {
	top := write(t, map[string]string{".git/HEAD": "", "dir/.rowkeep.toml/x": "", "large/.rowkeep.toml": string(make([]byte, mostBytes+1))})
	if err := os.Symlink(os.DevNull, filepath.Join(top, Name)); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	for _, file := range []string{"a.csv", "dir/a.csv"} {
		var kind *fs.PathError
		if _, err := Lookup(filepath.Join(top, file)); !errors.As(err, &kind) || filepath.Base(kind.Path) != Name {
			t.Errorf("%s: %v", file, err)
		}
	}
	var large *Error
	if _, err := Lookup(filepath.Join(top, "large/a.csv")); !errors.As(err, &large) {
		t.Errorf("large: %v", err)
	}
}
