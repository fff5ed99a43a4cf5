package compare

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"
)

// chart is lines over two axes, as SVG.
type chart struct {
	x, y  string // what the axes show
	lines []line
	zero  bool // the vertical axis begins at 0
	whole bool // the horizontal one has whole numbers alone
	share bool // the vertical one is in percent: it ends at 100
}

// line is the points of one policy.
type line struct {
	name   string
	color  int
	points []point
	loose  bool // points alone, which no line joins
}

// point is a value, ± half.
type point struct {
	x, y, half float64
	tip        string
}

// The size of a chart, in pixels before it is scaled.
const (
	chartWidth, chartHeight = 640, 360
	padLeft, padRight       = 62, 16
	padTop, padBottom       = 14, 46
)

// svg draws the chart.
func (c chart) svg() template.HTML {
	x, y := c.axes()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" role="img" aria-label="%s against %s">`, chartWidth, chartHeight, html.EscapeString(c.y), html.EscapeString(c.x))
	c.frame(&b, x, y)
	for _, l := range c.lines {
		l.draw(&b, x, y)
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

func (c chart) axes() (x, y axis) {
	lowX, highX, lowY, highY := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, l := range c.lines {
		for _, p := range l.points {
			lowX, highX = math.Min(lowX, p.x), math.Max(highX, p.x)
			lowY, highY = math.Min(lowY, p.y-p.half), math.Max(highY, p.y+p.half)
		}
	}
	if c.zero {
		lowY = 0
	}
	x, y = newAxis(lowX, highX, padLeft, chartWidth-padRight, 7), newAxis(lowY, highY, chartHeight-padBottom, padTop, 6)
	if c.whole && x.step < 1 {
		x.low, x.high, x.step = math.Floor(x.low), math.Ceil(x.high), 1
	}
	if c.share {
		y.high = math.Min(y.high, 100)
	}
	return x, y
}

// frame draws the grid, its values and the axes' names.
func (c chart) frame(b *strings.Builder, x, y axis) {
	for _, v := range y.ticks() {
		fmt.Fprintf(b, `<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/>`, padLeft, chartWidth-padRight, y.at(v), y.at(v))
		fmt.Fprintf(b, `<text class="tick" x="%d" y="%.1f" text-anchor="end">%s</text>`, padLeft-8, y.at(v)+4, y.label(v))
	}
	for _, v := range x.ticks() {
		fmt.Fprintf(b, `<line class="grid faint" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>`, x.at(v), x.at(v), padTop, chartHeight-padBottom)
		fmt.Fprintf(b, `<text class="tick" x="%.1f" y="%d" text-anchor="middle">%s</text>`, x.at(v), chartHeight-padBottom+18, x.label(v))
	}
	fmt.Fprintf(b, `<text class="name" x="%d" y="%d" text-anchor="end">%s</text>`, chartWidth-padRight, chartHeight-8, html.EscapeString(c.x))
	fmt.Fprintf(b, `<text class="name" transform="translate(14 %d) rotate(-90)" text-anchor="end">%s</text>`, padTop, html.EscapeString(c.y))
}

func (l line) draw(b *strings.Builder, x, y axis) {
	fmt.Fprintf(b, `<g class="line c%d">`, l.color)
	if !l.loose && len(l.points) > 1 {
		b.WriteString(`<polyline points="`)
		for _, p := range l.points {
			fmt.Fprintf(b, "%.1f,%.1f ", x.at(p.x), y.at(p.y))
		}
		b.WriteString(`"/>`)
	}
	for _, p := range l.points {
		if p.half > 0 {
			fmt.Fprintf(b, `<line class="half" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, x.at(p.x), x.at(p.x), y.at(p.y-p.half), y.at(math.Min(p.y+p.half, y.high)))
		}
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="4"><title>%s: %s</title></circle>`, x.at(p.x), y.at(p.y), html.EscapeString(l.name), html.EscapeString(p.tip))
	}
	b.WriteString(`</g>`)
}
