package eta

import (
	"container/list"
	"math"
	"sync"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/road"
)

// rows keeps the searches that were used last, by the point they lead to, as
// many as fit into the memory.
type rows struct {
	mu     sync.Mutex
	memory int // bytes
	used   int
	by     map[geo.Point]*list.Element
	order  *list.List // of *keptRow, the last used first
}

type keptRow struct {
	to    geo.Point
	bound time.Duration
	row   *road.Row
}

func newRows(memory int) *rows {
	return &rows{memory: memory, by: map[geo.Point]*list.Element{}, order: list.New()}
}

// get is the search that leads to the point and goes at least as far as bound,
// nil if there is none.
func (r *rows) get(to geo.Point, bound time.Duration) *road.Row {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.by[to]
	if e == nil || e.Value.(*keptRow).bound < bound {
		return nil
	}
	r.order.MoveToFront(e)
	return e.Value.(*keptRow).row
}

// put keeps a search in the place of what was kept for the point. Searches that
// go are left to the garbage collector: others may still read them.
func (r *rows) put(to geo.Point, bound time.Duration, row *road.Row) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.by[to]; e != nil {
		r.drop(e)
	}
	r.by[to] = r.order.PushFront(&keptRow{to, bound, row})
	r.used += row.Bytes()
	for r.used > r.memory && r.order.Len() > 1 {
		r.drop(r.order.Back())
	}
}

func (r *rows) drop(e *list.Element) {
	kept := r.order.Remove(e).(*keptRow)
	delete(r.by, kept.to)
	r.used -= kept.row.Bytes()
}

// places keeps where points lie on the network. When as many are known as are to
// be kept, what was not asked for since is forgotten: two generations of points.
type places struct {
	graph *road.Graph
	most  int

	mu       sync.RWMutex
	now, old map[geo.Point]road.Place
}

func newPlaces(g *road.Graph, most int) *places {
	return &places{graph: g, most: most, now: map[geo.Point]road.Place{}}
}

// nowhere is where points lie of which there is no nearest street.
var nowhere = road.Place{Off: math.Inf(1)}

// of is where each of the points lies.
func (p *places) of(points []geo.Point) []road.Place {
	found := make([]road.Place, len(points))
	missed := p.recall(points, found)
	if len(missed) == 0 {
		return found
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, i := range missed {
		found[i] = p.place(points[i])
	}
	return found
}

// recall fills in what was asked for lately, and returns the numbers of the rest.
func (p *places) recall(points []geo.Point, found []road.Place) (missed []int) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	for i, point := range points {
		place, ok := p.now[point]
		if !ok {
			missed = append(missed, i)
		}
		found[i] = place
	}
	return missed
}

// place is where one lies that was not asked for lately. The lock is held.
func (p *places) place(point geo.Point) road.Place {
	place, ok := p.now[point]
	if ok {
		return place
	}
	if place, ok = p.old[point]; !ok {
		if place, ok = p.graph.Snap(point); !ok {
			place = nowhere
		}
	}
	if len(p.now) >= p.most/2 {
		p.now, p.old = make(map[geo.Point]road.Place, len(p.now)), p.now
	}
	p.now[point] = place
	return place
}
