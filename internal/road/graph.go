package road

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/cabstand/cabstand/geo"
)

// Node is the number of a node in its graph, from 0 on.
type Node int32

// Graph is a road network. Edges lie in one array, ordered by the node that
// they leave: those of node n are first[n] to first[n+1].
type Graph struct {
	points []geo.Point
	first  []int32
	edges  []edge

	// The same edges by the node that they enter, for searching backwards.
	firstIn []int32
	in      []int32 // numbers of edges
	inArcs  []inArc // of the same edges, what a search needs

	kinds   []Kind
	credit  string
	nodes   grid
	streets []street
	lines   grid // of streets
	slowest int32

	searches sync.Pool // of *search: scratch memory as large as the graph
	queues   sync.Pool // of *buckets
	rows     sync.Pool // of *Row
}

// inArc is an edge as a search backwards sees it.
type inArc struct {
	from   Node
	millis int32
}

type edge struct {
	from, to Node
	millis   int32
	kind     int32
}

// Len is the number of nodes.
func (g *Graph) Len() int { return len(g.points) }

// Edges is the number of directed edges.
func (g *Graph) Edges() int { return len(g.edges) }

// Edge is the ends of the edge of that number, and the time that it takes.
func (g *Graph) Edge(i int32) (from, to Node, takes time.Duration) {
	e := &g.edges[i]
	return e.from, e.to, milliseconds(e.millis)
}

// Point is where n is.
func (g *Graph) Point(n Node) geo.Point { return g.points[n] }

// Bounds is the smallest box around all nodes.
func (g *Graph) Bounds() geo.Box {
	b := geo.Box{West: 180, South: 90, East: -180, North: -90}
	for _, p := range g.points {
		b.West, b.East = min(b.West, p.Lon), max(b.East, p.Lon)
		b.South, b.North = min(b.South, p.Lat), max(b.North, p.Lat)
	}
	return b
}

// Credit is who must be named wherever the graph is shown; "" for nobody.
func (g *Graph) Credit() string { return g.credit }

// into are the numbers of the edges that enter n.
func (g *Graph) into(n Node) []int32 { return g.in[g.firstIn[n]:g.firstIn[n+1]] }

// maxEdge is the longest time that an edge may take.
const maxEdge = 24 * time.Hour

// Builder gathers nodes and edges for a Graph.
type Builder struct {
	Credit string // of the graph: who must be named wherever it is shown
	points []geo.Point
	edges  []edge
	kinds  []Kind
	known  map[Kind]int32
}

// AddNode adds a node and returns its number.
func (b *Builder) AddNode(p geo.Point) Node {
	b.points = append(b.points, p)
	return Node(len(b.points) - 1)
}

// AddEdge adds a way from one node to another that takes the given time. For a
// street of both directions add two. An edge from a node to itself is refused,
// and so are times that are negative or longer than a day.
func (b *Builder) AddEdge(from, to Node, takes time.Duration, kind Kind) error {
	switch {
	case from < 0 || to < 0 || int(from) >= len(b.points) || int(to) >= len(b.points):
		return fmt.Errorf("edge %d to %d: there are nodes 0 to %d", from, to, len(b.points)-1)
	case from == to:
		return fmt.Errorf("edge %d to %d: an edge joins two nodes", from, to)
	case takes < 0 || takes > maxEdge:
		return fmt.Errorf("edge %d to %d: %v: a time is 0 to 24 h", from, to, takes)
	}
	b.edges = append(b.edges, edge{from, to, millisOf(takes), b.kind(kind)})
	return nil
}

func (b *Builder) kind(k Kind) int32 {
	if i, ok := b.known[k]; ok {
		return i
	}
	if b.known == nil {
		b.known = map[Kind]int32{}
	}
	i := int32(len(b.kinds))
	b.kinds, b.known[k] = append(b.kinds, k), i
	return i
}

// millisOf rounds up to at least one millisecond, so that no way is free and a
// search always makes progress.
func millisOf(d time.Duration) int32 {
	return max(1, int32(math.Round(d.Seconds()*1000)))
}

// Graph is the graph of what was added. The builder may be used on.
func (b *Builder) Graph() *Graph {
	g := &Graph{
		points: slices.Clone(b.points), edges: slices.Clone(b.edges), kinds: slices.Clone(b.kinds),
		credit: b.Credit,
	}
	slices.SortStableFunc(g.edges, func(a, b edge) int { return int(a.from) - int(b.from) })
	g.link()
	g.indexNodes()
	g.indexStreets()
	g.prepare()
	return g
}

// link builds the lists of edges by node from the edges in their order.
func (g *Graph) link() {
	g.first = make([]int32, len(g.points)+1)
	g.firstIn = make([]int32, len(g.points)+1)
	for _, e := range g.edges {
		g.first[e.from+1]++
		g.firstIn[e.to+1]++
	}
	for n := range g.points {
		g.first[n+1] += g.first[n]
		g.firstIn[n+1] += g.firstIn[n]
	}
	g.in = make([]int32, len(g.edges))
	next := slices.Clone(g.firstIn)
	for i, e := range g.edges {
		g.in[next[e.to]] = int32(i)
		next[e.to]++
	}
}

// prepare makes what searches need.
func (g *Graph) prepare() {
	g.inArcs = make([]inArc, len(g.edges))
	for i, in := range g.in {
		e := g.edges[in]
		g.inArcs[i] = inArc{e.from, e.millis}
		g.slowest = max(g.slowest, e.millis)
	}
	g.searches.New = func() any { return newSearch(len(g.points)) }
	g.queues.New = func() any { return newBuckets(g) }
	g.rows.New = func() any { return newRow(g) }
}
