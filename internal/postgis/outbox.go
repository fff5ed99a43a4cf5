package postgis

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// selectPending looks the named up in a hash table: one by one, as for <> ALL of a
// parameter, the rows on their way would be compared with each other. Events are
// fetched of those rows alone that are left.
const selectPending = `SELECT q.seq, e.data
	FROM (SELECT seq, trip_id, version FROM outbox WHERE seq NOT IN (SELECT unnest($1::bigint[])) ORDER BY seq LIMIT $2) q
	JOIN trip_events e ON e.trip_id = q.trip_id AND e.version = q.version
	ORDER BY q.seq`

// Pending is the oldest events in the outbox but for those named. Events of one
// trip come in their order, since its row was locked while each took its seq. Over all trips seq is
// not the order of commits: an event may appear below one that was read before.
// It is not missed, because Delete takes single events and never all up to one.
func (s *Store) Pending(ctx context.Context, but []int64, limit int) ([]trip.Queued, error) {
	if but == nil {
		but = []int64{} // nothing is unlike null
	}
	return collect(ctx, s, scanQueued, selectPending, but, limit)
}

func scanQueued(r pgx.CollectableRow) (trip.Queued, error) {
	var q trip.Queued
	var data []byte
	if err := r.Scan(&q.Seq, &data); err != nil {
		return q, err
	}
	var err error
	q.Event, err = wire.DecodeEvent(data)
	return q, err
}

// Delete removes events that the bus has acknowledged. It does not wait for the
// disk: an event that is there again after a crash is published again, and the
// bus or its readers know it.
func (s *Store) Delete(ctx context.Context, seqs []int64) error {
	if len(seqs) == 0 {
		return nil
	}
	return s.with(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
		b := &pgx.Batch{} // without a BEGIN a batch is one transaction
		b.Queue(`SET LOCAL synchronous_commit = off`)
		b.Queue(`DELETE FROM outbox WHERE seq = ANY ($1)`, seqs)
		return c.SendBatch(ctx, b).Close()
	})
}
