package road

import (
	"math"

	"github.com/cabstand/cabstand/geo"
)

// grid is an index of the nodes by square, in degrees: a square's side is about
// what holds one node or two.
type grid struct {
	box        geo.Box
	side       float64 // degrees of latitude
	lonSide    float64 // degrees of longitude
	rows, cols int
	first      []int32 // CSR over the squares, row by row from the south-west
	nodes      []Node
}

// maxSquares bounds the memory of an index over sparse, far-flung nodes.
const maxSquares = 1 << 20

func newGrid(points []geo.Point) grid {
	if len(points) == 0 {
		return grid{}
	}
	g := grid{box: (&Graph{points: points}).Bounds()}
	g.measure(len(points))
	g.first = make([]int32, g.rows*g.cols+1)
	for _, p := range points {
		g.first[g.square(p)+1]++
	}
	for i := range g.rows * g.cols {
		g.first[i+1] += g.first[i]
	}
	g.nodes = make([]Node, len(points))
	next := make([]int32, g.rows*g.cols)
	copy(next, g.first)
	for n, p := range points {
		s := g.square(p)
		g.nodes[next[s]] = Node(n)
		next[s]++
	}
	return g
}

// measure chooses the squares for n nodes: nearly square in metres.
func (g *grid) measure(n int) {
	shrink := math.Max(0.01, math.Cos((g.box.South+g.box.North)/2*math.Pi/180))
	high := math.Max(g.box.North-g.box.South, 1e-6)
	wide := math.Max((g.box.East-g.box.West)*shrink, 1e-6)
	g.side = math.Max(math.Sqrt(high*wide/float64(n)), math.Max(high, wide)/1000)
	g.lonSide = g.side / shrink
	g.rows, g.cols = int(high/g.side)+1, int(wide/g.side)+1
	for g.rows*g.cols > maxSquares {
		g.side, g.lonSide = g.side*2, g.lonSide*2
		g.rows, g.cols = int(high/g.side)+1, int(wide/g.side)+1
	}
}

func (g *grid) row(lat float64) int { return bound(int((lat-g.box.South)/g.side), g.rows) }
func (g *grid) col(lon float64) int { return bound(int((lon-g.box.West)/g.lonSide), g.cols) }

func (g *grid) square(p geo.Point) int { return g.row(p.Lat)*g.cols + g.col(p.Lon) }

func bound(i, n int) int { return min(max(i, 0), n-1) }

// Nearest is the node that is nearest to p as the crow flies, and how many
// metres away. Of an empty graph it is -1. Graphs do not cross the antimeridian.
func (g *Graph) Nearest(p geo.Point) (Node, float64) {
	if g.Len() == 0 {
		return -1, math.Inf(1)
	}
	best, bestMetres := Node(-1), math.Inf(1)
	row, col := g.grid.row(p.Lat), g.grid.col(p.Lon)
	for ring := 0; ring <= max(g.grid.rows, g.grid.cols); ring++ {
		if best >= 0 && g.grid.clearance(p, row, col, ring) > bestMetres {
			break
		}
		g.grid.eachInRing(row, col, ring, func(n Node) {
			d := geo.Distance(p, g.points[n])
			if d < bestMetres || d == bestMetres && n < best {
				best, bestMetres = n, d
			}
		})
	}
	return best, bestMetres
}

// clearance is a lower bound in metres of the distance from p to any square
// that is ring or more squares away from (row, col). A border beyond which there
// are no squares does not count.
func (g *grid) clearance(p geo.Point, row, col, ring int) float64 {
	nearest := math.Inf(1)
	consider := func(exists bool, degrees, metresPerDegree float64) {
		if exists {
			nearest = math.Min(nearest, math.Max(0, degrees)*metresPerDegree)
		}
	}
	// A degree of longitude is narrowest at the highest latitude looked at, and the
	// great circle is at least 2/π of the way along the parallel.
	high := math.Max(math.Abs(p.Lat), math.Max(math.Abs(g.box.South), math.Abs(g.box.North)))
	perLat := geo.EarthRadius * math.Pi / 180
	perLon := perLat * math.Max(0, math.Cos(high*math.Pi/180)) * 2 / math.Pi
	consider(row-ring >= 0, p.Lat-(g.box.South+float64(row-ring+1)*g.side), perLat)
	consider(row+ring < g.rows, g.box.South+float64(row+ring)*g.side-p.Lat, perLat)
	consider(col-ring >= 0, p.Lon-(g.box.West+float64(col-ring+1)*g.lonSide), perLon)
	consider(col+ring < g.cols, g.box.West+float64(col+ring)*g.lonSide-p.Lon, perLon)
	return nearest
}

// eachInRing calls fn with the nodes of the squares that are exactly ring
// squares away from (row, col).
func (g *grid) eachInRing(row, col, ring int, fn func(Node)) {
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
			for _, n := range g.nodes[g.first[s]:g.first[s+1]] {
				fn(n)
			}
		}
	}
}
