package geo

import (
	"math"
	"sync/atomic"
)

const (
	leafSize  = 32 // a leaf with more points splits
	mergeSize = 12 // sisters with fewer together merge; far below, so that one point at a border does not do both forever
	sparse    = 3  // points in a leaf up to which its sisters are counted
	fullDepth = 26 // quadrants of half a metre: below, points are dealt out by their records' numbers
)

// node is a quadrant. All but its state stays as it is made.
type node struct {
	at     spot // its south-western corner
	depth  uint32
	parent *node
	cos    float64 // the least cosine of a latitude in it
	state  atomic.Pointer[state]
}

// state is what a quadrant consists of from one change on: four quarters, or the
// points of a leaf. It never changes while a reader may see it: a change makes a
// new one, which knows the one before for readers who came earlier.
type state struct {
	since  uint64
	before *state
	kids   *[4]node // nil for a leaf
	n      int
	recs   [leafSize]uint32
	spots  [leafSize]spot
}

// entry is a point in a leaf.
type entry struct {
	rec  uint32
	spot spot
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
// take their points by the records' numbers: two of them differ within 16
// generations.
func (n *node) quarter(e entry) uint32 {
	if n.depth < fullDepth {
		bit := 31 - n.depth
		return e.spot.x>>bit&1 | e.spot.y>>bit&1<<1
	}
	return e.rec >> ((n.depth - fullDepth) % 16 * 2) & 3
}

// quarters makes the four quarters of a quadrant, without states.
func (n *node) quarters() *[4]node {
	kids := new([4]node)
	for q := range kids {
		k := &kids[q]
		k.at, k.depth, k.parent, k.cos = n.at, n.depth+1, n, n.cos
		if k.depth > fullDepth {
			continue
		}
		half := uint32(k.size())
		k.at.x += uint32(q&1) * half
		k.at.y += uint32(q>>1) * half
		south := float64(k.at.y)*unitLat - math.Pi/2
		k.cos = max(0, min(math.Cos(south), math.Cos(south+float64(half)*unitLat)))
	}
	return kids
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

// link puts a point into a leaf, which splits where it is full.
func (x *Index) link(n *node, e entry) {
	st := n.state.Load()
	if st.n < leafSize {
		next := x.copyOf(st)
		next.add(e)
		x.record(e.rec).node = n
		x.change(n, next)
		return
	}
	var all [leafSize + 1]entry
	for i := range leafSize {
		all[i] = entry{st.recs[i], st.spots[i]}
	}
	all[leafSize] = e
	x.change(n, x.grow(n, all[:]))
}

// grow is a state for a quadrant with the given points.
func (x *Index) grow(n *node, all []entry) *state {
	if len(all) <= leafSize {
		st := x.newLeaf()
		for _, e := range all {
			st.add(e)
			x.record(e.rec).node = n
		}
		return st
	}
	var parts [4][]entry
	for _, e := range all {
		q := n.quarter(e)
		parts[q] = append(parts[q], e)
	}
	st := &state{since: x.changing(), kids: n.quarters()}
	for q := range st.kids {
		k := &st.kids[q]
		k.state.Store(x.grow(k, parts[q]))
	}
	return st
}

// unlink takes the point at place i out of a leaf, and merges the leaf with its
// sisters where all have become sparse. It returns the leaf that this leaves.
func (x *Index) unlink(n *node, i int) *node {
	next := x.copyOf(n.state.Load())
	next.n--
	next.recs[i], next.spots[i] = next.recs[next.n], next.spots[next.n]
	x.change(n, next)
	for left := next.n; left <= sparse && n.parent != nil; n = n.parent {
		if left = x.merge(n.parent); left < 0 {
			break
		}
	}
	return n
}

// merge makes a leaf of a quadrant whose quarters are leaves with few points,
// and returns how many; -1 where they are not.
func (x *Index) merge(n *node) int {
	kids := n.state.Load().kids
	total := 0
	for q := range kids {
		st := kids[q].state.Load()
		if total += st.n; st.kids != nil || total > mergeSize {
			return -1
		}
	}
	leaf := x.newLeaf()
	for q := range kids {
		st := kids[q].state.Load()
		for i := range st.n {
			leaf.add(entry{st.recs[i], st.spots[i]})
			x.record(st.recs[i]).node = n
		}
		x.retire(st)
	}
	x.change(n, leaf)
	return leaf.n
}

// change gives a quadrant its next state, which readers see from the commit on.
func (x *Index) change(n *node, next *state) {
	old := n.state.Load()
	next.since, next.before = x.changing(), old
	n.state.Store(next)
	x.retire(old)
}

// find is the place of a record in a leaf that has it.
func (st *state) find(rec uint32) int {
	for i, r := range st.recs[:st.n] {
		if r == rec {
			return i
		}
	}
	return -1
}

func (st *state) add(e entry) {
	st.recs[st.n], st.spots[st.n] = e.rec, e.spot
	st.n++
}
