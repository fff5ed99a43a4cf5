package faults

import (
	"time"

	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// History is what a run left behind, read after its last trip was over.
type History struct {
	Told     []Told
	Shown    []Shown
	Repeats  []Repeat
	Lookups  []string // ids of trips that were acknowledged and answered with "not found" later
	Breaches []Breach // what the clients' own checker found

	Trips  []Trip
	Claims []Claim // those that are left
	Holds  []Hold  // in any order
	Offers []Offer // in the order in which they were made
	Events []Event
	Keys   []Key
	Outbox int // events that wait to be published

	Stream []Message // in the order of the stream
}

// Told is a trip as a client was told of it.
type Told struct {
	Who  string
	Key  string // the Idempotency-Key that it was the answer to, if any
	Trip wire.Trip
}

// Shown is an offer that a phone showed.
type Shown struct{ Driver, OfferID, TripID string }

// Repeat is a request that was sent again under the same key.
type Repeat struct{ Key, First, Again string }

// Breach is a violation that the clients' checker named.
type Breach struct{ Guarantee, TripID, Driver, Detail string }

// Trip is a row of the store's trips.
type Trip struct {
	ID, Rider, Driver string
	State             trip.State
	Version, Epoch    int64
}

// Claim is a row of claims.
type Claim struct {
	Driver string
	Slot   int
	TripID string
}

// Hold is one change of the table of claims, as the database saw it: made, or
// given up. It took effect between Call and Return, nanoseconds of the
// database's clock: the begin of its transaction and its commit.
type Hold struct {
	Claim
	Made         bool
	Call, Return int64
}

// Offer is a row of offers.
type Offer struct {
	ID, TripID, Driver string
	Epoch              int64
	State              trip.OfferState
}

// Event is a row of the log of a trip.
type Event struct {
	TripID  string
	Version int64
	Data    []byte // CloudEvents JSON
	Commit  int64  // nanoseconds of the database's clock, as Hold.Return; 0 if it is not known
}

// Key is a row of idempotency_keys.
type Key struct{ Actor, Key, TripID string }

// Message is a message of the stream. ID is its Nats-Msg-Id. Those that the run
// itself published again are left out.
type Message struct {
	ID   string
	Data []byte
}

// Violation is a guarantee that was broken.
type Violation struct {
	Guarantee string // I1 to I9
	TripID    string
	Detail    string
}

func (v Violation) String() string { return v.Guarantee + " trip " + v.TripID + ": " + v.Detail }

// span of a hold, for people.
func (h Hold) span() string {
	at := func(ns int64) string { return time.Unix(0, ns).UTC().Format("15:04:05.000000") }
	return at(h.Call) + " to " + at(h.Return)
}
