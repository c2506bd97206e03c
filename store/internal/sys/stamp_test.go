package sys

import (
	"testing"
	"time"
)

// A time without a fraction of a second may be that of a clock that counts seconds, or two.
func TestAged(t *testing.T) {
	const fine, whole = 4*time.Second + 123456789, 4 * time.Second
	for _, tt := range []struct {
		changed, later time.Duration
		want           bool
	}{
		{fine, -time.Second, false},
		{fine, Tick, false},
		{fine, Tick + 1, true},
		{whole, Tick + 1, false},
		{whole, 2*time.Second + Tick, false},
		{whole, 2*time.Second + Tick + 1, true},
	} {
		if got := (Stamp{Changed: tt.changed}).Aged(tt.changed + tt.later); got != tt.want {
			t.Errorf("changed at %v, looked at %v later: aged %t, want %t", tt.changed, tt.later, got, tt.want)
		}
	}
}
