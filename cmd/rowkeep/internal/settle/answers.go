package settle

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/rowkeep/rowkeep/merge"
)

// SchemaAnswers names the form of a file of answers:
//
//	{"schema":"rowkeep.answers/1","answers":[
//	  {"id":"8c55e01a2b8a0a1f","take":"ours"},
//	  {"key":["btc_1"],"column":"price","value":"5"},
//	  {"key":["btc_2"],"take":"theirs"},
//	  {"kind":"cell","column":"note","take":"base"},
//	  {"take":"ours"}
//	]}
//
// Each answer says what it is for, by any of id, kind, key (the values of the key columns)
// and column, and what is to stand there: take is ours, theirs or base; value is a text,
// or value_b64 bytes in base64. An answer with none of the first is for all that no
// other one is for; the narrower wins. key_b64 and column_b64 are for bytes that are not
// UTF-8. The fields are named as in a report, whose conflicts can be turned into answers
// by adding a take: other fields of theirs (base, ours, theirs, lines, note, settled, and
// their _b64) are passed over.
const SchemaAnswers = "rowkeep.answers/1"

// answersFile is a file of answers.
type answersFile struct {
	Schema  string       `json:"schema"`
	Answers []answerJSON `json:"answers"`
}

type answerJSON struct {
	ID        string   `json:"id"`
	Kind      string   `json:"kind"`
	Key       []string `json:"key"`
	KeyB64    [][]byte `json:"key_b64"`
	Column    *string  `json:"column"`
	ColumnB64 []byte   `json:"column_b64"`
	Take      string   `json:"take"`
	Value     *string  `json:"value"`
	ValueB64  []byte   `json:"value_b64"`

	reported
}

// reported are the fields that only say what a conflict was.
type reported struct {
	Base, Ours, Theirs          json.RawMessage
	BaseB64                     json.RawMessage `json:"base_b64"`
	OursB64                     json.RawMessage `json:"ours_b64"`
	TheirsB64                   json.RawMessage `json:"theirs_b64"`
	Lines, Note, Settled, Row   json.RawMessage
	Type, Change, Schema, Waits json.RawMessage
}

// FormatError says what is wrong with a file of answers.
type FormatError struct {
	Answer int // which one, from 1; 0 where the file is no list of answers
	Err    error
}

func (e *FormatError) Error() string {
	if e.Answer == 0 {
		return e.Err.Error()
	}
	return fmt.Sprintf("answer %d: %v", e.Answer, e.Err)
}

func (e *FormatError) Unwrap() error { return e.Err }

// misfit says of a value of another type where it stands. The names of our own types mean
// nothing to whoever wrote the file.
func misfit(err error) error {
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
		return fmt.Errorf("byte %d: %s does not fit %s", wrong.Offset, wrong.Value, cmp.Or(wrong.Field, "there"))
	}
	return err
}

// ReadAnswers reads a file of answers. The error is a [*FormatError].
func ReadAnswers(data []byte) ([]Rule, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields() // a field that is misspelt would select all
	var file answersFile
	if err := d.Decode(&file); err != nil {
		return nil, &FormatError{Err: fmt.Errorf("want an object of schema %s: %w", SchemaAnswers, misfit(err))}
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, &FormatError{Err: errors.New("something stands behind the object")}
	}
	if file.Schema != SchemaAnswers {
		return nil, &FormatError{Err: fmt.Errorf("schema is %q, want %q", file.Schema, SchemaAnswers)}
	}
	if file.Answers == nil {
		return nil, &FormatError{Err: errors.New("there is no list of answers")}
	}
	rules := make([]Rule, len(file.Answers))
	for i, a := range file.Answers {
		var err error
		if rules[i], err = a.rule(); err != nil {
			return nil, &FormatError{i + 1, err}
		}
	}
	return rules, nil
}

func (a *answerJSON) rule() (Rule, error) {
	r := Rule{Match: Match{ID: a.ID, Kind: merge.ConflictKind(a.Kind), Key: a.Key}}
	if a.KeyB64 != nil {
		r.Key = make([]string, len(a.KeyB64))
		for i, v := range a.KeyB64 {
			r.Key[i] = string(v)
		}
	}
	switch {
	case a.Column != nil:
		r.Column, r.HasColumn = *a.Column, true
	case a.ColumnB64 != nil:
		r.Column, r.HasColumn = string(a.ColumnB64), true
	}
	if a.Kind != "" && !known(r.Kind) {
		return Rule{}, fmt.Errorf("no kind %q", a.Kind)
	}
	var err error
	r.Resolution, err = a.resolution()
	return r, err
}

func (a *answerJSON) resolution() (merge.Resolution, error) {
	given := 0
	for _, is := range []bool{a.Take != "", a.Value != nil, a.ValueB64 != nil} {
		if is {
			given++
		}
	}
	switch {
	case given != 1:
		return merge.Resolution{}, errors.New("want one of take, value and value_b64")
	case a.Value != nil:
		return merge.Resolution{Side: merge.Neither, Value: *a.Value}, nil
	case a.ValueB64 != nil:
		return merge.Resolution{Side: merge.Neither, Value: string(a.ValueB64)}, nil
	}
	return ReadSide(a.Take)
}

// ReadSide reads the name of a side.
func ReadSide(s string) (merge.Resolution, error) {
	for _, side := range []merge.Side{merge.Ours, merge.Theirs, merge.Base} {
		if side.String() == s {
			return merge.Resolution{Side: side}, nil
		}
	}
	return merge.Resolution{}, fmt.Errorf("want one of ours, theirs, base, not %q", s)
}

// kinds is the closed set.
var kinds = []merge.ConflictKind{
	merge.KindCell, merge.KindDeleteModify, merge.KindModifyDelete, merge.KindAddAdd, merge.KindKeyRename,
	merge.KindColumnDeleteEdit, merge.KindColumnEditDelete, merge.KindColumnAddAdd, merge.KindColumnRename,
	merge.KindComment, merge.KindDuplicateKey,
}

func known(kind merge.ConflictKind) bool {
	for _, k := range kinds {
		if k == kind {
			return true
		}
	}
	return false
}
