package sqlite

import (
	"context"
	"sync"

	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// Lead makes the caller the one relay of this store, unless another of this
// process is: no other process has the file. The lead is never lost.
func (s *Store) Lead(context.Context) (lost <-chan struct{}, release func(), ok bool, err error) {
	if !s.led.CompareAndSwap(false, true) {
		return nil, nil, false, nil
	}
	return make(chan struct{}), sync.OnceFunc(func() { s.led.Store(false) }), true, nil
}

// Pending is the oldest events in the outbox but for those named. There is one
// writer: seq is the order of commits.
func (s *Store) Pending(ctx context.Context, but []int64, limit int) ([]trip.Queued, error) {
	named, err := array(but)
	if err != nil {
		return nil, err
	}
	return collect(ctx, s.reads, scanQueued, `SELECT q.seq, e.data FROM outbox q
		JOIN trip_events e ON e.trip_id = q.trip_id AND e.version = q.version
		WHERE q.seq NOT IN (SELECT value FROM json_each(?)) ORDER BY q.seq LIMIT ?`, named, limit)
}

func scanQueued(r row) (trip.Queued, error) {
	var q trip.Queued
	var data string
	if err := r.Scan(&q.Seq, &data); err != nil {
		return q, err
	}
	var err error
	q.Event, err = wire.DecodeEvent([]byte(data))
	return q, err
}

// Delete removes events that the bus has acknowledged.
func (s *Store) Delete(ctx context.Context, seqs []int64) error {
	acknowledged, err := array(seqs)
	if err != nil || len(seqs) == 0 {
		return err
	}
	return s.write(ctx, func(ctx context.Context, tx *session) error {
		_, err := tx.exec(ctx, `DELETE FROM outbox WHERE seq IN (SELECT value FROM json_each(?))`, acknowledged)
		return err
	})
}

// Committed signals that events may be waiting.
func (s *Store) Committed() <-chan struct{} { return s.committed }

// signal never waits: one signal that is not taken yet stands for all.
func (s *Store) signal() {
	select {
	case s.committed <- struct{}{}:
	default:
	}
}
