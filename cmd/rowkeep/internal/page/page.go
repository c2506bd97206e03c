// Package page writes a merge, a diff or pending conflicts as a page to look at: one file
// of HTML that holds all it needs.
//
// The page asks nothing of the network, and its policy forbids that it could: of scripts
// and styles only its own run, by their hashes. Without script it can be read and filtered
// by kind; script adds the search and keys. What stands in the merged files is escaped,
// and cut where it is long.
//
// A page is written as it comes: one card at a time is held in memory.
package page

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"slices"
	"sync"

	"github.com/rowkeep/rowkeep/merge"
)

// Report is what a page shows.
type Report struct {
	// Title says what was merged or compared, in a few words.
	Title string
	// Parts are what it came to: one for a merge or a diff, one for each pending write.
	Parts []Part
}

// Part is one merge, or one diff.
type Part struct {
	// Title is the heading of one part of several.
	Title string
	// Facts stand below it: what there is to say of the part besides.
	Facts []Fact
	// Names are what the versions are called, files or labels, by side.
	Names  map[merge.Side]string
	Result *merge.Result
	// Diff is true where the result is one of [merge.Diff].
	Diff bool
	// NoBase is true where the base of the result was made up, as that is not known.
	NoBase bool
	// Only is the id of the one conflict that is to be shown, "" for all.
	Only string
	// AllConflicts and AllChanges are the commands that list those of a part that is too long
	// for a page; "" where there is none.
	AllConflicts, AllChanges string
}

// conflicts are those that the page is about.
func (p Part) conflicts() []merge.Conflict {
	if p.Only == "" {
		return p.Result.Conflicts
	}
	return slices.DeleteFunc(slices.Clone(p.Result.Conflicts), func(c merge.Conflict) bool { return c.ID != p.Only })
}

// Fact is something to know of a part.
type Fact struct{ Name, Value string }

// mostCards and mostChanges bound what a page shows of a part, so that a browser can show it.
// The page says above all how many are not on it, and which command lists them.
var (
	mostCards   = 20_000
	mostChanges = 20_000
)

var (
	//go:embed page.css
	style string
	//go:embed page.js
	script string
	//go:embed page.html
	markup string

	// Parsed when a page is written: every other call of the command would wait for it too.
	templates = sync.OnceValue(func() *template.Template { return template.Must(template.New("page").Parse(markup)) })
)

// policy allows the page's own style and script, and nothing else.
func policy() string {
	return "default-src 'none'; style-src " + hash(styles()) + "; script-src " + hash(script) + "; base-uri 'none'; form-action 'none'"
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// styles is the page's style, with a rule for each kind that the page can be filtered by.
// These rules are why that works without script. They start from the bar: if they did from
// the body, a browser would look at every element again whenever one changes.
func styles() string {
	s := style
	for _, k := range append(kindNames(), "standing", "settled") {
		s += ".bar:has(#f-" + k + ":checked) ~ main .f:not(.k-" + k + "){display:none}\n"
	}
	return s
}

// Write writes the page. The error is that of w.
func Write(w io.Writer, r Report) error {
	out := &writer{Writer: bufio.NewWriterSize(w, 64<<10)}
	head := newHead(r)
	out.execute("head", head)
	out.WriteString("<style>" + styles() + "</style>\n") // byte for byte what the policy has the hash of
	out.execute("top", head)
	for i, part := range r.Parts {
		out.part(part, i, len(r.Parts) > 1)
	}
	out.execute("bottom", head)
	out.WriteString("<script>" + script + "</script>\n</body>\n</html>\n")
	if out.err != nil {
		return out.err
	}
	return out.Flush()
}

// writer keeps the first error of a template. That is the writer's own: the templates are
// ours, and what they are given fits them.
type writer struct {
	*bufio.Writer
	err error
}

func (w *writer) execute(name string, data any) {
	if w.err == nil {
		w.err = templates().ExecuteTemplate(w, name, data)
	}
}

func (w *writer) part(p Part, n int, several bool) {
	view := newPart(p, n, several)
	w.execute("part", view)
	if !p.Diff {
		w.cards(p, view)
	}
	w.changes(p, view)
	w.execute("endpart", view)
}

func (w *writer) cards(p Part, view partView) {
	w.execute("conflicts", view)
	clashes := clashesOf(p.Result)
	for i, c := range p.conflicts() {
		if i == mostCards {
			break
		}
		w.execute("card", newCard(p, clashes, c, view.Prefix))
	}
	w.execute("endconflicts", view)
}

func (w *writer) changes(p Part, view partView) {
	if view.Changes == 0 {
		return
	}
	w.execute("changes", view)
	for g := range groups(p.Result, mostChanges) {
		g.Diff = p.Diff
		w.execute("group", g)
	}
	w.execute("endchanges", view)
}
