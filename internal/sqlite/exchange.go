package sqlite

import (
	"context"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// Exchange makes all the moves in one transaction, or none: the claims that they
// give up are gone before the new ones are made. It returns the trips in the
// order of the moves.
func (s *Store) Exchange(ctx context.Context, moves []trip.Move) ([]*trip.Trip, error) {
	if len(moves) == 0 {
		return nil, nil
	}
	var changes []trip.Change
	err := s.write(ctx, func(ctx context.Context, tx *session) error {
		before, err := readTrips(ctx, tx, moves)
		if err != nil {
			return err
		}
		if changes, err = trip.Exchange(before, moves); err != nil {
			return err
		}
		return exchange(ctx, tx, changes)
	})
	if err != nil {
		return nil, err
	}
	s.signal()
	after := make([]*trip.Trip, len(changes))
	for i, c := range changes {
		after[i] = c.After
	}
	return after, nil
}

// readTrips reads the trips of the moves, those that are there.
func readTrips(ctx context.Context, tx *session, moves []trip.Move) (map[string]*trip.Trip, error) {
	trips := make(map[string]*trip.Trip, len(moves))
	for _, m := range moves {
		t, err := readTrip(ctx, tx, m.TripID)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
		if err == nil {
			trips[m.TripID] = t
		}
	}
	return trips, nil
}

func exchange(ctx context.Context, tx *session, changes []trip.Change) error {
	for _, write := range []func(context.Context, *session, trip.Change) error{dropClaim, takeClaim, updateRest} {
		for _, c := range changes {
			if err := write(ctx, tx, c); err != nil {
				return err
			}
		}
	}
	return nil
}
