package demo

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
)

// TestCount judges files made by hand against this start and these notes.
func TestCount(t *testing.T) {
	const start = "id,enabled,note\n# head,,\r\na,true,\"x, y\"\r\n\nb,true,\n,,\nc,false,\n# twice\n# twice\n"
	editors := []note{
		{Row: []string{"d", "true", "new"}},
		{Comment: "# typed"},
		{Key: "a", Column: "note", Value: `say "z"`},
	}
	daemon := []note{{Key: "a", Column: "enabled", Value: "wrong"}, {Key: "a", Column: "enabled", Value: "false"}}
	const whole = "id,enabled,note\n# head,,\r\na,false,\"say \"\"z\"\"\"\r\n\nb,true,\n,,\nc,false,\n# twice\n# twice\n# typed\nd,true,new\n"
	for _, tt := range []struct {
		name     string
		old, new string // what is replaced in the whole file
		want     tally
	}{
		{"nothing missing", "", "", tally{endRows: 4}},
		{"other form", "a,false,\"say \"\"z\"\"\"\r\n", "\"a\",\"false\",\"say \"\"z\"\"\"\n", tally{endRows: 4}},
		{"moved", "b,true,\n,,\nc,false,\n", "c,false,\n,,\nb,true,\n", tally{endRows: 4}},
		{"a row of the start", "b,true,\n", "", tally{endRows: 3, lostRows: 1}},
		{"an added row", "d,true,new\n", "", tally{endRows: 3, lostRows: 1}},
		{"a cell of the daemon", "a,false,", "a,true,", tally{endRows: 4, lostCells: 1}},
		{"one that was set over", "a,false,", "a,wrong,", tally{endRows: 4, lostCells: 1}},
		{"a cell of an editor", `"say ""z"""`, `"x, y"`, tally{endRows: 4, lostCells: 1}},
		{"a cell of nobody", "c,false,", "c,true,", tally{endRows: 4, lostCells: 1}},
		{"a cell that is cut", "d,true,new\n", "d,true,ne", tally{endRows: 4, lostCells: 1}},
		{"a row with its cells counts once", "a,false,\"say \"\"z\"\"\"\r\n", "", tally{endRows: 3, lostRows: 1}},
		{"a comment", "# head,,\r\n", "", tally{endRows: 4, lostComments: 1}},
		{"one of two", "# twice\n# twice\n", "# twice\n", tally{endRows: 4, lostComments: 1}},
		{"an added comment", "# typed\n", "", tally{endRows: 4, lostComments: 1}},
		{"a changed comment", "# head", "# read", tally{endRows: 4, lostComments: 1, extra: 1}},
		{"a blank line", "\n,,\n", "\n", tally{endRows: 4, lostBlanks: 1}},
		{"a row too many", "c,false,\n", "c,false,\ne,,\n", tally{endRows: 5, extra: 1}},
		{"a row twice", "c,false,\n", "c,false,\nc,true,\n", tally{endRows: 4, extra: 1}},
		{"a line too many", "# typed\n", "# typed\n# typed\n\n", tally{endRows: 4, extra: 2}},
		{"no CSV", "b,true,\n", "b,tr\"ue,\n", tally{endRows: 3, lostRows: 1, extra: 1}},
		{"all", whole, "", tally{lostRows: 4, lostComments: 4, lostBlanks: 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !strings.Contains(whole, tt.old) {
				t.Fatalf("no %q in the file", tt.old)
			}
			s := scene(t.TempDir())
			if err := errors.Join(
				os.WriteFile(s.start(), []byte(start), 0o666),
				os.WriteFile(s.config(), []byte(strings.Replace(whole, tt.old, tt.new, 1)), 0o666),
				appendNotes(s.editors(), editors), appendNotes(s.daemon(), daemon),
			); err != nil {
				t.Fatal(err)
			}
			got, err := count(s)
			if err != nil {
				t.Fatal(err)
			}
			tt.want.startRows, tt.want.addedRows, tt.want.addedComments = 3, 1, 1
			tt.want.editorCells, tt.want.daemonCells = 1, 2
			if got != tt.want {
				t.Errorf("count = %+v\nwant    %+v", got, tt.want)
			}
		})
	}
}

// TestCountRefuses: notes that cannot be true would make numbers of any kind.
func TestCountRefuses(t *testing.T) {
	for _, n := range []note{
		{Row: []string{"a", ""}},
		{Key: "b", Column: "note"},
		{Key: "a", Column: "colour"},
	} {
		if err := readSheet([]byte("id,note\na,\n")).apply([]note{n}); err == nil {
			t.Errorf("no error for %+v", n)
		}
	}
}

// TestSample: the file has what makes such files hard.
func TestSample(t *testing.T) {
	s := readSheet(sample)
	if len(s.header) != 16 || len(s.rows) != 12 || s.extra != 0 {
		t.Errorf("%d columns, %d rows, %d lines that do not belong", len(s.header), len(s.rows), s.extra)
	}
	for key, row := range s.rows {
		if len(row) != len(s.header) {
			t.Errorf("row %s has %d fields", key, len(row))
		}
	}
	crlf := bytes.Count(sample, []byte("\r\n"))
	if lf := bytes.Count(sample, []byte("\n")) - crlf; crlf < 5 || lf < 5 {
		t.Errorf("%d lines end in CRLF, %d in LF", crlf, lf)
	}
	for _, part := range []string{
		"\n# --- ether ---\n", // a comment as typed
		",,,,,,,,,,,,,,,\r\n", // padded, or a blank line
		"\n\"# ---",           // quoted by a program
		"\n# eth_usd_buy_8,",  // a row that is commented out
		"\n\n",                // a blank line
		"\n# ---\n",           // one that repeats
		`"half of the stack, then see"`,
		`"after ""the high"""`,
	} {
		if !bytes.Contains(sample, []byte(part)) {
			t.Errorf("no %q", part)
		}
	}
}
