//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rowkeep/rowkeep/store"
)

const (
	header     = "id,value,note"
	note       = "# as it was written"
	ourValue   = "00001"
	theirValue = "00002"
	baseRows   = 20
	mostHands  = 3 // rows whose cell a mapping changes, one for each writer
)

func row(key, value string) string { return key + "," + value + "," + note }

func cellKey(writer int) string { return fmt.Sprintf("cell-%d", writer) }

// baseFile is what a file begins as.
func baseFile() string {
	var b strings.Builder
	b.WriteString(header + "\n")
	for i := range baseRows {
		b.WriteString(row(fmt.Sprintf("base-%02d", i), "00000") + "\n")
		if i%7 == 0 && i/7 < mostHands {
			b.WriteString(row(cellKey(i/7), "00000") + "\n")
		}
	}
	return b.String()
}

// A file under edit, as the rig knows it: what must stand in it, and what may.
type file struct {
	rows    map[string]string // by key: the lines that must stand there
	written map[string]bool   // all lines that anybody ever wrote
}

func newFile() *file {
	f := &file{written: map[string]bool{}}
	f.rows, _ = split([]byte(baseFile()))
	for _, line := range f.rows {
		f.written[line] = true
	}
	return f
}

// split returns the lines by key. strange are those that stand twice, or are cut.
func split(data []byte) (rows map[string]string, strange []string) {
	rows = map[string]string{}
	text, ended := strings.CutSuffix(string(data), "\n")
	lines := strings.Split(text, "\n")
	if !ended {
		strange = append(strange, "the last line has no end")
	}
	if lines[0] != header {
		strange = append(strange, fmt.Sprintf("the first line is %q", lines[0]))
	}
	for _, line := range lines[1:] {
		key, _, _ := strings.Cut(line, ",")
		if _, twice := rows[key]; twice {
			strange = append(strange, fmt.Sprintf("the key of %q stands twice", line))
		}
		rows[key] = line
	}
	return rows, strange
}

// A verdict is what became of a round.
type verdict struct {
	lost    []string // edits that are nowhere
	history []string // edits that only the store's directory holds
	torn    []string // what else is not as it should be
	gone    bool     // the committer's own row is
}

// judge compares what stands in the file with what was there before, the edits of a
// round, and the committer's row, which need not be there if its commit failed. What
// stands there now must stand there from now on.
func (f *file) judge(data []byte, edits []order, ours string, acknowledged bool, kept func(line string) bool) verdict {
	var v verdict
	now, torn := split(data)
	v.torn = torn
	must := maps.Clone(f.rows)
	for _, e := range edits {
		delete(must, e.Key)
		f.written[e.row()] = true
		switch line := e.row(); {
		case now[e.Key] == line:
		case kept(line):
			v.history = append(v.history, line)
		default:
			v.lost = append(v.lost, line)
		}
	}
	f.written[ours] = true
	key, _, _ := strings.Cut(ours, ",")
	v.gone = acknowledged && now[key] != ours
	for _, key := range slices.Sorted(maps.Keys(must)) {
		if now[key] != must[key] {
			v.torn = append(v.torn, fmt.Sprintf("row %s is %q, was %q", key, now[key], must[key]))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(now)) {
		if !f.written[now[key]] {
			v.torn = append(v.torn, fmt.Sprintf("nobody wrote %q", now[key]))
		}
	}
	f.rows = now
	return v
}

// stateDir is what the store keeps beside a file.
func stateDir(path string) string {
	dir, name := filepath.Split(path)
	return filepath.Join(dir, "."+name+".rowkeep")
}

// inHistory looks for a line in what the store keeps beside a file: in displaced files,
// and in the versions of its history.
func inHistory(path, line string) bool {
	found := false
	_ = filepath.WalkDir(stateDir(path), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // what vanishes meanwhile holds nothing for long
		}
		data, err := os.ReadFile(path)
		found = found || err == nil && bytes.Contains(data, []byte(line))
		return nil
	})
	return found || inVersions(path, line)
}

// inVersions asks a store of its own. A history that cannot be read holds nothing.
func inVersions(path, line string) bool {
	s, err := store.Open(path, store.Options{})
	if err != nil {
		return false
	}
	versions, err := s.Contents()
	if err != nil {
		return false
	}
	for _, content := range versions {
		if bytes.Contains(content, []byte(line)) {
			return true
		}
	}
	return false
}
