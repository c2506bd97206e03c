package merge_test

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
	"golang.org/x/tools/txtar"
)

// A case is one txtar file under testdata, named by its category. Its comment holds
// lines "name: value": intent, what the case shows; rule, the words of the contract that
// decide it; options of the merge; and for a case that law 9 excepts, absorb with the
// reason. Its files:
//
//	base, ours, theirs  the inputs
//	merged              the result; no such file where the result has no bytes at all to
//	                    give: refused, or output none while a conflict stands
//	conflicts           kind key column: base | ours | theirs, then "-> " and what
//	                    settled it, then the note in parentheses; no such file: none
//	warnings            kind, input, line; no such file: none
//	changes             kind side key column: before -> after; no such file: not looked at
//	error               what the merge refuses and where
//
// A file named "base.quoted" (or ours, theirs, merged) holds one Go string literal a
// line and stands for their concatenation, where bytes matter that a text file does not
// show or cannot hold: line ends, a missing final newline, NUL, invalid UTF-8.
var update = flag.Bool("update", false, "rewrite what the cases under testdata expect; read every diff against the contract")

type mergeCase struct {
	file    string
	archive *txtar.Archive
	opt     merge.Options
	in      [3][]byte // base, ours, theirs
	absorb  bool
	want    outcome
}

// An outcome is a result as the files of a case write it down.
type outcome struct {
	Merged    []string // lines with their ends; nil: no output
	Conflicts []string
	Warnings  []string
	Changes   []string // nil: not looked at
	Error     string
}

func loadCases(t *testing.T) []*mergeCase {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases under testdata: %v", err)
	}
	var cases []*mergeCase
	for _, f := range files {
		c, err := loadCase(f)
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		cases = append(cases, c)
	}
	return cases
}

// eachCase runs a check on every case.
func eachCase(t *testing.T, check func(t *testing.T, c *mergeCase)) {
	t.Helper()
	for _, c := range loadCases(t) {
		t.Run(c.name(), func(t *testing.T) { check(t, c) })
	}
}

func (c *mergeCase) name() string {
	return strings.TrimSuffix(filepath.Base(c.file), ".txtar")
}

func loadCase(file string) (*mergeCase, error) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		return nil, err
	}
	c := &mergeCase{file: file, archive: archive, absorb: true}
	if err := c.readOptions(string(archive.Comment)); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, f := range archive.Files {
		if err := c.readFile(f); err != nil {
			return nil, err
		}
		seen[strings.TrimSuffix(f.Name, ".quoted")] = true
	}
	for _, name := range []string{"base", "ours", "theirs"} {
		if !seen[name] {
			return nil, fmt.Errorf("no file %s", name)
		}
	}
	if !*update && !seen["merged"] && !seen["error"] && c.opt.Output != merge.NoOutput {
		return nil, errors.New("neither merged nor error")
	}
	return c, nil
}

func (c *mergeCase) readFile(f txtar.File) error {
	data, err := contents(f)
	if err != nil {
		return fmt.Errorf("%s: %v", f.Name, err)
	}
	switch lines := splitLines(data); strings.TrimSuffix(f.Name, ".quoted") {
	case "base":
		c.in[0] = data
	case "ours":
		c.in[1] = data
	case "theirs":
		c.in[2] = data
	case "merged":
		c.want.Merged = lines
	case "conflicts":
		c.want.Conflicts = trimmed(lines)
	case "warnings":
		c.want.Warnings = trimmed(lines)
	case "changes":
		c.want.Changes = trimmed(lines)
	case "error":
		c.want.Error = strings.TrimSpace(string(data))
	default:
		return fmt.Errorf("unknown file %q", f.Name)
	}
	return nil
}

// contents returns the bytes of a file of a case.
func contents(f txtar.File) ([]byte, error) {
	if !strings.HasSuffix(f.Name, ".quoted") {
		return f.Data, nil
	}
	data := []byte{}
	for _, line := range trimmed(splitLines(f.Data)) {
		s, err := strconv.Unquote(line)
		if err != nil {
			return nil, fmt.Errorf("%s: %v", line, err)
		}
		data = append(data, s...)
	}
	return data, nil
}

// splitLines cuts behind each line feed. No bytes are an empty list, not nil.
func splitLines(data []byte) []string {
	lines := strings.SplitAfter(string(data), "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

func trimmed(lines []string) []string {
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, "\n")
	}
	return lines
}

// readOptions reads the lines "name: value" above the files.
func (c *mergeCase) readOptions(header string) error {
	intent := false
	for _, line := range trimmed(splitLines([]byte(header))) {
		if line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, ": ")
		set, known := caseOptions[name]
		if !ok || !known {
			return fmt.Errorf("unknown line %q", line)
		}
		if err := set(c, value); err != nil {
			return fmt.Errorf("%s: %v", line, err)
		}
		intent = intent || name == "intent"
	}
	if !intent {
		return errors.New("no line with the intent")
	}
	return nil
}

// caseOptions are the lines that a case may have.
var caseOptions = map[string]func(c *mergeCase, value string) error{
	"intent": func(*mergeCase, string) error { return nil },
	"rule":   func(*mergeCase, string) error { return nil },
	"absorb": func(c *mergeCase, v string) error { c.absorb = false; return nil },
	"key":    func(c *mergeCase, v string) error { c.opt.Read.Key = strings.Split(v, ","); return nil },
	"key-index": func(c *mergeCase, v string) (err error) {
		for n := range strings.SplitSeq(v, ",") {
			i, e := strconv.Atoi(n)
			c.opt.Read.KeyIndex, err = append(c.opt.Read.KeyIndex, i), errors.Join(err, e)
		}
		return err
	},
	"no-header":         func(c *mergeCase, v string) error { return setBool(&c.opt.Read.NoHeader, v) },
	"no-comment":        func(c *mergeCase, v string) error { return setBool(&c.opt.Read.NoComment, v) },
	"refuse-duplicates": func(c *mergeCase, v string) error { return setBool(&c.opt.RefuseDuplicates, v) },
	"comment":           func(c *mergeCase, v string) error { c.opt.Read.Comment = v; return nil },
	"delimiter": func(c *mergeCase, v string) error {
		s, err := strconv.Unquote(v)
		if err == nil {
			c.opt.Read.Delimiter = s[0]
		}
		return err
	},
	"policy": func(c *mergeCase, v string) error {
		column, rule, _ := strings.Cut(v, "=")
		p, err := merge.ParsePolicy(rule)
		if c.opt.Policies == nil {
			c.opt.Policies = map[string]merge.Policy{}
		}
		c.opt.Policies[column] = p
		return err
	},
	"strategy": func(c *mergeCase, v string) error {
		return choose(&c.opt.Strategy, v, "fail", "ours", "theirs", "base")
	},
	"granularity": func(c *mergeCase, v string) error { return choose(&c.opt.Granularity, v, "cell", "row") },
	"output": func(c *mergeCase, v string) error {
		return choose(&c.opt.Output, v, "markers", "ours", "theirs", "base", "none")
	},
	"style": func(c *mergeCase, v string) error { return choose(&c.opt.Style, v, "diff3", "merge", "zdiff3") },
	"labels": func(c *mergeCase, v string) error {
		names := strings.Split(v, ",")
		if len(names) != 3 {
			return errors.New("want three labels: ours,base,theirs")
		}
		c.opt.Labels = merge.Labels{Ours: names[0], Base: names[1], Theirs: names[2]}
		return nil
	},
	"marker-size": func(c *mergeCase, v string) (err error) { c.opt.MarkerSize, err = strconv.Atoi(v); return err },
}

func setBool(b *bool, value string) (err error) {
	*b, err = strconv.ParseBool(value)
	return err
}

// choose sets an enumeration whose values are 0, 1, ... in the order of names.
func choose[T ~uint8](to *T, name string, names ...string) error {
	i := slices.Index(names, name)
	if i < 0 {
		return fmt.Errorf("want one of %q", names)
	}
	*to = T(i)
	return nil
}

// merge runs a merge with the options of the case.
func (c *mergeCase) merge(base, ours, theirs []byte) (*merge.Result, error) {
	return merge.Merge(base, ours, theirs, c.opt)
}

// observe writes down what came out.
func observe(r *merge.Result, err error) outcome {
	if err != nil {
		return outcome{Error: describeError(err)}
	}
	var o outcome
	if r.HasOutput() {
		o.Merged = splitLines(r.Bytes())
	}
	for _, c := range r.Conflicts {
		o.Conflicts = append(o.Conflicts, describeConflict(c))
	}
	for _, w := range r.Warnings {
		o.Warnings = append(o.Warnings, describeWarning(w))
	}
	o.Changes = []string{}
	for c := range r.Changes() {
		o.Changes = append(o.Changes, describeChange(c))
	}
	return o
}

// describeConflict writes: kind key column: base | ours | theirs -> settled (note).
func describeConflict(c merge.Conflict) string {
	s := fmt.Sprintf("%s %s %s: %s | %s | %s", c.Kind, describeKey(c.Key), describeColumn(c.Column, c.HasColumn),
		describeValue(c.Base), describeValue(c.Ours), describeValue(c.Theirs))
	if c.Settled != "" {
		s += " -> " + c.Settled
	}
	if c.Note != "" {
		s += " (" + c.Note + ")"
	}
	return s
}

// describeChange writes: kind side key column: before -> after.
func describeChange(c merge.Change) string {
	return fmt.Sprintf("%s %s %s %s: %s -> %s", c.Kind, c.From, describeKey(c.Key), describeColumn(c.Column, c.HasColumn),
		describeValue(c.Before), describeValue(c.After))
}

// describeWarning writes: kind input line N, the last two where there are any.
func describeWarning(w merge.Warning) string {
	s := string(w.Kind)
	if w.Input != merge.NoSide {
		s += " " + w.Input.String()
	}
	if w.Line > 0 {
		s += fmt.Sprintf(" line %d", w.Line)
	}
	return s
}

func describeKey(key []string) string {
	if key == nil {
		return "-"
	}
	return strings.Trim(fmt.Sprintf("%+q", key), "[]")
}

func describeColumn(name string, has bool) string {
	if !has {
		return "-"
	}
	return strconv.QuoteToASCII(name)
}

// describeValue writes a string quoted, a row as {a="1" b="2"}, rows one behind the
// other, and null.
func describeValue(v merge.Value) string {
	switch {
	case !v.Exists:
		return "null"
	case len(v.Rows) == 0:
		return strconv.QuoteToASCII(v.Text)
	}
	var rows []string
	for _, r := range v.Rows {
		var cells []string
		for _, x := range r {
			cells = append(cells, x.Column+"="+strconv.QuoteToASCII(x.Value))
		}
		rows = append(rows, "{"+strings.Join(cells, " ")+"}")
	}
	return strings.Join(rows, " ")
}

// describeError tells an error by its types and fields; its text is for people.
func describeError(err error) string {
	var (
		input *merge.InputError
		parse *csvrows.ParseError
		key   *csvrows.KeyColumnError
		delim *csvrows.DelimiterError
		twice *merge.DuplicateKeyError
		row   *merge.RowError
		head  *merge.HeaderError
	)
	switch {
	case errors.As(err, &input) && errors.As(err, &parse):
		return fmt.Sprintf("input %s line %d column %d byte %d: %v", input.Input, parse.Line, parse.Column, parse.Offset, parse.Err)
	case errors.As(err, &input) && errors.As(err, &key):
		return fmt.Sprintf("input %s line %d: no key column %q", input.Input, key.Line, key.Column)
	case errors.As(err, &input) && errors.As(err, &delim):
		return fmt.Sprintf("input %s line %d: delimiter %q beside %q", input.Input, delim.Line, delim.Found, delim.Expected)
	case errors.As(err, &twice):
		return fmt.Sprintf("duplicate key %s %s lines %d and %d", twice.Input, describeKey(twice.Key), twice.Lines[0], twice.Lines[1])
	case errors.As(err, &row):
		return fmt.Sprintf("row %s line %d %s", row.Input, row.Line, describeKey(row.Key))
	case errors.As(err, &head):
		return fmt.Sprintf("header line %d %q, not %q", head.Line, head.Text, head.Want)
	}
	return fmt.Sprintf("%T: %v", err, err)
}

func TestCases(t *testing.T) {
	eachCase(t, func(t *testing.T, c *mergeCase) {
		got := observe(c.merge(c.in[0], c.in[1], c.in[2]))
		if c.want.Changes == nil {
			got.Changes = nil
		}
		if *update {
			if err := c.rewrite(got); err != nil {
				t.Fatal(err)
			}
			return
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("want (-), got (+):\n%s", diff)
		}
	})
}

// rewrite replaces the files that say what is expected.
func (c *mergeCase) rewrite(got outcome) error {
	a := c.archive
	quoted := slices.ContainsFunc(a.Files, func(f txtar.File) bool { return f.Name == "merged.quoted" })
	a.Files = slices.DeleteFunc(a.Files, func(f txtar.File) bool {
		name := strings.TrimSuffix(f.Name, ".quoted")
		return name != "base" && name != "ours" && name != "theirs"
	})
	add := func(name string, lines []string) {
		if lines != nil {
			a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(joinLines(lines))})
		}
	}
	if merged := strings.Join(got.Merged, ""); got.Merged != nil && (quoted || !isText(merged)) {
		lines := []string{}
		for _, l := range got.Merged {
			lines = append(lines, strconv.QuoteToASCII(l))
		}
		add("merged.quoted", lines)
	} else if got.Merged != nil {
		a.Files = append(a.Files, txtar.File{Name: "merged", Data: []byte(merged)})
	}
	add("conflicts", got.Conflicts)
	add("warnings", got.Warnings)
	add("changes", got.Changes)
	if got.Error != "" {
		add("error", []string{got.Error})
	}
	return os.WriteFile(c.file, txtar.Format(a), 0o644)
}

func joinLines(lines []string) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l + "\n")
	}
	return b.String()
}

// isText reports that a file of an archive shows and keeps every byte of s.
func isText(s string) bool {
	plain := utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == '\ufeff' })
	return plain && (s == "" || strings.HasSuffix(s, "\n")) && !strings.Contains("\n"+s, "\n-- ")
}

// A case merged with the sides exchanged gives the same bytes (with markers, the same
// blocks with the sides exchanged), and the same conflicts, warnings and changes but for
// what names a side. The ids are the same.
func TestCasesMirrored(t *testing.T) {
	eachCase(t, func(t *testing.T, c *mergeCase) {
		r, err := c.merge(c.in[0], c.in[1], c.in[2])
		q, mirroredErr := merge.Merge(c.in[0], c.in[2], c.in[1], mirrorOptions(c.opt))
		if err != nil || mirroredErr != nil {
			want := mirrorWords(observe(r, err).Error)
			if got := observe(q, mirroredErr).Error; got != want {
				t.Fatalf("error %q, mirrored %q", want, got)
			}
			return
		}
		if diff := cmp.Diff(view(r, false), view(q, true)); diff != "" {
			t.Errorf("as it is (-), mirrored (+):\n%s", diff)
		}
		mirrored := q.Bytes()
		if c.opt.Output == merge.Markers && !q.Clean() {
			mirrored = mirrorBlocks(mirrored)
		}
		if diff := cmp.Diff(splitLines(r.Bytes()), splitLines(mirrored)); diff != "" {
			t.Errorf("bytes as they are (-), mirrored (+):\n%s", diff)
		}
	})
}

func mirrorSide(s merge.Side) merge.Side {
	switch s {
	case merge.Ours:
		return merge.Theirs
	case merge.Theirs:
		return merge.Ours
	}
	return s
}

func mirrorOptions(o merge.Options) merge.Options {
	o.Strategy = [...]merge.Strategy{merge.Fail, merge.TakeTheirs, merge.TakeOurs, merge.TakeBase}[o.Strategy]
	o.Output = [...]merge.Output{merge.Markers, merge.OutputTheirs, merge.OutputOurs, merge.OutputBase, merge.NoOutput}[o.Output]
	o.Labels.Ours, o.Labels.Theirs = o.Labels.Theirs, o.Labels.Ours
	if o.Labels == (merge.Labels{}) {
		o.Labels = merge.Labels{Ours: "theirs", Theirs: "ours"}
	}
	policies := map[string]merge.Policy{}
	for column, p := range o.Policies {
		policies[column], _ = merge.ParsePolicy(mirrorWords(p.String()))
	}
	o.Policies = policies
	return o
}

// mirrorWords exchanges the names of the sides in a text.
func mirrorWords(s string) string {
	return strings.NewReplacer("ours", "theirs", "theirs", "ours").Replace(s)
}

var mirroredKinds = map[merge.ConflictKind]merge.ConflictKind{
	merge.KindDeleteModify:     merge.KindModifyDelete,
	merge.KindModifyDelete:     merge.KindDeleteModify,
	merge.KindColumnDeleteEdit: merge.KindColumnEditDelete,
	merge.KindColumnEditDelete: merge.KindColumnDeleteEdit,
}

// A resultView is what a result says, in an order that does not depend on the sides.
type resultView struct {
	Columns   []string
	Conflicts []merge.Conflict
	Warnings  []merge.Warning
	Changes   []merge.Change
	Stats     merge.Stats
}

func view(r *merge.Result, mirrored bool) resultView {
	v := resultView{Columns: r.Columns, Conflicts: slices.Clone(r.Conflicts), Warnings: slices.Clone(r.Warnings), Changes: slices.Collect(r.Changes()), Stats: r.Stats}
	if mirrored {
		v.mirror()
	}
	sortByText(v.Conflicts)
	sortByText(v.Warnings)
	sortByText(v.Changes)
	return v
}

func (v *resultView) mirror() {
	swapLines := func(l *merge.Lines) { l.Ours, l.Theirs = l.Theirs, l.Ours }
	for i := range v.Conflicts {
		c := &v.Conflicts[i]
		if kind, ok := mirroredKinds[c.Kind]; ok {
			c.Kind = kind
		}
		c.Ours, c.Theirs, c.Settled = c.Theirs, c.Ours, mirrorWords(c.Settled)
		swapLines(&c.Lines)
	}
	for i := range v.Warnings {
		v.Warnings[i].Input = mirrorSide(v.Warnings[i].Input)
	}
	for i := range v.Changes {
		v.Changes[i].From = mirrorSide(v.Changes[i].From)
		swapLines(&v.Changes[i].Lines)
	}
	rows := &v.Stats.Rows
	rows.Ours, rows.Theirs = rows.Theirs, rows.Ours
}

func sortByText[T any](list []T) {
	slices.SortFunc(list, func(a, b T) int { return strings.Compare(fmt.Sprintf("%#v", a), fmt.Sprintf("%#v", b)) })
}

// mirrorBlocks exchanges the sides, with their labels, in each block of markers.
func mirrorBlocks(data []byte) []byte {
	lines := splitLines(data)
	size := 0
	for _, l := range lines {
		size = max(size, len(l)-len(strings.TrimLeft(l, "<")))
	}
	const parts = "<|=>"
	var out, labels [len(parts)]strings.Builder // by part; what is outside goes to out['>']
	var mirrored strings.Builder
	at := len(parts) - 1
	for _, l := range lines {
		part := strings.IndexByte(parts, l[0])
		if part < 0 || len(l)-len(strings.TrimLeft(l, l[:1])) != size {
			out[at].WriteString(l)
			continue
		}
		if l[0] == '<' {
			mirrored.WriteString(out[at].String())
			out, labels = [len(parts)]strings.Builder{}, [len(parts)]strings.Builder{}
		}
		at = part
		labels[at].WriteString(l[size:])
		if l[0] != '>' {
			continue
		}
		marker := func(part int, label string) {
			if label != "" {
				mirrored.WriteString(strings.Repeat(parts[part:part+1], size) + label)
			}
		}
		marker(0, labels[3].String())
		mirrored.WriteString(out[2].String())
		marker(1, labels[1].String())
		mirrored.WriteString(out[1].String())
		marker(2, labels[2].String())
		mirrored.WriteString(out[0].String())
		marker(3, labels[0].String())
	}
	mirrored.WriteString(out[at].String())
	return []byte(mirrored.String())
}

// Law 1 on each case's inputs: what only one side changed is that side's file, byte for
// byte, and so is what both changed alike. It comes before every reason to refuse but
// that an input does not parse, or holds a key twice where that is to be refused.
func TestCasesLawOne(t *testing.T) {
	eachCase(t, func(t *testing.T, c *mergeCase) {
		if c.opt.RefuseDuplicates {
			t.Skip("a key that stands twice is refused")
		}
		b, o, th := c.in[0], c.in[1], c.in[2]
		for _, law := range []struct {
			name             string
			base, ours, them []byte
			want             []byte
			same             bool // both sides are the same change
		}{
			{"b,b,t", b, b, th, th, false},
			{"b,o,b", b, o, b, o, false},
			{"b,o,o", b, o, o, o, true},
			{"b,t,t", b, th, th, th, true},
			{"b,b,b", b, b, b, b, false},
		} {
			if law.same && c.hasPolicy("sum") {
				continue
			}
			r, err := c.merge(law.base, law.ours, law.them)
			if parses(c, law.base, law.ours, law.them) != (err == nil) {
				t.Errorf("%s: error %v", law.name, err)
			}
			if err != nil {
				continue
			}
			if diff := cmp.Diff(splitLines(law.want), splitLines(r.Bytes())); diff != "" || !r.Clean() || !r.HasOutput() {
				t.Errorf("%s: clean %v, want (-), got (+):\n%s", law.name, r.Clean(), diff)
			}
		}
	})
}

func parses(c *mergeCase, inputs ...[]byte) bool {
	for _, data := range inputs {
		if _, err := csvrows.Parse(data, c.opt.Read); err != nil {
			return false
		}
	}
	return true
}

// Law 9: a merge without any conflict, merged again with either side, stays as it is.
func TestCasesAbsorb(t *testing.T) {
	eachCase(t, func(t *testing.T, c *mergeCase) {
		r, err := c.merge(c.in[0], c.in[1], c.in[2])
		if err != nil || len(r.Conflicts) > 0 || !c.absorb {
			return
		}
		m := r.Bytes()
		for _, again := range []struct {
			name         string
			ours, theirs []byte
		}{{"b,m,t", m, c.in[2]}, {"b,o,m", c.in[1], m}} {
			q, err := c.merge(c.in[0], again.ours, again.theirs)
			if err != nil {
				t.Fatalf("%s: %v", again.name, err)
			}
			if diff := cmp.Diff(splitLines(m), splitLines(q.Bytes())); diff != "" || len(q.Conflicts) > 0 {
				t.Errorf("%s: %d conflicts; m (-), got (+):\n%s", again.name, len(q.Conflicts), diff)
			}
		}
	})
}

// Each case that conflicts, under every strategy: no conflict stands, all are listed as
// settled, the result parses, and the bytes are those of settling each conflict to that
// side by the caller's function. Law 11.
func TestCasesStrategies(t *testing.T) {
	eachCase(t, func(t *testing.T, c *mergeCase) {
		plain, err := c.merge(c.in[0], c.in[1], c.in[2])
		if err != nil || len(plain.Conflicts) == 0 || c.opt.Strategy != merge.Fail || c.hasPolicy("fail") {
			return
		}
		for strategy, side := range map[merge.Strategy]merge.Side{merge.TakeOurs: merge.Ours, merge.TakeTheirs: merge.Theirs, merge.TakeBase: merge.Base} {
			opt := c.opt
			opt.Strategy = strategy
			r, err := merge.Merge(c.in[0], c.in[1], c.in[2], opt)
			if err != nil {
				t.Fatalf("strategy %v: %v", side, err)
			}
			if !r.Clean() || !r.HasOutput() {
				t.Errorf("strategy %v: %d conflicts stand, output %v", side, r.Stats.Standing, r.HasOutput())
			}
			checkParses(t, c, r)
			opt.Strategy = merge.Fail
			opt.Resolve = func(merge.Conflict) merge.Resolution { return merge.Resolution{Side: side} }
			byHand, err := merge.Merge(c.in[0], c.in[1], c.in[2], opt)
			if err != nil {
				t.Fatalf("settled to %v: %v", side, err)
			}
			if diff := cmp.Diff(splitLines(r.Bytes()), splitLines(byHand.Bytes())); diff != "" {
				t.Errorf("strategy %v (-), each conflict settled (+):\n%s", side, diff)
			}
			if diff := cmp.Diff(conflictIDs(plain), conflictIDs(r)); diff != "" {
				t.Errorf("ids standing (-), with strategy %v (+):\n%s", side, diff)
			}
		}
	})
}

func (c *mergeCase) hasPolicy(rule string) bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(c.opt.Policies)), func(p merge.Policy) bool { return p.String() == rule })
}

func conflictIDs(r *merge.Result) []string {
	ids := []string{}
	for _, c := range r.Conflicts {
		ids = append(ids, c.ID)
	}
	slices.Sort(ids)
	return ids
}

// Each side's row in a block carries the other side's clean edits, so that taking ours,
// or theirs, of every block gives what the strategy gives. Left out are conflicts that
// markers cannot show, and results whose last line end belongs to a marker.
func TestCasesTakeBlocks(t *testing.T) {
	eachCase(t, func(t *testing.T, c *mergeCase) {
		r, err := c.merge(c.in[0], c.in[1], c.in[2])
		if err != nil || r.Clean() || c.opt.Output != merge.Markers || c.hasPolicy("fail") {
			return
		}
		for _, x := range r.Conflicts {
			switch x.Kind {
			case merge.KindColumnDeleteEdit, merge.KindColumnEditDelete, merge.KindColumnRename:
				return
			}
		}
		for _, side := range []struct {
			strategy merge.Strategy
			part     byte
		}{{merge.TakeOurs, '<'}, {merge.TakeTheirs, '='}} {
			opt := c.opt
			opt.Strategy = side.strategy
			q, err := merge.Merge(c.in[0], c.in[1], c.in[2], opt)
			if err != nil {
				t.Fatal(err)
			}
			if q.Columns == nil {
				continue // settled to the side that emptied the file: the header goes too
			}
			got, want := takeSide(string(r.Bytes()), side.part), string(q.Bytes())
			if slices.ContainsFunc(r.Conflicts, gathers) {
				got, want = sortedLines(got), sortedLines(want)
			}
			if diff := cmp.Diff(splitLines([]byte(want)), splitLines([]byte(got))); diff != "" && strings.TrimRight(got, "\r\n") != strings.TrimRight(want, "\r\n") {
				t.Errorf("strategy %d (-), part %q of each block (+):\n%s", side.strategy, side.part, diff)
			}
		}
	})
}

// gathers reports a conflict whose block holds lines that stand apart where it is
// settled: the rows of a doubled key, or a row and the comment that it was turned into.
func gathers(c merge.Conflict) bool {
	return c.Kind == merge.KindDuplicateKey || c.Note == "commented_out"
}

func sortedLines(text string) string {
	lines := splitLines([]byte(text))
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// An id names one conflict of a merge.
func TestCasesUniqueIDs(t *testing.T) {
	eachCase(t, func(t *testing.T, c *mergeCase) {
		r, err := c.merge(c.in[0], c.in[1], c.in[2])
		if err != nil {
			return
		}
		ids := conflictIDs(r)
		if n := len(slices.Compact(slices.Clone(ids))); n != len(ids) {
			t.Errorf("%d conflicts have %d ids", len(ids), n)
		}
	})
}

// With each output that is a valid CSV, the result of each case parses, and to the
// columns that the result names; with none there are no bytes if a conflict stands.
func TestCasesOutputs(t *testing.T) {
	eachCase(t, func(t *testing.T, c *mergeCase) {
		for _, output := range []merge.Output{merge.OutputOurs, merge.OutputTheirs, merge.OutputBase, merge.NoOutput} {
			opt := c.opt
			opt.Output = output
			r, err := merge.Merge(c.in[0], c.in[1], c.in[2], opt)
			if err != nil {
				continue
			}
			if want := output != merge.NoOutput || r.Clean(); r.HasOutput() != want {
				t.Errorf("output %d: has output %v", output, r.HasOutput())
			}
			if r.HasOutput() {
				checkParses(t, c, r)
			} else if n := len(r.Bytes()); n > 0 {
				t.Errorf("output %d: %d bytes", output, n)
			}
		}
	})
}

// checkParses parses a result that has no markers and compares its columns and rows.
func checkParses(t *testing.T, c *mergeCase, r *merge.Result) {
	t.Helper()
	opt := c.opt.Read
	if opt.Delimiter == 0 {
		opt.Delimiter, _ = csvrows.Detect(opt, c.in[:]...)
	}
	f, err := csvrows.Parse(r.Bytes(), opt)
	if err != nil {
		t.Errorf("the result does not parse: %v\n%s", err, r.Bytes())
		return
	}
	if !opt.NoHeader {
		if diff := cmp.Diff(r.Columns, f.Columns()); diff != "" {
			t.Errorf("columns the result names (-), parsed (+):\n%s", diff)
		}
	}
	rows := 0
	for i := range f.Len() {
		if f.Kind(i) == csvrows.Row {
			rows++
		}
	}
	if rows != r.Stats.Rows.Result {
		t.Errorf("the result counts %d rows and has %d:\n%s", r.Stats.Rows.Result, rows, r.Bytes())
	}
}

// Law 10: keys in conflict cell by cell are in conflict row by row.
func TestCasesGranularity(t *testing.T) {
	eachCase(t, func(t *testing.T, c *mergeCase) {
		cells, rows := c.opt, c.opt
		cells.Granularity, rows.Granularity = merge.Cells, merge.Rows
		r, err := merge.Merge(c.in[0], c.in[1], c.in[2], cells)
		if err != nil {
			return
		}
		q, err := merge.Merge(c.in[0], c.in[1], c.in[2], rows)
		if err != nil {
			t.Fatalf("granularity row: %v", err)
		}
		byRow := map[string]bool{}
		for _, x := range q.Conflicts {
			byRow[describeKey(x.Key)] = true
		}
		for _, x := range r.Conflicts {
			if x.Key != nil && !byRow[describeKey(x.Key)] {
				t.Errorf("key %s conflicts by cell only", describeKey(x.Key))
			}
		}
	})
}

// Law 13: the same bytes, lists and ids a hundred times; ten times under the race detector,
// which slows each down and has seen all of them by then.
func TestCasesDeterministic(t *testing.T) {
	times := 100
	if raceEnabled {
		times = 10
	}
	eachCase(t, func(t *testing.T, c *mergeCase) {
		r, err := c.merge(c.in[0], c.in[1], c.in[2])
		if err != nil {
			return
		}
		first := fmt.Sprintf("%q %+v %+v %+v", r.Bytes(), r.Conflicts, r.Warnings, slices.Collect(r.Changes()))
		for range times - 1 {
			q, err := c.merge(c.in[0], c.in[1], c.in[2])
			if err != nil {
				t.Fatal(err)
			}
			if again := fmt.Sprintf("%q %+v %+v %+v", q.Bytes(), q.Conflicts, q.Warnings, slices.Collect(q.Changes())); again != first {
				t.Fatalf("at first\n%s\nthen\n%s", first, again)
			}
		}
	})
}

// The cases show every kind of conflict, warning and change, results that are clean and
// results that are not.
func TestCasesCover(t *testing.T) {
	missing := map[string]bool{"clean": true, "refused": true}
	for _, k := range []merge.ConflictKind{
		merge.KindCell, merge.KindDeleteModify, merge.KindModifyDelete, merge.KindAddAdd, merge.KindKeyRename, merge.KindColumnDeleteEdit,
		merge.KindColumnEditDelete, merge.KindColumnAddAdd, merge.KindColumnRename, merge.KindComment, merge.KindDuplicateKey,
	} {
		missing["conflict "+string(k)] = true
	}
	for _, k := range []merge.WarningKind{
		merge.WarnDuplicateKey, merge.WarnOrder, merge.WarnColumnOrder, merge.WarnMassKeyChange, merge.WarnPrefixedHeader, merge.WarnForm, merge.WarnConflictMarker, merge.WarnNUL,
	} {
		missing["warning "+string(k)] = true
	}
	for _, k := range []merge.ChangeKind{
		merge.ChangeCell, merge.ChangeRowAdded, merge.ChangeRowDeleted, merge.ChangeRowMoved, merge.ChangeKeyRenamed, merge.ChangeColumnAdded,
		merge.ChangeColumnDeleted, merge.ChangeColumnRenamed, merge.ChangeColumnsMoved, merge.ChangeComment,
	} {
		missing["change "+string(k)] = true
	}
	for _, c := range loadCases(t) {
		found := func(what, line string) {
			kind, _, _ := strings.Cut(line, " ")
			delete(missing, what+" "+kind)
		}
		for _, l := range c.want.Conflicts {
			found("conflict", l)
		}
		for _, l := range c.want.Warnings {
			found("warning", l)
		}
		for _, l := range c.want.Changes {
			found("change", l)
		}
		if c.want.Error != "" {
			delete(missing, "refused")
		} else if c.want.Conflicts == nil {
			delete(missing, "clean")
		}
	}
	for what := range missing {
		t.Errorf("no case shows: %s", what)
	}
}
