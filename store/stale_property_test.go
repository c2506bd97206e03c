package store

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

// A drawnHistory grows by writes of a program and edits of people, each from the newest
// version. Every text in it is new.
type drawnHistory struct {
	*rapid.T
	history []version
	file    *csvrows.Table
	texts   int
}

func (d *drawnHistory) fresh() string {
	d.texts++
	return fmt.Sprintf("text %d", 100+d.texts)
}

func (d *drawnHistory) anyKey() csvrows.Key {
	var keys []csvrows.Key
	for k := range d.file.Keys() {
		keys = append(keys, k)
	}
	return rapid.SampledFrom(keys).Draw(d.T, "row")
}

func (d *drawnHistory) must(err error) {
	if err != nil {
		d.Fatal(err)
	}
}

// step makes the next version.
func (d *drawnHistory) step() {
	written := true
	switch key := d.anyKey(); rapid.IntRange(0, 5).Draw(d.T, "step") {
	case 0: // words only
		row, err := d.file.Get(key)
		d.must(err)
		on := map[string]string{"true": "false", "false": "true"}[row["enabled"]]
		d.must(d.file.Set(key, map[string]string{"enabled": on}))
	case 1:
		d.must(d.file.Set(key, map[string]string{"enabled": "false", "order_id": d.fresh()}))
	case 2:
		d.must(d.file.Append(csvrows.Key{d.fresh()}, map[string]string{"enabled": "true", "order_id": d.fresh(), "note": d.fresh()}))
	case 3:
		written = false
		d.must(d.file.Set(key, map[string]string{"note": d.fresh()}))
	case 4:
		written = false
		d.must(d.file.Append(csvrows.Key{d.fresh()}, map[string]string{"enabled": "true", "note": d.fresh()}))
	case 5:
		written = false
		d.reread([]byte("# " + d.fresh() + "\n" + string(d.file.Bytes())))
	}
	d.add(written)
}

func (d *drawnHistory) add(written bool) {
	d.reread(d.file.Bytes())
	snap, err := newSnapshot(d.file.Bytes(), csvrows.Options{})
	d.must(err)
	d.history = append(d.history, version{seq: int64(len(d.history) + 1), written: written, snap: snap})
}

func (d *drawnHistory) reread(data []byte) {
	f, err := csvrows.Parse(data, csvrows.Options{})
	d.must(err)
	d.file, err = csvrows.NewTable(f)
	d.must(err)
}

// buffer is version k with edits of somebody: new rows, and notes that nobody else has
// changed since. It also returns the texts that he typed.
func (d *drawnHistory) buffer(k int) (Snapshot, []string) {
	table, err := d.history[k].snap.Table()
	d.must(err)
	var typed []string
	text := func() string {
		typed = append(typed, d.fresh())
		return typed[len(typed)-1]
	}
	for i := range 8 {
		key := csvrows.Key{fmt.Sprintf("r%d", i)}
		old, err := table.Get(key)
		d.must(err)
		now, err := d.file.Get(key)
		d.must(err)
		if len(typed) < 3 && old["note"] == now["note"] && rapid.IntRange(0, 4).Draw(d.T, "edit") == 0 {
			d.must(table.Set(key, map[string]string{"note": text()}))
		}
	}
	for range rapid.IntRange(0, 2).Draw(d.T, "rows") {
		d.must(table.Append(csvrows.Key{text()}, map[string]string{"enabled": "true", "note": text()}))
	}
	snap, err := newSnapshot(table.Bytes(), csvrows.Options{})
	d.must(err)
	return snap, typed
}

// TestStaleSaveIsMerged: a copy of any version, with rows added and other cells changed,
// merges from just that version; it is left alone if that is the newest; and nothing is to
// be done about the result.
func TestStaleSaveIsMerged(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := &drawnHistory{T: rt}
		first := staleHead
		for i := range 8 {
			first += fmt.Sprintf("r%d,true,,note %d\n", i, i)
		}
		d.reread([]byte(first))
		d.add(false)
		for range rapid.IntRange(0, 12).Draw(rt, "versions") {
			d.step()
		}
		n := len(d.history) - 1
		k := rapid.IntRange(0, n).Draw(rt, "k")
		save, typed := d.buffer(k)
		if len(typed) == 0 && k < n {
			return // a backup restored, which is another rule
		}
		v, err := judgeSave(lineageOf(d.history, savePolicy{}), save, savePolicy{})
		d.must(err)
		want, err := merge.Merge(d.history[k].snap.Bytes(), d.history[n].snap.Bytes(), save.Bytes(), merge.Options{Output: merge.OutputOurs})
		d.must(err)
		if string(v.result) != string(want.Bytes()) {
			rt.Fatalf("version %d of %d saved as\n%s\njudged: %s%s\nwant\n%s", k+1, n+1, save.Bytes(), summary(v), v.result, want.Bytes())
		}
		for _, text := range typed {
			if !strings.Contains(string(v.result), text) {
				rt.Errorf("%q is lost", text)
			}
		}
		if k == n && len(v.events) > 0 {
			rt.Errorf("a fresh save: %s", summary(v))
		}
		d.quiet(v.result)
	})
}

// TestComesBackWhole: a copy of any version from before the file was deleted and made anew,
// with rows added and other cells changed, keeps all its rows; and what the program wrote
// stands, before and since.
func TestComesBackWhole(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := &drawnHistory{T: rt}
		first := staleHead
		for i := range 8 {
			first += fmt.Sprintf("r%d,true,,note %d\n", i, i)
		}
		d.reread([]byte(first))
		d.add(false)
		for range rapid.IntRange(0, 6).Draw(rt, "versions") {
			d.step()
		}
		save, typed := d.buffer(rapid.IntRange(0, len(d.history)-1).Draw(rt, "k"))
		if len(typed) == 0 {
			return // a backup restored, which is another rule
		}
		before := d.file
		for range rapid.IntRange(1, 2).Draw(rt, "made anew") {
			key := d.fresh()
			typed = append(typed, key)
			d.reread([]byte(fmt.Sprintf("%s%s,true,%s,\n", staleHead, key, d.fresh())))
			d.add(true)
			d.history[len(d.history)-1].anew = true
			for range rapid.IntRange(0, 3).Draw(rt, "versions since") {
				d.step()
			}
		}
		v, err := judgeSave(lineageOf(d.history, savePolicy{}), save, savePolicy{})
		d.must(err)
		result, err := newSnapshot(v.result, csvrows.Options{})
		d.must(err)
		table, err := result.Table()
		d.must(err)
		for key := range before.Keys() {
			row, err := before.Get(key)
			d.must(err)
			if got, err := table.Get(key); err != nil || got["enabled"] != row["enabled"] || got["order_id"] != row["order_id"] {
				rt.Fatalf("row %s was %v, and is %v (%v)\n%s%s", key, row, got, err, summary(v), v.result)
			}
		}
		for _, text := range typed {
			if !strings.Contains(string(v.result), text) {
				rt.Fatalf("%q is lost\n%s%s", text, summary(v), v.result)
			}
		}
		d.quiet(v.result)
	})
}

// quiet judges a result as a save on the history as it was, in case that the program died
// before it could note the result down.
func (d *drawnHistory) quiet(result []byte) {
	snap, err := newSnapshot(result, csvrows.Options{})
	d.must(err)
	again, err := judgeSave(lineageOf(d.history, savePolicy{}), snap, savePolicy{})
	d.must(err)
	if len(again.events) > 0 || string(again.result) != string(result) {
		d.Errorf("the result is judged again: %s", summary(again))
	}
}

// TestAnySaveIsJudged: whatever stands in a history and a save, there is a verdict or an
// error of the merge, and the file that it asks for can be read.
func TestAnySaveIsJudged(t *testing.T) {
	lines := []string{
		"id,on,note", "id,note", "on,id", "a,true,1", "a,false,x9", "b,true,2", "b", ",true,", "# c", "\"# c\",,", "#id,on", "", ",,", "a,\"q\nr\",1,extra",
		"# re-applied 2: a on=false (your save was from an older copy)",
	}
	options := []csvrows.Options{{}, {NoHeader: true}, {NoComment: true}, {Delimiter: ','}, {Comment: "a"}}
	rapid.Check(t, func(rt *rapid.T) {
		opt := savePolicy{
			read: rapid.SampledFrom(options).Draw(rt, "read"), owned: []string{"on", "2"}, notice: rapid.Bool().Draw(rt, "notice"),
			reverts: Reverts(rapid.IntRange(0, 2).Draw(rt, "reverts")),
		}
		draw := func() Snapshot {
			text := rapid.SliceOfN(rapid.SampledFrom(lines), 0, 6).Draw(rt, "lines")
			snap, err := newSnapshot([]byte(strings.Join(text, rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(rt, "end"))), opt.read)
			if err != nil {
				return Snapshot{} // no file
			}
			return snap
		}
		var history []version
		for i := range rapid.IntRange(0, 5).Draw(rt, "versions") {
			history = append(history, version{
				seq: int64(i + 1), written: rapid.Bool().Draw(rt, "written"), accepted: rapid.Bool().Draw(rt, "accepted"),
				anew: rapid.Bool().Draw(rt, "anew"), snap: draw(),
			})
		}
		save := draw()
		v, err := judgeSave(lineageOf(history, opt), save, opt)
		if err != nil || !save.Exists() {
			return
		}
		if _, err := csvrows.Parse(v.result, opt.read); err != nil {
			rt.Fatal(err)
		}
		if string(v.result) != string(save.Bytes()) && len(v.events) == 0 && !strings.Contains(string(save.Bytes()), noticeEnd) {
			rt.Fatalf("changed in silence:\n%s\nto\n%s", save.Bytes(), v.result)
		}
	})
}
