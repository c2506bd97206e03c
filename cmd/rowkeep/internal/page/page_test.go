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

// TestLimit shows that a page that leaves conflicts out says how many.
func TestLimit(t *testing.T) {
	defer page.LimitCards(20)()
	html := written(t, many(t, 23))
	if cards := strings.Count(html, "<article class=\"f "); cards != 20 {
		t.Errorf("%d cards", cards)
	}
	if !strings.Contains(html, ">3 more conflicts are not shown here") {
		t.Error("the page does not say what it leaves out")
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
