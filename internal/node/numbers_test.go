package node

import (
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/numbers"
	"github.com/cabstand/cabstand/internal/sqlite"
	"github.com/cabstand/cabstand/internal/trip"
)

func TestCountedTrips(t *testing.T) {
	ctx := t.Context()
	s, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "cabstand.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	r := numbers.New(numbers.Deps{Dispatcher: "a", Start: "1", Store: s, Live: func() []string { return nil }, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	trips := countedTrips{s, r}
	now := time.Now()
	made, events := trip.New(trip.Request{
		ID: newID(), RiderID: "r", Class: driver.Standard, Seats: 1, Pickup: geo.Point{Lat: 40.7, Lon: -74}, Dropoff: geo.Point{Lat: 40.8, Lon: -74}, Search: time.Hour,
	}, now)
	for range 2 { // the second is a repetition
		if _, err := trips.Create(ctx, made, events, &trip.Once{Actor: "r", Key: "k", Digest: "d", Answer: []byte("{}")}); err != nil {
			t.Fatal(err)
		}
	}
	no := errors.New("no")
	if _, err := trips.Update(ctx, made.ID, func(t *trip.Trip) ([]trip.Event, error) {
		_, _ = t.Cancel(trip.Actor{Role: trip.Rider, ID: "r"}, "", now)
		return nil, no
	}); !errors.Is(err, no) {
		t.Fatal(err)
	}
	if n := r.Numbers(ctx, time.Hour).Totals; n.Requests != 1 || n.Cancelled != 0 {
		t.Errorf("%+v, want one request, and nothing that was not committed", n)
	}
	if _, err := trips.Update(ctx, made.ID, func(t *trip.Trip) ([]trip.Event, error) {
		return t.Cancel(trip.Actor{Role: trip.Rider, ID: "r"}, "", now)
	}); err != nil {
		t.Fatal(err)
	}
	if n := r.Numbers(ctx, time.Hour).Totals; n.Cancelled != 1 {
		t.Errorf("%+v, want one cancelled", n)
	}
}
