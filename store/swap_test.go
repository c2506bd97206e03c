//go:build unix

package store

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/rowkeep/rowkeep/store/internal/state"
)

const (
	swapMarked  = "id,a\n<<<<<<< ours\n1,o\n=======\n1,t\n>>>>>>> theirs\n2,y\n"
	swapSettled = "id,a\n1,o\n2,y\n"
)

func newMarkedWindow(t *testing.T, opt Options) *window {
	t.Helper()
	w := newWindow(t, opt)
	w.save(swapMarked)
	return w
}

func (w *window) swap(old, content string) (bool, error) {
	w.Helper()
	return w.store.CompareAndSwap(w.Context(), []byte(old), []byte(content))
}

// A file that nothing else writes to is settled, and what it was is kept.
func TestSwap(t *testing.T) {
	w := newMarkedWindow(t, Options{Actor: "resolve"})
	if swapped, err := w.swap(swapMarked, swapSettled); !swapped || err != nil {
		t.Fatal(swapped, err)
	}
	w.want(swapSettled)
	var kept []string
	contents, err := w.store.Contents()
	if err != nil {
		t.Fatal(err)
	}
	for _, content := range contents {
		kept = append(kept, string(content))
	}
	if len(kept) != 2 || kept[0] != swapMarked || kept[1] != swapSettled {
		t.Errorf("kept %q", kept)
	}
	if err := w.update("2", "a", "z"); err != nil { // the history goes on
		t.Fatal(err)
	}
	w.want("id,a\n1,o\n2,z\n")
	if found, err := w.store.Check(); err != nil || len(found) > 0 {
		t.Error(found, err)
	}
}

// What is settled in part still has markers.
func TestSwapKeepsMarkers(t *testing.T) {
	w := newMarkedWindow(t, Options{})
	rest := swapMarked + "3,n\n"
	if swapped, err := w.swap(swapMarked, rest); !swapped || err != nil {
		t.Fatal(swapped, err)
	}
	w.want(rest)
	if swapped, err := w.swap(rest, swapSettled); !swapped || err != nil {
		t.Fatal(swapped, err)
	}
	w.want(swapSettled)
}

// Another content than the one looked at stays, and nothing is made beside it.
func TestSwapOfAnother(t *testing.T) {
	w := newMarkedWindow(t, Options{})
	if swapped, err := w.swap(swapMarked+"3,n\n", swapSettled); swapped || err != nil {
		t.Fatal(swapped, err)
	}
	w.want(swapMarked)
	if there, err := state.Beside(w.path).Exists(); there || err != nil {
		t.Error("a state directory:", there, err)
	}
}

// TestSwapRaces has others save the file within the swap. A save before the last look wins;
// one that slips in is merged.
func TestSwapRaces(t *testing.T) {
	edited := swapMarked + "3,n\n"
	for _, step := range []string{"prepare", "lease"} {
		for name, save := range map[string]func(*window, string){"in place": (*window).save, "renamed": (*window).rename} {
			t.Run(step+", "+name, func(t *testing.T) {
				w := newMarkedWindow(t, Options{})
				w.at(step, func() { save(w, edited) })
				if swapped, err := w.swap(swapMarked, swapSettled); swapped || err != nil {
					t.Fatal(swapped, err)
				}
				w.want(edited)
			})
		}
	}
	t.Run("slipped in", func(t *testing.T) {
		w := newMarkedWindow(t, Options{})
		w.at("exchange", func() { w.rename("id,a\n1,t\n2,y\n3,n\n") })
		if _, err := w.swap(swapMarked, swapSettled); err != nil {
			t.Fatal(err)
		}
		w.want("id,a\n1,t\n2,y\n3,n\n") // it was saved later
	})
}

func TestSwapRefuses(t *testing.T) {
	w := newMarkedWindow(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if swapped, err := w.store.CompareAndSwap(ctx, []byte(swapMarked), []byte(swapSettled)); swapped || !errors.Is(err, context.Canceled) {
		t.Error(swapped, err)
	}
	w.want(swapMarked)
	if err := os.Remove(w.path); err != nil {
		t.Fatal(err)
	}
	if _, err := w.swap(swapMarked, swapSettled); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
