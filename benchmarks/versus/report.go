package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/rowkeep/rowkeep/benchmarks/plot"
	"github.com/rowkeep/rowkeep/benchmarks/process"
)

// report writes all tables and targets in markdown.
func (b *bench) report() []byte {
	var w bytes.Buffer
	fmt.Fprintf(&w, "# rowkeep beside others, %s\n\n", time.Now().Format(time.DateOnly))
	fmt.Fprintf(&w, "Machine: %s. Load before it began: %s.\n\n", machine(b.data), b.load)
	fmt.Fprintf(&w, "Repeat with `%s`. ", b.again())
	fmt.Fprintf(&w, "Times are medians of %d alternating rounds, of files in the page cache of one disk; ", b.rounds)
	fmt.Fprintf(&w, "memory is the greatest peak; one of some 8 MiB is that of the program that measures. ")
	fmt.Fprintf(&w, "A run may take %v and, where the system tells, %.1f GiB; a peer that takes more than %v runs %d times.\n\n", b.limit, float64(b.memory)/(1<<30), slow, slowRuns)
	b.writePeers(&w)
	for t := range topics {
		b.writeTopic(&w, t)
	}
	b.writeSizes(&w)
	b.writeShapes(&w)
	fmt.Fprint(&w, "\n## Targets\n\n")
	if b.rows != 1_000_000 {
		fmt.Fprintf(&w, "They are set for 1,000,000 rows; with others they are something to look at.\n\n")
	}
	for _, o := range b.outcomes() {
		sign := ""
		if o.missed {
			sign = " **(missed)**"
		}
		fmt.Fprintf(&w, "- %s%s\n", o.line, sign)
	}
	return w.Bytes()
}

// again is the command that does the same once more.
func (b *bench) again() string {
	return fmt.Sprintf("go run ./benchmarks/versus -rows %d -rounds %d -limit %v -seed %d", b.rows, b.rounds, b.limit, b.seed)
}

func (b *bench) writePeers(w io.Writer) {
	var versions []string
	for _, p := range peers {
		if version, here := b.here[p.name]; here {
			versions = append(versions, p.name+" ("+version+")")
		} else {
			versions = append(versions, p.name+" (skipped)")
		}
	}
	fmt.Fprintf(w, "Peers: %s.\n", strings.Join(versions, "; "))
}

// writeTopic writes the commands of a topic, at the number of rows asked for.
func (b *bench) writeTopic(w io.Writer, t topic) {
	mine, _ := b.find(t, ours, b.rows)
	fmt.Fprintf(w, "\n## %s: %s rows, %.1f MB a version\n\n", titles[t], number(b.rows), float64(mine.set.Bytes)/3e6)
	fmt.Fprintln(w, "| command | wall s | times rowkeep | CPU s | peak MiB | answer |")
	fmt.Fprintln(w, "|---|---:|---:|---:|---:|---|")
	for _, c := range b.contests {
		if c.topic != t || c.set.shape.Rows != b.rows {
			continue
		}
		if len(c.runs) == 0 {
			fmt.Fprintf(w, "| `%s` | | | | | %v |\n", c.line, c.ended)
			continue
		}
		fmt.Fprintf(w, "| `%s` | %s | %.2f | %.3f | %d | %s |\n", c.line, c.seconds(), c.wall().Seconds()/mine.wall().Seconds(), c.cpu().Seconds(), c.peak()>>20, c.answer())
	}
}

// seconds is the time of a contest, or what it took until it was ended.
func (c *contest) seconds() string {
	if len(c.runs) == 0 {
		return "-"
	}
	s := fmt.Sprintf("%.3f", c.wall().Seconds())
	if c.ended != nil {
		s = "> " + s
	}
	return s
}

// answer is the verdict, or why there is none.
func (c *contest) answer() string {
	if c.ended != nil {
		return "ended: " + c.ended.Error()
	}
	text := c.verdict.Text
	if status := c.runs[0].Status; status != 0 && !c.verdict.Right {
		text += fmt.Sprintf(", exit status %d", status)
	}
	if c.late > 0 {
		text += fmt.Sprintf(", %d runs over a limit left out", c.late)
	}
	return strings.TrimPrefix(text, ", ")
}

// writeSizes writes the times of merges against rows.
func (b *bench) writeSizes(w io.Writer) {
	names := b.merging()
	fmt.Fprintf(w, "\n## Merge, wall seconds by rows\n\n| rows | %s |\n|---:%s|\n", strings.Join(names, " | "), strings.Repeat("|---:", len(names)))
	for _, rows := range b.sizes() {
		fmt.Fprintf(w, "| %s |", number(rows))
		for _, name := range names {
			cell := "-"
			if c, _ := b.find(merges, name, rows); c != nil {
				cell = c.seconds()
			}
			fmt.Fprintf(w, " %s |", cell)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "\n\"-\": it failed, or was not run, as it did not end with fewer rows; \">\": ended at a limit.\n")
}

// merging names what merges.
func (b *bench) merging() (names []string) {
	for _, c := range b.contests {
		if c.topic == merges && !slices.Contains(names, c.name) {
			names = append(names, c.name)
		}
	}
	return names
}

func (b *bench) writeShapes(w io.Writer) {
	fmt.Fprintf(w, "\n## Other shapes: `%s`\n\n", b.shapes[0].line)
	fmt.Fprintln(w, "| sample | rows | MB a version | wall s | time per byte over plain | peak over inputs | answer |")
	fmt.Fprintln(w, "|---|---:|---:|---:|---:|---:|---|")
	for _, c := range b.shapes {
		fmt.Fprintf(w, "| %s | %s | %.1f | %.3f | %.2f | %.2f | %s |\n", c.set.name, number(c.set.shape.Rows), float64(c.set.Bytes)/3e6,
			c.wall().Seconds(), b.perByte(c), float64(c.peak())/float64(c.set.Bytes), c.answer())
	}
}

// number writes n with commas between thousands.
func number(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// writePlot draws the times of merges against rows.
func (b *bench) writePlot(path string) error {
	p := plot.Plot{
		Title: "Three-way merge of a CSV file, whole process",
		Note:  fmt.Sprintf("%s, median of %d, %s", time.Now().Format(time.DateOnly), b.rounds, machine(b.data)),
		X:     "rows", Y: "seconds",
		Source: b.again(),
	}
	for _, name := range b.merging() {
		if name != ourPipe { // beside the other way to write it would only hide others
			p.Lines = append(p.Lines, b.line(name))
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := p.WriteSVG(f); err != nil {
		return err
	}
	return f.Close()
}

// line is what the plot shows of one entrant: as far as it came.
func (b *bench) line(name string) plot.Line {
	line := plot.Line{Name: name, Bold: name == ours}
	for _, c := range b.contests {
		if c.topic != merges || c.name != name {
			continue
		}
		if c.ended != nil {
			line.Ends = fmt.Sprintf("%s rows: %s", number(c.set.shape.Rows), b.briefly(c.ended))
			break
		}
		line.Points = append(line.Points, plot.Point{X: float64(c.set.shape.Rows), Y: c.wall().Seconds()})
	}
	return line
}

// briefly says why a contest ended where there is little room.
func (b *bench) briefly(ended error) string {
	switch {
	case errors.Is(ended, process.ErrTime):
		return "over " + b.limit.String()
	case errors.Is(ended, process.ErrMemory):
		return fmt.Sprintf("over %.0f GiB", float64(b.memory)/(1<<30))
	}
	return errFailed.Error()
}
