package postgis

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

const unfinished = `t.state IN ('scheduled', 'searching', 'assigned', 'arrived', 'riding')`

// Trip reads one trip with its newest offer.
func (s *Store) Trip(ctx context.Context, id string) (*trip.Trip, error) {
	return theOne(collect(ctx, s, scanTrip, selectTrips+`WHERE t.id = $1`, id))("no such trip")
}

// TripOfOffer is the id of the trip that the offer was made for.
func (s *Store) TripOfOffer(ctx context.Context, offerID string) (string, error) {
	return theOne(collect(ctx, s, pgx.RowTo[string], `SELECT trip_id FROM offers WHERE id = $1`, offerID))("no such offer")
}

// theOne is the single result, or fault.NotFound with the given detail.
func theOne[T any](found []T, err error) func(missing string) (T, error) {
	return func(missing string) (one T, _ error) {
		switch {
		case err != nil:
			return one, err
		case len(found) == 0:
			return one, fault.New(fault.NotFound, "%s", missing)
		}
		return found[0], nil
	}
}

// Update changes one trip in one transaction: trip, offer, claim, events and
// outbox. A change that changes nothing writes nothing.
func (s *Store) Update(ctx context.Context, id string, change func(*trip.Trip) ([]trip.Event, error)) (*trip.Trip, error) {
	var c trip.Change
	err := s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		trips, err := lockTrips(ctx, tx, []string{id})
		if err != nil {
			return err
		}
		before, ok := trips[id]
		if !ok {
			return fault.New(fault.NotFound, "no such trip")
		}
		if c, err = trip.Run(before, change); err != nil || c.Nothing() {
			return err
		}
		batch := &pgx.Batch{}
		queueChange(batch, c)
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return nil, err
	}
	if len(c.Events) > 0 {
		s.signal()
	}
	return c.After, nil
}

// lockTrips locks the rows of the trips, in the order of ids so that no two
// transactions wait for each other, and reads them. These are two statements,
// though one round trip: a single one that waited for a lock would see the
// newest trip beside an offer of the time before it waited.
func lockTrips(ctx context.Context, tx pgx.Tx, ids []string) (map[string]*trip.Trip, error) {
	trips := make(map[string]*trip.Trip, len(ids))
	batch := &pgx.Batch{}
	batch.Queue(`SELECT FROM trips WHERE id = ANY ($1) ORDER BY id FOR UPDATE`, ids)
	batch.Queue(selectTrips+`WHERE t.id = ANY ($1)`, ids).Query(func(rows pgx.Rows) error {
		found, err := pgx.CollectRows(rows, scanTrip)
		for _, t := range found {
			trips[t.ID] = t
		}
		return err
	})
	return trips, tx.SendBatch(ctx, batch).Close()
}

const selectUnfinished = selectTrips + `WHERE ` + unfinished + ` AND t.id > $1 ORDER BY t.id LIMIT $2`

// Unfinished is a page of trips that are not final, by id above after.
func (s *Store) Unfinished(ctx context.Context, after string, limit int) ([]*trip.Trip, error) {
	return collect(ctx, s, scanTrip, selectUnfinished, after, limit)
}

// ClaimedBy is the trips that hold a claim on the driver, by slot.
func (s *Store) ClaimedBy(ctx context.Context, driverID string) ([]*trip.Trip, error) {
	return collect(ctx, s, scanTrip,
		selectTrips+`JOIN claims c ON c.trip_id = t.id WHERE c.driver_id = $1 ORDER BY c.slot`, driverID)
}

// mean is of the stars that a driver was given.
type mean struct {
	of    float64
	rated int
}

// Rated is the mean of the stars that a driver was given, and how many rated.
func (s *Store) Rated(ctx context.Context, driverID string) (of float64, rated int, err error) {
	found, err := collect(ctx, s, func(r pgx.CollectableRow) (m mean, err error) {
		err = r.Scan(&m.of, &m.rated)
		return m, err
	}, `SELECT coalesce(avg(rating_stars), 0)::float8, count(*) FROM trips WHERE driver_id = $1 AND rating_stars IS NOT NULL`, driverID)
	if err != nil {
		return 0, 0, err
	}
	return found[0].of, found[0].rated, nil
}
