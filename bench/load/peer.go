package main

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// The statements are those of internal/postgis, as PostgreSQL gets them.
const (
	peerKeys = `INSERT INTO idempotency_keys (actor, key, digest, status, answer, trip_id, created_at)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::bytea[], $6::text[], $7::timestamptz[])
		ON CONFLICT DO NOTHING RETURNING trip_id`
	peerTrips = `INSERT INTO trips (id, rider_id, class, seats, pickup, dropoff, pickup_cell, dropoff_cell,
			fare_amount, fare_currency, state, version, epoch, requested_at, scheduled_for, search_until, pin, pin_required, slot, excluded, reason)
		SELECT id, rider_id, class, seats,
			ST_SetSRID(ST_MakePoint(pickup_lon, pickup_lat), 4326)::geography, ST_SetSRID(ST_MakePoint(dropoff_lon, dropoff_lat), 4326)::geography,
			pickup_cell, dropoff_cell, fare_amount, fare_currency, state, version, epoch, requested_at, scheduled_for, search_until, pin, pin_required, 0, '{}', ''
		FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[],
			$5::double precision[], $6::double precision[], $7::double precision[], $8::double precision[],
			$9::text[], $10::text[], $11::bigint[], $12::text[], $13::text[], $14::bigint[], $15::bigint[],
			$16::timestamptz[], $17::timestamptz[], $18::timestamptz[], $19::text[], $20::boolean[])
			AS n (id, rider_id, class, seats, pickup_lon, pickup_lat, dropoff_lon, dropoff_lat, pickup_cell, dropoff_cell,
				fare_amount, fare_currency, state, version, epoch, requested_at, scheduled_for, search_until, pin, pin_required)
		ON CONFLICT DO NOTHING`
	peerEvents = `INSERT INTO trip_events (trip_id, version, at, data)
		SELECT * FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::json[])`
	peerOutbox = `INSERT INTO outbox (trip_id, version) SELECT * FROM unnest($1::text[], $2::bigint[])`
)

// peerTurn is trips a second that the database takes from two who do nothing else,
// in transactions of batch trips.
func (r *rig) peerTurn(ctx context.Context, batch int) (float64, error) {
	return together(2, r.config.Lasts, func() (int, error) {
		rows := make([]peerRow, batch)
		for i := range rows {
			rows[i] = newPeerRow()
		}
		return batch, pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error { return insertRows(ctx, tx, rows) })
	})
}

// peerRow is a new trip and what goes with it.
type peerRow struct {
	trip          *trip.Trip
	answer, event []byte
}

func newPeerRow() peerRow {
	t, events := newTrip()
	return peerRow{t, wire.Encode(wire.FromTrip(t)), wire.EncodeEvent(events[0])}
}

func newTrip() (*trip.Trip, []trip.Event) {
	return trip.New(trip.Request{
		ID: uuid.Must(uuid.NewV7()).String(), RiderID: uuid.NewString(), Class: "standard", Seats: 1,
		Pickup: somewhere(), Dropoff: somewhere(), Search: 5 * time.Minute,
	}, time.Now().UTC().Truncate(time.Microsecond))
}

func insertRows(ctx context.Context, tx pgx.Tx, rows []peerRow) error {
	text := func(value func(*trip.Trip) string) []string {
		return each(rows, func(r peerRow) string { return value(r.trip) })
	}
	number := func(value func(*trip.Trip) float64) []float64 {
		return each(rows, func(r peerRow) float64 { return value(r.trip) })
	}
	whole := func(value func(*trip.Trip) int64) []int64 {
		return each(rows, func(r peerRow) int64 { return value(r.trip) })
	}
	ids := text(func(t *trip.Trip) string { return t.ID })
	versions := whole(func(t *trip.Trip) int64 { return t.Version })
	at := each(rows, func(r peerRow) time.Time { return r.trip.RequestedAt })
	riders := text(func(t *trip.Trip) string { return t.RiderID })
	tag, err := tx.Exec(ctx, peerKeys, text(func(t *trip.Trip) string { return "rider:" + t.RiderID }), riders,
		text(func(t *trip.Trip) string { return fmt.Sprintf("%064d", 7) }), whole(func(*trip.Trip) int64 { return 201 }),
		each(rows, func(r peerRow) []byte { return r.answer }), ids, at)
	if err != nil || tag.RowsAffected() != int64(len(rows)) {
		return fmt.Errorf("%d keys for %d trips: %w", tag.RowsAffected(), len(rows), err)
	}
	batch := &pgx.Batch{}
	batch.Queue(peerTrips, ids, riders, text(func(t *trip.Trip) string { return string(t.Class) }), whole(func(t *trip.Trip) int64 { return int64(t.Seats) }),
		number(func(t *trip.Trip) float64 { return t.Pickup.Lon }), number(func(t *trip.Trip) float64 { return t.Pickup.Lat }),
		number(func(t *trip.Trip) float64 { return t.Dropoff.Lon }), number(func(t *trip.Trip) float64 { return t.Dropoff.Lat }),
		text(func(t *trip.Trip) string { return string(t.Cell()) }),
		text(func(t *trip.Trip) string { return string(geo.CellOf(t.Dropoff, geo.OwnerLength)) }),
		whole(func(t *trip.Trip) int64 { return t.Fare.Amount }), text(func(t *trip.Trip) string { return t.Fare.Currency }),
		text(func(t *trip.Trip) string { return string(t.State) }), versions, whole(func(t *trip.Trip) int64 { return t.Epoch }),
		at, make([]*time.Time, len(rows)), each(rows, func(r peerRow) time.Time { return r.trip.SearchUntil }),
		text(func(t *trip.Trip) string { return t.PIN.Code }), each(rows, func(r peerRow) bool { return r.trip.PIN.Required }))
	batch.Queue(peerEvents, ids, versions, at, each(rows, func(r peerRow) string { return string(r.event) }))
	batch.Queue(peerOutbox, ids, versions)
	return tx.SendBatch(ctx, batch).Close()
}

func each[T any](rows []peerRow, value func(peerRow) T) []T {
	values := make([]T, len(rows))
	for i, r := range rows {
		values[i] = value(r)
	}
	return values
}
