package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// judgeMerges prints the merges and returns the bars that were missed. A wrong result
// is an error.
func judgeMerges(dir string, merges []*contestant) (missed []error, err error) {
	git, toStdout, toFile := merges[0], merges[1], merges[2]
	for _, name := range []string{"stdout.csv", "output.csv"} {
		if err := sameContent(filepath.Join(dir, name), filepath.Join(dir, "want.csv")); err != nil {
			return nil, fmt.Errorf("the merge of rowkeep is not the expected one: %w", err)
		}
	}
	for _, c := range []*contestant{toStdout, toFile} {
		if c.status() != 0 {
			return nil, fmt.Errorf("%s: exit status %d", c.name, c.status())
		}
	}
	blocks, err := countBlocks(filepath.Join(dir, "git.csv"))
	if err != nil {
		return nil, err
	}
	printTable(merges, git, func(c *contestant) string {
		if c == git {
			return fmt.Sprintf("%d false conflicts, exit status %d", blocks, c.status())
		}
		return "the expected merge, byte for byte"
	})
	if toFile.wall() >= git.wall() {
		missed = append(missed, errors.New("rowkeep is not faster than git merge-file"))
	}
	return missed, nil
}

// judgeParses prints the parsers and returns the bars that were missed.
func judgeParses(parses []*contestant, size int64) (missed []error) {
	standard, ours := parses[0], parses[1]
	memory := float64(ours.rss()) / float64(size)
	printTable(parses, standard, func(c *contestant) string {
		return fmt.Sprintf("peak %.2f x the file", float64(c.rss())/float64(size))
	})
	if memory > mostMemory {
		missed = append(missed, fmt.Errorf("csvrows.Parse takes %.2f times the file of memory", memory))
	}
	if ours.wall() > standard.wall() {
		missed = append(missed, errors.New("csvrows.Parse is slower than encoding/csv"))
	}
	return missed
}

// printTable prints contestants; ratios are over the walls of the first.
func printTable(all []*contestant, first *contestant, note func(*contestant) string) {
	fmt.Printf("| %-26s | wall s | CPU s | ratio | peak RSS MiB | |\n", "command")
	fmt.Printf("|%s|-------:|------:|------:|-------------:|---|\n", "----------------------------")
	for _, c := range all {
		ratio := c.wall().Seconds() / first.wall().Seconds()
		fmt.Printf("| %-26s | %6.3f | %5.3f | %5.2f | %12d | %s |\n", c.name, c.wall().Seconds(), c.cpu().Seconds(), ratio, c.rss()>>20, note(c))
	}
	fmt.Println()
}

// sameContent compares two files.
func sameContent(a, b string) error {
	f, err := os.Open(a)
	if err != nil {
		return err
	}
	defer f.Close()
	g, err := os.Open(b)
	if err != nil {
		return err
	}
	defer g.Close()
	const size = 1 << 16
	x, y := make([]byte, size), make([]byte, size)
	for at := 0; ; at += size {
		n, errX := io.ReadFull(f, x)
		m, errY := io.ReadFull(g, y)
		if !bytes.Equal(x[:n], y[:m]) {
			return fmt.Errorf("%s and %s differ behind byte %d", filepath.Base(a), filepath.Base(b), at)
		}
		if ended(errX) || ended(errY) {
			return nil
		}
		if err := errors.Join(errX, errY); err != nil {
			return err
		}
	}
}

func ended(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF }

// countBlocks counts the conflicts that git wrote.
func countBlocks(path string) (n int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if bytes.HasPrefix(lines.Bytes(), []byte("<<<<<<< ")) {
			n++
		}
	}
	return n, lines.Err()
}
