package signin

import (
	"context"
	"log/slog"
	"time"
)

var (
	trialTime = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	quiet     = slog.New(slog.DiscardHandler)
)

func trialClock() time.Time { return trialTime }

// awayStore is a store that can be away. The rest of a store's contract is in
// storetest.
type awayStore struct {
	Store
	ended []string
	err   error
}

func (s *awayStore) Revoked(context.Context, time.Time, int) ([]string, error) { return s.ended, s.err }
