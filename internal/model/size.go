package model

// The most that a state has room for.
const (
	maxTrips       = 3
	maxDrivers     = 3
	maxDispatchers = 2
	slots          = 2
)

// Size is how much there is of everything, and how often what could go on for
// ever may happen.
type Size struct {
	Trips       int  // each with a rider of its own, 3 at most
	Drivers     int  // 3 at most
	Dispatchers int  // 2 at most
	Offers      int  // made for each trip, moves counted
	Swaps       int  // of each trip's driver for another
	Pairs       bool // dispatchers also decide about two trips at once
	Received    bool // phones confirm offers, and offers that did not leave are withdrawn
	Comes       bool // the last driver comes online at some time; else all are there from the beginning
}

// Tiny is explored in a second, Small in a few, Large in minutes. Tiny has one
// trip, and all that can happen to it while two dispatchers work on it; Small has
// two that compete.
var (
	Tiny  = Size{Trips: 1, Drivers: 2, Dispatchers: 2, Offers: 3, Swaps: 1, Received: true, Comes: true}
	Small = Size{Trips: 2, Drivers: 2, Dispatchers: 1, Offers: 2, Swaps: 1, Pairs: true}
	Large = Size{Trips: 2, Drivers: 2, Dispatchers: 2, Offers: 2, Swaps: 1, Pairs: true, Comes: true}
)

// Enforcement is one thing that upholds a guarantee.
type Enforcement string

// The enforcements that can be switched off.
const (
	None             Enforcement = ""                     // all are in force
	ClaimKey         Enforcement = "claim-key"            // primary key (driver_id, slot) of claims
	ClaimOfTrip      Enforcement = "claim-of-trip"        // unique trip_id of claims
	RowLock          Enforcement = "row-lock"             // a command reads and writes under the trip's lock
	OfferByID        Enforcement = "offer-by-id"          // an answer is to one offer, not to a trip
	EpochOfProposal  Enforcement = "epoch-of-proposal"    // an offer is made at the epoch it was decided at
	EpochOfMove      Enforcement = "epoch-of-move"        // so is an exchange
	EpochOfStep      Enforcement = "epoch-of-step"        // a driver's step is of the time that the driver has the trip for
	FinalStates      Enforcement = "final-states"         // no transition leads out of a final state
	AnswerLast       Enforcement = "answer-after-commit"  // nobody is answered before the commit
	EventWithin      Enforcement = "event-in-transaction" // the event is committed with its change
	Sweep            Enforcement = "sweep"                // dispatchers read all that is unfinished
	ClaimEnds        Enforcement = "claim-ends-with-trip" // the claim is deleted in the same transaction
	DeadlinesInTrips Enforcement = "deadlines-in-trips"   // any dispatcher ends what has run out
	OnceKey          Enforcement = "idempotency-key"      // a request that is repeated makes no second trip
	StepsOnce        Enforcement = "steps-once"           // a driver's step that was done is recognised
	AcceptOnce       Enforcement = "accept-once"          // so is an accept
	DeclineExcludes  Enforcement = "decline-excludes"     // who declines is noted
	CancelExcludes   Enforcement = "cancel-excludes"      // who cancels is noted
	OfferExcludes    Enforcement = "offer-honours-the-no" // an offer minds it
	MoveExcludes     Enforcement = "move-honours-the-no"  // so does an exchange
	TickLooksAtAll   Enforcement = "tick-looks-at-all"    // not only at what is new
)

// Guarantee is one of I1 to I9.
type Guarantee string

// The guarantees, as docs/guarantees.md states them.
const (
	I1 Guarantee = "I1"
	I2 Guarantee = "I2"
	I3 Guarantee = "I3"
	I4 Guarantee = "I4"
	I5 Guarantee = "I5"
	I6 Guarantee = "I6"
	I7 Guarantee = "I7"
	I8 Guarantee = "I8"
	I9 Guarantee = "I9"
)
