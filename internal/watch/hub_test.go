package watch_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/watch"
	"github.com/cabstand/cabstand/internal/wire"
)

// inWorld runs a test on a hub that runs, with a clock of its own.
func inWorld(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		defer w.run(t)()
		test(t, w)
	})
}

// pass lets time pass.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// pulse is longer than the time between two pulses of the hub.
const pulse = 1100 * time.Millisecond

func TestRider_SeesOwnTripsFromWhereTheyStand(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.deliver(w.request("old", "r1", centre)...)
		w.deliver(w.step("old")...)
		w.deliver(w.request("other", "r2", centre)...)
		l := listen(w.hub.Rider("r1"))
		defer l.stop()
		w.deliver(w.step("old")...)
		w.deliver(w.request("new", "r1", centre)...)
		synctest.Wait()
		frames := l.taken()
		if got := versions(frames, "old"); !slices.Equal(got, []int64{2, 3}) {
			t.Errorf("old: versions %v", got)
		}
		if got := versions(frames, "new"); !slices.Equal(got, []int64{1}) {
			t.Errorf("new: versions %v", got)
		}
		if got := versions(frames, "other"); len(got) > 0 {
			t.Errorf("saw versions %v of somebody else's trip", got)
		}
	})
}

func TestRider_HearsWithinSecondsWhatTheBusLost(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		l := listen(w.hub.Rider("r1"))
		defer l.stop()
		w.request("a", "r1", centre) // and the bus brings nothing
		w.step("a")
		pass(5 * time.Second)
		if got := versions(l.taken(), "a"); !slices.Equal(got, []int64{1, 2}) {
			t.Errorf("versions %v", got)
		}
	})
}

func TestRider_WhereTheDriverIs(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.deliver(w.request("a", "r1", centre)...)
		l := listen(w.hub.Rider("r1"))
		defer l.stop()
		w.drive("driver-of-a", geo.Destination(centre, 0, 1000), nil)
		pass(pulse)
		if got := ofType[wire.RiderPositionFrame](t, l.taken(), "position"); len(got) > 0 {
			t.Errorf("a position before there is a driver: %+v", got)
		}
		w.deliver(w.step("a")...)
		position := func(what string, etaS int) {
			t.Helper()
			pass(pulse)
			got := ofType[wire.RiderPositionFrame](t, l.taken(), "position")
			if len(got) != 1 || got[0].TripID != "a" || got[0].Heading != 90 || got[0].EtaS != etaS {
				t.Errorf("%s: %+v, want one with %d s to go", what, got, etaS)
			}
		}
		position("assigned", 100)
		pass(5 * time.Second)
		if got := l.taken(); len(got) > 0 {
			t.Errorf("told again though nothing moved: %+v", got)
		}
		w.drive("driver-of-a", geo.Destination(centre, 0, 900), nil)
		position("moved: the estimate counts down", 94)
		w.drive("driver-of-a", geo.Destination(centre, 0, 500), nil)
		pass(10 * time.Second)
		l.taken()
		w.drive("driver-of-a", geo.Destination(centre, 0, 500), nil)
		position("later: a new estimate, that counts down", 43)
		asked := w.asked
		w.deliver(w.step("a")...)
		w.drive("driver-of-a", centre, nil)
		position("arrived", 0)
		w.deliver(w.step("a")...)
		w.drive("driver-of-a", centre, nil)
		position("riding: to the drop-off", 300)
		if w.asked != asked+1 {
			t.Errorf("asked %d times for two states, one of them at the pickup", w.asked-asked)
		}
		w.deliver(w.step("a")...)
		w.drive("driver-of-a", geo.Destination(centre, 0, 10), nil)
		pass(pulse)
		if got := ofType[wire.RiderPositionFrame](t, l.taken(), "position"); len(got) > 0 {
			t.Errorf("the ride is over, and still %+v", got)
		}
	})
}

func TestReader_SlowOnesAreClosed(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		slow := w.hub.Rider("r1")
		defer slow.Close()
		for i := range 300 {
			w.deliver(w.request(fmt.Sprintf("t%d", i), "r1", centre)...)
		}
		fast := listen(w.hub.Rider("r1"))
		defer fast.stop()
		if _, err := slow.Next(t.Context()); err != watch.ErrSlow {
			t.Errorf("got %v, want ErrSlow", err)
		}
		if got := w.hub.Counts().Slow; got != 1 {
			t.Errorf("counted %d", got)
		}
		// Coming back, it gets where everything stands.
		if got := len(fast.taken()); got != 300 {
			t.Errorf("%d frames, want 300", got)
		}
	})
}

func TestReader_StoreAwayInAGap(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		l := listen(w.hub.Rider("r1"))
		defer l.stop()
		w.deliver(w.request("a", "r1", centre)...)
		w.step("a") // lost
		w.setDown(true)
		w.deliver(w.step("a")...)
		synctest.Wait()
		if !l.ended(errDown) {
			t.Errorf("ended with %v, want what the store said", l.err)
		}
		w.setDown(false)
	})
}

func TestHub_WaitsForTheStoreAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.request("a", "r1", centre)
		w.setDown(true)
		defer w.run(t)()
		l := listen(w.hub.Rider("r1"))
		defer l.stop()
		pass(10 * time.Second)
		if got := l.taken(); len(got) > 0 {
			t.Errorf("got %+v from nowhere", got)
		}
		w.setDown(false)
		pass(2 * time.Second)
		if got := versions(l.taken(), "a"); !slices.Equal(got, []int64{1}) {
			t.Errorf("versions %v", got)
		}
	})
}

func TestHub_EndsWhileTheStoreIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.setDown(true)
		stop := w.run(t)
		pass(3 * time.Second)
		stop()
	})
}

func TestHub_Drain(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		readers := []*listener{listen(w.hub.Rider("r1")), listen(w.hub.Operator()), listen(w.hub.Trip("a", 0))}
		w.hub.Drain(t.Context())
		for i, l := range readers {
			if !l.ended(watch.ErrClosed) {
				t.Errorf("reader %d ended with %v", i, l.err)
			}
		}
		late := listen(w.hub.Rider("r1"))
		if !late.ended(watch.ErrClosed) {
			t.Errorf("one who came late ended with %v", late.err)
		}
		if got := w.hub.Counts(); got.Riders+got.Operators+got.Trips != 0 {
			t.Errorf("%+v are left", got)
		}
	})
}

func TestTrip_ResumesBehindAVersion(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.deliver(w.request("a", "r1", centre)...)
		w.deliver(w.step("a")...)
		l := listen(w.hub.Trip("a", 1))
		defer l.stop()
		for range 3 {
			w.deliver(w.step("a")...)
		}
		synctest.Wait()
		frames := l.taken()
		if got := versions(frames, "a"); !slices.Equal(got, []int64{2, 3, 4, 5}) {
			t.Errorf("versions %v", got)
		}
		ev, err := wire.DecodeEvent(frames[3].Data)
		if err != nil || ev.Version != 5 || frames[3].State != trip.Completed {
			t.Errorf("the last is %+v, %v", frames[3], err)
		}
		if !l.ended(watch.ErrEnded) {
			t.Errorf("ended with %v", l.err)
		}
	})
}

func subscribe(t *testing.T, o *watch.Operator, cells ...geo.Cell) {
	t.Helper()
	f := wire.SubscribeFrame{Type: wire.FrameSubscribe}
	for _, cell := range cells {
		f.Cells = append(f.Cells, string(cell))
	}
	if err := o.Subscribe(f); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
}

// eastern is a place in another cell, a few kilometres away.
var (
	eastern     = geo.Destination(centre, 90, 40_000)
	easternCell = geo.CellOf(eastern, geo.OwnerLength)
)

func TestOperator_Map(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.drive("d1", centre, nil) // before anybody watches
		w.deliver(w.request("near", "r1", centre)...)
		w.deliver(w.request("far", "r2", eastern)...)
		o := w.hub.Operator()
		l := listen(o)
		defer l.stop()
		pass(3 * time.Second)
		if got := l.taken(); len(got) > 0 {
			t.Fatalf("told without a subscription: %+v", got)
		}
		subscribe(t, o, cell)
		frames := l.taken()
		if got := ofType[wire.SubscribedFrame](t, frames[:1], "subscribed"); len(got) != 1 || !slices.Equal(got[0].Cells, []string{string(cell)}) {
			t.Fatalf("first came %s", frames[0].Data)
		}
		if got := versions(frames, "near"); !slices.Equal(got, []int64{1}) || len(versions(frames, "far")) > 0 {
			t.Errorf("trips of other places: %+v", frames)
		}
		if d := drivers(t, frames)["d1"]; d.Status != driver.Available || d.Lat != centre.Lat || d.Accuracy != 6 || d.AgeS < 0 || d.AgeS > 5 {
			t.Errorf("d1: %+v", d)
		}
		w.drive("d2", centre, nil)
		synctest.Wait()
		if got := drivers(t, l.taken()); len(got) > 0 {
			t.Errorf("told before the pulse: %+v", got)
		}
		w.drive("d2", geo.Destination(centre, 0, 50), nil)
		pass(pulse)
		got := ofType[wire.PositionsFrame](t, l.taken(), "positions")
		if len(got) != 1 || len(got[0].Drivers) != 1 || got[0].Drivers[0].Lat == centre.Lat {
			t.Errorf("two positions in a pulse: %+v, want the latest", got)
		}
		w.deliver(w.accept("near", "d2")...)
		pass(pulse)
		if d := drivers(t, l.taken())["d2"]; d.Status != driver.EnRoute || d.TripID != "near" {
			t.Errorf("with a trip: %+v", d)
		}
	})
}

func TestOperator_DriversComeAndGo(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		o := w.hub.Operator()
		l := listen(o)
		defer l.stop()
		subscribe(t, o, cell, easternCell)
		status := func(what, id string, want driver.Status) {
			t.Helper()
			pass(pulse)
			if d, ok := drivers(t, l.taken())[id]; !ok || d.Status != want {
				t.Errorf("%s: told of %s %v: %+v, want %s", what, id, ok, d, want)
			}
		}
		for _, id := range []string{"goes", "parks", "crosses"} {
			w.drive(id, centre, nil)
		}
		status("comes", "goes", driver.Available)
		w.drive("goes", centre, func(l *driver.Location) { l.Gone = true })
		status("goes offline", "goes", driver.Offline)
		w.drive("crosses", eastern, nil)
		pass(pulse)
		frames := ofType[wire.PositionsFrame](t, l.taken(), "positions")
		if len(frames) != 1 || frames[0].Cell != string(easternCell) || frames[0].Drivers[0].ID != "crosses" {
			t.Errorf("crossed to another watched cell: %+v, want it told there alone", frames)
		}
		w.drive("crosses", geo.Destination(eastern, 90, 80_000), nil)
		status("leaves what is watched", "crosses", driver.Offline)
		pass(15 * time.Second)
		if d := drivers(t, l.taken())["parks"]; d.Status != driver.Silent {
			t.Errorf("nothing heard for 15 s: %+v", d)
		}
		pass(2 * time.Minute)
		if d := drivers(t, l.taken())["parks"]; d.Status != driver.Offline {
			t.Errorf("nothing heard for 2 minutes: %+v", d)
		}
	})
}

// Where the first who watches a region fails to follow it, a second one who came
// meanwhile does not watch a frozen map.
func TestOperator_FirstCannotFollow(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		fail := make(chan struct{})
		w.refuse = func() error { <-fail; return errDown }
		first, second := w.hub.Operator(), w.hub.Operator()
		l := listen(first)
		subscribe(t, first, cell) // hangs
		w.refuse = nil
		m := listen(second)
		subscribe(t, second, cell)
		close(fail)
		synctest.Wait()
		l.stop()
		if w.following() != 1 {
			t.Errorf("%d feeds are followed for who stayed", w.following())
		}
		m.stop()
		if w.following() != 0 {
			t.Errorf("%d feeds are followed by nobody", w.following())
		}
	})
}

func TestOperator_SubscribesAnew(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.deliver(w.request("near", "r1", centre)...)
		w.deliver(w.request("far", "r2", eastern)...)
		o := w.hub.Operator()
		l := listen(o)
		subscribe(t, o, cell)
		subscribe(t, o, easternCell)
		l.taken()
		if got := w.following(); got != 1 {
			t.Errorf("%d feeds are followed, want the new one only", got)
		}
		w.deliver(w.step("near")...)
		w.deliver(w.step("far")...)
		synctest.Wait()
		frames := l.taken()
		if len(versions(frames, "near")) > 0 || !slices.Equal(versions(frames, "far"), []int64{2}) {
			t.Errorf("got %+v", frames)
		}
		other := w.hub.Operator()
		second := listen(other)
		subscribe(t, other, easternCell)
		l.stop()
		if got := w.following(); got != 1 {
			t.Errorf("%d feeds are followed, want that of the one who stayed", got)
		}
		second.stop()
		if got := w.following(); got != 0 {
			t.Errorf("%d feeds are followed by nobody", got)
		}
	})
}

func TestOperator_RefusedSubscriptions(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		o := w.hub.Operator()
		defer o.Close()
		var many []string
		for i := range watch.MaxCells + 1 {
			many = append(many, string(geo.CellOf(geo.Point{Lat: 10, Lon: float64(i)}, geo.OwnerLength)))
		}
		for name, f := range map[string]wire.SubscribeFrame{
			"Nothing":    {},
			"Both":       {Cells: []string{"dr5r"}, BBox: []float64{1, 2, 3, 4}},
			"NotACell":   {Cells: []string{"ai"}},
			"LargeCell":  {Cells: []string{"dr5"}},
			"TooMany":    {Cells: many},
			"ThreeSides": {BBox: []float64{1, 2, 3}},
			"UpsideDown": {BBox: []float64{1, 4, 3, 2}},
			"OffEarth":   {BBox: []float64{1, 2, 300, 4}},
			"TooLarge":   {BBox: []float64{-10, -10, 10, 10}},
		} {
			if err := o.Subscribe(f); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v, want invalid", name, err)
			}
		}
		for name, f := range map[string]wire.SubscribeFrame{
			"SmallCells":   {Cells: []string{"DR5RU", "dr5rv"}},
			"Box":          {BBox: []float64{-74.1, 40.6, -73.8, 40.9}},
			"Antimeridian": {BBox: []float64{179.9, -17, -179.9, -16.9}},
		} {
			if err := o.Subscribe(f); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestOperator_Stats(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		o := w.hub.Operator()
		l := listen(o)
		defer l.stop()
		subscribe(t, o, cell)
		for i := range 20 {
			id := fmt.Sprintf("t%02d", i)
			w.deliver(w.request(id, "r1", centre)...)
			pass(time.Duration(i) * time.Second)
			w.deliver(w.accept(id, "d"+id)...)
		}
		w.step("t00") // arrived, and the bus lost it
		w.deliver(w.step("t00")...)
		w.deliver(w.step("t00")...)
		w.deliver(w.commit("t01", func(t *trip.Trip) ([]trip.Event, error) {
			return t.Cancel(trip.Actor{Role: trip.Rider, ID: "r1"}, "", time.Now())
		})...)
		w.deliver(w.request("waits", "r1", centre)...)
		w.drive("free", centre, nil)
		w.drive("dt02", centre, nil)
		latest := func() wire.StatsFrame {
			t.Helper()
			pass(2 * pulse)
			all := ofType[wire.StatsFrame](t, l.taken(), "stats")
			if len(all) == 0 {
				t.Fatal("no stats")
			}
			return all[len(all)-1]
		}
		got := latest()
		if got.WindowS != 300 || got.Requests != 21 || got.Assigned != 20 || got.Completed != 1 || got.Cancelled != 1 || got.Open != 1 || got.Active != 18 {
			t.Errorf("got %+v", got)
		}
		if got.MatchS != (wire.Quantiles{P50: 9, P95: 18}) { // of 0 to 19 s
			t.Errorf("match %+v", got.MatchS)
		}
		if got.Drivers[driver.Available] != 1 || got.Drivers[driver.EnRoute] != 1 {
			t.Errorf("drivers %+v", got.Drivers)
		}
		pass(6 * time.Minute)
		if got := latest(); got.Requests != 0 || got.MatchS.P50 != 0 || got.Active != 18 {
			t.Errorf("six minutes later: %+v", got)
		}
	})
}

// What the bus brings late must not turn the hub's picture back.
func TestHub_LateRepetitionsChangeNothing(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.deliver(w.request("ended", "r1", centre)...)
		for range 4 {
			w.deliver(w.step("ended")...)
		}
		w.deliver(w.request("goes on", "r1", centre)...)
		w.deliver(w.step("goes on")...)
		pass(6 * time.Second) // a comparison with the store
		w.deliver(w.events["ended"][1], w.events["goes on"][0])
		o := w.hub.Operator()
		l := listen(o)
		defer l.stop()
		subscribe(t, o, cell)
		frames := l.taken()
		if got := versions(frames, "ended"); len(got) > 0 {
			t.Errorf("a trip that ended is told of as unfinished: versions %v", got)
		}
		if got := versions(frames, "goes on"); !slices.Equal(got, []int64{2}) {
			t.Errorf("versions %v, want the newest", got)
		}
	})
}

func TestOperator_EventsOfAReplacedSubscription(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.deliver(w.request("near", "r1", centre)...)
		o := w.hub.Operator()
		l := listen(o)
		subscribe(t, o, cell)
		l.taken()
		// Nothing runs between these but this goroutine, so the event is in the
		// queue when the new subscription begins.
		if err := o.Subscribe(wire.SubscribeFrame{Cells: []string{string(easternCell)}}); err != nil {
			t.Fatal(err)
		}
		w.deliver(w.step("near")...)
		synctest.Wait()
		l.stop()
		frames := l.taken()
		confirmed := slices.IndexFunc(frames, func(f watch.Frame) bool { return f.TripID == "" })
		if confirmed < 0 || len(versions(frames[confirmed:], "near")) > 0 {
			t.Errorf("after the confirmation came what is not subscribed: %+v", frames)
		}
	})
}

// A rider who comes back is not told of a trip that ended meanwhile, though the
// bus brings its events later.
func TestRider_EventsOfATripThatIsOverComeLate(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		requested := w.request("a", "r1", centre)
		cancelled := w.commit("a", func(tr *trip.Trip) ([]trip.Event, error) {
			return tr.Cancel(trip.Actor{Role: trip.Rider, ID: "r1"}, "", time.Now())
		})
		pass(time.Minute)
		l := listen(w.hub.Rider("r1"))
		defer l.stop()
		pass(time.Millisecond)
		w.deliver(requested...)
		pass(time.Millisecond)
		w.deliver(cancelled...)
		pass(time.Millisecond)
		if got := versions(l.taken(), "a"); len(got) > 0 {
			t.Errorf("the rider is told of versions %v of a trip that was over", got)
		}
		// One that ends after the rider came is told of whole.
		requested = w.request("b", "r1", centre)
		pass(time.Millisecond)
		w.deliver(requested...)
		pass(time.Millisecond)
		w.deliver(w.commit("b", func(tr *trip.Trip) ([]trip.Event, error) {
			return tr.Cancel(trip.Actor{Role: trip.Rider, ID: "r1"}, "", time.Now())
		})...)
		pass(time.Millisecond)
		if got := versions(l.taken(), "b"); !slices.Equal(got, []int64{1, 2}) {
			t.Errorf("the rider is told of versions %v of a trip", got)
		}
	})
}

// What a reader saw of trips that ended is forgotten in the end. A repetition that
// comes later still is known by its age.
func TestRider_RepetitionsOfATripThatIsForgotten(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		l := listen(w.hub.Rider("r1"))
		defer l.stop()
		ride := func(id string) (events []trip.Event) {
			pass(time.Second)
			events = append(w.request(id, "r1", centre), w.commit(id, func(tr *trip.Trip) ([]trip.Event, error) {
				return tr.Cancel(trip.Actor{Role: trip.Rider, ID: "r1"}, "", time.Now())
			})...)
			w.deliver(events...)
			pass(time.Millisecond)
			return events
		}
		old := ride("old")
		if got := versions(l.taken(), "old"); !slices.Equal(got, []int64{1, 2}) {
			t.Fatalf("the rider is told of versions %v", got)
		}
		pass(11 * time.Minute)
		ride("new") // with its end the older one is forgotten
		w.deliver(old...)
		pass(time.Millisecond)
		if got := versions(l.taken(), "old"); len(got) > 0 {
			t.Errorf("the rider is told again of versions %v", got)
		}
	})
}

// A trip that ends while its rider comes back, before the unfinished ones were
// read, is told of by its end alone: what came before the rider has been told.
func TestRider_TripEndsWhileTheRestIsRead(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.deliver(w.request("a", "r1", centre)...)
		w.deliver(w.accept("a", "d1")...)
		pass(time.Minute)
		w.listing = sync.OnceFunc(func() {
			pass(time.Millisecond)
			w.deliver(w.commit("a", func(tr *trip.Trip) ([]trip.Event, error) {
				return tr.Cancel(trip.Actor{Role: trip.Rider, ID: "r1"}, "", time.Now())
			})...)
		})
		l := listen(w.hub.Rider("r1"))
		defer l.stop()
		pass(time.Second)
		if got := versions(l.taken(), "a"); !slices.Equal(got, []int64{3}) {
			t.Errorf("the rider is told of versions %v", got)
		}
	})
}
