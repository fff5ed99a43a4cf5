package geo

import (
	"math"
	"sync"
)

// search walks an index outward from a point, best first: a heap holds
// quadrants by a lower bound of their distance, and points by their distance.
// What comes out of it next is nearest of all.
type search struct {
	index *Index
	from  Point
	heap  []candidate
}

// candidate is a quadrant or a point in the heap.
type candidate struct {
	h      float64 // haversine of the distance, for a quadrant a lower bound
	number int32   // of the point, or the bit complement of the quadrant's
}

var searches = sync.Pool{New: func() any { return new(search) }}

// search starts a walk. Close it to give its memory back.
func (x *Index) search(from Point) *search {
	s := searches.Get().(*search)
	s.index, s.from = x, from
	if from.Valid() && x.Len() > 0 {
		s.push(candidate{0, ^root})
	}
	return s
}

func (s *search) close() {
	s.index, s.heap = nil, s.heap[:0]
	searches.Put(s)
}

// next is the next point and the haversine of its distance.
func (s *search) next() (i int32, h float64, ok bool) {
	for len(s.heap) > 0 {
		c := s.pop()
		if c.number >= 0 {
			return c.number, c.h, true
		}
		s.open(&s.index.nodes[^c.number])
	}
	return 0, 0, false
}

// open puts what is in a quadrant into the heap.
func (s *search) open(n *node) {
	if n.isLeaf() {
		for _, i := range n.items {
			s.push(candidate{haversine(s.from, s.index.items[i].point), i})
		}
		return
	}
	for c := n.child; c < n.child+4; c++ {
		if child := &s.index.nodes[c]; child.count > 0 {
			s.push(candidate{lowerBound(child.box.haversine(s.from)), ^c})
		}
	}
}

// lowerBound takes off what rounding may have added to a haversine: some
// nanometres of way.
func lowerBound(h float64) float64 {
	half := math.Sqrt(h)*(1-1e-12) - 1e-15
	if half <= 0 {
		return 0
	}
	return half * half
}

// before orders the heap: by distance, quadrants first, so that all points of
// one distance are in the heap before the first of them leaves it, by id.
func (s *search) before(a, b candidate) bool {
	if a.h != b.h {
		return a.h < b.h
	}
	if a.number < 0 || b.number < 0 {
		return a.number < b.number
	}
	return s.index.items[a.number].id < s.index.items[b.number].id
}

func (s *search) push(c candidate) {
	s.heap = append(s.heap, c)
	i := len(s.heap) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !s.before(c, s.heap[up]) {
			break
		}
		s.heap[i] = s.heap[up]
		i = up
	}
	s.heap[i] = c
}

func (s *search) pop() candidate {
	top, last := s.heap[0], s.heap[len(s.heap)-1]
	s.heap = s.heap[:len(s.heap)-1]
	if n := len(s.heap); n > 0 {
		i := 0
		for {
			down := 2*i + 1
			if down >= n {
				break
			}
			if down+1 < n && s.before(s.heap[down+1], s.heap[down]) {
				down++
			}
			if !s.before(s.heap[down], last) {
				break
			}
			s.heap[i] = s.heap[down]
			i = down
		}
		s.heap[i] = last
	}
	return top
}
