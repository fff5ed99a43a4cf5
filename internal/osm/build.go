package osm

import (
	"math"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/road"
)

const noNode road.Node = -1

// builder makes edges of streets.
type builder struct {
	graph   road.Builder
	points  points
	numbers []road.Node // of the points, in the graph; noNode until one is used
	tooLong int
}

// add makes the edges of a street: two for each pair of nodes that follow each
// other, one where it goes one way. Where a node is not in the file the street
// has a gap.
func (b *builder) add(s street, refs []int64) {
	from := b.points.index(refs[0])
	for _, ref := range refs[1:] {
		to := b.points.index(ref)
		if from != to && b.points.known(from) && b.points.known(to) {
			b.join(s, from, to)
		}
		from = to
	}
}

func (b *builder) join(s street, from, to int) {
	metres := geo.Distance(b.points.places[from], b.points.places[to])
	// A barrier ends the piece of street before it as well as the one
	// behind it: each has an end of its own there.
	a, z := b.node(from), b.node(to)
	b.edge(a, z, metres, s.forward, b.points.marks[to].delay(true), s.kind)
	b.edge(z, a, metres, s.backward, b.points.marks[from].delay(false), s.kind)
}

// node is the number of a point in the graph.
func (b *builder) node(point int) road.Node {
	if b.points.marks[point]&blocked != 0 {
		return b.graph.AddNode(b.points.places[point])
	}
	if b.numbers[point] == noNode {
		b.numbers[point] = b.graph.AddNode(b.points.places[point])
	}
	return b.numbers[point]
}

func (b *builder) edge(from, to road.Node, metres, speed float64, wait time.Duration, kind road.Kind) {
	if speed == 0 {
		return
	}
	seconds := metres * 3.6 / speed
	if seconds > time.Hour.Seconds()*12 {
		b.tooLong++
		return
	}
	takes := time.Duration(math.Round(seconds*1000))*time.Millisecond + wait
	if err := b.graph.AddEdge(from, to, takes, kind); err != nil {
		b.tooLong++ // it cannot be: both nodes are there, and the time is below a day
	}
}
