package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// Shares is the part of a store that keeps links to trips.
type Shares interface {
	AddShare(ctx context.Context, hash, tripID string, at time.Time) error
	Shared(ctx context.Context, hash string) (tripID string, err error)
	DropShares(ctx context.Context, tripID string) error
}

// Finds is the part of a store that looks for what somebody knows a part of.
type Finds interface {
	TripsLike(ctx context.Context, prefix string, limit int) ([]*trip.Trip, error)
	RidersLike(ctx context.Context, prefix string, limit int) ([]string, error)
	DriversLike(ctx context.Context, text string, limit int) ([]driver.Profile, error)
}

func testShares(t *testing.T, p Place) {
	s := mustOpen(t, p)
	mine, other := mustRequest(t, s).ID, mustRequest(t, s).ID
	for i := range trip.MaxShares {
		if err := s.AddShare(t.Context(), fmt.Sprint("hash-", i), mine, start); err != nil {
			t.Fatal(err)
		}
	}
	wantFault(t, s.AddShare(t.Context(), "more", mine, start), fault.WrongState)
	wantFault(t, s.AddShare(t.Context(), "none", "no trip", start), fault.WrongState)
	if err := s.AddShare(t.Context(), "other", other, start); err != nil {
		t.Fatal(err)
	}
	shows := func(hash, want string) {
		t.Helper()
		got, err := s.Shared(t.Context(), hash)
		if got != want || fault.Is(err, fault.NotFound) != (want == "") {
			t.Errorf("%s shows %q, %v, want %q", hash, got, err, want)
		}
	}
	shows("hash-0", mine)
	shows("more", "")
	shows("other", other)
	for range 2 { // nothing to forget is no error
		if err := s.DropShares(t.Context(), mine); err != nil {
			t.Fatal(err)
		}
	}
	shows("hash-0", "")
	shows("hash-9", "")
	shows("other", other)
	if err := s.AddShare(t.Context(), "again", mine, start); err != nil {
		t.Error(err)
	}
}

func testFinds(t *testing.T, p Place) {
	s := mustOpen(t, p)
	for i, rider := range []string{"ann", "Bob", "an-2", "an_3", "bo", "ann", "ann", "anz", "zoe"} {
		r := newRequest(rider)
		r.ID = fmt.Sprintf("trip-%d", i)
		mustCreate(t, s, r, start)
	}
	for _, name := range []string{"Ana Silva", "Bob%", "Hanna_x", "", "Zoe"} {
		id := fmt.Sprintf("d-%c", 'a'+len(name))
		if _, _, err := s.Register(t.Context(), driver.Profile{ID: id, Name: name, Class: driver.Standard, Seats: 4, CreatedAt: start}); err != nil {
			t.Fatal(err)
		}
	}
	for _, q := range []struct {
		text   string
		limit  int
		trips  []string
		riders []string
		names  []string
	}{
		{"trip-3", 9, []string{"trip-3"}, nil, nil},
		{"trip", 3, []string{"trip-0", "trip-1", "trip-2"}, nil, nil},
		{"an", 9, nil, []string{"an-2", "an_3", "ann", "anz"}, []string{"Hanna_x", "Ana Silva"}},
		{"an", 2, nil, []string{"an-2", "an_3"}, []string{"Hanna_x", "Ana Silva"}},
		{"ann", 9, nil, []string{"ann"}, []string{"Hanna_x"}},
		{"%", 9, nil, nil, []string{"Bob%"}},
		{"_", 9, nil, nil, []string{"Hanna_x"}},
		{"d-", 2, nil, nil, []string{"", "Zoe"}},
		{"zo", 9, nil, []string{"zoe"}, []string{"Zoe"}},
		{"nobody", 9, nil, nil, nil},
	} {
		trips, err := s.TripsLike(t.Context(), q.text, q.limit)
		var ids, names []string
		for _, t := range trips {
			ids = append(ids, t.ID)
		}
		if err != nil || !slices.Equal(ids, q.trips) {
			t.Errorf("TripsLike(%s) = %q, %v, want %q", q.text, ids, err, q.trips)
		}
		if riders, err := s.RidersLike(t.Context(), q.text, q.limit); err != nil || !slices.Equal(riders, q.riders) {
			t.Errorf("RidersLike(%s) = %q, %v, want %q", q.text, riders, err, q.riders)
		}
		drivers, err := s.DriversLike(t.Context(), q.text, q.limit)
		for _, d := range drivers {
			names = append(names, d.Name)
		}
		if err != nil || !slices.Equal(names, q.names) {
			t.Errorf("DriversLike(%s) = %q, %v, want %q", q.text, names, err, q.names)
		}
	}
}
