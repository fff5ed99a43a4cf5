package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/cabstand/cabstand/internal/trip"
)

// Answered is the answer that is stored under an idempotency key, nil if there
// is none. Create gives it as well; this is for a repetition that could not be
// created any more, because time has passed.
func (s *Store) Answered(ctx context.Context, actor, key string) (*trip.Once, error) {
	first := trip.Once{Actor: actor, Key: key}
	err := s.reader.QueryRowContext(ctx, `SELECT digest, status, answer FROM idempotency_keys WHERE actor = ? AND key = ?`, actor, key).
		Scan(&first.Digest, &first.Status, &first.Answer)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, faulted(err)
	}
	return &first, nil
}

// purgeBatch is how many keys go in one transaction: others wait for it.
const purgeBatch = 500

const purgeKeys = `DELETE FROM idempotency_keys WHERE rowid IN (
	SELECT rowid FROM idempotency_keys WHERE created_at < ? ORDER BY created_at LIMIT ?)`

// Purge forgets the answers of trips that were requested before the given time,
// and returns how many it forgot, also when it fails half-way. A key that comes
// again after that makes a new trip.
func (s *Store) Purge(ctx context.Context, before time.Time) (purged int, err error) {
	for {
		var n int64
		err = s.write(ctx, func(ctx context.Context, tx *session) error {
			result, err := tx.exec(ctx, purgeKeys, before.UnixMicro(), purgeBatch)
			if err == nil {
				n, err = result.RowsAffected()
			}
			return err
		})
		if err != nil {
			return purged, err
		}
		purged += int(n)
		if n < purgeBatch {
			return purged, nil
		}
	}
}
