package dispatch

import (
	"sync"
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
	Rung       match.Rung
	Candidates []Candidate // who could have served it, cheapest first
	Excluded   []Exclusion // who was near but could not, nearest first
	Chosen     string      // the driver who was offered the trip; "" for none
	Refused    string      // why the store refused the offer, if it did
}

// Candidate is a driver who could have served the trip.
type Candidate struct {
	DriverID string
	Metres   float64
	PickupIn time.Duration
	Age      time.Duration // of the position
	Accuracy float64       // of the position, metres; driver.Unknown if unknown
}

// Exclusion is a driver near the pickup who was left out.
type Exclusion struct {
	DriverID string
	Metres   float64
	Reason   Reason
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

// Bounds of what is remembered of decisions.
const (
	decisionsPerTrip  = 20
	decisionTrips     = 5000
	candidatesPerTrip = 20
	exclusionsPerTrip = 20
)

// journal remembers the latest decisions of the latest trips.
type journal struct {
	mu    sync.Mutex
	trips map[string][]Decision
	order []string // trips, the one that came first first
}

// add appends a decision, or counts it if the one before was the same.
func (j *journal) add(d Decision) {
	j.mu.Lock()
	defer j.mu.Unlock()
	list, known := j.trips[d.TripID]
	if !known {
		j.admit(d.TripID)
	}
	if n := len(list); n > 0 && list[n-1].same(d) {
		list[n-1].Ticks++
		return
	}
	if len(list) == decisionsPerTrip {
		list = append(list[:0:0], list[1:]...)
	}
	j.trips[d.TripID] = append(list, d)
}

func (j *journal) admit(tripID string) {
	if j.trips == nil {
		j.trips = map[string][]Decision{}
	}
	if len(j.order) == decisionTrips {
		delete(j.trips, j.order[0])
		j.order = j.order[1:]
	}
	j.order = append(j.order, tripID)
}

func (j *journal) of(tripID string) []Decision {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]Decision(nil), j.trips[tripID]...)
}

// same reports whether two ticks decided alike: nobody chosen, for the same
// reasons about the same drivers.
func (d Decision) same(e Decision) bool {
	if d.Epoch != e.Epoch || d.Chosen != "" || e.Chosen != "" || len(d.Candidates) != len(e.Candidates) || len(d.Excluded) != len(e.Excluded) {
		return false
	}
	for i := range d.Candidates {
		if d.Candidates[i].DriverID != e.Candidates[i].DriverID {
			return false
		}
	}
	for i := range d.Excluded {
		if d.Excluded[i].DriverID != e.Excluded[i].DriverID || d.Excluded[i].Reason != e.Excluded[i].Reason {
			return false
		}
	}
	return true
}

// Public is the public form of the decision.
func (d Decision) Public() wire.Decision {
	public := wire.Decision{
		At: d.At.UTC(), Epoch: d.Epoch, Ticks: d.Ticks, Policy: d.Policy, Rung: string(d.Rung), Chosen: d.Chosen, Refused: d.Refused,
		Candidates: make([]wire.Candidate, len(d.Candidates)), Excluded: make([]wire.Exclusion, len(d.Excluded)),
	}
	for i, c := range d.Candidates {
		public.Candidates[i] = wire.Candidate{
			DriverID: c.DriverID, DistanceM: c.Metres, PickupS: int(c.PickupIn.Round(time.Second) / time.Second),
			AgeS: c.Age.Seconds(), AccuracyM: c.Accuracy,
		}
	}
	for i, e := range d.Excluded {
		public.Excluded[i] = wire.Exclusion{DriverID: e.DriverID, DistanceM: e.Metres, Reason: string(e.Reason)}
	}
	return public
}
