package geo

import (
	"math"
	"sync/atomic"
)

const (
	leafSize  = 30 // a leaf with more points splits
	mergeSize = 12 // sisters with fewer together merge; far below, so that one point at a border does not do both forever
	sparse    = 3  // points in a leaf up to which its sisters are counted
	fullDepth = 26 // quadrants of half a metre: below, points are dealt out by their numbers
)

// node is a quadrant. All but its state stays as it is made.
type node struct {
	at     spot // its south-western corner
	depth  uint32
	bit    uint32 // among its sisters: 1, 2, 4 or 8
	parent *node
	state  atomic.Pointer[state]

	south, middle, north float64 // cosines of its latitudes
	_                    [8]byte // so that each is alone on a cache line
}

// state is what a quadrant consists of from one change on: four quarters, or the
// points of a leaf. It never changes while a reader may see it: a change makes a
// new one, which knows the one before for readers who came earlier.
type state struct {
	since   uint64
	before  *state
	kids    *[4]node // nil for a leaf
	full    uint32   // the bits of the quarters that have points
	n       uint32
	entries [leafSize]entry
}

// entry is a point in a leaf.
type entry struct {
	spot spot
	rec  uint32
	item uint32
}

// when is the state of the quadrant for a reader who sees the index as it was
// after the change of that number.
func (n *node) when(change uint64) *state {
	st := n.state.Load()
	for st.since > change {
		st = st.before
	}
	return st
}

// size is the length of the quadrant's sides in units.
func (n *node) size() uint64 { return 1 << (32 - min(n.depth, fullDepth)) }

func (n *node) holds(s spot) bool {
	return ((s.x^n.at.x)|(s.y^n.at.y))>>(32-min(n.depth, fullDepth)) == 0
}

// quarter is the number of the quarter that a point belongs in: 1 for east, 2
// for north, added. Quarters of the smallest quadrants have the same place, and
// take their points by the items' numbers: two of them differ within 16
// generations.
func (n *node) quarter(e entry) uint32 {
	if n.depth < fullDepth {
		bit := 31 - n.depth
		return e.spot.x>>bit&1 | e.spot.y>>bit&1<<1
	}
	return e.item >> ((n.depth - fullDepth) % 16 * 2) & 3
}

// quarters makes the four quarters of a quadrant, without states.
func (n *node) quarters() *[4]node {
	kids := new([4]node)
	for q := range kids {
		k := &kids[q]
		k.at, k.depth, k.bit, k.parent = n.at, n.depth+1, 1<<q, n
		if k.depth <= fullDepth {
			half := uint32(k.size())
			k.at.x += uint32(q&1) * half
			k.at.y += uint32(q>>1) * half
		}
		k.measure()
	}
	return kids
}

// measure works out what searches need of a quadrant.
func (n *node) measure() {
	cos := func(y float64) float64 { return max(0, math.Cos(y*unitLat-math.Pi/2)) }
	y, size := float64(n.at.y), float64(n.size())
	n.south, n.middle, n.north = cos(y), cos(y+size/2), cos(y+size)
}

// leafFor is the leaf that a point belongs in, looked for from a quadrant on.
func (n *node) leafFor(e entry) *node {
	for !n.holds(e.spot) {
		n = n.parent
	}
	for {
		st := n.state.Load()
		if st.kids == nil {
			return n
		}
		n = &st.kids[n.quarter(e)]
	}
}

// find is the place of an item in a leaf that has it.
func (st *state) find(item uint32) uint32 {
	var i uint32
	for st.entries[i].item != item {
		i++
	}
	return i
}

func (st *state) add(e entry) {
	st.entries[st.n] = e
	st.n++
}

// link puts a point into a leaf, which splits where it is full.
func (x *Index) link(n *node, e entry) {
	if st := n.state.Load(); st.n == leafSize {
		var all [leafSize + 1]entry
		copy(all[:], st.entries[:])
		all[leafSize] = e
		x.change(n, x.grow(n, all[:]))
		return
	}
	st := x.own(n)
	st.add(e)
	x.items.get(e.item).leaf = n
	if st.n == 1 {
		x.mark(n, n.bit)
	}
}

// unlink takes the point at place i out of a leaf, and merges the leaf with its
// sisters where all have become sparse. It returns the leaf that this leaves.
func (x *Index) unlink(n *node, i uint32) *node {
	st := x.own(n)
	st.n--
	st.entries[i] = st.entries[st.n]
	left := st.n
	for left <= sparse && n.parent != nil {
		all, ok := x.merge(n.parent)
		if !ok {
			break
		}
		n, left = n.parent, all
	}
	if left == 0 {
		x.mark(n, 0)
	}
	return n
}

// mark tells the quadrant around one whether that has points: its bit, or 0.
func (x *Index) mark(n *node, bit uint32) {
	if n.parent != nil {
		st := x.own(n.parent)
		st.full = st.full&^n.bit | bit
	}
}

// grow is a state for a quadrant with the given points.
func (x *Index) grow(n *node, all []entry) *state {
	st := x.newState()
	if len(all) <= leafSize {
		for _, e := range all {
			st.add(e)
			x.items.get(e.item).leaf = n
		}
		return st
	}
	var parts [4][leafSize + 1]entry
	var size [4]int
	for _, e := range all {
		q := n.quarter(e)
		parts[q][size[q]] = e
		size[q]++
	}
	st.kids = n.quarters()
	for q := range st.kids {
		k := &st.kids[q]
		if size[q] > 0 {
			st.full |= k.bit
		}
		below := x.grow(k, parts[q][:size[q]])
		below.since = x.changing()
		k.state.Store(below)
	}
	return st
}

// merge makes a leaf of a quadrant whose quarters are leaves with few points,
// and returns how many.
func (x *Index) merge(n *node) (points uint32, ok bool) {
	kids := n.state.Load().kids
	for q := range kids {
		st := kids[q].state.Load()
		if points += st.n; st.kids != nil || points > mergeSize {
			return 0, false
		}
	}
	leaf := x.newState()
	for q := range kids {
		st := kids[q].state.Load()
		for _, e := range st.entries[:st.n] {
			leaf.add(e)
			x.items.get(e.item).leaf = n
		}
		x.retire(st)
	}
	x.change(n, leaf)
	return points, true
}

// change gives a quadrant its next state, which readers see from the commit on.
func (x *Index) change(n *node, next *state) {
	old := n.state.Load()
	next.since, next.before = x.changing(), old
	n.state.Store(next)
	x.retire(old)
}

// own is the state of a quadrant for the change that is being made, which may be
// written until the commit: readers of before look past it.
func (x *Index) own(n *node) *state {
	st := n.state.Load()
	if st.since == x.changing() {
		return st
	}
	next := x.newState()
	next.kids, next.full, next.n = st.kids, st.full, st.n
	copy(next.entries[:], st.entries[:st.n])
	x.change(n, next)
	return next
}

// retire keeps a state for the readers who came before the change.
func (x *Index) retire(st *state) { x.left.push(x.changing(), st) }
