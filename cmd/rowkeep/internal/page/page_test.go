package page_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/hostile"
	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/page"
	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

// demo is the merge of the files in testdata: conflicts of several kinds, one of them
// settled by a policy.
func demo(t *testing.T) page.Report {
	t.Helper()
	highest, err := merge.ParsePolicy("max")
	if err != nil {
		t.Fatal(err)
	}
	opt := merge.Options{Policies: map[string]merge.Policy{"threshold_price": highest}}
	return report(merged(t, read(t, "base.csv"), read(t, "ours.csv"), read(t, "theirs.csv"), opt))
}

// demoDiff is the diff of two of the files in testdata.
func demoDiff(t *testing.T) page.Report {
	t.Helper()
	r, err := merge.Diff(read(t, "base.csv"), read(t, "theirs.csv"), csvrows.Options{})
	if err != nil {
		t.Fatal(err)
	}
	names := map[merge.Side]string{merge.Base: "base.csv", merge.Theirs: "theirs.csv"}
	return page.Report{Title: "base.csv, theirs.csv", Parts: []page.Part{{Result: r, Diff: true, Names: names}}}
}

// pending is a report of two parts.
func pending(t *testing.T) page.Report {
	t.Helper()
	one, two := demo(t).Parts[0], demo(t).Parts[0]
	one.Title, one.Facts = "change \u202e7", []page.Fact{{Name: "By", Value: "trader"}, {Name: "At", Value: "2026-11-02 09:14:07"}}
	two.Title, two.Facts = "9", []page.Fact{{Name: "By", Value: "<dashboard>\x1b[2J"}}
	return page.Report{Title: "config\x1b[2J.csv", Parts: []page.Part{one, two}}
}

// many is a merge with n conflicts, each in a row of sixteen columns.
func many(t *testing.T, n int) page.Report {
	t.Helper()
	var versions [3]bytes.Buffer
	for v := range versions {
		w := &versions[v]
		w.WriteString("id,c1,c2,c3,c4,c5,c6,c7,c8,c9,c10,c11,c12,c13,c14,c15\n")
		for i := range n {
			fmt.Fprintf(w, "row_%d,value %d of version %d", i, i, v)
			for c := range 14 {
				fmt.Fprintf(w, ",cell %d", i*c)
			}
			w.WriteByte('\n')
		}
	}
	r := report(merged(t, versions[0].Bytes(), versions[1].Bytes(), versions[2].Bytes(), merge.Options{}))
	if got := len(r.Parts[0].Result.Conflicts); got != n {
		t.Fatalf("%d conflicts, want %d", got, n)
	}
	return r
}

// nasty is a merge whose every cell in conflict, key, column and comment is hostile.
func nasty(t *testing.T) page.Report {
	t.Helper()
	quoted := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	values := hostile.Values()
	var versions [3]bytes.Buffer
	for v := range versions {
		w := &versions[v]
		w.WriteString("id,value,note")
		for _, h := range values {
			w.WriteString("," + quoted(h.Text[:min(len(h.Text), 200)]))
		}
		w.WriteString("\n")
		for i, h := range values {
			fmt.Fprintf(w, "%s,%s,%s\n", quoted(fmt.Sprint(i, h.Text[:min(len(h.Text), 1000)])), quoted(h.Text+fmt.Sprint(v)), quoted(h.Text))
			comment := regexp.MustCompile(`[\r\n]`).ReplaceAllString(h.Text, " ")
			fmt.Fprintf(w, "# %d %s %d\n", i, comment[:min(len(comment), 5000)], v)
		}
	}
	return report(merged(t, versions[0].Bytes(), versions[1].Bytes(), versions[2].Bytes(), merge.Options{}))
}

func merged(t *testing.T, base, ours, theirs []byte, opt merge.Options) *merge.Result {
	t.Helper()
	r, err := merge.Merge(base, ours, theirs, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func report(r *merge.Result) page.Report {
	names := map[merge.Side]string{merge.Base: "base.csv", merge.Ours: "ours.csv", merge.Theirs: "theirs.csv"}
	return page.Report{Title: "base.csv, ours.csv, theirs.csv", Parts: []page.Part{{Result: r, Names: names}}}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func written(t *testing.T, r page.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := page.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestSelfContained looks for what could make a browser ask for anything, and checks that
// the policy names what the page holds.
func TestSelfContained(t *testing.T) {
	html := written(t, demo(t))
	for _, pattern := range []string{`(?i)\ssrc\s*=`, `(?i)href="?[^#"]`, `(?i)url\(`, `@import`, `(?i)<link`, `\sstyle="`, `(?i)\son\w+=`} {
		if found := regexp.MustCompile(pattern).FindString(html); found != "" {
			t.Errorf("the page has %q", found)
		}
	}
	for _, element := range []string{"style", "script"} {
		all := regexp.MustCompile(`(?s)<`+element+`>(.*?)</`+element+`>`).FindAllStringSubmatch(html, -1)
		if len(all) != 1 {
			t.Fatalf("the page has %d elements %s", len(all), element)
		}
		sum := sha256.Sum256([]byte(all[0][1]))
		want := element + "-src &#39;sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "&#39;"
		if !strings.Contains(strings.ReplaceAll(html, "&#43;", "+"), want) {
			t.Errorf("the policy lacks %s", want)
		}
	}
	if !strings.Contains(html, `content="default-src &#39;none&#39;;`) {
		t.Error("the policy does not start from nothing")
	}
}

func TestHeadlines(t *testing.T) {
	same := []byte("id,v\n1,a\n")
	for _, c := range []struct {
		report page.Report
		want   string
	}{
		{report(merged(t, same, same, same, merge.Options{})), "No conflicts"},
		{many(t, 1), "1 conflict stands"},
		{many(t, 1200), "1\u202f200 conflicts stand"},
		{demoDiff(t), "14 changes"},
		{pending(t), "12 conflicts stand"},
		{report(merged(t, []byte("id,v\n1,a\n"), []byte("id,v\n1,b\n"), []byte("id,v\n1,c\n"), merge.Options{Strategy: merge.TakeOurs})), "The one conflict is settled"},
	} {
		if html := written(t, c.report); !strings.Contains(html, ">"+c.want+"</h1>") {
			t.Errorf("the headline is not %q: %s", c.want, regexp.MustCompile(`<h1.*</h1>`).FindString(html))
		}
	}
}

// TestLimit shows that a page that leaves something out says above all how many, and what
// lists all; and so where it ends.
func TestLimit(t *testing.T) {
	defer page.Limit(20)()
	conflicts, diff := many(t, 1023), demoDiff(t)
	conflicts.Parts[0].AllConflicts = "rowkeep conflicts 'a <b>.csv'"
	two := page.Report{Title: "a.csv", Parts: []page.Part{conflicts.Parts[0], many(t, 3).Parts[0]}}
	two.Parts[0].Title = "change 7"
	r, err := merge.Diff([]byte("id,v\n"), []byte("id,v\n"+strings.Repeat("a,1\n", 24)), csvrows.Options{})
	if err != nil {
		t.Fatal(err)
	}
	diff.Parts[0].Result, diff.Parts[0].AllChanges = r, "rowkeep diff a b"
	const names = "1\u202f003 of 1\u202f023 conflicts are not on this page, which ends where a browser would become slow; <code><bdi>rowkeep conflicts &#39;a &lt;b&gt;.csv&#39;</bdi></code> lists all of them."
	for _, tt := range []struct {
		report page.Report
		cards  string
		shown  int
		left   string
	}{
		{conflicts, "<article class=\"f ", 20, "<p class=left>" + names},
		{two, "<article class=\"f ", 23, "<p class=left>change 7: " + names},
		{diff, "<tr class=", 20, "<p class=left>4 of 24 changes are not on this page, which ends where a browser would become slow; <code><bdi>rowkeep diff a b</bdi></code> lists all of them."},
		{many(t, 20), "<article class=\"f ", 20, ""},
	} {
		html := written(t, tt.report)
		top, body, _ := strings.Cut(html, "<main ")
		if cards := strings.Count(body, tt.cards); cards != tt.shown {
			t.Errorf("%d are shown, want %d", cards, tt.shown)
		}
		if tt.left == "" && strings.Contains(html, "class=left") {
			t.Error("the page says that something is left out")
		}
		if n := strings.Count(top, tt.left); tt.left != "" && (n != 1 || strings.Count(body, tt.left) != 1) {
			t.Errorf("the page does not say %q twice; above: %s", tt.left, top[strings.Index(top, "<header"):])
		}
	}
}

// full is a writer on which there is no room.
type full struct{}

var errFull = errors.New("no room")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWriteError(t *testing.T) {
	if err := page.Write(full{}, demo(t)); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}
