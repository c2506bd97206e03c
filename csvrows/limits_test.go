package csvrows

import (
	"errors"
	"testing"
)

// No file has more records than their numbers have room for.
func TestMostRecords(t *testing.T) {
	for _, c := range []struct {
		input string
		line  int // of the record that is one too many, 0 for none
	}{
		{"a\nb\nc\n", 0},
		{"a\nb\nc\nd", 4},
		{"a\n\"b\n\"\nc\n\n", 5},
	} {
		f := newFile([]byte(c.input), Options{Delimiter: ','})
		f.most = 3
		err := f.scan()
		var p *ParseError
		switch {
		case c.line == 0 && err != nil:
			t.Errorf("%q: %v", c.input, err)
		case c.line > 0 && (!errors.As(err, &p) || !errors.Is(err, ErrTooLong) || p.Line != c.line):
			t.Errorf("%q: %v, want ErrTooLong in line %d", c.input, err, c.line)
		}
	}
}

// A key position that no row reaches is no key.
func TestKeyPositionBeyondRows(t *testing.T) {
	f, err := Parse([]byte("a,b\nc\n"), Options{NoHeader: true, KeyIndex: []int{3}})
	if err != nil {
		t.Fatal(err)
	}
	var k *KeyColumnError
	if _, err := NewTable(f); !errors.As(err, &k) || k.Column != "3" {
		t.Errorf("got %v, want a KeyColumnError about column 3", err)
	}
}
