package settle

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cespare/xxhash/v2"

	"github.com/rowkeep/rowkeep/merge"
)

// Memory remembers how conflicts were settled, by kind, column and the three values: the
// same question elsewhere, or after the same merge once more, has the same answer. Of the
// values it holds hashes only, but for those that somebody typed in as an answer.
type Memory struct {
	file  string
	known map[string]remembered
	order []string     // oldest first
	noted []remembered // since the file was read
}

// remembered is one line of the file.
type remembered struct {
	Question string `json:"question"`
	Take     string `json:"take,omitempty"`
	Value    []byte `json:"value,omitempty"` // where Take is ""
}

// mostRemembered bounds the file; the oldest go first.
const mostRemembered = 10_000

// OpenMemory reads what a file remembers; a missing one remembers nothing, and so does
// a line that is damaged.
func OpenMemory(file string) (*Memory, error) {
	m := &Memory{file: file, known: map[string]remembered{}}
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return nil, err
	}
	for line := range splitLines(data) {
		var r remembered
		if json.Unmarshal(line, &r) == nil && r.Question != "" {
			m.put(r)
		}
	}
	return m, nil
}

// DefaultMemory names the user's file.
func DefaultMemory() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "rowkeep", "answers"), nil
}

func (m *Memory) put(r remembered) {
	if _, has := m.known[r.Question]; !has {
		m.order = append(m.order, r.Question)
	}
	m.known[r.Question] = r
}

// Recall returns the answer to a question that was asked before; ok is false where it was
// not.
func (m *Memory) Recall(c merge.Conflict) (r merge.Resolution, ok bool) {
	old, ok := m.known[question(c)]
	switch {
	case !ok:
		return merge.Resolution{}, false
	case old.Take == "":
		return merge.Resolution{Side: merge.Neither, Value: string(old.Value)}, true
	}
	r, err := ReadSide(old.Take)
	return r, err == nil
}

// Note remembers the answers of a session. It is for those that were written.
func (m *Memory) Note(s *Session) {
	for i := range s.Len() {
		c, r := s.Conflict(i), s.Answered(i)
		switch {
		case r.Side == merge.NoSide:
		case r.Side == merge.Neither:
			m.note(remembered{Question: question(c), Value: []byte(r.Value)})
		default:
			m.note(remembered{Question: question(c), Take: r.Side.String()})
		}
	}
}

func (m *Memory) note(r remembered) {
	m.put(r)
	m.noted = append(m.noted, r)
}

// Save writes what was noted to the file, which is for its user alone, beside what another
// process has written there meanwhile.
func (m *Memory) Save() error {
	if len(m.noted) == 0 {
		return nil
	}
	now, err := OpenMemory(m.file)
	if err != nil {
		return err
	}
	for _, r := range m.noted {
		now.put(r)
	}
	if err := now.write(); err != nil {
		return err
	}
	m.noted = nil
	return nil
}

func (m *Memory) write() error {
	var lines []byte
	for _, q := range m.order[max(0, len(m.order)-mostRemembered):] {
		line, err := json.Marshal(m.known[q])
		if err != nil {
			return err
		}
		lines = append(append(lines, line...), '\n')
	}
	if err := os.MkdirAll(filepath.Dir(m.file), 0o700); err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(m.file), "answers") // mode 0600
	if err != nil {
		return err
	}
	_, err = temp.Write(lines)
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), m.file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}

// Offer answers from memory what has no answer yet, of the conflicts at the places that are
// asked for, and returns how many it could. What does not fit any more is left out.
func (m *Memory) Offer(s *Session, asked func(place int) bool) int {
	var answers []Answer
	for i := range s.Len() {
		if !asked(i) {
			continue
		}
		r, ok := m.Recall(s.Conflict(i))
		if ok && s.Answered(i).Side == merge.NoSide && s.fits(i, r) == nil {
			answers = append(answers, Answer{s.Conflict(i).ID, r})
		}
	}
	if s.Apply(answers) == nil {
		return len(answers)
	}
	n := 0
	for _, a := range answers { // one of them spoils a row here
		if s.Apply([]Answer{a}) == nil {
			n++
		}
	}
	return n
}

// question names a conflict by what is asked, wherever it stands: no key, no line.
func question(c merge.Conflict) string {
	h := xxhash.New()
	fmt.Fprintf(h, "%s %d:%s", c.Kind, len(c.Column), c.Column)
	for _, v := range []merge.Value{c.Base, c.Ours, c.Theirs} {
		fmt.Fprintf(h, " %t %d:%s", v.Exists, len(v.Text), v.Text)
		for _, row := range v.Rows {
			for _, cell := range row {
				fmt.Fprintf(h, " %d:%s=%d:%s", len(cell.Column), cell.Column, len(cell.Value), cell.Value)
			}
		}
	}
	return fmt.Sprintf("%016x", h.Sum64())
}
