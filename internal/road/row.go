package road

import (
	"math"
	"time"
)

// Row is the driving time to one place from every place around it. It may be
// read by any number of goroutines until it is released.
//
// Times lie in pages of neighbouring nodes, so that a row of a large graph holds
// only what was reached.
type Row struct {
	g     *Graph
	to    Place
	bound int32
	ends  [2]end
	pages []int32 // of each page of nodes, where it is in times; 0: not reached
	times []int32 // milliseconds to the place, page after page; the first is empty
}

const (
	pageBits  = 6
	pageNodes = 1 << pageBits
	unreached = math.MaxInt32
	// maxBound keeps sums of a bound and a few edges in 32 bits: twelve days.
	maxBound = 1 << 30
)

func newRow(g *Graph) *Row {
	return &Row{g: g, pages: make([]int32, (len(g.points)+pageNodes-1)>>pageBits)}
}

// begin empties the row for the times to a place.
func (r *Row) begin(to Place, bound time.Duration) {
	r.to, r.bound, r.ends = to, int32(min(max(bound.Milliseconds(), -1), maxBound)), r.g.arrivals(to)
	clear(r.pages)
	r.times = r.times[:0]
	r.addPage()
}

func (r *Row) addPage() {
	n := len(r.times)
	if cap(r.times) < n+pageNodes {
		r.times = append(make([]int32, 0, max(2*n, 16*pageNodes)), r.times...)
	}
	r.times = r.times[:n+pageNodes]
	for i := range r.times[n:] {
		r.times[n+i] = unreached
	}
}

// time is the milliseconds from a node, unreached if it is beyond the bound.
func (r *Row) time(n Node) int32 {
	return r.times[r.pages[n>>pageBits]+int32(n)&(pageNodes-1)]
}

func (r *Row) set(n Node, millis int32) {
	page := &r.pages[n>>pageBits]
	if *page == 0 {
		*page = int32(len(r.times))
		r.addPage()
	}
	r.times[*page+int32(n)&(pageNodes-1)] = millis
}

// all makes room for every node and returns it, in the order of the nodes, to be
// filled by a search that reaches all of them: unreached where there is no way.
func (r *Row) all() []int32 {
	size := len(r.pages) * pageNodes
	if cap(r.times) < pageNodes+size {
		r.times = append(make([]int32, 0, pageNodes+size), r.times[:pageNodes]...)
	}
	r.times = r.times[:pageNodes+size]
	for i := range r.pages {
		r.pages[i] = int32((i + 1) << pageBits)
	}
	return r.times[pageNodes : pageNodes+len(r.g.points)]
}

// Release gives the row's memory back for another. Nobody may use it after.
func (r *Row) Release() { r.g.rows.Put(r) }

// Bytes is the memory that the row takes, about.
func (r *Row) Bytes() int { return 4*(len(r.pages)+cap(r.times)) + 100 }

// To is the place that the row leads to.
func (r *Row) To() Place { return r.to }

// From is the driving time from a place, false if there is no way within the
// row's bound.
func (r *Row) From(src Place) (time.Duration, bool) {
	millis, _ := r.from(src)
	if millis > r.bound {
		return 0, false
	}
	return milliseconds(millis), true
}

// from is the time and the node by which the way leaves the place; there is none
// where it stays on the place's edge.
func (r *Row) from(src Place) (millis int32, by Node) {
	d := r.g.Departure(src)
	return r.leaving(&d)
}

func (r *Row) leaving(d *Departure) (millis int32, by Node) {
	millis, by = unreached, -1
	if direct, ok := r.g.along(d.from, r.to); ok {
		millis = direct
	}
	for _, leave := range d.ends {
		if leave.node < 0 {
			continue
		}
		if rest := r.time(leave.node); rest < unreached && leave.millis+rest < millis {
			millis, by = leave.millis+rest, leave.node
		}
	}
	return millis, by
}

// Way is the fastest way from a place, false if there is none within the row's
// bound. It begins and ends on the network: where a place lies far from it, the
// time between the two is spent standing at the way's first or last point.
func (r *Row) Way(src Place) (Way, bool) {
	millis, by := r.from(src)
	if millis > r.bound {
		return Way{}, false
	}
	d := drive{from: src, to: r.to, by: by, millis: millis}
	for at := by; at >= 0 && !r.arrives(at); {
		i := r.next(at)
		d.edges = append(d.edges, i)
		at = r.g.edges[i].to
	}
	return r.g.wayOf(d), true
}

// arrives reports whether the fastest way on from n needs no further node.
func (r *Row) arrives(n Node) bool {
	for _, e := range r.ends {
		if e.node == n && e.millis == r.time(n) {
			return true
		}
	}
	return false
}

// next is the first edge of a fastest way from n, of several the one with the
// lowest number.
func (r *Row) next(n Node) int32 {
	rest := r.time(n)
	for i := r.g.first[n]; i < r.g.first[n+1]; i++ {
		e := &r.g.edges[i]
		if on := r.time(e.to); on < unreached && on+e.millis == rest {
			return i
		}
	}
	panic("road: a row has a time that no edge leads to")
}
