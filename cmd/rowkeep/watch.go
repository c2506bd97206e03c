package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store"
)

const schemaEvent = "rowkeep.event/1"

// watchCommand is one call of rowkeep watch.
type watchCommand struct {
	liveCommand
	format format
}

func (a *app) newWatch() *cobra.Command {
	w := &watchCommand{liveCommand: liveCommand{app: a}}
	cmd := &cobra.Command{
		Use:   "watch FILE",
		Short: "Print changes of a file as they settle, and repair stale saves",
		Long: `Watch prints what others change in FILE, as soon as it is whole, by key and column as diff
does: "+" added, "-" deleted, "~" changed, ">" moved. Where a store has committed to FILE, a
save that was made from an older version and took newer values back is mended at once, and
lines say so: "repaired". Who may not write to FILE sees the changes all the same. A file that is
damaged or missing is told of, and watched on. Watch ends when it is interrupted.

With --format ndjson each line is an object: schema "` + schemaEvent + `", time, and type:
  start    the watch has begun
  change   before, after: {hash, len} of the versions; created: true where there was no
           file before; diff: an object of schema rowkeep.diff/1; events: what was done or
           found, {kind, base, newest, changes}. Kinds: stale_save_repaired,
           owned_reapplied, revert_accepted, stale_save_conflict, equals_version,
           stray_merged, unknown_ancestor. base and newest are numbers of versions. Each
           change has kind, key, column, base, ours, theirs: the cell in the version that
           the save was made from, in the newest, in the save; null where it does not exist
  missing  there is no file; before: what there was
  error    message: why the file cannot be used, or mended

Exit status: 130 interrupted; 2 usage; 4 the file cannot be watched.`,
		Example: `  rowkeep watch config.csv
  rowkeep watch --format ndjson config.csv | jq .diff.changes`,
		Args: operands("FILE"),
		RunE: w.run,
	}
	w.addFlags(cmd)
	choose(cmd, &w.format, "format", "form of the output", word[format]{"text", formatText}, word[format]{"ndjson", formatNDJSON})
	return cmd
}

func (w *watchCommand) run(cmd *cobra.Command, args []string) error {
	s, err := w.open(args[0])
	if err != nil {
		return err
	}
	// What is read here is what the watch begins with: all that comes after the first line
	// is told. Where it cannot be read, the watch says why.
	_, _ = s.Snapshot(cmd.Context())
	if err := w.started(); err != nil {
		return stdoutFailure(err)
	}
	for news, err := range s.Watch(cmd.Context()) {
		if err := w.tell(news, err); err != nil {
			return stdoutFailure(err)
		}
	}
	return errInterrupted
}

func (w *watchCommand) started() error {
	if w.format == formatNDJSON {
		return w.line(newEvent("start"))
	}
	if !w.out.quiet {
		w.out.message(plain, "watching "+w.file)
	}
	return nil
}

// tell prints news, or why there are none. The error is that of standard output.
func (w *watchCommand) tell(news store.News, err error) error {
	if w.format == formatNDJSON {
		return w.tellJSON(news, err)
	}
	if err != nil {
		if f, ok := w.failure(err).(*failure); ok {
			w.out.failure(f)
		}
		return nil
	}
	v := w.out.text()
	if news.Missing {
		v.text(red, "- "+name(w.file)+": missing")
		return v.Flush()
	}
	if news.Created {
		v.text(green, "+ "+name(w.file)+": created")
	}
	v.changes(news.Diff().Changes())
	for _, e := range news.Events {
		for _, line := range eventLines(e) {
			v.line(line...)
		}
	}
	return v.Flush()
}

// eventLines puts an event on lines, one for each change that it is about.
func eventLines(e store.Event) [][]span {
	one := func(format string, args ...any) [][]span { return [][]span{{{yellow, fmt.Sprintf(format, args...)}}} }
	switch e.Kind {
	case store.EventStray:
		return one("= merged: written to version %d after it was replaced", e.Base)
	case store.EventEqualsVersion:
		return one("= the file is version %d again", e.Base)
	case store.EventUnknownAncestor:
		return one("= no version is known that this was made from")
	}
	what := map[store.EventKind]string{
		store.EventRepaired: "repaired", store.EventOwned: "repaired (a column of the program)",
		store.EventAccepted: "taken back", store.EventConflict: "conflict, the program's value stands",
	}[e.Kind]
	var lines [][]span
	for _, c := range e.Changes {
		before, after := c.Theirs, c.Ours // what the save had is given up
		if e.Kind == store.EventAccepted {
			before, after = c.Ours, c.Theirs
		}
		change := changeSpans(merge.Change{Kind: c.Kind, Key: c.Key, Column: c.Column, HasColumn: c.HasColumn, Before: before, After: after}, true)
		lines = append(lines, append([]span{{yellow, "= " + what + ": "}}, change...))
	}
	return lines
}

// eventJSON is a line of schema rowkeep.event/1.
type eventJSON struct {
	Schema  string          `json:"schema"`
	Type    string          `json:"type"`
	Time    time.Time       `json:"time"`
	Before  *digestJSON     `json:"before,omitempty"`
	After   *digestJSON     `json:"after,omitempty"`
	Created bool            `json:"created,omitempty"`
	Diff    json.RawMessage `json:"diff,omitempty"`
	Events  []happenedJSON  `json:"events,omitempty"`
	Message string          `json:"message,omitempty"`
}

type digestJSON struct {
	Hash string `json:"hash"`
	Len  int64  `json:"len"`
}

type happenedJSON struct {
	Kind    store.EventKind `json:"kind"`
	Base    int64           `json:"base"`
	Newest  int64           `json:"newest"`
	Changes []mendedJSON    `json:"changes"`
}

// mendedJSON has values in the form of package merge's reports: what is not UTF-8 is null,
// and stands in base64 beside it.
type mendedJSON struct {
	Kind      merge.ChangeKind `json:"kind"`
	Key       any              `json:"key"`
	KeyB64    [][]byte         `json:"key_b64,omitempty"`
	Column    any              `json:"column"`
	ColumnB64 []byte           `json:"column_b64,omitempty"`
	versionsJSON
}

func newMended(c store.EventChange) mendedJSON {
	m := mendedJSON{Kind: c.Kind}
	m.Key, m.KeyB64 = keyJSON(c.Key)
	m.Column, m.ColumnB64 = valueJSON(merge.Value{Exists: c.HasColumn, Text: c.Column})
	m.versionsJSON = newVersions(c.Base, c.Ours, c.Theirs)
	return m
}

// versionsJSON is a value in the three versions.
type versionsJSON struct {
	Base      any    `json:"base"`
	BaseB64   []byte `json:"base_b64,omitempty"`
	Ours      any    `json:"ours"`
	OursB64   []byte `json:"ours_b64,omitempty"`
	Theirs    any    `json:"theirs"`
	TheirsB64 []byte `json:"theirs_b64,omitempty"`
}

func newVersions(base, ours, theirs merge.Value) (v versionsJSON) {
	v.Base, v.BaseB64 = valueJSON(base)
	v.Ours, v.OursB64 = valueJSON(ours)
	v.Theirs, v.TheirsB64 = valueJSON(theirs)
	return v
}

// valueJSON is a text, or rows. Only one of its results is not nil.
func valueJSON(v merge.Value) (any, []byte) {
	switch {
	case !v.Exists:
		return nil, nil
	case len(v.Rows) == 1:
		return rowJSON(v.Rows[0]), nil
	case len(v.Rows) > 1:
		rows := make([]rowJSON, len(v.Rows))
		for i, r := range v.Rows {
			rows[i] = rowJSON(r)
		}
		return rows, nil
	case !utf8.ValidString(v.Text):
		return nil, []byte(v.Text)
	}
	return v.Text, nil
}

// rowJSON is an object whose fields stand in the order of the columns.
type rowJSON merge.RowValue

func (r rowJSON) MarshalJSON() ([]byte, error) {
	var fields [][]byte
	add := func(name string, value any) error {
		n, err := json.Marshal(name)
		if err != nil {
			return err
		}
		v, err := json.Marshal(value)
		fields = append(fields, append(append(n, ':'), v...))
		return err
	}
	for _, c := range r {
		text, b64 := valueJSON(merge.Value{Exists: true, Text: c.Value})
		if err := add(c.Column, text); err != nil {
			return nil, err
		}
		if b64 != nil {
			if err := add(c.Column+"_b64", b64); err != nil {
				return nil, err
			}
		}
	}
	return slices.Concat([]byte("{"), bytes.Join(fields, []byte(",")), []byte("}")), nil
}

func newEvent(kind string) eventJSON {
	return eventJSON{Schema: schemaEvent, Type: kind, Time: time.Now().UTC()}
}

func (w *watchCommand) tellJSON(news store.News, err error) error {
	if err != nil {
		e := newEvent("error")
		e.Message = visible(w.failure(err).Error())
		return w.line(e)
	}
	e := newEvent("change")
	e.Before = digestOf(news.Before)
	if news.Missing {
		e.Type = "missing"
		return w.line(e)
	}
	e.After, e.Created = digestOf(news.Now), news.Created
	var diff bytes.Buffer
	if err := news.Diff().WriteJSON(&diff); err != nil {
		return err
	}
	e.Diff = diff.Bytes()
	for _, found := range news.Events {
		h := happenedJSON{Kind: found.Kind, Base: found.Base, Newest: found.Newest, Changes: []mendedJSON{}}
		for _, c := range found.Changes {
			h.Changes = append(h.Changes, newMended(c))
		}
		e.Events = append(e.Events, h)
	}
	return w.line(e)
}

// line writes an object in one piece, so that whoever reads a pipe never sees half of it.
func (w *watchCommand) line(e eventJSON) error {
	data, err := json.Marshal(e) // which also puts the diff on one line
	if err != nil {
		return err
	}
	_, err = w.out.stdout.Write(append(data, '\n'))
	return err
}

func digestOf(d store.Digest) *digestJSON {
	if d == (store.Digest{}) {
		return nil
	}
	return &digestJSON{d.Hash, d.Len}
}
