package postgis

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// Pending is the oldest events in the outbox. Events of one trip come in their
// order, since its row was locked while each took its seq. Over all trips seq is
// not the order of commits: an event may appear below one that was read before.
// It is not missed, because Delete takes single events and never all up to one.
func (s *Store) Pending(ctx context.Context, limit int) ([]trip.Queued, error) {
	return collect(ctx, s, scanQueued, `SELECT q.seq, e.data FROM outbox q
		JOIN trip_events e ON e.trip_id = q.trip_id AND e.version = q.version ORDER BY q.seq LIMIT $1`, limit)
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

// Delete removes events that the bus has acknowledged.
func (s *Store) Delete(ctx context.Context, seqs []int64) error {
	if len(seqs) == 0 {
		return nil
	}
	return s.with(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
		_, err := c.Exec(ctx, `DELETE FROM outbox WHERE seq = ANY ($1)`, seqs)
		return err
	})
}
