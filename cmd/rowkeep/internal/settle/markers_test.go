package settle_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/settle"
	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

func TestReadMarkers(t *testing.T) {
	tests := []struct {
		name, file         string
		base, ours, theirs string
		noBase             bool
	}{
		{
			"rowkeep's", "id,v\n<<<<<<< daemon: id=a\na,2\n||||||| base: id=a\na,1\n=======\na,3\n>>>>>>> the file: id=a\nb,1\n",
			"id,v\na,1\nb,1\n", "id,v\na,2\nb,1\n", "id,v\na,3\nb,1\n", false,
		},
		{
			"longer, as a cell looks like one", "id,v\n\"<<<<<<< \",1\n<<<<<<< x\n<<<<<<<<\na,2\n||||||||\na,1\n========\na,3\n>>>>>>>>\n",
			"id,v\n\"<<<<<<< \",1\n<<<<<<< x\na,1\n", "id,v\n\"<<<<<<< \",1\n<<<<<<< x\na,2\n", "id,v\n\"<<<<<<< \",1\n<<<<<<< x\na,3\n", false,
		},
		{
			"line ends", "id,v\r\n<<<<<<< o\r\na,2\r\n||||||| b\r\na,1\r\n=======\r\na,3\r\n>>>>>>> t",
			"id,v\r\na,1\r\n", "id,v\r\na,2\r\n", "id,v\r\na,3\r\n", false,
		},
		{
			"zdiff3: what both share stands outside", "id,v\nx,9\n<<<<<<< o\na,2\n||||||| b\nx,1\na,1\n=======\na,3\n>>>>>>> t\n",
			"id,v\nx,1\na,1\n", "id,v\nx,9\na,2\n", "id,v\nx,9\na,3\n", false,
		},
		{
			"a base that git could not merge", "id,v\n<<<<<<< o\na,2\n||||||| b\n<<<<<<<<< x\na,1\n=========\na,0\n>>>>>>>>> y\n=======\na,3\n>>>>>>> t\n",
			"id,v\n", "id,v\na,2\n", "id,v\na,3\n", true,
		},
		{
			"no base, one side deletes", "id,v\n<<<<<<< o\na,2\n=======\n>>>>>>> t\nb,1\n",
			"id,v\na,2?\nb,1\n", "id,v\na,2\nb,1\n", "id,v\nb,1\n", true,
		},
		{
			"no base, comments", "id,v\n<<<<<<< o\n# one note\n=======\n# two note\n>>>>>>> t\nb,1\n",
			"id,v\n# ? note\nb,1\n", "id,v\n# one note\nb,1\n", "id,v\n# two note\nb,1\n", true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := settle.ReadMarkers([]byte(tt.file), csvrows.Options{})
			if err != nil {
				t.Fatal(err)
			}
			got := []string{string(m.Base), string(m.Ours), string(m.Theirs)}
			if diff := cmp.Diff([]string{tt.base, tt.ours, tt.theirs}, got); diff != "" || m.HasBase == tt.noBase || m.Blocks != 1 {
				t.Errorf("base known %t, %d blocks\n%s", m.HasBase, m.Blocks, diff)
			}
			s, err := settle.NewMarked(m, merge.Options{})
			if err != nil || s.Left() != 1 || s.HasBase() == tt.noBase {
				t.Fatalf("%d conflicts left (%v)", s.Left(), err)
			}
			if c := s.Conflict(0); tt.noBase && (c.Base.Exists || c.Lines.Base != 0) {
				t.Errorf("a base that was made up shows: %+v", c)
			}
			if err := s.Answer(s.Conflict(0).ID, side(merge.Base)); tt.noBase != errors.Is(err, settle.ErrNoBase) {
				t.Errorf("to base: %v", err)
			}
			if err := s.Answer(s.Conflict(0).ID, side(merge.Ours)); err != nil || result(t, s) != tt.ours {
				t.Errorf("to ours: %q (%v)", result(t, s), err)
			}
		})
	}
}

// Lines are those of the file with the markers.
func TestMarkedLines(t *testing.T) {
	file := "id,v\nx,9\n<<<<<<< o\na,2\n||||||| b\nx,1\na,1\n=======\na,3\n>>>>>>> t\n"
	m, err := settle.ReadMarkers([]byte(file), csvrows.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := settle.NewMarked(m, merge.Options{})
	if err != nil || s.Len() != 1 {
		t.Fatalf("%d conflicts (%v)", s.Len(), err)
	}
	lines := strings.Split(file, "\n")
	l := m.Lines(s.Conflict(0).Lines)
	if lines[l.Base-1] != "a,1" || lines[l.Ours-1] != "a,2" || lines[l.Theirs-1] != "a,3" {
		t.Errorf("%+v", l)
	}
	if m.Labels != (merge.Labels{Base: "b", Ours: "o", Theirs: "t"}) {
		t.Errorf("%+v", m.Labels)
	}
}

func TestReadMarkersRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		file string
		line int
		want error
	}{
		"none":             {"id,v\na,1\n", 1, settle.ErrNoMarkers},
		"no end":           {"id,v\n<<<<<<< o\na,1\n=======\na,2\n", 2, settle.ErrOpenBlock},
		"no middle":        {"id,v\na,1\n<<<<<<< o\na,1\n>>>>>>> t\na,2\n", 3, settle.ErrOpenBlock},
		"begun twice":      {"<<<<<<< o\n<<<<<<< o\na,1\n=======\na,2\n>>>>>>> t\n", 1, settle.ErrOpenBlock},
		"of other lengths": {"<<<<<<< o\na,1\n=======\na,2\n>>>>>>>> t\n", 1, settle.ErrOpenBlock},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := settle.ReadMarkers([]byte(tt.file), csvrows.Options{})
			var at *settle.MarkerError
			if !errors.As(err, &at) || !errors.Is(err, tt.want) || at.Line != tt.line {
				t.Errorf("%v", err)
			}
		})
	}
}
