package track_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cabstand/cabstand/internal/track"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// stand pushes how a trip of d1 stands.
func (w *world) stand(id string, version int64, state trip.State) {
	w.t.Helper()
	public := wire.Trip{ID: id, Version: version, DriverID: "d1", State: state}
	if state == trip.Completed {
		now := time.Now()
		public.CompletedAt = &now
	}
	err := w.line.Push(w.t.Context(), "d1", wire.Push{TripID: id, Version: version, Frame: wire.Encode(wire.TripFrame{Type: wire.FrameTrip, Trip: public})})
	if err != nil {
		w.t.Fatal(err)
	}
	synctest.Wait()
}

// drives sends n positions, four seconds and 40 m apart, and gives back their
// times in seconds since the start.
func (p *phone) drives(start time.Time, n int) (seconds []int) {
	p.t.Helper()
	for range n {
		time.Sleep(4 * time.Second)
		second := int(time.Since(start).Seconds())
		p.send(fmt.Sprintf(`{"type":"position","seq":%d,"lat":%f,"lon":-74,"t":%d}`, second, 40+float64(second)*1e-4, time.Now().UnixMilli()))
		seconds = append(seconds, second)
	}
	return seconds
}

// part is a command "track": the trip and the seconds of its fixes.
type part struct {
	trip    string
	seconds []int
}

// parts is what dispatchers were asked to keep.
func (w *world) parts(start time.Time) (parts []part) {
	w.t.Helper()
	w.desk.mu.Lock()
	defer w.desk.mu.Unlock()
	for _, c := range w.desk.asked {
		if c.Kind != wire.CommandTrack {
			continue
		}
		fixes, err := wire.DecodeFixes(c.Fixes)
		if err != nil || c.DriverID != "d1" {
			w.t.Fatalf("%+v: %v", c, err)
		}
		p := part{trip: c.TripID}
		for _, f := range fixes {
			second := int(f.At.Sub(start).Seconds())
			if got := int((f.Lat-40)*1e4 + 0.5); got != second {
				w.t.Fatalf("the fix of second %d is where that of second %d was", second, got)
			}
			p.seconds = append(p.seconds, second)
		}
		parts = append(parts, p)
	}
	return parts
}

// recorded is the seconds of all fixes of the trip, as often as they came.
func (w *world) recorded(start time.Time, tripID string) (seconds []int) {
	w.t.Helper()
	for _, p := range w.parts(start) {
		if p.trip == tripID {
			seconds = append(seconds, p.seconds...)
		}
	}
	return seconds
}

// What is driven with the rider on board is sent while it is driven, all of it
// before the end, and nothing else.
func TestTracker_RecordsTheRide(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		start := time.Now()
		p := w.online(w.tracker(), "d1")
		w.stand("t1", 2, trip.Assigned)
		p.drives(start, 10)
		if parts := w.parts(start); parts != nil {
			t.Fatalf("before the ride: %v", parts)
		}
		w.stand("t1", 4, trip.Riding)
		began := time.Now()
		want := p.drives(start, 33)
		parts := w.parts(start)
		if took := time.Since(began); len(parts) != int(took/(20*time.Second)) {
			t.Errorf("%d parts in %v, want one every 20 s", len(parts), took)
		}
		p.send(`{"type":"complete","trip_id":"t1"}`)
		orders := w.desk.orders()
		if n := len(orders); n < 2 || orders[n-2] != "track t1" || orders[n-1] != "complete t1" {
			t.Errorf("orders end with %v", orders[max(0, n-2):])
		}
		w.stand("t1", 5, trip.Completed)
		p.drives(start, 10)
		if got := w.recorded(start, "t1"); !slices.Equal(got, want) {
			t.Errorf("recorded %v, want %v", got, want)
		}
	})
}

// Every second position of a phone that was offline comes in one batch; the
// filter believes them, and the way has them.
func TestTracker_RecordsBatches(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		start := time.Now()
		p := w.online(w.tracker(), "d1")
		w.stand("t1", 4, trip.Riding)
		want := p.drives(start, 2)
		time.Sleep(time.Minute)
		batch := ""
		for second := 10; second <= 68; second += 2 {
			batch += fmt.Sprintf(`,{"seq":%d,"lat":%f,"lon":-74,"t":%d}`, second, 40+float64(second)*1e-4, start.Add(time.Duration(second)*time.Second).UnixMilli())
			want = append(want, second)
		}
		p.send(`{"type":"positions","positions":[` + batch[1:] + `]}`)
		w.stand("t1", 5, trip.Cancelled)
		if got := w.recorded(start, "t1"); !slices.Equal(got, want) {
			t.Errorf("recorded %v, want %v", got, want)
		}
	})
}

// Positions from before the end that come after it are of the ride, and those
// of the next ride are its own.
func TestTracker_RecordsLatePositions(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		start := time.Now()
		p := w.online(w.tracker(), "d1")
		w.stand("t1", 4, trip.Riding)
		time.Sleep(40 * time.Second)
		w.stand("t1", 5, trip.Completed)
		time.Sleep(10 * time.Second)
		w.stand("t2", 4, trip.Riding)
		var batch string
		for second := 10; second <= 50; second += 10 {
			batch += fmt.Sprintf(`,{"seq":%d,"lat":%f,"lon":-74,"t":%d}`, second, 40+float64(second)*1e-4, start.Add(time.Duration(second)*time.Second).UnixMilli())
		}
		p.send(`{"type":"positions","positions":[` + batch[1:] + `]}`)
		p.hangUp()
		if first, second := w.recorded(start, "t1"), w.recorded(start, "t2"); !slices.Equal(first, []int{10, 20, 30, 40}) || !slices.Equal(second, []int{50}) {
			t.Errorf("recorded %v and %v", first, second)
		}
	})
}

// While no dispatcher answers the way waits, over a reconnect too, and a part
// that may have arrived is sent again as it was.
func TestTracker_KeepsTheWayForLater(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		start := time.Now()
		tracker := w.tracker()
		p := w.online(tracker, "d1")
		w.stand("t1", 4, trip.Riding)
		away := func(c wire.Command) (wire.Reply, error) {
			if c.Kind == wire.CommandTrack {
				return nobody(c)
			}
			return wire.Reply{}, nil
		}
		w.desk.set(away)
		want := p.drives(start, 20)
		first := w.parts(start)[0]
		p.hangUp()
		p = w.online(tracker, "d1")
		want = append(want, p.drives(start, 5)...)
		for i, again := range w.parts(start) {
			if !slices.Equal(again.seconds, first.seconds) {
				t.Fatalf("try %d sends %v, the first sent %v", i, again.seconds, first.seconds)
			}
		}
		tries := len(w.parts(start))
		w.desk.set(nil)
		w.stand("t1", 5, trip.Completed)
		var got []int
		for _, p := range w.parts(start)[tries:] {
			got = append(got, p.seconds...)
		}
		if !slices.Equal(got, want) {
			t.Errorf("recorded %v, want %v", got, want)
		}
	})
}

// A part that a dispatcher refuses for good is not sent again.
func TestTracker_DropsWhatIsRefused(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		start := time.Now()
		p := w.online(w.tracker(), "d1")
		w.stand("t1", 4, trip.Riding)
		w.desk.set(func(c wire.Command) (wire.Reply, error) {
			if c.Kind == wire.CommandTrack {
				return wire.Reply{Code: "wrong_state", Detail: "no"}, nil
			}
			return wire.Reply{}, nil
		})
		want := p.drives(start, 30)
		p.hangUp()
		if got := w.recorded(start, "t1"); !slices.Equal(got, want) {
			t.Errorf("sent %v, want each once: %v", got, want)
		}
	})
}

// Who does not ride, or left, takes no memory.
func TestTracker_ForgetsWays(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		start := time.Now()
		tracker := w.tracker()
		rides := func(want int, when string) {
			t.Helper()
			if got := tracker.Stats().Rides; got != want {
				t.Errorf("%s: %d rides are recorded, want %d", when, got, want)
			}
		}
		p := w.online(tracker, "d1")
		p.drives(start, 3)
		rides(0, "before")
		w.stand("t1", 4, trip.Riding)
		time.Sleep(20 * time.Minute) // in silence
		rides(1, "during")
		w.stand("t1", 5, trip.Completed)
		time.Sleep(7 * time.Minute)
		rides(0, "after")
		w.stand("t2", 4, trip.Riding)
		p.drives(start, 3)
		p.hangUp()
		rides(1, "hung up a moment ago")
		time.Sleep(3*track.DefaultConfig.Linger + time.Second)
		rides(0, "hung up")
	})
}
