package road

import (
	pqueue "container/heap"
	"math"
)

// An arc of the graph that oracles search.
type plainArc struct {
	From, To Node
	Millis   int64
}

type cut struct {
	at   int64
	node Node
}

// cutAt lists the edges of a graph in which the places are nodes of their own,
// the last ones, and the edges are cut in two where a place is on them. A place
// that rounds to the end of one of its edges is joined to the node for nothing,
// and cuts no edge.
func cutAt(g *Graph, places []Place) []plainArc {
	cuts := map[int32][]cut{}
	var arcs []plainArc
	for i, p := range places {
		n := Node(g.Len() + i)
		mine := map[int32]int64{}
		for edge, share := range map[int32]float64{p.Edge: p.At, p.Back: 1 - p.At} {
			if edge >= 0 {
				mine[edge] = int64(math.Floor(share*float64(g.edges[edge].millis) + 0.5))
			}
		}
		at := atNode(g, p, mine)
		if at >= 0 {
			arcs = append(arcs, plainArc{at, n, 0}, plainArc{n, at, 0})
			continue
		}
		for edge, passed := range mine {
			cuts[edge] = append(cuts[edge], cut{passed, n})
		}
	}
	for i, e := range g.edges {
		arcs = append(arcs, pieces(e, cuts[int32(i)])...)
	}
	return arcs
}

func atNode(g *Graph, p Place, passed map[int32]int64) Node {
	for _, edge := range []int32{p.Edge, p.Back} {
		at, ok := passed[edge]
		if !ok {
			continue
		}
		if at == 0 {
			return g.edges[edge].from
		}
		if at == int64(g.edges[edge].millis) {
			return g.edges[edge].to
		}
	}
	return -1
}

// pieces are the arcs between all that is on an edge, in their order.
func pieces(e edge, cuts []cut) []plainArc {
	whole := int64(e.millis)
	arcs := []plainArc{{e.from, e.to, whole}}
	for _, c := range cuts {
		arcs = append(arcs, plainArc{e.from, c.node, c.at}, plainArc{c.node, e.to, whole - c.at})
		for _, d := range cuts {
			if c.at <= d.at {
				arcs = append(arcs, plainArc{c.node, d.node, d.at - c.at})
			}
		}
	}
	return arcs
}

// dijkstra is the textbook's algorithm: the cost from one node to all of n,
// math.MaxInt64 where there is no way.
func dijkstra(n int, arcs [][]plainArc, from Node) []int64 {
	cost := make([]int64, n)
	for i := range cost {
		cost[i] = math.MaxInt64
	}
	cost[from] = 0
	open := &plainQueue{{from, from, 0}}
	for open.Len() > 0 {
		at := pqueue.Pop(open).(plainArc)
		if at.Millis > cost[at.To] {
			continue
		}
		for _, a := range arcs[at.To] {
			if c := at.Millis + a.Millis; c < cost[a.To] {
				cost[a.To] = c
				pqueue.Push(open, plainArc{at.To, a.To, c})
			}
		}
	}
	return cost
}

// DijkstraBetween is, of each place, the milliseconds to each of the others on
// the graph in which they are nodes, without what they are off the roads;
// math.MaxInt64 where there is no way.
func DijkstraBetween(g *Graph, places []Place) [][]int64 {
	n := g.Len() + len(places)
	leaving := make([][]plainArc, n)
	for _, a := range cutAt(g, places) {
		leaving[a.From] = append(leaving[a.From], a)
	}
	costs := make([][]int64, len(places))
	for i := range places {
		costs[i] = dijkstra(n, leaving, Node(g.Len()+i))[g.Len():]
	}
	return costs
}

type plainQueue []plainArc

func (q plainQueue) Len() int           { return len(q) }
func (q plainQueue) Less(i, j int) bool { return q[i].Millis < q[j].Millis }
func (q plainQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *plainQueue) Push(x any)        { *q = append(*q, x.(plainArc)) }
func (q *plainQueue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
