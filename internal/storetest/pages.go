package storetest

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

func testUnfinished(t *testing.T, p Place) {
	s := mustOpen(t, p)
	var want []*trip.Trip
	for i := range 7 {
		made := mustRequest(t, s)
		if i%2 == 0 {
			made = mustOffer(t, s, proposal(made.ID, fmt.Sprint("d", i)))
		}
		want = append(want, made)
		mustUpdate(t, s, mustRequest(t, s).ID, cancel)
	}
	slices.SortFunc(want, func(a, b *trip.Trip) int { return strings.Compare(a.ID, b.ID) })
	for _, limit := range []int{1, 3, 7, 100} {
		got, err := allUnfinished(t.Context(), s, limit)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("pages of %d: %v, %v, want %v", limit, tripIDs(got), err, tripIDs(want))
		}
	}
}

func tripIDs(trips []*trip.Trip) []string {
	ids := make([]string, len(trips))
	for i, t := range trips {
		ids[i] = t.ID
	}
	return ids
}

// testList holds pages against sorting and filtering in memory, where many
// trips were requested at the same time.
func testList(t *testing.T, p Place) {
	s := mustOpen(t, p)
	var all []*trip.Trip
	for i := range 24 {
		made := mustCreate(t, s, newRequest(fmt.Sprint("r", i%3)), after(time.Duration(i/5)*time.Minute))
		switch i % 4 {
		case 0:
			made = mustUpdate(t, s, made.ID, cancel)
		case 1:
			if made.SearchUntil.After(after(time.Minute)) {
				made = mustAssign(t, s, made, fmt.Sprint("d", i))
			}
		}
		all = append(all, made)
	}
	slices.SortFunc(all, func(a, b *trip.Trip) int {
		return cmp.Or(b.RequestedAt.Compare(a.RequestedAt), strings.Compare(b.ID, a.ID))
	})
	for _, q := range []trip.Query{
		{}, {RiderID: "r1"}, {State: trip.Cancelled}, {DriverID: "d5"}, {RiderID: "r2", State: trip.Searching}, {RiderID: "nobody"},
		{Unfinished: true}, {RiderID: "r1", Unfinished: true}, {State: trip.Cancelled, Unfinished: true},
	} {
		want := slices.DeleteFunc(slices.Clone(all), func(t *trip.Trip) bool { return !selects(q, t) })
		for _, limit := range []int{0, 1, 5, len(want), 100} {
			q.Limit = limit
			if got := listAll(t, s, q); !slices.Equal(tripIDs(got), tripIDs(want)) {
				t.Errorf("%+v: %v, want %v", q, tripIDs(got), tripIDs(want))
			}
		}
	}
	_, _, err := s.List(t.Context(), trip.Query{Cursor: "no cursor"})
	wantFault(t, err, fault.Invalid)
}

func selects(q trip.Query, t *trip.Trip) bool {
	return (q.RiderID == "" || q.RiderID == t.RiderID) &&
		(q.DriverID == "" || q.DriverID == t.DriverID) && (q.State == "" || q.State == t.State) && !(q.Unfinished && t.State.Final())
}

func listAll(tb testing.TB, s Store, q trip.Query) []*trip.Trip {
	tb.Helper()
	var all []*trip.Trip
	for {
		page, next, err := s.List(tb.Context(), q)
		if err != nil {
			tb.Fatal(err)
		}
		if q.Limit > 0 && len(page) > q.Limit {
			tb.Fatalf("a page of %d has %d", q.Limit, len(page))
		}
		all = append(all, page...)
		if next == "" {
			return all
		}
		q.Cursor = next
	}
}

func testDrivers(t *testing.T, p Place) {
	s := mustOpen(t, p)
	profile := driver.Profile{ID: "d1", Name: "Ana María Ñuñez", Class: "van", Seats: 6, Vehicle: driver.Vehicle{Plate: "K 12", Make: "Citroën"}, CreatedAt: start}
	stored, created, err := s.Register(t.Context(), profile)
	want := profile
	want.CreatedAt = start.UTC().Truncate(trip.Precision)
	if err != nil || !created || stored != want {
		t.Fatalf("Register = %+v, %v, %v", stored, created, err)
	}
	if got, err := s.Driver(t.Context(), "d1"); err != nil || got != want {
		t.Errorf("Driver = %+v, %v", got, err)
	}
	t.Run("Again", func(t *testing.T) {
		again := profile
		again.CreatedAt = after(time.Hour)
		if stored, created, err := s.Register(t.Context(), again); err != nil || created || stored != want {
			t.Errorf("Register = %+v, %v, %v", stored, created, err)
		}
	})
	t.Run("ErrAlreadyExists", func(t *testing.T) {
		other := profile
		other.Seats = 4
		_, created, err := s.Register(t.Context(), other)
		wantFault(t, err, fault.AlreadyExists)
		if got, _ := s.Driver(t.Context(), "d1"); created || got != want {
			t.Errorf("the profile is %+v", got)
		}
	})
	t.Run("ErrNotFound", func(t *testing.T) {
		_, err := s.Driver(t.Context(), "d2")
		wantFault(t, err, fault.NotFound)
	})
	t.Run("List", func(t *testing.T) { listDrivers(t, s) })
}

func listDrivers(t *testing.T, s Store) {
	want := []string{"B", "D-9", "D_1", "a", "d1"} // by byte, not by dictionary
	for _, id := range want {
		if id != "d1" {
			if _, _, err := s.Register(t.Context(), driver.Profile{ID: id, Class: driver.Standard, Seats: 4, CreatedAt: start}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, limit := range []int{0, 1, 2, 5, 6} {
		var got []string
		for cursor, more := "", true; more; more = cursor != "" {
			page, next, err := s.ListDrivers(t.Context(), cursor, limit)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range page {
				got = append(got, p.ID)
			}
			cursor = next
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d: %v, want %v", limit, got, want)
		}
	}
}
