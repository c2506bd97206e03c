package store

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

// A notice is a comment that the store puts above what it changed again:
//
//	# re-applied 7: btc_1 enabled=false order_id=O1 (your save was from an older copy)
//
// It tells the person what happened, where he looks. And a save that has it was loaded
// after the repair, so that what it takes back is deliberate.
const (
	noticeStart = "re-applied"
	noticeEnd   = "(your save was from an older copy)"
)

// Compiled when it is needed: a command that has nothing to do with it would wait for it too.
var noticePattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^ ` + noticeStart + ` \d+: .*` + regexp.QuoteMeta(noticeEnd) + `$`)
})

// A notice is to be read at a glance.
const (
	mostNoticed   = 120 // bytes of the list
	mostOfAValue  = 40  // characters
	commentPrefix = "#"
)

// prefixOf is the comment prefix in force; empty means that nothing is a comment.
func prefixOf(read csvrows.Options) string {
	switch {
	case read.NoComment:
		return ""
	case read.Comment == "":
		return commentPrefix
	}
	return read.Comment
}

// isNotice reports that a comment, without its form, is a notice.
func isNotice(said, prefix string) bool {
	rest, ok := strings.CutPrefix(said, prefix)
	return ok && noticePattern().MatchString(rest)
}

// notice is the text of a notice.
func notice(number int64, changes []EventChange, read csvrows.Options, delimiter byte) string {
	return fmt.Sprintf("%s %s %d: %s %s", prefixOf(read), noticeStart, number, listed(changes, delimiter), noticeEnd)
}

// listed names changes, cells of one row together.
func listed(changes []EventChange, delimiter byte) string {
	var b strings.Builder
	for i, c := range changes {
		name := noticed(c, delimiter)
		if i > 0 && b.Len()+len(name) > mostNoticed {
			fmt.Fprintf(&b, " and %d more", len(changes)-i)
			break
		}
		if i == 0 || !slices.Equal(c.Key, changes[i-1].Key) || c.Key == nil {
			if i > 0 {
				b.WriteString(" / ")
			}
			if c.Key != nil {
				b.WriteString(escape(csvrows.Key(c.Key).String(), delimiter) + " ")
			}
		} else {
			b.WriteByte(' ')
		}
		b.WriteString(name)
	}
	return b.String()
}

func noticed(c EventChange, delimiter byte) string {
	switch c.Kind {
	case merge.ChangeCell:
		return escape(c.Column, delimiter) + "=" + escape(c.Ours.Text, delimiter)
	case merge.ChangeRowAdded:
		return "added"
	case merge.ChangeRowDeleted:
		return "deleted"
	case merge.ChangeComment:
		return "a comment"
	case merge.ChangeColumnAdded, merge.ChangeColumnDeleted:
		return "column " + escape(c.Column, delimiter)
	}
	return strings.ReplaceAll(string(c.Kind), "_", " ")
}

// escape makes a value fit a comment, for this package and for others that cut comments
// into fields: no line end, no quote, no delimiter. Long ones are cut.
func escape(value string, delimiter byte) string {
	var b strings.Builder
	for n := 0; len(value) > 0; n++ {
		if n == mostOfAValue {
			b.WriteString("...")
			break
		}
		r, size := utf8.DecodeRuneInString(value)
		switch plain := unicode.IsPrint(r) && r != '"' && r != '\\' && r != rune(delimiter); {
		case r == utf8.RuneError && size == 1, !plain && r < utf8.RuneSelf:
			fmt.Fprintf(&b, `\x%02x`, value[0])
		case !plain:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteString(value[:size])
		}
		value = value[size:]
	}
	return b.String()
}

// withoutNotices takes the notices out of content for which drop says so.
func withoutNotices(data []byte, read csvrows.Options, drop func(text string) bool) ([]byte, error) {
	f, err := csvrows.Parse(data, read)
	if err != nil {
		return nil, err
	}
	prefix := prefixOf(read)
	out, cut := make([]byte, 0, len(data)), false
	out = append(out, data[:f.Offset(0)]...)
	for i := range f.Len() {
		if f.Kind(i) == csvrows.Comment {
			if text := said(f, i); isNotice(text, prefix) && drop(text) {
				cut = true
				continue
			}
		}
		out = append(out, f.Raw(i)...)
	}
	if !cut {
		return data, nil
	}
	return out, nil
}

// withNotice puts a notice directly above the first of the rows with the keys, else at
// the end of content.
func withNotice(data []byte, read csvrows.Options, text string, keys [][]string) ([]byte, error) {
	f, err := csvrows.Parse(data, read)
	if err != nil {
		return nil, err
	}
	keyCols, err := f.KeyColumns()
	if err != nil {
		return nil, err
	}
	end := []byte{'\n'}
	if f.Len() > 0 && len(f.LineEnd(0)) > 0 {
		end = f.LineEnd(0)
	}
	for i := range f.Len() {
		if f.Kind(i) != csvrows.Row {
			continue
		}
		key := f.Key(i, keyCols)
		if slices.ContainsFunc(keys, func(k []string) bool { return slices.Equal(k, key) }) {
			line := append([]byte(text), end...)
			return slices.Insert(bytes.Clone(data), f.Offset(i), line...), nil
		}
	}
	out := bytes.Clone(data)
	if n := f.Len(); n > 0 && len(f.LineEnd(n-1)) == 0 {
		return append(append(out, end...), text...), nil
	}
	return append(append(out, text...), end...), nil
}

// setNotices drops notices that have done their work, and adds one where something was
// made again.
func (j *judgement) setNotices() error {
	adds := j.opt.notice && len(j.repaired) > 0 && !j.opt.read.NoComment
	newest := j.newest
	result, err := withoutNotices(j.result, j.opt.read, func(text string) bool {
		inSave := slices.Contains(j.saveNotices, text)
		in := j.notices[text]
		_, stands := slices.BinarySearch(in, newest)
		switch {
		case adds, j.undone && inSave:
			return true
		case len(in) == 0: // of a history that is lost
			return false
		}
		return !stands
	})
	if err != nil || !adds {
		j.result = result
		return err
	}
	var keys [][]string
	for _, c := range j.repaired {
		if c.Key != nil {
			keys = append(keys, c.Key)
		}
	}
	text := notice(j.last.seq+1, j.repaired, j.opt.read, j.save.file.Delimiter())
	j.result, err = withNotice(result, j.opt.read, text, keys)
	return err
}
