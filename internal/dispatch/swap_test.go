package dispatch_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// swapping exchanges drivers at every tick.
func swapping(p *dispatch.Policy) {
	p.Swap, p.SwapEvery, p.SwapLoss = true, time.Millisecond, 0
}

// crossed is two trips on the way to which their drivers cross: a at 0 m has the
// driver at 2900 m, b at 3000 m the one at 100 m. Exchanging saves 2800 m of each,
// 520 s.
func (c *city) crossed() (a, b *trip.Trip) {
	c.tb.Helper()
	c.at("d1", east(2900))
	a = c.assigned(0, "d1")
	c.at("d2", east(100))
	b = c.assigned(3000, "d2")
	return a, b
}

// assigned is a trip that has the driver, who must be the one to be offered it.
func (c *city) assigned(metres float64, driverID string) *trip.Trip {
	c.tb.Helper()
	t := c.requestAt(metres)
	c.tick(0)
	c.accept(t.ID, driverID)
	return t
}

// has fails unless the trip is assigned to the driver after so many exchanges.
func (c *city) has(t *trip.Trip, driverID string, swaps int) {
	c.tb.Helper()
	got := c.read(t.ID)
	if got.State != trip.Assigned || got.DriverID != driverID || got.Swaps != swaps {
		c.tb.Fatalf("trip is %s with %q after %d exchanges, want assigned to %s after %d", got.State, got.DriverID, got.Swaps, driverID, swaps)
	}
	claims, err := c.store.ClaimedBy(c.ctx, driverID)
	if err != nil || len(claims) != 1 || claims[0].ID != t.ID {
		c.tb.Fatalf("%s holds %v, %v; want this trip alone", driverID, claims, err)
	}
}

func TestSwap_Circle(t *testing.T) {
	for _, name := range dispatch.Policies {
		t.Run(name, func(t *testing.T) {
			c := mustCity(t)
			c.rule(named(name))
			a, b := c.crossed()
			c.tick(time.Second)
			c.has(a, "d1", 0) // not switched on
			c.rule(swapping)
			c.tick(time.Second)
			c.has(a, "d2", 1)
			c.has(b, "d1", 1)

			got := c.dispatcher.Decisions(a.ID)
			last := got[len(got)-1]
			if last.From != "d1" || last.Chosen != "d2" || last.Saved.Round(time.Second) != 520*time.Second {
				t.Errorf("record is %+v", last)
			}
			c.drive(a.ID, "d2", c.desk.Arrive, c.desk.Start, c.desk.Complete)
			if _, err := c.desk.Arrive(c.ctx, "d2", b.ID); err == nil {
				t.Error("a driver arrives at a trip that was taken away")
			}
		})
	}
}

// Three trips, each of whose drivers is next to another one's rider.
func TestSwap_CircleOfThree(t *testing.T) {
	c := mustCity(t)
	c.at("d1", east(3000))
	a := c.assigned(0, "d1")
	c.at("d2", east(6000))
	b := c.assigned(2900, "d2")
	c.at("d3", east(-100))
	d := c.assigned(5900, "d3")
	c.rule(swapping)
	c.tick(time.Second)
	c.has(a, "d3", 1)
	c.has(b, "d1", 1)
	c.has(d, "d2", 1)
}

func TestSwap_Limits(t *testing.T) {
	for name, tc := range map[string]struct {
		limit   func(*dispatch.Policy)
		swapped bool
	}{
		"ThresholdMet":    {func(p *dispatch.Policy) { p.SwapThreshold = 519 * time.Second }, true},
		"ThresholdNotMet": {func(p *dispatch.Policy) { p.SwapThreshold = 521 * time.Second }, false},
		"NoSwaps":         {func(p *dispatch.Policy) { p.MaxSwaps = 0 }, false},
		"NoLimit":         {func(p *dispatch.Policy) { p.MaxSwaps = -1 }, true},
	} {
		t.Run(name, func(t *testing.T) {
			c := mustCity(t)
			a, b := c.crossed()
			c.rule(swapping)
			c.rule(tc.limit)
			c.tick(time.Second)
			if tc.swapped {
				c.has(a, "d2", 1)
				c.has(b, "d1", 1)
			} else {
				c.has(a, "d1", 0)
				c.has(b, "d2", 0)
			}
		})
	}
}

// Drivers who go astray again are exchanged again, as often as MaxSwaps says.
func TestSwap_MaxSwaps(t *testing.T) {
	for limit, want := range map[int]int{0: 0, 1: 1, 2: 2, 3: 3, -1: 5} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			c := mustCity(t)
			a, b := c.crossed()
			c.rule(swapping)
			c.rule(func(p *dispatch.Policy) { p.MaxSwaps = limit })
			for range 5 {
				c.at(c.read(a.ID).DriverID, east(2900))
				c.at(c.read(b.ID).DriverID, east(100))
				c.tick(time.Second)
			}
			if got := c.read(a.ID).Swaps; got != want {
				t.Fatalf("%d exchanges, want %d", got, want)
			}
		})
	}
}

func TestSwap_Every(t *testing.T) {
	c := mustCity(t)
	c.rule(swapping)
	c.rule(func(p *dispatch.Policy) { p.SwapEvery, p.MaxSwaps = 10*time.Second, -1 })
	a, b := c.crossed()
	c.tick(10 * time.Second)
	c.has(a, "d2", 1)
	c.at("d1", east(100))
	c.at("d2", east(2900))
	c.tick(9 * time.Second)
	c.has(a, "d2", 1)
	c.tick(time.Second)
	c.has(a, "d1", 2)
	c.has(b, "d2", 2)
}

// What nobody may take away: an offer that a driver looks at, a driver who is all
// but there, one who has arrived, one whose position is old, one who is ending
// the day, one whom the trip excludes, one whose car is another.
func TestSwap_Untouched(t *testing.T) {
	for name, prepare := range map[string]func(c *city, a, b *trip.Trip){
		"AllButThere": func(c *city, a, b *trip.Trip) { // d1 is 22 s from a; exchanging would save 44 s, all of them b's
			c.rule(func(p *dispatch.Policy) { p.SwapThreshold = 0 })
			c.at("d1", east(120))
			c.at("d2", east(-3000))
		},
		"Arrived": func(c *city, a, b *trip.Trip) { c.drive(a.ID, "d1", c.desk.Arrive) },
		"EndOfDay": func(c *city, a, b *trip.Trip) {
			c.at("d2", east(100), func(l *driver.Location) { l.Available = false })
		},
		"Silent": func(c *city, a, b *trip.Trip) {
			delete(c.drivers, "d2")
			c.now = c.now.Add(c.desk.Limits.Fresh)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := mustCity(t)
			a, b := c.crossed()
			prepare(c, a, b)
			before, beforeB := c.read(a.ID), c.read(b.ID)
			c.rule(swapping)
			c.tick(time.Second)
			if got := c.read(a.ID); got.DriverID != before.DriverID || got.Version != before.Version {
				t.Fatalf("the trip went to %s", got.DriverID)
			}
			if got := c.read(b.ID); got.DriverID != beforeB.DriverID {
				t.Fatalf("the other trip went to %s", got.DriverID)
			}
		})
	}
	t.Run("Excluded", func(t *testing.T) {
		c := mustCity(t)
		c.at("d2", east(100))
		a := c.assigned(0, "d2")
		if _, err := c.desk.Cancel(c.ctx, trip.Actor{Role: trip.Driver, ID: "d2"}, a.ID, "no"); err != nil {
			t.Fatal(err)
		}
		c.at("d1", east(2900))
		c.tick(time.Second)
		c.accept(a.ID, "d1")
		b := c.assigned(3000, "d2")
		c.rule(swapping)
		c.tick(time.Second)
		c.has(a, "d1", 0)
		c.has(b, "d2", 0)
	})
	t.Run("OtherClass", func(t *testing.T) {
		c := mustCity(t)
		c.at("d1", east(2900))
		a := c.assigned(0, "d1")
		c.at("d2", east(100), func(l *driver.Location) { l.Class = "xl" })
		b := c.request(func(r *trip.Request) { r.Pickup, r.Class = east(3000), "xl" })
		c.tick(0)
		c.accept(b.ID, "d2")
		c.rule(swapping)
		c.tick(time.Second)
		c.has(a, "d1", 0)
		c.has(b, "d2", 0)
	})
	t.Run("Offered", func(t *testing.T) {
		c := mustCity(t)
		c.at("d1", east(2900))
		a := c.assigned(0, "d1")
		c.at("d2", east(100))
		b := c.requestAt(3000)
		c.tick(0)
		c.rule(swapping)
		c.rule(func(p *dispatch.Policy) { p.SwapIdle = true })
		c.tick(time.Second)
		c.has(a, "d1", 0)
		c.offered(b.ID, "d2")
	})
}

// Exchanging spares the rider of a 279 s, and costs that of b 130 s.
func TestSwap_Loss(t *testing.T) {
	for _, tc := range []struct {
		loss    time.Duration
		swapped bool
	}{{0, true}, {2 * time.Minute, false}, {3 * time.Minute, true}} {
		t.Run(tc.loss.String(), func(t *testing.T) {
			c := mustCity(t)
			c.at("d1", east(2000)) // to a 371 s, to b 297 s
			a := c.assigned(0, "d1")
			c.at("d2", east(-500)) // to a 93 s, to b 167 s
			b := c.assigned(400, "d2")
			c.rule(swapping)
			c.rule(func(p *dispatch.Policy) { p.SwapLoss = tc.loss })
			c.tick(time.Second)
			if tc.swapped {
				c.has(a, "d2", 1)
				c.has(b, "d1", 1)
			} else {
				c.has(a, "d1", 0)
				c.has(b, "d2", 0)
			}
		})
	}
}

func TestSwap_Idle(t *testing.T) {
	t.Run("FreeDriversAreAskedOnly", func(t *testing.T) {
		c := mustCity(t)
		c.rule(swapping)
		c.at("d1", east(2900))
		a := c.assigned(0, "d1")
		c.at("free", east(100))
		c.tick(time.Second)
		c.has(a, "d1", 0)
	})
	t.Run("FreeDriverTakesOver", func(t *testing.T) {
		c := mustCity(t)
		c.rule(swapping)
		c.rule(func(p *dispatch.Policy) { p.SwapIdle = true })
		c.at("d1", east(2900))
		a := c.assigned(0, "d1")
		c.at("free", east(100))
		c.tick(time.Second)
		c.has(a, "free", 1)
		b := c.requestAt(2950)
		c.tick(0)
		c.offered(b.ID, "d1") // who is free again
	})
	t.Run("ChainFromTheYoungest", func(t *testing.T) {
		c := mustCity(t)
		store := &refusing{Trips: c.store}
		c.trips = store
		c.restart()
		c.at("d1", east(3000))
		a := c.assigned(0, "d1")
		c.at("d2", east(6000))
		b := c.assigned(2900, "d2")
		c.rule(swapping)
		c.rule(func(p *dispatch.Policy) { p.SwapIdle = true })
		c.at("free", east(100))
		c.tick(time.Second)
		c.has(a, "free", 1)
		c.has(b, "d1", 1)
		if len(store.asked) != 1 || len(store.asked[0]) != 2 {
			t.Errorf("the chain is not one exchange: %v", store.asked)
		}
	})
	t.Run("OpenTripBeginsAChain", func(t *testing.T) {
		c := mustCity(t)
		c.rule(swapping)
		c.at("d1", east(2900))
		a := c.assigned(0, "d1")
		c.rule(func(p *dispatch.Policy) { p.SwapIdle = true })
		c.at("free", east(100))
		b := c.requestAt(3000)
		c.tick(0)
		c.has(a, "free", 1)
		c.has(b, "d1", 0)
		if got := c.dispatcher.Decisions(b.ID); len(got) != 1 || got[0].Chosen != "d1" || got[0].From != "" {
			t.Errorf("records are %+v", got)
		}
	})
	t.Run("WithoutItEachIsOfferedTheFreeOne", func(t *testing.T) {
		c := mustCity(t)
		c.rule(swapping)
		c.at("d1", east(2900))
		a := c.assigned(0, "d1")
		c.at("free", east(100))
		b := c.requestAt(3000)
		c.tick(0)
		c.has(a, "d1", 0)
		c.offered(b.ID, "free")
	})
}

// TestSwap_TwoWhoBothBelieveTheyOwn: the second dispatcher decides on a book
// that the first has made old.
func TestSwap_TwoWhoBothBelieveTheyOwn(t *testing.T) {
	c := mustCity(t)
	a, b := c.crossed()
	one := c.dispatcher
	c.rule(swapping)
	c.restart()
	c.rule(swapping)
	two := c.dispatcher
	two.SetPolicy(dispatch.DefaultPolicy)
	two.Tick(c.ctx) // learns of the trips, and exchanges nothing
	one.Tick(c.ctx)
	c.has(a, "d2", 1)
	c.rule(swapping)
	two.Tick(c.ctx)
	c.has(a, "d2", 1)
	c.has(b, "d1", 1)
	got := two.Decisions(a.ID)
	if len(got) != 1 || got[0].Refused != string(fault.WrongState) || got[0].From != "d1" || got[0].Chosen != "" {
		t.Errorf("records of the second are %+v", got)
	}
	for range 3 { // which goes on from what the store says
		c.tick(time.Second)
	}
	c.has(a, "d2", 1)
	if got := two.Decisions(a.ID); len(got) != 1 {
		t.Errorf("records of the second are %+v", got)
	}
}

// refusing is a store that refuses exchanges for a while, and counts what it is
// asked for.
type refusing struct {
	dispatch.Trips
	err   error
	asked [][]trip.Move
}

func (r *refusing) Exchange(ctx context.Context, moves []trip.Move) ([]*trip.Trip, error) {
	r.asked = append(r.asked, moves)
	if r.err != nil {
		return nil, r.err
	}
	return r.Trips.Exchange(ctx, moves)
}

// A free driver whom another dispatcher claimed holds up the rest for one look only.
func TestSwap_ClaimedElsewhere(t *testing.T) {
	c := mustCity(t)
	store := &refusing{Trips: c.store, err: fault.New(fault.DriverClaimed, "another trip")}
	c.trips = store
	c.restart()
	c.at("d1", east(2900))
	a := c.assigned(0, "d1")
	c.rule(swapping)
	c.rule(func(p *dispatch.Policy) { p.SwapIdle = true })
	c.at("free", east(100))
	c.at("second", east(200))
	c.tick(time.Second)
	store.err = nil
	c.tick(time.Second)
	c.has(a, "second", 1)
}

func TestSwap_RefusedIsTriedAgain(t *testing.T) {
	for _, code := range []fault.Code{fault.DriverClaimed, fault.WrongState, fault.Unavailable} {
		t.Run(string(code), func(t *testing.T) {
			c := mustCity(t)
			store := &refusing{Trips: c.store, err: fault.New(code, "not now")}
			c.trips = store
			c.restart()
			a, b := c.crossed()
			c.rule(swapping)
			c.tick(time.Second)
			c.has(a, "d1", 0)
			store.err = nil
			c.tick(time.Second)
			c.has(a, "d2", 1)
			c.has(b, "d1", 1)
		})
	}
}
