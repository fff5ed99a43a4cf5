package watch

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// unfinished are the states in which a trip is still to be watched.
var unfinished = []trip.State{trip.Scheduled, trip.Searching, trip.Assigned, trip.Arrived, trip.Riding}

// pageSize is how many trips are read from the store at once.
const pageSize = 500

// Rider sees a rider's own trips: first where the unfinished ones stand, then
// every change, and where the driver is.
type Rider struct {
	*reader
	riderID string
	begun   bool

	// Guarded by the reader's mutex.
	positions map[string]wire.RiderPositionFrame // latest, not told yet, by trip
	offered   map[string]sighting                // whose position was offered last, by trip
}

// Rider opens a reader for a rider.
func (h *Hub) Rider(riderID string) *Rider {
	r := &Rider{reader: newReader(h, riderQueue), riderID: riderID, positions: map[string]wire.RiderPositionFrame{}}
	r.fill = r.fillFrames
	r.leave = func() { h.remove(func() { h.riders.remove(riderID, r) }) }
	h.admit(r.reader, func() { h.riders.add(riderID, r); r.since = h.stale })
	return r
}

func (r *Rider) fillFrames(ctx context.Context) error {
	if !r.begun {
		r.begun = true
		if err := r.begin(ctx); err != nil {
			return err
		}
	}
	for _, ev := range r.take() {
		if err := r.tell(ctx, ev); err != nil {
			return err
		}
		if ev.Trip.State.Final() {
			r.dropPosition(ev.TripID)
		}
	}
	for _, f := range r.takePositions() {
		r.out = append(r.out, Frame{Data: wire.Encode(f)})
	}
	return nil
}

// begin tells where the rider's unfinished trips stand. A trip that moves while
// they are read is found by its event, which waits in the queue meanwhile.
func (r *Rider) begin(ctx context.Context) error {
	if err := r.hub.wait(ctx); err != nil {
		return err
	}
	r.began = r.hub.Now()
	found := map[string]*trip.Trip{}
	err := r.hub.list(ctx, r.riderID, func(t *trip.Trip) {
		if known := found[t.ID]; known == nil || known.Version < t.Version {
			found[t.ID] = t
		}
	})
	if err != nil {
		return err
	}
	byTime := func(a, b *trip.Trip) int { return a.RequestedAt.Compare(b.RequestedAt) }
	for _, t := range slices.SortedFunc(maps.Values(found), byTime) {
		r.order.told(t, r.hub.Now())
		r.out = append(r.out, standFrame(t))
	}
	return nil
}

// located is a position frame and what it comes of.
type located struct {
	wire.RiderPositionFrame
	sighting
}

// sighting is when the tracker received a driver's position.
type sighting struct {
	driverID string
	at       time.Time
}

func (s sighting) equal(o sighting) bool { return s.driverID == o.driverID && s.at.Equal(o.at) }

// offerPositions replaces the positions that wait to be told. all has the trips
// of the rider that have a driver; a position that was offered before is not
// told again.
func (r *Rider) offerPositions(all []located) {
	r.mu.Lock()
	offered := make(map[string]sighting, len(all))
	for _, l := range all {
		if !r.offered[l.TripID].equal(l.sighting) {
			r.positions[l.TripID] = l.RiderPositionFrame
		}
		offered[l.TripID] = l.sighting
	}
	r.offered = offered
	r.mu.Unlock()
	r.signal()
}

func (r *Rider) takePositions() []wire.RiderPositionFrame {
	r.mu.Lock()
	defer r.mu.Unlock()
	frames := slices.Collect(maps.Values(r.positions))
	clear(r.positions)
	return frames
}

func (r *Rider) dropPosition(tripID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.positions, tripID)
}
