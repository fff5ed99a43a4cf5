package bustest

import (
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/wire"
)

// Whoever is asked, all that live answer, and what they tell is put in order.
func testDecisions(t *testing.T, s Server) {
	one, other := join(t, s), join(t, s)
	a, b := unique("one"), unique("other")
	must(t, one.Members.Join(t.Context(), a))
	must(t, other.Members.Join(t.Context(), b))
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	remembers := func(chosen string, at time.Time) func(string) []wire.Decision {
		return func(tripID string) []wire.Decision {
			return []wire.Decision{{At: at, Chosen: chosen, Refused: tripID}}
		}
	}
	started(t, one)(one.Decisions.Serve(remembers("late", at.Add(time.Second))))
	started(t, other)(other.Decisions.Serve(remembers("early", at)))
	eventually(t, "both are members", func() bool { return len(intersect(one.Members.Live(), a, b)) == 2 })
	got, whole, err := one.Decisions.Recall(t.Context(), "t1")
	if err != nil || !whole || len(got) != 2 || got[0].Chosen != "early" || got[1].Chosen != "late" || got[0].Refused != "t1" {
		t.Fatalf("decisions = %+v, %v", got, err)
	}
	ask := wire.PassedOverQuery{DriverID: "d1", Since: at}
	passes := func(trip string, at time.Time) func(wire.PassedOverQuery) wire.PassedOverReply {
		return func(q wire.PassedOverQuery) wire.PassedOverReply {
			return wire.PassedOverReply{Decisions: []wire.PassedOver{{At: at, TripID: trip, Chosen: q.DriverID}}}
		}
	}
	started(t, one)(one.Decisions.ServePassedOver(passes("early", at)))
	if got, err := other.Decisions.PassedOver(t.Context(), ask); err != nil || !got.Partial || len(got.Decisions) != 1 {
		t.Errorf("one of two answers: %+v, %v", got, err)
	}
	started(t, other)(other.Decisions.ServePassedOver(passes("late", at.Add(time.Second))))
	passed, err := one.Decisions.PassedOver(t.Context(), ask)
	if err != nil || passed.Partial || len(passed.Decisions) != 2 || passed.Decisions[0].TripID != "late" || passed.Decisions[1].TripID != "early" || passed.Decisions[0].Chosen != "d1" {
		t.Errorf("passed over = %+v, %v", passed, err)
	}
}
