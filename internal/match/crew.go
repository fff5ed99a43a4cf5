package match

import (
	"slices"
	"sync"
)

// crew grows the forests of separate parts of a problem side by side: no arc
// leads from one to another, as between two towns. What comes out is the same
// however many work: events of one part do not see those of another.
type crew struct {
	parent []int32 // of each node of a in its part; a node without is the part's name
	parts  []part
	partOf []int32 // by the name of a part, its index in parts
	shares []share
}

// part is a connected part of the problem that has roots.
type part struct{ roots []int32 }

// share is what one worker does.
type share struct {
	forest forest
	roots  []int32
}

// minRoots is from how many roots on it pays to look for parts.
const minRoots = 128

// grow grows f from the roots, with up to so many threads.
func (c *crew) grow(f *forest, roots []int32, threads int) {
	if threads < 2 || len(roots) < minRoots || !f.complete() {
		f.grow(roots)
		return
	}
	c.findParts(f)
	c.gather(roots)
	if len(c.parts[0].roots) > len(roots)*9/10 {
		f.grow(roots)
		return
	}
	c.deal(f, min(threads, len(c.parts)))
	var all sync.WaitGroup
	for w := range c.shares {
		all.Go(func() { c.shares[w].forest.grow(c.shares[w].roots) })
	}
	all.Wait()
	for w := range c.shares {
		f.joinings += c.shares[w].forest.joinings
	}
}

// findParts joins the nodes of a that share a node of b.
func (c *crew) findParts(f *forest) {
	c.parent = sized(c.parent, len(f.a.nodes))
	for i := range c.parent {
		c.parent[i] = None
	}
	for j := range f.b.nodes {
		arcs := f.b.of(int32(j))
		for k := range arcs {
			one, other := c.name(arcs[0].to), c.name(arcs[k].to)
			if one != other {
				c.parent[max(one, other)] = min(one, other)
			}
		}
	}
}

// name is the name of the part that node i of a is in.
func (c *crew) name(i int32) int32 {
	for c.parent[i] != None {
		if up := c.parent[c.parent[i]]; up != None {
			c.parent[i] = up
		}
		i = c.parent[i]
	}
	return i
}

// gather puts the roots to their parts, the part with most of them first.
func (c *crew) gather(roots []int32) {
	c.partOf = sized(c.partOf, len(c.parent))
	for i := range c.partOf {
		c.partOf[i] = None
	}
	n := 0
	for _, root := range roots {
		at := &c.partOf[c.name(root)]
		if *at == None {
			*at = int32(n)
			c.parts = extended(c.parts, max(n+1, len(c.parts)))
			c.parts[n].roots = c.parts[n].roots[:0]
			n++
		}
		p := &c.parts[*at]
		p.roots = append(p.roots, root)
	}
	c.parts = c.parts[:n]
	slices.SortStableFunc(c.parts, func(p, q part) int { return len(q.roots) - len(p.roots) })
}

// deal gives each part to the worker with the fewest roots so far.
func (c *crew) deal(f *forest, workers int) {
	c.shares = extended(c.shares, workers)
	for w := range c.shares {
		s := &c.shares[w]
		s.roots = s.roots[:0]
		s.forest.a, s.forest.b, s.forest.both, s.forest.joinings = f.a, f.b, true, 0
	}
	for _, p := range c.parts {
		least := &c.shares[0]
		for w := range c.shares {
			if s := &c.shares[w]; len(s.roots) < len(least.roots) {
				least = s
			}
		}
		least.roots = append(least.roots, p.roots...)
	}
}
