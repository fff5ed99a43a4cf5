package postgis_test

import (
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/postgis"
	"github.com/cabstand/cabstand/internal/testenv"
	"github.com/cabstand/cabstand/internal/trip"
)

// A trip that somebody has in hand refuses the exchange: no tick stands still for
// it, and the other trips are as they were.
func TestStore_ExchangeYieldsToALockedTrip(t *testing.T) {
	s := mustMigrated(t, postgis.Options{URL: testenv.Postgres(t)})
	free, locked := mustCreate(t, s), mustCreate(t, s)
	now := free.RequestedAt
	give := func(t *trip.Trip, to string) trip.Move {
		return trip.Move{TripID: t.ID, Epoch: 1, To: to, OfferID: uuid.NewString(), Now: now}
	}
	held, release := make(chan struct{}), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		_, err := s.Update(t.Context(), locked.ID, func(*trip.Trip) ([]trip.Event, error) { close(held); <-release; return nil, nil })
		if err != nil {
			t.Error(err)
		}
	})
	<-held
	_, err := s.Exchange(t.Context(), []trip.Move{give(free, "d1"), give(locked, "d2")})
	close(release)
	group.Wait()
	if !fault.Is(err, fault.WrongState) {
		t.Errorf("the error is %v, not %s", err, fault.WrongState)
	}
	if left, err := s.ClaimedBy(t.Context(), "d1"); err != nil || len(left) != 0 {
		t.Errorf("a claim was left: %+v, %v", left, err)
	}
	moved, err := s.Exchange(t.Context(), []trip.Move{give(free, "d1"), give(locked, "d2")})
	if err != nil || len(moved) != 2 || moved[1].DriverID != "d2" {
		t.Errorf("once it is free: %+v, %v", moved, err)
	}
}
