package sqlite

import (
	"slices"
	"strings"
	"testing"

	"github.com/cabstand/cabstand/internal/trip"
)

func TestStore_PagesComeFromTheirIndex(t *testing.T) {
	s := mustOpen(t)
	made, err := create(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	cursor := made.Cursor()
	for name, c := range map[string]struct {
		index string
		query trip.Query
	}{
		"All":              {"trips_newest", trip.Query{}},
		"State":            {"trips_in_state", trip.Query{State: trip.Searching}},
		"Rider":            {"trips_of_rider", trip.Query{RiderID: "r7"}},
		"RiderState":       {"trips_of_rider_in_state", trip.Query{RiderID: "r7", State: trip.Completed}},
		"RiderStateCursor": {"trips_of_rider_in_state", trip.Query{RiderID: "r7", State: trip.Completed, Cursor: cursor}},
		"RiderUnfinished":  {"trips_unfinished_of_rider", trip.Query{RiderID: "r7", Unfinished: true}},
		"Driver":           {"trips_of_driver", trip.Query{DriverID: "d7"}},
		"DriverState":      {"trips_of_driver_in_state", trip.Query{DriverID: "d7", State: trip.Completed}},
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
	t.Run("Unfinished", func(t *testing.T) { wantIndex(t, s, "trips_unfinished", selectUnfinished, "", 500) })
}

// wantIndex checks that the query reads trips by the index, in its order.
func wantIndex(tb testing.TB, s *Store, index, query string, args ...any) {
	tb.Helper()
	scan := func(r row) (step string, err error) {
		var id, parent, unused int
		return step, r.Scan(&id, &parent, &unused, &step)
	}
	steps, err := collect(tb.Context(), s.reads, scan, `EXPLAIN QUERY PLAN `+query, args...)
	if err != nil {
		tb.Fatal(err)
	}
	plan := strings.Join(steps, "\n")
	if !slices.Contains(strings.Fields(plan), index) || strings.Contains(plan, "TEMP B-TREE") {
		tb.Errorf("the plan is not %s alone:\n%s", index, plan)
	}
}
