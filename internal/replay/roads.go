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
	t := &roadTravel{roads: n, rows: map[spot]*sharedRow{}, places: newPlaces(n.graph), expected: make(chan *sharedRow, lookAhead)}
	t.work.Go(t.prepare)
	return t
}

// roadTravel is the roads as one run sees them: a row of times to each pickup
// that is asked about, kept until somebody is there.
type roadTravel struct {
	roads    *Roads
	expected chan *sharedRow
	work     sync.WaitGroup

	mu   sync.RWMutex
	rows map[spot]*sharedRow

	places *places
}

// sharedRow is a row that whoever needs it first makes.
type sharedRow struct {
	to   geo.Point
	once sync.Once
	row  *road.Row
}

// lookAhead is how many rows are made before anybody asks for them.
const lookAhead = 64

// prepare makes the rows that will be asked for, while the run goes on.
func (t *roadTravel) prepare() {
	for s := range t.expected {
		t.made(s)
	}
}

// Expect tells that this pickup will be asked about soon. When there is too much
// to do, it is left to whoever asks.
func (t *roadTravel) Expect(pickup geo.Point) {
	select {
	case t.expected <- t.kept(pickup):
	default:
	}
}

// Close ends the run.
func (t *roadTravel) Close() {
	close(t.expected)
	t.work.Wait()
}

// kept is the row to the place, which may not be made yet.
func (t *roadTravel) kept(to geo.Point) *sharedRow {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, ok := t.rows[spotOf(to)]
	if !ok {
		s = &sharedRow{to: to}
		t.rows[spotOf(to)] = s
	}
	return s
}

func (t *roadTravel) made(s *sharedRow) *road.Row {
	s.once.Do(func() { s.row = t.roads.row(t.place(s.to)) })
	return s.row
}

// Done forgets the row to the place. If somebody else waits there it is made
// again.
func (t *roadTravel) Done(to geo.Point) {
	t.mu.Lock()
	s := t.rows[spotOf(to)]
	delete(t.rows, spotOf(to))
	t.mu.Unlock()
	if s == nil {
		return
	}
	s.once.Do(func() {}) // it is not made any more
	if s.row != nil {
		s.row.Release()
	}
}

// place is the point's place on the network.
func (t *roadTravel) place(p geo.Point) road.Place {
	d := t.places.departure(p)
	return d.Place()
}

// Times is the driving time from each of the points to one. A row is made for
// many; what a single driver takes is found faster without.
func (t *roadTravel) Times(_ context.Context, from []geo.Point, to geo.Point) ([]time.Duration, match.Rung) {
	if len(from) == 1 && !t.asked(to) {
		return []time.Duration{t.single(from[0], to)}, match.Road
	}
	times := make([]time.Duration, len(from))
	row := t.made(t.kept(to))
	for i, p := range from {
		times[i] = noWay
		d := t.places.departure(p)
		if takes, ok := row.Leaving(&d); ok {
			times[i] = takes
		}
	}
	return times, match.Road
}

// Survey is the driving times from all vehicles of a tick to one pickup after
// another.
func (t *roadTravel) Survey(from []geo.Point) func(to geo.Point, dst []int32) ([]int32, match.Rung, bool) {
	crowd := &road.Crowd{}
	for _, p := range from {
		crowd.Add(t.places.departure(p))
	}
	return func(to geo.Point, dst []int32) ([]int32, match.Rung, bool) {
		return t.made(t.kept(to)).FromAll(crowd, dst), match.Road, true
	}
}

// noWay tells the dispatcher that there is none within the bound.
const noWay = -1

func (t *roadTravel) single(from, to geo.Point) time.Duration {
	takes, ok := t.roads.ways.Time(t.place(from), t.place(to))
	if !ok || takes > t.roads.bound {
		return noWay
	}
	return takes
}

// asked reports whether there is a row to the place.
func (t *roadTravel) asked(to geo.Point) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.rows[spotOf(to)] != nil
}

// Drive is the fastest way.
func (t *roadTravel) Drive(from, to geo.Point) (Drive, bool) {
	way, ok := t.roads.ways.Way(t.place(from), t.place(to))
	return Drive{way, 1}, ok
}
