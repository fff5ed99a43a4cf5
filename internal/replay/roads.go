package replay

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/match"
	"github.com/cabstand/cabstand/internal/road"
)

// Roads is a network of roads.
type Roads struct {
	graph *road.Graph
	ways  *road.Hierarchy
	bound time.Duration
}

// NewRoads is the network of the graph. Times to a pickup are looked for up to
// the bound, the longest way that anything may ask for.
func NewRoads(g *road.Graph, bound time.Duration) *Roads {
	return &Roads{graph: g, ways: road.Contract(g), bound: bound}
}

// maxOff is how far from any road a place may lie, in metres.
const maxOff = 500

// Fits wants a road near the point.
func (n *Roads) Fits(p geo.Point) error {
	place, ok := n.graph.Snap(p)
	if !ok || place.Off > maxOff {
		return fmt.Errorf("%v is off the network: %.0f m from the nearest road, at most %d are driven", p, place.Off, maxOff)
	}
	return nil
}

// Takes is the driving time by the fastest way.
func (n *Roads) Takes(from, to geo.Point) (time.Duration, bool) {
	a, _ := n.graph.Snap(from)
	b, _ := n.graph.Snap(to)
	return n.ways.Time(a, b)
}

// row is the times to a place. In a large graph a search that ends at the bound
// is faster than a sweep over all of it.
func (n *Roads) row(to road.Place) *road.Row {
	if n.graph.Len() > sweptNodes {
		return n.graph.To(to, n.bound)
	}
	return n.ways.To(to, n.bound)
}

// sweptNodes is about where the one is as fast as the other.
const sweptNodes = 50_000

// Travel begins a run.
func (n *Roads) Travel() Travel {
	t := &roadTravel{roads: n, rows: map[geo.Point]*sharedRow{}, places: map[geo.Point]road.Place{}, expected: make(chan geo.Point, lookAhead)}
	t.work.Go(t.prepare)
	return t
}

// roadTravel is the roads as one run sees them: a row of times to each pickup
// that is asked about, kept until somebody is there.
type roadTravel struct {
	roads    *Roads
	expected chan geo.Point // nil once closed
	work     sync.WaitGroup

	mu     sync.Mutex
	rows   map[geo.Point]*sharedRow
	places map[geo.Point]road.Place
}

// sharedRow is a row that whoever needs it first makes.
type sharedRow struct {
	once sync.Once
	row  *road.Row
}

const (
	lookAhead  = 64      // rows that are made before anybody asks for them
	mostPlaces = 1 << 16 // whose place on the network is remembered
)

// prepare makes the rows that will be asked for, while the run goes on.
func (t *roadTravel) prepare() {
	for p := range t.expected {
		t.row(p)
	}
}

// Expect tells that this pickup will be asked about soon. When there is too much
// to do, it is left to whoever asks.
func (t *roadTravel) Expect(pickup geo.Point) {
	select {
	case t.expected <- pickup:
	default:
	}
}

// Close ends the run.
func (t *roadTravel) Close() {
	close(t.expected)
	t.work.Wait()
}

func (t *roadTravel) row(to geo.Point) *road.Row {
	t.mu.Lock()
	s, ok := t.rows[to]
	if !ok {
		s = &sharedRow{}
		t.rows[to] = s
	}
	t.mu.Unlock()
	s.once.Do(func() { s.row = t.roads.row(t.place(to)) })
	return s.row
}

// Done forgets the row. If two riders wait at one place it is made again.
func (t *roadTravel) Done(pickup geo.Point) {
	t.mu.Lock()
	s := t.rows[pickup]
	delete(t.rows, pickup)
	t.mu.Unlock()
	if s != nil {
		s.once.Do(func() {})
		if s.row != nil {
			s.row.Release()
		}
	}
}

// place is the point's place on the network.
func (t *roadTravel) place(p geo.Point) road.Place {
	t.mu.Lock()
	defer t.mu.Unlock()
	place, ok := t.places[p]
	if !ok {
		if len(t.places) >= mostPlaces {
			clear(t.places)
		}
		place, _ = t.roads.graph.Snap(p)
		t.places[p] = place
	}
	return place
}

// Times is the driving time from each of the points to one.
func (t *roadTravel) Times(_ context.Context, from []geo.Point, to geo.Point) ([]time.Duration, match.Rung) {
	times := make([]time.Duration, len(from))
	row := t.row(to)
	for i, p := range from {
		if takes, ok := row.From(t.place(p)); ok {
			times[i] = takes
		} else {
			times[i] = -1
		}
	}
	return times, match.Road
}

// Drive is the fastest way.
func (t *roadTravel) Drive(from, to geo.Point) (Drive, bool) {
	way, ok := t.roads.ways.Way(t.place(from), t.place(to))
	return Drive{way, 1}, ok
}
