package state_test

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rowkeep/rowkeep/store/internal/state"
	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// made commits n versions, an hour between each and the last one now, and leaves what each
// displaced.
func made(t *testing.T, n int) *place {
	t.Helper()
	p := newPlace(t)
	for i := range n {
		v := version(state.Commit, lines(i))
		v.Time = time.Now().Add(time.Duration(i-n+1) * time.Hour)
		if i > 0 {
			v.Theirs = state.DigestOf([]byte(lines(i - 1)))
		}
		p.append(v)
		if i > 0 {
			p.write(p.intent(int64(i+1)).Path, []byte(lines(i-1)))
		}
	}
	return p
}

// intent is that of a commit of made.
func (p *place) intent(seq int64) state.Displaced {
	return p.dir.Intent(seq, state.DigestOf([]byte(lines(int(seq-2)))), state.DigestOf([]byte(lines(int(seq-1)))))
}

func (p *place) prune(keep state.Keep, look func(state.Displaced) bool) {
	p.Helper()
	if err := p.log.Prune(keep, func(_ state.History, d state.Displaced) bool { return look(d) }); err != nil {
		p.Fatal(err)
	}
}

func yes(state.Displaced) bool { return true }

// seqs are the numbers of versions and of displaced files.
func (p *place) seqs() (versions, files []int64) {
	p.Helper()
	for _, s := range p.said() {
		versions = append(versions, s.Seq)
		if s.Content == "?" {
			p.Errorf("version %d is not known any more", s.Seq)
		}
	}
	displaced, err := p.dir.Displaced()
	if err != nil {
		p.Fatal(err)
	}
	for _, d := range displaced {
		files = append(files, d.Seq)
	}
	return versions, files
}

// from are the numbers from first to last.
func from(first, last int64) (list []int64) {
	for ; first <= last; first++ {
		list = append(list, first)
	}
	return list
}

const unbounded = 1 << 40

func TestPrune(t *testing.T) {
	const n = 12
	for name, tt := range map[string]struct {
		keep  state.Keep
		first int64 // version that stays
	}{
		"none":                  {state.Keep{Versions: n, Most: 1000, Size: unbounded}, 1},
		"count":                 {state.Keep{Versions: 3, Most: 1000, Size: unbounded}, 10},
		"age, which is more":    {state.Keep{Versions: 3, Age: 5*time.Hour + time.Minute, Most: 1000, Size: unbounded}, 7},
		"count, which is more":  {state.Keep{Versions: 8, Age: 2 * time.Hour, Most: 1000, Size: unbounded}, 5},
		"most":                  {state.Keep{Versions: 50, Age: 99 * time.Hour, Most: 5, Size: unbounded}, 9},
		"most, with some room":  {state.Keep{Versions: 50, Age: 99 * time.Hour, Most: 8, Size: unbounded}, 7},
		"size":                  {state.Keep{Versions: 50, Age: 99 * time.Hour, Most: 1000, Size: 2000}, 10},
		"the newest, at least":  {state.Keep{Versions: 50, Age: 99 * time.Hour, Most: 1000, Size: 1}, n},
		"few that nobody wants": {state.Keep{Versions: n - n/4, Most: 1000, Size: unbounded}, 1 + n/4},
	} {
		t.Run(name, func(t *testing.T) {
			p := made(t, n)
			want := p.said()[tt.first-1:]
			p.prune(tt.keep, yes)
			p.want(want...)
			if _, files := p.seqs(); !cmp.Equal(files, from(max(2, tt.first), n)) {
				t.Errorf("displaced files %v, want those from %d", files, tt.first)
			}
			p.append(version(state.Commit, "next"))
			p.want(append(want, said{n + 1, state.Commit, "next"})...)
			if left, err := p.dir.LeftOver(); err != nil || len(left) > 0 {
				t.Errorf("left over: %v (%v)", left, err)
			}
		})
	}
}

// A clock that was wrong for a while, as on a machine that starts in 1970, dates one version
// long before those around it: nothing young goes with it.
func TestPruneByWrongClock(t *testing.T) {
	p := newPlace(t)
	for i := range 12 {
		v := version(state.Commit, lines(i))
		if v.Time = time.Now(); i == 6 {
			v.Time = time.Unix(0, 0)
		}
		p.append(v)
	}
	p.prune(state.Keep{Versions: 3, Age: time.Hour, Most: 1000, Size: unbounded}, yes)
	if versions, _ := p.seqs(); !cmp.Equal(versions, from(1, 12)) {
		t.Errorf("versions %v", versions)
	}
}

// Below a quarter of what there is, nothing is rewritten.
func TestPruneLeavesFew(t *testing.T) {
	p := made(t, 20)
	p.prune(state.Keep{Versions: 19, Most: 1000, Size: unbounded}, yes)
	if versions, _ := p.seqs(); len(versions) != 20 {
		t.Errorf("%d versions are left of 20", len(versions))
	}
}

// A displaced file that somebody has written to stays, with what that is to be merged
// with; the others go.
func TestPruneOfWritten(t *testing.T) {
	p := made(t, 12)
	p.write(p.intent(5).Path, []byte("late"))
	var asked []int64
	p.prune(state.Keep{Versions: 3, Most: 1000, Size: unbounded}, func(d state.Displaced) bool {
		asked = append(asked, d.Seq)
		return d.Seq != 5
	})
	versions, files := p.seqs()
	if !cmp.Equal(asked, from(2, 9)) {
		t.Errorf("asked of %v", asked)
	}
	if want := append([]int64{4, 5}, from(10, 12)...); !cmp.Equal(versions, want) {
		t.Errorf("versions %v, want %v", versions, want)
	}
	if want := append([]int64{5}, from(10, 12)...); !cmp.Equal(files, want) {
		t.Errorf("displaced files %v, want %v", files, want)
	}
	base := p.history().Expected(p.intent(5))
	if got := p.history().Find(base); string(got) != lines(3) {
		t.Errorf("its base is %q", got)
	}
	p.prune(state.Keep{Versions: 3, Most: 1000, Size: unbounded}, yes) // it is merged
	if versions, files := p.seqs(); !cmp.Equal(versions, from(10, 12)) || !cmp.Equal(files, from(10, 12)) {
		t.Errorf("then versions %v and files %v", versions, files)
	}
}

// What was found in a displaced file and merged stays known as long as the file does.
func TestPruneOfAbsorbed(t *testing.T) {
	p := made(t, 6)
	p.write(p.intent(3).Path, []byte("late"))
	absorbed := version(state.Commit, lines(6))
	absorbed.Absorbed = []state.Absorbed{{Seq: 3, Digest: state.DigestOf([]byte("late"))}}
	p.append(version(state.Stray, "late"), absorbed)
	for i := range 5 {
		p.append(version(state.Commit, lines(20+i)))
	}
	p.prune(state.Keep{Versions: 2, Most: 1000, Size: unbounded}, func(d state.Displaced) bool { return d.Seq != 3 })
	if got := p.history().Expected(p.intent(3)); got != state.DigestOf([]byte("late")) {
		t.Errorf("expected is %v", got)
	}
	if got := p.history().Find(state.DigestOf([]byte("late"))); string(got) != "late" {
		t.Errorf("its content is %q", got)
	}
}

// Where the first version that stays never stood in the file, those behind it do not need
// the one before.
func TestPruneBeforeStray(t *testing.T) {
	p := newPlace(t)
	p.append(version(state.Commit, lines(0)))
	p.append(version(state.Stray, lines(1)), version(state.Commit, lines(2)))
	want := p.said()[1:]
	p.prune(state.Keep{Versions: 2, Most: 1000, Size: unbounded}, yes)
	p.want(want...)
}

// Files that a killed process left to be removed go with the next pruning.
func TestPruneAfterCrash(t *testing.T) {
	p := made(t, 8)
	keep := state.Keep{Versions: 3, Most: 1000, Size: unbounded}
	p.prune(keep, yes)
	p.write(p.intent(4).Path, []byte(lines(2)))
	p.prune(keep, yes)
	if _, files := p.seqs(); !cmp.Equal(files, from(6, 8)) {
		t.Errorf("displaced files %v", files)
	}
}

// Damage goes with the versions that do, and hides no more than it did.
func TestPruneOfDamaged(t *testing.T) {
	p := made(t, 8)
	data := p.read()
	data[10] ^= 1
	p.write(p.path, data)
	p.prune(state.Keep{Versions: 3, Most: 1000, Size: unbounded}, yes)
	if versions, _ := p.seqs(); !cmp.Equal(versions, from(6, 8)) || len(p.history().Damaged) > 0 {
		t.Errorf("versions %v, damaged lines %v", versions, p.history().Damaged)
	}
}

// What a Log has read before does not hide that its line is damaged since.
func TestPruneOfDamagedSince(t *testing.T) {
	p := made(t, 40)
	keep := state.Keep{Versions: 30, Most: 1000, Size: unbounded}
	p.prune(keep, yes)
	for n := range 20 {
		p.append(version(state.Commit, lines(40+n)))
	}
	data := p.read()
	data[bytes.Index(data, []byte(`"seq":35,`))] ^= 1
	p.write(p.path, data)
	p.prune(keep, yes)
	h := p.history()
	if _, _, damaged := h.Index(35); damaged || len(h.Damaged) > 0 || len(h.Entries) != 30 {
		t.Errorf("%d versions, damaged lines %v", len(h.Entries), h.Damaged)
	}
}

// What a Log remembers of its own entries is what stands in their lines.
func TestPruneOfRemembered(t *testing.T) {
	var logs [2][]byte
	for i := range logs {
		p := made(t, 40)
		keep := state.Keep{Versions: 30, Most: 1000, Size: unbounded}
		p.prune(keep, yes)
		for n := range 40 {
			v := version(state.Commit, lines(40+n))
			v.Actor, v.Absorbed, v.Closes = "daemon", []state.Absorbed{{Seq: 3, Digest: state.DigestOf(nil)}}, []int64{int64(n)}
			v.Base, v.Theirs = state.DigestOf([]byte(lines(n))), state.DigestOf([]byte(lines(39+n)))
			p.append(v)
		}
		if i == 1 {
			p.open()
		}
		p.prune(keep, yes)
		logs[i] = p.read()
	}
	if diff := cmp.Diff(string(logs[1]), string(logs[0])); diff != "" {
		t.Errorf("log (-by a new Log +by the one that wrote it):\n%s", diff)
	}
}

// Somewhat more stays where the first version is in a displaced file then, if that may be.
func TestPruneToDisplaced(t *testing.T) {
	const n = 40
	for _, tt := range []struct {
		keep        state.Keep
		held, first int64 // version that is in a displaced file; that stays
	}{
		{state.Keep{Versions: 10, Most: 1000, Size: unbounded}, 28, 28},
		{state.Keep{Versions: 10, Most: 1000, Size: unbounded}, 26, 26},
		{state.Keep{Versions: 10, Most: 1000, Size: unbounded}, 25, 31},
		{state.Keep{Versions: 10, Most: 1000, Size: unbounded}, 32, 31},
		{state.Keep{Versions: 10, Age: 99 * time.Hour, Most: 12, Size: unbounded}, 29, 29},
		{state.Keep{Versions: 10, Age: 99 * time.Hour, Most: 12, Size: unbounded}, 28, 32},
	} {
		p := made(t, n)
		for seq := int64(2); seq <= n; seq++ {
			if seq != tt.held+1 {
				if err := os.Remove(p.intent(seq).Path); err != nil {
					t.Fatal(err)
				}
			}
		}
		p.prune(tt.keep, yes)
		if versions, _ := p.seqs(); !cmp.Equal(versions, from(tt.first, n)) {
			t.Errorf("%+v, displaced %d: versions %v, want those from %d", tt.keep, tt.held, versions, tt.first)
		}
	}
}

// A process that knew the log before it was pruned sees that it is another.
func TestPruneOfOthers(t *testing.T) {
	p := made(t, 8)
	other := p.dir.Log()
	if _, _, _, err := other.Last(); err != nil {
		t.Fatal(err)
	}
	p.prune(state.Keep{Versions: 3, Most: 1000, Size: unbounded}, yes)
	if seq, _, err := other.Append(version(state.Commit, "next")); err != nil || seq != 9 {
		t.Errorf("the next version is %d (%v)", seq, err)
	}
	if versions, _ := p.seqs(); !cmp.Equal(versions, from(6, 9)) {
		t.Errorf("versions %v", versions)
	}
}

func TestCrowded(t *testing.T) {
	p := made(t, 10)
	for _, tt := range []struct {
		keep state.Keep
		want bool
	}{
		{state.Keep{Versions: 50, Most: 1000, Size: unbounded}, false},
		{state.Keep{Versions: 3, Age: 99 * time.Hour, Most: 1000, Size: unbounded}, false},
		{state.Keep{Versions: 3, Age: time.Hour, Most: 1000, Size: unbounded}, true},
		{state.Keep{Versions: 50, Most: 9, Size: unbounded}, true},
		{state.Keep{Versions: 50, Most: 1000, Size: 500}, true},
	} {
		if got, err := p.log.Crowded(tt.keep); err != nil || got != tt.want {
			t.Errorf("%+v: crowded %v (%v)", tt.keep, got, err)
		}
	}
}

// Each state that a killed commit can leave; see the table of Recover.
func TestRecover(t *testing.T) {
	const old, now, other = "old", "new", "other"
	digest := func(s string) state.Digest { return state.DigestOf([]byte(s)) }
	for name, tt := range map[string]struct {
		intent, temp string // content; "" for no such file
		link         bool   // the intent's name is one of the file's
		own          bool   // the intent's file is the one that the commit made, by its number
		exchanges    bool   // the log has a number, of a file that is gone
		aside        bool   // and is kept as a stray
		file         string
		undone, kept bool // the entries are taken back; the intent's file stays
	}{
		"killed before the intent had a name":      {temp: now, file: old, undone: true},
		"and the temporary file is gone too":       {file: old, undone: true},
		"killed before the exchange":               {intent: now, file: old, undone: true},
		"killed after the exchange":                {intent: old, file: now, kept: true},
		"exchanged, and somebody saved since":      {intent: old, file: other, kept: true},
		"exchanged, and somebody took it back":     {intent: old, file: old, kept: true},
		"taken back, and killed in making it anew": {intent: old, temp: now, file: old, exchanges: true, kept: true},
		"exchanged, and written to later":          {intent: other, file: now, kept: true},
		"exchanged, and the file is gone":          {intent: old, kept: true},
		"not exchanged, and somebody saved since":  {intent: now, file: other, kept: true},
		"linked and not renamed":                   {intent: old, link: true, temp: now, file: old, undone: true},
		"copied and not renamed":                   {intent: old, temp: now, file: old, undone: true},
		"half copied by another, of earlier":       {intent: old, temp: other, file: now, kept: true},
		"changed back":                             {intent: now, own: true, file: old, undone: true},
		"changed back for somebody who saved":      {intent: now, own: true, file: other, undone: true},
		"changed back, and the file is gone":       {intent: now, own: true, undone: true},
		"written to, and changed back":             {intent: other, own: true, file: old, undone: true, aside: true},
		"written to, changed back, and saved":      {intent: other, own: true, file: other, undone: true, aside: true},
		"a number that has become another file's":  {intent: old, own: true, file: now, kept: true},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			p.append(version(state.Commit, old))
			commit := version(state.Commit, now)
			commit.Theirs = digest(old)
			intent := p.dir.Intent(3, digest(old), digest(now))
			if tt.own {
				p.write(intent.Path, nil)
				at, err := sys.StampAt(intent.Path)
				if err != nil {
					t.Fatal(err)
				}
				if commit.File = at.Ino; at.Ino == 0 {
					t.Skip("SKIPPED: files have no numbers here")
				}
			}
			if tt.exchanges {
				commit.File = 1
			}
			p.append(version(state.Stray, "aside"), commit)
			var holds []byte
			if tt.file != "" {
				holds = []byte(tt.file)
				p.write(p.dir.File(), holds)
			}
			switch {
			case tt.link:
				if err := os.Link(p.dir.File(), intent.Path); err != nil {
					t.Skip(err)
				}
			case tt.intent != "":
				p.write(intent.Path, []byte(tt.intent))
			}
			if tt.temp != "" {
				p.write(fmt.Sprintf("%s/.temp17", p.dir.Path()), []byte(tt.temp))
			}
			p.open()
			if err := p.log.Recover(holds); err != nil {
				t.Fatal(err)
			}
			want := []said{{1, state.Commit, old}}
			if !tt.undone {
				want = append(want, said{2, state.Stray, "aside"}, said{3, state.Commit, now})
			}
			if tt.aside {
				want = append(want, said{4, state.Stray, now})
				kept := p.dir.Intent(4, digest(now), digest(old))
				if data, err := os.ReadFile(kept.Path); err != nil || string(data) != other {
					t.Errorf("what somebody wrote to: %q, %v", data, err)
				}
			}
			p.want(want...)
			if p.log.LacksEnd() {
				t.Error("something counts as lost")
			}
			if _, err := os.Stat(intent.Path); (err == nil) != tt.kept {
				t.Errorf("the intent's file: %v, want it kept: %v", err, tt.kept)
			}
			if err := p.log.Recover(holds); err != nil { // and once more
				t.Fatal(err)
			}
			p.want(want...)
		})
	}
}

// A commit that was to make the file, and was killed before or after.
func TestRecoverOfMaking(t *testing.T) {
	for name, tt := range map[string]struct {
		temp, made, undone bool
	}{
		"before":             {temp: true, undone: true},
		"after":              {temp: true, made: true},
		"deleted long since": {},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			p.append(version(state.Commit, "new"))
			temp := p.dir.Path() + "/.temp17"
			var holds []byte
			if tt.temp {
				p.write(temp, []byte("new"))
			}
			if tt.made {
				holds = []byte("new")
				if err := os.Link(temp, p.dir.File()); err != nil {
					t.Skip(err)
				}
			}
			if err := p.log.Recover(holds); err != nil {
				t.Fatal(err)
			}
			if n := len(p.said()); (n == 0) != tt.undone {
				t.Errorf("%d versions", n)
			}
		})
	}
}

// A power cut can take from the log what is there as a displaced file: the next number is
// none that was.
func TestNumbersAboveDisplacedFiles(t *testing.T) {
	p := made(t, 4)
	if err := os.Truncate(p.path, 0); err != nil {
		t.Fatal(err)
	}
	p.open()
	if err := p.log.Recover([]byte(lines(3))); err != nil {
		t.Fatal(err)
	}
	if seq, _, err := p.log.Append(version(state.Commit, "next")); err != nil || seq != 5 {
		t.Errorf("the next version is %d (%v), want 5", seq, err)
	}
}

// What a power cut took from the end of the log is put back, however much it is, as far as
// content is at hand that has the names in the files' names.
func TestRegain(t *testing.T) {
	const n = 5
	for left := range n + 1 { // entries that the log still has
		// all are versions from a to b; who wrote what the first file held nothing tells.
		all := func(a, b int) (list []said) {
			for i := a; i <= b; i++ {
				list = append(list, said{int64(i), state.Commit, lines(i - 1)})
			}
			if left == 0 && a == 1 {
				list[0].Kind = state.Read
			}
			return list
		}
		// What commit 4 displaced tells nothing of 3 any more, but 5 has displaced what 4 wrote.
		without3 := append(all(1, max(left, 2)), all(max(left+1, 4), n)...)
		if left < 4 {
			without3[len(without3)-2].Kind = state.Read
		}
		for name, c := range map[string]struct {
			holds string
			wrote int64 // number of a displaced file that somebody has written to
			want  []said
			lacks bool
		}{
			"as it was":                    {holds: lines(n - 1), want: all(1, n)},
			"somebody saved over the last": {holds: "other", want: all(1, max(left, n-1)), lacks: left < n},
			"the file is gone":             {want: all(1, max(left, n-1)), lacks: left < n},
			"somebody wrote to one":        {holds: lines(n - 1), wrote: 4, want: without3},
		} {
			t.Run(fmt.Sprintf("%d entries, %s", left, name), func(t *testing.T) {
				p := made(t, n)
				log := bytes.SplitAfter(p.read(), []byte("\n\n"))
				p.write(p.path, bytes.Join(log[:left], nil))
				if c.wrote > 0 {
					p.write(p.intent(c.wrote).Path, []byte("late"))
				}
				var holds []byte
				if c.holds != "" {
					holds = []byte(c.holds)
				}
				p.open()
				for range 2 { // and once more
					if err := p.log.Recover(holds); err != nil {
						t.Fatal(err)
					}
				}
				p.want(c.want...)
				if p.log.LacksEnd() != c.lacks {
					t.Errorf("it lacks its end: %t, want %t", p.log.LacksEnd(), c.lacks)
				}
			})
		}
	}
}

// A conflict may stay for a file that somebody still writes to. What closed it stays too: it
// does not wait again.
func TestPruneOfClosed(t *testing.T) {
	p := made(t, 6)
	conflict := state.NewDispute(state.Entry{Absorbed: []state.Absorbed{{Seq: 3}}}, "late_writer", "", []byte("base"), []byte("ours"), []byte("theirs"))
	p.append(conflict)
	closing := version(state.Closed, "")
	closing.Closes = []int64{7}
	p.append(closing)
	for i := range 5 {
		p.append(version(state.Commit, lines(20+i)))
	}
	p.prune(state.Keep{Versions: 2, Most: 1000, Size: unbounded}, func(d state.Displaced) bool { return d.Seq != 3 })
	h := p.history()
	if i, _, _ := h.Index(7); i < 0 {
		t.Error("the conflict is gone")
	}
	if open := h.Pending(); len(open) > 0 {
		t.Errorf("%d conflicts wait", len(open))
	}
}

// Behind the newest version there may be many conflicts, which never stood in the file.
func TestPruneBehindNewest(t *testing.T) {
	p := made(t, 6)
	for i := range 20 {
		p.append(state.NewDispute(state.Entry{}, "update", "", []byte(lines(1)), []byte(lines(30+i)), []byte(lines(5))))
	}
	p.prune(state.Keep{Versions: 2, Most: 1000, Size: unbounded}, yes)
	if last, _, ok, err := p.log.Last(); err != nil || !ok || last.Seq != 6 {
		t.Errorf("the newest version is %+v, %t (%v)", last, ok, err)
	}
	if h := p.history(); string(h.Find(state.DigestOf([]byte(lines(5))))) != lines(5) || len(h.Pending()) != 20 {
		t.Errorf("%d conflicts wait", len(h.Pending()))
	}
}
