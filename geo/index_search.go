package geo

import (
	"math"
	"sort"
	"strings"
	"sync"
)

// search is one reader's walk through an index as it was after one change. It
// goes outward, best first: a heap holds the quadrants ahead by a lower bound of
// their distance.
type search struct {
	from   origin
	change uint64
	seen   int // so that nobody takes looking ahead for needless
	chunks []*[chunkSize]record
	seat   *seat
	number int     // of the seat, to try it first the next time
	limit  float64 // of squared chords: what is farther is not looked for

	nodes  []ahead     // a heap, nearest first
	points []candidate // for Outward a heap, nearest first
	rest   []candidate // that may be as near as the farthest of the points

	thinned int // points that were left the last time they were thinned out
}

// ahead is a quadrant that has yet to be looked into.
type ahead struct {
	reach float64
	node  *node
	state *state // as this reader sees it
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
	s.nodes = append(s.nodes[:0], s.ahead(0, &x.root))
	s.points, s.rest, s.thinned = s.points[:0], s.rest[:0], 0
	s.limit = math.Inf(1)
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
	return Hit{ID: r.id, Point: r.point, At: r.at, Metres: metres(c.key), Handle: r.handle}
}

// collect gathers the k nearest points that keep accepts, and whatever may be as
// near as the last of them.
func (s *search) collect(k int, keep func(id string) bool) {
	for len(s.nodes) > 0 && s.nodes[0].reach <= s.limit {
		a := s.popNode()
		for a.node != nil && a.state.kids != nil {
			a = s.spread(a)
		}
		if a.node != nil {
			s.scan(a.state, k, keep)
		}
	}
}

// spread puts the quarters of a quadrant into the heap, but for the nearest
// where that is the nearest of all.
func (s *search) spread(from ahead) ahead {
	reaches := s.from.reaches(from.node)
	best := ahead{reach: math.Inf(1)}
	for q := range from.state.kids {
		if from.state.full>>q&1 == 0 || reaches[q] > s.limit {
			continue
		}
		a := s.ahead(reaches[q], &from.state.kids[q])
		if a.reach < best.reach {
			a, best = best, a
		}
		if a.node != nil {
			s.pushNode(a)
		}
	}
	if best.node != nil && len(s.nodes) > 0 && s.nodes[0].reach < best.reach {
		s.pushNode(best)
		return ahead{}
	}
	return best
}

// ahead looks up the state at once, so that sisters come from memory together.
func (s *search) ahead(reach float64, n *node) ahead { return ahead{reach, n, n.when(s.change)} }

// scan looks at the points of a leaf.
func (s *search) scan(st *state, k int, keep func(id string) bool) {
	o := s.from // in registers
	for i := range st.entries[:st.n] {
		e := &st.entries[i]
		lon := (float64(int32(e.spot.x-o.spot.x)) + o.toMiddle) * unitLon
		lat := (float64(e.spot.y) + 0.5 - o.y) * unitLat
		key := lat*lat + o.cos*(o.cos-o.sin*lat)*lon*lon
		if math.Abs(lat)+math.Abs(lon) > nearby {
			key = o.chord(lat, lon)
		}
		if key > s.limit || keep != nil && !keep(s.record(e.rec).id) {
			continue
		}
		if c := (candidate{key: key, rec: e.rec}); k <= fewest {
			s.insert(c, k)
		} else {
			s.gather(c, k)
		}
	}
}

// fewest is how many points are kept in order while they come.
const fewest = 64

// insert adds a candidate to the k nearest so far, in order, and sets aside what
// may be as near as the last of them.
func (s *search) insert(c candidate, k int) {
	i := len(s.points)
	if i < k {
		s.points = append(s.points, c)
	} else {
		i--
		if c.key >= s.points[i].key {
			s.rest = append(s.rest, c)
			return
		}
		c, s.points[i] = s.points[i], c
		s.rest = append(s.rest, c)
		c = s.points[i]
	}
	p := s.points
	for ; i > 0 && p[i-1].key > c.key; i-- {
		p[i] = p[i-1]
	}
	p[i] = c
	if len(p) == k {
		s.limit = min(s.limit, chordAbove(p[k-1].key))
	}
}

// gather takes candidates as they come, and thins them out when they have become
// twice as many as are needed or as were left the last time.
func (s *search) gather(c candidate, k int) {
	s.points = append(s.points, c)
	if len(s.points)/2 < max(k, s.thinned) {
		return
	}
	s.sort(s.points)
	s.limit = min(s.limit, chordAbove(s.points[k-1].key))
	s.points = s.points[:sort.Search(len(s.points), func(i int) bool { return s.points[i].key > s.limit })]
	s.thinned = len(s.points)
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

func (s *search) popNode() ahead {
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
	return top
}
