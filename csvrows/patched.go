package csvrows

import "bytes"

// Patched returns the file that Parse makes of what Bytes returns, where that can be told
// without reading what no edit touched: all edits set cells of rows below a header, and none
// a key. Its tables need not read the keys either. head and tail are how many bytes at its
// start and at its end no edit touched. Where there is more to it, f is nil.
func (t *Table) Patched() (f *File, head, tail int) {
	old, changed := t.file, t.changed()
	if !t.patchable(changed) {
		return nil, 0, 0
	}
	if len(changed) == 0 {
		return old, len(old.data), 0
	}
	f = newFile(t.Bytes(), old.opt)
	if looksUTF16(f.data) || !f.detectsAs(old) {
		return nil, 0, 0
	}
	f.header, f.columns = old.header, old.columns
	f.recs = old.recs.shifted(len(f.data), changed, func(row int) int { return len(t.raw(row)) - len(old.Raw(row)) })
	f.keyedOnce.Do(func() {
		k := t.keyed
		k.lineEnd = bytes.Clone(k.lineEnd) // of the old file, whose memory nobody may need any more
		f.keyed = &k
	})
	return f, old.Offset(changed[0]), len(old.data) - old.Offset(changed[len(changed)-1]+1)
}

// patchable reports that no edit but of cells was made, and that no record in front of the
// first row, which tell how the file is to be read, is another one.
func (t *Table) patchable(changed []int) bool {
	f := t.file
	if t.own || f.header < 0 || f.prefixed || f.opt.NoHeader || len(t.changes) > len(changed) {
		return false
	}
	for _, row := range changed {
		if row <= f.header || len(t.changes[row].raw) == 0 {
			return false
		}
	}
	return true
}

// detectsAs reports that the delimiter is that of the old file, given or detected. Under
// another one a header can go on into rows.
func (f *File) detectsAs(old *File) bool {
	if f.detected = old.detected; !f.detected {
		return true
	}
	opt := f.opt
	opt.Delimiter = 0
	d, err := Detect(opt, f.data)
	return err == nil && d == old.opt.Delimiter
}
