package road

import (
	"math"

	"github.com/cabstand/cabstand/geo"
)

func (g *Graph) indexNodes() {
	g.nodes = newGrid(g.Bounds(), max(1, len(g.points)), 0)
	g.nodes.fill(func(put func(int, int32)) {
		for n, p := range g.points {
			put(g.nodes.square(p), int32(n))
		}
	})
}

// Nearest is the node that is nearest to p as the crow flies, and how many
// metres away. Of an empty graph it is -1. Graphs do not cross the antimeridian.
func (g *Graph) Nearest(p geo.Point) (Node, float64) {
	if g.Len() == 0 {
		return -1, math.Inf(1)
	}
	best, bestMetres := Node(-1), math.Inf(1)
	row, col := g.nodes.row(p.Lat), g.nodes.col(p.Lon)
	perLon := g.perLon(p)
	for ring := 0; ring <= g.nodes.rings(); ring++ {
		if best >= 0 && g.nodes.clearance(p, row, col, ring, metresPerDegree, perLon) > bestMetres {
			break
		}
		g.nodes.inRing(row, col, ring, func(items []int32) {
			for _, i := range items {
				d := geo.Distance(p, g.points[i])
				if d < bestMetres || d == bestMetres && Node(i) < best {
					best, bestMetres = Node(i), d
				}
			}
		})
	}
	return best, bestMetres
}

// perLon is the least that a degree of longitude counts between p and the graph,
// in metres: it is narrowest at the highest latitude looked at, and the great
// circle is at least 2/π of the way along the parallel.
func (g *Graph) perLon(p geo.Point) float64 {
	box := g.nodes.box
	high := max(math.Abs(p.Lat), math.Abs(box.South), math.Abs(box.North))
	return metresPerDegree * max(0, math.Cos(high*math.Pi/180)) * 2 / math.Pi
}
