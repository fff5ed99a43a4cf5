package dispatch

import (
	"time"

	"github.com/cabstand/cabstand/internal/match"
	"github.com/cabstand/cabstand/internal/wire"
)

// Decision records what a tick decided for one trip, and why.
type Decision struct {
	TripID     string
	Epoch      int64
	At         time.Time // of the first tick that decided so
	Ticks      int       // how many ticks in a row decided the same
	Policy     string
	Area       string // whose policy it is; "" for the installation's
	Rung       match.Rung
	Price      time.Duration // of leaving it unserved, with what waiting has added
	Candidates []Candidate   // who could have served it, cheapest first
	Priced     int           // how many drivers were priced; those further away could not be cheaper
	Excluded   []Exclusion   // who was near but could not, nearest first
	Chosen     string        // the driver who was offered the trip, or given it; "" for none
	Refused    string        // why the store refused that, if it did

	// From is the driver from whom the trip was taken in an exchange, or would
	// have been had it not been refused, and Saved how much sooner its rider is
	// picked up: below 0 where others gain.
	From  string
	Saved time.Duration

	// Worth is what the total of the tick would fall by without the trip, and
	// ChosenWorth what it would rise by without the driver. Only Optimal knows.
	Worth       time.Duration
	ChosenWorth time.Duration
	Total       time.Duration // of all that the tick decided, prices of those left unserved included
}

// Candidate is a driver who could have served the trip.
type Candidate struct {
	DriverID string
	Metres   float64       // from where the way to the pickup would begin, by the straight line
	PickupIn time.Duration // with what is left of a ride that ends before
	Lead     time.Duration // what is left of that ride
	Cost     time.Duration // what the pair was weighed at: PickupIn and the terms of the policy
	Age      time.Duration // of the position
	Accuracy float64       // of the position, metres; driver.Unknown if unknown
}

// Exclusion is a driver near the pickup who was left out.
type Exclusion struct {
	DriverID string
	Metres   float64
	Reason   Reason
	Age      time.Duration // of the position
	Accuracy float64       // of the position, metres; driver.Unknown if unknown
}

// Reason says why a driver was left out.
type Reason string

// The reasons, in the order in which they are looked at.
const (
	NotFresh     Reason = "position_too_old"
	NotAvailable Reason = "not_available" // the driver said so
	Claimed      Reason = "claimed"       // holds an offer or a trip
	Unreachable  Reason = "unreachable"   // the phone did not confirm an offer a moment ago
	OtherClass   Reason = "other_class"
	TooFewSeats  Reason = "too_few_seats"
	Declined     Reason = "declined"   // declined or cancelled this trip
	Unanswered   Reason = "unanswered" // let an offer of this trip run out a moment ago
	TooFar       Reason = "too_far"    // beyond the pickup cap
)

// Public is the public form of the decision.
func (d Decision) Public() wire.Decision {
	public := wire.Decision{
		At: d.At.UTC(), Epoch: d.Epoch, Ticks: d.Ticks, Policy: d.Policy, Area: d.Area, Rung: string(d.Rung), Chosen: d.Chosen, Refused: d.Refused,
		Priced: d.Priced, PriceS: d.Price.Seconds(), From: d.From, SavedS: d.Saved.Seconds(),
		WorthS: d.Worth.Seconds(), ChosenS: d.ChosenWorth.Seconds(), TotalS: d.Total.Seconds(),
		Candidates: make([]wire.Candidate, len(d.Candidates)), Excluded: make([]wire.Exclusion, len(d.Excluded)),
	}
	for i, c := range d.Candidates {
		public.Candidates[i] = wire.Candidate{
			DriverID: c.DriverID, DistanceM: c.Metres, PickupS: int(c.PickupIn.Round(time.Second) / time.Second),
			LeadS: int(c.Lead.Round(time.Second) / time.Second), CostS: c.Cost.Seconds(), AgeS: c.Age.Seconds(), AccuracyM: c.Accuracy,
		}
	}
	for i, e := range d.Excluded {
		public.Excluded[i] = wire.Exclusion{
			DriverID: e.DriverID, DistanceM: e.Metres, Reason: string(e.Reason), AgeS: e.Age.Seconds(), AccuracyM: e.Accuracy,
		}
	}
	return public
}
