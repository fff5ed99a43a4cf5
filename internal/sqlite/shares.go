package sqlite

import (
	"context"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// AddShare stores a link to the trip, by the hash of its token; fault.WrongState
// beyond trip.MaxShares of one trip.
func (s *Store) AddShare(ctx context.Context, hash, tripID string, at time.Time) error {
	return s.write(ctx, func(ctx context.Context, tx *session) error {
		added, err := affected(tx.exec(ctx, `INSERT INTO shares (hash, trip_id, created_at)
			SELECT ?1, id, ?3 FROM trips WHERE id = ?2 AND (SELECT count(*) FROM shares WHERE trip_id = ?2) < ?4`,
			hash, tripID, micros(at.Truncate(trip.Precision)), trip.MaxShares))
		if err == nil && !added {
			err = fault.New(fault.WrongState, "the trip has %d links already: take them back first", trip.MaxShares)
		}
		return err
	})
}

// Shared is the trip that a link shows; fault.NotFound if there is none.
func (s *Store) Shared(ctx context.Context, hash string) (tripID string, err error) {
	return theOne(collect(ctx, s.reads, scanString, `SELECT trip_id FROM shares WHERE hash = ?`, hash))("no such link")
}

// DropShares forgets the links of the trip.
func (s *Store) DropShares(ctx context.Context, tripID string) error {
	return s.write(ctx, func(ctx context.Context, tx *session) error {
		_, err := tx.exec(ctx, `DELETE FROM shares WHERE trip_id = ?`, tripID)
		return err
	})
}

// afterIDs is above every id that begins like one: ids are of letters, digits,
// '-' and '_'.
const afterIDs = "~"

// TripsLike is trips by the beginning of their ids, by id.
func (s *Store) TripsLike(ctx context.Context, prefix string, limit int) ([]*trip.Trip, error) {
	return collect(ctx, s.reads, scanTrip, selectTrips+`WHERE t.id >= ? AND t.id < ? ORDER BY t.id LIMIT ?`, prefix, prefix+afterIDs, limit)
}

// ridersLike goes from one rider to the next by the index, however many trips
// each of them has.
const ridersLike = `WITH RECURSIVE r (id) AS (
		SELECT min(rider_id) FROM trips WHERE rider_id >= ?1 AND rider_id < ?2
		UNION ALL SELECT (SELECT min(rider_id) FROM trips WHERE rider_id > r.id AND rider_id < ?2) FROM r WHERE r.id IS NOT NULL)
	SELECT id FROM r WHERE id IS NOT NULL LIMIT ?3`

// RidersLike is riders who have had trips, by the beginning of their ids, by id.
func (s *Store) RidersLike(ctx context.Context, prefix string, limit int) ([]string, error) {
	return collect(ctx, s.reads, scanString, ridersLike, prefix, prefix+afterIDs, limit)
}

// DriversLike is drivers whose id begins with the text or whose name has it in
// it, whatever the case of ASCII letters, by id.
func (s *Store) DriversLike(ctx context.Context, text string, limit int) ([]driver.Profile, error) {
	return collect(ctx, s.reads, scanProfile,
		selectDrivers+`WHERE substr(id, 1, length(?1)) = ?1 OR instr(lower(name), lower(?1)) > 0 ORDER BY id LIMIT ?2`, text, limit)
}
