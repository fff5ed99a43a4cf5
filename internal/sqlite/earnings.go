package sqlite

import (
	"context"
	"time"

	"github.com/cabstand/cabstand/internal/trip"
)

// Earnings are those of the driver's trips that were completed from the one time
// on and before the other, the oldest first.
func (s *Store) Earnings(ctx context.Context, driverID string, from, to time.Time) ([]trip.Earning, error) {
	return collect(ctx, s.reads, scanEarning, `SELECT completed_at, fare_amount, fare_currency, metres FROM trips
		WHERE driver_id = ? AND completed_at >= ? AND completed_at < ? ORDER BY completed_at, id`, driverID, from.UnixMicro(), to.UnixMicro())
}

func scanEarning(r row) (trip.Earning, error) {
	var e trip.Earning
	err := r.Scan(instant{&e.CompletedAt}, &e.Fare.Amount, &e.Fare.Currency, orZero(&e.Metres))
	return e, err
}
