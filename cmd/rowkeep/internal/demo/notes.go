package demo

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
)

// note is one line of an actor's journal: a row or a comment that it added, or a cell
// that it set. It is written only after the actor has saved, so each is something that
// the actor believes to be in the file.
type note struct {
	Round   int      `json:"round"`
	Row     []string `json:"row,omitempty"`
	Comment string   `json:"comment,omitempty"`
	Key     string   `json:"key,omitempty"`
	Column  string   `json:"column,omitempty"`
	Value   string   `json:"value,omitempty"`
}

// appendNotes writes notes to the end of a journal, all at once.
func appendNotes(journal string, notes []note) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	for _, n := range notes {
		if err := encoder.Encode(n); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(journal, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(b.Bytes()); err != nil {
		return err
	}
	return f.Close()
}

// readNotes reads a journal. An actor that has not saved yet has none.
func readNotes(journal string) ([]note, error) {
	data, err := os.ReadFile(journal)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var notes []note
	decoder := json.NewDecoder(bytes.NewReader(data))
	for {
		var n note
		switch err := decoder.Decode(&n); err {
		case nil:
			notes = append(notes, n)
		case io.EOF:
			return notes, nil
		default:
			return nil, err
		}
	}
}
