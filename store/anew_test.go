package store

import (
	"testing"

	"github.com/rowkeep/rowkeep/store/internal/state"
)

// The file was deleted and made anew by the program: what comes back after that.
func TestMadeAnew(t *testing.T) {
	const (
		head  = "id,enabled,order_id,note\n"
		first = head + "a,true,,first\nb,true,,second\n"
		wrote = head + "a,false,O1,first\nb,true,,second\n"
		anew  = head + "n,true,N1,\n"
	)
	history := func(t *testing.T, more ...version) []version {
		return append([]version{
			{seq: 1, snap: snapshotOf(t, first)},
			{seq: 2, snap: snapshotOf(t, wrote), written: true},
			{seq: 3, snap: snapshotOf(t, anew), written: true, anew: true},
		}, more...)
	}
	for _, c := range []struct {
		name string
		more func(t *testing.T) []version
		save string
		want string
		told string
	}{
		{
			name: "the old file, edited", save: wrote + "d,true,,new\n",
			want: wrote + "d,true,,new\nn,true,N1,\n",
			told: "base 2\nstale_save_repaired 2..3 row_added(n>)\n",
		},
		{
			name: "the old file as it was", save: wrote,
			want: wrote + "n,true,N1,\n",
			told: "base 2\nequals_version 2..3\nstale_save_repaired 2..3 row_added(n>)\n",
		},
		{
			name: "an older one", save: first + "d,true,,new\n",
			want: wrote + "d,true,,new\nn,true,N1,\n",
			told: "base 1\nstale_save_repaired 1..3 a.enabled=true>false a.order_id=>O1 row_added(n>)\n",
		},
		{
			name: "the new file, edited", save: anew + "d,true,,new\n",
			want: anew + "d,true,,new\n", told: "base 3\n",
		},
		{
			name: "a row of the old one, typed once more", save: anew + "b,true,,second\n",
			want: anew + "b,true,,second\n", told: "base 3\n",
		},
		{
			name: "what a person has written since", save: wrote,
			more: func(t *testing.T) []version { return []version{{seq: 4, snap: snapshotOf(t, anew+"m,true,,\n")}} },
			want: wrote + "n,true,N1,\n",
			told: "base 2\nequals_version 2..4\nstale_save_repaired 2..4 row_added(n>)\n",
		},
		{
			name: "made anew twice", save: wrote + "d,true,,new\n",
			more: func(t *testing.T) []version {
				return []version{{seq: 4, snap: snapshotOf(t, head+"o,true,N2,\n"), written: true, anew: true}}
			},
			want: wrote + "d,true,,new\nn,true,N1,\no,true,N2,\n",
			told: "base 2\nstale_save_repaired 2..4 row_added(n>) row_added(o>)\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var more []version
			if c.more != nil {
				more = c.more(t)
			}
			v := judged(t, history(t, more...), c.save, savePolicy{})
			if string(v.result) != c.want {
				t.Errorf("the file is to be\n%s\nwant\n%s", v.result, c.want)
			}
			if got := summary(v); got != c.told {
				t.Errorf("told:\n%s\nwant:\n%s", got, c.told)
			}
		})
	}
}

// Which entries of a history the program made the file anew with.
func TestAnewEntries(t *testing.T) {
	old := state.DigestOf([]byte("id\n"))
	for name, c := range map[string]struct {
		entry state.Entry
		want  bool
	}{
		"made anew":             {state.Entry{Kind: state.Commit}, true},
		"on top of a file":      {state.Entry{Kind: state.Commit, Theirs: old}, false},
		"restored, as it was":   {state.Entry{Kind: state.Commit, Accepted: true}, false},
		"made by somebody else": {state.Entry{Kind: state.Read}, false},
	} {
		if got := versionOf(c.entry, Snapshot{}).anew; got != c.want {
			t.Errorf("%s: %t, want %t", name, got, c.want)
		}
	}
}
