package fuzz

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/fuzz/oracle"
	"github.com/rowkeep/rowkeep/merge"
	"pgregory.net/rapid"
)

// TestOracle compares the merge with the plain model on drawn triples.
func TestOracle(t *testing.T) { checkDrawn(t, agreesWithOracle, drawTriple) }

// TestOracleOpinion fails if the oracle abstains too often to be a check. Only merges
// that law 1 does not decide count.
func TestOracleOpinion(t *testing.T) {
	for _, tt := range []struct {
		name string
		m    manner
		most int // percent of abstentions, from everything or from one question
	}{
		{"plain", manner{}, 20},
		{"form", manner{form: true}, 20},
		{"columns", manner{columns: true}, 25},
		{"odd", manner{odd: true, columns: true, form: true}, 60},
	} {
		t.Run(tt.name, func(t *testing.T) {
			drawn, reasons := 0, map[string]int{}
			rapid.Check(t, func(rt *rapid.T) {
				if tr := drawTripleIn(rt, tt.m); tr.apart() {
					drawn++
					for _, reason := range tr.abstentions() {
						reasons[reason]++
					}
				}
			})
			t.Logf("%d triples, abstentions: %v", drawn, reasons)
			for _, question := range []string{"everything", "lines", "order"} {
				if reasons[question]*100 > drawn*tt.most {
					t.Errorf("abstained from %s in %d of %d", question, reasons[question], drawn)
				}
			}
		})
	}
}

// apart reports three different versions.
func (tr triple) apart() bool {
	return !bytes.Equal(tr.base, tr.ours) && !bytes.Equal(tr.base, tr.theirs) && !bytes.Equal(tr.ours, tr.theirs)
}

// abstentions lists what the oracle does not answer, and why where it says so.
func (tr triple) abstentions() []string {
	f, _ := tr.format()
	a := oracle.Merge(tr.base, tr.ours, tr.theirs, f)
	if a.Abstained != "" {
		return []string{"everything", a.Abstained}
	}
	var list []string
	if a.Refused == "" && len(a.Conflicts) == 0 && !a.LinesKnown {
		list = append(list, "lines")
	}
	if a.Refused == "" && len(a.Conflicts) == 0 && a.KeptOrder == nil {
		list = append(list, "order")
	}
	return list
}

// agreesWithOracle holds refusals, conflicts and, where nothing conflicts, the values
// of the result against the oracle's.
func agreesWithOracle(tr triple) (bool, error) {
	f, ok := tr.format()
	if !ok {
		return false, nil
	}
	answer := oracle.Merge(tr.base, tr.ours, tr.theirs, f)
	if answer.Abstained != "" {
		return false, nil
	}
	r, err := tr.merge()
	if err != nil || answer.Refused != "" {
		return true, agreeOnRefusal(tr, answer, err)
	}
	if err := answer.CheckConflicts(asOracle(r.Conflicts)); err != nil {
		return true, err
	}
	if len(r.Conflicts) > 0 {
		return true, nil
	}
	f.Key = answer.Key
	result, err := oracle.Read(f, r.Bytes())
	if err != nil {
		return true, fmt.Errorf("the result does not read: %w", err)
	}
	return true, answer.CheckTable(result[0])
}

// agreeOnRefusal allows the merge refusals that the oracle does not judge: rows that
// would become comments, a comment or a header behind the prefix that would change places
// with the header, and text that may be UTF-16 without a mark.
func agreeOnRefusal(tr triple, answer oracle.Answer, err error) error {
	var row *merge.RowError
	var header *merge.HeaderError
	switch {
	case err == nil:
		return fmt.Errorf("merged, want refused: %s", answer.Refused)
	case answer.Refused != "":
		return nil
	case errors.As(err, &row) && tr.holdsPrefix(), errors.As(err, &header) && (tr.mayBeHeader() || tr.holdsPrefix()), errors.Is(err, csvrows.ErrUTF16) && tr.holdsNUL():
		return nil
	}
	return fmt.Errorf("refused: %w", err)
}

// holdsPrefix reports a comment prefix behind a delimiter or a quote, as a row has
// that could become a comment.
func (tr triple) holdsPrefix() bool {
	for _, data := range tr.all() {
		if bytes.Contains(data, []byte(",#")) || bytes.Contains(data, []byte(`"#`)) {
			return true
		}
	}
	return false
}

// mayBeHeader reports a comment that would do as a header.
func (tr triple) mayBeHeader() bool {
	return slices.ContainsFunc(tr.all(), func(data []byte) bool {
		return slices.ContainsFunc(lines(string(data)), func(line string) bool {
			f, err := csvrows.Parse([]byte(strings.TrimPrefix(line, byteOrderMark)), tr.opt.Read)
			return err == nil && f.PrefixedHeader()
		})
	})
}

func (tr triple) holdsNUL() bool {
	return slices.ContainsFunc(tr.all(), func(data []byte) bool { return bytes.IndexByte(data, 0) >= 0 })
}

func (tr triple) all() [][]byte { return [][]byte{tr.base, tr.ours, tr.theirs} }

// asOracle writes conflicts as the oracle does.
func asOracle(conflicts []merge.Conflict) []oracle.Conflict {
	var list []oracle.Conflict
	for _, c := range conflicts {
		o := oracle.Conflict{Kind: string(c.Kind), Column: c.Column}
		if c.Key != nil {
			o.Key = oracle.Key(c.Key...)
		}
		for i, v := range []merge.Value{c.Base, c.Ours, c.Theirs} {
			o.Values[i] = asOracleValue(v)
		}
		list = append(list, o)
	}
	return list
}

func asOracleValue(v merge.Value) string {
	switch {
	case !v.Exists:
		return oracle.Null
	case v.Rows == nil:
		return oracle.Text(v.Text)
	}
	var text string
	for _, row := range v.Rows {
		text += asCells(row).String()
	}
	return text
}

// asCells reads the cells of a row.
func asCells(row merge.RowValue) oracle.Cells {
	cells := oracle.Cells{}
	for _, c := range row {
		if c.Value != "" {
			cells[columnOf(c.Column)] = c.Value
		}
	}
	return cells
}

var numbered = regexp.MustCompile(`^(?s)(.*)(\+|\[)([0-9]+)\]?$`)

// columnOf reads a column as conflicts and changes name it: name, name[2], +1.
func columnOf(label string) oracle.Column {
	part := numbered.FindStringSubmatch(label)
	if part == nil {
		return oracle.Column{Name: label, Nth: 1}
	}
	n, err := strconv.Atoi(part[3])
	c := oracle.Column{Name: part[1], Nth: n, Unnamed: part[2] == "+"}
	if err != nil || c.String() != label {
		return oracle.Column{Name: label, Nth: 1}
	}
	return c
}
