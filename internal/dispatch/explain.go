package dispatch

import (
	"cmp"
	"slices"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
)

// explain writes down what was decided, before it is committed: for each trip
// that is given a driver, and now and then for each that waits, as many of the
// oldest as are remembered. Of more, each would push out one that is looked at
// next, and every tick would write down all of them.
func (d *Dispatcher) explain(r *round) {
	if !d.config.Journal {
		return
	}
	for i, w := range r.rows {
		if w.changed() || (i < min(r.open, decisionTrips) && d.journal.due(w.trip.ID, w.trip.Epoch, r.now)) {
			w.record = d.decision(r, w)
		}
	}
}

// note keeps what was written down, and counts the ticks that decided nothing
// new.
func (d *Dispatcher) note(r *round) {
	if !d.config.Journal {
		return
	}
	given := map[string]bool{}
	for _, w := range r.rows {
		if w.record != nil && w.record.Chosen != "" {
			given[w.record.Chosen] = true
		}
	}
	for i, w := range r.rows {
		if w.record != nil {
			d.journal.add(*w.record, given)
		} else if i < min(r.open, decisionTrips) {
			d.journal.again(w.trip.ID)
		}
	}
}

// settled notes whom the trip was given, or why not.
func (w *row) settled(chosen, refused string) {
	if w.record != nil {
		w.record.Chosen, w.record.Refused = chosen, refused
	}
}

func (d *Dispatcher) decision(r *round, w *row) *Decision {
	record := &Decision{
		TripID: w.trip.ID, Epoch: w.trip.Epoch, At: r.now, Ticks: 1, Policy: w.rule.Name, Area: w.rule.area, Rung: w.rung,
		Priced: len(w.priced) + len(w.beyond), Worth: durationOf(w.dual), Total: durationOf(r.total),
	}
	if w.own == none {
		record.Price = durationOf(w.price)
	}
	if w.changed() {
		record.ChosenWorth = -durationOf(r.vehicles[w.to].dual)
		if w.own != none {
			record.From, record.Saved = w.trip.DriverID, w.ownIn-w.chosen().pickupIn
		}
	}
	record.Candidates = r.candidates(w)
	d.exclude(r, w, record)
	return record
}

func (r *round) candidates(w *row) []Candidate {
	priced := w.cheapest()
	candidates := make([]Candidate, min(len(priced), candidatesPerTrip))
	for i := range candidates {
		v := &r.vehicles[priced[i].vehicle]
		candidates[i] = Candidate{
			DriverID: v.DriverID, Metres: geo.Distance(v.from, w.trip.Pickup), PickupIn: priced[i].pickupIn, Lead: v.lead,
			Cost: durationOf(priced[i].cost), Age: v.Age(r.now), Accuracy: v.Accuracy,
		}
	}
	return candidates
}

// exclude notes why those of the nearest who are no candidates are none.
func (d *Dispatcher) exclude(r *round, w *row, record *Decision) {
	for _, l := range d.supply.fleet.Nearest(w.trip.Pickup, exclusionsPerTrip, d.reach(w), nil) {
		if reason := d.whyNot(r, w, &l.Location); reason != "" {
			record.Excluded = append(record.Excluded, r.exclusion(&l.Location, l.Metres, reason))
		}
	}
	for _, number := range r.nearestFirst(w.beyond, w.trip.Pickup) {
		if len(record.Excluded) >= exclusionsPerTrip {
			return
		}
		v := &r.vehicles[number]
		if v.holder == w || d.reasonAgainst(r, w.trip, &v.Location) != "" { // a survey asks about everybody
			continue
		}
		record.Excluded = append(record.Excluded, r.exclusion(&v.Location, geo.Distance(v.from, w.trip.Pickup), TooFar))
	}
}

func (r *round) exclusion(l *driver.Location, metres float64, reason Reason) Exclusion {
	return Exclusion{DriverID: l.DriverID, Metres: metres, Reason: reason, Age: l.Age(r.now), Accuracy: l.Accuracy}
}

// nearestFirst sorts vehicles by their distance from a place, ties by number.
func (r *round) nearestFirst(vehicles []int, p geo.Point) []int {
	away := func(number int) float64 { return geo.Distance(r.vehicles[number].from, p) }
	slices.SortFunc(vehicles, func(a, b int) int { return cmp.Or(cmp.Compare(away(a), away(b)), cmp.Compare(a, b)) })
	return vehicles
}

// whyNot is why the driver could not serve the trip, "" for one who could have.
func (d *Dispatcher) whyNot(r *round, w *row, l *driver.Location) Reason {
	if reason := cmp.Or(d.unfit(r.now, l), d.reasonAgainst(r, w.trip, l)); reason != "" {
		return reason
	}
	_, mustered := slices.BinarySearchFunc(r.vehicles, l.DriverID, func(v vehicle, id string) int { return cmp.Compare(v.DriverID, id) })
	if _, held := d.book.holds[l.DriverID]; held && !mustered {
		return Claimed
	}
	return ""
}

// reach is how far a driver gets within the pickup cap of the trip, in metres.
func (d *Dispatcher) reach(w *row) float64 { return w.rule.PickupCap.Seconds() * d.fastest }
