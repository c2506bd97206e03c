package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/config"
	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/git"
	"github.com/rowkeep/rowkeep/merge"
)

func (a *app) newGit() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "git",
		Short: "Let git merge and compare CSV files by row and cell",
		Long: `Git makes the repository's merges, rebases, cherry-picks and stashes go by row and cell
where they touch a CSV file, and git diff show cells. install sets that up and says what
it writes; git itself calls driver, diff-driver and mergetool.

The key, the delimiter and the rules of a file stand in a committed .rowkeep.toml:

  [[files]]
  match = "hosts/*.csv"
  key = ["host", "port"]
  delimiter = ";"
  policies = { seen = "max" }

The other commands obey it too, where no flag says otherwise.`,
		Example: `  rowkeep git install
  rowkeep git doctor`,
		Args: a.unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.printHelp(cmd) },
	}
	cmd.AddCommand(a.newGitInstall(), a.newGitUninstall(), a.newGitDoctor())
	cmd.AddCommand(a.newGitDriver(), a.newGitDiffDriver(), a.newGitMergetool())
	return cmd
}

// treeSettings returns what the config says of a path that git names from the top of the
// work tree, where it also runs its helpers. A repository without a work tree has its
// config in HEAD.
func treeSettings(path string) (config.Settings, error) {
	settings, err := config.LookupIn(config.Dir("."), path)
	if err == nil && settings.IsZero() && git.Bare() {
		return config.LookupIn(git.Tree, path)
	}
	return settings, err
}

// mergeOptions is how git's merges of a file go: as the config says, with markers in the
// style that the user has chosen for git. Base is shown where he has not: resolve needs
// it.
func mergeOptions(s config.Settings) merge.Options {
	styles := map[string]merge.Style{"merge": merge.MergeStyle, "zdiff3": merge.ZDiff3}
	opt := merge.Options{
		Read: s.Read, Granularity: s.Granularity, Policies: map[string]merge.Policy{}, Style: styles[git.ConflictStyle()],
	}
	maps.Copy(opt.Policies, s.Policies)
	return opt
}

// sameNamed calls all three versions by the path that they are of.
func sameNamed(path string) inputs {
	return inputs{merge.Base: path, merge.Ours: path, merge.Theirs: path}
}

// conflictsShown is how many conflicts are listed in the middle of what git prints.
const conflictsShown = 10

// standing lists the first conflicts that stand, and counts them all.
func (a *app) standing(path string, result *merge.Result) {
	v, shown := a.out.messages(), 0
	for _, c := range result.Conflicts {
		if c.Settled == "" && shown < conflictsShown {
			v.conflict(speaker, sameNamed(path), c)
			shown++
		}
	}
	v.Flush()
	a.out.message(bold, fmt.Sprintf("%s: %d of %d conflicts stand", path, result.Stats.Standing, len(result.Conflicts)))
	if slices.ContainsFunc(result.Conflicts, hasNoMarkers) {
		a.out.hint("markers cannot show a conflict of a column: base stands there; git mergetool settles it")
	}
}

// gitColor decides whether text is coloured as git does.
func (a *app) gitColor() {
	a.out.color = colorNever
	if os.Getenv("NO_COLOR") == "" && git.WantsColor(a.out.stdoutTTY) {
		a.out.color = colorAlways
	}
}

// replacing puts data in the place of what stands in a file.
func replacing(file string, data []byte) toFile {
	return toFile{file: file, write: func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}}
}

func replaceFile(ctx context.Context, file string, data []byte) error {
	d := replacing(file, data)
	return deliver(ctx, []delivery{&d})
}

// oneLine makes a label fit on a line.
func oneLine(s string) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(s) }
