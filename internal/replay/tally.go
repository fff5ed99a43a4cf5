package replay

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"time"

	"github.com/cabstand/cabstand/internal/trip"
)

// tally counts what happens in a run.
type tally struct {
	end   time.Duration // of the time that idleness is counted in
	rides []ride        // by rider

	hash      hash.Hash
	line      []byte
	decisions int
	offers    int
	forwards  int
	declined  int
	replaced  int

	deadhead float64 // metres driven to pickups, in vain or not
	ticks    int
	skipped  int
	real     []time.Duration // that the ticks took, in real time
}

// ride is what became of a request. Times are since the start of the run.
type ride struct {
	state     trip.State
	inForce   time.Duration // when the driver who came began to come
	arrived   time.Duration
	swaps     int
	cancelled string // why, where it was
}

func newTally(w *world) *tally {
	return &tally{end: w.To.Sub(w.From), rides: make([]ride, len(w.Orders)), hash: sha256.New()}
}

func (t *tally) took(d time.Duration) { t.real = append(t.real, d) }

// inForce notes that a driver begins to come.
func (t *tally) inForce(r *rider, now time.Duration) { t.rides[r.number].inForce = now }

// busyFrom notes the end of a car's idleness.
func (t *tally) busyFrom(w *world, c *car) {
	c.idle += max(0, min(w.now, t.end)-min(c.idleAt, t.end))
	c.idleAt = forever
}

// decided takes in a change: what it ended, and what of it the dispatcher
// decided.
func (t *tally) decided(w *world, c trip.Change) {
	r := &t.rides[w.riderOf(c.After.ID).number]
	r.state, r.swaps = c.After.State, c.After.Swaps
	switch {
	case c.After.State == trip.Arrived:
		r.arrived = w.now
	case c.After.State == trip.Cancelled:
		r.cancelled = c.After.Reason
	case c.After.State == trip.Expired:
		t.decide(w, c.After.ID, "", "expire")
	case c.After.State == trip.Searching && c.Before.State.HasDriver():
		t.replaced++
		t.decide(w, c.After.ID, c.Before.DriverID, "replace")
	}
	if o := c.NewOffer(); o != nil {
		t.decide(w, c.After.ID, o.DriverID, kindOf(c))
	}
	if o := c.ChangedOffer(); o != nil && o.State == trip.OfferDeclined {
		t.declined++
	}
}

// kindOf names the decision that a new offer is.
func kindOf(c trip.Change) string {
	o := c.After.Offer
	switch {
	case o.State == trip.OfferAccepted && c.Before.State == trip.Assigned:
		return "swap" // from the driver on the way to another
	case o.State == trip.OfferAccepted:
		return "assign" // without asking, as a part of an exchange
	case o.Slot > 0:
		return "forward"
	}
	return "offer"
}

// decide adds a decision to the hash: a line of the time in milliseconds, the
// trip, the driver and the kind.
func (t *tally) decide(w *world, tripID, driverID, kind string) {
	t.decisions++
	if kind == "offer" || kind == "forward" {
		t.offers++
	}
	if kind == "forward" {
		t.forwards++
	}
	t.line = fmt.Appendf(t.line[:0], "%d %s %s %s\n", w.now.Milliseconds(), tripID, driverID, kind)
	t.hash.Write(t.line)
}

func (t *tally) decisionHash() string { return hex.EncodeToString(t.hash.Sum(nil)) }
