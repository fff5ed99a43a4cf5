package geo

import (
	"iter"
	"math"
	"slices"
)

// Index finds moving points by where they are: exactly, by great-circle
// distance, anywhere on the earth.
//
// It is a quadtree over degrees that splits where points crowd and merges where
// they leave. Searches walk it outward, best first, by a lower bound of the
// distance to each quadrant; nothing is cut off by a fixed ring or radius. A
// point that moves within its quadrant, as most do, is written in place.
//
// An Index is not safe for concurrent use; any number of searches may run
// beside each other while nothing is written. Make one with NewIndex.
type Index struct {
	nodes     []node // nodes[0] is the root; children lie in groups of four
	freeNodes []int32
	items     []item
	freeItems []int32
	byID      map[string]int32
}

// Hit is a point that a search found.
type Hit struct {
	ID     string
	Point  Point
	Metres float64 // from the place that was asked about
}

// item is one point, in a slab so that leaves hold small numbers.
type item struct {
	id    string
	point Point
	leaf  int32
	place int32 // in the leaf's list
}

// NewIndex makes an empty index.
func NewIndex() *Index {
	return &Index{
		nodes: []node{{box: Box{West: -180, South: -90, East: 180, North: 90}, parent: none}},
		byID:  map[string]int32{},
	}
}

// Len is the number of points.
func (x *Index) Len() int { return len(x.byID) }

// Get is where id is.
func (x *Index) Get(id string) (Point, bool) {
	i, ok := x.byID[id]
	if !ok {
		return Point{}, false
	}
	return x.items[i].point, true
}

// Put sets where id is, new or moved. A point that is not on the earth is not
// taken: Put returns false and id stays where it was.
func (x *Index) Put(id string, p Point) bool {
	if !p.Valid() {
		return false
	}
	i, known := x.byID[id]
	if !known {
		i = x.newItem(id)
	} else if x.items[i].point = p; x.nodes[x.items[i].leaf].box.holds(p) {
		return true
	} else {
		x.unlink(i)
	}
	x.items[i].point = p
	x.link(i)
	return true
}

// Remove forgets id, and reports whether it was there.
func (x *Index) Remove(id string) bool {
	i, ok := x.byID[id]
	if !ok {
		return false
	}
	x.unlink(i)
	delete(x.byID, id)
	x.items[i] = item{}
	x.freeItems = append(x.freeItems, i)
	return true
}

func (x *Index) newItem(id string) int32 {
	var i int32
	if n := len(x.freeItems); n > 0 {
		i, x.freeItems = x.freeItems[n-1], x.freeItems[:n-1]
	} else {
		i = int32(len(x.items))
		x.items = append(x.items, item{})
	}
	x.items[i].id = id
	x.byID[id] = i
	return i
}

// Nearest appends to dst the up to k points nearest to p that lie within
// radius metres (its border included; math.Inf(1) for no limit) and that keep
// accepts (nil accepts all). They come nearest first, ties by id.
func (x *Index) Nearest(dst []Hit, p Point, k int, radius float64, keep func(id string) bool) []Hit {
	if k <= 0 {
		return dst
	}
	s := x.search(p)
	defer s.close()
	for taken := 0; taken < k; {
		i, h, ok := s.next()
		if !ok {
			break
		}
		d := metres(h)
		if !(d <= radius) {
			break
		}
		if it := &x.items[i]; keep == nil || keep(it.id) {
			dst = append(dst, Hit{ID: it.id, Point: it.point, Metres: d})
			taken++
		}
	}
	return dst
}

// Within appends to dst every point within radius metres of p, nearest first,
// ties by id.
func (x *Index) Within(dst []Hit, p Point, radius float64) []Hit {
	return x.Nearest(dst, p, math.MaxInt, radius, nil)
}

// Outward goes through the points in the order of their distance from p,
// nearest first, ties by id, and works no further than it is read. Nothing may
// be written to the index meanwhile.
func (x *Index) Outward(p Point) iter.Seq[Hit] {
	return func(yield func(Hit) bool) {
		s := x.search(p)
		defer s.close()
		for {
			i, h, ok := s.next()
			if !ok || !yield(Hit{ID: x.items[i].id, Point: x.items[i].point, Metres: metres(h)}) {
				return
			}
		}
	}
}

// InCell appends to dst the ids of the points whose cell this is, in no order.
func (x *Index) InCell(dst []string, cell Cell) []string {
	first := len(dst)
	dst = x.InBox(dst, cell.Bounds().widened())
	in := slices.DeleteFunc(dst[first:], func(id string) bool {
		return CellOf(x.items[x.byID[id]].point, len(cell)) != cell
	})
	return dst[:first+len(in)]
}

// InBox appends to dst the ids of the points in b, its border included, in no
// order.
func (x *Index) InBox(dst []string, b Box) []string {
	return x.inBox(dst, b, root)
}

func (x *Index) inBox(dst []string, b Box, n int32) []string {
	nd := &x.nodes[n]
	if nd.count == 0 || !nd.box.overlaps(b) {
		return dst
	}
	if nd.isLeaf() {
		for _, i := range nd.items {
			if b.Contains(x.items[i].point) {
				dst = append(dst, x.items[i].id)
			}
		}
		return dst
	}
	for c := nd.child; c < nd.child+4; c++ {
		dst = x.inBox(dst, b, c)
	}
	return dst
}
