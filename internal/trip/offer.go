package trip

import "time"

// OfferState is where an offer stands.
type OfferState string

// The states of an offer. All but OfferPending are final.
const (
	OfferPending  OfferState = "pending"
	OfferAccepted OfferState = "accepted"
	OfferDeclined OfferState = "declined"
	OfferExpired  OfferState = "expired" // no phone confirmed it, or nobody answered in time
	OfferRevoked  OfferState = "revoked" // the trip was cancelled, expired or taken back
)

// Reasons why an offer closed, where its state does not say it all.
const (
	ReasonUndelivered = "undelivered" // no phone confirmed it in time
	ReasonUnsent      = "unsent"      // it did not leave the dispatcher
	ReasonUnanswered  = "unanswered"  // confirmed, but neither accepted nor declined in time
)

// Offer asks one driver to take one trip.
type Offer struct {
	ID       string
	TripID   string
	DriverID string
	Epoch    int64 // the trip's epoch when it was made
	Slot     int   // the slot of the claim that goes with it
	State    OfferState
	Reason   string
	PickupIn time.Duration // estimated time to the pickup when it was made
	By       string        // the operator who made it by hand; "" for the dispatcher

	CreatedAt  time.Time
	ReceivedAt time.Time // zero until the phone confirmed it
	ExpiresAt  time.Time // to be confirmed by then; once confirmed, to be answered by then
	ClosedAt   time.Time
}

// Pending reports whether the offer waits for an answer. It is false for nil.
func (o *Offer) Pending() bool { return o != nil && o.State == OfferPending }

func (o *Offer) close(state OfferState, reason string, now time.Time) {
	o.State, o.Reason, o.ClosedAt = state, reason, now
}

// Proposal is a wish of the dispatcher: offer this trip, if it is still at this
// epoch and open, to this driver.
type Proposal struct {
	OfferID  string
	TripID   string
	DriverID string
	Epoch    int64
	Slot     int
	PickupIn time.Duration
	Now      time.Time
	Deliver  time.Duration // how long a phone has to confirm it

	By       string // the operator who makes it by hand; "" for the dispatcher
	Override bool   // also to a driver who declined or cancelled the trip
}

// Outcome is what became of a Proposal: the trip with its offer, or the fault
// that refused it (fault.DriverClaimed, WrongState, NotFound).
type Outcome struct {
	Trip *Trip
	Err  error
}

// Claim is an exclusive hold of a trip on a driver: at most one per driver and
// slot, at most one per trip. It stands from the offer until the trip or the
// offer ends. Slot 0 is the driver's current trip, slot 1 the next one.
type Claim struct {
	DriverID string
	Slot     int
	TripID   string
}
