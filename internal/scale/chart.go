package main

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"math"
	"slices"
	"strings"
)

// A chart shows curves. Both of its axes are of logarithms, but for an x axis that is not.
type chart struct {
	title, description string
	x, y               string // what is on the axes
	linear             bool   // the x axis
	ticks              []float64
	low, high          float64 // of the y axis: powers of ten
	limits             []limit
	curves             []curve
}

// A limit is a line that calls should stay below.
type limit struct {
	name string
	y    float64
}

// A curve is a line through points. Those that are lower than the chart lie on its lower edge.
type curve struct {
	name   string
	points []point
}

type point struct{ x, y float64 }

// Sizes in pixels.
const (
	width, height = 860, 460
	left, right   = 80, 540 // of the plot; names of curves are beside it
	top, bottom   = 50, 400
	lineHeight    = 17
	perCharacter  = 7
)

// style has a background of its own: what a page shows the image on does not count. Curves
// differ by their dashes too.
const style = `
    .paper{fill:#ffffff} text{font:13px system-ui,sans-serif;fill:#1f2328} .title{font-weight:600;font-size:15px}
    .grid{stroke:#d1d9e0;stroke-width:1} .limit{stroke:#cf222e;stroke-width:1.5;stroke-dasharray:2 4} .limits{fill:#cf222e}
    polyline{fill:none;stroke-width:2} .link{stroke-width:1;opacity:.5}
    .c0{stroke:#0550ae} .c1{stroke:#953800} .c2{stroke:#116329} .c3{stroke:#8250df} .c4{stroke:#6e7781} .c5{stroke:#bf3989}
    .f0{fill:#0550ae} .f1{fill:#953800} .f2{fill:#116329} .f3{fill:#8250df} .f4{fill:#6e7781} .f5{fill:#bf3989}
    @media (prefers-color-scheme:dark){
      .paper{fill:#0d1117} text{fill:#f0f6fc} .grid{stroke:#3d444d} .limit{stroke:#ff7b72} .limits{fill:#ff7b72}
      .c0{stroke:#79c0ff} .c1{stroke:#ffa657} .c2{stroke:#7ee787} .c3{stroke:#d2a8ff} .c4{stroke:#b1bac4} .c5{stroke:#ff9bce}
      .f0{fill:#79c0ff} .f1{fill:#ffa657} .f2{fill:#7ee787} .f3{fill:#d2a8ff} .f4{fill:#b1bac4} .f5{fill:#ff9bce}
    }
`

var dashes = []string{"", "8 3", "2 2", "12 3 3 3", "5 5", "1 4"}

// svg draws the chart.
func (c *chart) svg() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="title description">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, "  <title id=\"title\">%s</title>\n  <desc id=\"description\">%s</desc>\n  <style>%s  </style>\n", escape(c.title), escape(c.description), style)
	fmt.Fprintf(&b, "  <rect class=\"paper\" width=\"%d\" height=\"%d\"/>\n", width, height)
	fmt.Fprintf(&b, "  <text class=\"title\" x=\"%d\" y=\"28\">%s</text>\n", left, escape(c.title))
	c.drawAxes(&b)
	for _, l := range c.limits {
		y := c.atY(l.y)
		fmt.Fprintf(&b, "  <line class=\"limit\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>\n", left, y, right, y)
		fmt.Fprintf(&b, "  <text class=\"limits\" x=\"%d\" y=\"%.1f\">%s</text>\n", left+6, y-5, escape(l.name))
	}
	for i, curve := range c.curves {
		c.drawCurve(&b, i, curve)
	}
	c.drawNames(&b)
	b.WriteString("</svg>\n")
	return b.String()
}

func (c *chart) drawAxes(b *strings.Builder) {
	for y := c.low; y <= c.high*1.001; y *= 10 {
		at, name := c.atY(y), number(y)
		if y == c.low {
			name = "≤ " + name
		}
		fmt.Fprintf(b, "  <line class=\"grid\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>\n", left, at, right, at)
		fmt.Fprintf(b, "  <text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", left-8, at+4, name)
	}
	for _, x := range c.ticks {
		at := c.atX(x)
		fmt.Fprintf(b, "  <line class=\"grid\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>\n", at, top, at, bottom)
		fmt.Fprintf(b, "  <text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", at, bottom+18, number(x))
	}
	fmt.Fprintf(b, "  <text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", (left+right)/2, bottom+42, escape(c.x))
	fmt.Fprintf(b, "  <text transform=\"translate(18 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>\n", (top+bottom)/2, escape(c.y))
}

func (c *chart) drawCurve(b *strings.Builder, number int, curve curve) {
	var points []string
	for _, p := range curve.points {
		points = append(points, fmt.Sprintf("%.1f,%.1f", c.atX(p.x), c.atY(p.y)))
		fmt.Fprintf(b, "  <circle class=\"f%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\"/>\n", number, c.atX(p.x), c.atY(p.y))
	}
	fmt.Fprintf(b, "  <polyline class=\"c%d\" stroke-dasharray=\"%s\" points=\"%s\"/>\n", number, dashes[number], strings.Join(points, " "))
}

// drawNames writes the names of curves beside their ends, one below the other.
func (c *chart) drawNames(b *strings.Builder) {
	type label struct {
		curve   int
		x, y    float64 // of the end
		written float64
	}
	var labels []label
	for i, curve := range c.curves {
		last := curve.points[len(curve.points)-1]
		labels = append(labels, label{i, c.atX(last.x), c.atY(last.y), c.atY(last.y)})
	}
	slices.SortStableFunc(labels, func(a, b label) int { return cmp.Compare(a.y, b.y) })
	for i := range labels {
		if i > 0 {
			labels[i].written = max(labels[i].written, labels[i-1].written+lineHeight)
		}
	}
	for i, l := range slices.Backward(labels) { // what is too low moves up
		limit := float64(bottom)
		if i+1 < len(labels) {
			limit = labels[i+1].written - lineHeight
		}
		labels[i].written = min(l.written, limit)
	}
	for _, l := range labels {
		fmt.Fprintf(b, "  <line class=\"link c%d\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>\n", l.curve, l.x, l.y, right+18, l.written)
		fmt.Fprintf(b, "  <text class=\"f%d\" x=\"%d\" y=\"%.1f\">%s</text>\n", l.curve, right+22, l.written+4, escape(c.curves[l.curve].name))
	}
}

func (c *chart) atX(x float64) float64 {
	first, last := c.ticks[0], c.ticks[len(c.ticks)-1]
	if !c.linear {
		first, last, x = math.Log(first), math.Log(last), math.Log(x)
	}
	return left + (x-first)/(last-first)*(right-left)
}

func (c *chart) atY(y float64) float64 {
	return bottom - math.Log(max(1, y/c.low))/math.Log(c.high/c.low)*(bottom-top)
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}
