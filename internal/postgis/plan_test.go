package postgis

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/cabstand/cabstand/internal/testenv"
	"github.com/cabstand/cabstand/internal/trip"
)

// history is many trips of many riders. One in a hundred is of r7 and d7, one in
// four is expired, few are unfinished.
const history = `INSERT INTO trips (id, rider_id, driver_id, class, seats, pickup, dropoff, pickup_cell, dropoff_cell,
		fare_amount, fare_currency, state, version, epoch, slot, excluded, requested_at, reason)
	SELECT 't' || i, 'r' || n, 'd' || n, 'standard', 1, 'POINT(0 0)', 'POINT(0 0)', '', '', 0, 'USD',
		CASE WHEN i % 1000 = 7 THEN 'searching' WHEN i % 4 = 0 THEN 'expired' ELSE 'completed' END,
		1, 1, 0, '{}', now() - i * interval '1 minute', ''
	FROM generate_series(1, 40000) AS i, LATERAL (SELECT CASE WHEN i % 100 = 7 THEN 7 ELSE 1000 + i % 3000 END AS n) AS of`

func TestStore_PagesComeFromTheirIndex(t *testing.T) {
	s, err := Open(t.Context(), Options{URL: testenv.Postgres(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{`DROP INDEX trips_pickup, trips_dropoff`, history, `ANALYZE trips`} {
		if _, err := s.pool.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	half, err := s.Trip(t.Context(), "t10000")
	if err != nil {
		t.Fatal(err)
	}
	cursor := half.Cursor()
	for name, c := range map[string]struct {
		index string
		query trip.Query
	}{
		"Rider":            {"trips_of_rider", trip.Query{RiderID: "r7"}},
		"RiderState":       {"trips_of_rider_in_state", trip.Query{RiderID: "r7", State: trip.Expired}},
		"RiderStateCursor": {"trips_of_rider_in_state", trip.Query{RiderID: "r7", State: trip.Expired, Cursor: cursor}},
		"RiderUnfinished":  {"trips_unfinished_of_rider", trip.Query{RiderID: "r7", Unfinished: true}},
		"Driver":           {"trips_of_driver", trip.Query{DriverID: "d7"}},
		"DriverState":      {"trips_of_driver_in_state", trip.Query{DriverID: "d7", State: trip.Expired}},
	} {
		t.Run(name, func(t *testing.T) {
			c.query.Limit = trip.DefaultPage
			query, args, err := listing(c.query)
			if err != nil {
				t.Fatal(err)
			}
			wantIndex(t, s, c.index, query, args...)
		})
	}
}

// wantIndex checks that the query finds its trips by the index.
func wantIndex(tb testing.TB, s *Store, index, query string, args ...any) {
	tb.Helper()
	steps, err := collect(tb.Context(), s, pgx.RowTo[string], `EXPLAIN `+query, args...)
	if err != nil {
		tb.Fatal(err)
	}
	plan := strings.Join(steps, "\n")
	if !slices.Contains(strings.Fields(plan), index) {
		tb.Errorf("the plan is not by %s:\n%s", index, plan)
	}
}
