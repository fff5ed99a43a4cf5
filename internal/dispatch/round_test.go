package dispatch

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/eta"
	"github.com/cabstand/cabstand/internal/match"
	"github.com/cabstand/cabstand/internal/trip"
)

// alone is a dispatcher without a store and without anybody else.
func alone(p Policy) *Dispatcher { return aloneWith(eta.DefaultStraight, p) }

func aloneWith(e Estimator, p Policy) *Dispatcher {
	config := DefaultConfig
	config.Policy = p
	d := New(config, Deps{Estimator: e, Log: slog.New(slog.DiscardHandler)})
	d.domain.look([]string{""})
	return d
}

// whole is the straight line in whole milliseconds.
type whole struct{}

func (whole) Times(_ context.Context, from []geo.Point, to geo.Point) ([]time.Duration, match.Rung) {
	times := make([]time.Duration, len(from))
	for i, p := range from {
		times[i] = eta.DefaultStraight.Time(p, to).Truncate(time.Millisecond)
	}
	return times, match.Straight
}

// surveyor is the same, told of all vehicles at once, but for places in the north,
// which it does not know.
type surveyor struct{ whole }

func (s surveyor) Survey(from []geo.Point) func(geo.Point, []int32) ([]int32, match.Rung, bool) {
	return func(to geo.Point, dst []int32) ([]int32, match.Rung, bool) {
		times, rung := s.Times(context.Background(), from, to)
		for _, t := range times {
			dst = append(dst, int32(t.Milliseconds()))
		}
		return dst, rung, to.Lat < 40.77
	}
}

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// world is a random moment: open trips, trips on the way with their drivers, rides
// about to end, free drivers.
type world struct {
	trips   []*trip.Trip
	drivers []driver.Location
}

func (w *world) drive(id string, p geo.Point, class driver.Class) string {
	w.drivers = append(w.drivers, driver.Location{
		DriverID: id, Position: driver.Position{Point: p}, Class: class, Seats: 4, Available: true, SeenAt: noon,
	})
	return id
}

func drawWorld(t *rapid.T) *world {
	w := &world{}
	class := rapid.SampledFrom([]driver.Class{driver.Standard, driver.Standard, "xl"})
	crowd := rapid.Bool().Draw(t, "crowd") // all riders at one place, who need more drivers than one question is about
	point := func() geo.Point {
		metres := rapid.IntRange(0, 60).Draw(t, "hundred metres")
		return geo.Destination(geo.Point{Lat: 40.75, Lon: -73.98}, float64(rapid.IntRange(0, 3).Draw(t, "course"))*90, float64(metres)*100)
	}
	for i := range rapid.IntRange(0, 40).Draw(t, "free") {
		w.drive(fmt.Sprint("free", i), point(), class.Draw(t, "class"))
	}
	for i := range rapid.IntRange(0, 24).Draw(t, "trips") {
		tr := &trip.Trip{
			ID: fmt.Sprint("t", i), Class: class.Draw(t, "class"), Seats: 1, State: trip.Searching, Version: 1, Epoch: 1,
			Pickup: point(), Dropoff: point(), SearchUntil: noon.Add(time.Minute),
			RequestedAt: noon.Add(-time.Duration(rapid.IntRange(0, 300).Draw(t, "waited")) * time.Second),
		}
		if state := rapid.SampledFrom([]trip.State{trip.Searching, trip.Assigned, trip.Assigned, trip.Riding}).Draw(t, "state"); state != trip.Searching {
			tr.State, tr.DriverID = state, w.drive(fmt.Sprint("busy", i), point(), tr.Class)
			tr.Swaps = rapid.IntRange(0, 1).Draw(t, "swaps")
		} else if crowd {
			tr.Pickup, tr.Class = geo.Point{Lat: 40.75, Lon: -73.98}, driver.Standard
		}
		w.trips = append(w.trips, tr)
	}
	return w
}

func drawPolicy(t *rapid.T) Policy {
	p := DefaultPolicy
	p.Name = rapid.SampledFrom(Policies).Draw(t, "policy")
	p.PickupCap = rapid.SampledFrom([]time.Duration{2 * time.Minute, 20 * time.Minute}).Draw(t, "cap")
	p.Aging = rapid.SampledFrom([]float64{0, 0.5, 2}).Draw(t, "aging")
	p.Fairness = rapid.SampledFrom([]float64{0, 0.1}).Draw(t, "fairness")
	p.Swap = rapid.Bool().Draw(t, "swap")
	p.SwapIdle = rapid.Bool().Draw(t, "idle")
	p.SwapLoss = rapid.SampledFrom([]time.Duration{0, time.Minute}).Draw(t, "loss")
	p.Forward = rapid.SampledFrom([]time.Duration{0, 3 * time.Minute}).Draw(t, "forward")
	return p
}

// tell puts the world into the dispatcher.
func (w *world) tell(d *Dispatcher) {
	for _, t := range w.trips {
		d.book.set(t, noon)
	}
	d.supply.fleet.Apply(w.drivers)
	d.noteIdle(noon.Add(-time.Minute))
}

// allArcs is every pair that the policy allows, priced one by one.
func allArcs(d *Dispatcher, r *round, some []*row) []match.Arc {
	var arcs []match.Arc
	for i, w := range some {
		for j := range r.vehicles {
			v := &r.vehicles[j]
			times, _ := whole{}.Times(context.Background(), []geo.Point{v.from}, w.trip.Pickup)
			way := v.lead + times[0]
			c := costOf(way) + w.rule.unfair(v.idle)
			switch {
			case w.own == j:
				arcs = append(arcs, match.Arc{Request: i, Driver: j, Cost: c})
			case !r.allows(w, v) || d.reasonAgainst(r, w.trip, &v.Location) != "" || way > w.cap():
			case w.own != none:
				arcs = append(arcs, match.Arc{Request: i, Driver: j, Cost: c + costOf(w.rule.SwapThreshold)})
			default:
				arcs = append(arcs, match.Arc{Request: i, Driver: j, Cost: c})
			}
		}
	}
	return arcs
}

func decide(d *Dispatcher, now time.Time) *round {
	r := d.begin(now)
	d.muster(context.Background(), r)
	d.assign(context.Background(), r)
	return r
}

// TestRound_Property: what is decided over rows that come lazily is what would be
// decided over all pairs, and can be carried out.
func TestRound_Property(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, p := drawWorld(t), drawPolicy(t)
		estimator := rapid.SampledFrom([]Estimator{whole{}, surveyor{}}).Draw(t, "estimator")
		d := aloneWith(estimator, p)
		w.tell(d)
		r := decide(d, noon)
		defer r.end()

		if p.Name == Optimal {
			checkBest(t, d, r)
		}
		checkCarriedOut(t, w, r)
	})
}

// checkCarriedOut plays what was decided through: each driver has one trip per slot
// at the end, no trip that had a driver is without, and what is exchanged saves.
func checkCarriedOut(t *rapid.T, w *world, r *round) {
	offers, exchanges := r.groups()
	driverOf := map[string]string{}
	for _, tr := range w.trips {
		if tr.State != trip.Searching {
			driverOf[tr.ID] = tr.DriverID
		}
	}
	groups := exchanges
	for _, o := range offers {
		groups = append(groups, group{o})
	}
	moved := map[string]bool{}
	for _, g := range groups {
		var saved, least time.Duration
		fresh, unfair := false, false
		for _, w := range g {
			if moved[w.trip.ID] {
				t.Fatalf("trip %s is moved twice", w.trip.ID)
			}
			moved[w.trip.ID] = true
			driverOf[w.trip.ID] = r.vehicles[w.to].DriverID
			fresh = fresh || w.own == none
			if w.own != none {
				saved += w.ownIn - w.chosen().pickupIn
			}
			least += w.rule.SwapThreshold - time.Millisecond
			unfair = unfair || w.rule.Fairness > 0
		}
		if !fresh && !unfair && saved < least {
			t.Fatalf("%d trips are exchanged to save %s", len(g), saved)
		}
		checkHeldTogether(t, r, g)
	}
	holds := map[string][]string{}
	for _, tr := range w.trips {
		if id, ok := driverOf[tr.ID]; ok {
			holds[id] = append(holds[id], tr.ID)
		} else if tr.State != trip.Searching {
			t.Fatalf("trip %s lost its driver", tr.ID)
		}
	}
	for id, trips := range holds {
		riding := slices.ContainsFunc(w.trips, func(tr *trip.Trip) bool { return tr.State == trip.Riding && tr.DriverID == id })
		if len(trips) > 2 || len(trips) == 2 && !riding {
			t.Fatalf("driver %s has trips %v", id, trips)
		}
	}
}

// checkHeldTogether: what a group takes from others it takes within itself.
func checkHeldTogether(t *rapid.T, r *round, g group) {
	for _, w := range g {
		if h := r.vehicles[w.to].holder; h != nil && !slices.Contains(g, h) {
			t.Fatalf("trip %s takes the driver of %s in another exchange", w.trip.ID, h.trip.ID)
		}
		if !w.rule.SwapIdle && w.own == none && len(g) > 1 {
			t.Fatalf("open trip %s is given a driver unasked", w.trip.ID)
		}
		if !w.rule.SwapIdle && w.own != none && r.vehicles[w.to].holder == nil {
			t.Fatalf("trip %s is given to a free driver unasked", w.trip.ID)
		}
	}
}

// TestRound_NobodyLosesTheDriver: however long a rider has waited, and however much
// that weighs, nobody else is left without a driver for it.
func TestRound_NobodyLosesTheDriver(t *testing.T) {
	p := DefaultPolicy
	p.Swap, p.SwapIdle, p.Aging = true, true, highestWeight
	w := &world{}
	here := geo.Point{Lat: 40.75, Lon: -73.98}
	held := &trip.Trip{
		ID: "held", Class: driver.Standard, Seats: 1, State: trip.Assigned, Version: 2, Epoch: 1, RequestedAt: noon,
		Pickup: here, Dropoff: here, DriverID: w.drive("d", geo.Destination(here, 90, 3000), driver.Standard),
	}
	waits := &trip.Trip{
		ID: "waits", Class: driver.Standard, Seats: 1, State: trip.Searching, Version: 1, Epoch: 1,
		Pickup: here, Dropoff: here, RequestedAt: noon.Add(-24 * time.Hour), SearchUntil: noon.Add(time.Minute),
	}
	w.trips = []*trip.Trip{held, waits}
	d := alone(p)
	w.tell(d)
	r := decide(d, noon)
	defer r.end()
	if len(r.rows) != 2 || r.rows[0].to != none || r.rows[1].to != r.rows[1].own {
		t.Fatalf("the one who waits gets vehicle %d, the other %d", r.rows[0].to, r.rows[1].to)
	}
}

// TestRound_Excluded: a survey asks about everybody, and a record names nobody for
// being too far whom something else keeps away, nor the driver whom the trip has.
func TestRound_Excluded(t *testing.T) {
	for name, e := range map[string]Estimator{"Asked": whole{}, "Surveyed": surveyor{}} {
		t.Run(name, func(t *testing.T) {
			p := DefaultPolicy
			p.PickupCap = 2 * time.Minute
			w := &world{}
			here := geo.Point{Lat: 40.75, Lon: -73.98}
			w.drive("far", geo.Destination(here, 90, 900), driver.Standard)
			w.drive("van", geo.Destination(here, 90, 1000), "xl")
			w.trips = []*trip.Trip{{
				ID: "t", Class: driver.Standard, Seats: 1, State: trip.Searching, Version: 1, Epoch: 1,
				Pickup: here, Dropoff: here, RequestedAt: noon, SearchUntil: noon.Add(time.Minute),
			}}
			d := aloneWith(e, p)
			w.tell(d)
			r := decide(d, noon)
			defer r.end()
			reasons := map[string]Reason{}
			excluded := d.decision(r, r.rows[0]).Excluded
			for _, x := range excluded {
				reasons[x.DriverID] = x.Reason
			}
			if len(excluded) != 2 || reasons["far"] != TooFar || reasons["van"] != OtherClass {
				t.Errorf("left out are %+v", excluded)
			}
		})
	}
}

// TestRound_SameAgain: the same moment is decided the same, whatever the
// dispatcher heard first and how many of it run beside each other.
func TestRound_SameAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, p := drawWorld(t), drawPolicy(t)
		decisions := func(w *world) (to []string) {
			d := alone(p)
			w.tell(d)
			r := decide(d, noon)
			defer r.end()
			for _, w := range r.rows {
				name := ""
				if w.to != none {
					name = r.vehicles[w.to].DriverID
				}
				to = append(to, w.trip.ID+name)
			}
			return to
		}
		first := decisions(w)
		other := &world{rapid.Permutation(w.trips).Draw(t, "trips"), rapid.Permutation(w.drivers).Draw(t, "drivers")}
		if second := decisions(other); !slices.Equal(first, second) {
			t.Fatalf("decided %v, then %v", first, second)
		}
	})
}
