package dispatch_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/eta"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/match"
	"github.com/cabstand/cabstand/internal/trip"
)

// rule changes the policy in force.
func (c *city) rule(change func(*dispatch.Policy)) {
	c.tb.Helper()
	p := c.dispatcher.Policy()
	change(&p)
	if err := c.dispatcher.SetPolicy(p); err != nil {
		c.tb.Fatal(err)
	}
}

// named is a policy that goes by pickup times alone.
func named(name string) func(*dispatch.Policy) {
	return func(p *dispatch.Policy) { p.Name, p.Aging = name, 0 }
}

// requestAt is a request at so many metres to the east, made a second after the
// one before.
func (c *city) requestAt(metres float64) *trip.Trip {
	c.tb.Helper()
	c.now = c.now.Add(time.Second)
	return c.request(func(r *trip.Request) { r.Pickup = east(metres) })
}

// drive takes the driver's assigned trip to its end.
func (c *city) drive(tripID, driverID string, steps ...func(context.Context, string, string) (*trip.Trip, error)) {
	c.tb.Helper()
	for _, step := range steps {
		if _, err := step(c.ctx, driverID, tripID); err != nil {
			c.tb.Fatal(err)
		}
	}
}

func (c *city) complete(tripID, driverID string) {
	c.tb.Helper()
	c.drive(tripID, driverID, c.desk.Arrive, c.desk.Start, c.desk.Complete)
}

// On one street: a at 0 m, b at 1000 m, drivers at 600 m and at 2100 m. b is the
// closest to the first driver, and taking them together costs 800 m more than
// crossing over.
func TestPolicy_GreedyAgainstOptimal(t *testing.T) {
	for _, tc := range []struct{ policy, forA, forB string }{
		{dispatch.Greedy, "d2", "d1"},
		{dispatch.Optimal, "d1", "d2"},
		{dispatch.Fifo, "d1", "d2"},
	} {
		t.Run(tc.policy, func(t *testing.T) {
			c := mustCity(t)
			c.rule(named(tc.policy))
			c.at("d1", east(600))
			c.at("d2", east(2100))
			a, b := c.requestAt(0), c.requestAt(1000)
			c.tick(0)
			c.offered(a.ID, tc.forA)
			c.offered(b.ID, tc.forB)
		})
	}
}

// One driver, the older request twice as far away.
func TestPolicy_Fifo(t *testing.T) {
	for _, tc := range []struct {
		policy string
		older  bool
	}{{dispatch.Fifo, true}, {dispatch.Greedy, false}, {dispatch.Optimal, false}} {
		t.Run(tc.policy, func(t *testing.T) {
			c := mustCity(t)
			c.rule(named(tc.policy))
			c.at("d", east(600))
			old, young := c.requestAt(0), c.requestAt(900)
			c.tick(0)
			if tc.older {
				c.offered(old.ID, "d")
				c.noOffer(young.ID)
			} else {
				c.offered(young.ID, "d")
				c.noOffer(old.ID)
			}
		})
	}
}

func TestPolicy_PickupCap(t *testing.T) {
	for _, name := range dispatch.Policies {
		t.Run(name, func(t *testing.T) {
			c := mustCity(t)
			c.rule(func(p *dispatch.Policy) { p.Name, p.PickupCap = name, 2*time.Minute })
			c.at("far", east(700)) // 130 s
			tr := c.request()
			c.tick(0)
			c.noOffer(tr.ID)
			c.rule(func(p *dispatch.Policy) { p.PickupCap = 3 * time.Minute })
			c.tick(time.Second)
			c.offered(tr.ID, "far")
		})
	}
}

// One driver between a rider who waits at some distance and others who turn up
// next to the driver again and again.
func TestPolicy_AgingEndsStarvation(t *testing.T) {
	for _, tc := range []struct {
		policy string
		aging  float64
		starve bool
	}{{dispatch.Greedy, 0, true}, {dispatch.Optimal, 0, true}, {dispatch.Greedy, 1, false}, {dispatch.Optimal, 1, false}, {dispatch.Fifo, 0, false}} {
		t.Run(fmt.Sprint(tc.policy, tc.aging), func(t *testing.T) {
			c := mustCity(t)
			c.rule(func(p *dispatch.Policy) { p.Name, p.Aging = tc.policy, tc.aging })
			c.at("d", east(600)) // 111 s away
			far := c.requestAt(0)
			for range 20 {
				near := c.requestAt(600)
				c.tick(9 * time.Second)
				if o := c.read(far.ID).Offer; o.Pending() {
					if tc.starve {
						t.Fatalf("served after %s", c.now.Sub(far.RequestedAt))
					}
					return
				}
				c.accept(near.ID, "d")
				c.complete(near.ID, "d")
			}
			if !tc.starve {
				t.Fatalf("not served after %s", c.now.Sub(far.RequestedAt))
			}
		})
	}
}

// A ride that was booked a week ago has not been waited for all that week.
func TestPolicy_AgingOfABooking(t *testing.T) {
	c := mustCity(t)
	c.at("d", east(600))
	booked := c.request(func(r *trip.Request) { r.ScheduledFor = c.now.Add(7 * 24 * time.Hour) })
	c.now = booked.ScheduledFor.Add(-c.desk.Limits.Lead)
	near := c.request(func(r *trip.Request) { r.Pickup = east(700) })
	c.tick(0)
	if got := c.read(booked.ID).State; got != trip.Searching {
		t.Fatalf("the booked trip is %s", got)
	}
	c.offered(near.ID, "d")
	c.noOffer(booked.ID)
	if got := c.dispatcher.Decisions(booked.ID)[0].Price; got != dispatch.DefaultPolicy.PickupCap {
		t.Errorf("leaving it unserved costs %s as its search begins, want the cap", got)
	}
}

func TestPolicy_Fairness(t *testing.T) {
	for _, tc := range []struct {
		fairness float64
		want     string
	}{{0, "worked"}, {0.2, "worked"}, {1, "idled"}} {
		for _, name := range dispatch.Policies {
			t.Run(fmt.Sprint(name, tc.fairness), func(t *testing.T) {
				c := mustCity(t)
				c.rule(func(p *dispatch.Policy) { p.Name, p.Fairness = name, tc.fairness })
				c.at("worked", east(0))
				first := c.requestAt(0)
				c.tick(0)
				c.accept(first.ID, "worked")
				c.at("idled", east(500)) // 93 s
				c.tick(5 * time.Second)  // nothing to match, but somebody new is seen
				c.now = c.now.Add(4 * time.Minute)
				c.complete(first.ID, "worked")
				second := c.requestAt(0)
				c.tick(0)
				c.offered(second.ID, tc.want)
			})
		}
	}
}

// Fairness weighs drivers against each other, and not against riders: somebody
// who has just come online serves a far request that nobody else can.
func TestPolicy_FairnessLeavesNobodyUnserved(t *testing.T) {
	for _, name := range dispatch.Policies {
		t.Run(name, func(t *testing.T) {
			c := mustCity(t)
			c.rule(func(p *dispatch.Policy) { p.Name, p.Fairness, p.Aging = name, 3, 0 })
			c.at("new", east(5000)) // 15 min
			tr := c.request()
			c.tick(0)
			c.offered(tr.ID, "new")
		})
	}
}

// counting counts what is asked.
type counting struct {
	eta.Straight
	points *int
}

func (e counting) Times(ctx context.Context, from []geo.Point, to geo.Point) ([]time.Duration, match.Rung) {
	*e.points += len(from)
	return e.Straight.Times(ctx, from, to)
}

// Among 800 drivers spread over 40 km, one request prices the nearest only.
func TestDispatcher_PricesFewDrivers(t *testing.T) {
	for _, name := range dispatch.Policies {
		t.Run(name, func(t *testing.T) {
			c := mustCity(t)
			points := 0
			c.estimate(counting{eta.DefaultStraight, &points})
			c.rule(named(name))
			batch := make([]driver.Location, 800)
			for i := range batch {
				batch[i] = c.location(fmt.Sprint("d", i), east(float64(i)*50))
			}
			tr := c.request()
			c.place(batch...)
			c.dispatcher.Tick(c.ctx)
			c.offered(tr.ID, "d0")
			if points > 12 {
				t.Fatalf("%d drivers were priced for one request", points)
			}
		})
	}
}

// Thirty riders in one place get the thirty nearest drivers, more than are priced
// at once, each at what the way costs.
func TestDispatcher_PricesAsManyAsItTakes(t *testing.T) {
	for _, name := range dispatch.Policies {
		t.Run(name, func(t *testing.T) {
			c := mustCity(t)
			c.rule(named(name))
			var batch []driver.Location
			for i := range 60 {
				batch = append(batch, c.location(fmt.Sprint("d", i), east(float64(i)*100)))
			}
			var trips []*trip.Trip
			for range 30 {
				trips = append(trips, c.request())
			}
			c.place(batch...)
			c.dispatcher.Tick(c.ctx)
			farthest := time.Duration(0)
			for _, tr := range trips {
				got := c.read(tr.ID)
				if !got.Offer.Pending() {
					t.Fatalf("trip %s got nobody", tr.ID)
				}
				farthest = max(farthest, got.Offer.PickupIn)
				for _, candidate := range c.dispatcher.Decisions(tr.ID)[0].Candidates {
					if candidate.Cost != candidate.PickupIn.Truncate(time.Millisecond) {
						t.Fatalf("a way of %s costs %s", candidate.PickupIn, candidate.Cost)
					}
				}
			}
			if want := eta.DefaultStraight.Time(centre, east(2900)); farthest != want {
				t.Fatalf("the farthest driver is %s away, want %s", farthest, want)
			}
		})
	}
}

// A driver whom no class, no seat and no refusal allows does not hide those
// behind.
func TestDispatcher_PricesOutwardPastThoseWhoCannot(t *testing.T) {
	c := mustCity(t)
	var batch []driver.Location
	for i := range 300 {
		l := c.location(fmt.Sprint("van", i), east(float64(i)))
		l.Class = "xl"
		batch = append(batch, l)
	}
	tr := c.request()
	c.place(append(batch, c.location("d", east(2000)))...)
	c.dispatcher.Tick(c.ctx)
	if o := c.read(tr.ID).Offer; !o.Pending() || o.DriverID != "d" {
		t.Fatalf("offer is %+v, want one for d", o)
	}
}

func TestDispatcher_SetPolicy(t *testing.T) {
	c := mustCity(t)
	c.rule(named(dispatch.Greedy))
	c.at("d", east(600))
	old, young := c.requestAt(0), c.requestAt(900)
	bad := dispatch.DefaultPolicy
	bad.Name = "lottery"
	if err := c.dispatcher.SetPolicy(bad); !fault.Is(err, fault.Invalid) {
		t.Fatalf("a policy that is none says %v", err)
	}
	if got := c.dispatcher.Policy().Name; got != dispatch.Greedy {
		t.Fatalf("policy is %s after a refused change", got)
	}
	c.rule(named(dispatch.Fifo))
	c.tick(time.Second)
	c.offered(old.ID, "d")
	c.noOffer(young.ID)
	if got := c.dispatcher.Decisions(old.ID)[0].Policy; got != dispatch.Fifo {
		t.Fatalf("the record names policy %s", got)
	}
}

func TestPolicy_Validate(t *testing.T) {
	for field, change := range map[string]func(*dispatch.Policy){
		"policy":         func(p *dispatch.Policy) { p.Name = "" },
		"pickup_cap":     func(p *dispatch.Policy) { p.PickupCap = 0 },
		"unserved":       func(p *dispatch.Policy) { p.Unserved = -1 },
		"aging":          func(p *dispatch.Policy) { p.Aging = -0.5 },
		"fairness":       func(p *dispatch.Policy) { p.Fairness = 1e9 },
		"swap_threshold": func(p *dispatch.Policy) { p.SwapThreshold = -1 },
		"swap_loss":      func(p *dispatch.Policy) { p.SwapLoss = -1 },
		"swap_every":     func(p *dispatch.Policy) { p.Swap, p.SwapEvery = true, 0 },
		"forward":        func(p *dispatch.Policy) { p.Forward = time.Hour },
	} {
		t.Run(field, func(t *testing.T) {
			p := dispatch.DefaultPolicy
			if err := p.Validate(); err != nil {
				t.Fatal(err)
			}
			change(&p)
			err, ok := p.Validate().(*fault.Error)
			if !ok || err.Code != fault.Invalid || err.Field != field {
				t.Fatalf("says %v", err)
			}
		})
	}
}

// What the record says of a tick on one street: rider at 0, drivers at 100, 200
// and 300 m, the second has declined, and one rider more than drivers.
func TestDispatcher_Record(t *testing.T) {
	c := mustCity(t)
	c.rule(func(p *dispatch.Policy) { p.PickupCap, p.Aging = 10*time.Minute, 1 })
	c.at("near", east(100))
	c.at("no", east(200))
	tr := c.request()
	c.tick(0)
	if _, err := c.desk.Decline(c.ctx, "near", c.offered(tr.ID, "near").ID, ""); err != nil {
		t.Fatal(err)
	}
	other := c.request(func(r *trip.Request) { r.Pickup = east(5000) })
	c.tick(10 * time.Second)
	got := c.dispatcher.Decisions(tr.ID)[1]
	if got.Policy != dispatch.Optimal || got.Rung != match.Straight || got.Chosen != "no" || got.Priced != 1 {
		t.Fatalf("record is %+v", got)
	}
	if got.Price != 10*time.Minute+10*time.Second {
		t.Errorf("leaving it unserved costs %s after 10 s, want 10m10s", got.Price)
	}
	if len(got.Candidates) != 1 || got.Candidates[0].DriverID != "no" || got.Candidates[0].Cost != got.Candidates[0].PickupIn.Truncate(time.Millisecond) {
		t.Errorf("candidates are %+v", got.Candidates)
	}
	if len(got.Excluded) != 1 || got.Excluded[0].DriverID != "near" || got.Excluded[0].Reason != dispatch.Declined {
		t.Errorf("left out are %+v", got.Excluded)
	}
	// For the other trip everybody is beyond the cap: it stays unserved at its
	// price, and the total is both.
	left := c.dispatcher.Decisions(other.ID)[0]
	if left.Chosen != "" || left.Worth != left.Price || got.Total != left.Total || got.Total != left.Price+got.Candidates[0].Cost {
		t.Errorf("the other record is %+v, total %s", left, got.Total)
	}
	if got.Worth != got.Candidates[0].Cost-(-got.ChosenWorth) {
		t.Errorf("the trip is worth %s and the driver %s, the pair costs %s", got.Worth, got.ChosenWorth, got.Candidates[0].Cost)
	}
}

// Ticks that find nobody for the same reasons are one record, and what changes
// shows within some seconds.
func TestDispatcher_RecordOfATripThatWaits(t *testing.T) {
	c := mustCity(t)
	tr := c.request()
	for range 40 {
		c.tick(time.Second / 2)
	}
	if got := c.dispatcher.Decisions(tr.ID); len(got) != 1 || got[0].Ticks != 40 {
		t.Fatalf("records are %+v, want one of 40 ticks", got)
	}
	c.at("van", east(50), func(l *driver.Location) { l.Class = "xl" })
	for range 20 {
		c.tick(time.Second / 2)
	}
	got := c.dispatcher.Decisions(tr.ID)
	if len(got) != 2 || len(got[1].Excluded) != 1 || got[0].Ticks+got[1].Ticks != 60 {
		t.Fatalf("records are %+v, want a second one with the van", got)
	}
}
