package geo

import (
	"strings"
	"sync"
)

// search is one reader's walk through an index as it was after one change. It
// goes outward, best first: a heap holds the quadrants ahead by a lower bound of
// their distance.
type search struct {
	from   origin
	change uint64
	chunks []*[chunkSize]record
	seat   *seat
	number int // of the seat, to try it first the next time
	limit  float64

	nodes  []ahead     // a heap, nearest first
	points []candidate // for Outward a heap, nearest first; else one of k, farthest first
	rest   []candidate // that may be as near as the farthest of those
}

// ahead is a quadrant that has yet to be looked into.
type ahead struct {
	reach float64
	node  *node
}

// candidate is a point. Its key is a squared chord, near enough; in the end the
// exact haversine.
type candidate struct {
	key   float64
	rec   uint32
	exact bool // only for Outward: the key is four times the haversine
}

var searches = sync.Pool{New: func() any { return new(search) }}

// search starts a walk. Close it, so that what it sees can be forgotten.
func (x *Index) search(from Point) *search {
	s := searches.Get().(*search)
	s.seat, s.number = x.readers.sit(x.changes.Load(), s.number)
	s.change = x.changes.Load()
	s.chunks = *x.records.chunks.Load()
	s.from = originOf(from)
	s.nodes = append(s.nodes[:0], ahead{node: &x.root})
	s.points, s.rest = s.points[:0], s.rest[:0]
	return s
}

func (s *search) close() {
	s.seat.since.Store(0)
	s.seat, s.chunks = nil, nil
	searches.Put(s)
}

func (s *search) record(rec uint32) *record { return at(s.chunks, rec) }

func (s *search) byID(a, b candidate) int {
	return strings.Compare(s.record(a.rec).id, s.record(b.rec).id)
}

// hit tells a candidate whose key is the haversine.
func (s *search) hit(c candidate) Hit {
	r := s.record(c.rec)
	return Hit{ID: r.id, Point: r.point, At: r.at, Metres: metres(c.key)}
}

// collect gathers the k nearest points that keep accepts, and whatever may be as
// near as the last of them.
func (s *search) collect(k int, keep func(id string) bool) {
	for len(s.nodes) > 0 && s.nodes[0].reach <= s.limit {
		n := s.popNode()
		st := n.when(s.change)
		if st.kids != nil {
			s.pushKids(st)
			continue
		}
		for i := range st.entries[:st.n] {
			e := &st.entries[i]
			c := candidate{key: s.from.chord(e.spot), rec: e.rec}
			if c.key <= s.limit && (keep == nil || keep(s.record(c.rec).id)) {
				s.take(c, k)
			}
		}
	}
}

func (s *search) pushKids(st *state) {
	for q := range st.kids {
		k := &st.kids[q]
		if st.full&k.bit == 0 {
			continue
		}
		if reach := s.from.reach(k) * (1 - slackShare); reach <= s.limit {
			s.pushNode(ahead{reach, k})
		}
	}
}

// take adds a candidate to the k nearest so far.
func (s *search) take(c candidate, k int) {
	if len(s.points) < k {
		s.points = append(s.points, c)
		if len(s.points) == k {
			for i := k/2 - 1; i >= 0; i-- {
				s.sinkFar(s.points[i], i)
			}
			s.limit = min(s.limit, chordAbove(s.points[0].key))
		}
		return
	}
	if c.key >= s.points[0].key {
		s.rest = append(s.rest, c)
		return
	}
	out := s.points[0]
	s.sinkFar(c, 0)
	s.limit = min(s.limit, chordAbove(s.points[0].key))
	if out.key <= s.limit {
		s.rest = append(s.rest, out)
	}
}

// sinkFar puts c into the heap of the farthest at i or below.
func (s *search) sinkFar(c candidate, i int) {
	h := s.points
	for {
		down := 2*i + 1
		if down >= len(h) {
			break
		}
		if down+1 < len(h) && h[down+1].key > h[down].key {
			down++
		}
		if h[down].key <= c.key {
			break
		}
		h[i] = h[down]
		i = down
	}
	h[i] = c
}

func (s *search) pushNode(a ahead) {
	s.nodes = append(s.nodes, a)
	h := s.nodes
	i := len(h) - 1
	for i > 0 {
		up := (i - 1) / 2
		if h[up].reach <= a.reach {
			break
		}
		h[i] = h[up]
		i = up
	}
	h[i] = a
}

func (s *search) popNode() *node {
	h := s.nodes
	top, last := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	s.nodes = h
	i := 0
	for {
		down := 2*i + 1
		if down >= len(h) {
			break
		}
		if down+1 < len(h) && h[down+1].reach < h[down].reach {
			down++
		}
		if h[down].reach >= last.reach {
			break
		}
		h[i] = h[down]
		i = down
	}
	if len(h) > 0 {
		h[i] = last
	}
	return top.node
}
