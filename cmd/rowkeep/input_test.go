package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

func TestNearest(t *testing.T) {
	columns := []string{"id", "pair", "threshold_price", "Größe"}
	for _, tt := range []struct{ typed, want string }{
		{"ID", "id"},
		{"idd", "id"},
		{"price", ""},
		{"treshold_price", "threshold_price"},
		{"thresholdprice", "threshold_price"},
		{"Grösse", "Größe"},
		{"volume", ""},
		{"", ""},
	} {
		if got := nearest(tt.typed, columns); got != tt.want {
			t.Errorf("nearest(%q) = %q, want %q", tt.typed, got, tt.want)
		}
	}
}

// A file may be another one when it is read than when it was looked at.
func TestSlurp(t *testing.T) {
	large := strings.Repeat("0123456789abcde\n", 3<<16) // three chunks
	for _, content := range []string{"", "a", large, large[:len(large)-1]} {
		path := filepath.Join(t.TempDir(), "file")
		writeFile(t, path, content)
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if got, err := slurp(f); err != nil || string(got) != content {
			t.Errorf("%d bytes (%v), want %d", len(got), err, len(content))
		}
	}
	if got, err := slurp(io.NopCloser(strings.NewReader(large))); err != nil || string(got) != large {
		t.Errorf("%d bytes of a pipe (%v), want %d", len(got), err, len(large))
	}
}

func TestFill(t *testing.T) {
	broken := errors.New("broken")
	for _, tt := range []struct {
		name string
		from io.Reader
		want string
		err  error
	}{
		{"all", strings.NewReader("abcd"), "abcd", nil},
		{"longer", strings.NewReader("abcde"), "abcd", nil},
		{"shorter", strings.NewReader("abc"), "abc", nil},
		{"empty", strings.NewReader(""), "", nil},
		{"broken", io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken)), "abc", broken},
	} {
		got, err := fill(room(4), tt.from)
		if string(got) != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s: %q, %v, want %q, %v", tt.name, got, err, tt.want, tt.err)
		}
	}
}
