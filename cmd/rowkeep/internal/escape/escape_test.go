package escape_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/escape"
	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/hostile"
)

func TestVisible(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"plain, with a tab\t.", "plain, with a tab\t."},
		{"\x1b[2J", `\x1b[2J`},
		{"a\r\n", `a\r\n`},
		{"caf\xe9 é", `caf\xe9 é`},
		{"\u202e\u200b\u009b", `\u202e\u200b\u009b`},
		{"\ufffd", "\ufffd"},
		{`a\nb`, `a\nb`},
		{"e\u0301", "e\u0301"},
		{"e" + strings.Repeat("\u0301", 10) + "e\u0301", "e" + strings.Repeat("\u0301", 8) + `\u0301\u0301` + "e\u0301"},
	} {
		if got := escape.Visible(c.in); got != c.want {
			t.Errorf("%q is shown as %q, want %q", c.in, got, c.want)
		}
	}
}

func TestHostile(t *testing.T) {
	for _, v := range hostile.Values() {
		shown := escape.Visible(v.Text)
		if !utf8.ValidString(shown) || strings.ContainsFunc(shown, func(r rune) bool { return r != '\t' && !unicode.IsPrint(r) }) {
			t.Errorf("%s: %.200q", v.Name, shown)
		}
		var joined strings.Builder
		for run := range escape.Runs(v.Text) {
			joined.WriteString(run)
		}
		if joined.String() != shown {
			t.Errorf("%s: the runs are not what is shown", v.Name)
		}
	}
}
