package sim

import (
	"iter"
	"math"
	"math/rand/v2"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/road"
)

// World is where vehicles move.
type World interface {
	// Between is the drive from a to b.
	Between(a, b geo.Point) road.Way
	// Place draws a place where a driver may be: busy places more often.
	Place(rng *rand.Rand) geo.Point
}

// Order is a rider's wish.
type Order struct {
	After   time.Duration // since the start of the run
	Pickup  geo.Point
	Dropoff geo.Point
	Class   driver.Class // "" asks for none: the standard one
}

// circuity is how much longer than the straight line a drive in a city is, and
// citySpeed how fast it goes, m/s: for where there is no road graph.
const (
	circuity  = 1.3
	citySpeed = 8.0
)

// OpenField is a world without a road graph: vehicles go straight, as slowly as
// if there were streets.
type OpenField struct {
	Places []geo.Point // drivers start and cruise here; at least one
}

// Between is the straight line.
func (f OpenField) Between(a, b geo.Point) road.Way {
	return road.Straight(a, b, citySpeed/circuity)
}

// Place is one of the places.
func (f OpenField) Place(rng *rand.Rand) geo.Point { return f.Places[rng.IntN(len(f.Places))] }

// Network is a world of imported roads.
type Network struct {
	Graph  *road.Graph // strongly connected
	Places []geo.Point // drivers start and cruise here; anywhere if empty
}

// Between is the fastest drive on the roads.
func (n Network) Between(a, b geo.Point) road.Way { return between(n.Graph, a, b) }

// Place is one of the places, or any node.
func (n Network) Place(rng *rand.Rand) geo.Point {
	if len(n.Places) > 0 {
		return n.Places[rng.IntN(len(n.Places))]
	}
	return n.Graph.Point(road.Node(rng.IntN(n.Graph.Len())))
}

// between leaves the roads where they do not lead from a to b.
func between(g *road.Graph, a, b geo.Point) road.Way {
	if way, ok := g.Between(a, b); ok {
		return way
	}
	return road.Straight(a, b, citySpeed/circuity)
}

// RandomOrders draws orders between places of the world, so many a minute on
// average, at random times. It does not end.
func RandomOrders(w World, perMinute float64, seed uint64) iter.Seq[Order] {
	return func(yield func(Order) bool) {
		rng := rand.New(rand.NewPCG(seed, 0x0bde5))
		after := time.Duration(0)
		for perMinute > 0 {
			after += pause(perMinute, rng)
			from, to := apart(w, rng)
			if !yield(Order{After: after, Pickup: from, Dropoff: to}) {
				return
			}
		}
	}
}

// pause draws the time until the next of events that come at random.
func pause(perMinute float64, rng *rand.Rand) time.Duration {
	return time.Duration(rng.ExpFloat64() / perMinute * float64(time.Minute))
}

// minRide is the shortest ride for which anybody hails a cab, metres.
const minRide = 600

// apart draws two places that are a ride apart; in a tiny world, the best of
// some tries.
func apart(w World, rng *rand.Rand) (from, to geo.Point) {
	from = w.Place(rng)
	best := math.Inf(-1)
	for range 20 {
		p := w.Place(rng)
		metres := geo.Distance(from, p)
		if metres >= minRide {
			return from, p
		}
		if metres > best {
			best, to = metres, p
		}
	}
	return from, to
}
