package sqlite

import (
	"context"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

const unfinished = `t.state IN ('scheduled', 'searching', 'assigned', 'arrived', 'riding')`

// Create stores a new trip and its events. With once, the same actor and key
// again store nothing and return the first answer. The times of t are cut to
// what the store keeps.
func (s *Store) Create(ctx context.Context, t *trip.Trip, events []trip.Event, once *trip.Once) (first *trip.Once, err error) {
	c, err := trip.Created(t, events)
	if err != nil {
		return nil, err
	}
	err = s.write(ctx, func(ctx context.Context, tx *session) error {
		if once != nil {
			if first, err = takeKey(ctx, tx, once, t); err != nil || first != nil {
				return err
			}
		}
		return insertTrip(ctx, tx, c)
	})
	if err != nil {
		return nil, err
	}
	if first == nil {
		s.signal()
	}
	return first, nil
}

// takeKey stores the answer of a creation, or is the answer that was stored
// under its key before.
func takeKey(ctx context.Context, tx *session, once *trip.Once, t *trip.Trip) (*trip.Once, error) {
	taken, err := affected(tx.exec(ctx, `INSERT INTO idempotency_keys (actor, key, digest, status, answer, trip_id, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		once.Actor, once.Key, once.Digest, once.Status, append([]byte{}, once.Answer...), t.ID, micros(t.RequestedAt)))
	if err != nil || taken {
		return nil, err
	}
	first, err := theOne(collect(ctx, tx, scanOnce,
		`SELECT actor, key, digest, status, answer FROM idempotency_keys WHERE actor = ? AND key = ?`, once.Actor, once.Key))("no such key")
	if err == nil && first.Digest != once.Digest {
		return nil, fault.New(fault.KeyReused, "the key was used before with another request")
	}
	return &first, err
}

// Trip reads one trip with its newest offer.
func (s *Store) Trip(ctx context.Context, id string) (*trip.Trip, error) {
	return readTrip(ctx, s.reads, id)
}

func readTrip(ctx context.Context, s *session, id string) (*trip.Trip, error) {
	return theOne(collect(ctx, s, scanTrip, selectTrips+`WHERE t.id = ?`, id))("no such trip")
}

// TripOfOffer is the id of the trip that the offer was made for.
func (s *Store) TripOfOffer(ctx context.Context, offerID string) (string, error) {
	return theOne(collect(ctx, s.reads, scanString, `SELECT trip_id FROM offers WHERE id = ?`, offerID))("no such offer")
}

// Update changes one trip in one transaction: trip, offer, claim, events and
// outbox. A change that changes nothing writes nothing.
func (s *Store) Update(ctx context.Context, id string, change func(*trip.Trip) ([]trip.Event, error)) (*trip.Trip, error) {
	var c trip.Change
	err := s.write(ctx, func(ctx context.Context, tx *session) error {
		before, err := readTrip(ctx, tx, id)
		if err != nil {
			return err
		}
		if c, err = trip.Run(before, change); err != nil || c.Nothing() {
			return err
		}
		return updateTrip(ctx, tx, c)
	})
	if err != nil {
		return nil, err
	}
	if len(c.Events) > 0 {
		s.signal()
	}
	return c.After, nil
}

// selectUnfinished names its index: SQLite would read all trips of each state
// and sort them, for every page.
const selectUnfinished = `SELECT ` + tripColumns + ` FROM trips t INDEXED BY trips_unfinished ` + withOffers +
	`WHERE ` + unfinished + ` AND t.id > ? ORDER BY t.id LIMIT ?`

// Unfinished is a page of trips that are not final, by id above after.
func (s *Store) Unfinished(ctx context.Context, after string, limit int) ([]*trip.Trip, error) {
	return collect(ctx, s.reads, scanTrip, selectUnfinished, after, limit)
}

// ClaimedBy is the trips that hold a claim on the driver, by slot.
func (s *Store) ClaimedBy(ctx context.Context, driverID string) ([]*trip.Trip, error) {
	return collect(ctx, s.reads, scanTrip,
		selectTrips+`JOIN claims c ON c.trip_id = t.id WHERE c.driver_id = ? ORDER BY c.slot`, driverID)
}

// mean is of the stars that a driver was given.
type mean struct {
	of    float64
	rated int
}

// Rated is the mean of the stars that a driver was given, and how many rated.
func (s *Store) Rated(ctx context.Context, driverID string) (of float64, rated int, err error) {
	found, err := collect(ctx, s.reads, func(r row) (m mean, err error) {
		err = r.Scan(&m.of, &m.rated)
		return m, err
	}, `SELECT coalesce(avg(rating_stars), 0.0), count(*) FROM trips WHERE driver_id = ? AND rating_stars IS NOT NULL`, driverID)
	if err != nil {
		return 0, 0, err
	}
	return found[0].of, found[0].rated, nil
}
