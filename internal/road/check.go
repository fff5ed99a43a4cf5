package road

import (
	"fmt"
	"math"
)

// check looks whether the arrays of a loaded graph fit together, so that nothing
// that is done with it leads out of them.
func (g *Graph) check() error {
	for n, p := range g.points {
		if !p.Valid() {
			return fmt.Errorf("node %d: %v is not on the earth", n, p)
		}
	}
	if err := checkLists("edges by start", g.first, len(g.points), len(g.edges)); err != nil {
		return err
	}
	if err := checkLists("edges by end", g.firstIn, len(g.points), len(g.in)); err != nil {
		return err
	}
	if len(g.in) != len(g.edges) {
		return fmt.Errorf("edges by end: %d, not %d", len(g.in), len(g.edges))
	}
	for n := range g.points {
		if err := g.checkNode(Node(n)); err != nil {
			return err
		}
	}
	return g.checkIndex()
}

// checkNode looks at the edges that leave and enter a node. As the lists of all
// nodes are as long as there are edges, and no list has one twice, each is in one.
func (g *Graph) checkNode(n Node) error {
	for i := g.first[n]; i < g.first[n+1]; i++ {
		e := g.edges[i]
		switch {
		case e.from != n:
			return fmt.Errorf("edge %d leaves node %d, not %d", i, e.from, n)
		case e.to < 0 || int(e.to) >= len(g.points) || e.to == n:
			return fmt.Errorf("edge %d leads from node %d to node %d of %d", i, n, e.to, len(g.points))
		case e.millis < 1 || int64(e.millis) > maxEdge.Milliseconds():
			return fmt.Errorf("edge %d takes %d ms: accepted is 1 to %d", i, e.millis, maxEdge.Milliseconds())
		case e.kind < 0 || int(e.kind) >= len(g.kinds):
			return fmt.Errorf("edge %d is of kind %d of %d", i, e.kind, len(g.kinds))
		}
	}
	last := int32(-1)
	for _, i := range g.into(n) {
		if i <= last || int(i) >= len(g.edges) || g.edges[i].to != n {
			return fmt.Errorf("edge %d does not enter node %d, or is named twice", i, n)
		}
		last = i
	}
	return nil
}

func (g *Graph) checkIndex() error {
	for i, s := range g.streets {
		if !g.isStreet(s) {
			return fmt.Errorf("street %d: edges %d and %d are not the two ways of one", i, s.edge, s.back)
		}
	}
	if len(g.edges) > 0 && len(g.streets) == 0 {
		return fmt.Errorf("no street, but %d edges", len(g.edges))
	}
	if err := g.nodes.check("nodes", len(g.points)); err != nil {
		return err
	}
	return g.lines.check("streets", len(g.streets))
}

func (g *Graph) isStreet(s street) bool {
	known := func(i int32) bool { return i >= 0 && int(i) < len(g.edges) }
	if !known(s.edge) {
		return false
	}
	e := g.edges[s.edge]
	return s.back == -1 || known(s.back) && g.edges[s.back].from == e.to && g.edges[s.back].to == e.from
}

// check looks at an index of n things.
func (g *grid) check(what string, n int) error {
	if g.rows < 1 || g.cols < 1 || g.rows > mostSquares+1 || g.cols > mostSquares+1 {
		return fmt.Errorf("index of %s: %d by %d squares", what, g.rows, g.cols)
	}
	for _, f := range []float64{g.side, g.lonSide} {
		if !(f > 0) || math.IsInf(f, 0) {
			return fmt.Errorf("index of %s: squares of %v by %v degrees", what, g.side, g.lonSide)
		}
	}
	if err := checkLists("index of "+what, g.first, g.rows*g.cols, len(g.items)); err != nil {
		return err
	}
	for _, i := range g.items {
		if i < 0 || int(i) >= n {
			return fmt.Errorf("index of %s: number %d of %d", what, i, n)
		}
	}
	return nil
}

// checkLists looks at the beginnings of n lists that lie one after the other.
func checkLists(what string, first []int32, n, all int) error {
	if len(first) != n+1 || first[0] != 0 || int(first[n]) != all {
		return fmt.Errorf("%s: %d lists do not hold %d", what, len(first)-1, all)
	}
	for i := range n {
		if first[i] > first[i+1] {
			return fmt.Errorf("%s: list %d ends before it begins", what, i)
		}
	}
	return nil
}
