package postgis

import (
	"context"

	"github.com/jackc/pgx/v5"

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
