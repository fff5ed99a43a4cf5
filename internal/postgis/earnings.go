package postgis

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"github.com/cabstand/cabstand/internal/trip"
)

// Earnings are those of the driver's trips that were completed from the one time
// on and before the other, the oldest first.
func (s *Store) Earnings(ctx context.Context, driverID string, from, to time.Time) ([]trip.Earning, error) {
	return collect(ctx, s, scanEarning, `SELECT completed_at, fare_amount, fare_currency, metres FROM trips
		WHERE driver_id = $1 AND completed_at >= $2 AND completed_at < $3 ORDER BY completed_at, id`, driverID, from, to)
}

func scanEarning(r pgx.CollectableRow) (trip.Earning, error) {
	var e trip.Earning
	err := r.Scan(&e.CompletedAt, &e.Fare.Amount, &e.Fare.Currency, (*zeronull.Float8)(&e.Metres))
	e.CompletedAt = e.CompletedAt.UTC()
	return e, err
}
