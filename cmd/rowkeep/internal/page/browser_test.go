package page_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"image/png"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/css"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/page"
)

var update = flag.Bool("update", false, "take the screenshots in docs anew")

// limit is how long a browser may take for anything before a test gives it up. It says
// nothing of how long it should take.
const limit = 4 * time.Minute

// browsers are the programs that will do, the first of them that is there.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "chrome"}

// started says that a browser runs.
var started bool

// allocator starts a browser once for all tests, and skips them where there is none. CI has
// one.
var allocator = sync.OnceValues(func() (context.Context, context.CancelFunc) {
	for _, name := range browsers {
		program, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(program),
			chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-quic", true),
			chromedp.Flag("disable-component-update", true), chromedp.WSURLReadTimeout(limit))
		ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
		browser, stop := chromedp.NewContext(ctx)
		started = true
		return browser, func() { stop(); cancel() }
	}
	return nil, nil
})

func TestMain(m *testing.M) {
	flag.Parse()
	status := m.Run()
	if started {
		_, stop := allocator()
		stop()
	}
	os.Exit(status)
}

// A tab shows one page, and notes what the page does that it should not.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu    sync.Mutex
	noted []string
}

// open shows a report. What the page says on the console, throws or asks for fails the test.
func open(t *testing.T, r page.Report, prepare ...chromedp.Action[chromedp.Void]) *tab {
	t.Helper()
	if withRace {
		t.Skip("what a browser does has no races of ours; it is run without the detector")
	}
	browser, _ := allocator()
	if browser == nil {
		if os.Getenv("CI") != "" {
			t.Fatal("no Chromium, which CI must have")
		}
		t.Skipf("none of %s is here", strings.Join(browsers, ", "))
	}
	if _, err := chromedp.Run(browser, chromedp.Title()); err != nil { // it starts with this one
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(written(t, r)), 0o666); err != nil {
		t.Fatal(err)
	}
	address := (&url.URL{Scheme: "file", Path: filepath.ToSlash(file)}).String()
	b := &tab{t: t}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithListener(func(event any) { b.note(event, address) }))
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, prepare...); err != nil {
		t.Fatal(err)
	}
	b.ctx, cancel = context.WithTimeout(ctx, limit)
	t.Cleanup(cancel)
	b.do(chromedp.Navigate(address))
	t.Cleanup(b.quiet)
	return b
}

func (b *tab) note(event any, address string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if e.Request.URL != address {
			b.noted = append(b.noted, "asks for "+e.Request.URL)
		}
	case *log.EventEntryAdded:
		b.noted = append(b.noted, "logs "+e.Entry.Text)
	case *runtime.EventConsoleAPICalled:
		b.noted = append(b.noted, fmt.Sprint("says on the console ", e.Args))
	case *runtime.EventExceptionThrown:
		b.noted = append(b.noted, "throws "+e.ExceptionDetails.Text)
	}
}

// quiet fails the test for what was noted.
func (b *tab) quiet() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range b.noted {
		b.t.Errorf("the page %s", n)
	}
	b.noted = nil
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// eval is the value of an expression.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// until waits for an expression to become true.
func (b *tab) until(expression string) {
	b.t.Helper()
	for start := time.Now(); !eval[bool](b, expression); time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > limit/2 {
			b.t.Fatalf("it never becomes true: %s", expression)
		}
	}
}

// media sets what the style sheet asks for.
func media(scheme, kind string) chromedp.Action[chromedp.Void] {
	params := emulation.SetEmulatedMediaParams{Media: kind, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, params)
		return err
	})
}

// noScript turns the page's scripts off.
func noScript() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	})
}

// noDOM keeps the browser from telling the test of every element that there is, which
// takes longer than all that is measured.
func noDOM() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, css.Disable, cdp.Empty{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, dom.Disable, cdp.Empty{})
		return err
	})
}

// press types characters as a keyboard does: where the page takes a key for itself, no
// character comes of it. KeyEvent sends the character all the same.
func press(keys string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for _, key := range strings.Split(keys, "") {
			for _, event := range []input.DispatchKeyEventParams{{Type: input.DispatchKeyEventTypeKeyDown, Key: key, Text: key}, {Type: input.DispatchKeyEventTypeKeyUp, Key: key}} {
				if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, event); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// visibleCards is the number of cards that the filter leaves.
const visibleCards = `[...document.querySelectorAll(".f")].filter((e) => getComputedStyle(e).display !== "none").length`

// faint lists texts whose contrast to what is behind them is less than the 4.5 of WCAG's
// level AA.
const faint = `(() => {
  const parse = (c) => (c.match(/[\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => { const f = (v) => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; return .2126 * f(r) + .7152 * f(g) + .0722 * f(b); };
  const behind = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] === 1) return c; } return [255, 255, 255]; };
  const bad = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let seen = 0;
  while (texts.nextNode()) {
    const text = texts.currentNode, e = text.parentElement;
    if (!text.data.trim() || ["SCRIPT", "STYLE"].includes(e.tagName)) continue;
    seen++;
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) bad.push(e.tagName + "." + e.className + " " + text.data.trim().slice(0, 30) + " " + ratio.toFixed(2));
  }
  if (seen < 50) bad.push("only " + seen + " texts were seen");
  return [...new Set(bad)];
})()`

// odd lists the characters on the page that do not print (\p{C}), or only look like a space
// (\p{Z}).
const odd = `[...new Set(document.documentElement.textContent.match(/(?![\n\t \u202f])[\p{C}\p{Z}]/gu) || [])].map((c) => c.codePointAt(0).toString(16))`

// cutOff lists texts that are wider than what they stand in.
const cutOff = `[...document.querySelectorAll("td, th, h3, dd, p, .kv, li")].filter((e) => e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1 && !e.classList.contains("vh")).map((e) => e.outerHTML.slice(0, 100))`

func TestLooks(t *testing.T) {
	for name, r := range map[string]page.Report{"merge": demo(t), "diff": demoDiff(t), "pending": pending(t)} {
		t.Run(name, func(t *testing.T) {
			b := open(t, r)
			if got := eval[[]string](b, odd); len(got) > 0 {
				t.Errorf("characters that do not print are on the page: %q", got)
			}
			for _, scheme := range []string{"light", "dark"} {
				b.do(media(scheme, ""))
				if bad := eval[[]string](b, faint); len(bad) > 0 {
					t.Errorf("%s: too little contrast:\n%s", scheme, strings.Join(bad, "\n"))
				}
			}
			for _, width := range []int64{1280, 820, 360} {
				b.do(chromedp.EmulateViewport(width, 800))
				if cut := eval[[]string](b, cutOff); len(cut) > 0 {
					t.Errorf("%d wide, %d texts are cut off, as %s", width, len(cut), cut[0])
				}
				if over := eval[int](b, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
					t.Errorf("%d wide, the page is %d too wide", width, over)
				}
			}
		})
	}
}

// TestPrint shows that paper gets all: cards, and the changes that are folded on a screen.
func TestPrint(t *testing.T) {
	b := open(t, demo(t))
	b.do(media("dark", "print"))
	if eval[bool](b, `getComputedStyle(document.getElementById("bar")).display !== "none"`) {
		t.Error("the filter is printed")
	}
	if got := eval[string](b, `getComputedStyle(document.querySelector(".f")).contentVisibility`); got != "visible" {
		t.Errorf("cards have content-visibility %s", got)
	}
	if !eval[bool](b, `document.querySelector("details.changes article").checkVisibility({contentVisibilityAuto: true})`) {
		t.Error("folded changes are not printed")
	}
	if bad := eval[[]string](b, faint); len(bad) > 0 {
		t.Errorf("too little contrast:\n%s", strings.Join(bad, "\n"))
	}
}

// TestHostile opens a page of values that try to break out of it.
func TestHostile(t *testing.T) {
	r := nasty(t)
	b := open(t, r)
	if got := eval[string](b, `document.title`); strings.Contains(got, "hacked") || !strings.Contains(got, "conflicts stand") {
		t.Errorf("the title is %q", got)
	}
	foreign := `[...document.querySelectorAll("img, svg, iframe, object, embed, link, base, video, audio, meta[http-equiv=refresh], [src], [style], script ~ script")].map((e) => e.outerHTML.slice(0, 100))`
	if got := eval[[]string](b, foreign); len(got) > 0 {
		t.Errorf("the page holds %q", got)
	}
	handlers := `[...document.querySelectorAll("*")].filter((e) => [...e.attributes].some((a) => a.name.startsWith("on"))).length`
	if n := eval[int](b, handlers); n > 0 {
		t.Errorf("%d elements have handlers", n)
	}
	if away := eval[[]string](b, `[...document.querySelectorAll("a")].map((a) => a.getAttribute("href")).filter((h) => !h.startsWith("#"))`); len(away) > 0 {
		t.Errorf("links lead away: %q", away)
	}
	if got, want := eval[int](b, visibleCards), len(r.Parts[0].Result.Conflicts); got != want {
		t.Errorf("%d cards, want %d", got, want)
	}
	if got := eval[[]string](b, odd); len(got) > 0 {
		t.Errorf("characters that do not print are on the page: %q", got)
	}
	for _, width := range []int64{1280, 360} {
		b.do(chromedp.EmulateViewport(width, 800))
		if cut := eval[[]string](b, cutOff); len(cut) > 0 {
			t.Errorf("%d wide, %d texts are cut off, as %s", width, len(cut), cut[0])
		}
		if over := eval[int](b, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("%d wide, the page is %d too wide", width, over)
		}
	}
	b.do(chromedp.EmulateViewport(1280, 800))
	tall := `[...document.querySelectorAll(".f")].map((e) => { e.scrollIntoView(); return e.getBoundingClientRect().height; }).reduce((a, b) => Math.max(a, b))`
	if height := eval[float64](b, tall); height > 1600 {
		t.Errorf("a card is %.0f high", height)
	}
}

func TestFilter(t *testing.T) {
	b := open(t, demo(t))
	shown := func(want int) {
		t.Helper()
		b.until(fmt.Sprintf(`%s === %d`, visibleCards, want))
		text := fmt.Sprintf("%d of 7 shown", want)
		if want == 7 {
			text = ""
		}
		b.until(fmt.Sprintf(`document.getElementById("shown").textContent === %q`, text))
	}
	focused := func() string { return eval[string](b, `document.activeElement.id || document.activeElement.className`) }
	shown(7)

	// The search: every word, in any case, anywhere on the card.
	b.do(press("/"))
	if got := focused(); got != "q" {
		t.Errorf("after / the focus is on %q", got)
	}
	b.do(press("BTC_1 paused"))
	shown(2)
	b.do(chromedp.KeyEvent(kb.Escape))
	shown(7)

	// The kinds, by keys: radio buttons are one stop of Tab, and arrows choose.
	b.do(press("/"), chromedp.KeyEvent(kb.Tab+kb.ArrowRight+kb.ArrowRight))
	shown(1)
	b.do(chromedp.KeyEvent(kb.ArrowRight + kb.Tab + kb.ArrowRight))
	shown(2)

	// From card to card, among those that are shown, and not beyond the last.
	var titles []string
	for _, key := range []string{"j", "j", "j", "k"} {
		b.do(press(key))
		titles = append(titles, eval[string](b, `document.activeElement.querySelector("h3").textContent.trim()`))
	}
	if want := []string{"btc_1 enabled", "btc_1 note", "btc_1 note", "btc_1 enabled"}; !slices.Equal(titles, want) {
		t.Errorf("j, j, j, k lead to %q, want %q", titles, want)
	}

	// Nothing fits, and the way back.
	b.do(press("/"), press("no such thing"))
	shown(0)
	if !eval[bool](b, `document.getElementById("nothing").checkVisibility()`) {
		t.Error("nothing says that nothing fits")
	}
	b.do(chromedp.Click(chromedp.ID("reset")))
	shown(7)
}

// TestWithoutScript shows what is left where scripts do not run: all that is to be read,
// and the filter by kind.
func TestWithoutScript(t *testing.T) {
	b := open(t, demo(t), noScript())
	if eval[bool](b, `document.getElementById("find").checkVisibility()`) {
		t.Error("there is a search that cannot work")
	}
	if got := eval[int](b, visibleCards); got != 7 {
		t.Errorf("%d cards", got)
	}
	b.do(chromedp.KeyEvent(kb.Tab+kb.Tab+kb.Tab), chromedp.KeyEvent(kb.ArrowRight))
	if got := eval[int](b, visibleCards); got != 2 {
		t.Errorf("%d cards of the first kind: the focus is on %s", got, eval[string](b, `document.activeElement.outerHTML.slice(0, 100)`))
	}
	b.do(chromedp.Click(chromedp.CSS("label:has(#f-any-kind)")))
	if got := eval[int](b, visibleCards); got != 7 {
		t.Errorf("%d cards of all kinds", got)
	}
	b.do(chromedp.Click(chromedp.CSS("details.changes summary")))
	if !eval[bool](b, `document.querySelector("details.changes article").checkVisibility()`) {
		t.Error("the changes do not unfold")
	}
}

// TestTenThousand measures a large page. The bounds are far above what it takes: they are
// for what is quadratic, or takes no end.
func TestTenThousand(t *testing.T) {
	r := many(t, 10_000)
	if size := len(written(t, r)); size > 40<<20 {
		t.Errorf("the page has %d bytes", size)
	} else {
		t.Logf("the page has %.1f MB", float64(size)/1e6)
	}
	took := func(what string, since time.Time, most time.Duration) {
		d := time.Since(since)
		t.Logf("%s: %v", what, d.Round(time.Millisecond))
		if d > most {
			t.Errorf("%s took %v", what, d)
		}
	}
	start := time.Now()
	b := open(t, r, noDOM())
	took("to write and open it", start, limit/2)

	start = time.Now()
	b.do(press("/"), press("row_77"))
	b.until(`document.getElementById("shown").textContent === "111 of 10000 shown"`)
	took("the first search", start, limit/4)

	start = time.Now()
	b.do(press("77"))
	b.until(`document.getElementById("shown").textContent === "1 of 10000 shown"`)
	took("the next search", start, limit/4)

	start = time.Now()
	b.do(chromedp.KeyEvent(kb.Escape), press("jjjk"))
	b.until(`document.activeElement.querySelector("h3")?.textContent.includes("row_1")`)
	took("back to all, and on by keys", start, limit/4)
}

// TestScreenshots takes, with -update, the pictures in docs, and else looks whether they
// are there.
func TestScreenshots(t *testing.T) {
	const dir = "../../../../docs/images"
	for _, shot := range []struct {
		file          string
		report        page.Report
		scheme        string
		width, height int64
	}{
		{"report.png", demo(t), "light", 1200, 1180},
		{"report-dark.png", demo(t), "dark", 1200, 1180},
		{"report-phone.png", demo(t), "light", 390, 1180},
		{"diff.png", demoDiff(t), "light", 1200, 900},
	} {
		file := filepath.Join(dir, shot.file)
		if *update {
			b := open(t, shot.report, media(shot.scheme, ""), chromedp.EmulateViewport(shot.width, shot.height))
			data, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, data, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		config, err := png.DecodeConfig(bytes.NewReader(data))
		if err != nil || int64(config.Width) != shot.width || int64(config.Height) != shot.height {
			t.Errorf("%s: %d by %d, %v; take it anew with -update", file, config.Width, config.Height, err)
		}
	}
}
