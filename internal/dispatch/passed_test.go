package dispatch_test

import (
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/wire"
)

// Why no ride: the driver of another class is told so, the farther one that
// somebody was nearer, and the one who got the ride of nothing. Ticks that decide
// the same are one entry.
func TestDispatcher_PassedOver(t *testing.T) {
	c := mustCity(t)
	c.at("van", east(50), func(l *driver.Location) { l.Class = "van" })
	waiting := c.request()
	for range 3 {
		c.tick(500 * time.Millisecond)
	}
	ask := func(id string) []wire.PassedOver {
		t.Helper()
		reply := c.dispatcher.PassedOver(wire.PassedOverQuery{DriverID: id, Since: c.now.Add(-time.Hour)})
		if reply.Partial {
			t.Error("partial")
		}
		return reply.Decisions
	}
	if got := ask("van"); len(got) != 1 || got[0].Reason != "other_class" || got[0].Ticks != 3 || got[0].TripID != waiting.ID || got[0].Chosen != "" {
		t.Errorf("while it waits: %+v", got)
	}
	c.at("near", east(100))
	c.at("far", east(2000))
	c.tick(500 * time.Millisecond)
	c.offered(waiting.ID, "near")
	if got := ask("far"); len(got) != 1 || got[0].Reason != "not_cheapest" || got[0].Chosen != "near" || *got[0].CostS <= *got[0].ChosenCostS || got[0].Metres < 1990 || got[0].Metres > 2010 {
		t.Errorf("the farther one: %+v", got)
	}
	if got := ask("near"); len(got) != 0 {
		t.Errorf("who got it: %+v", got)
	}
	if got := ask("van"); len(got) != 2 || got[0].Chosen != "near" || got[0].At.Before(got[1].At) {
		t.Errorf("then: %+v", got)
	}
}
