//go:build !wasip1

package tui

import (
	"cmp"
	"context"
	"errors"
	"os"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/settle"
)

// Run shows the session until everything is written or the person quits, and reports
// whether it was written. The error is that of the context if it ends the program, Write's if it is
// over, or one of the terminal.
func Run(ctx context.Context, s *settle.Session, c Config) (written bool, err error) {
	options := []tea.ProgramOption{
		tea.WithContext(ctx), tea.WithInput(c.Input), tea.WithOutput(c.Output), tea.WithEnvironment(os.Environ()),
	}
	if c.NoColor {
		options = append(options, tea.WithColorProfile(colorprofile.ASCII))
	}
	end, err := tea.NewProgram(newModel(ctx, s, c), options...).Run()
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
		err = ctx.Err()
	}
	if errors.Is(err, tea.ErrInterrupted) {
		err = context.Canceled
	}
	m, _ := end.(model)
	return m.written, cmp.Or(err, m.over)
}
