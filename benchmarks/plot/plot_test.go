package plot

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"testing"
)

// TestWriteSVG reads the drawing as XML, and looks for each line and each name.
func TestWriteSVG(t *testing.T) {
	p := Plot{Title: "A & B", Source: "go run it", X: "rows", Y: "seconds", Lines: []Line{
		{Name: "one <1>", Bold: true, Points: []Point{{1000, 0.01}, {10_000, 0.1}, {100_000, 1}}},
		{Name: "two", Ends: "early", Points: []Point{{1000, 0.02}}},
		{Name: "nothing"},
	}}
	var out bytes.Buffer
	if err := p.WriteSVG(&out); err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for d := xml.NewDecoder(&out); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			found[e.Name.Local]++
			for _, a := range e.Attr {
				if a.Name.Local == "points" && found["polyline"] == 1 && a.Value != "70.0,470.0 385.0,265.0 700.0,60.0 " {
					t.Errorf("points %q", a.Value)
				}
			}
		case xml.CharData:
			found[string(e)]++
		}
	}
	for what, n := range map[string]int{"polyline": 2, "one <1>": 1, "two": 1, "early": 1, "nothing": 0, "A & B": 1, "go run it": 1, "1 k": 1, "100 k": 1, "0.01": 1} {
		if found[what] != n {
			t.Errorf("%d times %q, want %d", found[what], what, n)
		}
	}
}

func TestNoPoints(t *testing.T) {
	var out strings.Builder
	if err := (&Plot{Title: "empty"}).WriteSVG(&out); err == nil || out.Len() > 0 {
		t.Errorf("%v, %q", err, &out)
	}
}
