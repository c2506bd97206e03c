package highlight_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/highlight"
	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/hostile"
)

// marked writes parts with brackets around what is changed, and (n) for n bytes that are
// left out.
func marked(parts []highlight.Part) string {
	var b strings.Builder
	for _, p := range parts {
		switch {
		case p.Left > 0:
			fmt.Fprintf(&b, "(%d)", p.Left)
		case p.Changed:
			b.WriteString("[" + p.Text + "]")
		default:
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

func TestPair(t *testing.T) {
	long := strings.Repeat("ä", 600)
	for _, c := range []struct{ before, after, wantBefore, wantAfter string }{
		{"", "", "", ""},
		{"same", "same", "same", "same"},
		{"", "new", "", "[new]"},
		{"true", "false", "[true]", "[false]"},
		{"64200", "65100", "6[42]00", "6[51]00"},
		{"sell 10 at 64200 now", "sell 12 at 64900 now", "sell 1[0] at 64[2]00 now", "sell 1[2] at 64[9]00 now"},
		{"take profit", "take profits", "take profit", "take profit[s]"},
		{"2026-11-02T09:14:07Z", "2026-11-02T09:15:07Z", "2026-11-02T09:1[4]:07Z", "2026-11-02T09:1[5]:07Z"},
		// Too long for a look at every character, and not UTF-8: the ends are compared, and
		// no character is cut.
		{long + "é" + long, long + "è" + long, long + "[é]" + long, long + "[è]" + long},
		{"caf\xe9 one", "caf\xe9 two", "caf\xe9 [one]", "caf\xe9 [two]"},
	} {
		b, a := highlight.Pair(c.before, c.after)
		if marked(b) != c.wantBefore || marked(a) != c.wantAfter {
			t.Errorf("%.40q, %.40q: %.60s and %.60s", c.before, c.after, marked(b), marked(a))
		}
	}
}

func TestThree(t *testing.T) {
	parts := highlight.Three("sell 10 above 64200", "sell 12 above 64200", "sell 10 above 64900")
	got := fmt.Sprint(marked(parts[0]), ", ", marked(parts[1]), ", ", marked(parts[2]))
	if want := "sell 1[0] above 64[2]00, sell 1[2] above 64200, sell 10 above 64[9]00"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestShorten(t *testing.T) {
	for _, c := range []struct{ before, after, want string }{
		{"short", "shart", "sh[a]rt"},
		{strings.Repeat("x", 100), strings.Repeat("x", 100), "xxxxxxxxxxxxxxxxxxxx(80)"},
		{strings.Repeat("x", 100), strings.Repeat("x", 60) + "!" + strings.Repeat("x", 40), "(55)xxxxx[!]xxxxx(35)"},
		{"", strings.Repeat("é", 50), "[éééééééééé](80)"},
	} {
		_, after := highlight.Pair(c.before, c.after)
		if got := marked(highlight.Shorten(after, 20)); got != c.want {
			t.Errorf("%s: got %s, want %s", marked(after), got, c.want)
		}
	}
}

// TestLaws holds what is true of any values: the parts are the value, characters are not
// cut, and what is shortened says how much is gone.
func TestLaws(t *testing.T) {
	value := rapid.OneOf(rapid.StringN(0, 40, 80), rapid.StringOfN(rapid.RuneFrom([]rune("aé漢 ")), 0, 80, -1),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 40), func(b []byte) string { return string(b) }))
	rapid.Check(t, func(t *rapid.T) {
		values := [3]string{value.Draw(t, "base"), value.Draw(t, "ours"), value.Draw(t, "theirs")}
		most := rapid.IntRange(0, 60).Draw(t, "most")
		for i, parts := range highlight.Three(values[0], values[1], values[2]) {
			if joined(parts) != values[i] {
				t.Fatalf("%q became %q", values[i], joined(parts))
			}
			checkShort(t, values[i], highlight.Shorten(parts, most), most)
		}
	})
}

func checkShort(t *rapid.T, value string, parts []highlight.Part, most int) {
	left := 0
	for _, p := range parts {
		left += p.Left
		if utf8.ValidString(value) && !utf8.ValidString(p.Text) {
			t.Fatalf("a character of %q is cut: %q", value, p.Text)
		}
	}
	if text := joined(parts); len(text) > most || len(text)+left != len(value) {
		t.Fatalf("%q of %d bytes, at most %d, %d left out: %q", value, len(value), most, left, text)
	}
}

// TestHostile shows that nothing takes long or panics, whatever stands in the cells.
func TestHostile(t *testing.T) {
	all := hostile.Values()
	for i, v := range all {
		next := all[(i+1)%len(all)].Text
		parts := highlight.Three(v.Text, next, v.Text+next)
		for j, want := range []string{v.Text, next, v.Text + next} {
			if joined(parts[j]) != want {
				t.Errorf("%s: the parts of version %d are not the value", v.Name, j)
			}
		}
	}
}

// joined is the text of parts without what was left out.
func joined(parts []highlight.Part) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.Text)
	}
	return b.String()
}
