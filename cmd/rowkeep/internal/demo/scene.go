package demo

import (
	_ "embed"
	"os"
	"path/filepath"
)

// sample is the file that both halves start with: 16 columns, comments bare and
// padded, blank lines, and line ends of two kinds, as a daemon and people leave them.
//
//go:embed demo.csv
var sample []byte

// scene is a directory with all files of a half.
type scene string

func (s scene) start() string   { return filepath.Join(string(s), "start.csv") }     // as it was
func (s scene) config() string  { return filepath.Join(string(s), "config.csv") }    // what they all change
func (s scene) daemon() string  { return filepath.Join(string(s), "daemon.jsonl") }  // what the daemon noted
func (s scene) editors() string { return filepath.Join(string(s), "editors.jsonl") } // what the editors noted

// newScene makes the directory, with the file to change and a copy that stays.
func newScene(dir string) (scene, error) {
	s := scene(dir)
	if err := os.Mkdir(dir, 0o777); err != nil {
		return "", err
	}
	for _, file := range []string{s.start(), s.config()} {
		if err := os.WriteFile(file, sample, 0o666); err != nil {
			return "", err
		}
	}
	return s, nil
}
