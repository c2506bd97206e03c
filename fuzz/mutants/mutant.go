package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// A mutant is one mistake.
type mutant struct {
	name string
	file string // from the root of the module
	// in is the first line of the function that holds the line; empty where the line
	// stands only once in the file.
	in string
	// line is the line without its indentation, and instead what takes its place.
	line, instead string
	// breaks says what goes wrong.
	breaks string
}

// pkg is the directory of the mutant's package.
func (m mutant) pkg() string { return path.Dir(m.file) }

// apply returns the mutant's file with the mistake in it, and the number of the line.
func (m mutant) apply(root string) (text string, number int, err error) {
	data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(m.file)))
	if err != nil {
		return "", 0, err
	}
	lines := strings.Split(string(data), "\n")
	from, to, err := m.scope(lines)
	if err != nil {
		return "", 0, err
	}
	at := -1
	for i := from; i < to; i++ {
		if strings.TrimSpace(lines[i]) != m.line {
			continue
		}
		if at >= 0 {
			return "", 0, fmt.Errorf("%s: the line stands twice, at %d and %d: %s", m.file, at+1, i+1, m.line)
		}
		at = i
	}
	if at < 0 {
		return "", 0, fmt.Errorf("%s: no line is: %s", m.file, m.line)
	}
	lines[at] = m.instead
	return strings.Join(lines, "\n"), at + 1, nil
}

// scope returns the range of lines to search: the function's, or all.
func (m mutant) scope(lines []string) (from, to int, err error) {
	if m.in == "" {
		return 0, len(lines), nil
	}
	for from = range lines {
		if lines[from] == m.in {
			for to = from; to < len(lines) && lines[to] != "}"; {
				to++
			}
			return from, to, nil
		}
	}
	return 0, 0, fmt.Errorf("%s: no function starts: %s", m.file, m.in)
}
