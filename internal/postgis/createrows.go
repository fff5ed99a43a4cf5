package postgis

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

const insertKeys = `INSERT INTO idempotency_keys (actor, key, digest, status, answer, trip_id, created_at)
	SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::bytea[], $6::text[], $7::timestamptz[])
	ON CONFLICT DO NOTHING RETURNING trip_id`

// takeKeys stores the answers of the creations that have a key, in the order of
// the keys so that no two transactions wait for each other. Those whose key is
// taken are repetitions.
func takeKeys(ctx context.Context, tx pgx.Tx, some []*creation) (repeated map[*creation]bool, err error) {
	keyed := slices.DeleteFunc(slices.Clone(some), func(c *creation) bool { return c.once == nil })
	if len(keyed) == 0 {
		return nil, nil
	}
	slices.SortStableFunc(keyed, func(a, b *creation) int {
		if byActor := strings.Compare(a.once.Actor, b.once.Actor); byActor != 0 {
			return byActor
		}
		return strings.Compare(a.once.Key, b.once.Key)
	})
	rows, err := tx.Query(ctx, insertKeys,
		column(keyed, func(c *creation) string { return c.once.Actor }),
		column(keyed, func(c *creation) string { return c.once.Key }),
		column(keyed, func(c *creation) string { return c.once.Digest }),
		column(keyed, func(c *creation) int { return c.once.Status }),
		column(keyed, func(c *creation) []byte { return append([]byte{}, c.once.Answer...) }),
		column(keyed, func(c *creation) string { return c.change.After.ID }),
		column(keyed, func(c *creation) time.Time { return c.change.After.RequestedAt }))
	if err != nil {
		return nil, err
	}
	taken, err := pgx.CollectRows(rows, pgx.RowTo[string])
	repeated = map[*creation]bool{}
	for _, c := range keyed {
		if !slices.Contains(taken, c.change.After.ID) {
			repeated[c] = true
		}
	}
	return repeated, err
}

const insertTrips = `INSERT INTO trips (id, rider_id, class, seats, pickup, dropoff, pickup_cell, dropoff_cell,
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

const insertEvents = `INSERT INTO trip_events (trip_id, version, at, data)
	SELECT * FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::json[])`

const insertOutbox = `INSERT INTO outbox (trip_id, version) SELECT * FROM unnest($1::text[], $2::bigint[])`

// insertNew writes new trips with their first events: three statements, however
// many trips they are.
func insertNew(ctx context.Context, tx pgx.Tx, fresh []*creation) error {
	batch := &pgx.Batch{}
	batch.Queue(insertTrips, newTripColumns(fresh)...).Exec(func(tag pgconn.CommandTag) error {
		if tag.RowsAffected() != int64(len(fresh)) {
			return fault.New(fault.AlreadyExists, "a trip of this id exists")
		}
		return nil
	})
	ids := column(fresh, func(c *creation) string { return c.change.After.ID })
	versions := column(fresh, func(c *creation) int64 { return c.change.After.Version })
	batch.Queue(insertEvents, ids, versions,
		column(fresh, func(c *creation) time.Time { return c.change.Events[0].At }),
		column(fresh, func(c *creation) string { return string(wire.EncodeEvent(c.change.Events[0])) }))
	batch.Queue(insertOutbox, ids, versions)
	return tx.SendBatch(ctx, batch).Close()
}

func newTripColumns(fresh []*creation) []any {
	return []any{
		column(fresh, func(c *creation) string { return c.change.After.ID }),
		column(fresh, func(c *creation) string { return c.change.After.RiderID }),
		column(fresh, func(c *creation) string { return string(c.change.After.Class) }),
		column(fresh, func(c *creation) int { return c.change.After.Seats }),
		column(fresh, func(c *creation) float64 { return c.change.After.Pickup.Lon }),
		column(fresh, func(c *creation) float64 { return c.change.After.Pickup.Lat }),
		column(fresh, func(c *creation) float64 { return c.change.After.Dropoff.Lon }),
		column(fresh, func(c *creation) float64 { return c.change.After.Dropoff.Lat }),
		column(fresh, func(c *creation) string { return string(c.change.After.Cell()) }),
		column(fresh, func(c *creation) string { return string(geo.CellOf(c.change.After.Dropoff, geo.OwnerLength)) }),
		column(fresh, func(c *creation) int64 { return c.change.After.Fare.Amount }),
		column(fresh, func(c *creation) string { return c.change.After.Fare.Currency }),
		column(fresh, func(c *creation) string { return string(c.change.After.State) }),
		column(fresh, func(c *creation) int64 { return c.change.After.Version }),
		column(fresh, func(c *creation) int64 { return c.change.After.Epoch }),
		column(fresh, func(c *creation) time.Time { return c.change.After.RequestedAt }),
		column(fresh, func(c *creation) pgtype.Timestamptz { return orNone(c.change.After.ScheduledFor) }),
		column(fresh, func(c *creation) pgtype.Timestamptz { return orNone(c.change.After.SearchUntil) }),
		column(fresh, func(c *creation) string { return c.change.After.PIN.Code }),
		column(fresh, func(c *creation) bool { return c.change.After.PIN.Required }),
	}
}

// column is one value of each.
func column[T any](of []*creation, value func(*creation) T) []T {
	values := make([]T, len(of))
	for i, c := range of {
		values[i] = value(c)
	}
	return values
}

func orNone(at time.Time) pgtype.Timestamptz {
	return pgtype.Timestamptz{Time: at, Valid: !at.IsZero()}
}
