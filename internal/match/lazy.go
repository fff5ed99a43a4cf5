package match

import "cmp"

// This file has Greedy and Fifo over rows that come lazily: they choose as over
// the whole matrix, and ask for no more of it than that takes.

// GreedyOver takes the pair first that saves most against leaving its request
// unserved, then the one that saves most of those whose request and driver are
// both still free, and so on. Where all requests have one price that is the
// cheapest pair first. Ties go to the lower request, then to the lower driver.
// It returns the driver of each request, or None.
func GreedyOver(p Problem) []int {
	g := greedy{problem: p, driverOf: unserved(len(p.Unserved)), taken: make([]bool, p.Drivers)}
	for i := range p.Unserved {
		g.deliver(i)
	}
	for len(g.heap) > 0 {
		o := g.pop()
		switch {
		case g.driverOf[o.request] != None:
		case o.driver == None:
			g.deliver(o.request)
		case !g.taken[o.driver]:
			g.driverOf[o.request], g.taken[o.driver] = o.driver, true
		}
	}
	return g.driverOf
}

type greedy struct {
	problem  Problem
	driverOf []int
	taken    []bool
	heap     []option
	arcs     []Arc
}

// option is a pair, or with the driver None all pairs of the request that are
// not delivered yet, by what it costs beyond leaving the request unserved: the
// lowest saves most.
type option struct {
	cost            Cost
	request, driver int
}

func (o option) compare(q option) int {
	return cmp.Or(cmp.Compare(o.cost, q.cost), cmp.Compare(o.request, q.request), cmp.Compare(o.driver, q.driver))
}

// deliver puts further pairs of the request into the heap.
func (g *greedy) deliver(request int) {
	price := g.problem.Unserved[request]
	arcs, bound := g.problem.Arcs.More(request, g.arcs[:0])
	g.arcs = arcs
	for _, a := range arcs {
		if a.Cost < price && !g.taken[a.Driver] {
			g.push(option{a.Cost - price, request, a.Driver})
		}
	}
	if bound < price {
		g.push(option{bound - price, request, None})
	}
}

func (g *greedy) push(o option) {
	g.heap = append(g.heap, o)
	for i := len(g.heap) - 1; i > 0; {
		parent := (i - 1) / 2
		if g.heap[parent].compare(g.heap[i]) <= 0 {
			return
		}
		g.heap[parent], g.heap[i] = g.heap[i], g.heap[parent]
		i = parent
	}
}

func (g *greedy) pop() option {
	top, last := g.heap[0], len(g.heap)-1
	g.heap[0] = g.heap[last]
	g.heap = g.heap[:last]
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < last; child++ {
			if g.heap[child].compare(g.heap[least]) < 0 {
				least = child
			}
		}
		if least == i {
			return top
		}
		g.heap[i], g.heap[least] = g.heap[least], g.heap[i]
		i = least
	}
}

// FifoOver lets one request after the other, in order of number, take the
// cheapest driver that is still free, as [Fifo] does, unless leaving it unserved
// is as cheap.
func FifoOver(p Problem) []int {
	driverOf := unserved(len(p.Unserved))
	taken := make([]bool, p.Drivers)
	var arcs []Arc
	for i, price := range p.Unserved {
		best, driver := price, None
		for bound := -Infinite; bound < price && bound <= best; {
			arcs, bound = p.Arcs.More(i, arcs[:0])
			for _, a := range arcs {
				if !taken[a.Driver] && (a.Cost < best || a.Cost == best && a.Driver < driver) {
					best, driver = a.Cost, a.Driver
				}
			}
		}
		if driver != None {
			driverOf[i], taken[driver] = driver, true
		}
	}
	return driverOf
}

func unserved(requests int) []int {
	driverOf := make([]int, requests)
	for i := range driverOf {
		driverOf[i] = None
	}
	return driverOf
}
