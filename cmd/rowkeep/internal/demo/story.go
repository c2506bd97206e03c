package demo

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

// play directs one half. The pauses are for the reader.
type play struct {
	Story
	half   half
	scene  scene
	daemon daemon
	orders []order // the daemon places one a round, and begins anew after the last
	rounds int
	beat   time.Duration // of one round, if the machine keeps up
}

// usualBeat is slow enough to read along.
const usualBeat = 600 * time.Millisecond

// plan divides the length of a half into rounds: enough for each style of editor.
func plan(length time.Duration) (rounds int, beat time.Duration) {
	rounds = max(len(styles), int(length/usualBeat))
	return rounds, length / time.Duration(rounds)
}

func newPlay(s Story, h half, length time.Duration) (*play, error) {
	p := &play{Story: s, half: h, orders: dueOrders(sample)}
	p.rounds, p.beat = plan(length)
	var err error
	if p.scene, err = newScene(filepath.Join(s.Dir, h.name)); err != nil {
		return nil, err
	}
	p.daemon, err = h.open(p.scene.config())
	return p, err
}

func (p *play) play(ctx context.Context) (tally, error) {
	if err := p.Say(Headline, p.half.title); err != nil {
		return tally{}, err
	}
	start := time.Now()
	for n := 1; n <= p.rounds; n++ {
		if err := p.round(ctx, n); err != nil {
			return tally{}, err
		}
		if err := pause(ctx, time.Until(start.Add(time.Duration(n)*p.beat))); err != nil {
			return tally{}, err
		}
	}
	return count(p.scene)
}

// round: the daemon takes its snapshot and thinks; an editor starts to save; once it is
// at it, or done, the daemon saves too; the editor ends. No editor holds an old text
// across a commit: it loads the file when it starts.
func (p *play) round(ctx context.Context, n int) error {
	style := styles[(n-1)%len(styles)]
	order := p.orders[(n-1)%len(p.orders)].numbered(n)
	if err := p.think(ctx, n, order); err != nil {
		return err
	}
	editor, err := p.startEditor(ctx, style, n, order.key)
	if err != nil {
		return err
	}
	defer editor.stop()
	if err := p.Say(Told, style.tells()); err != nil {
		return err
	}
	if err := p.save(ctx, style, n, order); err != nil {
		return err
	}
	if err := editor.finish(ctx); err != nil {
		return err
	}
	return p.sayMissing()
}

// think lets the daemon read the file, and take its time.
func (p *play) think(ctx context.Context, n int, o order) error {
	if err := p.daemon.begin(ctx); err != nil {
		return err
	}
	if err := p.Say(Told, fmt.Sprintf("%d. The daemon reads the file and thinks about %s.", n, o.key)); err != nil {
		return err
	}
	return pause(ctx, p.beat/2)
}

// save lets the daemon commit, and then note down what it did.
func (p *play) save(ctx context.Context, style Style, n int, o order) error {
	merged, err := p.daemon.commit(ctx, o)
	if err != nil {
		return err
	}
	if err := appendNotes(p.scene.daemon(), o.notes(n)); err != nil {
		return err
	}
	how := "it puts its own old copy in place"
	if merged && style == Truncate {
		how = "it waits until the file is whole, and merges"
	} else if merged {
		how = "it merges with what the editor saved"
	}
	return p.Say(Told, fmt.Sprintf("   The daemon saves its order too: %s.", how))
}

func (p *play) sayMissing() error {
	t, err := count(p.scene)
	if err != nil {
		return err
	}
	if lost := t.missing(); lost != "" {
		return p.Say(Missing, fmt.Sprintf("   Missing now: %s.", lost))
	}
	return p.Say(AllThere, "   Nothing is missing.")
}

// pause sleeps unless it is interrupted.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
