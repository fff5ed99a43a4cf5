package memtrips

import (
	"slices"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// transaction is the changes that are stored together or not at all. Each is
// applied at once, so that the next one sees it, and taken back if a later one
// fails.
type transaction struct {
	store   *Store
	changes []trip.Change
}

// apply stores one change: its old claim goes before the new one comes. A
// change that is refused has changed nothing.
func (tx *transaction) apply(c trip.Change) error {
	drop, take := c.Claims()
	if err := tx.store.refuses(c, take); err != nil {
		return err
	}
	tx.store.exchange(drop, take)
	tx.write(c)
	return nil
}

// refuses is why the store cannot take the change.
func (s *Store) refuses(c trip.Change, take *trip.Claim) error {
	if o := c.NewOffer(); o != nil && s.offerOf[o.ID] != nil {
		return fault.New(fault.AlreadyExists, "an offer of this id exists")
	}
	if take == nil {
		return nil
	}
	if holder := s.claims[seatOf(take)]; holder != "" && holder != take.TripID {
		return fault.New(fault.DriverClaimed, "driver %s holds another trip or offer", take.DriverID)
	}
	return nil
}

func seatOf(c *trip.Claim) seat { return seat{c.DriverID, c.Slot} }

func (s *Store) exchange(drop, take *trip.Claim) {
	if drop != nil {
		delete(s.claims, seatOf(drop))
	}
	if take != nil {
		s.claims[seatOf(take)] = take.TripID
	}
}

// write stores the trip and its offer.
func (tx *transaction) write(c trip.Change) {
	s := tx.store
	if o := c.NewOffer(); o != nil {
		s.offers[c.After.ID] = append(s.offers[c.After.ID], o.ID)
	}
	s.put(c.After)
	tx.changes = append(tx.changes, c)
}

// undo takes the changes back, the last one first.
func (tx *transaction) undo() {
	for _, c := range slices.Backward(tx.changes) {
		tx.store.takeBack(c)
	}
}

func (s *Store) takeBack(c trip.Change) {
	drop, take := c.Claims()
	s.exchange(take, drop)
	if c.Before.ID == "" {
		s.remove(c.After.ID)
		return
	}
	if o := c.NewOffer(); o != nil {
		list := s.offers[c.After.ID]
		s.offers[c.After.ID] = list[:len(list)-1]
		delete(s.offerOf, o.ID)
	}
	s.put(c.Before)
}

// commit makes the events of the changes known.
func (tx *transaction) commit() {
	s := tx.store
	if len(tx.changes) == 0 {
		return
	}
	if s.watch != nil {
		s.watch(tx.changes)
	}
	for _, c := range tx.changes {
		s.record(c.Audit())
		if s.slim {
			s.slimDown(c)
		} else {
			s.enqueue(c.Events)
		}
	}
}

func (s *Store) slimDown(c trip.Change) {
	if c.After.State.Final() {
		s.remove(c.After.ID)
	}
}

func (s *Store) enqueue(events []trip.Event) {
	for _, ev := range events {
		s.lastSeq++
		s.log[ev.TripID] = append(s.log[ev.TripID], wire.EncodeEvent(ev))
		s.queue = append(s.queue, queued{s.lastSeq, ev.TripID, ev.Version})
	}
	if len(events) > 0 {
		s.signal()
	}
}

// signal never waits: one signal that is not taken yet stands for all.
func (s *Store) signal() {
	select {
	case s.committed <- struct{}{}:
	default:
	}
}
