package eta

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/match"
	"github.com/cabstand/cabstand/internal/road"
)

// Road estimates by a road graph in this process. One bounded search backwards
// from a pickup prices every driver around it, and is kept for the next tick, as
// is where on the network a point lies: a driver who waits does not move.
//
// Points more than a kilometre from any street are unknown to it.
type Road struct {
	graph   *road.Graph
	shorter atomic.Pointer[road.Hierarchy] // nil before Contract
	horizon time.Duration
	speeds  *Speeds
	rows    *rows
	places  *places
}

// RoadOptions tunes a Road. The zero value will do.
type RoadOptions struct {
	// Horizon is the longest way to a pickup that is looked for; 0 is
	// DefaultHorizon. Rides may take longer.
	Horizon time.Duration
	// Memory is how much the kept searches may take, in bytes; 0 is 64 MiB.
	Memory int
	// Speeds correct the graph's times; nil leaves them as they are.
	Speeds *Speeds
}

// DefaultHorizon is longer than anybody waits for a taxi.
const DefaultHorizon = 30 * time.Minute

const (
	rowMemory  = 64 << 20
	placesKept = 1 << 16
)

// NewRoad estimates by the graph.
func NewRoad(g *road.Graph, o RoadOptions) *Road {
	if o.Horizon == 0 {
		o.Horizon = DefaultHorizon
	}
	if o.Memory == 0 {
		o.Memory = rowMemory
	}
	if o.Speeds == nil {
		o.Speeds = asBuilt()
	}
	return &Road{
		graph: g, horizon: o.Horizon, speeds: o.Speeds,
		rows: newRows(o.Memory), places: newPlaces(g, placesKept),
	}
}

// Rung is the road's.
func (r *Road) Rung() match.Rung { return match.Road }

// Pickups prices all points by one search. A way longer than the horizon is none.
func (r *Road) Pickups(_ context.Context, from []geo.Point, to geo.Point) ([]time.Duration, error) {
	times := unknowns(len(from))
	places := r.places.of(append([]geo.Point{to}, from...))
	if len(from) == 0 || !placed(places[0]) {
		return times, nil
	}
	hour := r.speeds.now()
	scale := r.speeds.scaler(to, hour)
	base := r.bases(len(from), to, places[0], r.speeds.reach(r.horizon, to, hour))
	for i, p := range places[1:] {
		if !placed(p) {
			continue
		}
		times[i] = NoWay
		if d, ok := base(p); ok {
			times[i] = r.near(scale(d))
		}
	}
	return times, nil
}

// Survey takes in many points, and then tells the times from all of them to one
// pickup after another, as Pickups does: in milliseconds, appended to dst, -1 for
// no way; false for a pickup off the map. It is nil where a point is.
func (r *Road) Survey(from []geo.Point) func(to geo.Point, dst []int32) ([]int32, bool) {
	crowd := &road.Crowd{}
	for _, p := range r.places.of(from) {
		if !placed(p) {
			return nil
		}
		crowd.Add(r.graph.Departure(p))
	}
	return func(to geo.Point, dst []int32) ([]int32, bool) {
		place := r.places.of([]geo.Point{to})[0]
		if !placed(place) {
			return dst, false
		}
		return r.surveyed(crowd, to, place, dst), true
	}
}

func (r *Road) surveyed(crowd *road.Crowd, to geo.Point, place road.Place, dst []int32) []int32 {
	hour := r.speeds.now()
	scale, bound := r.speeds.scaler(to, hour), r.speeds.reach(r.horizon, to, hour)
	row := r.rows.get(to, bound)
	if row == nil {
		row = r.search(to, place, bound)
	}
	begin := len(dst)
	dst = row.FromAll(crowd, dst)
	for i, millis := range dst[begin:] {
		if millis < 0 {
			continue
		}
		if takes := r.near(scale(time.Duration(millis) * time.Millisecond)); takes >= 0 {
			dst[begin+i] = int32(takes.Milliseconds())
		} else {
			dst[begin+i] = -1
		}
	}
	return dst
}

// bases finds the times by the graph to a pickup, from some drivers or many, as
// far as bound or farther: from a search that is kept, or from a new one, but one
// by one where they are few and the hierarchy makes that quick.
func (r *Road) bases(drivers int, to geo.Point, place road.Place, bound time.Duration) func(road.Place) (time.Duration, bool) {
	if row := r.rows.get(to, bound); row != nil {
		return row.From
	}
	if h := r.shorter.Load(); h != nil && drivers <= fewDrivers {
		return func(from road.Place) (time.Duration, bool) { return h.Time(from, place) }
	}
	return r.search(to, place, bound).From
}

// fewDrivers take less time one by one than a search from the pickup does.
const fewDrivers = 4

// near is the time if it is within the horizon.
func (r *Road) near(takes time.Duration) time.Duration {
	if takes > r.horizon {
		return NoWay
	}
	return takes
}

// search goes a little farther than it is asked, since the speeds may change
// while it is kept.
func (r *Road) search(to geo.Point, place road.Place, bound time.Duration) *road.Row {
	bound += bound / 4
	var row *road.Row
	if h := r.shorter.Load(); h != nil {
		row = h.To(place, bound)
	} else {
		row = r.graph.To(place, bound)
	}
	r.rows.put(to, bound, row)
	return row
}

// Ride looks for the way whatever time it takes.
func (r *Road) Ride(_ context.Context, from, to geo.Point) (Drive, error) {
	places := r.places.of([]geo.Point{from, to})
	if !placed(places[0]) || !placed(places[1]) {
		return Drive{Takes: Unknown}, nil
	}
	way, ok := r.way(places[0], places[1])
	if !ok {
		return Drive{Takes: NoWay}, nil
	}
	return Drive{Takes: r.scaled(from, way.Takes()), Metres: way.Metres()}, nil
}

func (r *Road) way(from, to road.Place) (road.Way, bool) {
	if h := r.shorter.Load(); h != nil {
		return h.Way(from, to)
	}
	return r.graph.Drive(from, to)
}

// Contract makes everything that comes after it many times quicker, and changes
// no answer. It takes about a second for a large city, and may go on beside the
// questions.
func (r *Road) Contract() { r.shorter.Store(road.Contract(r.graph)) }

// placed reports whether the place is near enough to a street. The place of a
// graph without streets is not.
func placed(p road.Place) bool { return p.Off <= offMap }

// Learn corrects the speeds by a ride that really took so long. Rides off the
// map, or where the graph knows no way, teach nothing.
func (r *Road) Learn(pickup, dropoff geo.Point, began time.Time, took time.Duration) {
	places := r.places.of([]geo.Point{pickup, dropoff})
	if !placed(places[0]) || !placed(places[1]) {
		return
	}
	if way, ok := r.way(places[0], places[1]); ok {
		r.speeds.learn(pickup, began, way.Takes(), took)
	}
}
