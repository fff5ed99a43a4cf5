package road

import (
	"math"

	"github.com/cabstand/cabstand/geo"
)

// street is two nodes that an edge joins, or one each way.
type street struct{ edge, back int32 } // back is -1 on a one-way street

// Snap is the place on the network that is nearest to p, on the street that
// comes first where several are equally near; false if the graph has no edges.
//
// However far p is, there is a nearest place: [Place.Off] tells, and the times
// to and from it grow by what it is off beyond 50 m, at 4 m/s. Whoever does not
// want to serve the middle of the sea looks at Off. Which street is nearest is
// reckoned on the plane that touches the earth at p, which is exact at the scale
// of streets; beyond a hundred kilometres it is only about right.
func (g *Graph) Snap(p geo.Point) (Place, bool) {
	if len(g.streets) == 0 {
		return Place{}, false
	}
	a := newAim(p)
	var near sighting
	near.squared = math.Inf(1)
	row, col := g.lines.row(p.Lat), g.lines.col(p.Lon)
	for ring := 0; ring <= g.lines.rings(); ring++ {
		// In degrees of latitude, as the aim measures.
		clear := g.lines.clearance(p, row, col, ring, 1, a.shrink)
		if float64(clear*clear) > near.squared {
			break
		}
		g.lines.inRing(row, col, ring, func(items []int32) { g.sight(a, items, &near) })
	}
	return g.placeAt(p, near), true
}

// sighting is the nearest street so far.
type sighting struct {
	street  int32
	share   float64 // of the street's edge that lies behind the nearest point
	squared float64 // distance in degrees of latitude, squared
}

func (g *Graph) sight(a aim, items []int32, near *sighting) {
	for _, i := range items {
		e := &g.edges[g.streets[i].edge]
		share, squared := a.segment(g.points[e.from], g.points[e.to])
		if squared < near.squared || squared == near.squared && i < near.street {
			*near = sighting{i, share, squared}
		}
	}
}

func (g *Graph) placeAt(p geo.Point, near sighting) Place {
	s := g.streets[near.street]
	e := g.edges[s.edge]
	on := geo.Interpolate(g.points[e.from], g.points[e.to], near.share)
	return Place{Edge: s.edge, Back: s.back, At: near.share, Point: on, Off: geo.Distance(p, on)}
}

// aim measures on the plane that touches the earth at a point, in degrees of
// latitude. Products are converted so that no machine fuses them with a sum:
// all round alike.
type aim struct {
	at     geo.Point
	shrink float64 // a degree of longitude in degrees of latitude
}

func newAim(p geo.Point) aim { return aim{p, math.Cos(p.Lat * math.Pi / 180)} }

func (a aim) vector(p geo.Point) (x, y float64) {
	return float64((p.Lon - a.at.Lon) * a.shrink), p.Lat - a.at.Lat
}

// segment is the point of the line from p to q that is nearest to the aim, as
// the share of the line before it, and its squared distance. At the ends these
// are exact: lines that share a node are equally far from whoever is nearest to it.
func (a aim) segment(p, q geo.Point) (share, squared float64) {
	px, py := a.vector(p)
	qx, qy := a.vector(q)
	dx, dy := qx-px, qy-py
	dot := -(float64(px*dx) + float64(py*dy))
	length := float64(dx*dx) + float64(dy*dy)
	switch {
	case !(dot > 0):
		return 0, float64(px*px) + float64(py*py)
	case dot >= length:
		return 1, float64(qx*qx) + float64(qy*qy)
	}
	share = dot / length
	x, y := px+float64(share*dx), py+float64(share*dy)
	return share, float64(x*x) + float64(y*y)
}
