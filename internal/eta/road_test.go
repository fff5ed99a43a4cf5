package eta_test

import (
	"log/slog"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/eta"
	"github.com/cabstand/cabstand/internal/match"
	"github.com/cabstand/cabstand/internal/road"
)

// mustGrid is a town of side × side crossings, 200 m apart, every other street
// one-way, with times that differ.
func mustGrid(tb testing.TB, side int) *road.Graph {
	tb.Helper()
	var b road.Builder
	rng := rand.New(rand.NewPCG(1, 2))
	for row := range side {
		west := geo.Destination(center, 180, float64(200*row))
		for col := range side {
			b.AddNode(geo.Destination(west, 90, float64(200*col)))
		}
	}
	join := func(from, to int, oneWay bool) {
		takes := 15*time.Second + time.Duration(rng.IntN(20_000))*time.Millisecond
		err := b.AddEdge(road.Node(from), road.Node(to), takes, road.Kind{})
		if err == nil && !oneWay {
			err = b.AddEdge(road.Node(to), road.Node(from), takes, road.Kind{})
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	for row := range side {
		for col := range side - 1 {
			n := row*side + col
			join(n, n+1, row%4 == 2)
			join(col*side+row, (col+1)*side+row, row%4 == 3)
		}
	}
	return b.Graph().Connected()
}

// within is n points between the crossings of a grid.
func within(side, n int, seed uint64) []geo.Point {
	rng := rand.New(rand.NewPCG(seed, 3))
	points := make([]geo.Point, n)
	for i := range points {
		south := geo.Destination(center, 180, rng.Float64()*float64(200*side))
		points[i] = geo.Destination(south, 90, rng.Float64()*float64(200*side))
	}
	return points
}

func mustPickups(tb testing.TB, s eta.Source, from []geo.Point, to geo.Point) []time.Duration {
	tb.Helper()
	times, err := s.Pickups(tb.Context(), from, to)
	if err != nil || len(times) != len(from) {
		tb.Fatalf("%d times for %d points, %v", len(times), len(from), err)
	}
	return times
}

// direct is the driving time by a search of its own from each end, or NoWay.
func direct(g *road.Graph, from, to geo.Point, horizon time.Duration) time.Duration {
	a, _ := g.Snap(from)
	b, _ := g.Snap(to)
	if w, ok := g.Drive(a, b); ok && w.Takes() <= horizon {
		return w.Takes()
	}
	return eta.NoWay
}

func TestRoad_Pickups(t *testing.T) {
	g := mustGrid(t, 12)
	for name, contract := range map[string]bool{"Searched": false, "Contracted": true} {
		t.Run(name, func(t *testing.T) { checkPickups(t, g, contract) })
	}
}

// checkPickups compares pickups with a search for each driver.
func checkPickups(t *testing.T, g *road.Graph, contract bool) {
	for _, horizon := range []time.Duration{4 * time.Minute, time.Hour} {
		r := eta.NewRoad(g, eta.RoadOptions{Horizon: horizon, Memory: 1}) // every search drives out the last
		if contract {
			r.Contract()
		}
		near := 0
		for range 2 { // the second time from what is kept
			for i, to := range within(12, 40, 1) {
				from := within(12, 30, uint64(i+2))
				few := mustPickups(t, r, from[:3], to)
				for j, got := range mustPickups(t, r, from, to) {
					if j < len(few) && few[j] != got {
						t.Fatalf("within %v from %v to %v: %v among few, %v among many", horizon, from[j], to, few[j], got)
					}
					if want := direct(g, from[j], to, horizon); got != want {
						t.Fatalf("within %v from %v to %v: %v, want %v", horizon, from[j], to, got, want)
					}
					if got >= 0 {
						near++
					}
				}
			}
		}
		if all := 2 * 40 * 30; near < all/10 || horizon == time.Hour && near < all || horizon < time.Hour && near == all {
			t.Errorf("%d of %d within %v", near, all, horizon)
		}
	}
}

// TestRoad_Survey: what is told of many points at once is what is told of each,
// with the horizon and the speeds of the hour; and nothing where one is off the
// map.
func TestRoad_Survey(t *testing.T) {
	g := mustGrid(t, 12)
	speeds := &eta.Speeds{Learner: &road.Learner{}, Zone: time.UTC, Now: func() time.Time { return time.Unix(0, 0) }}
	for hour := range speeds.Hours {
		speeds.Hours[hour] = 0.8
	}
	for _, s := range []*eta.Speeds{nil, speeds} {
		r := eta.NewRoad(g, eta.RoadOptions{Horizon: 3 * time.Minute, Speeds: s})
		ladder := eta.NewLadder(eta.Foot{Straight: eta.DefaultStraight}, r)
		from := within(12, 200, 7)
		survey := ladder.Survey(from)
		within, beyond := 0, 0
		for _, to := range from[:40] {
			want, _ := ladder.Times(t.Context(), from, to)
			got, rung, ok := survey(to, nil)
			if !ok || rung != match.Road || len(got) != len(from) {
				t.Fatalf("surveyed %d of %d points, %v, on %s", len(got), len(from), ok, rung)
			}
			for i := range from {
				if want[i] < 0 && got[i] >= 0 || want[i] >= 0 && want[i] != time.Duration(got[i])*time.Millisecond {
					t.Fatalf("from %v to %v: %d ms surveyed, %v asked", from[i], to, got[i], want[i])
				}
				if got[i] < 0 {
					beyond++
				} else {
					within++
				}
			}
		}
		if within == 0 || beyond == 0 {
			t.Errorf("%d ways within the horizon, %d beyond: this says little", within, beyond)
		}
		away := geo.Destination(center, 0, 50_000)
		if _, _, ok := survey(away, nil); ok {
			t.Error("it knows the way to a pickup off the map")
		}
		if ladder.Survey(append(from, away)) != nil {
			t.Error("it surveys a vehicle off the map")
		}
	}
	if eta.NewLadder(eta.Foot{Straight: eta.DefaultStraight}).Survey(nil) != nil {
		t.Error("the straight line surveys")
	}
}

func TestRoad_OffMap(t *testing.T) {
	r := eta.NewRoad(mustGrid(t, 4), eta.RoadOptions{})
	beach, sea := geo.Destination(center, 0, 900), geo.Destination(center, 0, 1100)
	got := mustPickups(t, r, []geo.Point{beach, sea}, center)
	if got[0] < 0 || got[1] != eta.Unknown {
		t.Errorf("times = %v, want that of the first alone", got)
	}
	if got := mustPickups(t, r, []geo.Point{center}, sea); got[0] != eta.Unknown {
		t.Errorf("to a pickup off the map: %v", got)
	}
	for _, way := range [][2]geo.Point{{sea, center}, {center, sea}} {
		if got, err := r.Ride(t.Context(), way[0], way[1]); err != nil || got.Takes != eta.Unknown {
			t.Errorf("ride from %v to %v = %v, %v", way[0], way[1], got, err)
		}
	}
	ladder := eta.NewLadder(eta.Foot{Straight: eta.DefaultStraight}, r)
	if _, rung := ladder.Times(t.Context(), []geo.Point{beach}, center); rung != match.Road {
		t.Errorf("rung = %s, want the road", rung)
	}
	if times, rung := ladder.Times(t.Context(), []geo.Point{beach, sea}, center); rung != match.Straight || times[1] < 0 {
		t.Errorf("%v on rung %s, want two times on the straight line", times, rung)
	}
}

func TestRoad_EmptyGraph(t *testing.T) {
	var none road.Builder
	r := eta.NewRoad(none.Graph(), eta.RoadOptions{})
	if got := mustPickups(t, r, around(2), center); got[0] != eta.Unknown || got[1] != eta.Unknown {
		t.Errorf("times without roads: %v", got)
	}
}

func TestRoad_Ride(t *testing.T) {
	g := mustGrid(t, 12)
	r := eta.NewRoad(g, eta.RoadOptions{Horizon: time.Second}) // which is for pickups alone
	points := within(12, 60, 1)
	for i := range 60 {
		if i == 30 {
			r.Contract()
		}
		from, to := points[2*i%60], points[2*i%60+1]
		got, err := r.Ride(t.Context(), from, to)
		if want := direct(g, from, to, time.Hour); err != nil || got.Takes != want {
			t.Errorf("from %v to %v: %v, %v; want %v", from, to, got, err, want)
		}
		if crow := geo.Distance(from, to); got.Metres < crow-300 || got.Metres > 3*crow+1000 {
			t.Errorf("from %v to %v: %v m, %v m as the crow flies", from, to, got.Metres, crow)
		}
	}
}

// The speeds where the rider gets in count: that is where a pickup ends and a
// ride begins. They may change while a search is kept.
func TestRoad_Speeds(t *testing.T) {
	g := mustGrid(t, 12)
	points := within(12, 41, 1)
	pickup, others := points[0], points[1:]
	monday := time.Date(2026, 11, 23, 0, 30, 0, 0, time.UTC)
	now := monday
	speeds := &eta.Speeds{
		Hours: road.Hours{1: 0.5, 2: 2, 3: 0.8}, Learner: &road.Learner{},
		Zone: time.FixedZone("east", 3600), Now: func() time.Time { return now }, // an hour ahead
	}
	const horizon = 5 * time.Minute
	r := eta.NewRoad(g, eta.RoadOptions{Horizon: horizon, Speeds: speeds})
	for _, c := range []struct {
		hour  int // UTC
		speed float64
	}{{5, 1}, {0, 0.5}, {1, 2}, {2, 0.8}, {24, 1}} {
		now = monday.Add(time.Duration(c.hour) * time.Hour)
		for i, got := range mustPickups(t, r, others, pickup) {
			want := speeds.Hours.Scale(direct(g, others[i], pickup, time.Hour), c.hour+1)
			if want > horizon {
				want = eta.NoWay
			}
			if got != want {
				t.Errorf("at %v from %v: %v, want %v", now, others[i], got, want)
			}
		}
		ride, _ := r.Ride(t.Context(), pickup, others[0])
		if got, want := ride.Takes.Seconds()*c.speed, direct(g, pickup, others[0], time.Hour).Seconds(); math.Abs(got-want) > 0.01 {
			t.Errorf("at %v a ride of %v s takes %v at speed %v", now, want, ride.Takes, c.speed)
		}
	}
}

// What rides from an area really take, beyond what the hour explains, is what
// pickups and rides there take from then on, at that hour.
func TestRoad_Learn(t *testing.T) {
	g := mustGrid(t, 12)
	points := within(12, 40, 1)
	now := time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)
	speeds := &eta.Speeds{Hours: road.Hours{8: 0.5}, Learner: &road.Learner{}, Zone: time.UTC, Now: func() time.Time { return now }}
	r := eta.NewRoad(g, eta.RoadOptions{Speeds: speeds})
	sea := geo.Destination(center, 0, 2000)
	for range 100 {
		for i := range len(points) - 1 {
			base := direct(g, points[i], points[i+1], time.Hour)
			r.Learn(points[i], points[i+1], now.AddDate(0, 0, -7), base*2*6/5) // half as fast, and a fifth more
			r.Learn(points[i], sea, now, time.Hour)
			r.Learn(sea, points[i], now, time.Hour)
		}
	}
	check := func(factor float64) {
		t.Helper()
		ride, _ := r.Ride(t.Context(), points[0], points[1])
		pickup := mustPickups(t, r, points[1:2], points[0])[0]
		for name, c := range map[string][2]time.Duration{
			"ride":   {ride.Takes, direct(g, points[0], points[1], time.Hour)},
			"pickup": {pickup, direct(g, points[1], points[0], time.Hour)},
		} {
			if got := c[0].Seconds() / c[1].Seconds(); math.Abs(got-factor) > 0.02*factor {
				t.Errorf("at %v a %s takes %v of what the graph says, want %v", now, name, got, factor)
			}
		}
	}
	check(2.4)
	now = now.Add(time.Hour)
	check(1)
}

func TestRoad_SideBySide(t *testing.T) {
	g := mustGrid(t, 8)
	r := eta.NewRoad(g, eta.RoadOptions{Memory: 20_000})
	from, to := within(8, 50, 1), within(8, 10, 2)
	var asking sync.WaitGroup
	defer asking.Wait()
	asking.Go(r.Contract)
	for worker := range 8 {
		asking.Go(func() {
			for i := range 50 {
				pickup := to[(worker+i)%len(to)]
				times, _ := r.Pickups(t.Context(), from, pickup)
				if got, want := times[i], direct(g, from[i], pickup, time.Hour); got != want {
					t.Errorf("from %v to %v: %v, want %v", from[i], pickup, got, want)
				}
			}
		})
	}
}

// The line of a drive goes from the one point to the other, is as long as the
// drive is told to be, and takes as long as the ladder says.
func TestLadder_Route(t *testing.T) {
	g := mustGrid(t, 12)
	ladder := eta.NewLadder(eta.Foot{Straight: eta.DefaultStraight, Log: slog.New(slog.DiscardHandler)}, eta.NewRoad(g, eta.RoadOptions{}))
	for i, from := range within(12, 20, 1) {
		to := within(12, 20, 2)[i]
		line, takes, metres, rung := ladder.Route(t.Context(), from, to)
		want, length, _ := ladder.Ride(t.Context(), from, to)
		if takes != want || metres != length || rung != match.Road {
			t.Errorf("%v to %v: %v, %v m by %s, want %v, %v m", from, to, takes, metres, rung, want, length)
		}
		if line[0] != from || line[len(line)-1] != to {
			t.Errorf("%v to %v goes from %v to %v", from, to, line[0], line[len(line)-1])
		}
		driven := 0.0
		for i := 1; i < len(line); i++ {
			if line[i] == line[i-1] {
				t.Errorf("%v twice", line[i])
			}
			driven += geo.Distance(line[i-1], line[i])
		}
		if access := driven - metres; access < -0.01 || access > 500 {
			t.Errorf("the line is %v m long, the way %v m", driven, metres)
		}
	}
	off := geo.Point{Lat: -40, Lon: 100}
	if line, takes, _, rung := ladder.Route(t.Context(), off, geo.Destination(off, 90, 1000)); len(line) != 2 || takes <= 0 || rung != match.Straight {
		t.Errorf("off the map: %v, %v, %s", line, takes, rung)
	}
	if line, takes, _, _ := ladder.Route(t.Context(), within(12, 1, 1)[0], within(12, 1, 1)[0]); len(line) < 2 || takes < 0 {
		t.Errorf("from here to here: %v, %v", line, takes)
	}
}
