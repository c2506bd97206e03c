package fuzz

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rowkeep/rowkeep/fuzz/oracle"
	"github.com/rowkeep/rowkeep/merge"
)

// lostForm is the last part of law 3: a form that one side alone changed is in the
// result, or else a warning says that it gave way.
func (v *view) lostForm() error {
	if v.warned(merge.WarnForm) || !v.sameHeaders() || v.renames() || v.emptied() {
		return nil
	}
	flags := []struct {
		name string
		of   func(*oracle.Table) bool
	}{
		{"byte-order mark", func(t *oracle.Table) bool { return t.BOM }},
		{"final newline", func(t *oracle.Table) bool { return t.Records[len(t.Records)-1].End != "" }},
	}
	if v.out.Records[len(v.out.Records)-1].Text == "" {
		flags = flags[:1] // an empty line is nothing without its end
	}
	for _, f := range flags {
		if err := v.lostChange(f.name, func(t *oracle.Table) (string, bool) { return fmt.Sprint(f.of(t)), true }); err != nil {
			return err
		}
	}
	for _, key := range v.out.Order {
		if !v.kept(key) || v.conflictAbout(key) {
			continue
		}
		if err := v.lostRowForm(key); err != nil {
			return err
		}
	}
	return nil
}

// emptied reports a version without records, which says nothing about form.
func (v *view) emptied() bool {
	return len(v.out.Records) == 0 || slices.ContainsFunc(v.in, func(t *oracle.Table) bool { return len(t.Records) == 0 })
}

// lostRowForm checks quotes and line end of a kept row.
func (v *view) lostRowForm(key string) error {
	for i := range v.out.Columns {
		err := v.lostChange(fmt.Sprintf("quoting of row %q, field %d", key, i), func(t *oracle.Table) (string, bool) {
			rec, ok := recordOf(t, key)
			if !ok || i >= len(rec.Fields) || strings.ContainsAny(rec.Fields[i].Value, ",\"\r\n") {
				return "", false
			}
			return fmt.Sprint(rec.Fields[i].Quoted), true
		})
		if err != nil {
			return err
		}
	}
	return v.lostChange(fmt.Sprintf("line end of row %q", key), func(t *oracle.Table) (string, bool) {
		rec, ok := recordOf(t, key)
		return rec.End, ok && rec.End != ""
	})
}

// lostChange checks one form, which of gives where a version has it: what one side
// alone changed it to, the result has.
func (v *view) lostChange(name string, of func(*oracle.Table) (string, bool)) error {
	var forms []string
	for _, t := range append(slices.Clone(v.in), v.out) {
		form, ok := of(t)
		if !ok {
			return nil
		}
		forms = append(forms, form)
	}
	want := forms[ours]
	switch {
	case forms[ours] == forms[base]:
		want = forms[theirs]
	case forms[theirs] != forms[base] && forms[theirs] != forms[ours]:
		return fmt.Errorf("%s was changed differently, without a warning", name)
	}
	if got := forms[len(v.in)]; got != want {
		return fmt.Errorf("%s is %s, want %s, and there is no warning", name, got, want)
	}
	return nil
}

// recordOf finds the record of a row.
func recordOf(t *oracle.Table, key string) (oracle.Record, bool) {
	for _, rec := range t.Records {
		if rec.Kind != oracle.Row {
			continue
		}
		if k, ok := t.KeyOf(rec); ok && k == key {
			return rec, true
		}
	}
	return oracle.Record{}, false
}

// untouchedBytes is law 8: a record that stands alike in all versions stands so in the
// result.
func untouchedBytes(v *view) (bool, error) {
	if !v.sameHeaders() {
		return false, nil
	}
	untouched := 0
	for _, key := range v.in[base].Order {
		if !v.kept(key) || !v.untouched(key) {
			continue
		}
		untouched++
		want, _ := recordOf(v.in[base], key)
		got, ok := recordOf(v.out, key)
		if !ok || got.Text != want.Text {
			return true, fmt.Errorf("row %q is %q, want %q as in all inputs", key, got.Text, want.Text)
		}
		if !v.converted() && got.End != want.End && got.End != "" && want.End != "" {
			return true, fmt.Errorf("row %q ends %q, want %q as in all inputs", key, got.End, want.End)
		}
	}
	return untouched > 0, v.untouchedLines()
}

func (v *view) untouched(key string) bool {
	b, _ := recordOf(v.in[base], key)
	for _, side := range bothSides {
		if s, _ := recordOf(v.in[side], key); s.Raw() != b.Raw() {
			return false
		}
	}
	return true
}

// converted reports a side that may have converted the line ends of the file: one
// has line ends that base does not.
func (v *view) converted() bool {
	for _, side := range bothSides {
		for _, rec := range v.in[side].Records {
			known := slices.ContainsFunc(v.in[base].Records, func(b oracle.Record) bool { return b.End == rec.End })
			if !known && rec.End != "" {
				return true
			}
		}
	}
	return false
}

func (v *view) untouchedLines() error {
	if !v.linesCompare() {
		return nil
	}
	o, t := v.edits(ours), v.edits(theirs)
	was, got := v.leads(v.in[base]), v.leads(v.out)
	for _, place := range v.places() {
		if !o.lines[place] && !t.lines[place] && !slices.Equal(was[place], got[place]) {
			return fmt.Errorf("lines above %q are %q, want %q as in all inputs", place, got[place], was[place])
		}
	}
	return nil
}
