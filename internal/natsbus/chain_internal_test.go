package natsbus

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/trip"
)

// events are those of one trip, of the versions named.
func events(versions ...int64) (all []trip.Event) {
	for _, v := range versions {
		all = append(all, event("t", v))
	}
	return all
}

// eventsOf are the first n of a trip.
func eventsOf(tripID string, n int64) (all []trip.Event) {
	for v := range n {
		all = append(all, event(tripID, v+1))
	}
	return all
}

func event(tripID string, version int64) trip.Event {
	return trip.Event{TripID: tripID, Version: version, Trip: trip.Trip{ID: tripID, Version: version, Pickup: geo.Point{Lat: 40.73, Lon: -73.98}}}
}

// newStream is a bus of its own, and how to read its stream.
func newStream(t *testing.T) (*Trips, func() []string) {
	server, err := StartEmbedded(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	b, err := Connect(t.Context(), Options{Embedded: server})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b.Trips, func() (ids []string) {
		stream, err := b.Trips.js.Stream(t.Context(), tripsStream)
		if err != nil {
			t.Fatal(err)
		}
		info, err := stream.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for seq := uint64(1); seq <= info.State.LastSeq; seq++ {
			m, err := stream.GetMsg(t.Context(), seq)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, m.Header.Get(jetstream.MsgIDHeader))
		}
		return ids
	}
}

// An event is lost on its way, and the ones behind it reach the stream: it refuses
// them, whichever batch they are of, until the lost one has come again.
func TestTrips_NothingOvertakesWhatWasLost(t *testing.T) {
	trips, stored := newStream(t)
	all := events(1, 2, 3, 4, 5, 6, 7, 8)
	first, err := trips.Send(t.Context(), all[:2])
	if err != nil {
		t.Fatal(err)
	}
	trips.chain.grow(all[2].ID()) // it was sent, and lost
	second, err := trips.Send(t.Context(), all[3:6])
	if err != nil {
		t.Fatal(err)
	}
	third, err := trips.Send(t.Context(), all[6:7])
	if err != nil {
		t.Fatal(err)
	}
	for i, receipt := range []func() (int, error){first, second, third} {
		if acked, err := receipt(); (i == 0) != (err == nil && acked == 2) || i > 0 && acked > 0 {
			t.Errorf("batch %d: %d acknowledged, %v", i, acked, err)
		}
	}
	if acked, err := trips.Publish(t.Context(), all[1:]); err != nil || acked != 7 {
		t.Errorf("again: %d acknowledged, %v", acked, err)
	}
	var want []string
	for _, ev := range all {
		want = append(want, ev.ID())
	}
	if got := stored(); !slices.Equal(got, want) {
		t.Errorf("stored %v, want %v", got, want)
	}
}

// Behind a batch that failed none is sent before it has ended, though there is
// nothing on its way that it could follow.
func TestTrips_NothingFollowsWhatFailed(t *testing.T) {
	trips, stored := newStream(t)
	all := events(1, 2, 3)
	long := events(1)
	long[0].Reason = strings.Repeat("long", 1<<20)
	failed, err := trips.Send(t.Context(), long)
	if err == nil {
		t.Fatal("the bus takes more than it takes at once")
	}
	if acked, err := trips.Publish(t.Context(), all[1:2]); acked != 0 || err == nil {
		t.Errorf("%d acknowledged, %v", acked, err)
	}
	if acked, err := failed(); acked != 0 || err == nil {
		t.Errorf("%d acknowledged, %v", acked, err)
	}
	if acked, err := trips.Publish(t.Context(), all); acked != 3 || err != nil {
		t.Errorf("%d acknowledged, %v", acked, err)
	}
	if got := fmt.Sprint(stored()); got != fmt.Sprint([]string{all[0].ID(), all[1].ID(), all[2].ID()}) {
		t.Errorf("stored %v", got)
	}
}

// After a failure some events are there and some are not, in any order: whatever
// is said to be stored is, in the end all of it, and each trip's in order.
func TestTrips_WhatIsAcknowledgedIsThere(t *testing.T) {
	trips, _ := newStream(t)
	rapid.Check(t, func(rt *rapid.T) {
		id := rapid.StringMatching(`[a-z]{12}`).Draw(rt, "trip") // of its own, so that the stream need not be emptied
		all := eventsOf(id, 12)
		for _, i := range rapid.SliceOfDistinct(rapid.IntRange(0, len(all)-1), rapid.ID).Draw(rt, "there already") {
			if _, err := trips.Publish(t.Context(), all[i:i+1]); err != nil {
				rt.Fatal(err)
			}
		}
		for left := all; len(left) > 0; {
			acked, err := trips.Publish(t.Context(), left)
			if acked == 0 {
				rt.Fatalf("nothing of %d goes on: %v", len(left), err)
			}
			left = left[acked:]
		}
		stream, err := trips.js.Stream(t.Context(), tripsStream)
		if err != nil {
			rt.Fatal(err)
		}
		info, err := stream.Info(t.Context(), jetstream.WithSubjectFilter("trips.*."+id))
		if err != nil {
			rt.Fatal(err)
		}
		for subject, n := range info.State.Subjects {
			if n != uint64(len(all)) {
				rt.Errorf("%s has %d of %d events", subject, n, len(all))
			}
		}
	})
}
