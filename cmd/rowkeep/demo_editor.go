package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// editorStyle is how an editor saves.
type editorStyle uint8

const (
	styleTruncate editorStyle = iota
	styleRename
)

// editorStyles take turns, in this order.
var editorStyles = []word[editorStyle]{{"truncate", styleTruncate}, {"rename", styleRename}}

// tells is what an editor of a style does, as a line of the story.
func (s editorStyle) tells() string {
	if s == styleTruncate {
		return "   An editor adds two rows: it empties the file and writes it anew, slowly."
	}
	return "   An editor adds a row and a comment, changes a cell, and renames a new file over."
}

// What an editor reports on its standard output, so that the director knows when.
const (
	reportWriting = "writing" // the file was emptied, and the first piece is there
	reportSaved   = "saved"   // and noted down
)

// editorCommand is a process that plays an editor. It knows nothing of rowkeep: it loads
// the file as text, changes the text and saves it.
type editorCommand struct {
	*app
	style editorStyle
	round int
	row   string
	pause time.Duration
}

// newDemoEditor is for the demo's own use, so help does not show it.
func (a *app) newDemoEditor() *cobra.Command {
	e := &editorCommand{app: a}
	cmd := &cobra.Command{
		Use:    "editor DIR",
		Short:  "Play an editor of the demo in DIR",
		Hidden: true,
		Args:   operands("DIR"),
		RunE:   e.run,
	}
	choose(cmd, &e.style, "style", "how the editor saves", editorStyles...)
	cmd.Flags().IntVar(&e.round, "round", 1, "number of the round")
	cmd.Flags().StringVar(&e.row, "row", "", "row whose offset the editor changes, with --style rename")
	cmd.Flags().DurationVar(&e.pause, "pause", 0, "between two pieces, with --style truncate")
	return cmd
}

func (e *editorCommand) run(cmd *cobra.Command, args []string) error {
	return e.edit(cmd.Context(), scene(args[0]))
}

func (e *editorCommand) edit(ctx context.Context, s scene) error {
	old, err := os.ReadFile(s.config())
	if err != nil {
		return err
	}
	notes, err := e.save(ctx, s.config(), string(old))
	if err != nil {
		return err
	}
	if err := appendNotes(s.editors(), notes); err != nil {
		return err
	}
	return e.report(reportSaved)
}

// save writes old with this round's changes, and returns these.
func (e *editorCommand) save(ctx context.Context, file, old string) ([]note, error) {
	if e.style == styleTruncate {
		text, notes := typeRows(old, e.round, "sell", "buy")
		return notes, e.saveInPlace(ctx, file, pieces(text, len(old)))
	}
	text, notes := e.rework(old)
	return notes, saveByRename(ctx, file, []byte(text))
}

func (e *editorCommand) report(what string) error {
	if _, err := fmt.Fprintln(e.out.stdout, what); err != nil {
		return stdoutFailure(err)
	}
	return nil
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
func (e *editorCommand) rework(text string) (string, []note) {
	offset := fmt.Sprintf("%.3f", 1+float64(e.round)/1000)
	comment := fmt.Sprintf("# round %d: offset of %s is %s now", e.round, e.row, offset)
	text = typeOffset(text, e.row, offset) + comment + "\n"
	text, notes := typeRows(text, e.round, "sell")
	return text, append(notes,
		note{Round: e.round, Comment: comment},
		note{Round: e.round, Key: e.row, Column: "trailing_offset_percent", Value: offset})
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
func (e *editorCommand) saveInPlace(ctx context.Context, file string, pieces []string) error {
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
			err = e.report(reportWriting)
		}
		if i < len(pieces)-1 && err == nil {
			err = pause(ctx, e.pause)
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
func (s *story) startEditor(ctx context.Context, style editorStyle, round int, row string) (*performer, error) {
	p := &performer{}
	editorCtx, cancel := context.WithCancel(ctx)
	p.cancel = cancel
	p.cmd = exec.CommandContext(editorCtx, s.self, "demo", "editor", "--style", editorStyles[style].name,
		"--round", strconv.Itoa(round), "--row", row, "--pause", min(s.beat/12, longestPiecePause).String(), string(s.scene))
	p.cmd.Stderr = &p.stderr
	stdout, err := p.cmd.StdoutPipe()
	if err == nil {
		p.reports = bufio.NewReader(stdout)
		err = p.cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, err
	}
	if _, err := p.reports.ReadString('\n'); err != nil {
		defer p.stop()
		if err := p.finish(ctx); err != nil {
			return nil, err
		}
		return nil, errors.New("an editor ended without a word")
	}
	return p, nil
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
