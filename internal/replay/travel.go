package replay

import (
	"sort"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/eta"
	"github.com/cabstand/cabstand/internal/road"
)

// Network is what the city drives on. It is shared by the runs, which may go on
// side by side.
type Network interface {
	// Fits is why the point cannot be driven to or from, nil if it can.
	Fits(p geo.Point) error
	// Takes is the driving time between two points that fit; false if there is no
	// way.
	Takes(from, to geo.Point) (time.Duration, bool)
	// Travel begins a run.
	Travel() Travel
}

// Travel is the network as one run uses it: what the dispatcher is told and what
// its drivers do agree to the millisecond.
type Travel interface {
	dispatch.Estimator
	// Drive is the fastest way between two points that fit; false if there is none.
	Drive(from, to geo.Point) (Drive, bool)
	// Expect tells that this pickup will be asked about soon.
	Expect(pickup geo.Point)
	// Done tells that nobody drives to this place any more.
	Done(to geo.Point)
	// Close ends the run.
	Close()
}

// Drive is a way that a driver takes.
type Drive struct {
	road.Way
	Circuity float64 // how much longer it is than its points tell
}

// covered is how many metres of the way were driven after the time.
func (d Drive) covered(elapsed time.Duration) float64 {
	last := len(d.Points) - 1
	passed := min(sort.Search(len(d.At), func(i int) bool { return d.At[i] > elapsed })-1, last)
	if passed < 0 {
		return 0
	}
	metres := 0.0
	for i := range passed {
		metres += geo.Distance(d.Points[i], d.Points[i+1])
	}
	if passed < last {
		share := float64(elapsed-d.At[passed]) / float64(d.At[passed+1]-d.At[passed])
		metres += share * geo.Distance(d.Points[passed], d.Points[passed+1])
	}
	return metres * d.Circuity
}

// Crow is a network without roads: everybody drives along the straight line, at
// the speed and with the circuity of the estimate.
type Crow struct{ eta.Straight }

// Fits accepts every point.
func (Crow) Fits(geo.Point) error { return nil }

// Takes is the time along the straight line.
func (c Crow) Takes(from, to geo.Point) (time.Duration, bool) { return c.Time(from, to), true }

// Travel begins a run.
func (c Crow) Travel() Travel { return c }

// Drive is the straight line.
func (c Crow) Drive(from, to geo.Point) (Drive, bool) {
	way := road.Way{Points: []geo.Point{from, to}, At: []time.Duration{0, c.Time(from, to)}}
	return Drive{way, c.Circuity}, true
}

// Expect does nothing.
func (Crow) Expect(geo.Point) {}

// Done does nothing.
func (Crow) Done(geo.Point) {}

// Close does nothing.
func (Crow) Close() {}
