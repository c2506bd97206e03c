package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/tools/txtar"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/settle"
	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

const schemaDir = "../../docs/schema/"

// schemas compiles the published schemas, but strict: a field that they do not name is an
// error here, while a reader must bear it.
func schemas() (*jsonschema.Compiler, error) {
	files, err := filepath.Glob(schemaDir + "*.schema.json")
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no schemas in %s: %v", schemaDir, err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		id, _ := doc.(map[string]any)["$id"].(string)
		if filepath.Base(id) != filepath.Base(file) {
			return nil, fmt.Errorf("%s has $id %q", file, id)
		}
		if err := c.AddResource(id, strict(doc)); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// strict forbids, in every object of a schema that lists fields and requires some, others.
func strict(doc any) any {
	switch doc := doc.(type) {
	case map[string]any:
		for _, v := range doc {
			strict(v)
		}
		_, lists := doc["properties"]
		_, requires := doc["required"]
		if lists && requires {
			doc["additionalProperties"] = false
		}
	case []any:
		for _, v := range doc {
			strict(v)
		}
	}
	return doc
}

// schemaOf is a published schema by its name, rowkeep.merge-1 say; of a line of its ndjson
// where lines is true and it has such.
func schemaOf(c *jsonschema.Compiler, name string, lines bool) (*jsonschema.Schema, error) {
	id := "https://raw.githubusercontent.com/rowkeep/rowkeep/main/docs/schema/" + name + ".schema.json"
	if lines && name != "rowkeep.event-1" { // of which all is lines
		id += "#/$defs/line"
	}
	return c.Compile(id)
}

func valid(s *jsonschema.Schema, data []byte) error {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

// validLines validates each line, and counts them.
func validLines(s *jsonschema.Schema, data []byte) (n int, err error) {
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, len(data)+1)
	for lines.Scan() {
		if err := valid(s, lines.Bytes()); err != nil {
			return n, fmt.Errorf("line %d: %.300s: %w", n+1, lines.Text(), err)
		}
		n++
	}
	return n, lines.Err()
}

// cmdSchema validates a file of JSON: schema rowkeep.merge-1 FILE, or with -lines each line
// of a file of ndjson.
func cmdSchema(ts *testscript.TestScript, neg bool, args []string) {
	lines := len(args) > 0 && args[0] == "-lines"
	if lines {
		args = args[1:]
	}
	if neg || len(args) != 2 {
		ts.Fatalf("usage: schema [-lines] NAME FILE")
	}
	c, err := schemas()
	ts.Check(err)
	s, err := schemaOf(c, args[0], lines)
	ts.Check(err)
	data := []byte(ts.ReadFile(args[1]))
	if !lines {
		ts.Check(valid(s, data))
		return
	}
	n, err := validLines(s, data)
	ts.Check(err)
	if n == 0 {
		ts.Fatalf("%s has no lines", args[1])
	}
}

// TestSchemas validates the reports of all cases of package merge, and of their diffs: in
// both forms, with conflicts that stand and that are settled. Every kind that the schemas
// name must come up.
func TestSchemas(t *testing.T) {
	c, err := schemas()
	if err != nil {
		t.Fatal(err)
	}
	check := map[string]*checkedReport{}
	for _, name := range []string{"rowkeep.merge-1", "rowkeep.diff-1"} {
		if check[name], err = newCheckedReport(c, name); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range mergeCases(t) {
		in := caseInputs(t, file)
		for _, opt := range []merge.Options{{}, {Strategy: merge.TakeOurs}, {Strategy: merge.TakeBase}, {Granularity: merge.Rows, Strategy: merge.TakeTheirs}} {
			if r, err := merge.Merge(in["base"], in["ours"], in["theirs"], opt); err == nil {
				check["rowkeep.merge-1"].report(t, file, r)
			}
		}
		if r, err := merge.Diff(in["ours"], in["theirs"], csvrows.Options{}); err == nil {
			check["rowkeep.diff-1"].report(t, file, r)
		}
	}
	for name, of := range map[string][]string{"rowkeep.merge-1": {"conflict", "change", "warning"}, "rowkeep.diff-1": {"change", "warning"}} {
		for _, def := range of {
			check[name].complete(t, name, def)
		}
	}
}

// mergeCases are the worked merges of package merge.
func mergeCases(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../merge/testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	return files
}

// caseInputs are the files of a case, by name: base, ours and theirs. A name that ends in
// .quoted has its text as Go strings.
func caseInputs(t *testing.T, file string) map[string][]byte {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	in := map[string][]byte{}
	for _, f := range archive.Files {
		name, quoted := strings.CutSuffix(f.Name, ".quoted")
		if !quoted {
			in[name] = f.Data
			continue
		}
		for line := range strings.Lines(string(f.Data)) {
			text, err := strconv.Unquote(strings.TrimSpace(line))
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			in[name] = append(in[name], text...)
		}
	}
	return in
}

// checkedReport validates reports of one schema.
type checkedReport struct {
	whole, line *jsonschema.Schema
	kinds       map[string]bool // that came up, each with the type before it
}

func newCheckedReport(c *jsonschema.Compiler, name string) (*checkedReport, error) {
	whole, err := schemaOf(c, name, false)
	if err != nil {
		return nil, err
	}
	line, err := schemaOf(c, name, true)
	return &checkedReport{whole, line, map[string]bool{}}, err
}

func (c *checkedReport) report(t *testing.T, file string, r *merge.Result) {
	t.Helper()
	var whole, lines bytes.Buffer
	if err := r.WriteJSON(&whole); err != nil {
		t.Fatal(err)
	}
	if err := r.WriteNDJSON(&lines); err != nil {
		t.Fatal(err)
	}
	if err := valid(c.whole, whole.Bytes()); err != nil {
		t.Errorf("%s: %v\n%s", file, err, whole.String())
	}
	if _, err := validLines(c.line, lines.Bytes()); err != nil {
		t.Errorf("%s: %v", file, err)
	}
	for line := range strings.Lines(lines.String()) {
		var member struct{ Type, Kind string }
		if err := json.Unmarshal([]byte(line), &member); err != nil {
			t.Fatal(err)
		}
		c.kinds[member.Type+" "+member.Kind] = true
	}
}

// complete fails the test for kinds that the published schema names and that did not come
// up: what is listed in it is not checked then.
func (c *checkedReport) complete(t *testing.T, name, def string) {
	t.Helper()
	data, err := os.ReadFile(schemaDir + name + ".schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Defs map[string]struct {
			Properties map[string]struct{ Enum []string }
		} `json:"$defs"`
	}
	if err := json.Unmarshal(data, &schema); err != nil && !strings.Contains(err.Error(), "null") {
		t.Fatal(err)
	}
	kinds := schema.Defs[def].Properties["kind"].Enum
	if len(kinds) == 0 {
		t.Fatalf("%s: %s has no kinds", name, def)
	}
	for _, kind := range kinds {
		if !c.kinds[def+" "+kind] {
			t.Errorf("%s: no %s of kind %s came up", name, def, kind)
		}
	}
}

// TestHostileSchema validates what hostile files give.
func TestHostileSchema(t *testing.T) {
	base, ours, theirs := hostileFiles(t)
	out := filepath.Join(t.TempDir(), "out.csv")
	c, err := schemas()
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name   string
		lines  bool
		status int
		args   []string
	}{
		{"rowkeep.merge-1", false, 1, []string{"merge", "-q", "-o", out, "--report", "-", base, ours, theirs}},
		{"rowkeep.merge-1", true, 1, []string{"merge", "-q", "-o", out, "--report", "-", "--format", "ndjson", base, ours, theirs}},
		{"rowkeep.diff-1", false, 0, []string{"diff", "--format", "json", base, theirs}},
		{"rowkeep.check-1", false, 1, []string{"check", "--format", "json", base}},
		{"rowkeep.check-1", true, 1, []string{"check", "--format", "ndjson", base}},
	} {
		s, err := schemaOf(c, x.name, x.lines)
		if err != nil {
			t.Fatal(err)
		}
		stdout, _ := inProcess(t, x.status, x.args...)
		if x.lines {
			_, err = validLines(s, []byte(stdout))
		} else {
			err = valid(s, []byte(stdout))
		}
		if err != nil {
			t.Errorf("%q: %.1000v", x.args[0], err)
		}
	}
}

// TestAnswersSchema compares the schema of answers with what reads them: both take the same.
func TestAnswersSchema(t *testing.T) {
	s := schemaOfAnswers(t)
	for answers, good := range map[string]bool{
		`[]`:                true,
		`[{"take":"ours"}]`: true,
		`[{"id":"8c55e01a2b8a0a1f","take":"theirs"},{"kind":"cell","column":"a","value":""}]`:    true,
		`[{"key":["a","b"],"column":null,"take":"base"}]`:                                        true,
		`[{"key":null,"key_b64":["6Q=="],"column":null,"column_b64":"6Q==","value_b64":"6Q=="}]`: true,
		`[{"type":"conflict","change":1,"row":[],"note":null,"lines":{},"take":"ours"}]`:         true,
		`null`:                            false,
		`{"take":"ours"}`:                 false,
		`[{}]`:                            false,
		`[{"id":"beef"}]`:                 false,
		`[{"take":"both"}]`:               false,
		`[{"take":"ours","value":"x"}]`:   false,
		`[{"take":1}]`:                    false,
		`[{"value":1}]`:                   false,
		`[{"value_b64":"é"}]`:             false,
		`[{"key":"a","take":"ours"}]`:     false,
		`[{"key":[1],"take":"ours"}]`:     false,
		`[{"kind":"sell","take":"ours"}]`: false,
		`[{"colum":"a","take":"ours"}]`:   false,
		`[{"take":"ours"}],"more":1`:      false,
	} {
		data := []byte(`{"schema":"` + settle.SchemaAnswers + `","answers":` + answers + `}`)
		if err := valid(s, data); (err == nil) != good {
			t.Errorf("%s: the schema says %v", data, err)
		}
		if _, err := settle.ReadAnswers(data); (err == nil) != good {
			t.Errorf("%s: the reader says %v", data, err)
		}
	}
	if data := []byte(`{"schema":"rowkeep.answers/2","answers":[]}`); valid(s, data) == nil {
		t.Errorf("%s is valid", data)
	}
}

// TestReportedAnswers makes an answer of each conflict of the cases of package merge, by adding
// what to take.
func TestReportedAnswers(t *testing.T) {
	s := schemaOfAnswers(t)
	kinds := map[merge.ConflictKind]bool{}
	for _, file := range mergeCases(t) {
		in := caseInputs(t, file)
		r, err := merge.Merge(in["base"], in["ours"], in["theirs"], merge.Options{})
		if err != nil {
			continue
		}
		for _, c := range r.Conflicts {
			kinds[c.Kind] = true
			conflict, err := c.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			data := fmt.Appendf(nil, `{"schema":%q,"answers":[{"take":"ours",%s]}`, settle.SchemaAnswers, conflict[1:])
			if err := valid(s, data); err != nil {
				t.Errorf("%s: %v\n%s", file, err, data)
			}
			rules, err := settle.ReadAnswers(data)
			if err != nil || len(rules) != 1 || !rules[0].Selects(c) {
				t.Errorf("%s: %s is read as %+v (%v)", file, data, rules, err)
			}
		}
	}
	if len(kinds) != 11 {
		t.Errorf("%d kinds came up", len(kinds))
	}
}

// TestAnswersInDocs validates the examples of answers in the guides and in the help.
func TestAnswersInDocs(t *testing.T) {
	s := schemaOfAnswers(t)
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("no guides: %v", err)
	}
	help, _ := inProcess(t, 0, "resolve", "--help")
	texts := map[string]string{"help": help}
	for _, file := range append(files, "internal/settle/answers.go") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[file] = strings.ReplaceAll(string(data), "\n//\t", "\n")
	}
	found := map[bool]int{}
	for file, text := range texts {
		for _, example := range answersIn(t, text) {
			if err := valid(s, example); err != nil {
				t.Errorf("%s: %v\n%s", file, err, example)
			}
			found[strings.HasSuffix(file, ".md")]++
		}
	}
	if found[true] < 1 || found[false] < 2 {
		t.Errorf("examples: %d in the guides, %d beside them", found[true], found[false])
	}
}

// answersIn finds files of answers in a text.
func answersIn(t *testing.T, text string) (examples []json.RawMessage) {
	t.Helper()
	const start = `{"schema":"` + settle.SchemaAnswers
	for {
		i := strings.Index(text, start)
		if i < 0 {
			return examples
		}
		text = text[i:]
		var example json.RawMessage
		if err := json.NewDecoder(strings.NewReader(text)).Decode(&example); err != nil {
			t.Fatalf("%v in %.200s", err, text)
		}
		examples, text = append(examples, example), text[len(example):]
	}
}

func schemaOfAnswers(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c, err := schemas()
	if err != nil {
		t.Fatal(err)
	}
	s, err := schemaOf(c, "rowkeep.answers-1", false)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSchemaRefuses shows that the schemas are not satisfied by anything.
func TestSchemaRefuses(t *testing.T) {
	c, err := schemas()
	if err != nil {
		t.Fatal(err)
	}
	const good = `{"schema":"rowkeep.diff/1","key":["id"],"changes":[{"kind":"cell","from":"theirs","key":["a"],"column":"v","before":"1","after":null,"after_b64":"6Q==","lines":{"base":2,"ours":2,"theirs":2}}],"warnings":[],"stats":{"rows":{"base":1,"theirs":1}}}`
	s, err := schemaOf(c, "rowkeep.diff-1", false)
	if err != nil {
		t.Fatal(err)
	}
	if err := valid(s, []byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`rowkeep.diff/1`, `rowkeep.diff/2`},
		{`"kind":"cell"`, `"kind":"sell"`},
		{`"before":"1"`, `"before":1`},
		{`"before":"1",`, ``},
		{`"after":null`, `"after":"both"`},
		{`"6Q=="`, `"é"`},
		{`"base":2`, `"base":0`},
		{`"warnings":[]`, `"warnings":[],"more":1`},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if bad == good {
			t.Fatalf("%s is not there", change[0])
		}
		if valid(s, []byte(bad)) == nil {
			t.Errorf("with %s in place of %s it is valid", change[1], change[0])
		}
	}
}
