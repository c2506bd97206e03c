// Package escape makes text from files fit to be looked at: what does not print, or is
// not UTF-8, becomes an escape as Go writes it. What comes out has the same look on
// every terminal and page, and steers neither.
//
// It does not quote: a backslash that stands in the text looks like one of an escape.
// [Runs] tells the two apart.
package escape

import (
	"iter"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible returns s with escapes in place of what does not print.
func Visible(s string) string {
	if !strings.ContainsFunc(s, Unprintable) {
		return s
	}
	var b strings.Builder
	for run := range Runs(s) {
		b.WriteString(run)
	}
	return b.String()
}

// Runs cuts s into runs of text that prints, and escapes of what does not; the second
// value is true for escapes.
func Runs(s string) iter.Seq2[string, bool] {
	return func(yield func(string, bool) bool) {
		for len(s) > 0 {
			end := strings.IndexFunc(s, Unprintable)
			if end < 0 {
				end = len(s)
			}
			if end > 0 && !yield(s[:end], false) {
				return
			}
			s = s[end:]
			end = len(s) - len(strings.TrimLeftFunc(s, Unprintable))
			if end > 0 && !yield(quoted(s[:end]), true) {
				return
			}
			s = s[end:]
		}
	}
}

// quoted escapes text that does not print. U+FFFD prints where it is not the sign of an
// invalid byte, and stays.
func quoted(s string) string {
	q := strconv.Quote(s)
	return q[1 : len(q)-1]
}

// Unprintable reports controls, and marks such as those that turn the direction of
// writing or have no width. A tab does no harm. U+FFFD prints, but an invalid byte
// decodes to it too.
func Unprintable(r rune) bool {
	return r != '\t' && !unicode.IsPrint(r) || r == utf8.RuneError
}
