package road

import (
	"cmp"
	"slices"
)

// contraction cuts the nodes out of a graph one by one.
type contraction struct {
	// The arcs between nodes that are still there, of each to and from every other
	// at most one. A node that was cut out keeps those that it had then.
	out, in [][]link

	level []int32 // one more than the highest of those cut out beside it
	order []Node  // as they were cut out
	queue heap    // by how little is lost with a node

	witness half       // the search for a way round a node
	settles int        // how many nodes it settles before it gives up
	wanted  []bool     // nodes that it is looking for
	added   []shortcut // shortcuts that the node looked at last would need
}

// link is an arc of the graph that is left.
type link struct {
	to     Node
	millis int32
	via    int32 // the node that was cut out of it, or ^edge
	edges  int32 // how many edges it stands for
}

// shortcut is an arc that would replace a node.
type shortcut struct {
	from Node
	link
}

// witnessNodes is how many nodes a search for a way round settles before it gives
// up. A way that is not found costs a shortcut that nobody needs, and never a
// wrong answer. On Manhattan 20 give a tenth more shortcuts, and 500 hardly fewer.
const witnessNodes = 100

func newContraction(g *Graph, settles int) *contraction {
	n := g.Len()
	c := &contraction{
		out: make([][]link, n), in: make([][]link, n), level: make([]int32, n),
		order: make([]Node, 0, n), queue: make(heap, 0, n), witness: newHalf(n), settles: settles, wanted: make([]bool, n),
	}
	for i, e := range g.edges {
		c.join(e.from, link{e.to, e.millis, ^int32(i), 1})
	}
	return c
}

// join adds an arc, or makes the one that is there faster.
func (c *contraction) join(from Node, l link) {
	if l.to == from {
		return
	}
	improve(&c.out[from], l)
	l.to, from = from, l.to
	improve(&c.in[from], l)
}

func improve(list *[]link, l link) {
	for i := range *list {
		if old := &(*list)[i]; old.to == l.to {
			if l.millis < old.millis {
				*old = l
			}
			return
		}
	}
	*list = append(*list, l)
}

// run cuts out all nodes. A node's price is looked at anew when its turn comes,
// because what was cut out beside it may have raised it.
func (c *contraction) run() {
	for n := range c.out {
		c.queue.push(entry{c.price(Node(n)), Node(n)})
	}
	for len(c.queue) > 0 {
		next := c.queue.pop()
		now := entry{c.price(next.node), next.node}
		if len(c.queue) > 0 && c.queue[0].before(now) {
			c.queue.push(now)
			continue
		}
		c.cutOut(next.node)
	}
}

// price is what is lost when n goes: shortcuts for arcs, and more so where they
// stand for many edges. The level keeps the cut even over the whole graph. It
// leaves the shortcuts needed in c.added.
func (c *contraction) price(n Node) int32 {
	const scale = 1000
	c.findCuts(n)
	arcs, edges, newEdges := int32(len(c.in[n])+len(c.out[n])), int32(0), int32(0)
	for _, l := range c.in[n] {
		edges += l.edges
	}
	for _, l := range c.out[n] {
		edges += l.edges
	}
	for _, s := range c.added {
		newEdges += s.edges
	}
	return scale*c.level[n] + (scale*int32(len(c.added)))/max(1, arcs) + (scale*newEdges)/max(1, edges)
}

// findCuts lists the shortcuts that are needed when n goes.
func (c *contraction) findCuts(n Node) {
	c.added = c.added[:0]
	for _, in := range c.in[n] {
		longest, targets := int32(-1), 0
		for _, out := range c.out[n] {
			if out.to != in.to && in.millis+out.millis < far {
				longest = max(longest, in.millis+out.millis)
				c.wanted[out.to] = true
				targets++
			}
		}
		if targets == 0 {
			continue
		}
		c.findWaysRound(n, in.to, longest, targets)
		for _, out := range c.out[n] {
			c.wanted[out.to] = false
			takes := in.millis + out.millis
			if out.to == in.to || takes >= far || c.witness.reached(out.to) && c.witness.cost[out.to] <= takes {
				continue
			}
			c.added = append(c.added, shortcut{in.to, link{out.to, takes, int32(n), in.edges + out.edges}})
		}
	}
}

// findWaysRound searches from a node without passing over n, until it has the
// nodes wanted, is beyond the time given or has settled enough.
func (c *contraction) findWaysRound(n, from Node, longest int32, targets int) {
	w := &c.witness
	w.begin()
	w.reach(from, 0, -1)
	for settled := 0; len(w.open) > 0 && settled < c.settles; settled++ {
		top := w.open.pop()
		if top.cost > w.cost[top.node] {
			continue
		}
		if c.wanted[top.node] {
			c.wanted[top.node] = false
			if targets--; targets == 0 {
				return
			}
		}
		for _, l := range c.out[top.node] {
			if cost := top.cost + l.millis; l.to != n && cost <= longest {
				w.reach(l.to, cost, -1)
			}
		}
	}
}

// cutOut takes n out of the graph, and puts c.added in its place.
func (c *contraction) cutOut(n Node) {
	c.order = append(c.order, n)
	for _, l := range c.out[n] {
		c.in[l.to] = without(c.in[l.to], n)
		c.level[l.to] = max(c.level[l.to], c.level[n]+1)
	}
	for _, l := range c.in[n] {
		c.out[l.to] = without(c.out[l.to], n)
		c.level[l.to] = max(c.level[l.to], c.level[n]+1)
	}
	for _, s := range c.added {
		c.join(s.from, s.link)
	}
}

func without(list []link, n Node) []link {
	return slices.DeleteFunc(list, func(l link) bool { return l.to == n })
}

// numbering is the nodes by level, and within a level, where no two are joined,
// by the number of their arcs: loops over nodes of equally many arcs are quick.
func (c *contraction) numbering() []Node {
	byLevel := slices.Clone(c.order)
	slices.SortStableFunc(byLevel, func(a, b Node) int {
		return cmp.Or(cmp.Compare(c.level[a], c.level[b]), cmp.Compare(len(c.out[a]), len(c.out[b])))
	})
	return byLevel
}
