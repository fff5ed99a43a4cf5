package sim

import (
	"maps"
	"slices"
	"time"

	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// roster is what holds a driver: trips and offers, with the time for which each
// is known to have held.
type roster struct {
	holds  []held
	steps  map[deed]time.Time   // when a step was sent first
	open   map[string]openOffer // offers without an end yet, by id
	doubts []doubt
}

// held is a trip, or an offer of it, that had the driver from began on at the
// latest, and to ended at the earliest. Both are times of the clients' clock,
// at which somebody was told or asked: the engine's own stamps prove neither,
// since it takes them before it commits, and its clocks may be wrong. While
// little is known of a hold began lies after ended.
type held struct {
	tripID       string
	epoch        int64
	offerID      string // empty for the trip itself
	slot         int    // 1: as the next trip, beside the one at hand
	began, ended time.Time
}

// deed is what a driver does about a trip: the state that it brings.
type deed struct {
	tripID string
	epoch  int64
	brings trip.State
}

// openOffer is an offer that the driver has not answered and that has not been
// closed.
type openOffer struct {
	tripID string
	slot   int
	at     time.Time
}

// doubt is a second offer beside one that seems open. It is a violation unless
// the end of the first, which may be on its way, is heard of in time.
type doubt struct {
	first, second string
	tripID        string
	at            time.Time
}

// grace is how long the news of an offer's end may take.
const grace = 5 * time.Second

// window is how long an offer can be open at most, and how old it can be when a
// phone shows it: the engine's handshake and accept window, with room for what
// the engine is slow in.
const window = 30 * time.Second

func (c *Checker) roster(driverID string) *roster {
	r, ok := c.drivers[driverID]
	if !ok {
		r = &roster{steps: map[deed]time.Time{}, open: map[string]openOffer{}}
		c.drivers[driverID] = r
	}
	return r
}

// Offered tells that a driver's phone shows an offer.
func (c *Checker) Offered(driverID string, o wire.OfferFrame, at time.Time) {
	r := c.roster(driverID)
	for id, other := range r.open {
		if id != o.OfferID && other.slot == o.Slot && at.Sub(other.at) < window {
			r.doubts = append(r.doubts, doubt{id, o.OfferID, o.TripID, at})
		}
	}
	if _, again := r.open[o.OfferID]; again {
		return
	}
	r.open[o.OfferID] = openOffer{o.TripID, o.Slot, at}
	c.add(driverID, held{tripID: o.TripID, epoch: o.Epoch, offerID: o.OfferID, slot: o.Slot, began: at, ended: at.Add(-window)})
}

// OfferEnded tells that an offer is over for the phone: closed by the engine, or
// declined, or answered too late.
func (c *Checker) OfferEnded(driverID, offerID string) {
	r := c.roster(driverID)
	delete(r.open, offerID)
	r.clear(offerID)
}

// Reconnected tells that a driver's connection was lost: ends of offers may have
// been told to nobody.
func (c *Checker) Reconnected(driverID string) {
	r := c.roster(driverID)
	clear(r.open)
	r.doubts = nil
}

// DriverTrip tells of a trip frame on a driver's socket.
func (c *Checker) DriverTrip(driverID string, t wire.Trip, at time.Time) {
	r := c.roster(driverID)
	for id, o := range r.open {
		if o.tripID == t.ID {
			delete(r.open, id)
			r.clear(id)
		}
	}
	c.history(t.ID).told[driverID] = true
	if t.DriverID == "" && (t.State.HasDriver() || t.State == trip.Completed || t.State == trip.Cancelled) {
		return // the news that it went to another driver, or how it ended there, without a word about whom
	}
	c.document(t, at)
}

// Stepped tells that a driver's phone sent a step about a trip: arrive, start or
// complete. If it has an effect, the driver still had the trip when it was sent.
func (c *Checker) Stepped(driverID, tripID string, epoch int64, brings trip.State, at time.Time) {
	s := deed{tripID, epoch, brings}
	if steps := c.roster(driverID).steps; steps[s].IsZero() {
		steps[s] = at // those that are sent again may come when it is done
	}
}

// holds notes that a client was told at the time that a trip has its driver, or
// was completed by it. Of an end by others nobody can tell since when it is.
func (c *Checker) holds(t wire.Trip, at time.Time) {
	if t.DriverID == "" || !t.State.HasDriver() && t.State != trip.Completed {
		return
	}
	var ended time.Time
	for _, s := range []trip.State{trip.Arrived, trip.Riding, trip.Completed} {
		if sent := c.roster(t.DriverID).steps[deed{t.ID, t.Epoch, s}]; reached(t.State, s) && sent.After(ended) {
			ended = sent
		}
	}
	c.has(t, at, ended)
}

// reached reports whether a trip that is in the state was in the other one.
func reached(is, was trip.State) bool {
	way := []trip.State{trip.Assigned, trip.Arrived, trip.Riding, trip.Completed}
	return slices.Index(way, is) >= slices.Index(way, was)
}

// has notes that the trip had its driver between the times at least.
func (c *Checker) has(t wire.Trip, began, ended time.Time) {
	c.add(t.DriverID, held{tripID: t.ID, epoch: t.Epoch, slot: t.Slot, began: began, ended: ended})
}

// add compares what is known of a hold with the driver's others.
func (c *Checker) add(driverID string, news held) {
	r := c.roster(driverID)
	h := r.keep(news)
	for _, other := range r.holds {
		if other.tripID == h.tripID || other.slot != h.slot || other.offerID != "" && h.offerID != "" {
			continue
		}
		if h.began.Before(other.ended) && other.began.Before(h.ended) {
			c.violate(TwoTrips, h.tripID, driverID, h.began,
				"the driver has trip %s from %s to %s at least, and trip %s from %s to %s at least",
				other.tripID, clock(other.began), clock(other.ended), h.tripID, clock(h.began), clock(h.ended))
		}
	}
}

// keep widens the hold of the trip's epoch, or adds it, and returns what is known
// of it now.
func (r *roster) keep(h held) held {
	for i := range r.holds {
		o := &r.holds[i]
		if o.tripID == h.tripID && o.epoch == h.epoch && o.offerID == h.offerID && o.slot == h.slot {
			if h.began.Before(o.began) {
				o.began = h.began
			}
			if h.ended.After(o.ended) {
				o.ended = h.ended
			}
			return *o
		}
	}
	r.holds = append(r.holds, h)
	return h
}

// clear drops the doubts about an offer whose end was heard of.
func (r *roster) clear(offerID string) {
	r.doubts = slices.DeleteFunc(r.doubts, func(d doubt) bool { return d.first == offerID })
}

// tickDrivers turns doubts into violations when their time is over.
func (c *Checker) tickDrivers(now time.Time) {
	for driverID, r := range c.drivers {
		for _, d := range r.doubts {
			if now.Sub(d.at) >= grace {
				c.violate(TwoOffers, d.tripID, driverID, d.at, "offer %s came while offer %s was open", d.second, d.first)
			}
		}
		r.doubts = slices.DeleteFunc(r.doubts, func(d doubt) bool { return now.Sub(d.at) >= grace })
		maps.DeleteFunc(r.open, func(_ string, o openOffer) bool { return now.Sub(o.at) > window })
	}
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05.000") }
