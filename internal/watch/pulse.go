package watch

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// pulse lets operators have what changed since the pulse before.
func (h *Hub) pulse(context.Context) {
	degraded := append([]string{}, h.Degraded()...) // empty in JSON, not null
	now := h.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.census(h.regions, now)
	h.noteBus(slices.Contains(degraded, busPart), now)
	h.pulses++
	withStats := h.pulses%statsEvery == 0
	var counts wire.StatsFrame
	if withStats {
		counts = h.book.stats(now)
		counts.Degraded = degraded
	}
	for o := range h.operators {
		if !withStats || o.cells == nil {
			o.pulsed(nil)
			continue
		}
		stats := counts
		stats.Drivers = h.driversIn(o.cells)
		o.pulsed(&stats)
	}
}

// busPart is the name of the bus among the parts that are gone.
const busPart = "nats"

// noteBus tells riders and operators when the bus goes and when it is back: what
// they see is late meanwhile. h.mu is held.
func (h *Hub) noteBus(gone bool, now time.Time) {
	if gone != h.stale.IsZero() {
		return
	}
	h.stale = time.Time{}
	if gone {
		h.stale = now
	}
	for r := range h.riders.all() {
		r.late(h.stale)
	}
	for o := range h.operators {
		o.late(h.stale)
	}
}

// driversIn counts the drivers of the cells by status.
func (h *Hub) driversIn(cells map[geo.Cell]bool) map[driver.Status]int {
	sum := map[driver.Status]int{}
	for cell := range cells {
		if r := h.regions[cell]; r != nil {
			for status, n := range r.counts {
				sum[status] += n
			}
		}
	}
	return sum
}

// Bounds of what riders are told of their driver.
const (
	locateWithin = 2 * time.Second  // for one round; the next one tries again
	etaFor       = 10 * time.Second // an estimate counts down for so long before it is made anew
	cityPace     = 6.0              // m/s as the crow flies, where no way is known
)

// bound is a trip with a driver, and those who want to know where the driver is.
type bound struct {
	*trip.Trip
	first    *trip.Trip // which the driver is to finish first, if any
	watchers map[*Rider]struct{}
}

// approach is an estimate for a trip.
type approach struct {
	leg leg
	at  time.Time
	in  time.Duration
}

// leg is what an estimate is about: another driver, or another way, needs a new
// one.
type leg struct {
	state    trip.State
	driverID string
	first    string // the trip to be finished first
}

func (b bound) leg() leg {
	of := leg{state: b.State, driverID: b.DriverID}
	if b.first != nil {
		of.first = b.first.ID
	}
	return of
}

// locateRiders tells riders where their drivers are.
func (h *Hub) locateRiders(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, locateWithin)
	defer cancel()
	trips, ids := h.boundTrips()
	if len(ids) == 0 {
		h.approaches = nil
		return
	}
	found, err := h.Locations.Locations(ctx, ids)
	if err != nil {
		h.Log.Debug("riders' drivers not located", "err", err)
		return
	}
	h.tellRiders(ctx, trips, found)
}

// boundTrips is the trips with a driver whose riders watch, by driver.
func (h *Hub) boundTrips() (trips map[string][]bound, driverIDs []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	trips = map[string][]bound{}
	for driverID := range h.book.byDriver {
		atHand, next := h.book.tripOf(driverID), h.book.nextOf(driverID)
		for _, b := range []bound{{Trip: atHand}, {Trip: next, first: atHand}} {
			if b.Trip == nil || len(h.riders[b.RiderID]) == 0 {
				continue
			}
			b.watchers = maps.Clone(h.riders[b.RiderID])
			trips[driverID] = append(trips[driverID], b)
		}
		if len(trips[driverID]) > 0 {
			driverIDs = append(driverIDs, driverID)
		}
	}
	return trips, driverIDs
}

func (h *Hub) tellRiders(ctx context.Context, trips map[string][]bound, found []driver.Location) {
	offers := map[*Rider][]located{}
	estimates := make(map[string]approach, len(trips))
	for _, l := range found {
		if l.Gone {
			continue
		}
		for _, t := range trips[l.DriverID] {
			a := h.approach(ctx, t, l)
			estimates[t.ID] = a
			f := wire.RiderPositionFrame{
				Type: wire.FramePosition, TripID: t.ID, Lat: l.Lat, Lon: l.Lon, Heading: l.Heading,
				EtaS: int(max(0, a.in-h.Now().Sub(a.at)).Round(time.Second) / time.Second),
			}
			for r := range t.watchers {
				offers[r] = append(offers[r], located{f, sighting{l.DriverID, l.SeenAt}})
			}
		}
	}
	h.approaches = estimates
	for r, all := range offers {
		r.offerPositions(all)
	}
}

// approach estimates how long the driver needs: to the pickup, by way of the trip
// to be finished first; once riding to the drop-off. A recent estimate is used
// again.
func (h *Hub) approach(ctx context.Context, t bound, l driver.Location) approach {
	now := h.Now()
	if a, ok := h.approaches[t.ID]; ok && a.leg == t.leg() && now.Sub(a.at) < etaFor {
		return a
	}
	a := approach{leg: t.leg(), at: now}
	here := l.Point
	for _, stop := range t.stops() {
		a.in += h.drive(ctx, here, stop)
		here = stop
	}
	return a
}

// stops is where the driver is to go, up to the next thing that the rider waits
// for.
func (b bound) stops() []geo.Point {
	switch {
	case b.State == trip.Arrived:
		return nil
	case b.State == trip.Riding:
		return []geo.Point{b.Dropoff}
	case b.first == nil:
		return []geo.Point{b.Pickup}
	case b.first.State == trip.Riding:
		return []geo.Point{b.first.Dropoff, b.Pickup}
	}
	return []geo.Point{b.first.Pickup, b.first.Dropoff, b.Pickup}
}

func (h *Hub) drive(ctx context.Context, from, to geo.Point) time.Duration {
	times, _ := h.Estimator.Times(ctx, []geo.Point{from}, to)
	if times[0] < 0 { // the driver stands where no road is known
		return time.Duration(geo.Distance(from, to) / cityPace * float64(time.Second))
	}
	return times[0]
}
