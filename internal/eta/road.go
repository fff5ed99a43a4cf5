package eta

import (
	"context"
	"math"
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
	ways    ways
	horizon time.Duration
	pace    Pace
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
	// Pace corrects the graph's times; nil leaves them as they are.
	Pace Pace
}

// Pace corrects the driving times of the graph.
type Pace interface {
	// Stretch is what a driving time of the graph is to be multiplied by now, for
	// the rider who is picked up there. It is above 0.
	Stretch(pickup geo.Point) float64
}

// DefaultHorizon is longer than anybody waits for a taxi.
const DefaultHorizon = 30 * time.Minute

const (
	rowMemory  = 64 << 20
	placesKept = 1 << 16
)

// ways finds ways between places of a graph.
type ways interface {
	To(to road.Place, bound time.Duration) *road.Row
	Way(from, to road.Place) (road.Way, bool)
}

// searches finds them by searching the graph itself.
type searches struct{ *road.Graph }

func (s searches) Way(from, to road.Place) (road.Way, bool) { return s.Drive(from, to) }

// NewRoad estimates by the graph.
func NewRoad(g *road.Graph, o RoadOptions) *Road {
	if o.Horizon == 0 {
		o.Horizon = DefaultHorizon
	}
	if o.Memory == 0 {
		o.Memory = rowMemory
	}
	if o.Pace == nil {
		o.Pace = steady{}
	}
	return &Road{
		graph: g, ways: searches{g}, horizon: o.Horizon, pace: o.Pace,
		rows: newRows(o.Memory), places: newPlaces(g, placesKept),
	}
}

// steady is the pace of the graph itself.
type steady struct{}

func (steady) Stretch(geo.Point) float64 { return 1 }

// Rung is the road's.
func (r *Road) Rung() match.Rung { return match.Road }

// Pickups prices all points by one search. A way longer than the horizon is none.
func (r *Road) Pickups(_ context.Context, from []geo.Point, to geo.Point) ([]time.Duration, error) {
	times := unknowns(len(from))
	places := r.places.of(append([]geo.Point{to}, from...))
	if len(from) == 0 || !placed(places[0]) {
		return times, nil
	}
	stretch := r.pace.Stretch(to)
	row := r.row(to, places[0], stretched(r.horizon, 1/stretch)+rounding)
	for i, p := range places[1:] {
		if !placed(p) {
			continue
		}
		times[i] = NoWay
		if base, ok := row.From(p); ok {
			times[i] = r.near(stretched(base, stretch))
		}
	}
	return times, nil
}

// rounding is more than what whole milliseconds take from a horizon.
const rounding = 10 * time.Millisecond

// near is the time if it is within the horizon.
func (r *Road) near(takes time.Duration) time.Duration {
	if takes > r.horizon {
		return NoWay
	}
	return takes
}

// row is a kept search that goes far enough, or a new one that goes a little
// farther, since the pace may change while it is kept.
func (r *Road) row(to geo.Point, place road.Place, bound time.Duration) *road.Row {
	if row := r.rows.get(to, bound); row != nil {
		return row
	}
	bound += bound / 4
	row := r.ways.To(place, bound)
	r.rows.put(to, bound, row)
	return row
}

// Ride looks for the way whatever time it takes.
func (r *Road) Ride(_ context.Context, from, to geo.Point) (Drive, error) {
	places := r.places.of([]geo.Point{from, to})
	if !placed(places[0]) || !placed(places[1]) {
		return Drive{Takes: Unknown}, nil
	}
	way, ok := r.ways.Way(places[0], places[1])
	if !ok {
		return Drive{Takes: NoWay}, nil
	}
	return Drive{Takes: stretched(way.Takes(), r.pace.Stretch(from)), Metres: way.Metres()}, nil
}

// placed reports whether the place is near enough to a street. The place of a
// graph without streets is not.
func placed(p road.Place) bool { return p.Off <= offMap }

// stretched is the time by the factor, in whole milliseconds.
func stretched(d time.Duration, factor float64) time.Duration {
	return time.Duration(math.Round(float64(d.Milliseconds())*factor)) * time.Millisecond
}
