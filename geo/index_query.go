package geo

import (
	"cmp"
	"iter"
	"math"
	"slices"
)

// Nearest appends to dst the up to k points nearest to p that lie within
// radius metres (its border included; math.Inf(1) for no limit) and that keep
// accepts (nil accepts all). They come nearest first, ties by id.
func (x *Index) Nearest(dst []Hit, p Point, k int, radius float64, keep func(id string) bool) []Hit {
	if k <= 0 || !(radius >= 0) || !p.Valid() {
		return dst
	}
	s := x.search(p)
	defer s.close()
	s.limit = chordAbove(chordWithin(radius))
	s.collect(k, keep)
	return s.hits(dst, k, radius)
}

// Within appends to dst every point within radius metres of p, nearest first,
// ties by id.
func (x *Index) Within(dst []Hit, p Point, radius float64) []Hit {
	return x.Nearest(dst, p, math.MaxInt, radius, nil)
}

// Outward goes through the points in the order of their distance from p,
// nearest first, ties by id, and works no further than it is read.
func (x *Index) Outward(p Point) iter.Seq[Hit] {
	return func(yield func(Hit) bool) {
		if !p.Valid() {
			return
		}
		s := x.search(p)
		defer s.close()
		for {
			c, ok := s.next()
			if !ok || !yield(s.hit(c)) {
				return
			}
		}
	}
}

// InCell appends to dst the ids of the points whose cell this is, in no order.
func (x *Index) InCell(dst []string, cell Cell) []string {
	return x.inBox(dst, cell.Bounds().widened(), func(p Point) bool { return CellOf(p, len(cell)) == cell })
}

// InBox appends to dst the ids of the points in b, its border included, in no
// order.
func (x *Index) InBox(dst []string, b Box) []string { return x.inBox(dst, b, b.Contains) }

// inBox appends the ids of the points in the quadrants that b touches, where in
// says that they are meant.
func (x *Index) inBox(dst []string, b Box, in func(Point) bool) []string {
	s := x.search(Point{})
	defer s.close()
	w := windowOf(b)
	for len(s.nodes) > 0 {
		last := len(s.nodes) - 1
		st := s.nodes[last].state
		s.nodes = s.nodes[:last]
		if st.kids != nil {
			for q := range st.kids {
				if k := &st.kids[q]; st.full&k.bit != 0 && w.touches(k.at, k.size()) {
					s.nodes = append(s.nodes, s.ahead(0, k))
				}
			}
			continue
		}
		for _, e := range st.entries[:st.n] {
			if !w.touches(e.spot, 1) {
				continue
			}
			if r := s.record(e.rec); in(r.point) {
				dst = append(dst, r.id)
			}
		}
	}
	return dst
}

// window is a box in fixed point, its borders included; west may be greater than
// east.
type window struct{ west, south, east, north uint32 }

func windowOf(b Box) window {
	clamp := func(p Point) spot {
		return spotOf(Point{Lat: max(-90, min(90, p.Lat)), Lon: max(-180, min(180, p.Lon))})
	}
	sw, ne := clamp(Point{b.South, b.West}), clamp(Point{b.North, b.East})
	w := window{sw.x, sw.y, ne.x, ne.y}
	if b.West > b.East && w.west == w.east {
		w.west, w.east = 0, math.MaxUint32 // all around, but for less than a spot
	}
	return w
}

// touches reports whether a square of spots has one in the window.
func (w window) touches(at spot, size uint64) bool {
	x, y := at.x+uint32(size-1), at.y+uint32(size-1)
	if at.y > w.north || y < w.south {
		return false
	}
	if w.west <= w.east {
		return at.x <= w.east && x >= w.west
	}
	return at.x <= w.east || x >= w.west
}

// hits appends what was collected, by its exact distance: up to k within radius.
func (s *search) hits(dst []Hit, k int, radius float64) []Hit {
	all := s.points
	for _, c := range s.rest {
		if c.key <= s.limit {
			all = append(all, c)
		}
	}
	for _, c := range all { // so that they come from memory together
		s.seen += len(s.record(c.rec).id)
	}
	for i := range all {
		all[i].key = s.from.haversine(s.record(all[i].rec).point)
	}
	s.points = all
	s.sort(all)
	for _, c := range all[:min(k, len(all))] {
		h := s.hit(c)
		if !(h.Metres <= radius) {
			break
		}
		dst = append(dst, h)
	}
	return dst
}

// sort orders by distance, ties by id.
func (s *search) sort(all []candidate) {
	if len(all) > 64 {
		slices.SortFunc(all, func(a, b candidate) int {
			if c := cmp.Compare(a.key, b.key); c != 0 {
				return c
			}
			return s.byID(a, b)
		})
		return
	}
	for i := 1; i < len(all); i++ {
		c, j := all[i], i
		for ; j > 0 && (c.key < all[j-1].key || c.key == all[j-1].key && s.byID(c, all[j-1]) < 0); j-- {
			all[j] = all[j-1]
		}
		all[j] = c
	}
}
