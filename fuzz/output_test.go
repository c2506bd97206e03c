package fuzz

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

// TestMarkers checks the output with markers.
func TestMarkers(t *testing.T) { checkDrawn(t, markers, drawTriple) }

// markers: to take one side of every block whole gives the valid-CSV output of that
// side, where markers can show all that conflicts.
func markers(tr triple) (bool, error) {
	shown := false
	for _, style := range []merge.Style{merge.Diff3, merge.MergeStyle, merge.ZDiff3} {
		styled := tr.with(func(o *merge.Options) { o.Style, o.Output = style, merge.Markers })
		r, err := styled.merge()
		if err != nil {
			return false, nil
		}
		blocks, err := styled.cut(r)
		if err != nil {
			return true, fmt.Errorf("style %d: %w\n%s", style, err, r.Bytes())
		}
		for p, output := range map[part]merge.Output{partOurs: merge.OutputOurs, partTheirs: merge.OutputTheirs} {
			if err := styled.takeWhole(r, blocks, p, output); err != nil {
				return true, fmt.Errorf("style %d: %w\n%s", style, err, r.Bytes())
			}
		}
		shown = shown || len(blocks) > 1
	}
	return shown, nil
}

// part is a part of a block, or what stands outside of blocks.
type part int

const (
	outside part = iota
	partOurs
	partBase
	partTheirs
)

// piece is a stretch of the output that belongs to one part.
type piece struct {
	part part
	text string
}

// cut splits an output at its markers: lines that start with a run of a marker's byte
// longer than that of any line which is none.
func (tr triple) cut(r *merge.Result) ([]piece, error) {
	text, marked := strings.CutPrefix(string(r.Bytes()), byteOrderMark)
	pieces := []piece{{part: outside}}
	if marked {
		pieces[0].text = byteOrderMark
	}
	size := max(7, tr.longestRun()+1)
	for _, text := range lines(text) {
		now := pieces[len(pieces)-1].part
		next, isMarker := markerAfter(now, text, size)
		if !isMarker {
			pieces[len(pieces)-1].text += text
			continue
		}
		if next < 0 {
			return nil, fmt.Errorf("marker %q stands in part %d", text, now)
		}
		pieces = append(pieces, piece{part: next})
	}
	if last := pieces[len(pieces)-1].part; last != outside {
		return nil, errors.New("the last block is not closed")
	}
	return pieces, nil
}

// markerAfter says which part a marker opens, -1 if it may not stand here.
func markerAfter(now part, text string, size int) (part, bool) {
	for c, opens := range map[string]map[part]part{
		"<": {outside: partOurs},
		"|": {partOurs: partBase},
		"=": {partOurs: partTheirs, partBase: partTheirs},
		">": {partTheirs: outside},
	} {
		if !strings.HasPrefix(text, strings.Repeat(c, size)) {
			continue
		}
		if next, ok := opens[now]; ok {
			return next, true
		}
		return -1, true
	}
	return now, false
}

// longestRun is the longest run of a marker's byte at the start of a line of the
// inputs, and of the results without markers, from the length of a marker on.
func (tr triple) longestRun() int {
	files := tr.all()
	for _, take := range takes {
		if r, err := tr.output(take.output).merge(); err == nil {
			files = append(files, r.Bytes())
		}
	}
	longest := 0
	for _, data := range files {
		for _, text := range lines(strings.TrimPrefix(string(data), byteOrderMark)) {
			if !strings.Contains("<|=>", text[:1]) {
				continue
			}
			if run := len(text) - len(strings.TrimLeft(text, text[:1])); run >= 7 {
				longest = max(longest, run)
			}
		}
	}
	return longest
}

// lines cuts behind each line end.
func lines(data string) []string {
	var list []string
	for start, i := 0, 0; i < len(data); i++ {
		crlf := data[i] == '\r' && i+1 < len(data) && data[i+1] == '\n'
		last := i == len(data)-1
		if (data[i] == '\n' || data[i] == '\r') && !crlf || last {
			list = append(list, data[start:i+1])
			start = i + 1
		}
	}
	return list
}

// takeWhole compares one side of every block with the valid-CSV output.
func (tr triple) takeWhole(r *merge.Result, pieces []piece, p part, output merge.Output) error {
	var taken strings.Builder
	for _, piece := range pieces {
		if piece.part == outside || piece.part == p {
			taken.WriteString(piece.text)
		}
	}
	read := tr.opt.Read
	if _, err := csvrows.Parse([]byte(taken.String()), read); err != nil {
		return fmt.Errorf("part %d of every block does not parse: %w\n%q", p, err, taken.String())
	}
	hidden := slices.ContainsFunc(r.Conflicts, func(c merge.Conflict) bool { return ofColumns[c.Kind] })
	want, err := tr.output(output).merge()
	if isRowError(err) {
		return nil // that side dropped a column, and a row reads as a comment without it
	}
	if hidden || err != nil || len(want.Columns) != len(r.Columns) {
		return err // what markers cannot show: columns, and whether the header goes with the last row
	}
	got, wanted := lines(tr.unprefixed(taken.String())), lines(tr.unprefixed(string(want.Bytes())))
	if gathered(r) {
		got, wanted = tr.lineSet(got), tr.lineSet(wanted)
	}
	if !tr.sameLines(got, wanted) {
		return fmt.Errorf("part %d of every block gives %q, output %d is %q", p, taken.String(), output, want.Bytes())
	}
	return nil
}

// sameLines compares lines with their ends. The last line of an input that lacks an end
// gets its neighbour's in the midst of a file, and in a block, where a marker may be the
// neighbour: so many ends are free. So is that of an empty line, which a lone CR above it
// decides.
func (tr triple) sameLines(got, want []string) bool {
	free := 0
	for _, data := range tr.all() {
		if !bytes.HasSuffix(data, []byte("\n")) && !bytes.HasSuffix(data, []byte("\r")) {
			free++
		}
	}
	return slices.EqualFunc(got, want, func(a, b string) bool {
		bareA, bareB := strings.TrimRight(a, "\r\n"), strings.TrimRight(b, "\r\n")
		if a == b || bareA == bareB && (bareA == "" || a == bareA || b == bareB) {
			return true
		}
		free--
		return bareA == bareB && free >= 0
	})
}

// unprefixed cuts the comment prefix of a header. It has one only as the first record,
// which a marker may be.
func (tr triple) unprefixed(data string) string {
	f, err := csvrows.Parse([]byte(data), tr.opt.Read)
	if err != nil || !f.PrefixedHeader() {
		return data
	}
	return strings.Replace(data, cmp.Or(tr.opt.Read.Comment, "#"), "", 1)
}

// lineSet drops repetitions: of a comment or a blank in whatever form, as a side's may stand
// in the block while the other's, which says the same, stands outside; or on the one side of
// the block and on the other, and once where no block divides them.
func (tr triple) lineSet(lines []string) []string {
	prefix := cmp.Or(tr.opt.Read.Comment, "#")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, "\r\n")
		if isBlank(lines[i]) {
			lines[i] = ""
		}
		if strings.HasPrefix(strings.TrimLeft(line, `"`), prefix) {
			// Without the prefix, too: the line that comes to stand first may read as a header.
			lines[i] = strings.TrimPrefix(strings.Trim(lines[i], `",`), prefix)
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// gathered reports a block that changes the order of lines: it gathers all rows of a
// duplicated key, or a row that one side moved and the line into which the other turned
// it, or it divides new rows at a comment that one side deleted.
func gathered(r *merge.Result) bool {
	return slices.ContainsFunc(r.Conflicts, func(c merge.Conflict) bool {
		divides := c.Kind == merge.KindComment && (!c.Ours.Exists || !c.Theirs.Exists)
		return c.Kind == merge.KindDuplicateKey || c.Note != "" || divides
	})
}
