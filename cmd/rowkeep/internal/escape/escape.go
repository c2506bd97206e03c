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
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	for run, escaped := range Runs(s) {
		if !escaped && len(run) == len(s) {
			return s
		}
		b.WriteString(run)
	}
	return b.String()
}

// isPlain reports that all of s are ASCII characters that print, as most text is.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// mostMarks is how many marks that combine with a character, such as accents, are shown on
// it. No script needs as many; a pile of them covers the lines above.
const mostMarks = 8

// Runs cuts s into runs of text that prints, and escapes of what does not; the second
// value is true for escapes.
func Runs(s string) iter.Seq2[string, bool] {
	return func(yield func(string, bool) bool) {
		start, escaped, marks := 0, false, 0
		run := func(end int) bool {
			text := s[start:end]
			start = end
			switch {
			case text == "":
				return true
			case escaped:
				text = strconv.QuoteToASCII(text)
				text = text[1 : len(text)-1]
			}
			return yield(text, escaped)
		}
		for i := 0; i < len(s); {
			r, size := utf8.DecodeRuneInString(s[i:])
			if unicode.IsMark(r) {
				marks++
			} else {
				marks = 0
			}
			stands := r == utf8.RuneError && size > 1 // in the text itself
			bad := Unprintable(r) && !stands || marks > mostMarks
			if bad != escaped {
				if !run(i) {
					return
				}
				escaped = bad
			}
			i += size
		}
		run(len(s))
	}
}

// Unprintable reports controls, and marks such as those that turn the direction of
// writing or have no width. A tab does no harm. U+FFFD prints, but an invalid byte
// decodes to it too.
func Unprintable(r rune) bool {
	return r != '\t' && !unicode.IsPrint(r) || r == utf8.RuneError
}
