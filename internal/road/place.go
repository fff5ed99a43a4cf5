package road

import (
	"math"
	"time"

	"github.com/cabstand/cabstand/geo"
)

// Place is a point on the network: somewhere along an edge, and along the
// opposite edge where the street is driven both ways.
type Place struct {
	Edge  int32     // the number of the edge
	Back  int32     // that of the opposite edge; -1 on a one-way street
	At    float64   // the share of Edge that lies behind the place, 0 to 1
	Point geo.Point // on the edge
	Off   float64   // metres from the point that was asked for
}

// Points far from any street are reached slowly: what they are off beyond
// freeOff metres, which is the noise of GPS and the width of a street, is driven
// at accessSpeed, in m/s.
const (
	freeOff     = 50
	accessSpeed = 4
)

// access is how long the place is from the network, in milliseconds.
func (p Place) access() int32 {
	if !(p.Off > freeOff) {
		return 0
	}
	return int32(math.Round(min((p.Off-freeOff)/accessSpeed, maxEdge.Seconds()) * 1000))
}

// PlaceOf is the place at a node, false if no edge touches it.
func (g *Graph) PlaceOf(n Node) (Place, bool) {
	if i := g.first[n]; i < g.first[n+1] {
		return Place{Edge: i, Back: -1, At: 0, Point: g.points[n]}, true
	}
	if in := g.into(n); len(in) > 0 {
		return Place{Edge: in[0], Back: -1, At: 1, Point: g.points[n]}, true
	}
	return Place{}, false
}

// end is a node through which a way leaves a place or comes to it, and the
// milliseconds between the two. There is none where the node is -1.
type end struct {
	node   Node
	millis int32
}

// passed is how much of an edge lies behind a place that has passed so much of
// it, in milliseconds, and left how much lies before it. They add up to the edge,
// so that all ways of reckoning a drive agree to the millisecond.
func (g *Graph) passed(i int32, share float64) (passed, left int32) {
	millis := g.edges[i].millis
	passed = int32(float64(min(max(share, 0), 1)*float64(millis)) + 0.5)
	return passed, millis - passed
}

// junction is the node that a place is at, -1 if it is between two. A place less
// than half a millisecond from the end of an edge, either way, is at the node, and
// all its edges are open to it.
func (g *Graph) junction(p Place) Node {
	for _, way := range [2]struct {
		edge  int32
		share float64
	}{{p.Edge, p.At}, {p.Back, 1 - p.At}} {
		if way.edge < 0 {
			continue
		}
		if passed, left := g.passed(way.edge, way.share); passed == 0 {
			return g.edges[way.edge].from
		} else if left == 0 {
			return g.edges[way.edge].to
		}
	}
	return -1
}

// departures are the nodes by which a drive from p can go on.
func (g *Graph) departures(p Place) [2]end {
	access := p.access()
	if n := g.junction(p); n >= 0 {
		return [2]end{{n, access}, {-1, 0}}
	}
	ends := [2]end{{-1, 0}, {-1, 0}}
	if p.Edge >= 0 {
		_, left := g.passed(p.Edge, p.At)
		ends[0] = end{g.edges[p.Edge].to, left + access}
	}
	if p.Back >= 0 {
		_, left := g.passed(p.Back, 1-p.At)
		ends[1] = end{g.edges[p.Back].to, left + access}
	}
	return ends
}

// arrivals are the nodes by which a drive can come to p.
func (g *Graph) arrivals(p Place) [2]end {
	access := p.access()
	if n := g.junction(p); n >= 0 {
		return [2]end{{n, access}, {-1, 0}}
	}
	ends := [2]end{{-1, 0}, {-1, 0}}
	if p.Edge >= 0 {
		passed, _ := g.passed(p.Edge, p.At)
		ends[0] = end{g.edges[p.Edge].from, passed + access}
	}
	if p.Back >= 0 {
		passed, _ := g.passed(p.Back, 1-p.At)
		ends[1] = end{g.edges[p.Back].from, passed + access}
	}
	return ends
}

// along is the drive from one place to another on the same edge, without a node
// between them, in milliseconds.
func (g *Graph) along(from, to Place) (int32, bool) {
	best := min(
		g.stretch(from.Edge, from.At, to.Edge, to.At), g.stretch(from.Edge, from.At, to.Back, 1-to.At),
		g.stretch(from.Back, 1-from.At, to.Edge, to.At), g.stretch(from.Back, 1-from.At, to.Back, 1-to.At),
	)
	if best == unreached || g.junction(from) >= 0 || g.junction(to) >= 0 {
		return 0, false // or by the node, which the ends of the places tell
	}
	return best + from.access() + to.access(), true
}

// stretch is the time between two shares of an edge, unreached if they are not on
// one edge or in the other order.
func (g *Graph) stretch(a int32, shareA float64, b int32, shareB float64) int32 {
	if a != b || a < 0 {
		return unreached
	}
	start, _ := g.passed(a, shareA)
	stop, _ := g.passed(b, shareB)
	if start > stop {
		return unreached
	}
	return stop - start
}

func milliseconds(ms int32) time.Duration { return time.Duration(ms) * time.Millisecond }
