package sim

import (
	"math"
	"slices"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/road"
)

// lattice joins strokes to a road graph: where they cross there is a junction,
// where one ends a little before another it is led on to it.
type lattice struct {
	strokes  []stroke
	segments []segment
	squares  map[[2]int][]int32 // numbers of segments, by square
	nodes    []vec
	snap     map[[3]int][]int32 // numbers of nodes, by layer and square
	links    []link
}

// segment is a straight piece of a stroke.
type segment struct {
	a, b   vec
	stroke int
	at     int // number of its first point
}

// link is a piece of street between two nodes.
type link struct {
	from, to int32
	stroke   int
}

const (
	segmentSquare = 100.0 // side of a square of segments, metres
	merge         = 9.0   // nodes nearer than this are one, metres
	stub          = 45.0  // a shorter dead end is cut off, metres
)

// newLattice joins the strokes.
func newLattice(strokes []stroke, t *terrain) *lattice {
	l := &lattice{strokes: strokes, snap: map[[3]int][]int32{}}
	l.index()
	l.leadOn(t)
	for i := range l.strokes {
		l.strokes[i].points = simplify(l.strokes[i].points, 2.5)
	}
	l.index()
	for i := range l.strokes {
		l.cut(i)
	}
	for range 3 {
		l.prune()
	}
	return l
}

// index finds segments by place.
func (l *lattice) index() {
	l.segments, l.squares = nil, map[[2]int][]int32{}
	for i, s := range l.strokes {
		for j := range len(s.points) - 1 {
			g := segment{s.points[j], s.points[j+1], i, j}
			l.segments = append(l.segments, g)
			for _, square := range squaresOf(g.a, g.b) {
				l.squares[square] = append(l.squares[square], int32(len(l.segments)-1))
			}
		}
	}
}

// squaresOf are the squares that a segment may touch.
func squaresOf(a, b vec) [][2]int {
	low := squareOf(vec{math.Min(a.x, b.x), math.Min(a.y, b.y)}, segmentSquare)
	high := squareOf(vec{math.Max(a.x, b.x), math.Max(a.y, b.y)}, segmentSquare)
	var squares [][2]int
	// Far out, where only the motorway runs, there is nothing to meet.
	const out = 90
	for i := max(low[0], -out); i <= min(high[0], out); i++ {
		for j := max(low[1], -out); j <= min(high[1], out); j++ {
			squares = append(squares, [2]int{i, j})
		}
	}
	return squares
}

// meets reports whether streets of the two classes have a junction where they
// cross. The motorway has them with avenues only; smaller streets pass below.
func meets(a, b road.Class) bool {
	if a < b {
		a, b = b, a
	}
	return a != road.Motorway || b >= road.Primary
}

// leadOn prolongs strokes that end shortly before another.
func (l *lattice) leadOn(t *terrain) {
	for i := range l.strokes {
		s := &l.strokes[i]
		n := len(s.points)
		if n < 3 || s.class == road.Motorway {
			continue
		}
		first, last := s.points[0], s.points[n-1]
		if q, ok := l.reach(i, last, last.sub(s.points[n-3]).unit(), t); ok {
			s.points = append(s.points, q)
		}
		if q, ok := l.reach(i, first, first.sub(s.points[2]).unit(), t); ok {
			s.points = append([]vec{q}, s.points...)
		}
	}
}

// reach is where a street that ends at p is to be led: straight on to the next
// street, or else to the nearest one; a little over it, so that they surely
// cross.
func (l *lattice) reach(stroke int, p, heading vec, t *terrain) (vec, bool) {
	most := 150.0
	if l.strokes[stroke].class > road.Residential {
		most = 320
	}
	if q, ok := l.ahead(stroke, p, heading, most); ok && !t.blocked(p, q) {
		return q, true
	}
	if q, ok := l.beside(stroke, p, most*0.6); ok && !t.blocked(p, q) {
		return q, true
	}
	return p, false
}

// blocked reports whether a street cannot lead from a to b.
func (t *terrain) blocked(a, b vec) bool {
	for f := 0.0; f <= 1; f += 0.1 {
		if p := a.lerp(b, f); t.wet(p, 25) || t.green(p) {
			return true
		}
	}
	return false
}

func (l *lattice) ahead(stroke int, p, heading vec, most float64) (vec, bool) {
	end := p.add(heading.mul(most))
	best := math.Inf(1)
	for s := range l.around(p, end) {
		if s.stroke == stroke || !meets(l.strokes[stroke].class, l.strokes[s.stroke].class) {
			continue
		}
		if f, _, ok := crossing(p, end, s.a, s.b); ok && f*most > 0.5 && f < best {
			best = f
		}
	}
	if best > 1 {
		return p, false
	}
	return p.add(heading.mul(best*most + 2)), true
}

func (l *lattice) beside(stroke int, p vec, most float64) (vec, bool) {
	best, at := most, p
	corner := vec{most, most}
	for s := range l.around(p.sub(corner), p.add(corner)) {
		if s.stroke == stroke || !meets(l.strokes[stroke].class, l.strokes[s.stroke].class) {
			continue
		}
		if q := nearestOn(p, s.a, s.b); q.distance(p) < best {
			best, at = q.distance(p), q
		}
	}
	return at.add(at.sub(p).unit().mul(2)), best < most && best > 0.5
}

// around are the segments near the box of a and b, some of them twice.
func (l *lattice) around(a, b vec) func(func(segment) bool) {
	return func(yield func(segment) bool) {
		for _, square := range squaresOf(a, b) {
			for _, i := range l.squares[square] {
				if !yield(l.segments[i]) {
					return
				}
			}
		}
	}
}

// cut makes nodes of a stroke's points and of its crossings, and links between
// them.
func (l *lattice) cut(stroke int) {
	s := l.strokes[stroke]
	layer := 0
	if s.class == road.Motorway {
		layer = 1
	}
	last := int32(-1)
	visit := func(p vec, junction bool) {
		n := l.node(p, layer, junction)
		if last >= 0 && n != last {
			l.links = append(l.links, link{last, n, stroke})
		}
		last = n
	}
	for j := range len(s.points) - 1 {
		visit(s.points[j], false)
		for _, f := range l.crossings(stroke, s.points[j], s.points[j+1]) {
			visit(s.points[j].lerp(s.points[j+1], f), true)
		}
	}
	visit(s.points[len(s.points)-1], false)
}

// crossings are the fractions of the segment at which other streets join it, in
// order.
func (l *lattice) crossings(stroke int, a, b vec) []float64 {
	var at []float64
	for s := range l.around(a, b) {
		if s.a == a && s.b == b || !meets(l.strokes[stroke].class, l.strokes[s.stroke].class) {
			continue
		}
		if f, _, ok := crossing(a, b, s.a, s.b); ok {
			at = append(at, f)
		}
	}
	slices.Sort(at)
	return slices.Compact(at)
}

// node is the node at p, or one very near to it. Motorways have a layer of their
// own, so that a street that passes below does not join them; a junction is in
// both.
func (l *lattice) node(p vec, layer int, junction bool) int32 {
	if n, ok := l.nearby(p, layer); ok {
		return n
	}
	if n, ok := l.nearby(p, 1-layer); ok && junction {
		l.file(n, p, layer)
		return n
	}
	n := int32(len(l.nodes))
	l.nodes = append(l.nodes, p)
	l.file(n, p, layer)
	if junction {
		l.file(n, p, 1-layer)
	}
	return n
}

func (l *lattice) file(n int32, p vec, layer int) {
	square := squareOf(p, merge)
	key := [3]int{layer, square[0], square[1]}
	l.snap[key] = append(l.snap[key], n)
}

func (l *lattice) nearby(p vec, layer int) (int32, bool) {
	square := squareOf(p, merge)
	best, found := merge, int32(-1)
	for i := square[0] - 1; i <= square[0]+1; i++ {
		for j := square[1] - 1; j <= square[1]+1; j++ {
			for _, n := range l.snap[[3]int{layer, i, j}] {
				if d := l.nodes[n].distance(p); d < best {
					best, found = d, n
				}
			}
		}
	}
	return found, found >= 0
}

// prune cuts off dead ends that are too short to be streets.
func (l *lattice) prune() {
	degree := make([]int, len(l.nodes))
	for _, k := range l.links {
		degree[k.from]++
		degree[k.to]++
	}
	l.links = slices.DeleteFunc(l.links, func(k link) bool {
		dead := degree[k.from] == 1 || degree[k.to] == 1
		return dead && l.nodes[k.from].distance(l.nodes[k.to]) < stub
	})
}

// speeds are what is driven on average, lights and all, m/s.
var speeds = map[road.Class]float64{
	road.Motorway: 21, road.Primary: 12, road.Secondary: 10, road.Residential: 7,
}

// graph is the road graph of the lattice, laid on the earth at origin.
func (l *lattice) graph(origin geo.Point) *road.Graph {
	var b road.Builder
	for _, p := range l.nodes {
		b.AddNode(onEarth(p, origin))
	}
	for _, k := range l.links {
		s := l.strokes[k.stroke]
		busy := 1 - 0.3*math.Exp(-l.nodes[k.from].length()/1400) // slower in the centre
		metres := l.nodes[k.from].distance(l.nodes[k.to])
		takes := time.Duration(metres / (speeds[s.class] * busy) * float64(time.Second))
		kind := road.Kind{Class: s.class, Name: s.name}
		// They cannot fail: links join two nodes that are there.
		_ = b.AddEdge(road.Node(k.from), road.Node(k.to), takes, kind)
		if !s.oneWay {
			_ = b.AddEdge(road.Node(k.to), road.Node(k.from), takes, kind)
		}
	}
	return b.Graph().Connected()
}
