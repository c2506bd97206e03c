//go:build unix

package linear

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

const (
	stores     = 3
	editors    = 2
	operations = 25
	saves      = 8
)

// TestStore has several processes work on one file, and looks for an order.
func TestStore(t *testing.T) {
	for range *rounds {
		seed := rand.Uint64()
		events := play(t, "store", stores, editors, seed)
		if got := check(events); got != porcupine.Ok {
			t.Fatalf("seed %d: is there an order? %s. The history: %s", seed, got, keep(t, events))
		}
	}
}

// What programs without a store do is found out. Here the one is stopped between its last
// look and its rename until the other has counted.
func TestPlainIsFoundOut(t *testing.T) {
	path := newFile(t)
	other := &plainClient{path: path}
	var events []event
	add := func(more []event, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, more...)
	}
	add(count(other))
	if got := check(events); got != porcupine.Ok {
		t.Fatalf("before it went wrong: %s", got)
	}
	add(count(&plainClient{path: path, between: func() { add(count(other)) }}))
	if got := check(events); got != porcupine.Illegal {
		t.Errorf("%s, want %s; %+v", got, porcupine.Illegal, events)
	}
}

// So is a save that is seen, and then gone; and one that never comes.
func TestLostSaveIsFoundOut(t *testing.T) {
	for name, seen := range map[string][]string{"gone again": {"", present, "", present}, "never comes": {"", ""}} {
		t.Run(name, func(t *testing.T) {
			key := saved(0, 0)
			events := []event{{Do: "save", Key: key, Put: present, From: 1, To: int64(10 * len(seen))}}
			for i, v := range seen {
				events = append(events, event{Do: "read", Key: key, Seen: v, From: int64(10*i + 11), To: int64(10*i + 12)})
			}
			if got := check(events); got != porcupine.Illegal {
				t.Errorf("%s, want %s", got, porcupine.Illegal)
			}
		})
	}
	// It may come late.
	late := []event{{Do: "save", Key: "x", Put: present, From: 1, To: 30}, {Do: "read", Key: "x", From: 10, To: 20}, {Do: "read", Key: "x", Seen: present, From: 31, To: 40}}
	if got := check(late); got != porcupine.Ok {
		t.Errorf("a save that comes late: %s", got)
	}
}

func newFile(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "config.csv")
	if err := os.WriteFile(path, []byte(begin()), 0o640); err != nil {
		t.Fatal(err)
	}
	return path
}

// play starts the processes, and reads all at last, when everything is quiet.
func play(t *testing.T, role string, workers, editors int, seed uint64) (events []event) {
	t.Helper()
	path := newFile(t)
	keys := []string{counter}
	for i := range registers {
		keys = append(keys, register(i))
	}
	for i := range editors {
		for n := range saves {
			keys = append(keys, saved(i, n))
		}
	}
	var all []*process
	for i := range workers {
		all = append(all, start(t, task{Role: role, Path: path, ID: i, Seed: seed, Ops: operations, Keys: keys}))
	}
	for i := range editors {
		all = append(all, start(t, task{Role: "editor", Path: path, ID: i, Seed: seed, Ops: saves}))
	}
	for _, p := range all {
		if err := p.in.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range all {
		events = append(events, p.end(t)...)
	}
	c, err := open(path)
	if err != nil {
		t.Fatal(err)
	}
	quiet := now()
	for i := range events {
		if events[i].Do == "save" {
			events[i].To = quiet
		}
	}
	last, err := readAll(c, keys)
	if err != nil {
		t.Fatal(err)
	}
	return append(events, last...)
}

// A process does a task.
type process struct {
	cmd      *exec.Cmd
	in       interface{ Close() error }
	out, err bytes.Buffer
}

func start(t *testing.T, what task) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(what)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(self)}
	p.cmd.Env = append(os.Environ(), taskVariable+"="+string(text), "GORACE=atexit_sleep_ms=0")
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.err
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() }) // an error where it has ended, as it should have
	return p
}

func (p *process) end(t *testing.T) (events []event) {
	t.Helper()
	if err := p.cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, &p.err)
	}
	if err := json.Unmarshal(p.out.Bytes(), &events); err != nil {
		t.Fatal(err)
	}
	return events
}

// model is what the file is if one operation comes after the other: rows with values, each
// by itself.
var model = porcupine.Model{
	Partition: func(history []porcupine.Operation) (parts [][]porcupine.Operation) {
		place := map[string]int{}
		for _, op := range history {
			key := op.Input.(event).Key
			if _, known := place[key]; !known {
				place[key] = len(parts)
				parts = append(parts, nil)
			}
			parts[place[key]] = append(parts[place[key]], op)
		}
		return parts
	},
	Init: func() any { return unknown },
	Step: func(state, input, _ any) (bool, any) {
		e, now := input.(event), state.(string)
		if now == unknown {
			now = first(e.Key)
		}
		switch e.Do {
		case "count":
			n, err := strconv.Atoi(now)
			return err == nil && e.Seen == strconv.Itoa(n+1), e.Seen
		case "put":
			return e.Seen == now, e.Put
		case "save":
			return true, e.Put
		}
		return e.Seen == now, now
	},
}

// unknown is the state of a row before anything has happened to it.
const unknown = "?"

// first is what stood in a row at the beginning.
func first(key string) string {
	if strings.HasPrefix(key, "cell-") || key == counter {
		return "0"
	}
	return ""
}

// check looks for an order.
func check(events []event) porcupine.CheckResult {
	var history []porcupine.Operation
	for _, e := range events {
		history = append(history, porcupine.Operation{Input: e, Call: e.From, Return: e.To})
	}
	return porcupine.CheckOperationsTimeout(model, history, time.Minute)
}

// keep writes a history to where it outlives the test.
func keep(t *testing.T, events []event) (path string) {
	t.Helper()
	f, err := os.CreateTemp("", "rowkeep-history-*.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := json.NewEncoder(f).Encode(events); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}
