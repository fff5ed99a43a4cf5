package dispatch

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/match"
	"github.com/cabstand/cabstand/internal/trip"
)

// band is an area between two longitudes.
func band(tb interface{ Fatal(...any) }, id string, west, east float64, r Regime) Area {
	shape, err := geo.NewRegion(geo.Polygon{{{Lat: 40, Lon: west}, {Lat: 40, Lon: east}, {Lat: 41, Lon: east}, {Lat: 41, Lon: west}}})
	if err != nil {
		tb.Fatal(err)
	}
	return Area{ID: id, Shape: shape, Regime: r}
}

func regimeOf(p Policy) Regime { return Regime{Policy: p, Window: DefaultConfig.Window} }

func setAreas(tb interface{ Fatal(...any) }, d *Dispatcher, all ...Area) {
	if err := d.SetAreas(all); err != nil {
		tb.Fatal(err)
	}
}

// given is what a round decided: the driver of each trip, "" for none.
func given(r *round) map[string]string {
	to := map[string]string{}
	for _, w := range r.rows {
		to[w.trip.ID] = ""
		if w.to != none {
			to[w.trip.ID] = r.vehicles[w.to].DriverID
		}
	}
	return to
}

// TestRules_Nowhere: areas without requests, and areas that say what is said
// everywhere, change no decision.
func TestRules_Nowhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, p, other := drawWorld(t), drawPolicy(t), drawPolicy(t)
		decisions := func(all ...Area) map[string]string {
			d := aloneWith(whole{}, p)
			setAreas(t, d, all...)
			w.tell(d)
			r := decide(d, noon)
			defer r.end()
			return given(r)
		}
		want := decisions()
		if p.Forward >= other.Forward && (p.Fairness > 0 || other.Fairness == 0) { // else rides are asked about that were not
			if got := decisions(band(t, "elsewhere", 10, 11, regimeOf(other))); !maps.Equal(got, want) {
				t.Fatalf("with an area elsewhere %v, without %v", got, want)
			}
		}
		if got := decisions(band(t, "west", -75, -73.98, regimeOf(p)), band(t, "east", -73.98, -73, regimeOf(p))); !maps.Equal(got, want) {
			t.Fatalf("in two areas with the same policy %v, without them %v", got, want)
		}
	})
}

// TestRules_Property: whatever policies meet, each trip is decided by that of its
// pickup, no driver gets two trips, and nobody loses one; where all are optimal the
// total is that of all pairs, each at its own costs.
func TestRules_Property(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		policies := map[string]Policy{"": drawPolicy(t), "west": drawPolicy(t), "east": drawPolicy(t)}
		if rapid.Bool().Draw(t, "all optimal") {
			for area, p := range policies {
				p.Name = Optimal
				policies[area] = p
			}
		}
		estimator := rapid.SampledFrom([]Estimator{whole{}, surveyor{}}).Draw(t, "estimator")
		d := aloneWith(estimator, policies[""])
		setAreas(t, d, band(t, "west", -75, -73.98, regimeOf(policies["west"])), band(t, "east", -73.97, -73, regimeOf(policies["east"])))
		w.tell(d)
		r := decide(d, noon)
		defer r.end()
		optimal := true
		for i, row := range r.rows {
			area := ""
			switch lon := row.trip.Pickup.Lon; {
			case lon < -73.98:
				area = "west"
			case lon >= -73.97:
				area = "east"
			}
			p := policies[area]
			optimal = optimal && p.Name == Optimal
			if record := d.decision(r, row); record.Area != area || record.Policy != p.Name {
				t.Fatalf("%s at %v was decided by %q of %q, want %q of %q", row.trip.ID, row.trip.Pickup, record.Policy, record.Area, p.Name, area)
			}
			if row.changed() && row.chosen().pickupIn > p.PickupCap {
				t.Fatalf("%s is picked up in %v, over %v", row.trip.ID, row.chosen().pickupIn, p.PickupCap)
			}
			if i < r.open && row.price != p.unserved(noon.Sub(row.trip.RequestedAt)) {
				t.Fatalf("%s has the price of another area", row.trip.ID)
			}
			if row.changed() && r.vehicles[row.to].holder == nil && r.vehicles[row.to].lead > p.Forward {
				t.Fatalf("%s has a driver whose ride ends in %v, over %v", row.trip.ID, r.vehicles[row.to].lead, p.Forward)
			}
		}
		if optimal {
			checkBest(t, d, r)
		}
		checkCarriedOut(t, w, r)
	})
}

// checkBest: what was decided costs what the best over all pairs costs.
func checkBest(t *rapid.T, d *Dispatcher, r *round) {
	for i := range r.vehicles {
		r.vehicles[i].taken = false // as before the decision
	}
	prices := make([]match.Cost, len(r.rows))
	for i, w := range r.rows {
		prices[i] = w.price
	}
	var solver match.Solver
	best := solver.Solve(match.Problem{Unserved: prices, Drivers: len(r.vehicles), Arcs: match.Listed(len(r.rows), allArcs(d, r, r.rows))})
	if best.Total != r.total {
		t.Fatalf("total %d, of all pairs %d", r.total, best.Total)
	}
}

// TestRules_OldestKindFirst: of different kinds of policy the one goes first whose
// request has waited longest, whatever it is called and wherever it is.
func TestRules_OldestKindFirst(t *testing.T) {
	for _, older := range []string{"west", "east"} {
		for _, kinds := range [][2]string{{Fifo, Optimal}, {Optimal, Greedy}, {Greedy, Fifo}} {
			west, east := DefaultPolicy, DefaultPolicy
			west.Name, east.Name = kinds[0], kinds[1]
			d := aloneWith(whole{}, DefaultPolicy)
			setAreas(t, d, band(t, "west", -75, -73.98, regimeOf(west)), band(t, "east", -73.98, -73, regimeOf(east)))
			w := &world{}
			middle := geo.Point{Lat: 40.75, Lon: -73.98}
			w.drive("d", middle, driver.Standard)
			for id, course := range map[string]float64{"west": 270, "east": 90} {
				asked := noon.Add(-time.Second)
				if id == older {
					asked = noon.Add(-2 * time.Second)
				}
				at := geo.Destination(middle, course, 500)
				w.trips = append(w.trips, &trip.Trip{
					ID: id, Class: driver.Standard, Seats: 1, State: trip.Searching, Version: 1, Epoch: 1,
					Pickup: at, Dropoff: at, RequestedAt: asked, SearchUntil: noon.Add(time.Minute),
				})
			}
			w.tell(d)
			r := decide(d, noon)
			if to := given(r); to[older] != "d" {
				t.Errorf("%v: %v, want the driver with %s", kinds, to, older)
			}
			r.end()
		}
	}
}

// TestRules_Windows: the requests of each area are matched when its window is
// over, while ticks come as often as the shortest asks for.
func TestRules_Windows(t *testing.T) {
	quick, slow := regimeOf(DefaultPolicy), regimeOf(DefaultPolicy)
	quick.Window, slow.Window = 250*time.Millisecond, 2*time.Second
	d := alone(DefaultPolicy) // 500 ms
	setAreas(t, d, band(t, "west", -75, -73.98, quick), band(t, "east", -73.97, -73, slow))
	if d.beat() != quick.Window {
		t.Fatalf("ticks come every %v", d.beat())
	}
	w := &world{}
	for id, lon := range map[string]float64{"west": -74, "middle": -73.975, "east": -73.9} {
		at := geo.Point{Lat: 40.75, Lon: lon}
		w.trips = append(w.trips, &trip.Trip{
			ID: id, Class: driver.Standard, Seats: 1, State: trip.Searching, Version: 1, Epoch: 1,
			Pickup: at, Dropoff: at, RequestedAt: noon, SearchUntil: noon.Add(time.Hour),
		})
	}
	w.tell(d)
	looked := map[string]int{}
	late := []time.Duration{0, 20 * time.Millisecond, -20 * time.Millisecond} // ticks are never on time
	for i := range 80 {
		r := d.begin(noon.Add(time.Duration(i)*d.beat() + late[i%3]))
		for _, w := range r.rows {
			looked[w.trip.ID]++
		}
		r.end()
	}
	if want := map[string]int{"west": 80, "middle": 40, "east": 10}; !maps.Equal(looked, want) {
		t.Errorf("in 20 s they were looked at %v times, want %v", looked, want)
	}
}

func TestDispatcher_SetAreas(t *testing.T) {
	d := alone(DefaultPolicy)
	at := geo.Point{Lat: 40.75, Lon: -74}
	w := &world{trips: []*trip.Trip{{
		ID: "t", Class: driver.Standard, Seats: 1, State: trip.Searching, Version: 1, Epoch: 1,
		Pickup: at, Dropoff: at, RequestedAt: noon, SearchUntil: noon.Add(time.Hour),
	}}}
	w.tell(d)
	now := noon
	area := func() string {
		now = now.Add(10 * time.Second)
		r := d.begin(now)
		defer r.end()
		return r.rows[0].rule.area
	}
	bad := regimeOf(DefaultPolicy)
	bad.PickupCap = -1
	var areas []string
	for _, all := range [][]Area{
		nil, {band(t, "a", -75, -73, regimeOf(DefaultPolicy))}, {band(t, "bad", -75, -73, bad)}, {band(t, "b", -75, -73, regimeOf(DefaultPolicy))}, {band(t, "c", 10, 11, regimeOf(DefaultPolicy))},
	} {
		if err := d.SetAreas(all); err != nil && (!fault.Is(err, fault.Invalid) || all[0].ID != "bad") {
			t.Error(err)
		}
		areas = append(areas, area())
	}
	if want := []string{"", "a", "a", "b", ""}; !slices.Equal(areas, want) {
		t.Errorf("the trip was matched in %v, want %v", fmt.Sprintf("%q", areas), want)
	}
}
