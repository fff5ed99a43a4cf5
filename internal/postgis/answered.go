package postgis

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/cabstand/cabstand/internal/trip"
)

// Answered is the answer that is stored under an idempotency key, nil if there
// is none. Create gives it as well; this is for a repetition that could not be
// created any more, because time has passed.
func (s *Store) Answered(ctx context.Context, actor, key string) (*trip.Once, error) {
	scan := func(row pgx.CollectableRow) (*trip.Once, error) {
		first := &trip.Once{Actor: actor, Key: key}
		return first, row.Scan(&first.Digest, &first.Status, &first.Answer)
	}
	found, err := collect(ctx, s, scan, `SELECT digest, status, answer FROM idempotency_keys WHERE actor = $1 AND key = $2`, actor, key)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// purgeBatch is how many keys go in one statement: no lock and no write to disk
// is then long enough to be felt.
const purgeBatch = 500

const purgeKeys = `DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY (
	SELECT ctid FROM idempotency_keys WHERE created_at < $1 ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED))`

// Purge forgets the answers of trips that were requested before the given time,
// and returns how many it forgot, also when it fails half-way. A key that comes
// again after that makes a new trip.
func (s *Store) Purge(ctx context.Context, before time.Time) (purged int, err error) {
	for {
		var n int
		err = s.with(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
			tag, err := c.Exec(ctx, purgeKeys, before, purgeBatch)
			n = int(tag.RowsAffected())
			return err
		})
		purged += n
		if err != nil || n < purgeBatch {
			return purged, err
		}
	}
}
