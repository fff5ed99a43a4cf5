package main

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/cabstand/cabstand/internal/road"
)

// openGraph is the part of the city's graph in which every node can be reached
// from every other.
func openGraph(folder, column string) (*road.Graph, error) {
	nodes, err := os.Open(filepath.Join(folder, "nyc_nodes.csv.gz"))
	if err != nil {
		return nil, err
	}
	defer nodes.Close()
	links, err := os.Open(filepath.Join(folder, "nyc_links.csv.gz"))
	if err != nil {
		return nil, err
	}
	defer links.Close()
	g, told, err := road.Import(road.Source{Nodes: nodes, Links: links, Column: column})
	if err != nil {
		return nil, err
	}
	if told.Bad.Rows > 0 {
		return nil, fmt.Errorf("%v", told.Bad)
	}
	return g.Connected(), nil
}

// question asks for the times from each node to each other, and has the right
// answer.
type question struct {
	graph    *road.Graph
	from, to []road.Node
	answer   []int32 // milliseconds, row by row
}

func newQuestion(g *road.Graph, places int, seed uint64) question {
	rng := rand.New(rand.NewPCG(seed, uint64(places)))
	q := question{graph: g}
	for range places {
		q.from = append(q.from, road.Node(rng.IntN(g.Len())))
		q.to = append(q.to, road.Node(rng.IntN(g.Len())))
	}
	d := newDijkstra(g)
	for _, from := range q.from {
		millis := d.from(from)
		for _, to := range q.to {
			q.answer = append(q.answer, millis[to])
		}
	}
	return q
}

// check holds an answer against the right one.
func (q question) check(cell func(i, j int) float64) error {
	for i, from := range q.from {
		for j, to := range q.to {
			if want := float64(q.answer[i*len(q.to)+j]); cell(i, j) != want {
				return fmt.Errorf("from node %d to %d: %v ms, by Dijkstra %v ms", from, to, cell(i, j), want)
			}
		}
	}
	return nil
}

// dijkstra is the plain algorithm, which shares nothing with what is measured.
type dijkstra struct{ arcs [][]arc }

type arc struct {
	to     road.Node
	millis int32
}

func newDijkstra(g *road.Graph) dijkstra {
	d := dijkstra{make([][]arc, g.Len())}
	for i := range g.Edges() {
		from, to, takes := g.Edge(int32(i))
		d.arcs[from] = append(d.arcs[from], arc{to, int32(takes.Milliseconds())})
	}
	return d
}

// from is the time to every node, -1 where there is no way.
func (d dijkstra) from(start road.Node) []int32 {
	millis := make([]int32, len(d.arcs))
	for i := range millis {
		millis[i] = -1
	}
	open := &queue{{start, 0}}
	for open.Len() > 0 {
		at := heap.Pop(open).(arc)
		if millis[at.to] >= 0 {
			continue
		}
		millis[at.to] = at.millis
		for _, a := range d.arcs[at.to] {
			if millis[a.to] < 0 {
				heap.Push(open, arc{a.to, at.millis + a.millis})
			}
		}
	}
	return millis
}

type queue []arc

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].millis < q[j].millis }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(arc)) }
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
