package csvrows_test

import (
	"testing"

	"github.com/rowkeep/rowkeep/csvrows"
)

func TestFieldValue(t *testing.T) {
	values := map[string]string{
		``:           ``,
		`a`:          `a`,
		` "a" `:      ` "a" `,
		`5" pipe`:    `5" pipe`,
		`""`:         ``,
		`"a"`:        `a`,
		`"a""b"`:     `a"b`,
		`""""`:       `"`,
		`"two"parts`: `twoparts`,
		`"a"b"c"`:    `ab"c"`,
		`""x`:        `x`,
		`"`:          ``, // never closed: a header behind a comment prefix can hold that
		`"a`:         `a`,
		`"a""`:       `a"`,
	}
	for field, want := range values {
		if got := string(csvrows.Field(field).Value()); got != want {
			t.Errorf("%s reads as %q, want %q", field, got, want)
		}
	}
}

func TestEncode(t *testing.T) {
	tests := []struct{ value, bare, quoted string }{
		{``, ``, `""`},
		{`a`, `a`, `"a"`},
		{` `, ` `, `" "`},
		{`a;b`, `"a;b"`, `"a;b"`},
		{`a,b`, `a,b`, `"a,b"`},
		{`5" pipe`, `"5"" pipe"`, `"5"" pipe"`},
		{`""`, `""""""`, `""""""`},
		{"a\nb", "\"a\nb\"", "\"a\nb\""},
		{"a\rb", "\"a\rb\"", "\"a\rb\""},
		{"a\x00\xff", "a\x00\xff", "\"a\x00\xff\""},
	}
	for _, tt := range tests {
		for quoted, want := range map[bool]string{false: tt.bare, true: tt.quoted} {
			got := csvrows.Encode([]byte(tt.value), quoted, ';')
			if string(got) != want || string(got.Value()) != tt.value {
				t.Errorf("Encode(%q, %v) is %s, which reads as %q; want %s", tt.value, quoted, got, got.Value(), want)
			}
			if got.Quoted() != (want != tt.value) {
				t.Errorf("Encode(%q, %v): Quoted is %v", tt.value, quoted, got.Quoted())
			}
		}
	}
}
