package main

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rowkeep/rowkeep/store"
)

// logCommand is one call of rowkeep log.
type logCommand struct {
	historyCommand
	format format
	most   int
}

func (a *app) newLog() *cobra.Command {
	l := &logCommand{historyCommand: historyCommand{liveCommand{app: a}}}
	cmd := &cobra.Command{
		Use:   "log FILE",
		Short: "List the versions of a file that are kept, newest first",
		Long: `Log lists the versions of FILE in its history, newest first: number, time, hash, where it
comes from, how many rows, cells, columns and comments differ from the version before, and
whether it was merged with what somebody else had saved.

  written   rowkeep wrote it, or a program that uses rowkeep
  read      somebody else saved it
  stray     somebody else saved it in the very moment of a commit, or later to the file as
            it was opened before: it was merged into the next version
  conflict  it was in conflict with the version before, and waits to be settled, or has been

Exit status: 0; 2 usage; 4 there is no such file, or the history cannot be read.`,
		Example: `  rowkeep log config.csv
  rowkeep log -n 1 --format json config.csv`,
		Args: operands("FILE"),
		RunE: l.run,
	}
	l.addFlags(cmd)
	addTextOrJSON(cmd, &l.format)
	cmd.Flags().IntVarP(&l.most, "most", "n", 0, "list no more than `N` versions (default all)")
	return cmd
}

// logEntry is a version as it is shown.
type logEntry struct {
	Seq       int64        `json:"seq"`
	Time      time.Time    `json:"time"`
	Origin    store.Origin `json:"origin"`
	Actor     *string      `json:"actor"`
	Hash      string       `json:"hash"`
	Size      int64        `json:"size"`
	Base      *string      `json:"base"`
	Theirs    *string      `json:"theirs"`
	Merged    bool         `json:"merged"`
	Conflicts int          `json:"conflicts"`
	Accepted  bool         `json:"accepted"`
	Changes   *int         `json:"changes"` // nil: not known, or of a version that never stood in the file
	Pending   bool         `json:"pending"` // it waits to be settled
	Known     bool         `json:"known"`   // the content is there

	same bool // it is, byte for byte, the version before
}

func (l *logCommand) run(cmd *cobra.Command, args []string) error {
	if l.most < 0 {
		return usage("-n %d: want a number of versions", l.most)
	}
	s, err := l.open(args[0])
	if err != nil {
		return err
	}
	list, err := await(cmd.Context(), func() ([]logEntry, error) { return l.entries(s) })
	if err != nil {
		return err
	}
	return printed(l.print(list))
}

// entries describes the versions, newest first.
func (l *logCommand) entries(s *store.Store) ([]logEntry, error) {
	all, err := l.versions(s)
	if err != nil {
		return nil, err
	}
	contents, err := s.Contents()
	if err != nil {
		return nil, l.failure(err)
	}
	pending, err := s.Pending()
	if err != nil {
		return nil, l.failure(err)
	}
	waits := map[int64]bool{}
	for _, p := range pending {
		waits[p.Seq] = true
	}
	done := l.out.working("comparing versions")
	defer done()
	skip := 0
	if l.most > 0 {
		skip = len(all) - l.most
	}
	var list []logEntry
	var before []byte
	n := 0
	for v, content := range contents {
		if n++; n > skip {
			e := l.entry(v, before, content)
			e.Pending = waits[v.Seq]
			list = append(list, e)
		}
		if v.Origin.Stood() {
			before = content
		}
	}
	slices.Reverse(list)
	return list, nil
}

func (l *logCommand) entry(v store.Version, before, content []byte) logEntry {
	e := logEntry{
		Seq: v.Seq, Time: v.Time, Origin: v.Origin, Actor: optional(v.Actor), Hash: v.Digest.Hash, Size: v.Digest.Len,
		Base: optional(v.Base.Hash), Theirs: optional(v.Theirs.Hash), Merged: v.Merged, Conflicts: v.Conflicts, Accepted: v.Accepted,
		Known: content != nil, same: before != nil && bytes.Equal(before, content),
	}
	if diff := l.changes(before, content); diff != nil && v.Origin.Stood() {
		count := 0
		for range diff.Changes() {
			count++
		}
		e.Changes = &count
	}
	return e
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (l *logCommand) print(list []logEntry) error {
	if l.format == formatJSON {
		return writeList(l.out, "rowkeep.log/1", "versions", list)
	}
	if len(list) == 0 && !l.out.quiet {
		l.out.message(plain, l.file+": no commit was made yet, so no version is kept")
	}
	v := l.out.text()
	width := 0
	if len(list) > 0 {
		width = len(strconv.FormatInt(list[0].Seq, 10))
	}
	for _, e := range list {
		v.text(e.paint(), fmt.Sprintf("%*d  %s  %.8s  %s", width, e.Seq, when(e.Time), e.Hash, strings.Join(e.words(), ", ")))
	}
	return v.Flush()
}

func (e logEntry) paint() paint {
	switch {
	case !e.Known:
		return red
	case e.Pending:
		return yellow
	}
	return plain
}

// words say what there is to say of a version.
func (e logEntry) words() []string {
	words := []string{string(e.Origin)}
	if e.Actor != nil {
		words[0] += " by " + name(*e.Actor)
	}
	switch {
	case !e.Known:
		words = append(words, "its content is not known any more")
	case e.Changes == nil:
	case e.same:
		words = append(words, "no change")
	case *e.Changes == 0:
		words = append(words, "form only")
	case *e.Changes == 1:
		words = append(words, "1 change")
	default:
		words = append(words, fmt.Sprintf("%d changes", *e.Changes))
	}
	if e.Merged {
		words = append(words, "merged")
	}
	if e.Conflicts > 0 && e.Origin != store.OfConflict {
		words = append(words, fmt.Sprintf("conflicts settled: %d", e.Conflicts))
	}
	if e.Origin == store.OfConflict && !e.Pending {
		words = append(words, "settled")
	}
	if e.Accepted {
		words = append(words, "meant as it is")
	}
	return words
}
