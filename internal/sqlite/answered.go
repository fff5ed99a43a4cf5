package sqlite

import (
	"context"
	"database/sql"
	"errors"

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
