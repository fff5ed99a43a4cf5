package dispatch

import (
	"context"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/trip"
)

// A driver who is about to finish a ride can be given the next trip, in slot 1.
// It becomes the trip at hand when the ride ends.

// foresight is when a ride will end, once that was asked, and from when on it is
// worth asking again. Not every tick asks about every ride: one that cannot end
// soon by the straight line is left alone for as long as that says so.
type foresight struct{ at, askAt time.Time }

// soon reports whether the ride is known to end within d.
func (f foresight) soon(now time.Time, d time.Duration) bool {
	return !f.at.IsZero() && f.at.Sub(now) <= d
}

const (
	foresightAge = 10 * time.Second // of an end that is near
	notBefore    = 5 * time.Second  // between two questions about one that is not
)

// soonDone reports whether the ride may be about to end, without asking anybody.
func (d *Dispatcher) soonDone(r *round, e *entry) bool {
	if r.forward == 0 {
		return false
	}
	return !r.now.Before(e.end.askAt) || e.end.soon(r.now, r.forward)
}

// foresee finds out when the rides end that may be about to. A vehicle whose ride
// is not known to end then cannot begin another way.
func (d *Dispatcher) foresee(ctx context.Context, r *round) {
	var ask []*vehicle
	for i := range r.vehicles {
		if v := &r.vehicles[i]; v.riding != nil && d.worthAsking(r, v) {
			ask = append(ask, v)
		}
	}
	if len(ask) > 0 {
		atOnce(len(ask), func(i int) { d.askEnd(ctx, r, ask[i]) })
	}
	for i := range r.vehicles {
		v := &r.vehicles[i]
		switch {
		case v.riding == nil:
		case v.riding.end.at.IsZero():
			v.lead = longestPrice
		default:
			v.lead = max(v.riding.end.at.Sub(r.now), 0)
		}
	}
}

// worthAsking reports whether to ask when the ride of the vehicle ends. One that
// cannot end soon by the straight line is noted as such.
func (d *Dispatcher) worthAsking(r *round, v *vehicle) bool {
	end := &v.riding.end
	if v.holder != nil && end.at.IsZero() {
		return true
	}
	if r.now.Before(end.askAt) {
		return false
	}
	least := time.Duration(geo.Distance(v.Point, v.riding.trip.Dropoff) / d.fastest * float64(time.Second))
	if v.holder != nil || least <= r.forward {
		return true
	}
	*end = foresight{askAt: r.now.Add(max(least-r.forward, notBefore))}
	return false
}

func (d *Dispatcher) askEnd(ctx context.Context, r *round, v *vehicle) {
	times, _ := d.deps.Estimator.Times(ctx, []geo.Point{v.Point}, v.riding.trip.Dropoff)
	left := times[0]
	if left < 0 {
		left = longestPrice
	}
	again := foresightAge
	if left > r.forward {
		again = max((left-r.forward)/2, notBefore)
	}
	v.riding.end = foresight{at: r.now.Add(left), askAt: r.now.Add(again)}
}

// stranded is how long a trip waits in slot 1 for its driver's ride to end before
// it is given to somebody else. The ride had Forward to go when the trip was
// offered, and traffic may double that; a driver who stands at the drop-off and
// does not complete, or whose rider asked for a way round, must not hold another
// rider.
const stranded = 3 * time.Minute

// next is the step that a trip in slot 1 asks for, nil when there is none.
func (d *Dispatcher) next(e *entry, now time.Time) step {
	c, ok := e.trip.Claim()
	switch {
	case !ok || c.Slot == 0:
		return nil
	case d.book.holds[c.DriverID].only() == e:
		return promote
	case e.trip.State == trip.Assigned && now.Sub(e.trip.AssignedAt) > stranded+d.forwardOf(e):
		return d.replace(e.trip.DriverID, e.trip.Epoch, "driver delayed", now)
	}
	return nil
}

// promote makes the next trip the one at hand.
func promote(t *trip.Trip) ([]trip.Event, error) {
	if !t.Promote() {
		return nil, errStale
	}
	return nil, nil
}
