package dispatch

import (
	"fmt"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

func TestInbox(t *testing.T) {
	old, young := &trip.Trip{ID: "t", Version: 1}, &trip.Trip{ID: "t", Version: 2}

	t.Run("KeepsTheLatest", func(t *testing.T) {
		var in inbox
		in.changed(young)
		in.changed(old)
		all, _ := in.take()
		if all["t"].trip != young {
			t.Fatalf("kept version %d, want 2", all["t"].trip.Version)
		}
	})

	t.Run("ANudgeMeansReading", func(t *testing.T) {
		var in inbox
		in.nudged(wire.Nudge{TripID: "t"})
		in.changed(young)
		all, _ := in.take()
		if all["t"].trip != nil {
			t.Fatal("a nudge was taken for a trip that may be older than it")
		}
	})

	t.Run("AnEventDoesNotReplaceTheWholeTrip", func(t *testing.T) {
		var in inbox
		in.changed(young)
		in.told(trip.Event{TripID: "t", Trip: *young})
		all, _ := in.take()
		if !all["t"].whole {
			t.Fatal("the event took the place of the trip with its offer")
		}
	})

	t.Run("OverflowAsksForASweep", func(t *testing.T) {
		var in inbox
		for i := range inboxLimit + 1 {
			in.nudged(wire.Nudge{TripID: fmt.Sprint(i)})
		}
		all, overflow := in.take()
		if len(all) > inboxLimit || !overflow {
			t.Fatalf("%d kept, overflow %v", len(all), overflow)
		}
		if _, overflow := in.take(); overflow {
			t.Fatal("overflow was told twice")
		}
	})
}

func TestBook_HearKeepsTheNewer(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	pending := &trip.Trip{ID: "t", State: trip.Searching, Version: 1, Offer: &trip.Offer{ID: "o", State: trip.OfferPending, CreatedAt: at}}
	declined := pending.Clone()
	declined.Offer.State, declined.Offer.ClosedAt = trip.OfferDeclined, at.Add(time.Second)
	cancelled := declined.Clone()
	cancelled.State, cancelled.Version = trip.Cancelled, 2

	b := newBook()
	b.hear(declined, true, at)
	b.hear(pending, true, at)
	if got := b.entries["t"].trip.Offer.State; got != trip.OfferDeclined {
		t.Fatalf("offer = %s: an older stand took the place of a newer one", got)
	}
	b.hear(cancelled, true, at)
	if len(b.entries) != 0 {
		t.Fatal("a final trip stays in the book")
	}
}

func TestBook_TheStoreIsRightWhateverTheClocks(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	closed := &trip.Trip{ID: "t", State: trip.Searching, Version: 1, Offer: &trip.Offer{ID: "o1", State: trip.OfferDeclined, CreatedAt: at, ClosedAt: at}}
	next := closed.Clone()
	next.Offer = &trip.Offer{ID: "o2", State: trip.OfferPending, CreatedAt: at.Add(-10 * time.Minute)} // the clock was set back
	b := newBook()
	b.set(closed, at)
	b.set(next, at)
	if got := b.entries["t"].trip.Offer.ID; got != "o2" {
		t.Fatalf("the book keeps offer %s against the store", got)
	}
}
