package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// ref stands for a trip as it is at a time: one number for all trips that differ
// in nothing that matters. 0 is no trip.
type ref uint16

// register keeps each trip that came up once, and what each command does to it,
// so that a command of package trip runs once for all states that share a trip.
type register struct {
	off     Enforcement
	trips   []*trip.Trip // by ref; never changed
	refs    map[string]ref
	effects map[effectKey]effect
}

type effectKey struct {
	trip ref
	c    command
}

// effect is what a command does to a trip: what a store is given to write, or
// the code of the refusal.
type effect struct {
	after ref
	code  fault.Code
	drop  bool   // the claim before goes
	take  uint32 // the claim that comes, a bit; 0 for none
}

func newRegister(off Enforcement) *register {
	return &register{off: off, trips: []*trip.Trip{nil}, refs: map[string]ref{}, effects: map[effectKey]effect{}}
}

// ref is the number of the trip.
func (r *register) ref(t *trip.Trip) ref {
	key := keyOf(t)
	n, known := r.refs[key]
	if !known {
		n = ref(len(r.trips))
		r.trips, r.refs[key] = append(r.trips, t), n
	}
	return n
}

// keyOf is all of a trip that matters. Of times that is whether they are there:
// everything happens at noon, and what runs out does so late. Who cancelled it
// makes no difference to anything that follows.
func keyOf(t *trip.Trip) string {
	excluded := slices.Sorted(slices.Values(t.Excluded))
	key := fmt.Sprint(t.ID, t.State, t.Version, t.Epoch, t.DriverID, "/", t.Slot, t.Forward, t.Swaps, t.FormerID, excluded,
		t.AssignedAt.IsZero(), t.ArrivedAt.IsZero(), t.RidingAt.IsZero(), t.CompletedAt.IsZero(), t.CancelledAt.IsZero(), t.ExpiredAt.IsZero())
	if o := t.Offer; o != nil {
		key += fmt.Sprint(o.ID, o.DriverID, o.Epoch, o.Slot, o.State, o.ReceivedAt.IsZero())
	}
	return key
}

// effect runs the command on the trip, as a store would within a transaction.
func (r *register) effect(of ref, c command) effect {
	key := effectKey{of, c}
	e, known := r.effects[key]
	if !known {
		change, err := trip.Run(r.trips[of], func(t *trip.Trip) ([]trip.Event, error) { return bend(r.off, c, t) })
		e = r.noted(of, change, err)
		r.effects[key] = e
	}
	return e
}

func (r *register) noted(of ref, c trip.Change, err error) effect {
	if err != nil {
		return effect{after: of, code: fault.CodeOf(err)}
	}
	e := effect{after: r.ref(c.After)}
	drop, take := c.Claims()
	e.drop = drop != nil
	if take != nil {
		e.take = claimBit(lastDigit(take.DriverID), int8(take.Slot), lastDigit(take.TripID))
	}
	return e
}

// claimBit is the row of the claims table, as a bit.
func claimBit(driver, slot, trip int8) uint32 {
	return 1 << (seat(driver, slot)*maxTrips + int(trip-1))
}

// seat counts what a claim may hold: the primary key.
func seat(driver, slot int8) int { return int(driver-1)*slots + int(slot) }

// ofSeat is all rows of one seat, ofTrip all of one trip.
func ofSeat(seat int) uint32 { return (1<<maxTrips - 1) << (seat * maxTrips) }

func ofTrip(trip int8) (rows uint32) {
	for s := range maxDrivers * slots {
		rows |= 1 << (s*maxTrips + int(trip-1))
	}
	return rows
}

// claimOf is the rows that the trip stands for.
func claimOf(t *trip.Trip) uint32 {
	if c, held := t.Claim(); held {
		return claimBit(lastDigit(c.DriverID), int8(c.Slot), lastDigit(c.TripID))
	}
	return 0
}

func describe(t *trip.Trip) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s version %d epoch %d", t.ID, t.State, t.Version, t.Epoch)
	if t.DriverID != "" {
		fmt.Fprintf(&b, " driver %s slot %d", t.DriverID, t.Slot)
	}
	if o := t.Offer; o != nil {
		fmt.Fprintf(&b, ", offer %s to %s %s", o.ID, o.DriverID, o.State)
	}
	if len(t.Excluded) > 0 {
		fmt.Fprintf(&b, ", without %s", strings.Join(t.Excluded, ", "))
	}
	return b.String()
}
