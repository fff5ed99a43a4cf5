package numbers_test

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/figures"
	"github.com/cabstand/cabstand/internal/match"
	"github.com/cabstand/cabstand/internal/numbers"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shelf is a store in memory, of several dispatchers.
type shelf struct {
	mu   sync.Mutex
	down bool
	rows []figures.Row
}

var errDown = errors.New("the store is down")

func (s *shelf) SaveMinutes(_ context.Context, rows []figures.Row) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return errDown
	}
	for _, r := range rows {
		s.rows = slices.DeleteFunc(s.rows, func(old figures.Row) bool {
			return old.At.Equal(r.At) && old.Dispatcher == r.Dispatcher && old.Run == r.Run
		})
		s.rows = append(s.rows, r)
	}
	return nil
}

func (s *shelf) Minutes(_ context.Context, from, to time.Time) (found []figures.Row, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return nil, errDown
	}
	for _, r := range s.rows {
		if !r.At.Before(from) && r.At.Before(to) {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b figures.Row) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Dispatcher, b.Dispatcher)) })
	return found, nil
}

func (s *shelf) PurgeMinutes(_ context.Context, before time.Time) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	had := len(s.rows)
	s.rows = slices.DeleteFunc(s.rows, func(r figures.Row) bool { return r.At.Before(before) })
	return had - len(s.rows), nil
}

func (s *shelf) size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.rows)
}

func (s *shelf) setDown(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

func (s *shelf) recorder(id, start string, live ...string) *numbers.Recorder {
	return numbers.New(numbers.Deps{
		Dispatcher: id, Start: start, Store: s, Live: func() []string { return live }, Lead: 10 * time.Minute,
		Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
}

// run runs the recorder; the returned function ends it and waits.
func run(r *numbers.Recorder) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	synctest.Wait()
	return func() { cancel(); <-done }
}

func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func request(scheduled time.Duration) *trip.Trip {
	q := trip.Request{
		ID: "t", RiderID: "r", Class: driver.Standard, Seats: 1, Pickup: geo.Point{Lat: 40.7, Lon: -74}, Dropoff: geo.Point{Lat: 40.8, Lon: -74},
		Search: time.Hour,
	}
	if scheduled > 0 {
		q.ScheduledFor = time.Now().Add(scheduled)
	}
	t, _ := trip.New(q, time.Now())
	return t
}

// commit does to the trip what a store does: the change runs on a copy, twice,
// and the second is kept.
func commit(t *testing.T, r *numbers.Recorder, of *trip.Trip, change func(*trip.Trip) ([]trip.Event, error)) {
	t.Helper()
	watched, committed := r.Watch(change)
	var last *trip.Trip
	for range 2 {
		last = of.Clone()
		if _, err := watched(last); err != nil {
			t.Fatal(err)
		}
	}
	*of = *last
	committed(of)
}

func propose(t *testing.T, of *trip.Trip, offer, driverID string) {
	t.Helper()
	err := of.Propose(trip.Proposal{OfferID: offer, TripID: of.ID, DriverID: driverID, Epoch: of.Epoch, Now: time.Now(), Deliver: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
}

// wants is what the totals of the last hour are to be.
func wants(t *testing.T, r *numbers.Recorder, want wire.NumbersTotals) {
	t.Helper()
	got := r.Numbers(context.Background(), time.Hour).Totals
	counts := func(n wire.NumbersTotals) []float64 {
		return []float64{n.Requests, n.Served, n.Expired, n.Cancelled, n.OffersAccepted, n.OffersDeclined, n.OffersExpired, n.Ticks}
	}
	if !slices.Equal(counts(got), counts(want)) {
		t.Errorf("counted %+v, want %+v", got, want)
	}
}

func TestRecorder_CountsWhatIsCommitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := (&shelf{}).recorder("a", "1")
		one := request(0)
		r.Requested()
		propose(t, one, "o1", "d1")
		commit(t, r, one, func(t *trip.Trip) ([]trip.Event, error) { return nil, t.Decline("o1", "d1", "", time.Now()) })
		propose(t, one, "o2", "d2")
		pass(2 * time.Minute)
		commit(t, r, one, func(t *trip.Trip) ([]trip.Event, error) { t.ExpireOffer("o2", time.Now()); return nil, nil })
		propose(t, one, "o3", "d3")
		pass(20 * time.Second)
		accept := func(t *trip.Trip) ([]trip.Event, error) { return t.Accept("o3", "d3", time.Now()) }
		commit(t, r, one, accept)
		commit(t, r, one, accept) // a repetition changes nothing
		wants(t, r, wire.NumbersTotals{Requests: 1, Served: 1, OffersAccepted: 1, OffersDeclined: 1, OffersExpired: 1})
		if wait := r.Numbers(context.Background(), time.Hour).Totals.WaitP50S; wait == nil || *wait < 135 || *wait > 145 {
			t.Errorf("waited %v s, want 140", wait)
		}
		commit(t, r, one, func(t *trip.Trip) ([]trip.Event, error) {
			return t.Redispatch("d3", trip.Actor{Role: trip.Driver, ID: "d3"}, "", time.Hour, time.Now())
		})
		propose(t, one, "o4", "d4")
		commit(t, r, one, func(t *trip.Trip) ([]trip.Event, error) { return t.Accept("o4", "d4", time.Now()) })
		commit(t, r, one, func(t *trip.Trip) ([]trip.Event, error) {
			return t.Cancel(trip.Actor{Role: trip.Rider, ID: "r"}, "", time.Now())
		})
		two := request(0)
		r.Requested()
		pass(2 * time.Hour)
		commit(t, r, two, func(t *trip.Trip) ([]trip.Event, error) { return t.Expire(time.Now()) })
		wants(t, r, wire.NumbersTotals{Expired: 1}) // the rest is more than an hour ago
		day := r.Numbers(context.Background(), 24*time.Hour).Totals
		if day.Requests != 2 || day.Served != 1 || day.Cancelled != 1 || day.OffersAccepted != 2 {
			t.Errorf("of the day: %+v, want the trip that lost its driver served once", day)
		}
	})
}

func TestRecorder_WaitOfARideForLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := (&shelf{}).recorder("a", "1")
		booked := request(2 * time.Hour)
		pass(2*time.Hour - 9*time.Minute) // the search began a minute ago
		commit(t, r, booked, func(t *trip.Trip) ([]trip.Event, error) { return t.Release(time.Hour, time.Now()) })
		propose(t, booked, "o1", "d1")
		commit(t, r, booked, func(t *trip.Trip) ([]trip.Event, error) { return t.Accept("o1", "d1", time.Now()) })
		if wait := r.Numbers(context.Background(), time.Hour).Totals.WaitP50S; wait == nil || *wait < 58 || *wait > 62 {
			t.Errorf("waited %v s, want 60: nobody waits before the search", wait)
		}
	})
}

func TestRecorder_Exchanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := (&shelf{}).recorder("a", "1")
		open, moved := request(0), request(0)
		open.AssignedAt, moved.AssignedAt = time.Now(), time.Now()
		r.Exchanged([]trip.Move{{To: "d1"}, {From: "d1", To: "d2"}}, []*trip.Trip{open, moved})
		wants(t, r, wire.NumbersTotals{Served: 1})
	})
}

func TestRecorder_Ticks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := (&shelf{}).recorder("a", "1")
		for i := range 100 {
			online := -1
			if i%10 == 0 {
				online = 40 + i
			}
			r.Ticked(numbers.Tick{
				Took: time.Duration(i+1) * time.Millisecond, Open: i, Online: online, Ages: []time.Duration{time.Duration(i) * 100 * time.Millisecond},
				Rungs: map[match.Rung]int{"graph": 2, match.Straight: 1},
			})
		}
		n := r.Numbers(context.Background(), time.Hour)
		last := len(n.At) - 1
		near := func(name string, got *float64, want float64) {
			t.Helper()
			if got == nil || *got < want*31/32-0.01 || *got > want*33/32+0.01 {
				t.Errorf("%s is %v, want %g", name, got, want)
			}
		}
		near("tick_p50_ms", n.Series.TickP50Ms[last], 50)
		near("tick_p99_ms", n.Totals.TickP99Ms, 99)
		near("position_age_p99_s", n.Series.PositionAgeP99S[last], 9.8)
		near("open", n.Series.Open[last], 49.5)
		near("drivers_online", n.Series.DriversOnline[last], 85)
		if *n.Series.Rung["graph"][last] != 200 || n.Totals.Rung[string(match.Straight)] != 100 || n.Series.Rung["graph"][0] != nil {
			t.Errorf("rungs: %+v", n.Totals.Rung)
		}
		if n.Series.WaitP50S[last] != nil || n.Totals.WaitP95S != nil {
			t.Error("a quantile of nobody's wait")
		}
		if len(n.At) != 60 || n.At[last]-n.At[0] != 59*60 || n.StepS != 60 || n.At[last]%60 != 0 || len(n.Series.Open) != 60 {
			t.Errorf("steps of %d s at %v", n.StepS, n.At)
		}
		day := r.Numbers(context.Background(), 24*time.Hour)
		if len(day.At) != 144 || day.StepS != 600 || day.At[143]%600 != 0 || *day.Series.Ticks[143] != 100 {
			t.Errorf("the day: steps of %d s at %v", day.StepS, day.At)
		}
	})
}

func TestRecorder_AddsUpDispatchersAndRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		a, b := s.recorder("a", "1", "a", "b"), s.recorder("b", "1", "a", "b")
		stopA, stopB := run(a), run(b)
		for range 3 {
			a.Requested()
			b.Requested()
			b.Requested()
		}
		pass(11 * time.Second)
		wants(t, a, wire.NumbersTotals{Requests: 9})
		wants(t, b, wire.NumbersTotals{Requests: 9})
		a.Requested()
		wants(t, a, wire.NumbersTotals{Requests: 10}) // its own at once
		stopA()
		again := s.recorder("a", "2", "a", "b") // within the same minute
		stopA = run(again)
		again.Requested()
		wants(t, again, wire.NumbersTotals{Requests: 11})
		if n := again.Numbers(context.Background(), time.Hour); n.Partial {
			t.Error("partial, though all are there")
		}
		stopA()
		stopB()
		pass(10 * time.Minute)
		last := s.recorder("a", "3", "a", "b")
		wants(t, last, wire.NumbersTotals{Requests: 11})
		if n := last.Numbers(context.Background(), time.Hour); !n.Partial {
			t.Error("whole, though b says nothing")
		}
	})
}

func TestRecorder_StoreAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		r := s.recorder("a", "1", "a")
		stop := run(r)
		s.setDown(true)
		for range 5 {
			r.Requested()
			pass(time.Minute)
		}
		n := r.Numbers(context.Background(), time.Hour)
		if n.Totals.Requests != 5 || !n.Partial {
			t.Errorf("while the store is away: %+v, partial %v", n.Totals, n.Partial)
		}
		s.setDown(false)
		stop()
		wants(t, s.recorder("a", "2"), wire.NumbersTotals{Requests: 5})
	})
}

func TestRecorder_ForgetsAfterEightDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		r := s.recorder("a", "1")
		stop := run(r)
		defer stop()
		r.Requested()
		pass(7 * 24 * time.Hour)
		if n := s.size(); n != 1 {
			t.Errorf("%d rows after a week", n)
		}
		pass(26 * time.Hour)
		if n := s.size(); n != 0 {
			t.Errorf("%d rows after eight days", n)
		}
	})
}
