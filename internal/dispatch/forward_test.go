package dispatch_test

import (
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/eta"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

func forward(p *dispatch.Policy) { p.Forward = time.Minute }

// riding is a ride of driver d from the centre to 3000 m, now at so many metres.
func (c *city) riding(metres float64) *trip.Trip {
	c.tb.Helper()
	c.at("d", east(0))
	t := c.assigned(0, "d")
	c.drive(t.ID, "d", c.desk.Arrive, c.desk.Start)
	c.at("d", east(metres))
	return t
}

func TestForward_OfferedWhileRiding(t *testing.T) {
	c := mustCity(t)
	first := c.riding(2900) // 19 s to go
	second := c.requestAt(3200)
	c.rule(func(p *dispatch.Policy) { p.Forward = 0 })
	c.tick(0)
	c.noOffer(second.ID) // switched off
	c.rule(forward)
	c.tick(time.Second)
	offer := c.offered(second.ID, "d")
	if offer.Slot != 1 || offer.PickupIn.Round(time.Second) != 56*time.Second { // 300 m by way of the drop-off
		t.Fatalf("offer is %+v", offer)
	}
	got := c.dispatcher.Decisions(second.ID)
	if last := got[len(got)-1]; last.Candidates[0].Lead.Round(time.Second) != 19*time.Second {
		t.Errorf("candidates are %+v", last.Candidates)
	}
	c.accept(second.ID, "d")
	if _, err := c.desk.Arrive(c.ctx, "d", second.ID); !fault.Is(err, fault.WrongState) {
		t.Fatalf("arriving at the next trip while riding says %v", err)
	}
	third := c.requestAt(3200)
	c.tick(time.Second)
	c.noOffer(third.ID) // one next trip is enough

	c.drive(first.ID, "d", c.desk.Complete)
	c.tick(time.Second)
	c.complete(second.ID, "d")
	c.tick(time.Second)
	c.offered(third.ID, "d")
}

// TestForward_PromotedByTheTick: the process that took the end of the ride died
// before it took up the next trip.
func TestForward_PromotedByTheTick(t *testing.T) {
	c := mustCity(t)
	first := c.riding(2900)
	c.rule(forward)
	second := c.requestAt(3200)
	c.tick(0)
	if _, err := c.store.Update(c.ctx, first.ID, func(t *trip.Trip) ([]trip.Event, error) { return t.Complete("d", c.now) }); err != nil {
		t.Fatal(err)
	}
	c.tick(6 * time.Second) // the sweep finds the end, and the pending offer expires
	c.tick(time.Second)
	second = c.read(second.ID)
	if claim, held := second.Claim(); held && claim.Slot != 0 {
		t.Fatalf("the next trip stays in slot %d: %+v", claim.Slot, second)
	}
}

func TestForward_AcceptedIsPromotedByTheTick(t *testing.T) {
	c := mustCity(t)
	first := c.riding(2900)
	c.rule(forward)
	second := c.requestAt(3200)
	c.tick(0)
	c.accept(second.ID, "d")
	if _, err := c.store.Update(c.ctx, first.ID, func(t *trip.Trip) ([]trip.Event, error) { return t.Complete("d", c.now) }); err != nil {
		t.Fatal(err)
	}
	c.tick(6 * time.Second)
	if got := c.read(second.ID); got.Slot != 0 || got.DriverID != "d" {
		t.Fatalf("trip is %s's in slot %d", got.DriverID, got.Slot)
	}
}

func TestForward_NotOffered(t *testing.T) {
	for name, prepare := range map[string]func(c *city){
		"TooFarToGo": func(c *city) { c.at("d", east(2600)) }, // 74 s
		"EndOfDay":   func(c *city) { c.at("d", east(2900), func(l *driver.Location) { l.Available = false }) },
		"BeyondCap":  func(c *city) { c.rule(func(p *dispatch.Policy) { p.PickupCap = 50 * time.Second }) },
	} {
		t.Run(name, func(t *testing.T) {
			c := mustCity(t)
			c.riding(2900)
			c.rule(forward)
			prepare(c)
			second := c.requestAt(3200)
			for range 5 {
				c.tick(time.Second)
				c.noOffer(second.ID)
			}
		})
	}
	t.Run("AFreeDriverIsNearer", func(t *testing.T) {
		c := mustCity(t)
		c.riding(2900)
		c.at("free", east(3250))
		c.rule(forward)
		second := c.requestAt(3200)
		c.tick(0)
		c.offered(second.ID, "free")
	})
}

// That the end of a ride is known from a tick before does not keep the driver out
// of the next.
func TestForward_AskedOnce(t *testing.T) {
	c := mustCity(t)
	points := 0
	c.estimate(counting{eta.DefaultStraight, &points})
	c.rule(forward)
	c.riding(2900)
	other := c.request(func(r *trip.Request) { r.Pickup, r.Class = east(3200), "xl" })
	c.tick(time.Second)
	c.noOffer(other.ID)
	points = 0
	second := c.requestAt(3200)
	c.tick(time.Second)
	c.offered(second.ID, "d")
	if points != 1 {
		t.Fatalf("%d travel times were asked for, want that to the pickup", points)
	}
}

// A ride that comes near its end is looked at again in time.
func TestForward_ComesNear(t *testing.T) {
	t.Run("ByTheStraightLine", func(t *testing.T) { comesNear(t, eta.DefaultStraight) })
	t.Run("ByRoads", func(t *testing.T) { comesNear(t, unpaced{eta.DefaultStraight}) })
}

// unpaced is an estimator that does not say how fast it can be.
type unpaced struct{ dispatch.Estimator }

func comesNear(t *testing.T, e dispatch.Estimator) {
	c := mustCity(t)
	c.estimate(e)
	c.riding(0)
	c.rule(forward)
	second := c.request(func(r *trip.Request) { r.Pickup, r.Search = east(3200), time.Hour })
	for metres := 0.0; metres <= 2990; metres += 10.75 {
		c.at("d", east(metres))
		c.tick(2 * time.Second)
		left := (3000 - metres) / (7 / 1.3)
		switch o := c.read(second.ID).Offer; {
		case o.Pending() && left > 62:
			t.Fatalf("offered %.0f s before the end", left)
		case o.Pending():
			return
		case left < 47:
			t.Fatalf("not offered %.0f s before the end", left)
		}
	}
}

// A driver who does not finish does not hold the next rider.
func TestForward_StrandedIsGivenAway(t *testing.T) {
	c := mustCity(t)
	first := c.riding(2900)
	c.rule(forward)
	second := c.requestAt(3200)
	c.tick(0)
	c.accept(second.ID, "d")
	for range 4*6 - 1 {
		c.tick(10 * time.Second)
	}
	c.hasNext(second, "d")
	c.at("other", east(5000))
	c.tick(12 * time.Second)
	c.tick(time.Second)
	c.offered(second.ID, "other")
	if got := c.read(first.ID); got.State != trip.Riding || got.DriverID != "d" {
		t.Fatalf("the ride at hand is %s", got.State)
	}
}

// hasNext fails unless the trip is the next one of the driver.
func (c *city) hasNext(t *trip.Trip, driverID string) {
	c.tb.Helper()
	if got := c.read(t.ID); got.State != trip.Assigned || got.DriverID != driverID || got.Slot != 1 {
		c.tb.Fatalf("trip is %s with %q in slot %d, want assigned to %s in slot 1", got.State, got.DriverID, got.Slot, driverID)
	}
}

// The silence of a driver costs the next trip, and not the ride at hand: that
// rider sits in the car.
func TestForward_LostDriverLosesTheNextTrip(t *testing.T) {
	c := mustCity(t)
	first := c.riding(2900)
	c.rule(forward)
	second := c.requestAt(3200)
	c.tick(0)
	c.accept(second.ID, "d")
	c.at("other", east(5000))
	c.tick(time.Second)
	delete(c.drivers, "d")
	for range int(c.desk.Limits.Lost/time.Second) + 3 {
		c.tick(time.Second)
	}
	c.offered(second.ID, "other")
	if got := c.read(first.ID); got.State != trip.Riding {
		t.Fatalf("the ride at hand is %s", got.State)
	}
}

// Trips in slot 1 may change drivers too: here the ride ends far from the next
// rider, and a driver on the way to somebody else is around the corner.
func TestForward_NextTripIsExchanged(t *testing.T) {
	c := mustCity(t)
	c.riding(2900) // drop-off at 3000 m
	c.rule(forward)
	a := c.assigned(0, "d") // 576 s, by way of the drop-off
	c.at("e", east(200))
	b := c.assigned(3300, "e") // 576 s
	c.rule(swapping)
	c.tick(time.Second)
	c.hasNext(b, "d")
	c.has(a, "e", 1)
}
