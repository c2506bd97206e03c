package demo

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// The demo must not be believed because rowkeep says so. What is counted here is read
// by other code: encoding/csv, a line at a time, and nothing of csvrows, merge or store.

// sheet is a file as the counter reads it.
type sheet struct {
	header []string
	keys   []string            // in their order
	rows   map[string][]string // by the first field; of a repeated one the first
	lines  map[string]int      // how often each comment stands there, and "" for blank lines
	extra  int                 // rows that repeat a key, and what is no CSV
}

func readSheet(data []byte) *sheet {
	s := &sheet{rows: map[string][]string{}, lines: map[string]int{}}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.Trim(line, ",") == "":
			s.lines[""]++
		case strings.HasPrefix(line, "#"), strings.HasPrefix(line, `"#`):
			s.lines[line]++
		default:
			s.readRow(line)
		}
	}
	return s
}

func (s *sheet) readRow(line string) {
	fields, err := csv.NewReader(strings.NewReader(line)).Read()
	switch {
	case err != nil:
		s.extra++
	case s.header == nil:
		s.header = fields
	case !s.add(fields):
		s.extra++
	}
}

func (s *sheet) add(row []string) bool {
	if _, there := s.rows[row[0]]; there {
		return false
	}
	s.rows[row[0]] = row
	s.keys = append(s.keys, row[0])
	return true
}

// cell is "" where there is none.
func (s *sheet) cell(key, column string) string {
	i := slices.Index(s.header, column)
	if row := s.rows[key]; i >= 0 && i < len(row) {
		return row[i]
	}
	return ""
}

// apply makes of a sheet what it should be after the notes.
func (s *sheet) apply(notes []note) error {
	for _, n := range notes {
		switch {
		case n.Row != nil:
			if !s.add(n.Row) {
				return fmt.Errorf("a journal adds the row %q twice", n.Row[0])
			}
		case n.Comment != "":
			s.lines[n.Comment]++
		default:
			row, column := s.rows[n.Key], slices.Index(s.header, n.Column)
			if column < 0 || column >= len(row) {
				return fmt.Errorf("a journal sets a cell that is not there: %q, %q", n.Key, n.Column)
			}
			row[column] = n.Value
		}
	}
	return nil
}

// tally is what came of one half.
type tally struct {
	startRows, endRows       int
	addedRows, addedComments int // by the editors
	editorCells, daemonCells int // set in rows that were there

	lostRows     int
	lostCells    int // of rows that are there, with another value than they were given last
	lostComments int
	lostBlanks   int
	extra        int // lines that nobody wrote
}

// count compares what should be in a scene's file with what is. The daemon and the
// editors set cells of different columns, so it does not matter whose notes come first.
func count(s scene) (tally, error) {
	start, err := os.ReadFile(s.start())
	end, endErr := os.ReadFile(s.config())
	editors, editorsErr := readNotes(s.editors())
	daemon, daemonErr := readNotes(s.daemon())
	if err := errors.Join(err, endErr, editorsErr, daemonErr); err != nil {
		return tally{}, err
	}
	want, got := readSheet(start), readSheet(end)
	t := tally{startRows: len(want.rows), endRows: len(got.rows), daemonCells: len(daemon)}
	t.edits(editors)
	if err := want.apply(append(editors, daemon...)); err != nil {
		return tally{}, err
	}
	t.compare(want, got)
	return t, nil
}

// edits counts what the editors did.
func (t *tally) edits(notes []note) {
	for _, n := range notes {
		switch {
		case n.Row != nil:
			t.addedRows++
		case n.Comment != "":
			t.addedComments++
		default:
			t.editorCells++
		}
	}
}

func (t *tally) compare(want, got *sheet) {
	for _, key := range want.keys {
		if got.rows[key] == nil {
			t.lostRows++
			continue
		}
		for _, column := range want.header {
			if got.cell(key, column) != want.cell(key, column) {
				t.lostCells++
			}
		}
	}
	t.extra = got.extra
	for _, key := range got.keys {
		if want.rows[key] == nil {
			t.extra++
		}
	}
	for line, n := range want.lines {
		if line != "" {
			t.lostComments += max(0, n-got.lines[line])
		}
	}
	t.lostBlanks = max(0, want.lines[""]-got.lines[""])
	for line, n := range got.lines {
		t.extra += max(0, n-want.lines[line])
	}
}

// missing names what was lost; "" is nothing.
func (t tally) missing() string {
	var parts []string
	for _, part := range []struct {
		n    int
		what string
	}{{t.lostRows, "row"}, {t.lostCells, "cell"}, {t.lostComments, "comment"}, {t.lostBlanks, "blank line"}} {
		if part.n > 0 {
			parts = append(parts, plural(part.n, part.what))
		}
	}
	return strings.Join(parts, ", ")
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
