package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/trip"
	"pgregory.net/rapid"
)

// eastward is a recording that goes 0.0001 degrees east a second from here, with
// fixes at the given seconds.
func eastward(seconds ...int) Recording {
	r := Recording{Cab: "c"}
	for _, s := range seconds {
		r.Points = append(r.Points, geo.Point{Lat: here.Lat, Lon: here.Lon + float64(s)*0.0001})
		r.At = append(r.At, time.Duration(s)*time.Second)
	}
	return r
}

func TestRecording_Where(t *testing.T) {
	r := eastward(-60, 0, 60, 660, 720)
	for seconds, working := range map[int]bool{-61: false, -60: true, 30: true, 59: true, 60: false, 300: false, 660: true, 719: true, 720: false} {
		p, ok := r.where(time.Duration(seconds) * time.Second)
		if ok != working {
			t.Errorf("at %d s: at work %v", seconds, ok)
		}
		if want := (geo.Point{Lat: here.Lat, Lon: here.Lon + float64(seconds)*0.0001}); ok && geo.Distance(p, want) > 0.1 {
			t.Errorf("at %d s: at %v, not %v", seconds, p, want)
		}
	}
}

func TestReadRecordings(t *testing.T) {
	const table = `unix,cab,lat,lon,occupied
1000,b,40.0,-74.0,1
1000,a,40.0,-74.0,0
1060,a,40.1,-74.0,0
1030,a,40.05,-74.0,0
1090,b,40.0,-74.1,0
x,a,40.0,-74.0,0
1061,a,140.0,-74.0,0
1062,a b,40.0,-74.0,0
1063,lonely,40.0,-74.0,0
9000,late,40.0,-74.0,0
9060,late,40.0,-74.0,0
`
	t.Run("OK", func(t *testing.T) {
		all, bad, err := ReadRecordings(strings.NewReader(table), time.Unix(1000, 0), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if len(all) != 2 || all[0].Cab != "a" || all[1].Cab != "b" {
			t.Fatalf("recordings %v", all)
		}
		if got := fmt.Sprint(all[0].At); got != "[0s 30s 1m0s]" {
			t.Fatalf("times %v", got)
		}
		if bad.Rows != 3 || !strings.Contains(bad.String(), `line 7: "x" is neither`) {
			t.Fatalf("%v", bad)
		}
	})
	t.Run("FromLater", func(t *testing.T) {
		all, _, err := ReadRecordings(strings.NewReader(table), time.Unix(1050, 0), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		p, ok := all[0].where(0)
		if want := (geo.Point{Lat: 40.05 + 0.05*2/3, Lon: -74}); !ok || geo.Distance(p, want) > 1 {
			t.Fatalf("starts at %v, not %v", p, want)
		}
	})
	t.Run("WholeFile", func(t *testing.T) {
		all, _, err := ReadRecordings(strings.NewReader(table), time.Time{}, 0)
		if err != nil || len(all) != 3 {
			t.Fatalf("%d recordings, error %v", len(all), err)
		}
	})
	t.Run("ErrColumn", func(t *testing.T) {
		if _, _, err := ReadRecordings(strings.NewReader("unix,cab,lat\n"), time.Time{}, 0); err == nil {
			t.Fatal("read without a longitude")
		}
	})
}

// newFollower is a driver who follows a recording.
func newFollower(tb testing.TB, r Recording) *shift {
	s := newShift(tb, steadfast)
	s.c.pastime = &following{recording: r, world: OpenField{Places: []geo.Point{here}}}
	s.c.car = parked(r.home(), s.now)
	s.c.idle(s.now)
	s.pass(0)
	s.said, s.fixs = nil, nil
	return s
}

func (s *shift) onRecording(r Recording) bool {
	p, ok := r.where(s.now.Sub(noon))
	return ok && s.at(p)
}

func TestFollowing(t *testing.T) {
	t.Run("FollowsToTheMetre", func(t *testing.T) {
		r := eastward(-30, 17, 90, 200, 420)
		s := newFollower(t, r)
		for range 40 {
			s.pass(10 * time.Second)
			if !s.onRecording(r) {
				t.Fatalf("after %v at %v", s.now.Sub(noon), s.c.car.where(s.now))
			}
		}
		s.expect()
	})
	t.Run("OffInTheGap", func(t *testing.T) {
		r := eastward(0, 60, 660, 720)
		s := newFollower(t, r)
		s.pass(61 * time.Second)
		s.expect("status offline")
		s.fixs = nil
		s.pass(598 * time.Second)
		if len(s.fixs) > 0 {
			t.Fatal("sends positions in the gap")
		}
		s.pass(2 * time.Second)
		s.expect("status available")
		if !s.onRecording(r) {
			t.Fatalf("back at %v", s.c.car.where(s.now))
		}
		s.pass(time.Hour)
		s.expect("status offline")
	})
	t.Run("BackAfterATrip", func(t *testing.T) {
		var seconds []int
		for at := -30; at < 7200; at += 30 {
			seconds = append(seconds, at)
		}
		// It stops after ten minutes, so that it can be caught up with.
		r := eastward(seconds...)
		for i := range r.Points {
			if r.At[i] > 10*time.Minute {
				r.Points[i] = r.Points[i-1]
			}
		}
		s := newFollower(t, r)
		s.pass(30 * time.Second)
		s.trip(2, trip.Assigned)
		s.pass(5 * time.Minute)
		s.trip(3, trip.Cancelled)
		s.said = nil
		s.pass(40 * time.Minute)
		if !s.onRecording(r) {
			p, _ := r.where(s.now.Sub(noon))
			t.Fatalf("at %v, the recording at %v", s.c.car.where(s.now), p)
		}
		checkNoJump(t, s.fixs)
	})
	t.Run("NeverJumps", func(t *testing.T) {
		rapid.Check(t, func(rt *rapid.T) {
			at, r := 0, Recording{Cab: "c"}
			p := here
			for range rapid.IntRange(2, 30).Draw(rt, "fixes") {
				r.Points, r.At = append(r.Points, p), append(r.At, time.Duration(at)*time.Second)
				pause := rapid.IntRange(1, 400).Draw(rt, "pause")
				at += pause
				p = geo.Destination(p, rapid.Float64Range(0, 359).Draw(rt, "course"), float64(pause)*rapid.Float64Range(0, 14).Draw(rt, "speed"))
			}
			s := newFollower(t, r)
			for i := range rapid.IntRange(0, 5).Draw(rt, "trips") {
				s.pass(time.Duration(rapid.IntRange(1, 900).Draw(rt, "wait")) * time.Second)
				s.trip(int64(2*i+2), trip.Assigned)
				s.pass(time.Duration(rapid.IntRange(1, 900).Draw(rt, "ride")) * time.Second)
				s.trip(int64(2*i+3), trip.Cancelled)
			}
			s.pass(time.Duration(at) * time.Second)
			checkNoJump(rt, s.fixs)
		})
	})
}

// checkNoJump checks that no filter would refuse the positions: a gap of more
// than 20 s is one of the recording, over which nobody saw the car.
func checkNoJump(tb interface{ Fatalf(string, ...any) }, fixes []positionFrame) {
	for i := 1; i < len(fixes); i++ {
		a, b := fixes[i-1], fixes[i]
		metres := geo.Distance(geo.Point{Lat: a.Lat, Lon: a.Lon}, geo.Point{Lat: b.Lat, Lon: b.Lon})
		if seconds := float64(b.T-a.T) / 1000; seconds < 20 && metres > commuteSpeed*seconds+1.5*near {
			tb.Fatalf("%.0f m in %.1f s: %+v, then %+v", metres, seconds, a, b)
		}
	}
}

func TestReadOrders(t *testing.T) {
	const header = "requested_at,pickup_lat,pickup_lon,dropoff_lat,dropoff_lon\n"
	read := func(t *testing.T, table string, from time.Time, length time.Duration) string {
		t.Helper()
		orders, bad, err := ReadOrders(strings.NewReader(table), from, length)
		if err != nil {
			t.Fatal(err)
		}
		var after []string
		for _, o := range orders {
			after = append(after, o.After.String())
		}
		return fmt.Sprintf("%v bad %d", after, bad.Rows)
	}
	const rows = "2013-09-01T20:00:05Z,40.1,-74,40.2,-74\n2013-09-01T20:00:00.5Z,40.1,-74,40.2,-74\n2013-09-01T21:00:00Z,40.1,-74,40.2,-74\n"
	eight := time.Date(2013, 9, 1, 20, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		table  string
		from   time.Time
		length time.Duration
		want   string
	}{
		"From":       {header + rows, eight, 10 * time.Minute, "[500ms 5s] bad 0"},
		"FromLater":  {header + rows, eight.Add(time.Second), 0, "[4s 59m59s] bad 0"},
		"FromFirst":  {header + rows, time.Time{}, time.Minute, "[0s 4.5s] bad 0"},
		"Unix":       {"cab,pickup_unix,pickup_lon,pickup_lat,dropoff_lon,dropoff_lat\nx,1000,-74,40.1,-74,40.2\n", time.Unix(990, 0), 0, "[10s] bad 0"},
		"BadRows":    {header + rows + "yesterday,40.1,-74,40.2,-74\n2013-09-01T20:00:05Z,0,0,40.2,-74\n2013-09-01T20:00:05Z,40.1,-74,40.1,-74\n2013-09-01\n", eight, 0, "[500ms 5s 1h0m0s] bad 4"},
		"NothingYet": {header, eight, 0, "[] bad 0"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := read(t, c.table, c.from, c.length); got != c.want {
				t.Fatalf("got %s, want %s", got, c.want)
			}
		})
	}
	t.Run("ErrColumn", func(t *testing.T) {
		_, _, err := ReadOrders(strings.NewReader("when,pickup_lat\n"), eight, 0)
		if err == nil || !strings.Contains(err.Error(), "no column requested_at or pickup_unix") {
			t.Fatalf("error %v", err)
		}
	})
}
