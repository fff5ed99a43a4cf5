package model

import (
	"slices"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// bend runs the command with an enforcement of package trip switched off: as the
// command would do if the lines that enforce it were missing.
func bend(off Enforcement, c command, t *trip.Trip) ([]trip.Event, error) {
	switch off {
	case EpochOfProposal:
		if c.kind == propose {
			c.epoch = int8(t.Epoch)
		}
	case EpochOfStep:
		if c.kind == arrive || c.kind == start || c.kind == complete || c.kind == driverCancels {
			c.epoch = 0
		}
	case OfferByID:
		if o := t.Offer; c.kind == accept && o != nil && o.Pending() {
			c.offer, o.DriverID = lastDigit(o.ID), driverID(c.driver)
		}
	case FinalStates:
		if c.kind == riderCancels && t.State.Final() {
			t.State = trip.Searching
		}
	case StepsOnce:
		forget(c.kind, t)
	case AcceptOnce:
		if c.kind == accept && t.Offer != nil && t.Offer.State == trip.OfferAccepted {
			return nil, fault.New(fault.OfferClosed, "the offer is closed")
		}
	case OfferExcludes:
		if c.kind == propose {
			return unmindful(t, func() ([]trip.Event, error) { return c.run(t) })
		}
	case DeclineExcludes, CancelExcludes:
		return forgiving(off, c, t)
	}
	return c.run(t)
}

// forget takes the note away that the step was done.
func forget(k kind, t *trip.Trip) {
	switch k {
	case arrive:
		t.ArrivedAt = time.Time{}
	case start:
		t.RidingAt = time.Time{}
	case complete:
		t.CompletedAt = time.Time{}
	}
}

// unmindful runs a command that does not know who said no.
func unmindful(t *trip.Trip, run func() ([]trip.Event, error)) ([]trip.Event, error) {
	excluded := t.Excluded
	t.Excluded = nil
	events, err := run()
	t.Excluded = excluded
	return events, err
}

// forgiving runs a command that does not note who says no.
func forgiving(off Enforcement, c command, t *trip.Trip) ([]trip.Event, error) {
	excluded := slices.Clone(t.Excluded)
	events, err := c.run(t)
	if off == DeclineExcludes && c.kind == decline || off == CancelExcludes && c.kind == driverCancels {
		t.Excluded = excluded
	}
	return events, err
}
