package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
)

// half is one of the two ways to play the story.
type half struct {
	name  string
	title string
	open  func(file string) (daemon, error)
	loses bool // that is the point of it
}

var (
	naiveHalf = half{
		name:  "naive",
		title: "Naive: a daemon reads the file, thinks, and writes its copy back. People edit meanwhile.",
		open:  openNaive,
		loses: true,
	}
	rowkeepHalf = half{
		name:  "rowkeep",
		title: "Rowkeep: the same, but the daemon commits through the store.",
		open:  openStore,
	}
)

// story directs one half. Who acts when is a matter of what the actors report, never of
// time, so that it comes out the same on every machine: the pauses are for the reader.
type story struct {
	half   half
	scene  scene
	daemon daemon
	orders []order // the daemon places one a round, and begins anew after the last
	self   string
	rounds int
	beat   time.Duration // of one round, if the machine keeps up
	say    func(p paint, line string) error
}

// usualBeat is slow enough to read along.
const usualBeat = 600 * time.Millisecond

// plan divides the length of a half into rounds: enough for each style of editor.
func plan(length time.Duration) (rounds int, beat time.Duration) {
	rounds = max(len(editorStyles), int(length/usualBeat))
	return rounds, length / time.Duration(rounds)
}

func newStory(h half, dir, self string, length time.Duration, say func(paint, string) error) (*story, error) {
	s := &story{half: h, self: self, say: say}
	s.rounds, s.beat = plan(length)
	var err error
	if s.scene, err = newScene(filepath.Join(dir, h.name)); err != nil {
		return nil, err
	}
	s.orders = dueOrders(demoSample)
	s.daemon, err = h.open(s.scene.config())
	return s, err
}

func (s *story) play(ctx context.Context) (tally, error) {
	if err := s.say(bold, s.half.title); err != nil {
		return tally{}, err
	}
	start := time.Now()
	for n := 1; n <= s.rounds; n++ {
		if err := s.round(ctx, n); err != nil {
			return tally{}, err
		}
		if err := pause(ctx, time.Until(start.Add(time.Duration(n)*s.beat))); err != nil {
			return tally{}, err
		}
	}
	return count(s.scene)
}

// round: the daemon takes its snapshot and thinks; an editor starts to save; once it is
// at it, or done, the daemon saves too; the editor ends. No editor holds an old text
// across a commit: it loads the file when it starts.
func (s *story) round(ctx context.Context, n int) error {
	style := editorStyles[(n-1)%len(editorStyles)].value
	order := s.orders[(n-1)%len(s.orders)].numbered(n)
	if err := s.think(ctx, n, order); err != nil {
		return err
	}
	editor, err := s.startEditor(ctx, style, n, order.key)
	if err != nil {
		return err
	}
	defer editor.stop()
	if err := s.say(plain, style.tells()); err != nil {
		return err
	}
	if err := s.save(ctx, style, n, order); err != nil {
		return err
	}
	if err := editor.finish(ctx); err != nil {
		return err
	}
	return s.sayMissing()
}

// think lets the daemon read the file, and take its time.
func (s *story) think(ctx context.Context, n int, o order) error {
	if err := s.daemon.begin(ctx); err != nil {
		return err
	}
	if err := s.say(plain, fmt.Sprintf("%d. The daemon reads the file and thinks about %s.", n, o.key)); err != nil {
		return err
	}
	return pause(ctx, s.beat/2)
}

// save lets the daemon commit, and then note down what it did.
func (s *story) save(ctx context.Context, style editorStyle, n int, o order) error {
	merged, err := s.daemon.commit(ctx, o)
	if err != nil {
		return err
	}
	if err := appendNotes(s.scene.daemon(), o.notes(n)); err != nil {
		return err
	}
	how := "it puts its own old copy in place"
	if merged && style == styleTruncate {
		how = "it waits until the file is whole, and merges"
	} else if merged {
		how = "it merges with what the editor saved"
	}
	return s.say(plain, fmt.Sprintf("   The daemon saves its order too: %s.", how))
}

func (s *story) sayMissing() error {
	t, err := count(s.scene)
	if err != nil {
		return err
	}
	if lost := t.missing(); lost != "" {
		return s.say(red, fmt.Sprintf("   Missing now: %s.", lost))
	}
	return s.say(green, "   Nothing is missing.")
}

// pause sleeps unless it is interrupted.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return errInterrupted
	case <-timer.C:
		return nil
	}
}
