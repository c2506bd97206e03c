package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/settle"
	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store"
)

// A matter is a merge whose conflicts wait to be settled together: a change that a store
// has kept, or a file with conflict markers.
type matter struct {
	session *settle.Session
	change  *store.Dispute // nil of a file with markers
	marked  *settle.Marked // nil of a change
	content []byte         // of the file, as it is the session's theirs or has the markers
	// unread is why the file cannot be read. What stood there when the change was kept takes
	// its place.
	unread error
	only   string // the id of the one conflict that the command line names, or ""
}

// mattersCommand is what the commands share that are about conflicts.
type mattersCommand struct {
	liveCommand
	policies map[string]merge.Policy
}

// options are those of the merge that makes a matter's session.
func (m *mattersCommand) options() merge.Options {
	return merge.Options{Read: m.opt.Read, Policies: m.allPolicies(), Granularity: m.opt.Granularity}
}

// allPolicies are those of the config, and of the flags, which win.
func (m *mattersCommand) allPolicies() map[string]merge.Policy {
	all := map[string]merge.Policy{}
	maps.Copy(all, m.opt.Policies)
	maps.Copy(all, m.policies)
	return all
}

// matters finds what there is to settle in the file that args names, or the part of it
// that a second argument does: a change by its number, a conflict by its id or the first
// digits of it.
func (m *mattersCommand) matters(ctx context.Context, s *store.Store, args []string) ([]*matter, error) {
	content, err := m.readAll(args[:1])
	if err == nil && merge.MarkerLine(content[0]) > 0 {
		list, err := m.ofMarkers(content[0])
		if err != nil || len(args) == 1 {
			return list, err
		}
		return m.pick(list, args[1])
	}
	changes, pending := s.Pending()
	if pending != nil {
		return nil, m.failure(pending)
	}
	if len(changes) == 0 && err != nil {
		return nil, err // a name that is no file is probably a mistake
	}
	if len(args) > 1 {
		if seq, err := strconv.ParseInt(args[1], 10, 64); err == nil && slices.ContainsFunc(changes, func(p store.Pending) bool { return p.Seq == seq }) {
			list, err := m.ofChanges(ctx, s, []int64{seq})
			return list, err
		}
	}
	seqs := make([]int64, len(changes))
	for i, p := range changes {
		seqs[i] = p.Seq
	}
	list, err := m.ofChanges(ctx, s, seqs)
	if err != nil || len(args) == 1 {
		return list, err
	}
	return m.pick(list, args[1])
}

// ofMarkers is the matter of a file with markers.
func (m *mattersCommand) ofMarkers(content []byte) ([]*matter, error) {
	marked, err := settle.ReadMarkers(content, m.opt.Read)
	if err != nil {
		return nil, &failure{status: statusInput, err: fmt.Errorf("%s: %w", m.file, err), hint: "each conflict needs its lines <<<<<<<, ======= and >>>>>>>, of one length"}
	}
	for column, p := range m.policies {
		if rule := p.String(); !marked.HasBase && (rule == "base" || rule == "sum") {
			return nil, usage("--policy %s=%s needs the base, and the markers in %s do not show it", column, rule, m.file)
		}
	}
	session, err := settle.NewMarked(marked, m.options())
	if broken := (*settle.MarkerError)(nil); errors.As(err, &broken) {
		return nil, &failure{status: statusInput, err: fmt.Errorf("%s: %w", m.file, err), hint: "git checkout --conflict=diff3 " + shellWord(m.file) + " writes markers that do"}
	}
	if err != nil {
		return nil, inputs{merge.Base: m.file, merge.Ours: m.file, merge.Theirs: m.file}.failure(err)
	}
	return []*matter{{session: session, marked: marked, content: content}}, nil
}

// ofChanges are the matters of pending changes, merged with what stands in the file now.
func (m *mattersCommand) ofChanges(ctx context.Context, s *store.Store, seqs []int64) ([]*matter, error) {
	if len(seqs) == 0 {
		return nil, nil
	}
	now, unread := s.Snapshot(ctx)
	if ctx.Err() != nil {
		return nil, errInterrupted
	}
	list := make([]*matter, 0, len(seqs))
	for _, seq := range seqs {
		d, err := s.Dispute(seq)
		if errors.Is(err, store.ErrNotPending) {
			continue // somebody has settled it just now
		}
		if err != nil {
			return nil, m.damagedChange(seq, err)
		}
		x := &matter{change: d, content: now.Bytes(), unread: unread}
		if unread != nil {
			x.content = d.TheirsData
		}
		if x.session, err = settle.New(d.BaseData, d.OursData, x.content, m.options()); err != nil {
			return nil, m.mergeFailure(seq, err)
		}
		list = append(list, x)
	}
	return list, nil
}

func (m *mattersCommand) damagedChange(seq int64, err error) error {
	if corrupt := (*store.CorruptError)(nil); errors.As(err, &corrupt) {
		return &failure{
			status: statusIO, err: fmt.Errorf("%s: change %d: %w", m.file, seq, err),
			hint: fmt.Sprintf("rowkeep resolve --dismiss %s %d drops it", shellWord(m.file), seq),
		}
	}
	return m.failure(err)
}

func (m *mattersCommand) mergeFailure(seq int64, err error) error {
	f := inputs{merge.Base: "base", merge.Ours: "ours", merge.Theirs: m.file}.failure(err)
	f.err = fmt.Errorf("change %d: %w", seq, f.err)
	return f
}

// pick leaves the one conflict whose id begins so.
func (m *mattersCommand) pick(list []*matter, id string) ([]*matter, error) {
	var found *matter
	for _, x := range list {
		for i := range x.session.Len() {
			c := x.session.Conflict(i).ID
			if len(id) < hashLeast || !strings.HasPrefix(c, strings.ToLower(id)) {
				continue
			}
			if found != nil && (found != x || found.only != c) {
				return nil, &failure{
					status: statusInput, err: fmt.Errorf("%s: conflict %s: several ids begin so", m.file, name(id)),
					hint: "give more of the id, or the number of a change",
				}
			}
			found, x.only = x, c
		}
	}
	if found == nil {
		return nil, &failure{
			status: statusInput, err: fmt.Errorf("%s: no pending change and no conflict is called %s", m.file, name(id)),
			hint: "rowkeep conflicts " + shellWord(m.file) + " lists them",
		}
	}
	return []*matter{found}, nil
}

// rebase merges a change anew if the file has another content than it was merged with.
func (x *matter) rebase(now []byte) (settle.Moved, error) {
	if bytes.Equal(x.content, now) {
		return settle.Moved{}, nil
	}
	moved, err := x.session.Rebase(now)
	if err == nil {
		x.content = now
	}
	return moved, err
}

// title names a matter in a line of text.
func (x *matter) title() string {
	n := x.session.Len()
	count := fmt.Sprintf("%d conflicts", n)
	switch {
	case n == 1:
		count = "1 conflict"
	case n == 0:
		count = "moot, as nothing conflicts any more"
	}
	if x.change == nil {
		title := fmt.Sprintf("conflict markers, %s", count)
		if !x.session.HasBase() {
			title += ", base not known"
		}
		return title
	}
	return fmt.Sprintf("change %d, %s: %s, %s", x.change.Seq, when(x.change.Time), x.cause(), count)
}

// conflict is a conflict of the matter with the lines in which a person finds it.
func (x *matter) conflict(i int) merge.Conflict { return x.located(x.session.Conflict(i)) }

// located has the lines of a file with markers where the versions stand in one.
func (x *matter) located(c merge.Conflict) merge.Conflict {
	if x.marked != nil {
		c.Lines = x.marked.Lines(c.Lines)
	}
	return c
}

// shows reports that the conflict at a place is among those that the command line names.
func (x *matter) shows(i int) bool { return x.only == "" || x.only == x.session.Conflict(i).ID }

// files are what the versions are called where a person is shown their lines.
func (x *matter) files(file string) inputs {
	if x.marked != nil {
		return inputs{merge.Base: file, merge.Ours: file, merge.Theirs: file}
	}
	return inputs{merge.Base: "base", merge.Ours: "ours", merge.Theirs: file}
}

// causes say how a change came to wait.
var causes = map[store.Cause]string{
	store.OfUpdate:        "an update that was not committed",
	store.OfPark:          "an update that was committed but for this",
	store.OfValidate:      "an update whose result was refused",
	store.OfMassKeyChange: "an update of a file whose keys were exchanged",
	store.OfLateWriter:    "written to the file while it was replaced",
	store.OfSlipped:       "an update that somebody was faster than",
	store.OfStaleSave:     "a save made from an older version",
}

func (x *matter) cause() string {
	text := causes[x.change.Cause]
	if x.change.OursBy != "" {
		text += ", by " + name(x.change.OursBy)
	}
	if x.change.Note != "" {
		text += " (" + quote(x.change.Note) + ")"
	}
	return text
}

// by says who made a version; "" where nothing tells.
func (x *matter) by(side merge.Side) string {
	if x.marked != nil {
		return map[merge.Side]string{merge.Base: x.marked.Labels.Base, merge.Ours: x.marked.Labels.Ours, merge.Theirs: x.marked.Labels.Theirs}[side]
	}
	switch {
	case side == merge.Ours && x.change.OursBy != "":
		return x.change.OursBy
	case side == merge.Ours:
		return "somebody else"
	case side == merge.Theirs && x.unread != nil:
		return "what stood in the file then"
	case side == merge.Theirs:
		return "what stands in the file"
	}
	return ""
}
