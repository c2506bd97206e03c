package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A stage is the tests of one package.
type stage struct {
	pkg    string
	args   []string
	judges []string // packages whose mutants the tests are tried on
}

// stages are run in this order.
var stages = []stage{
	{"csvrows", nil, []string{"csvrows"}},
	{"merge", nil, []string{"csvrows", "merge"}},
	{"fuzz", []string{"-rapid.seed=1", "-rapid.shrinktime=0s", "-rapid.nofailfile"}, []string{"csvrows", "merge"}},
	{"store/internal/sys", nil, []string{"store/internal/sys"}},
	{"store/internal/state", nil, []string{"store/internal/state"}},
	{"store", nil, []string{"store", "store/internal/state", "store/internal/sys"}},
}

// leastLimit is the shortest time limit of a stage. Else it is a multiple of what the
// stage takes without a mutant.
const (
	leastLimit = 20 * time.Second
	limitTimes = 5
)

// A lab runs tests of the module with one file replaced.
type lab struct {
	root   string // of the module
	dir    string // for the replaced files
	limits map[string]time.Duration
}

func newLab() (*lab, error) {
	mod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "rowkeep-mutants-")
	if err != nil {
		return nil, err
	}
	limitMemory()
	return &lab{root: filepath.Dir(strings.TrimSpace(string(mod))), dir: dir, limits: map[string]time.Duration{}}, nil
}

func (l *lab) close() { os.RemoveAll(l.dir) }

// proveTests runs all stages that the mutants need without any mutant. They must
// pass, or every mutant would seem to be killed.
func (l *lab) proveTests(list []mutant) error {
	for _, s := range stagesOf(packages(list)...) {
		start := time.Now()
		end := l.test(s, "", 10*time.Minute)
		if !end.passed {
			return fmt.Errorf("the tests fail without a mutant: %s %s", s.pkg, end.test)
		}
		l.limits[s.pkg] = max(leastLimit, limitTimes*time.Since(start))
	}
	return nil
}

// stagesOf returns the stages for the mutants of some packages.
func stagesOf(pkgs ...string) []stage {
	return slices.DeleteFunc(slices.Clone(stages), func(s stage) bool {
		return !slices.ContainsFunc(s.judges, func(pkg string) bool { return slices.Contains(pkgs, pkg) })
	})
}

// runAll runs so many mutants at a time; the results come in the order of the list.
func (l *lab) runAll(list []mutant, parallel int) <-chan result {
	results := make(chan result)
	waiting := make(chan chan result, parallel-1)
	go func() {
		for _, m := range list {
			c := make(chan result, 1)
			waiting <- c
			go func() { c <- l.run(m) }()
		}
		close(waiting)
	}()
	go func() {
		for c := range waiting {
			results <- <-c
		}
		close(results)
	}()
	return results
}

// run applies a mutant and runs the stages until one fails.
func (l *lab) run(m mutant) result {
	start := time.Now()
	r := result{mutant: m}
	overlay, err := l.overlay(m)
	if err != nil {
		r.err = err
		return r
	}
	for _, s := range stagesOf(m.pkg()) {
		if r.end = l.test(s, overlay, l.limits[s.pkg]); r.end.built && r.end.passed {
			continue
		}
		if r.stage = s.pkg; !r.end.built {
			r.err = errors.New("it does not compile")
		}
		break
	}
	r.took = time.Since(start)
	return r
}

// overlay writes the changed file, and the file that tells the go command of it.
func (l *lab) overlay(m mutant) (path string, err error) {
	text, _, err := m.apply(l.root)
	if err != nil {
		return "", err
	}
	changed := filepath.Join(l.dir, m.name+".go")
	if err := os.WriteFile(changed, []byte(text), 0o644); err != nil {
		return "", err
	}
	original := filepath.Join(l.root, filepath.FromSlash(m.file))
	data, err := json.Marshal(map[string]map[string]string{"Replace": {original: changed}})
	if err != nil {
		return "", err
	}
	path = filepath.Join(l.dir, m.name+".json")
	return path, os.WriteFile(path, data, 0o644)
}
