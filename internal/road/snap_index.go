package road

import (
	"math"

	"github.com/cabstand/cabstand/geo"
)

// indexStreets pairs the edges and puts every street into the squares that it
// passes.
func (g *Graph) indexStreets() {
	g.streets = g.pairs()
	// Squares as wide as a street is long, on average, so that each is in few.
	g.lines = newGrid(g.Bounds(), max(1, len(g.streets)), g.meanExtent())
	g.lines.fill(func(put func(int, int32)) {
		for i := range g.streets {
			a, b := g.ends(int32(i))
			g.lines.along(a, b, func(square int) { put(square, int32(i)) })
		}
	})
}

// ends are the points between which a street runs.
func (g *Graph) ends(street int32) (a, b geo.Point) {
	e := g.edges[g.streets[street].edge]
	return g.points[e.from], g.points[e.to]
}

// meanExtent is the mean height of the streets in degrees of latitude.
func (g *Graph) meanExtent() float64 {
	sum := 0.0
	for i := range g.streets {
		a, b := g.ends(int32(i))
		sum += math.Abs(a.Lat - b.Lat)
	}
	return sum / float64(max(1, len(g.streets)))
}

// pairs lists the streets: of several edges from one node to another the
// fastest, and with it the fastest of those that lead back.
func (g *Graph) pairs() []street {
	streets := make([]street, 0, len(g.edges))
	ahead, back := unset(len(g.points)), unset(len(g.points))
	for n := range g.points {
		out, in := g.edges[g.first[n]:g.first[n+1]], g.into(Node(n))
		for i := range out {
			g.keepFaster(&ahead[out[i].to], g.first[n]+int32(i))
		}
		for _, i := range in {
			g.keepFaster(&back[g.edges[i].from], i)
		}
		for i, e := range out {
			number := g.first[n] + int32(i)
			if ahead[e.to] == number && (back[e.to] < 0 || Node(n) < e.to) {
				streets = append(streets, street{number, back[e.to]})
			}
		}
		for _, e := range out {
			ahead[e.to] = -1
		}
		for _, i := range in {
			back[g.edges[i].from] = -1
		}
	}
	return streets
}

func (g *Graph) keepFaster(best *int32, i int32) {
	if *best < 0 || g.edges[i].millis < g.edges[*best].millis {
		*best = i
	}
}

func unset(n int) []int32 {
	s := make([]int32, n)
	for i := range s {
		s[i] = -1
	}
	return s
}

// along calls fn with the squares that the line from a to b passes, and perhaps
// some that it only nearly touches.
func (g *grid) along(a, b geo.Point, fn func(square int)) {
	south, north := g.row(min(a.Lat, b.Lat)), g.row(max(a.Lat, b.Lat))
	west, east := g.col(min(a.Lon, b.Lon)), g.col(max(a.Lon, b.Lon))
	for r := south; r <= north; r++ {
		for c := west; c <= east; c++ {
			if south == north || west == east || g.touches(r, c, a, b) {
				fn(r*g.cols + c)
			}
		}
	}
}

// touches reports whether the endless line through a and b comes into the
// square, or within a thousandth of its side.
func (g *grid) touches(row, col int, a, b geo.Point) bool {
	x := g.box.West + (float64(col)+0.5)*g.lonSide
	y := g.box.South + (float64(row)+0.5)*g.side
	dx, dy := b.Lon-a.Lon, b.Lat-a.Lat
	across := math.Abs(dx*(y-a.Lat) - dy*(x-a.Lon))
	return across <= 0.501*(math.Abs(dx)*g.side+math.Abs(dy)*g.lonSide)
}
