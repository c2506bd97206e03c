package demo

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Style is how an editor saves.
type Style string

// The styles.
const (
	Truncate Style = "truncate" // it empties the file and writes it anew, slowly
	Rename   Style = "rename"   // it renames a new file over the old one
)

// styles take turns, in this order.
var styles = []Style{Truncate, Rename}

// tells is what an editor of a style does, as a line of the story.
func (s Style) tells() string {
	if s == Truncate {
		return "   An editor adds two rows: it empties the file and writes it anew, slowly."
	}
	return "   An editor adds a row and a comment, changes a cell, and renames a new file over."
}

// What an editor reports, so that the director knows when.
const (
	reportWriting = "writing" // the file was emptied, and the first piece is there
	reportSaved   = "saved"   // and noted down
)

// Editor is what a process that plays an editor is told. It knows nothing of rowkeep: it loads
// the file as text, changes the text and saves it.
type Editor struct {
	Dir   string // of the half
	Style Style
	Round int
	Row   string        // whose offset it changes, in style Rename
	Pause time.Duration // between two pieces, in style Truncate
}

// Run plays the editor. It reports how far it is, which is to go to the standard output of the
// process.
func (e Editor) Run(ctx context.Context, report io.Writer) error {
	s := scene(e.Dir)
	old, err := os.ReadFile(s.config())
	if err != nil {
		return err
	}
	notes, err := e.save(ctx, s.config(), string(old), report)
	if err != nil {
		return err
	}
	if err := appendNotes(s.editors(), notes); err != nil {
		return err
	}
	_, err = fmt.Fprintln(report, reportSaved)
	return err
}

// save writes old with this round's changes, and returns these.
func (e Editor) save(ctx context.Context, file, old string, report io.Writer) ([]note, error) {
	if e.Style == Truncate {
		text, notes := typeRows(old, e.Round, "sell", "buy")
		return notes, e.saveInPlace(ctx, file, pieces(text, len(old)), report)
	}
	text, notes := e.rework(old)
	return notes, saveByRename(ctx, file, []byte(text))
}

// typeRows adds a row for each direction at the end.
func typeRows(text string, round int, directions ...string) (string, []note) {
	coins := []string{"ada", "atom", "avax", "ltc", "trx", "xlm"}
	coin := coins[round%len(coins)]
	var notes []note
	for _, direction := range directions {
		side := map[string]string{"sell": "above", "buy": "below"}[direction]
		row := []string{
			fmt.Sprintf("%s_usd_%s_%d", coin, direction, round), strings.ToUpper(coin) + "USD", "12.50", side, direction,
			"40", "5.0", "true", "", "", "", "", fmt.Sprintf("typed in round %d", round), "", "", "",
		}
		text += strings.Join(row, ",") + "\n"
		notes = append(notes, note{Round: round, Row: row})
	}
	return text, notes
}

// rework changes an offset, and adds a comment and a row.
func (e Editor) rework(text string) (string, []note) {
	offset := fmt.Sprintf("%.3f", 1+float64(e.Round)/1000)
	comment := fmt.Sprintf("# round %d: offset of %s is %s now", e.Round, e.Row, offset)
	text = typeOffset(text, e.Row, offset) + comment + "\n"
	text, notes := typeRows(text, e.Round, "sell")
	return text, append(notes,
		note{Round: e.Round, Comment: comment},
		note{Round: e.Round, Key: e.Row, Column: "trailing_offset_percent", Value: offset})
}

// typeOffset replaces the seventh field of a row; none before it is ever quoted.
func typeOffset(text, row, offset string) string {
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, row+",") {
			fields := strings.SplitN(line, ",", 8)
			fields[6] = offset
			lines[i] = strings.Join(fields, ",")
		}
	}
	return strings.Join(lines, "")
}

// pieces cuts text, whose first old bytes an editor found in the file, for a slow save.
// It cuts among the old bytes and inside lines: a store that finds a file cut like that
// knows that this is not all, however long it takes until the rest comes.
func pieces(text string, old int) []string {
	const n = 4
	var list []string
	from := 0
	for i := 1; i < n; i++ {
		to := strings.LastIndexByte(text[:old*i/n], ',')
		list, from = append(list, text[from:to]), to
	}
	return append(list, text[from:])
}

// saveInPlace empties the file and writes it piece by piece.
func (e Editor) saveInPlace(ctx context.Context, file string, pieces []string, report io.Writer) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	for i, piece := range pieces {
		if _, err := f.WriteString(piece); err != nil {
			return err
		}
		if i == 0 {
			_, err = fmt.Fprintln(report, reportWriting)
		}
		if i < len(pieces)-1 && err == nil {
			err = pause(ctx, e.Pause)
		}
		if err != nil {
			return err
		}
	}
	return f.Close()
}

// performer is an editor process, as the director sees it.
type performer struct {
	cmd     *exec.Cmd
	cancel  context.CancelFunc
	reports *bufio.Reader
	stderr  bytes.Buffer
}

// longestPiecePause keeps an editor's pauses well below the settle time.
const longestPiecePause = 60 * time.Millisecond

// startEditor returns once the editor has emptied the file and begun to write it, or has
// renamed its own over it. The caller must stop it.
func (p *play) startEditor(ctx context.Context, style Style, round int, row string) (*performer, error) {
	editorCtx, cancel := context.WithCancel(ctx)
	e := &performer{cancel: cancel}
	e.cmd = p.Process(editorCtx, Editor{
		Dir: string(p.scene), Style: style, Round: round, Row: row, Pause: min(p.beat/12, longestPiecePause),
	})
	e.cmd.Stderr = &e.stderr
	stdout, err := e.cmd.StdoutPipe()
	if err == nil {
		e.reports = bufio.NewReader(stdout)
		err = e.cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, err
	}
	if _, err := e.reports.ReadString('\n'); err != nil {
		defer e.stop()
		if err := e.finish(ctx); err != nil {
			return nil, err
		}
		return nil, errors.New("an editor ended without a word")
	}
	return e, nil
}

// finish waits for the end of the editor.
func (p *performer) finish(ctx context.Context) error {
	_, err := io.Copy(io.Discard, p.reports) // all output is read before Wait
	if err == nil {
		err = p.cmd.Wait()
	}
	if err == nil {
		return nil
	}
	// An interrupt from a keyboard reaches the editor too, perhaps before us.
	if err := pause(ctx, 100*time.Millisecond); err != nil {
		return err
	}
	return fmt.Errorf("an editor ended early: %w: %s", err, bytes.TrimSpace(p.stderr.Bytes()))
}

// stop ends an editor that has not ended by itself.
func (p *performer) stop() {
	p.cancel()
	p.cmd.Wait() //nolint:errcheck // it may have been waited for already
}
