package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const orders = "id,pair,threshold_price,threshold_type,enabled,order_id,trigger_price\n" +
	"btc_1,BTC,100,above,true,,\n" +
	"eth_1,ETH,10,below,true,,\n"

// newDaemon is a daemon at prices that make both orders due, with place for an exchange.
func newDaemon(t *testing.T, place func(o order)) (d *daemon, path string) {
	path = filepath.Join(t.TempDir(), "config.csv")
	save(t, path, orders)
	s, err := open(path)
	if err != nil {
		t.Fatal(err)
	}
	return &daemon{
		store: s, prices: map[string]float64{"BTC": 101, "ETH": 9}, out: io.Discard,
		place: func(_ context.Context, o order) (string, error) {
			place(o)
			return "O-" + o.ID, nil
		},
	}, path
}

func save(t *testing.T, path, content string) {
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

// check looks at the rows of the file, and whether a change waits.
func check(t *testing.T, d *daemon, path, rows string, pending int) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, got, _ := strings.Cut(string(content), "\n")
	if diff := cmp.Diff(rows, got); diff != "" {
		t.Errorf("the file (-want +got):\n%s", diff)
	}
	if waiting, err := d.store.Pending(); err != nil || len(waiting) != pending {
		t.Errorf("%d changes wait (%v), want %d", len(waiting), err, pending)
	}
}

// Whoever pauses an order before it is placed wins.
func TestPausedBefore(t *testing.T) {
	var d *daemon
	var path string
	d, path = newDaemon(t, func(o order) {
		if o.ID == "btc_1" {
			save(t, path, strings.Replace(orders, "below,true", "below,paused", 1))
		}
	})
	if err := d.look(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(t, d, path, "btc_1,BTC,100,above,false,O-btc_1,101\neth_1,ETH,10,below,paused,,\n", 0)
}

// Whoever pauses an order while it is placed keeps his value, and the file has the number
// all the same; the other order goes its way.
func TestPausedMeanwhile(t *testing.T) {
	var d *daemon
	var path string
	d, path = newDaemon(t, func(o order) {
		if o.ID == "btc_1" {
			save(t, path, strings.Replace(orders, "above,true", "above,paused", 1))
		}
	})
	if err := d.look(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(t, d, path, "btc_1,BTC,100,above,paused,O-btc_1,101\neth_1,ETH,10,below,false,O-eth_1,9\n", 1)
}

// Whoever saves a buffer from before an order was placed does not have it placed again.
func TestOldBuffer(t *testing.T) {
	placed := 0
	d, path := newDaemon(t, func(order) { placed++ })
	if err := d.look(t.Context()); err != nil {
		t.Fatal(err)
	}
	save(t, path, orders+"ada_1,ADA,1,above,paused,,\n")
	if err := d.look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if placed != 2 {
		t.Errorf("%d orders were placed, want 2", placed)
	}
	check(t, d, path, "btc_1,BTC,100,above,false,O-btc_1,101\neth_1,ETH,10,below,false,O-eth_1,9\nada_1,ADA,1,above,paused,,\n", 0)
}

// An interrupt while an order is placed does not keep its number from the file.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	d, path := newDaemon(t, func(order) { cancel() })
	if err := d.look(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	check(t, d, path, "btc_1,BTC,100,above,false,O-btc_1,101\neth_1,ETH,10,below,true,,\n", 0)
}

// A row that somebody adds while the daemon watches is placed at once.
func TestWatch(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	placed := make(chan string, 3)
	d, path := newDaemon(t, func(o order) { placed <- o.ID })
	ended := make(chan error)
	go func() { ended <- d.watch(ctx) }()
	for _, want := range []string{"btc_1", "eth_1"} {
		if got := <-placed; got != want {
			t.Errorf("placed %s, want %s", got, want)
		}
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("btc_2,BTC,100,above,true,,\n"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if got := <-placed; got != "btc_2" {
		t.Errorf("placed %s, want btc_2", got)
	}
	cancel()
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	check(t, d, path, "btc_1,BTC,100,above,false,O-btc_1,101\neth_1,ETH,10,below,false,O-eth_1,9\nbtc_2,BTC,100,above,false,O-btc_2,101\n", 0)
}
