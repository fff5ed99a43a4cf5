package main

import (
	"context"
	"database/sql"

	"github.com/cabstand/cabstand/internal/faults"
)

// recordingFile has SQLite note every change of a claim. It has one writer at a
// time: the order of the notes is that of the changes.
const recordingFile = `
CREATE TABLE judge_holds (seq INTEGER PRIMARY KEY, driver_id TEXT, slot INTEGER, trip_id TEXT, made INTEGER);
CREATE TRIGGER judge_made AFTER INSERT ON claims BEGIN
    INSERT INTO judge_holds (driver_id, slot, trip_id, made) VALUES (NEW.driver_id, NEW.slot, NEW.trip_id, 1);
END;
CREATE TRIGGER judge_given_up AFTER DELETE ON claims BEGIN
    INSERT INTO judge_holds (driver_id, slot, trip_id, made) VALUES (OLD.driver_id, OLD.slot, OLD.trip_id, 0);
END;
CREATE TRIGGER judge_moved AFTER UPDATE ON claims BEGIN
    INSERT INTO judge_holds (driver_id, slot, trip_id, made) VALUES (OLD.driver_id, OLD.slot, OLD.trip_id, 0);
    INSERT INTO judge_holds (driver_id, slot, trip_id, made) VALUES (NEW.driver_id, NEW.slot, NEW.trip_id, 1);
END;
`

func unfinishedFile(ctx context.Context, db *sql.DB) (n int, err error) {
	err = db.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM outbox) +
		(SELECT count(*) FROM trips WHERE state NOT IN ('completed', 'cancelled', 'expired'))`).Scan(&n)
	return n, err
}

// readFile adds what the store has to the history.
func readFile(ctx context.Context, db *sql.DB, h *faults.History) error {
	r := fileReader{ctx, db, nil}
	r.each(`SELECT id, rider_id, coalesce(driver_id, ''), state, version, epoch FROM trips`, func(s *sql.Rows) error {
		var t faults.Trip
		defer func() { h.Trips = append(h.Trips, t) }()
		return s.Scan(&t.ID, &t.Rider, &t.Driver, (*string)(&t.State), &t.Version, &t.Epoch)
	})
	r.each(`SELECT driver_id, slot, trip_id FROM claims`, func(s *sql.Rows) error {
		var c faults.Claim
		defer func() { h.Claims = append(h.Claims, c) }()
		return s.Scan(&c.Driver, &c.Slot, &c.TripID)
	})
	r.each(`SELECT id, trip_id, driver_id, epoch, state FROM offers ORDER BY seq`, func(s *sql.Rows) error {
		var o faults.Offer
		defer func() { h.Offers = append(h.Offers, o) }()
		return s.Scan(&o.ID, &o.TripID, &o.Driver, &o.Epoch, (*string)(&o.State))
	})
	r.each(`SELECT trip_id, version, data FROM trip_events`, func(s *sql.Rows) error {
		var e faults.Event
		defer func() { h.Events = append(h.Events, e) }()
		return s.Scan(&e.TripID, &e.Version, &e.Data)
	})
	r.each(`SELECT actor, key, trip_id FROM idempotency_keys`, func(s *sql.Rows) error {
		var k faults.Key
		defer func() { h.Keys = append(h.Keys, k) }()
		return s.Scan(&k.Actor, &k.Key, &k.TripID)
	})
	r.each(`SELECT seq, driver_id, slot, trip_id, made FROM judge_holds ORDER BY seq`, func(s *sql.Rows) error {
		var c faults.Hold
		defer func() { c.Call, c.Return = 2*c.Call, 2*c.Call+1; h.Holds = append(h.Holds, c) }()
		return s.Scan(&c.Call, &c.Driver, &c.Slot, &c.TripID, &c.Made)
	})
	r.each(`SELECT count(*) FROM outbox`, func(s *sql.Rows) error { return s.Scan(&h.Outbox) })
	return r.err
}

// fileReader keeps the first error.
type fileReader struct {
	ctx context.Context
	db  *sql.DB
	err error
}

func (r *fileReader) each(query string, row func(*sql.Rows) error) {
	if r.err != nil {
		return
	}
	found, err := r.db.QueryContext(r.ctx, query)
	if err != nil {
		r.err = err
		return
	}
	defer found.Close()
	for found.Next() && r.err == nil {
		r.err = row(found)
	}
	if r.err == nil {
		r.err = found.Err()
	}
}
