package terminal

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A Recording is what a window showed, one screen after the other, as a picture that moves
// and needs no script.
type Recording struct {
	Width, Height int    // columns and lines
	Want          []byte // the picture that is to come out; nil if it is to be drawn anew
	frames        []frame
}

// frame is a screen and the line below it.
type frame struct {
	screen  string // with the escapes of its looks
	caption string
	seconds int
}

// stillness is how many looks at a screen, a moment apart, must show the same before a picture
// is drawn anew.
const stillness = 20

// Add adds the screen of a window, for so many seconds, and below it a caption. A program
// draws in steps, so the screen that is wanted is waited for; where none is, one that holds
// still. edit may change the text of the screen, of which it must keep the width.
func (r *Recording) Add(w *Terminal, caption string, seconds int, edit func(string) string) {
	w.t.Helper()
	f := frame{caption: caption, seconds: seconds}
	same := 0
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		screen := edit(w.tmux("capture-pane", "-p", "-e"))
		if same++; screen != f.screen {
			same = 0
		}
		f.screen = screen
		if r.Want == nil && same >= stillness || r.Want != nil && bytes.Contains(r.Want, r.draw(w.t, len(r.frames), f)) {
			break
		}
	}
	r.frames = append(r.frames, f)
}

// The measures of a picture, in its own units.
const (
	cellWidth, cellHeight = 8, 17
	margin                = 12
)

// SVG draws the screens. A look that it does not know fails the test.
func (r *Recording) SVG(t *testing.T) []byte {
	t.Helper()
	width, height := r.size()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace" font-size="13">`+"\n", width, height)
	b.WriteString(r.style())
	fmt.Fprintf(&b, `<rect width="%d" height="%d" rx="8" fill="#16181d"/>`+"\n", width, height)
	for i, f := range r.frames {
		b.Write(r.draw(t, i, f))
	}
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

// size is that of the picture.
func (r *Recording) size() (width, height int) {
	return r.Width*cellWidth + 2*margin, (r.Height+2)*cellHeight + 2*margin
}

// draw draws the frame with a number.
func (r *Recording) draw(t *testing.T, i int, f frame) []byte {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, `<g class="f" id="f%d">`+"\n", i)
	for y, line := range strings.Split(strings.TrimRight(f.screen, "\n"), "\n") {
		drawLine(t, &b, line, y)
	}
	_, height := r.size()
	fmt.Fprintf(&b, `<text class="c" x="%d" y="%d">%s</text>`+"\n</g>\n", margin, height-margin, escaped(f.caption))
	return []byte(b.String())
}

// style shows one frame after the other; the first one where motion is not wanted, and
// where nothing moves.
func (r *Recording) style() string {
	total, from := 0, 0
	for _, f := range r.frames {
		total += f.seconds
	}
	var b strings.Builder
	b.WriteString("<style>text{fill:#d7dae0;white-space:pre}.b{font-weight:bold}.d{opacity:.55}.u{text-decoration:underline}.c{fill:#8ab4f8}\n")
	b.WriteString(".f{visibility:hidden}#f0{visibility:visible}\n@media not (prefers-reduced-motion:reduce){\n")
	for i, f := range r.frames {
		if len(r.frames) == 1 {
			break
		}
		start, end := 100*float64(from)/float64(total), 100*float64(from+f.seconds)/float64(total)
		fmt.Fprintf(&b, "@keyframes k%d{0%%{visibility:hidden}%.3f%%{visibility:visible}%.3f%%,100%%{visibility:hidden}}#f%d{animation:k%d %ds step-end infinite}\n", i, start, end, i, i, total)
		from += f.seconds
	}
	return b.String() + "}</style>\n"
}

// look is how text is shown.
type look struct {
	bold, faint, underlined, reversed bool
	color                             int // 1 to 7, and 9 to 15 for bright ones; 0 is the default
}

var palette = [16]string{
	1: "#f28b82", 2: "#81c995", 3: "#fdd663", 4: "#8ab4f8", 5: "#d7aefb", 6: "#78d9ec", 7: "#d7dae0",
	8: "#9aa0a6", 9: "#f28b82", 10: "#81c995", 11: "#fdd663", 12: "#8ab4f8", 13: "#d7aefb", 14: "#78d9ec", 15: "#ffffff",
}

// drawLine draws the runs of a line that have one look.
func drawLine(t *testing.T, b *strings.Builder, line string, y int) {
	t.Helper()
	var now look
	x := 0
	for line != "" {
		text, rest, escape := strings.Cut(line, "\x1b[")
		drawRun(b, now, text, x, y)
		x += len([]rune(text))
		if !escape {
			return
		}
		codes, after, ok := strings.Cut(rest, "m")
		if !ok {
			t.Fatalf("no look: %q", rest)
		}
		for code := range strings.SplitSeq(codes, ";") {
			now = now.with(t, code)
		}
		line = after
	}
}

func (l look) with(t *testing.T, code string) look {
	t.Helper()
	n, err := strconv.Atoi(code)
	switch {
	case code == "" || n == 0 && err == nil:
		return look{}
	case n == 1:
		l.bold = true
	case n == 2:
		l.faint = true
	case n == 4:
		l.underlined = true
	case n == 7:
		l.reversed = true
	case n >= 30 && n <= 37:
		l.color = n - 30
	case n >= 90 && n <= 97:
		l.color = n - 90 + 8
	case n == 39:
		l.color = 0
	case n == 49: // the background that there is
	default:
		t.Fatalf("a look that is not known: %q", code)
	}
	return l
}

// drawRun draws text at a place, at a width that does not depend on the font.
func drawRun(b *strings.Builder, l look, text string, x, y int) {
	lead := len(text) - len(strings.TrimLeft(text, " "))
	if !l.reversed && !l.underlined {
		x += lead
		text = strings.TrimSpace(text)
	}
	if text == "" {
		return
	}
	n := len([]rune(text))
	left, base := margin+x*cellWidth, margin+(y+1)*cellHeight-4
	fill := palette[l.color]
	if l.reversed {
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" fill="#d7dae0"/>`, left, base-cellHeight+4, n*cellWidth, cellHeight)
		fill = "#16181d"
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" textLength="%d"`, left, base, n*cellWidth)
	if class := l.class(); class != "" {
		fmt.Fprintf(b, ` class="%s"`, class)
	}
	if fill != "" {
		fmt.Fprintf(b, ` style="fill:%s"`, fill)
	}
	fmt.Fprintf(b, ">%s</text>\n", escaped(text))
}

func (l look) class() string {
	var list []string
	for _, c := range []struct {
		name string
		is   bool
	}{{"b", l.bold}, {"d", l.faint}, {"u", l.underlined}} {
		if c.is {
			list = append(list, c.name)
		}
	}
	return strings.Join(list, " ")
}

func escaped(text string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(text)); err != nil {
		panic(err) // to memory
	}
	return b.String()
}
