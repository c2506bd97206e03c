package tui

import (
	"context"
	"io"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/settle"
)

// Config says what is settled, and what happens with the answers.
type Config struct {
	// Title names the file.
	Title string
	// Base, Ours and Theirs say who wrote the versions; "" where nobody knows.
	Base, Ours, Theirs string
	// First is the id of the conflict to begin with; "" for the first one without an answer.
	First string
	// Write writes what the answers make of the merge. It looks again at what is to be
	// replaced: if that has changed so that answers are missing now, it rebases the session,
	// writes nothing, and returns what moved. An error is shown, and the person goes on.
	Write func(context.Context, *settle.Session) (Outcome, error)
	// NoColor leaves out colours; bold and underlined text stays.
	NoColor bool

	Input  io.Reader
	Output io.Writer
}

// Outcome is what came of writing.
type Outcome struct {
	// Written: the file has what the answers say, and the program ends.
	Written bool
	// Over: somebody else has settled it all, and the program ends with the error beside.
	Over bool
	// Moved is what became of the conflicts where nothing was written.
	Moved settle.Moved
}
