package trip

import (
	"time"

	"github.com/cabstand/cabstand/internal/fault"
)

// Move gives a trip to a driver without asking: to another one than it has, or
// to one for a trip that is open.
type Move struct {
	TripID   string
	Epoch    int64  // the trip's when this was decided
	From     string // the driver who has it; "" for an open trip
	To       string
	Slot     int           // of the claim on To
	OfferID  string        // of the accepted offer that records the move
	PickupIn time.Duration // estimated time to the pickup
	Reason   string        // for all concerned
	Now      time.Time
}

// Reassign carries out a move. The trip must be as it was when the move was
// decided: open, or assigned to From; from the arrival on it stays with its
// driver, and while a driver looks at an offer of it nobody else is given it. The
// former driver is not excluded. The newest offer, accepted, records the move.
func (t *Trip) Reassign(m Move) ([]Event, error) {
	if err := t.admits(m); err != nil {
		return nil, err
	}
	if err := t.move(reassign); err != nil {
		return nil, err
	}
	if m.From != "" {
		t.Epoch++
		t.Swaps++
		t.FormerID = m.From
	}
	t.Offer = &Offer{
		ID: m.OfferID, TripID: t.ID, DriverID: m.To, Epoch: t.Epoch, Slot: m.Slot, State: OfferAccepted, PickupIn: m.PickupIn,
		CreatedAt: m.Now, ReceivedAt: m.Now, ExpiresAt: m.Now, ClosedAt: m.Now,
	}
	t.DriverID, t.AssignedAt = m.To, m.Now
	t.Slot, t.Forward = m.Slot, m.Slot != 0
	ev := t.record(Actor{Role: System}, m.Reason, m.Now)
	ev.FormerDriverID = m.From
	return []Event{ev}, nil
}

// admits says why the trip, as it stands, is not the one that the move is about.
func (t *Trip) admits(m Move) error {
	switch {
	case t.Epoch != m.Epoch:
		return fault.New(fault.WrongState, "the trip is at epoch %d, the move at %d", t.Epoch, m.Epoch)
	case t.DriverID != m.From:
		return fault.New(fault.WrongState, "the trip is not driver %s's any more", m.From)
	case m.To == "" || m.To == m.From:
		return fault.New(fault.WrongState, "a move from driver %q to %q is none", m.From, m.To)
	case t.Offer.Pending():
		return fault.New(fault.WrongState, "offer %s is pending", t.Offer.ID)
	case t.Excludes(m.To):
		return fault.New(fault.WrongState, "driver %s declined or cancelled this trip", m.To)
	case t.State == Searching && !m.Now.Before(t.SearchUntil):
		return fault.New(fault.WrongState, "the search is over")
	}
	return nil
}

// Promote makes the driver's next trip, or the offer of it, the one at hand: slot
// 1 becomes slot 0. It reports whether there was anything to promote. The state
// does not change, so there is no event. The store refuses it with
// fault.DriverClaimed while the driver has another trip at hand.
func (t *Trip) Promote() bool {
	switch {
	case t.State.HasDriver() && t.Slot != 0:
		t.Slot = 0
	case t.State == Searching && t.Offer.Pending() && t.Offer.Slot != 0:
		t.Offer.Slot = 0
	default:
		return false
	}
	return true
}

// Exchange is the changes that the moves make together, in their order: all, or
// none. trips has the trips that are there. No trip may be moved twice, and no
// driver be given two trips for one slot; whether the drivers are free is the
// store's to say.
func Exchange(trips map[string]*Trip, moves []Move) ([]Change, error) {
	changes := make([]Change, len(moves))
	moved, taken := map[string]bool{}, map[Claim]bool{}
	for i, m := range moves {
		place := Claim{DriverID: m.To, Slot: m.Slot}
		switch {
		case trips[m.TripID] == nil:
			return nil, fault.New(fault.NotFound, "no such trip")
		case moved[m.TripID]:
			return nil, fault.New(fault.WrongState, "trip %s is moved twice", m.TripID)
		case taken[place]:
			return nil, fault.New(fault.DriverClaimed, "driver %s is given two trips", m.To)
		}
		moved[m.TripID], taken[place] = true, true
		c, err := Run(trips[m.TripID], func(t *Trip) ([]Event, error) { return t.Reassign(m) })
		if err != nil {
			return nil, err
		}
		changes[i] = c
	}
	return changes, nil
}
