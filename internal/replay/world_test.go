package replay

import (
	"fmt"
	"math"
	"reflect"
	"runtime"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/eta"
	"github.com/cabstand/cabstand/internal/orders"
)

var (
	start = time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	here  = geo.Point{Lat: 40.75, Lon: -73.98}
	crow  = Crow{eta.Straight{Circuity: 1.25, Speed: 10}}
)

// north is so many metres north of here.
func north(metres float64) geo.Point { return geo.Destination(here, 0, metres) }

// patient is a city in which nothing is left to chance.
func patient() Behaviour {
	b := DefaultBehaviour
	b.Patience, b.Balk, b.Accept = 1000*time.Hour, 1000*time.Hour, 1
	return b
}

func config() dispatch.Config {
	c := dispatch.DefaultConfig
	c.Policy.Forward = 0
	c.Window, c.Policy.PickupCap, c.Limits.Search = 2*time.Second, 10*time.Minute, time.Hour
	return c
}

func order(at time.Duration, pickup, dropoff geo.Point) Order {
	takes, _ := crow.Takes(pickup, dropoff)
	return Order{Order: orders.Order{At: start.Add(at), Pickup: pickup, Dropoff: dropoff}, Takes: takes}
}

func scenario(behaviour Behaviour, all ...Order) *Scenario {
	return &Scenario{From: start, To: start.Add(time.Hour), Orders: all, Network: crow, Dispatch: config(), Behaviour: behaviour}
}

func mustRun(tb testing.TB, s *Scenario, seed uint64) Run {
	tb.Helper()
	run, err := s.Run(tb.Context(), seed)
	if err != nil {
		tb.Fatal(err)
	}
	return run
}

// TestScenario_ByHand is a city of one driver and two riders, reckoned by hand.
//
// The first asks at 0:00, 800 m away: 800 m are 1000 m of streets, 100 s. The
// offer comes with the tick of 0:00, 3 s later the driver takes it, is there at
// 1:43, leaves at 2:13 and has driven 1600 m (200 s) at 5:33. The second has
// asked at 1:00 for a ride from there, and gets the offer at the tick of 5:34.
// Taken at 5:37, the driver stands at the pickup already.
func TestScenario_ByHand(t *testing.T) {
	s := scenario(patient(), order(0, here, north(-1600)), order(time.Minute, north(-1600), here))
	s.Starters = []Starter{{ID: "d1", Point: north(800), From: start}}
	got := mustRun(t, s, 1)
	if got.Served != 2 || got.Requests != 2 || got.Offers != 2 || got.SwapsPerTrip != 0 {
		t.Fatalf("%+v", got)
	}
	near(t, "wait", got.Wait.Mean, (103+277)/2.)
	near(t, "longest wait", got.Wait.P95, 277)
	near(t, "pickup", got.Pickup.Mean, (100+0)/2.)
	near(t, "empty km", got.DeadheadKm, 1./2)
	// Idle for 3 s, then from 5:33 to 5:37, then from 10:07 ... 337+0+30+200 = 567 s to the hour.
	near(t, "idle share", got.IdleShare, (3+4+(3600-567))/3600.)
}

func near(tb testing.TB, what string, got, want float64) {
	tb.Helper()
	if math.Abs(got-want) > 0.002 {
		tb.Errorf("%s is %v, want %v", what, got, want)
	}
}

// TestScenario_Ends checks the three ways in which a request ends.
func TestScenario_Ends(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Scenario)
		want   string
	}{
		"Served":           {func(*Scenario) {}, "1 0 0 map[]"},
		"TooFar":           {func(s *Scenario) { s.Dispatch.Policy.PickupCap = 99 * time.Second }, "0 0 1 map[]"},
		"JustNear":         {func(s *Scenario) { s.Dispatch.Policy.PickupCap = 101 * time.Second }, "1 0 0 map[]"},
		"NobodyInTime":     {func(s *Scenario) { s.Behaviour.Patience = time.Millisecond }, "0 1 0 map[no driver found yet:1]"},
		"NoTakers":         {func(s *Scenario) { s.Behaviour.Accept = 1e-12 }, "0 0 1 map[]"},
		"ToldTooLong":      {func(s *Scenario) { s.Behaviour.Balk, s.Behaviour.BalkSpread = 99*time.Second, 1 }, "0 1 0 map[the driver takes too long:1]"},
		"ToldJustRight":    {func(s *Scenario) { s.Behaviour.Balk, s.Behaviour.BalkSpread = 101*time.Second, 1 }, "1 0 0 map[]"},
		"DriverComesLater": {func(s *Scenario) { s.Starters[0].From = start.Add(10 * time.Minute) }, "1 0 0 map[]"},
		"DriverTooLate":    {func(s *Scenario) { s.Starters[0].From = start.Add(2 * time.Hour) }, "0 0 1 map[]"},
	} {
		t.Run(name, func(t *testing.T) {
			s := scenario(patient(), order(0, here, north(-1600)))
			s.Starters = []Starter{{ID: "d1", Point: north(800), From: start}}
			c.change(s)
			r := mustRun(t, s, 1)
			if got := fmt.Sprint(r.Served, r.Cancelled, r.Expired, r.Reasons); got != c.want {
				t.Errorf("served, cancelled, expired: %s, want %s", got, c.want)
			}
		})
	}
}

// crowded is a city with more riders than its drivers can serve.
func crowded(riders, fleet int) *Scenario {
	s := scenario(DefaultBehaviour)
	d := dice(99)
	for i := range riders {
		place := func(n int) geo.Point {
			return geo.Destination(here, 360*d.unit(home, i, n), 4000*d.unit(home, i, n+1))
		}
		s.Orders = append(s.Orders, order(time.Duration(i)*time.Hour/time.Duration(riders), place(1), place(3)))
	}
	s.Fleet = fleet
	return s
}

func TestScenario_Deterministic(t *testing.T) {
	s := crowded(300, 25)
	first := mustRun(t, s, 1)
	if first.Served == 0 || first.Cancelled == 0 || first.Declined == 0 {
		t.Fatalf("the city is too quiet to tell: %+v", first)
	}
	t.Run("Again", func(t *testing.T) { wantSame(t, first, mustRun(t, s, 1)) })
	t.Run("OneProcessor", func(t *testing.T) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
		wantSame(t, first, mustRun(t, s, 1))
	})
	t.Run("ManyProcessors", func(t *testing.T) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(8))
		wantSame(t, first, mustRun(t, s, 1))
	})
	t.Run("EveryTick", func(t *testing.T) {
		busy := *s
		busy.everyTick = true
		got := mustRun(t, &busy, 1)
		if got.Skipped > 0 {
			t.Errorf("%d ticks were skipped", got.Skipped)
		}
		got.Skipped = first.Skipped
		wantSame(t, first, got)
	})
	t.Run("OtherSeed", func(t *testing.T) {
		if other := mustRun(t, s, 2); other.DecisionHash == first.DecisionHash {
			t.Error("two seeds decided alike")
		}
	})
	t.Run("SideBySide", func(t *testing.T) {
		runs, err := s.RunAll(t.Context(), []uint64{3, 1, 2}, nil)
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, first, runs[1])
	})
}

// wantSame compares all but the real time that ticks took.
func wantSame(tb testing.TB, want, got Run) {
	tb.Helper()
	want.Tick, got.Tick = Ticks{}, Ticks{}
	if reflect.DeepEqual(want, got) {
		return
	}
	want.Hours, got.Hours, want.Places, got.Places = nil, nil, nil, nil // too long to read
	tb.Errorf("got\n%+v, want\n%+v", got, want)
}

// TestScenario_Conservation: whatever the city is like, every request ends
// once, and everything that is counted by hour and place adds up.
func TestScenario_Conservation(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := crowded(rapid.IntRange(1, 60).Draw(r, "riders"), rapid.IntRange(1, 15).Draw(r, "fleet"))
		s.Behaviour.Accept = rapid.Float64Range(0.3, 1).Draw(r, "accept")
		s.Behaviour.Patience = time.Duration(rapid.IntRange(1, 1000).Draw(r, "patience")) * time.Second
		s.Behaviour.PatienceShape = rapid.Float64Range(0.2, 10).Draw(r, "shape")
		s.Behaviour.Reaction = time.Duration(rapid.IntRange(0, 40).Draw(r, "reaction")) * time.Second // 15 s are allowed
		s.Dispatch.Limits.Search = time.Duration(rapid.IntRange(10, 1000).Draw(r, "search")) * time.Second
		s.Dispatch.Window = time.Duration(rapid.IntRange(1, 30).Draw(r, "window")) * time.Second
		got, err := s.Run(t.Context(), rapid.Uint64().Draw(r, "seed"))
		if err != nil {
			r.Fatal(err)
		}
		lost := got.Cancelled + got.Expired
		if got.Requests != len(s.Orders) || got.Served+lost != got.Requests || got.UnderWay != 0 {
			r.Fatalf("%d requests: %d served, %d cancelled, %d expired", got.Requests, got.Served, got.Cancelled, got.Expired)
		}
		for _, h := range got.Hours {
			got.Requests -= h.Requests
			got.Served -= h.Served
		}
		for _, p := range got.Places {
			lost -= p.Lost
		}
		if got.Requests != 0 || got.Served != 0 || lost != 0 {
			r.Fatalf("by hour and place, %d requests, %d served and %d lost are missing", got.Requests, got.Served, lost)
		}
		if got.IdleShare < 0 || got.IdleShare > 1 || got.DeadheadKm < 0 {
			r.Fatalf("%+v", got)
		}
	})
}

// TestScenario_CommonRandomNumbers: riders whom nobody serves lose patience at
// the same time, whatever the policy makes of the others.
func TestScenario_CommonRandomNumbers(t *testing.T) {
	gone := func(window time.Duration, drivers int) map[int]time.Duration {
		s := crowded(80, drivers)
		s.Dispatch.Window = window
		left := map[int]time.Duration{}
		w := newWorld(s, 7)
		defer w.travel.Close()
		if err := w.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i := range w.riders {
			if r := w.riders[i].trip; r.Reason == "no driver found yet" {
				left[i] = r.CancelledAt.Sub(start)
			}
		}
		return left
	}
	few, many := gone(2*time.Second, 1), gone(20*time.Second, 6)
	both := 0
	for i, at := range few {
		if other, ok := many[i]; ok {
			both++
			if at != other {
				t.Errorf("rider %d leaves after %v in one run, %v in the other", i, at, other)
			}
		}
	}
	if both < 10 {
		t.Errorf("%d riders left in both runs: too few to tell", both)
	}
}
