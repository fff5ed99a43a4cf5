package memtrips

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/cabstand/cabstand/internal/trip"
)

// Earnings are those of the driver's trips that were completed from the one time
// on and before the other, the oldest first. It looks at all trips: no replay
// asks.
func (s *Store) Earnings(ctx context.Context, driverID string, from, to time.Time) ([]trip.Earning, error) {
	if err := usable(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*trip.Trip
	for _, t := range s.trips {
		if at := t.CompletedAt; t.DriverID == driverID && !at.IsZero() && !at.Before(from) && at.Before(to) {
			found = append(found, t)
		}
	}
	slices.SortFunc(found, func(a, b *trip.Trip) int {
		return cmp.Or(a.CompletedAt.Compare(b.CompletedAt), cmp.Compare(a.ID, b.ID))
	})
	var earned []trip.Earning
	for _, t := range found {
		earned = append(earned, trip.Earning{CompletedAt: t.CompletedAt, Fare: t.Fare, Metres: t.Metres})
	}
	return earned, nil
}
