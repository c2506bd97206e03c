// Package demo plays the story of the lost line: a daemon and editors change one file at the
// same time. In the first half the daemon reads the file, thinks, and writes its own copy back;
// in the second it does the same through package store.
//
// Nothing is pretended. The editors are processes of their own, which know nothing of rowkeep;
// who acts when depends on what they report, never on time, so that it comes out the same on
// every machine. What was lost is counted from the files and from what each actor noted down
// after it had saved, by code that shares nothing with csvrows, merge or store.
//
// The caller prints the story (Say) and starts the editors' processes (Process), in each of
// which [Editor.Run] does the work.
package demo

import (
	"context"
	"os/exec"
	"time"
)

// Story is what is to be played, and how.
type Story struct {
	Dir       string        // where the files go: a directory for each half; they stay
	Length    time.Duration // of all, about; a longer one has more rounds
	NaiveOnly bool          // without the second half

	// Process prepares the process that plays an editor.
	Process func(context.Context, Editor) *exec.Cmd
	// Say prints a line, at once. Its error ends the story.
	Say func(Tone, string) error
}

// Tone is what a line of the story is.
type Tone uint8

// The tones of lines.
const (
	Told     Tone = iota // what happens
	Headline             // what a half is about; before the second one an empty line is told
	Missing              // something is missing now
	AllThere             // nothing is
)

// Play plays one half after the other. The error is that of Say, of ctx, or of the system.
func (s Story) Play(ctx context.Context) (*Outcome, error) {
	halves := []half{naiveHalf, rowkeepHalf}
	if s.NaiveOnly {
		halves = halves[:1]
	}
	return s.play(ctx, halves)
}

func (s Story) play(ctx context.Context, halves []half) (*Outcome, error) {
	o := &Outcome{halves: halves}
	for i, h := range halves {
		p, err := newPlay(s, h, s.Length/time.Duration(len(halves)))
		if err != nil {
			return nil, err
		}
		if i > 0 {
			if err := s.Say(Told, ""); err != nil {
				return nil, err
			}
		}
		t, err := p.play(ctx)
		if ctx.Err() != nil { // whatever fails after an interrupt fails because of it
			return nil, ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		o.tallies = append(o.tallies, t)
	}
	return o, nil
}
