package main

import (
	"bytes"
	"fmt"
	"maps"

	"github.com/spf13/cobra"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/config"
	"github.com/rowkeep/rowkeep/merge"
)

// mergetoolCommand is one call by git mergetool, for one file.
type mergetoolCommand struct {
	*app
	opt   merge.Options // as flags say
	files inputs
}

func (a *app) newGitMergetool() *cobra.Command {
	m := &mergetoolCommand{app: a}
	m.opt.Policies = map[string]merge.Policy{}
	cmd := &cobra.Command{
		Use:   "mergetool BASE LOCAL REMOTE MERGED",
		Short: "Settle the conflicts of one file for git mergetool, which calls this",
		Long: `Mergetool merges BASE, LOCAL (ours) and REMOTE (theirs) again, settles the conflicts, and
writes MERGED once none stands. Git calls it as rowkeep git install has set up: see
git-mergetool(1). While a conflict stands, MERGED stays as it is.

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
	merged := args[3]
	m.files = inputs{merge.Base: args[0], merge.Ours: args[1], merge.Theirs: args[2]}
	result, err := await(cmd.Context(), func() (*merge.Result, error) { return m.settle(args[:3], merged) })
	if err != nil {
		return err
	}
	if !result.Clean() {
		m.status = statusConflicts
		m.standing(merged, result)
		m.out.hint("git mergetool --tool=rowkeep-ours, or rowkeep-theirs, settles what stands by one side")
		return nil
	}
	if err := replaceFile(cmd.Context(), merged, result.Bytes()); err != nil {
		return err
	}
	m.out.message(plain, fmt.Sprintf("%s: settled: %d", merged, result.Stats.Settled))
	return nil
}

// settle is where conflicts are settled: so far by merging again, with what the flags and
// the config say.
func (m *mergetoolCommand) settle(versions []string, merged string) (*merge.Result, error) {
	settings, err := config.Lookup(merged)
	if err != nil {
		return nil, configFailure(err)
	}
	opt := mergeOptions(settings)
	opt.Strategy = m.opt.Strategy
	maps.Copy(opt.Policies, m.opt.Policies)
	contents, err := m.readAll(versions)
	if err != nil {
		return nil, err
	}
	if bytes.Equal(contents[1], contents[2]) {
		// Git calls that no conflict. For a name with a dash first its script passes on
		// empty files, and what stands in MERGED would be gone.
		return nil, &failure{status: statusInput, err: fmt.Errorf("%s: LOCAL and REMOTE are the same: they are not what git merged", merged)}
	}
	result, err := merge.Merge(contents[0], contents[1], contents[2], opt)
	if err != nil {
		return nil, m.files.failure(err)
	}
	return result, nil
}
