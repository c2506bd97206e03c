package main

import "testing"

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
