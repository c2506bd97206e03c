package main

import (
	"errors"
	"io/fs"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/config"
	"github.com/rowkeep/rowkeep/csvrows"
)

// configure lets the .rowkeep.toml of the first of files that has one say what no flag
// says. names picks the files from the arguments.
func configure(cmd *cobra.Command, names func(args []string) []string, apply func(config.Settings)) {
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		for _, file := range names(args) {
			if file == stdio {
				continue
			}
			settings, err := config.Lookup(file)
			if err != nil {
				return configFailure(err)
			}
			if !settings.IsZero() {
				apply(settings)
				return nil
			}
		}
		return nil
	}
}

// readAs takes from a config what no flag has set. The three settings that say what the
// key is go together.
func readAs(opt *csvrows.Options, from csvrows.Options, flags *pflag.FlagSet) {
	if !flags.Changed("key") && !flags.Changed("key-index") && !flags.Changed("no-header") {
		opt.Key, opt.KeyIndex, opt.NoHeader = from.Key, from.KeyIndex, from.NoHeader
	}
	if !flags.Changed("delimiter") {
		opt.Delimiter = from.Delimiter
	}
	if !flags.Changed("comment") {
		opt.Comment, opt.NoComment = from.Comment, from.NoComment
	}
}

// configFailure is input that says wrong things, or that cannot be read.
func configFailure(err error) *failure {
	var path *fs.PathError
	if errors.As(err, &path) {
		return fileFailure(path.Path, err)
	}
	return &failure{status: statusInput, err: err}
}
