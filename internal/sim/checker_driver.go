package sim

import (
	"maps"
	"slices"
	"time"

	"github.com/cabstand/cabstand/internal/wire"
)

// roster is what holds a driver: trips and offers, with the time for which each
// is known to have held.
type roster struct {
	holds  []held
	open   map[string]openOffer // offers without an end yet, by id
	doubts []doubt
}

// held is a time in which a trip, or an offer of it, certainly had the driver.
type held struct {
	tripID      string
	epoch       int64
	offer       bool
	slot        int // 1: as the next trip, beside the one at hand
	from, until time.Time
}

// openOffer is an offer that the driver has not answered and that has not been
// closed.
type openOffer struct {
	tripID string
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

// window is how long an offer can be open at most: the engine's handshake and
// accept window, with room for what the engine is slow in.
const window = 30 * time.Second

func (c *Checker) roster(driverID string) *roster {
	r, ok := c.drivers[driverID]
	if !ok {
		r = &roster{open: map[string]openOffer{}}
		c.drivers[driverID] = r
	}
	return r
}

// Offered tells that a driver's phone shows an offer.
func (c *Checker) Offered(driverID string, o wire.OfferFrame, at time.Time) {
	r := c.roster(driverID)
	for id, other := range r.open {
		if id != o.OfferID && at.Sub(other.at) < window {
			r.doubts = append(r.doubts, doubt{id, o.OfferID, o.TripID, at})
		}
	}
	if _, again := r.open[o.OfferID]; again {
		return
	}
	r.open[o.OfferID] = openOffer{o.TripID, at}
	if o.ExpiresAt.After(at) {
		c.add(driverID, held{tripID: o.TripID, epoch: o.Epoch, offer: true, slot: o.Slot, from: at, until: at})
	}
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
	if t.State.HasDriver() && t.DriverID == "" {
		return // the news that it went to another driver, without a word about whom
	}
	c.document(t, at)
}

// holds notes for how long a trip had its driver, by the engine's times.
func (c *Checker) holds(t wire.Trip) {
	if t.DriverID == "" || t.AssignedAt == nil {
		return
	}
	until := *t.AssignedAt
	for _, later := range []*time.Time{t.ArrivedAt, t.RidingAt, t.CompletedAt, t.CancelledAt} {
		if later != nil && later.After(until) {
			until = *later
		}
	}
	c.has(t, until)
}

// hold notes that a trip has its driver at the given time.
func (c *Checker) hold(t wire.Trip, at time.Time) {
	if t.AssignedAt != nil {
		c.has(t, at)
	}
}

// has notes that the trip had its driver until the given time at least. Of one
// that was given ahead nobody tells when the trip before it was over: that it is
// the one at hand is certain from the arrival on.
func (c *Checker) has(t wire.Trip, until time.Time) {
	from := *t.AssignedAt
	if t.Forward && t.Slot == 0 {
		if t.ArrivedAt == nil {
			return
		}
		from = *t.ArrivedAt
	}
	c.add(t.DriverID, held{tripID: t.ID, epoch: t.Epoch, slot: t.Slot, from: from, until: until})
}

// add compares a hold with the driver's others, and keeps it.
func (c *Checker) add(driverID string, h held) {
	r := c.roster(driverID)
	for _, other := range r.holds {
		if other.tripID == h.tripID || other.slot != h.slot || other.offer && h.offer {
			continue
		}
		if h.from.Add(skew).Before(other.until) && other.from.Add(skew).Before(h.until) {
			c.violate(TwoTrips, h.tripID, driverID, h.from,
				"the driver has trip %s from %s to %s at least, and trip %s from %s to %s at least",
				other.tripID, clock(other.from), clock(other.until), h.tripID, clock(h.from), clock(h.until))
		}
	}
	r.keep(h)
}

// keep widens the hold of the trip's epoch, or adds it.
func (r *roster) keep(h held) {
	for i := range r.holds {
		o := &r.holds[i]
		if o.tripID == h.tripID && o.epoch == h.epoch && o.offer == h.offer && o.slot == h.slot {
			if h.until.After(o.until) {
				o.until = h.until
			}
			return
		}
	}
	r.holds = append(r.holds, h)
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
