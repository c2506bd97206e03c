// Package plot draws lines on two logarithmic axes, as an SVG that reads on light and
// on dark pages: a line stays in its colour, and text and axes turn with the page.
package plot

import (
	"bufio"
	"cmp"
	"fmt"
	"html"
	"io"
	"math"
	"slices"
)

// A Plot is what is drawn. Points have to be above zero; a line without points is left out.
type Plot struct {
	Title, Note string
	Source      string // how to make it again
	X, Y        string // what the axes measure
	Lines       []Line
}

// A Line joins points in their order, and has its name at the last, with why it ends there
// if there is something to say.
type Line struct {
	Name   string
	Ends   string
	Bold   bool
	Points []Point
}

// A Point is in the units of the axes.
type Point struct{ X, Y float64 }

// The sheet, in pixels, and the area within it that the axes frame.
const (
	width, height            = 860, 540
	left, right, top, bottom = 70.0, 700.0, 60.0, 470.0
)

const style = `<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.note, .tick { font-size: 11px; fill: #59636e }
.title { font-size: 16px; font-weight: 600 }
.grid { stroke: #d1d9e0; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc }
  .note, .tick { fill: #9198a1 }
  .grid { stroke: #3d444d }
}
</style>
`

// colours read on white and on black alike.
var colours = []string{"#2f81f7", "#d1570b", "#2da44e", "#bf4b8a", "#8c6bd8", "#b08800", "#0f9b9b", "#cf4a4a", "#7d8590"}

// WriteSVG draws the plot.
func (p *Plot) WriteSVG(w io.Writer) error {
	lines := slices.Clone(p.Lines)
	lines = slices.DeleteFunc(lines, func(l Line) bool { return len(l.Points) == 0 })
	if len(lines) == 0 {
		return fmt.Errorf("plot %q has no points", p.Title)
	}
	x := axisOf(lines, func(pt Point) float64 { return pt.X }, left, right)
	y := axisOf(lines, func(pt Point) float64 { return pt.Y }, bottom, top)
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="%s">`+"\n", width, height, html.EscapeString(p.Title))
	out.WriteString(style)
	text(out, left, 26, "title", "start", p.Title)
	text(out, left, 44, "note", "start", p.Note)
	text(out, left, height-10, "note", "start", p.Source)
	text(out, (left+right)/2, bottom+38, "", "middle", p.X)
	text(out, left-8, top-8, "", "end", p.Y)
	for _, tick := range x.ticks() {
		gridLine(out, x.at(tick), bottom, x.at(tick), top)
		text(out, x.at(tick), bottom+18, "tick", "middle", decade(tick))
	}
	for _, tick := range y.ticks() {
		gridLine(out, left, y.at(tick), right, y.at(tick))
		text(out, left-8, y.at(tick)+4, "tick", "end", decade(tick))
	}
	draw(out, lines, x, y)
	out.WriteString("</svg>\n")
	return out.Flush()
}

// An axis maps logarithms to pixels.
type axis struct{ low, high, from, to float64 }

// axisOf spans the whole decades that hold all points.
func axisOf(lines []Line, of func(Point) float64, from, to float64) axis {
	low, high := math.Inf(1), math.Inf(-1)
	for _, l := range lines {
		for _, pt := range l.Points {
			low, high = min(low, math.Log10(of(pt))), max(high, math.Log10(of(pt)))
		}
	}
	a := axis{math.Floor(low), math.Ceil(high), from, to}
	if a.low == a.high {
		a.high++
	}
	return a
}

func (a axis) at(v float64) float64 {
	return a.from + (math.Log10(v)-a.low)/(a.high-a.low)*(a.to-a.from)
}

func (a axis) ticks() (ticks []float64) {
	for e := a.low; e <= a.high; e++ {
		ticks = append(ticks, math.Pow(10, e))
	}
	return ticks
}

// decade writes a power of ten in few letters.
func decade(v float64) string {
	switch {
	case v >= 1e6:
		return fmt.Sprintf("%g M", v/1e6)
	case v >= 1e3:
		return fmt.Sprintf("%g k", v/1e3)
	}
	return fmt.Sprintf("%g", v)
}

// A label is the name of a line, and where the line ends.
type label struct {
	x, y         float64
	name, colour string
}

// draw draws the lines and their names.
func draw(out *bufio.Writer, lines []Line, x, y axis) {
	var labels []label
	for i, l := range lines {
		colour, stroke := colours[i%len(colours)], 1.6
		if l.Bold {
			stroke = 3.2
		}
		fmt.Fprintf(out, `<polyline fill="none" stroke="%s" stroke-width="%.1f" points="`, colour, stroke)
		for _, pt := range l.Points {
			fmt.Fprintf(out, "%.1f,%.1f ", x.at(pt.X), y.at(pt.Y))
		}
		out.WriteString("\"/>\n")
		for _, pt := range l.Points {
			fmt.Fprintf(out, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`+"\n", x.at(pt.X), y.at(pt.Y), colour)
		}
		end := l.Points[len(l.Points)-1]
		last := label{x.at(end.X), y.at(end.Y), l.Name, colour}
		if last.x < right {
			text(out, last.x+6, last.y-7, "", "start", l.Name)
			text(out, last.x+6, last.y+6, "note", "start", l.Ends)
			continue
		}
		labels = append(labels, last)
	}
	drawLabels(out, labels)
}

// drawLabels writes names into the margin so that they do not cover each other.
func drawLabels(out *bufio.Writer, labels []label) {
	slices.SortStableFunc(labels, func(a, b label) int { return cmp.Compare(a.y, b.y) })
	const space = 17.0
	at := top - space
	for i, l := range labels {
		below := float64(len(labels)-i-1) * space
		at = max(at+space, min(l.y, bottom-below))
		fmt.Fprintf(out, `<line stroke="%s" stroke-width="0.8" stroke-dasharray="2 3" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`+"\n", l.colour, l.x, l.y, right+8, at)
		fmt.Fprintf(out, `<circle cx="%.1f" cy="%.1f" r="4" fill="%s"/>`+"\n", right+12, at, l.colour)
		text(out, right+22, at+4, "", "start", l.name)
	}
}

func text(out *bufio.Writer, x, y float64, class, anchor, s string) {
	fmt.Fprintf(out, `<text x="%.1f" y="%.1f" class="%s" text-anchor="%s">%s</text>`+"\n", x, y, class, anchor, html.EscapeString(s))
}

func gridLine(out *bufio.Writer, x1, y1, x2, y2 float64) {
	fmt.Fprintf(out, `<line class="grid" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`+"\n", x1, y1, x2, y2)
}
