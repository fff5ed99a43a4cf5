package dispatch

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// Detour is the way to drivers while the bus is away: trackers ask over HTTP,
// again and again, what is pending for theirs, and get what the store says. So any
// dispatcher tells of the offers of all, and what is told twice does no harm.
type Detour struct {
	trips Trips
	line  Pusher
	now   func() time.Time
	reads singleflight.Group // of what holds drivers

	mu      sync.Mutex
	asked   map[string]time.Time // by driver, when a tracker asked last; bounded in time
	cleared time.Time            // when asked was rid of those who left
}

const (
	// askedWithin is how long a driver counts as reached after a tracker asked:
	// several times as long as trackers wait between two questions.
	askedWithin = 5 * time.Second
	// holdsWithin bounds the reading of what holds drivers. It is no longer than
	// trackers wait between two questions, so that no answer is older than the
	// one before it.
	holdsWithin = time.Second
)

// NewDetour goes by what trips has. line is the bus.
func NewDetour(trips Trips, line Pusher, now func() time.Time) *Detour {
	return &Detour{trips: trips, line: line, now: now, asked: map[string]time.Time{}}
}

// Reaches reports whether a tracker asked for the driver just now.
func (d *Detour) Reaches(driverID string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	at, asked := d.asked[driverID]
	return asked && d.now().Sub(at) <= askedWithin
}

// Push sends over the bus. Where that fails, a driver whose tracker asks will be
// told by the store, and so it is no error.
func (d *Detour) Push(ctx context.Context, driverID string, p wire.Push) error {
	err := d.line.Push(ctx, driverID, p)
	if err != nil && d.Reaches(driverID) {
		return nil
	}
	return err
}

// Pending answers a tracker. The error is a fault of the store, or fault.Invalid
// for more than [wire.AsksAtOnce] drivers.
func (d *Detour) Pending(ctx context.Context, asks wire.Asks) (wire.Answers, error) {
	if len(asks.Drivers) > wire.AsksAtOnce {
		return wire.Answers{}, fault.Field("drivers", "%d are too many: at most %d at once", len(asks.Drivers), wire.AsksAtOnce)
	}
	holds, err := d.holds(ctx)
	if err != nil {
		return wire.Answers{}, err
	}
	d.note(asks) // who gets no answer is not reached
	answers := wire.Answers{Drivers: []wire.Answer{}}
	for _, ask := range asks.Drivers {
		a, err := d.answer(ctx, ask, holds[ask.DriverID])
		if err != nil {
			return wire.Answers{}, err
		}
		if a.OfferID != ask.OfferID || len(a.Pushes) > 0 {
			answers.Drivers = append(answers.Drivers, a)
		}
	}
	return answers, nil
}

// note keeps who was asked for, and forgets who is not any more.
func (d *Detour) note(asks wire.Asks) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	for _, ask := range asks.Drivers {
		d.asked[ask.DriverID] = now
	}
	if now.Sub(d.cleared).Abs() > askedWithin {
		d.cleared = now
		maps.DeleteFunc(d.asked, func(_ string, at time.Time) bool { return now.Sub(at) > askedWithin })
	}
}

// holds is the trips that hold a claim, by driver and slot, as the store has them.
// Questions that come together share a reading, which no single one of them ends.
func (d *Detour) holds(ctx context.Context) (map[string][]*trip.Trip, error) {
	found, err, _ := d.reads.Do("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), holdsWithin)
		defer cancel()
		return readHolds(ctx, d.trips)
	})
	if err != nil {
		return nil, err
	}
	return found.(map[string][]*trip.Trip), nil
}

func readHolds(ctx context.Context, trips Trips) (map[string][]*trip.Trip, error) {
	holds := map[string][]*trip.Trip{}
	for after := ""; ; {
		page, err := trips.Unfinished(ctx, after, sweepPage)
		if err != nil {
			return nil, err
		}
		for _, t := range page {
			after = t.ID
			if c, held := t.Claim(); held {
				holds[c.DriverID] = append(holds[c.DriverID], t)
			}
		}
		if len(page) < sweepPage {
			return holds, nil
		}
	}
}

// answer tells what is new of the trips that hold the driver, and of those that
// did.
func (d *Detour) answer(ctx context.Context, ask wire.Ask, held []*trip.Trip) (wire.Answer, error) {
	a := wire.Answer{DriverID: ask.DriverID}
	past := maps.Clone(ask.Trips)
	for _, t := range held {
		if t.Offer.Pending() {
			a.OfferID = t.Offer.ID
			continue
		}
		delete(past, t.ID)
		if t.Version > ask.Trips[t.ID] {
			a.Pushes = append(a.Pushes, wire.TripPush(trip.Event{Trip: *t}))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(past)) {
		if err := d.addPast(ctx, &a, id); err != nil {
			return a, err
		}
	}
	return a, d.addOffers(ctx, &a, ask, held)
}

// addPast tells of a trip that the driver had.
func (d *Detour) addPast(ctx context.Context, a *wire.Answer, tripID string) error {
	t, err := d.trips.Trip(ctx, tripID)
	switch {
	case fault.Is(err, fault.NotFound):
		return nil
	case err != nil:
		return err
	}
	push := wire.FormerTripPush
	if t.DriverID == a.DriverID {
		push = wire.TripPush
	}
	a.Pushes = append(a.Pushes, push(trip.Event{Trip: *t}))
	return nil
}

// addOffers tells that the offer that was told is closed, and of the one that is
// pending.
func (d *Detour) addOffers(ctx context.Context, a *wire.Answer, ask wire.Ask, held []*trip.Trip) error {
	if ask.OfferID == a.OfferID {
		return nil
	}
	if ask.OfferID != "" {
		if err := d.addClosed(ctx, a, ask.OfferID); err != nil {
			return err
		}
	}
	for _, t := range held {
		if t.Offer.Pending() && t.Offer.ID == a.OfferID {
			a.Pushes = append(a.Pushes, wire.OfferPush(t))
		}
	}
	return nil
}

// addClosed tells why an offer needs no answer any more; nothing, if the driver
// took it.
func (d *Detour) addClosed(ctx context.Context, a *wire.Answer, offerID string) error {
	reason := "closed"
	tripID, err := d.trips.TripOfOffer(ctx, offerID)
	if err == nil {
		var t *trip.Trip
		if t, err = d.trips.Trip(ctx, tripID); err == nil && t.Offer != nil && t.Offer.ID == offerID {
			if t.Offer.State == trip.OfferAccepted {
				return nil
			}
			reason = t.Offer.Reason
		}
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	a.Pushes = append(a.Pushes, wire.OfferClosedPush(offerID, reason))
	return nil
}
