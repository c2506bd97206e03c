package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rowkeep/rowkeep/store"
)

// statusCommand is one call of rowkeep status.
type statusCommand struct {
	historyCommand
	format format
}

func (a *app) newStatus() *cobra.Command {
	c := &statusCommand{historyCommand: historyCommand{liveCommand{app: a}}}
	cmd := &cobra.Command{
		Use:   "status FILE",
		Short: "Tell what is promised for a file, who has it open, and what is kept of it",
		Long: `Status tries out what the place where FILE lies lets rowkeep promise, and says what that
means; counts the versions that are kept and the conflicts that are pending; lists the
processes that have the file open (who is not root sees his own); and looks for damage in
what is kept beside the file:

  damaged_line     a line of the log is torn or altered; its version is lost
  unknown_content  a version is listed, and its content is not known any more
  stray            an edit is in a file that a commit displaced, and not merged yet
  left_over        a commit was killed; the next one tidies up
  mode, owner      others than those who may write the file may use what is kept

Exit status: 0; 1 something was found; 2 usage; 4 there is no such file, or what is kept
cannot be read.`,
		Example: `  rowkeep status config.csv
  rowkeep status --format json config.csv`,
		Args: operands("FILE"),
		RunE: c.run,
	}
	c.addFlags(cmd)
	addTextOrJSON(cmd, &c.format)
	return cmd
}

// statusReport is what status tells.
type statusReport struct {
	Schema    string           `json:"schema"`
	File      string           `json:"file"`
	Guarantee *statusGuarantee `json:"guarantee"` // nil: no commit can be made
	Obstacle  string           `json:"obstacle,omitempty"`
	Versions  int              `json:"versions"`
	Pending   int              `json:"pending"`
	Open      []opener         `json:"open"` // nil: not known
	Findings  []statusFinding  `json:"findings"`

	first, last store.Version
}

type statusGuarantee struct {
	Exchange bool `json:"exchange"`
	Link     bool `json:"link"`
	Lease    bool `json:"lease"`
	Blind    bool `json:"blind"`
	Durable  bool `json:"durable"`
	InPlace  bool `json:"in_place"`
}

type statusFinding struct {
	Kind    store.FindingKind `json:"kind"`
	Path    string            `json:"path"`
	Line    int               `json:"line"`
	Seq     int64             `json:"seq"`
	Message string            `json:"message"`
}

func (c *statusCommand) run(cmd *cobra.Command, args []string) error {
	s, err := c.open(args[0])
	if err != nil {
		return err
	}
	done := c.out.working("looking at " + args[0])
	r, err := await(cmd.Context(), func() (*statusReport, error) { return c.look(s) })
	done()
	if err != nil {
		return err
	}
	if len(r.Findings) > 0 {
		c.status = statusConflicts
	}
	return printed(c.print(r))
}

// look gathers what there is to tell.
func (c *statusCommand) look(s *store.Store) (*statusReport, error) {
	versions, err := c.versions(s)
	if err != nil {
		return nil, err
	}
	found, err := s.Check()
	if err != nil {
		return nil, c.failure(err)
	}
	pending, err := s.Pending()
	if err != nil {
		return nil, c.failure(err)
	}
	r := &statusReport{Schema: "rowkeep.status/1", File: c.file, Versions: len(versions), Pending: len(pending), Findings: []statusFinding{}}
	if n := len(versions); n > 0 {
		r.first, r.last = versions[0], versions[n-1]
	}
	for _, f := range found {
		r.Findings = append(r.Findings, statusFinding{f.Kind, f.Path, f.Line, f.Seq, f.Note})
	}
	if openersKnown {
		r.Open = append([]opener{}, openers(c.file)...)
	}
	if g, err := s.Guarantee(); err != nil {
		r.Obstacle = obstacle(err)
	} else {
		r.Guarantee = (*statusGuarantee)(&g)
	}
	return r, nil
}

// obstacle says why no commit can be made.
func obstacle(err error) string {
	for _, known := range []error{store.ErrHardLinks, store.ErrMountPoint, store.ErrOwner} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return "nothing can be written beside the file: " + cause(err).Error()
}

func (c *statusCommand) print(r *statusReport) error {
	if c.format == formatJSON {
		_, err := fmt.Fprintf(c.out.stdout, "%s\n", encode(r))
		return err
	}
	v := c.out.text()
	tell := func(p paint, what, text string) { v.text(p, fmt.Sprintf("%-9s %s", what, text)) }
	if r.Guarantee == nil {
		tell(red, "commits", "impossible: "+r.Obstacle)
	} else {
		for _, p := range r.Guarantee.promises() {
			tell(p.paint, p.name, p.text)
		}
	}
	tell(plain, "versions", r.kept())
	if r.Pending > 0 {
		tell(yellow, "pending", fmt.Sprintf("changes that wait to be settled: %d; rowkeep conflicts %s", r.Pending, shellWord(r.File)))
	} else {
		tell(plain, "pending", "no conflicts")
	}
	for _, text := range r.opened() {
		tell(plain, "open", text)
	}
	for _, f := range r.Findings {
		tell(red, "found", f.text())
	}
	if len(r.Findings) == 0 {
		tell(green, "health", "no damage found")
	}
	return v.Flush()
}

// promise is one line of what a place allows.
type promise struct {
	paint paint
	name  string
	text  string
}

// promises say what each part of a guarantee means.
func (g statusGuarantee) promises() []promise {
	say := func(name string, good bool, yes, no string) promise {
		if good {
			return promise{plain, name, "yes: " + yes}
		}
		return promise{yellow, name, "no: " + no}
	}
	list := []promise{
		say("exchange", g.Exchange, "a file that somebody renames in during a commit is merged",
			"what somebody renames in between two steps of a commit is lost"),
		say("link", g.Link, "the old file stays under a second name while it is replaced",
			"the old file is copied before it is replaced"),
		say("lease", g.Lease, "whoever opens the file for writing waits while it is replaced",
			"who writes to the file during a commit is found out afterwards, and merged"),
	}
	if g.Lease {
		list = append(list, say("mappings", !g.Blind, "the lease knows who has mapped the file",
			"what is written through a mapping during a commit is found out afterwards, and merged"))
	}
	return append(list, say("durable", g.Durable, "a commit that was acknowledged outlasts a power cut",
		"the file lies in memory"))
}

// kept counts the versions.
func (r *statusReport) kept() string {
	if r.Versions == 0 {
		return "none: no commit was made yet"
	}
	return fmt.Sprintf("%d, numbers %d to %d, since %s", r.Versions, r.first.Seq, r.last.Seq, when(r.first.Time))
}

// opened lists who has the file open.
func (r *statusReport) opened() []string {
	switch {
	case r.Open == nil:
		return []string{"not known on this system"}
	case len(r.Open) == 0 && os.Geteuid() != 0:
		return []string{"by none of your processes"}
	case len(r.Open) == 0:
		return []string{"by no process"}
	}
	var list []string
	for _, o := range r.Open {
		list = append(list, fmt.Sprintf("by process %d, %s, to %s", o.PID, name(o.Command), o.Access))
	}
	return list
}

func (f statusFinding) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", f.Kind, f.Path)
	if f.Line > 0 {
		fmt.Fprintf(&b, ", line %d", f.Line)
	}
	if f.Seq > 0 {
		fmt.Fprintf(&b, ", version %d", f.Seq)
	}
	return b.String() + ": " + f.Message
}
