package settle_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/google/go-cmp/cmp"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/settle"
	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

// The worked merges of package merge that leave conflicts and need no options, written with
// markers, taken apart and settled to one side, come to the file with that side of each
// block: what somebody makes of it in an editor.
func TestMarkersOfCases(t *testing.T) {
	files, err := filepath.Glob("../../../../merge/testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	checked := map[merge.Style]int{}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		v := versionsOf(a)
		if v == nil {
			continue
		}
		for _, style := range []merge.Style{merge.Diff3, merge.ZDiff3, merge.MergeStyle} {
			for _, s := range []merge.Side{merge.Ours, merge.Theirs} {
				if checkCase(t, filepath.Base(file), v, style, s) {
					checked[style]++
				}
			}
		}
	}
	if checked[merge.Diff3] < 100 || checked[merge.ZDiff3] < 100 || checked[merge.MergeStyle] < 100 {
		t.Errorf("only so many were checked: %v", checked)
	}
	t.Log(checked)
}

// versionsOf are base, ours and theirs of a case without options; else nil.
func versionsOf(a *txtar.Archive) [][]byte {
	for line := range strings.Lines(string(a.Comment)) {
		if key, _, _ := strings.Cut(line, ":"); key != "intent" && key != "rule" && strings.TrimSpace(line) != "" {
			return nil
		}
	}
	var v [][]byte
	for i, name := range []string{"base", "ours", "theirs"} {
		if i >= len(a.Files) || a.Files[i].Name != name {
			return nil
		}
		v = append(v, a.Files[i].Data)
	}
	return v
}

// checkCase reports whether the case has conflicts, all of which markers show.
func checkCase(t *testing.T, name string, v [][]byte, style merge.Style, side merge.Side) bool {
	t.Helper()
	marked, err := merge.Merge(v[0], v[1], v[2], merge.Options{Style: style})
	if err != nil || marked.Clean() {
		return false
	}
	for _, c := range marked.Conflicts {
		switch c.Kind {
		case merge.KindColumnDeleteEdit, merge.KindColumnEditDelete, merge.KindColumnRename:
			return false
		}
	}
	m, err := settle.ReadMarkers(marked.Bytes(), csvrows.Options{})
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return true
	}
	s, err := settle.NewMarked(m, merge.Options{})
	if errors.Is(err, settle.ErrNeedsBase) && style == merge.MergeStyle {
		return false // it is not settled without a word
	}
	if err != nil {
		t.Errorf("%s: %v\n%s", name, err, marked.Bytes())
		return true
	}
	want := map[merge.Side][]byte{merge.Ours: m.Ours, merge.Theirs: m.Theirs}[side]
	if _, err := s.AnswerAll(settle.Match{}, merge.Resolution{Side: side}); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	if diff := cmp.Diff(string(want), result(t, s)); diff != "" {
		t.Errorf("%s, style %d to %s, %d conflicts:\n%s\n%s", name, style, side, s.Len(), marked.Bytes(), diff)
	}
	return true
}
