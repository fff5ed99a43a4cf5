package memtrips

import (
	"context"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// Exchange makes all the moves in one transaction, or none: the claims that they
// give up are gone before the new ones are made. It returns the trips in the
// order of the moves.
func (s *Store) Exchange(ctx context.Context, moves []trip.Move) ([]*trip.Trip, error) {
	after := make([]*trip.Trip, len(moves))
	err := s.write(ctx, func(tx *transaction) error {
		changes, err := trip.Exchange(s.trips, moves)
		if err != nil {
			return err
		}
		for i, c := range changes {
			after[i] = c.After
		}
		return tx.exchange(changes)
	})
	if err != nil {
		return nil, err
	}
	return after, nil
}

// exchange applies changes together. What is refused is refused before anything
// is applied.
func (tx *transaction) exchange(changes []trip.Change) error {
	s := tx.store
	drops, takes := make([]*trip.Claim, len(changes)), make([]*trip.Claim, len(changes))
	freed, recorded := map[seat]bool{}, map[string]bool{}
	for i, c := range changes {
		drops[i], takes[i] = c.Claims()
		if drops[i] != nil {
			freed[seatOf(drops[i])] = true
		}
	}
	for i, c := range changes {
		if o := c.NewOffer(); o != nil {
			if recorded[o.ID] {
				return fault.New(fault.AlreadyExists, "two offers have the id %s", o.ID)
			}
			recorded[o.ID] = true
		}
		if err := s.refuses(c, takes[i]); err != nil && !(fault.Is(err, fault.DriverClaimed) && freed[seatOf(takes[i])]) {
			return err
		}
	}
	for i := range changes {
		s.exchange(drops[i], nil)
	}
	for i, c := range changes {
		s.exchange(nil, takes[i])
		tx.write(c)
	}
	return nil
}
