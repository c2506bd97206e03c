package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/escape"
)

// output is the only way to standard output and standard error.
//
// Text for people passes visible or quote on its way, so nothing that stands in a
// file can steer a terminal. JSON escapes controls by itself; the bytes of a merged
// file are written as they are, unless standard output is a terminal.
type output struct {
	stdout, stderr       io.Writer
	stdoutTTY, stderrTTY bool
	color                colorMode
	quiet                bool // no messages but errors
}

type colorMode uint8

const (
	colorAuto colorMode = iota
	colorAlways
	colorNever
)

func newOutput(stdout, stderr io.Writer) *output {
	return &output{stdout: stdout, stderr: stderr, stdoutTTY: isTerminal(stdout), stderrTTY: isTerminal(stderr)}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// readsTerminal is isTerminal for standard input.
func readsTerminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// colored says whether a stream gets colour: by --color, else only a terminal that is
// not dumb, and none where NO_COLOR is set (see no-color.org).
func (o *output) colored(tty bool) bool {
	switch o.color {
	case colorAlways:
		return true
	case colorNever:
		return false
	}
	return tty && os.Getenv("NO_COLOR") == "" && !dumb()
}

// dumb reports a terminal that shows lines of text and nothing else, as that in an editor.
func dumb() bool { return os.Getenv("TERM") == "dumb" }

// paint is a colour of the terminal's own palette.
type paint string

const (
	plain  paint = ""
	bold   paint = "1"
	red    paint = "31"
	green  paint = "32"
	yellow paint = "33"

	// What differs inside a value.
	gone paint = "1;31"
	came paint = "1;32"
)

// failure prints why the command ends.
func (o *output) failure(f *failure) {
	if errors.Is(f, errInterrupted) && o.stderrTTY {
		fmt.Fprintln(o.stderr) // behind the ^C, and what was in progress
	}
	o.message(red, f.Error())
	if f.hint != "" {
		o.hint(f.hint)
	}
}

func (o *output) hint(s string) { o.message(plain, "hint: "+s) }

// message prints one line to standard error, which a terminal has on as many as it takes.
func (o *output) message(p paint, s string) {
	v := o.messages()
	v.message(span{p, s})
	v.Flush()
}

// speaker stands above what the command says to a person.
const speaker = "rowkeep: "

// message prints one line as a message.
func (v *view) message(s span) { v.line(span{plain, speaker}, s) }

// file returns the writer of a merged file to standard output.
func (o *output) file() io.Writer {
	if o.stdoutTTY {
		return terminalFile{o.stdout}
	}
	return o.stdout
}

// terminalFile shows a file on a terminal: everything but line ends is made visible.
type terminalFile struct{ w io.Writer }

func (t terminalFile) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		text := strings.TrimRight(line, "\r\n")
		if _, err := io.WriteString(t.w, visible(text)+line[len(text):]); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// progressDelay is how long work may take before a person is told what it is.
const progressDelay = time.Second

// working shows on a terminal, once a second and from the first second on, that the
// command is still at it. The caller must call done.
func (o *output) working(what string) (done func()) {
	if !o.stderrTTY || o.quiet {
		return func() {}
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		o.tick(what, stop)
	}()
	return func() {
		close(stop)
		<-stopped
	}
}

func (o *output) tick(what string, stop <-chan struct{}) {
	ticker := time.NewTicker(progressDelay)
	defer ticker.Stop()
	shown := ""
	for seconds := 1; ; seconds++ {
		select {
		case <-ticker.C:
			shown = fmt.Sprintf("rowkeep: %s, %d s", what, seconds)
			fmt.Fprintf(o.stderr, "\r%s", shown)
		case <-stop:
			if shown != "" {
				fmt.Fprintf(o.stderr, "\r%s\r", strings.Repeat(" ", len(shown)))
			}
			return
		}
	}
}

// visible writes what does not print, or is not UTF-8, as an escape: a line of text
// with the same look on every terminal.
func visible(s string) string { return escape.Visible(s) }

// quoteMost is how many bytes of a value a line of text shows.
const quoteMost = 60

// quote shows a value on one line, cut where it is long.
func quote(s string) string {
	if len(s) <= quoteMost {
		return strconv.Quote(s)
	}
	end := quoteMost
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return fmt.Sprintf("%s... (%d bytes)", strconv.Quote(s[:end]), len(s))
}

// brief is a text of somebody else's as it stands, cut where it is long.
func brief(s string) string {
	if len(s) > quoteMost {
		return quote(s)
	}
	return s
}

// name shows a key or the name of a column: quoted only where it would be misread.
func name(s string) string {
	if s == "" || len(s) > quoteMost || strings.ContainsFunc(s, ambiguous) {
		return quote(s)
	}
	return s
}

func ambiguous(r rune) bool {
	if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' { // most are
		return false
	}
	return escape.Unprintable(r) || unicode.IsSpace(r) || strings.ContainsRune(`",:=()`, r)
}

// names shows a list of them.
func names(list []string) string {
	shown := make([]string, len(list))
	for i, s := range list {
		shown[i] = name(s)
	}
	return strings.Join(shown, ", ")
}

// shellWord quotes a word for a shell where it must be.
func shellWord(s string) string {
	special := func(r rune) bool {
		return r != '/' && r != '.' && r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}
	if strings.HasPrefix(s, "-") {
		s = "./" + s // or it would be taken for a flag
	}
	if s != "" && !strings.ContainsFunc(s, special) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
