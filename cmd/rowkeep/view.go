package main

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"iter"
	"os"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/highlight"
	"github.com/rowkeep/rowkeep/merge"
)

// span is a piece of a line in one colour.
type span struct {
	paint paint
	text  string
}

// view prints text for people: in the width of a terminal, else each line as long as it is.
type view struct {
	*bufio.Writer // keeps its first error for Flush
	width         int
	colored       bool
}

// line prints spans as one line, on as many lines of the terminal as that takes.
func (v *view) line(spans ...span) {
	if v.width == 0 { // as most text is printed, be it long
		v.put(spans)
		return
	}
	var shown []span
	for _, s := range spans {
		shown = join(shown, s.paint, visible(s.text))
	}
	for _, line := range fit(shown, v.width) {
		v.put(line)
	}
}

// put prints spans as one line. What is visible already it prints as it is.
func (v *view) put(spans []span) {
	look := plain
	for _, s := range spans {
		if s.text != "" {
			v.turn(&look, s.paint)
			v.WriteString(visible(s.text))
		}
	}
	v.turn(&look, plain)
	v.WriteByte('\n')
}

// turn ends one colour and begins another.
func (v *view) turn(look *paint, to paint) {
	if !v.colored || *look == to {
		return
	}
	if *look != plain {
		v.WriteString("\x1b[0m")
	}
	if to != plain {
		v.WriteString("\x1b[" + string(to) + "m")
	}
	*look = to
}

// text prints a line of one colour.
func (v *view) text(p paint, s string) { v.line(span{p, s}) }

// changes prints a line for each change, and reports that there was one.
func (v *view) changes(list iter.Seq[merge.Change]) (some bool) {
	for c := range list {
		some = true
		v.line(changeSpans(c, v.colored)...)
	}
	return some
}

// join appends text to a line.
func join(line []span, p paint, text string) []span {
	if last := len(line) - 1; last >= 0 && line[last].paint == p {
		line[last].text += text
		return line
	}
	if text == "" {
		return line
	}
	return append(line, span{p, text})
}

// hanging is how far the lines are indented that continue a line.
const hanging = 4

// fit cuts a line into lines of a width, behind a space or a comma where there is one. A
// width that leaves no room is none.
func fit(spans []span, width int) [][]span {
	if width <= 2*hanging {
		return [][]span{spans}
	}
	var lines [][]span
	var line []span
	used := 0
	for _, s := range spans {
		for _, word := range words(s.text, width-hanging) {
			n := columns(strings.TrimRight(word, " "))
			if used > 0 && used+n > width {
				lines = append(lines, line)
				line, used = []span{{plain, strings.Repeat(" ", hanging)}}, hanging
			}
			line = join(line, s.paint, word)
			used += columns(word)
		}
	}
	return append(lines, line)
}

// words cuts a text where a line may end, and what is wider than most anywhere.
func words(text string, most int) []string {
	var list []string
	start, used := 0, 0
	for i, r := range text {
		n := columns(string(r))
		if i > start && used+n > most {
			list, start, used = append(list, text[start:i]), i, 0
		}
		used += n
		if end := i + len(string(r)); (r == ' ' || r == ',') && end < len(text) && text[end] != ' ' {
			list, start, used = append(list, text[start:end]), end, 0
		}
	}
	return append(list, text[start:])
}

// columns is how many columns of a terminal a text takes. A tab may take eight.
func columns(s string) int { return ansi.StringWidth(s) + 8*strings.Count(s, "\t") }

// screen returns the size of the terminal behind a stream, 0 where there is none.
func screen(w io.Writer) (width, height int) {
	if !isTerminal(w) {
		return 0, 0
	}
	width, height, err := term.GetSize(int(w.(*os.File).Fd()))
	if err != nil {
		return 0, 0
	}
	return width, height
}

// show prints text to standard output: through a pager where it is a terminal on which the
// text does not fit.
func (o *output) show(write func(*view)) error {
	width, height := screen(o.stdout)
	p := &pager{stdout: o.stdout, height: height}
	v := &view{bufio.NewWriter(p), width, o.colored(o.stdoutTTY)}
	write(v)
	err := v.Flush()
	return cmp.Or(err, p.Close())
}

// text is a view of standard output without a pager: for what is printed as it comes. The
// caller must call Flush.
func (o *output) text() *view {
	width, _ := screen(o.stdout)
	return &view{bufio.NewWriter(o.stdout), width, o.colored(o.stdoutTTY)}
}

// plainly prints text to what is no terminal.
func plainly(w io.Writer, write func(*view)) error {
	v := &view{Writer: bufio.NewWriter(w)}
	write(v)
	return v.Flush()
}

// messages is a view of standard error. The caller must call Flush.
func (o *output) messages() *view {
	width, _ := screen(o.stderr)
	return &view{bufio.NewWriter(o.stderr), width, o.colored(o.stderrTTY)}
}

// quoteParts shows a value on one line as quote does, with what is changed in a colour of
// its own, and around that if the value is long.
func quoteParts(parts []highlight.Part, same, changed paint) []span {
	var spans []span
	add := func(p paint, s string) { spans = append(spans, span{p, s}) }
	total, left, open := 0, false, false
	quotes := func(want bool) {
		if open != want {
			add(same, `"`)
			open = want
		}
	}
	for _, p := range highlight.Shorten(parts, quoteMost) {
		total += len(p.Text) + p.Left
		if p.Left > 0 {
			quotes(false)
			add(same, "...")
			left = true
			continue
		}
		quotes(true)
		text := strconv.Quote(p.Text)
		look := same
		if p.Changed {
			look = changed
		}
		add(look, text[1:len(text)-1])
	}
	switch quotes(false); {
	case left:
		add(same, fmt.Sprintf(" (%d bytes)", total))
	case len(spans) == 0:
		add(same, `""`)
	}
	return spans
}

// texts reports values that are texts, of which what differs inside can be shown.
func texts(values ...merge.Value) bool {
	for _, v := range values {
		if !v.Exists || len(v.Rows) > 0 {
			return false
		}
	}
	return true
}
