package geo

const (
	root = int32(0)
	none = int32(-1)

	leafSize  = 16 // a leaf with more points splits
	mergeSize = 8  // a branch with fewer merges; far below, so that one point at a border does not do both forever
	maxDepth  = 26 // quadrants of half a metre: points at one place stay together there
)

// node is a quadrant: a leaf with points, or a branch with four children. The
// zero child is a leaf's: no node has the root as its child.
type node struct {
	box    Box
	parent int32
	child  int32 // the first of four, 0 in a leaf
	depth  int32
	count  int32   // points here and below
	items  []int32 // of a leaf
}

func (n *node) isLeaf() bool { return n.child == 0 }

// holds reports whether p lies in a quadrant: its southern and western borders
// belong to it, the northern and eastern ones to the next, where there is one.
func (b Box) holds(p Point) bool {
	return p.Lat >= b.South && (p.Lat < b.North || b.North == 90) &&
		p.Lon >= b.West && (p.Lon < b.East || b.East == 180)
}

// quadrant is the number of the quarter of b that holds p: 1 for east, 2 for
// north, added.
func (b Box) quadrant(p Point) int32 {
	var q int32
	if p.Lon >= (b.West+b.East)/2 {
		q = 1
	}
	if p.Lat >= (b.South+b.North)/2 {
		q += 2
	}
	return q
}

// quarter is the quarter of b with the given number.
func (b Box) quarter(q int32) Box {
	lon, lat := (b.West+b.East)/2, (b.South+b.North)/2
	if q&1 == 0 {
		b.East = lon
	} else {
		b.West = lon
	}
	if q&2 == 0 {
		b.North = lat
	} else {
		b.South = lat
	}
	return b
}

// link puts an item that is in no leaf into the one that holds its point.
func (x *Index) link(i int32) {
	p := x.items[i].point
	n := root
	for x.nodes[n].count++; !x.nodes[n].isLeaf(); x.nodes[n].count++ {
		n = x.nodes[n].child + x.nodes[n].box.quadrant(p)
	}
	x.place(n, i)
	for len(x.nodes[n].items) > leafSize && x.nodes[n].depth < maxDepth {
		x.split(n)
		n = x.nodes[n].child + x.nodes[n].box.quadrant(p)
	}
}

// place appends an item to a leaf's list.
func (x *Index) place(n, i int32) {
	leaf := &x.nodes[n]
	x.items[i].leaf, x.items[i].place = n, int32(len(leaf.items))
	leaf.items = append(leaf.items, i)
}

// unlink takes an item out of its leaf, and merges the largest branch above
// that has become sparse.
func (x *Index) unlink(i int32) {
	n, at := x.items[i].leaf, x.items[i].place
	leaf := &x.nodes[n]
	last := leaf.items[len(leaf.items)-1]
	leaf.items[at] = last
	x.items[last].place = at
	leaf.items = leaf.items[:len(leaf.items)-1]

	sparse := none
	for ; n != none; n = x.nodes[n].parent {
		x.nodes[n].count--
		if !x.nodes[n].isLeaf() && x.nodes[n].count <= mergeSize {
			sparse = n
		}
	}
	if sparse != none {
		x.merge(sparse)
	}
}

// split makes a branch of a leaf.
func (x *Index) split(n int32) {
	first := x.newChildren(n)
	items := x.nodes[n].items
	x.nodes[n].items, x.nodes[n].child = nil, first
	for _, i := range items {
		c := first + x.nodes[n].box.quadrant(x.items[i].point)
		x.nodes[c].count++
		x.place(c, i)
	}
}

func (x *Index) newChildren(n int32) (first int32) {
	if k := len(x.freeNodes); k > 0 {
		first, x.freeNodes = x.freeNodes[k-1], x.freeNodes[:k-1]
	} else {
		first = int32(len(x.nodes))
		x.nodes = append(x.nodes, node{}, node{}, node{}, node{})
	}
	for q := range int32(4) {
		c := &x.nodes[first+q]
		*c = node{box: x.nodes[n].box.quarter(q), parent: n, depth: x.nodes[n].depth + 1, items: c.items[:0]}
	}
	return first
}

// merge makes a leaf of a branch.
func (x *Index) merge(n int32) {
	first := x.nodes[n].child
	x.nodes[n].child = 0
	for c := first; c < first+4; c++ {
		if !x.nodes[c].isLeaf() {
			x.merge(c)
		}
		for _, i := range x.nodes[c].items {
			x.place(n, i)
		}
		x.nodes[c].items = x.nodes[c].items[:0]
	}
	x.freeNodes = append(x.freeNodes, first)
}
