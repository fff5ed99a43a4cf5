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
	got, err := one.Decisions.Recall(t.Context(), "t1")
	if err != nil || len(got) != 2 || got[0].Chosen != "early" || got[1].Chosen != "late" || got[0].Refused != "t1" {
		t.Fatalf("decisions = %+v, %v", got, err)
	}
}
