package dispatch

import (
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/trip"
)

// TestBook_HoldsInAnyOrder: a driver's next trip goes to somebody else and
// another comes in its place, after the trip before it was promoted. In whatever
// order the book hears of it, the trip at hand stays known.
func TestBook_HoldsInAnyOrder(t *testing.T) {
	now := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	held := func(id, driverID string, slot int, state trip.State, version int64) *trip.Trip {
		return &trip.Trip{ID: id, DriverID: driverID, Slot: slot, State: state, Version: version}
	}
	for name, news := range map[string][]*trip.Trip{
		"EndFirst":       {held("a", "d", 0, trip.Completed, 5), held("b", "d", 0, trip.Riding, 4)},
		"PromotionFirst": {held("b", "d", 0, trip.Riding, 4), held("a", "d", 0, trip.Completed, 5)},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBook()
			b.set(held("a", "d", 0, trip.Riding, 4), now)
			b.set(held("b", "d", 1, trip.Assigned, 2), now)
			for _, n := range news {
				b.hear(n, true, now)
			}
			b.set(held("c", "d", 1, trip.Assigned, 2), now)
			b.set(held("e", "d", 1, trip.Assigned, 3), now) // in exchange for c, which is heard of after it
			b.set(held("c", "other", 0, trip.Assigned, 3), now)
			h := b.holds["d"]
			if first, next := h.slot(0), h.slot(1); first == nil || first.id != "b" || next == nil || next.id != "e" {
				t.Errorf("the driver is held by %v and %v", first, next)
			}
		})
	}
}
