package road

import (
	"math"
	"slices"

	"github.com/cabstand/cabstand/geo"
)

// grid is an index by square, in degrees, of numbered things: nodes or streets.
// Those of square s are items[first[s]:first[s+1]].
type grid struct {
	box        geo.Box
	side       float64 // degrees of latitude
	lonSide    float64 // degrees of longitude
	rows, cols int
	first      []int32 // CSR over the squares, row by row from the south-west
	items      []int32
}

const (
	metresPerDegree = geo.EarthRadius * math.Pi / 180
	// mostSquares along a side of the box bound the memory of an index over
	// sparse, far-flung things.
	mostSquares = 1000
)

// newGrid lays out squares over the box for n things: so large that one holds
// one thing or two, and not smaller than the least side, in degrees of latitude.
func newGrid(box geo.Box, n int, least float64) grid {
	g := grid{box: box}
	shrink := math.Max(0.01, math.Cos((box.South+box.North)/2*math.Pi/180))
	high := math.Max(box.North-box.South, 1e-6)
	wide := math.Max((box.East-box.West)*shrink, 1e-6)
	g.side = max(math.Sqrt(high*wide/float64(n)), max(high, wide)/mostSquares, least)
	g.lonSide = g.side / shrink
	g.rows, g.cols = int(high/g.side)+1, int(wide/g.side)+1
	return g
}

// fill indexes what each puts. It is called twice, to count and to place.
func (g *grid) fill(each func(put func(square int, item int32))) {
	g.first = make([]int32, g.rows*g.cols+1)
	each(func(s int, _ int32) { g.first[s+1]++ })
	for i := range g.rows * g.cols {
		g.first[i+1] += g.first[i]
	}
	g.items = make([]int32, g.first[g.rows*g.cols])
	next := slices.Clone(g.first)
	each(func(s int, item int32) {
		g.items[next[s]] = item
		next[s]++
	})
}

func (g *grid) row(lat float64) int { return bound(int((lat-g.box.South)/g.side), g.rows) }
func (g *grid) col(lon float64) int { return bound(int((lon-g.box.West)/g.lonSide), g.cols) }

func (g *grid) square(p geo.Point) int { return g.row(p.Lat)*g.cols + g.col(p.Lon) }

func bound(i, n int) int { return min(max(i, 0), n-1) }

// rings is how many rings of squares there are around any square, at most.
func (g *grid) rings() int { return max(g.rows, g.cols) }

// clearance is a lower bound in metres of the distance from p to any square
// that is ring or more squares away from (row, col), where a degree of latitude
// and one of longitude are at least so many metres. A border beyond which there
// are no squares does not count.
func (g *grid) clearance(p geo.Point, row, col, ring int, perLat, perLon float64) float64 {
	nearest := math.Inf(1)
	if row-ring >= 0 {
		nearest = min(nearest, (p.Lat-(g.box.South+float64(row-ring+1)*g.side))*perLat)
	}
	if row+ring < g.rows {
		nearest = min(nearest, (g.box.South+float64(row+ring)*g.side-p.Lat)*perLat)
	}
	if col-ring >= 0 {
		nearest = min(nearest, (p.Lon-(g.box.West+float64(col-ring+1)*g.lonSide))*perLon)
	}
	if col+ring < g.cols {
		nearest = min(nearest, (g.box.West+float64(col+ring)*g.lonSide-p.Lon)*perLon)
	}
	return max(0, nearest)
}

// inRing calls fn with what is in each of the squares that are exactly ring
// squares away from (row, col).
func (g *grid) inRing(row, col, ring int, fn func(items []int32)) {
	for r := max(0, row-ring); r <= min(g.rows-1, row+ring); r++ {
		step := 1
		if r != row-ring && r != row+ring {
			step = max(1, 2*ring)
		}
		for c := col - ring; c <= col+ring; c += step {
			if c < 0 || c >= g.cols {
				continue
			}
			s := r*g.cols + c
			fn(g.items[g.first[s]:g.first[s+1]])
		}
	}
}
