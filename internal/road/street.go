package road

import (
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/cabstand/cabstand/geo"
)

// Class is how important a street is.
type Class uint8

// The classes, least important first.
const (
	Residential Class = iota
	Secondary
	Primary
	Motorway
)

var classNames = [...]string{"residential", "secondary", "primary", "motorway"}

func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return fmt.Sprintf("class %d", c)
}

// Kind is what an edge's street is.
type Kind struct {
	Class Class
	Name  string // "" if not known
}

// Street is the course of a street, for drawing.
type Street struct {
	Kind
	Points []geo.Point
}

// Streets are the streets of the graph as lines: edges of one kind that follow
// each other are one line, and both directions are drawn once.
func (g *Graph) Streets() iter.Seq[Street] {
	return func(yield func(Street) bool) {
		t := newTracer(g)
		for i := range g.edges {
			if t.drawn[i] {
				continue
			}
			if !yield(t.trace(int32(i))) {
				return
			}
		}
	}
}

// tracer joins edges to lines; it remembers what it has drawn.
type tracer struct {
	g     *Graph
	drawn []bool
}

func newTracer(g *Graph) *tracer { return &tracer{g: g, drawn: make([]bool, len(g.edges))} }

// trace draws the line of an edge: from the edge on as far as its street goes,
// then the part that leads up to it.
func (t *tracer) trace(i int32) Street {
	e := t.g.edges[i]
	t.mark(i)
	line := []Node{e.from, e.to}
	line = t.extend(line, e.kind)
	slices.Reverse(line)
	line = t.extend(line, e.kind)
	slices.Reverse(line)
	s := Street{Kind: t.g.kinds[e.kind], Points: make([]geo.Point, len(line))}
	for j, n := range line {
		s.Points[j] = t.g.points[n]
	}
	return s
}

// mark notes the edge, its other direction and its doubles as drawn.
func (t *tracer) mark(i int32) {
	e := t.g.edges[i]
	t.markBetween(e.from, e.to, e.kind)
	t.markBetween(e.to, e.from, e.kind)
}

func (t *tracer) markBetween(from, to Node, kind int32) {
	for i := t.g.first[from]; i < t.g.first[from+1]; i++ {
		if e := t.g.edges[i]; e.to == to && e.kind == kind {
			t.drawn[i] = true
		}
	}
}

func (t *tracer) extend(line []Node, kind int32) []Node {
	for {
		next, edge := t.straightest(line[len(line)-2], line[len(line)-1], kind)
		if edge < 0 {
			return line
		}
		t.mark(edge)
		line = append(line, next)
	}
}

// straightest is the edge of the kind, not yet drawn, that goes on from a over
// b with the least turn; -1 if there is none below a right angle.
func (t *tracer) straightest(a, b Node, kind int32) (next Node, edge int32) {
	edge = -1
	course, least := geo.Bearing(t.g.points[a], t.g.points[b]), 90.0
	consider := func(i int32, n Node) {
		if t.drawn[i] || t.g.edges[i].kind != kind || n == a {
			return
		}
		turn := math.Abs(math.Remainder(geo.Bearing(t.g.points[b], t.g.points[n])-course, 360))
		if turn < least {
			least, next, edge = turn, n, i
		}
	}
	for i := t.g.first[b]; i < t.g.first[b+1]; i++ {
		consider(i, t.g.edges[i].to)
	}
	for _, i := range t.g.into(b) {
		consider(i, t.g.edges[i].from)
	}
	return next, edge
}
