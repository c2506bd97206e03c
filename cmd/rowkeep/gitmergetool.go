package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"

	"github.com/spf13/cobra"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/config"
	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/settle"
	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/tui"
	"github.com/rowkeep/rowkeep/merge"
)

// mergetoolCommand is one call by git mergetool, for one file.
type mergetoolCommand struct {
	*app
	opt     merge.Options // as flags say
	files   inputs
	merged  string
	content []byte // of merged
}

func (a *app) newGitMergetool() *cobra.Command {
	m := &mergetoolCommand{app: a}
	m.opt.Policies = map[string]merge.Policy{}
	cmd := &cobra.Command{
		Use:   "mergetool BASE LOCAL REMOTE MERGED",
		Short: "Settle the conflicts of one file for git mergetool, which calls this",
		Long: `Mergetool merges BASE, LOCAL (ours) and REMOTE (theirs) again and settles the conflicts: by
the flags, and at a terminal by asking, as rowkeep resolve does. It writes MERGED once
none stands; until then MERGED stays as it is. Git calls it as rowkeep git install has set
up: see git-mergetool(1).

In a rebase, ours is the branch that commits are put on, and theirs is the commit.

Exit status: 0 settled; 1 conflicts stand; 2 usage; 3 a version cannot be merged; 4 a file
cannot be read or written.`,
		Example: `  git mergetool
  git mergetool --tool=rowkeep-theirs
  rowkeep git mergetool --policy volume=max base.csv ours.csv theirs.csv merged.csv`,
		Args: operands("BASE", "LOCAL", "REMOTE", "MERGED"),
		RunE: m.run,
	}
	addStrategy(cmd, &m.opt.Strategy)
	addPolicies(cmd, m.opt.Policies)
	return cmd
}

func (m *mergetoolCommand) run(cmd *cobra.Command, args []string) error {
	m.merged = args[3]
	m.files = inputs{merge.Base: args[0], merge.Ours: args[1], merge.Theirs: args[2]}
	session, err := await(cmd.Context(), func() (*settle.Session, error) { return m.open(args[:3]) })
	if err != nil {
		return err
	}
	if session.Len() > 0 && m.out.stdoutTTY && readsTerminal(m.stdin) && !dumb() {
		return m.ask(cmd.Context(), session)
	}
	result, err := session.Result()
	if err != nil {
		return m.files.failure(err)
	}
	if !result.Clean() {
		m.status = statusConflicts
		m.standing(m.merged, result)
		m.out.hint("git mergetool --tool=rowkeep-ours, or rowkeep-theirs, settles what stands by one side")
		return nil
	}
	if err := replaceFile(cmd.Context(), m.merged, result.Bytes()); err != nil {
		return err
	}
	m.out.message(plain, fmt.Sprintf("%s: settled: %d", m.merged, result.Stats.Settled))
	return nil
}

// open merges the versions again, with what the flags and the config say.
func (m *mergetoolCommand) open(versions []string) (*settle.Session, error) {
	settings, err := config.Lookup(m.merged)
	if err != nil {
		return nil, configFailure(err)
	}
	opt := mergeOptions(settings)
	opt.Strategy = m.opt.Strategy
	maps.Copy(opt.Policies, m.opt.Policies)
	contents, err := m.readAll(append(versions, m.merged))
	if err != nil {
		return nil, err
	}
	base, ours, theirs := contents[0], contents[1], contents[2]
	if bytes.Equal(ours, theirs) {
		// Git calls that no conflict. For a name with a dash first its script passes on
		// empty files, and what stands in MERGED would be gone.
		return nil, &failure{status: statusInput, err: fmt.Errorf("%s: LOCAL and REMOTE are the same: they are not what git merged", m.merged)}
	}
	m.content = contents[3]
	session, err := settle.New(base, ours, theirs, opt)
	if err != nil {
		return nil, m.files.failure(err)
	}
	return session, nil
}

// ask settles the conflicts at the terminal, as rowkeep resolve does, with what that
// remembers. It is all of them or none: git puts back what stood in MERGED where a tool has
// not settled everything.
func (m *mergetoolCommand) ask(ctx context.Context, session *settle.Session) error {
	r := &resolveCommand{mattersCommand: mattersCommand{liveCommand: liveCommand{app: m.app, file: m.merged}}}
	x := &matter{session: session}
	if err := r.recall([]*matter{x}, true); err != nil {
		return err
	}
	written, err := m.atTerminal(ctx, session, tui.Config{Title: m.merged, Ours: "LOCAL", Theirs: "REMOTE", Write: m.writeAsked})
	if err != nil {
		return err
	}
	if !written {
		m.status = statusConflicts
		r.say(plain, "left as it was")
		return nil
	}
	r.settled(x)
	return r.keepAnswers()
}

// writeAsked writes MERGED if it is what it was when the conflicts were shown.
func (m *mergetoolCommand) writeAsked(ctx context.Context, s *settle.Session) (tui.Outcome, error) {
	if n := s.Left(); n > 0 {
		return tui.Outcome{}, fmt.Errorf("without an answer: %d; git takes all of them or none", n)
	}
	result, err := s.Result()
	if err != nil {
		return tui.Outcome{}, m.files.failure(err)
	}
	err = deliver(ctx, []delivery{&asRead{replacing(m.merged, result.Bytes()), m.app, m.content}})
	return tui.Outcome{Written: err == nil}, err
}

// asRead replaces a file that still holds what was read of it.
type asRead struct {
	toFile
	app     *app
	content []byte
}

func (d *asRead) publish(ctx context.Context) (undo func() error, err error) {
	now, err := d.app.readAll([]string{d.file})
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(now[0], d.content) {
		return nil, errMoved
	}
	return d.toFile.publish(ctx)
}
