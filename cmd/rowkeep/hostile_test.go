package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/hostile"
)

// hostileFiles writes three files of hostile keys, columns, cells and comments. What stands
// in a cell is in conflict in one column, and came from theirs alone in another.
func hostileFiles(t *testing.T) (base, ours, theirs string) {
	t.Helper()
	quoted := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	head := func(s string, most int) string { return s[:min(len(s), most)] }
	dir := t.TempDir()
	files := []string{filepath.Join(dir, "base.csv"), filepath.Join(dir, "ours.csv"), filepath.Join(dir, "theirs.csv")}
	for v, file := range files {
		var b bytes.Buffer
		b.WriteString("id,both,one")
		for _, h := range hostile.Values() {
			b.WriteString("," + quoted(head(h.Text, 300)))
		}
		b.WriteString("\n")
		for _, h := range hostile.Values() {
			both, one := h.Text, ""
			switch v {
			case 1:
				both = "ours " + h.Text
			case 2:
				both, one = "theirs "+h.Text, h.Text
			}
			b.WriteString(quoted(h.Name+": "+head(h.Text, 300)) + "," + quoted(both) + "," + quoted(one) + "\n")
			b.WriteString("# " + h.Name + regexp.MustCompile(`[\r\n]`).ReplaceAllString(head(h.Text, 3000), " ") + both[:1] + "\n")
		}
		writeFile(t, file, b.String())
	}
	return files[0], files[1], files[2]
}

// inProcess runs the command within the test. Its streams are no terminals.
func inProcess(t *testing.T, want int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, messages bytes.Buffer
	if got := run(context.Background(), args, strings.NewReader(""), &out, &messages); got != want {
		t.Fatalf("rowkeep %q: status %d, want %d\n%.2000s", args, got, want, messages.String())
	}
	return out.String(), messages.String()
}

// ownColours are the escapes that the command itself writes.
var ownColours = regexp.MustCompile(`\x1b\[(1|31|32|33|1;31|1;32|0)m`)

// TestHostileText runs what shows text over hostile files: nothing but our own colours may
// reach a terminal, and no line may be longer than what is cut makes it.
func TestHostileText(t *testing.T) {
	base, ours, theirs := hostileFiles(t)
	out := filepath.Join(t.TempDir(), "out.csv")
	for _, c := range []struct {
		status int
		args   []string
	}{
		{0, []string{"diff", "--color", "always", base, theirs}},
		{1, []string{"merge", "--color", "always", "-o", out, "--report", "-", "--format", "text", base, ours, theirs}},
		{1, []string{"check", "--color", "always", base}},
	} {
		stdout, stderr := inProcess(t, c.status, c.args...)
		for _, text := range []string{stdout, stderr} {
			plain := ownColours.ReplaceAllString(text, "")
			odd := func(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsPrint(r) }
			if i := strings.IndexFunc(plain, odd); i >= 0 || !utf8.ValidString(plain) {
				t.Errorf("%s shows %q", c.args[0], plain[max(0, i-50):min(len(plain), i+20)])
			}
			for line := range strings.Lines(plain) {
				if len(line) > 8000 {
					t.Errorf("%s shows a line of %d bytes: %.200s", c.args[0], len(line), line)
				}
			}
		}
	}
}

// TestHostileJSON reads the values back from the report: all of them are in it, byte for
// byte, and no control stands in it as it is.
func TestHostileJSON(t *testing.T) {
	base, ours, theirs := hostileFiles(t)
	out := filepath.Join(t.TempDir(), "out.csv")
	report, _ := inProcess(t, 1, "merge", "-q", "-o", out, "--report", "-", base, ours, theirs)
	if i := strings.IndexFunc(report, func(r rune) bool { return r != '\n' && unicode.IsControl(r) }); i >= 0 || !utf8.ValidString(report) {
		t.Errorf("a control or an invalid byte stands in the report: %q", report[max(0, i-20):i+1])
	}
	var parsed struct {
		Conflicts []struct {
			Column string
			Theirs any
			B64    string `json:"theirs_b64"`
		}
		Changes []struct {
			Kind  string
			After any
			B64   string `json:"after_b64"`
		}
	}
	if err := json.Unmarshal([]byte(report), &parsed); err != nil {
		t.Fatal(err)
	}
	conflicts, changes := map[string]bool{}, map[string]bool{}
	for _, c := range parsed.Conflicts {
		if c.Column == "both" {
			conflicts[valueOf(t, c.Theirs, c.B64)] = true
		}
	}
	for _, c := range parsed.Changes {
		if c.Kind == "cell" {
			changes[valueOf(t, c.After, c.B64)] = true
		}
	}
	for _, h := range hostile.Values() {
		if !conflicts["theirs "+h.Text] {
			t.Errorf("%s: no conflict has it as theirs", h.Name)
		}
		if !changes[h.Text] {
			t.Errorf("%s: no change has it", h.Name)
		}
	}
}

// valueOf is a value of a report: text, or base64 where it is not UTF-8.
func valueOf(t *testing.T, text any, b64 string) string {
	t.Helper()
	if s, ok := text.(string); ok {
		return s
	}
	data, err := base64.StdEncoding.DecodeString(b64)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
