package postgis

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// exchangeWait is how long an exchange waits for a trip or driver that another
// transaction has in hand. It is less than the time after which the database
// looks for deadlocks (1 s): of two transactions that wait for each other, the
// exchange is the one that yields, since the next tick may try again.
const exchangeWait = `SET LOCAL lock_timeout = '200ms'`

// Exchange makes all the moves in one transaction of five round trips, or none:
// the claims that they give up are gone before the new ones are made. It returns
// the trips in the order of the moves.
func (s *Store) Exchange(ctx context.Context, moves []trip.Move) ([]*trip.Trip, error) {
	if len(moves) == 0 {
		return nil, nil
	}
	var changes []trip.Change
	err := s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		before, err := lockSoon(ctx, tx, moves)
		if err != nil {
			return crowded(err)
		}
		if changes, err = trip.Exchange(before, moves); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		queueExchange(batch, changes)
		return crowded(tx.SendBatch(ctx, batch).Close())
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

// lockSoon locks and reads the trips of the moves, and bounds all waiting of the
// transaction.
func lockSoon(ctx context.Context, tx pgx.Tx, moves []trip.Move) (map[string]*trip.Trip, error) {
	if _, err := tx.Exec(ctx, exchangeWait); err != nil {
		return nil, err
	}
	ids := make([]string, len(moves))
	for i, m := range moves {
		ids[i] = m.TripID
	}
	return lockTrips(ctx, tx, ids)
}

func queueExchange(b *pgx.Batch, changes []trip.Change) {
	for _, c := range changes {
		drop, _ := c.Claims()
		queueDrop(b, drop)
	}
	for _, c := range changes {
		_, take := c.Claims()
		queueTake(b, take)
	}
	for _, c := range changes {
		queueRest(b, c)
	}
}

// crowded makes a refusal of having waited too long for others.
func crowded(err error) error {
	if sqlState(err) == lockNotAvailable {
		return fault.Wrap(err, fault.WrongState, "a trip or driver is being changed at the moment")
	}
	return err
}
