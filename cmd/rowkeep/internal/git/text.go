package git

import (
	"path/filepath"
	"strconv"
	"strings"
)

// TextMerge is git's own merge of three files by lines, in the style of the user's
// merge.conflictStyle.
type TextMerge struct {
	Base, Ours, Theirs                string // names of files
	BaseLabel, OursLabel, TheirsLabel string
	MarkerSize                        int // 0 for git's own
}

// Run returns the merged text and the number of conflicts, as many as git counts. The files
// stay as they are. Binary input is an error: git has no merge of it.
func (m TextMerge) Run() (text string, conflicts int, err error) {
	args := []string{"merge-file", "-p", "-q"}
	if m.MarkerSize > 0 {
		args = append(args, "--marker-size="+strconv.Itoa(m.MarkerSize))
	}
	for _, label := range []string{m.OursLabel, m.BaseLabel, m.TheirsLabel} {
		args = append(args, "-L", label)
	}
	text, err = run(nil, append(args, "--", absolute(m.Ours), absolute(m.Base), absolute(m.Theirs))...)
	const most = 127 // statuses above are failures
	if status := exited(err); status > 0 && status <= most {
		return text, status, nil
	}
	return text, 0, err
}

// TextDiff returns git's own diff of two files by lines, without the lines above the first
// hunk, which name the files; "" if they are equal. /dev/null stands for no file.
func TextDiff(from, to string) (string, error) {
	out, err := run(nil, "diff", "--no-index", "--no-ext-diff", "--no-textconv", "--color=never", "--", absolute(from), absolute(to))
	if err != nil && exited(err) != 1 { // 1: they differ
		return "", err
	}
	return hunks(out), nil
}

// absolute keeps "-" from being standard input.
func absolute(file string) string {
	if abs, err := filepath.Abs(file); err == nil {
		return abs
	}
	return file
}

// hunks cuts off what stands above the first hunk. Binary files have none, but a note that
// would name the wrong files.
func hunks(diff string) string {
	at := 0
	for line := range strings.Lines(diff) {
		switch {
		case strings.HasPrefix(line, "@@"):
			return diff[at:]
		case strings.HasPrefix(line, "Binary files"):
			return "Binary files differ\n"
		}
		at += len(line)
	}
	return ""
}

// WantsColor reports whether git would colour a diff on our standard output, which may be
// its pager.
func WantsColor(terminal bool) bool {
	out, err := line("config", "--get-colorbool", "color.diff", strconv.FormatBool(terminal))
	return err == nil && out == "true"
}
