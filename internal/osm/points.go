package osm

import (
	"math"
	"slices"

	"github.com/cabstand/cabstand/geo"
)

// points are the nodes that streets are made of: columns in the order of ids,
// which take a quarter of the memory of a map.
type points struct {
	ids    []int64
	places []geo.Point // NaN until they are read
	marks  []mark
	last   int // where the last node was found: files have nodes in order
}

func newPoints(refs []int64) points {
	ids := slices.Clone(refs)
	slices.Sort(ids)
	ids = slices.Clip(slices.Compact(ids))
	unknown := geo.Point{Lat: math.NaN(), Lon: math.NaN()}
	return points{ids: ids, places: slices.Repeat([]geo.Point{unknown}, len(ids)), marks: make([]mark, len(ids))}
}

// find is the place of a node in the columns.
func (p *points) find(id int64) (int, bool) {
	if p.last < len(p.ids) && p.ids[p.last] > id {
		p.last = 0
	}
	// In steps that grow, then halving: one step where the file is in order.
	step := 1
	for p.last+step < len(p.ids) && p.ids[p.last+step] <= id {
		p.last += step
		step *= 2
	}
	i, found := slices.BinarySearch(p.ids[p.last:min(p.last+step+1, len(p.ids))], id)
	i += p.last
	if p.last = i; !found {
		p.last = max(0, i-1)
	}
	return i, found
}

// index is the place of a node that is there.
func (p *points) index(id int64) int {
	i, _ := slices.BinarySearch(p.ids, id)
	return i
}

// known reports whether the node was in the file.
func (p *points) known(i int) bool { return !math.IsNaN(p.places[i].Lat) }

// missing is how many were not.
func (p *points) missing() int {
	n := 0
	for i := range p.ids {
		if !p.known(i) {
			n++
		}
	}
	return n
}
