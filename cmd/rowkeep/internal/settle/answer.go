package settle

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

// Reasons why an answer does not fit; use errors.Is.
var (
	ErrNoConflict   = errors.New("no such conflict")
	ErrNoBase       = errors.New("the base is not known: the markers do not show it")
	ErrWantSide     = errors.New("the conflict is about more than one cell")
	ErrDuplicateKey = errors.New("another row has this key")
	ErrNotComment   = errors.New("the line does not read as a comment")
	ErrNotKey       = errors.New("the value is no key")
	ErrNotRow       = errors.New("the row would read as a comment, a blank line or a header")
	ErrContradicts  = errors.New("two answers to one conflict contradict each other")
)

// AnswerError says why an answer was refused. Nothing has changed.
type AnswerError struct {
	ID       string // of the conflict; "" where the answer names none by its id
	Conflict *merge.Conflict
	// Match is what the answer is for, where that is not one conflict by its id.
	Match *Match
	Err   error // one of the reasons above
}

func (e *AnswerError) Error() string {
	s := "answer"
	switch {
	case e.Conflict != nil:
		s += " to " + e.ID
	case e.Match != nil:
		s += " to " + e.Match.String()
	case e.ID != "":
		s += fmt.Sprintf(" to %q", e.ID)
	}
	s += ": " + e.Err.Error()
	if want := e.Want(); want != "" {
		s += "; want " + want
	}
	return s
}

func (e *AnswerError) Unwrap() error { return e.Err }

// Want says what would have fitted; "" where the reason says it.
func (e *AnswerError) Want() string {
	switch e.Err {
	case ErrNoBase:
		return "ours or theirs"
	case ErrWantSide:
		return "ours, theirs or base"
	case ErrNotComment:
		return "a line that starts with the comment prefix and has no line end"
	case ErrDuplicateKey:
		return "a key that no row has"
	case ErrNotKey:
		return "the values of all key columns, not all empty, with commas between them as in CSV"
	case ErrNoConflict:
		return "one of the list"
	}
	return ""
}

// fits checks an answer against the kind of its conflict.
func (s *Session) fits(i int, r merge.Resolution) error {
	c := &s.conflicts[i]
	switch {
	case r.Side == merge.Base && s.noBase:
		return &AnswerError{ID: c.ID, Conflict: c, Err: ErrNoBase}
	case r.Side > merge.Theirs && (r.Side != merge.Neither || !c.Kind.TakesValue()):
		return &AnswerError{ID: c.ID, Conflict: c, Err: ErrWantSide}
	}
	return nil
}

// risky reports a value that may spoil the row that it stands in, or another one.
func (s *Session) risky(i int, r merge.Resolution) bool {
	c := &s.conflicts[i]
	return r.Side == merge.Neither && (c.Kind == merge.KindComment || s.inKey(c) || strings.HasPrefix(r.Value, s.prefix()))
}

// inKey reports a conflict about the key, or in a column of it.
func (s *Session) inKey(c *merge.Conflict) bool {
	return c.Kind == merge.KindKeyRename || c.HasColumn && slices.Contains(s.key, c.Column)
}

// prefix is the comment prefix in force, or what no value begins with.
func (s *Session) prefix() string {
	switch {
	case s.opt.Read.NoComment:
		return "\x00\n"
	case s.opt.Read.Comment != "":
		return s.opt.Read.Comment
	}
	return "#"
}

// try merges with the answers as they are, and says which of the changes does not fit.
func (s *Session) try(changes []change) error {
	result, err := s.ResultAs(merge.OutputTheirs)
	var answer *merge.AnswerError
	switch {
	case errors.As(err, &answer) && answer.Kind == merge.KindKeyRename:
		return s.wrong(s.index[answer.ID], ErrNotKey)
	case errors.As(err, &answer):
		return s.wrong(s.index[answer.ID], ErrNotComment)
	case err != nil:
		return s.wrong(s.culprit(changes), ErrNotRow)
	}
	for _, c := range changes {
		if s.inKey(&s.conflicts[c.at]) && s.answers[c.at].Side == merge.Neither {
			return s.tryKeys(changes, result)
		}
	}
	return nil
}

func (s *Session) wrong(i int, reason error) error {
	c := &s.conflicts[i]
	return &AnswerError{ID: c.ID, Conflict: c, Err: reason}
}

// culprit is the first change to a value that can spoil a row.
func (s *Session) culprit(changes []change) int {
	for _, c := range changes {
		if s.risky(c.at, s.answers[c.at]) {
			return c.at
		}
	}
	return changes[0].at
}

// tryKeys looks for keys that stand twice in the result and did in no version.
func (s *Session) tryKeys(changes []change, result *merge.Result) error {
	count := s.countKeys(result.Bytes())
	for key, n := range count {
		if n < 2 {
			delete(count, key)
		}
	}
	for _, data := range [][]byte{s.base, s.ours, s.theirs} {
		for key, n := range s.countKeys(data) {
			if n > 1 {
				delete(count, key)
			}
		}
	}
	if len(count) == 0 {
		return nil
	}
	for _, c := range changes {
		if s.inKey(&s.conflicts[c.at]) && s.answers[c.at].Side == merge.Neither {
			return s.wrong(c.at, ErrDuplicateKey)
		}
	}
	return nil
}

// countKeys counts the rows of each key.
func (s *Session) countKeys(data []byte) map[string]int {
	count := map[string]int{}
	f, err := s.parse(data)
	if err != nil {
		return count
	}
	cols, err := f.KeyColumns()
	if err != nil {
		return count
	}
	var key []byte
	for i := range f.Len() {
		if f.Kind(i) != csvrows.Row {
			continue
		}
		var empty bool
		if key, empty = f.AppendKey(key[:0], i, cols); !empty {
			count[string(key)]++
		}
	}
	return count
}

// parse reads a version as the merge does.
func (s *Session) parse(data []byte) (*csvrows.File, error) {
	opt := s.opt.Read
	opt.Delimiter = s.delimiter()
	if !opt.NoHeader {
		opt.Key = s.key // the name that the merge found, in all versions
	}
	return csvrows.Parse(data, opt)
}
