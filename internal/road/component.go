package road

import "time"

// Connected is the largest part of g in which every node can be reached from
// every other, with its nodes numbered anew in their old order. Drivers on
// anything else would get stuck in a street without a way out.
func (g *Graph) Connected() *Graph {
	part := g.components()
	largest := mostCommon(part)
	b := Builder{Credit: g.credit}
	renamed := make([]Node, g.Len())
	for n, p := range g.points {
		if part[n] == largest {
			renamed[n] = b.AddNode(p)
		}
	}
	for _, e := range g.edges {
		if part[e.from] == largest && part[e.to] == largest {
			// It cannot fail: the edge was accepted once, and both ends are there.
			_ = b.AddEdge(renamed[e.from], renamed[e.to], time.Duration(e.millis)*time.Millisecond, g.kinds[e.kind])
		}
	}
	return b.Graph()
}

// StronglyConnected reports whether every node can be reached from every other.
func (g *Graph) StronglyConnected() bool {
	for _, p := range g.components() {
		if p != 0 {
			return false
		}
	}
	return true
}

// components numbers the strongly connected components from 0 on and says of
// each node which it is in: Kosaraju's two passes, without recursion.
func (g *Graph) components() []int32 {
	part := make([]int32, g.Len())
	for n := range part {
		part[n] = -1
	}
	finished := g.finishOrder()
	count := int32(0)
	for i := len(finished) - 1; i >= 0; i-- {
		if part[finished[i]] < 0 {
			g.flood(finished[i], count, part)
			count++
		}
	}
	return part
}

// flood marks every unmarked node from which n can be reached.
func (g *Graph) flood(n Node, mark int32, part []int32) {
	part[n] = mark
	stack := []Node{n}
	for len(stack) > 0 {
		top := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, i := range g.into(top) {
			if from := g.edges[i].from; part[from] < 0 {
				part[from] = mark
				stack = append(stack, from)
			}
		}
	}
}

// finishOrder is the order in which a depth-first search leaves the nodes.
func (g *Graph) finishOrder() []Node {
	type frame struct {
		node Node
		next int32 // the edge to look at next
	}
	seen := make([]bool, g.Len())
	order := make([]Node, 0, g.Len())
	var stack []frame
	for n := range g.points {
		if seen[n] {
			continue
		}
		seen[n] = true
		stack = append(stack[:0], frame{Node(n), g.first[n]})
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if top.next == g.first[top.node+1] {
				order = append(order, top.node)
				stack = stack[:len(stack)-1]
				continue
			}
			to := g.edges[top.next].to
			top.next++
			if !seen[to] {
				seen[to] = true
				stack = append(stack, frame{to, g.first[to]})
			}
		}
	}
	return order
}

// mostCommon is the value that occurs most often; the smaller of two that occur
// equally often.
func mostCommon(values []int32) int32 {
	counts := map[int32]int{}
	best := int32(0)
	for _, v := range values {
		counts[v]++
	}
	for v, n := range counts {
		if n > counts[best] || n == counts[best] && v < best {
			best = v
		}
	}
	return best
}
