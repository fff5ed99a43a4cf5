package faults

import "github.com/cabstand/cabstand/internal/trip"

// offers holds offers to I8, and phones to offers that exist.
func (j *judge) offers() {
	made := map[string]Offer{}
	type pair struct{ tripID, driver string }
	declined := map[pair]bool{}
	for _, o := range j.h.Offers {
		made[o.ID] = o
		p := pair{o.TripID, o.Driver}
		if declined[p] {
			j.violate("I8", o.TripID, "driver %s declined it and was offered it again", o.Driver)
		}
		declined[p] = declined[p] || o.State == trip.OfferDeclined
		if j.gaveUp(o) {
			j.violate("I8", o.TripID, "driver %s gave it up and was offered it again", o.Driver)
		}
	}
	for _, s := range j.h.Shown {
		if o, ok := made[s.OfferID]; !ok || o.Driver != s.Driver || o.TripID != s.TripID {
			j.violate("I4", s.TripID, "driver %s was shown offer %s, which is not on disk", s.Driver, s.OfferID)
		}
	}
}

// gaveUp reports whether the offer is of an epoch that began after its driver
// cancelled the trip.
func (j *judge) gaveUp(o Offer) bool {
	for _, ev := range j.logs[o.TripID] {
		if ev.Trip.State == trip.Searching && ev.Actor.Role == trip.Driver && ev.DriverID == o.Driver && o.Epoch >= ev.Trip.Epoch {
			return true
		}
	}
	return false
}
