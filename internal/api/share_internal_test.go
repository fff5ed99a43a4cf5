package api

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// oneShare is a store with one link, to one trip, that counts who asks.
type oneShare struct {
	Shares
	Trips
	gone  bool
	asked int
}

func (s *oneShare) Shared(context.Context, string) (string, error) {
	s.asked++
	if s.gone {
		return "", fault.New(fault.NotFound, "no such link")
	}
	return "t1", nil
}

func (s *oneShare) Trip(context.Context, string) (*trip.Trip, error) {
	return &trip.Trip{ID: "t1", State: trip.Searching}, nil
}

// A thousand friends who look at a still picture cost the store next to nothing; a
// change, and a link that is taken back, are seen at the next look.
func TestFollower_Look(t *testing.T) {
	store := &oneShare{}
	a := &API{Deps: Deps{Shares: store, Trips: store, Now: time.Now}}
	f := &follower{API: a, token: strings.Repeat("A", shareLength)}
	look := func(n int, changed bool) error {
		t.Helper()
		_, err := f.look(t.Context(), n, changed)
		return err
	}
	for n := range 10 * readEach {
		if err := look(n, n == 0); err != nil {
			t.Fatal(err)
		}
	}
	if store.asked != 10 {
		t.Errorf("%d looks asked the store %d times, want 10", 10*readEach, store.asked)
	}
	if err := look(1, true); err != nil || store.asked != 11 {
		t.Errorf("a change was looked up %d times, %v", store.asked-10, err)
	}
	store.gone = true
	if err := look(2, false); err != nil {
		t.Errorf("another program took the link back, which nobody here can know yet: %v", err)
	}
	a.unshared.Add(1)
	if err := look(3, false); !fault.Is(err, fault.NotFound) {
		t.Errorf("the link was taken back here: %v", err)
	}
	if err := look(readEach, false); !fault.Is(err, fault.NotFound) {
		t.Errorf("the link was taken back: %v", err)
	}
}
