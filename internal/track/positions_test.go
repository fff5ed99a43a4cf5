package track_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/track"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

var home, near = geo.Point{Lat: 40.73, Lon: -73.98}, geo.Point{Lat: 40.7301, Lon: -73.98}

func position(seq uint64, at geo.Point) string {
	return fmt.Sprintf(`{"type":"position","seq":%d,"lat":%v,"lon":%v}`, seq, at.Lat, at.Lon)
}

func status(s string) string { return fmt.Sprintf(`{"type":"status","status":%q}`, s) }

// entry is a position of a batch, fixed ago before now.
func entry(seq uint64, at geo.Point, ago time.Duration) string {
	return fmt.Sprintf(`{"seq":%d,"lat":%v,"lon":%v,"t":%d}`, seq, at.Lat, at.Lon, time.Now().Add(-ago).UnixMilli())
}

func batch(entries ...string) string {
	return `{"type":"positions","positions":[` + strings.Join(entries, ",") + `]}`
}

// flushed lets a flush pass.
func (w *world) flushed() { time.Sleep(2 * w.config.FlushEvery) }

func TestTracker_Positions(t *testing.T) {
	t.Run("ReachFeedAndMirrorWithinAFlush", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			p := w.online(w.tracker(), "d2")
			p.send(status("available"), position(7, home))
			w.flushed()
			for name, s := range map[string]*sink{"feed": w.feed, "mirror": w.mirror} {
				got := s.of("d2")
				if len(got) != 1 {
					t.Fatalf("%s: %d arrivals", name, len(got))
				}
				l := got[0]
				if l.Point != home || l.Seq != 7 || l.Class != "van" || l.Seats != 8 || !l.Available || l.Gone || l.Session == "" {
					t.Errorf("%s: %+v", name, l)
				}
				if late := l.at.Sub(l.SeenAt); late > w.config.FlushEvery {
					t.Errorf("%s: %v late", name, late)
				}
			}
			if cell := w.feed.of("d2")[0].cell; cell != geo.CellOf(home, geo.OwnerLength) {
				t.Errorf("published in cell %s", cell)
			}
		})
	})
	t.Run("NotAvailableUntilSaid", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			p := w.online(w.tracker(), "d1")
			p.send(position(1, home))
			w.flushed()
			if l := w.feed.last("d1"); l.DriverID == "" || l.Available {
				t.Errorf("published %+v", l)
			}
			p.send(status("available"))
			w.flushed()
			if l := w.feed.last("d1"); !l.Available {
				t.Errorf("after saying so: %+v", l)
			}
		})
	})
	t.Run("AvailableFromAnOldPlaceWaitsForTheNextPosition", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			p := w.online(w.tracker(), "d1")
			p.send(position(1, home))
			time.Sleep(w.config.StatusFresh + time.Second)
			p.send(status("available"))
			w.flushed()
			if w.feed.last("d1").Available {
				t.Error("an old position was published as new")
			}
			p.send(position(2, home))
			w.flushed()
			if !w.feed.last("d1").Available {
				t.Error("the next position did not bring it")
			}
		})
	})
	t.Run("OfflineIsGoneAndStaysGone", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			p := w.online(w.tracker(), "d1")
			p.send(status("available"), position(1, home), status("offline"), position(2, home))
			w.flushed()
			for name, s := range map[string]*sink{"feed": w.feed, "mirror": w.mirror} {
				if l := s.last("d1"); !l.Gone || l.Available {
					t.Errorf("%s: %+v", name, l)
				}
			}
			p.send(status("available"))
			w.flushed()
			if l := w.mirror.last("d1"); l.Gone || !l.Available {
				t.Errorf("available again: %+v", l)
			}
		})
	})
	t.Run("OfflineWithANextTripIsSeenToItsEnd", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			p := w.online(w.tracker(), "d1")
			p.send(status("available"), position(1, home))
			gone := func(what string, want bool, stands ...trip.Trip) {
				t.Helper()
				for _, stand := range stands {
					if err := w.line.Push(t.Context(), "d1", wire.TripPush(trip.Event{Trip: stand})); err != nil {
						t.Fatal(err)
					}
				}
				synctest.Wait()
				w.flushed()
				if l := w.feed.last("d1"); l.Gone != want {
					t.Errorf("%s: %+v", what, l)
				}
			}
			gone("with two trips", false,
				trip.Trip{ID: "t1", State: trip.Riding, DriverID: "d1", Version: 4},
				trip.Trip{ID: "t2", State: trip.Assigned, DriverID: "d1", Slot: 1, Version: 2})
			p.send(status("offline"), position(2, near))
			gone("the trip at hand is over", false, trip.Trip{ID: "t1", State: trip.Completed, DriverID: "d1", Version: 5})
			gone("a nearer driver has the next", true, trip.Trip{ID: "t2", State: trip.Assigned, DriverID: "d2", Version: 3})
		})
	})
	t.Run("OfflineOnTheLastTripIsSeenToItsEnd", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			p := w.online(w.tracker(), "d1")
			p.send(status("available"), position(1, home))
			w.flushed()
			on := trip.Trip{ID: "t1", State: trip.Assigned, DriverID: "d1", Version: 2}
			if err := w.line.Push(t.Context(), "d1", wire.TripPush(trip.Event{Trip: on})); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			p.send(status("offline"), position(2, near))
			w.flushed()
			if l := w.feed.last("d1"); l.Gone || l.Available || l.Point != near {
				t.Errorf("on the way: %+v", l)
			}
			done := trip.Trip{ID: "t1", State: trip.Completed, DriverID: "d1", Version: 5}
			if err := w.line.Push(t.Context(), "d1", wire.TripPush(trip.Event{Trip: done})); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			p.send(position(3, home))
			w.flushed()
			if l := w.feed.last("d1"); !l.Gone {
				t.Errorf("after the trip: %+v", l)
			}
		})
	})
	t.Run("ASilentPhonePublishesNothing", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			p := w.online(w.tracker(), "d1")
			p.send(status("available"), position(1, home))
			time.Sleep(10 * time.Minute)
			if n := len(w.feed.of("d1")); n != 1 {
				t.Errorf("%d messages", n)
			}
		})
	})
	t.Run("LatestOfABatchInOrderOfTime", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			p := w.online(w.tracker(), "d1")
			east := geo.Destination(home, 90, 50)
			p.send(batch(entry(0, east, 2*time.Second), entry(0, home, 6*time.Second), entry(0, home, 10*time.Second)))
			w.flushed()
			if got := w.feed.of("d1"); len(got) != 1 || got[0].Point != east {
				t.Errorf("published %+v", got)
			}
			p.nothing()
		})
	})
	t.Run("RefusedOnesAreToldAndOneBadOneCostsNoMore", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			p := w.online(w.tracker(), "d1")
			far := geo.Destination(home, 90, 50_000)
			p.send(batch(entry(1, home, 9*time.Second), entry(2, far, 8*time.Second), entry(3, geo.Point{Lat: 91}, 7*time.Second), entry(4, home, 6*time.Second)))
			p.send(position(4, home), position(5, geo.Point{}))
			var told []string
			for range 4 {
				f := p.next()
				if f.Type == wire.FrameAck {
					if f.Seq != 4 {
						t.Errorf("acknowledged %d", f.Seq)
					}
					f = p.next()
				}
				told = append(told, fmt.Sprintf("%s %d %s", f.Type, f.Seq, f.Code))
			}
			want := []string{"rejected 2 speed", "rejected 3 invalid", "rejected 4 duplicate", "rejected 5 zero"}
			if !slices.Equal(told, want) {
				t.Errorf("told %q, want %q", told, want)
			}
			w.flushed()
			if l := w.feed.last("d1"); l.Point != home || l.Seq != 4 {
				t.Errorf("published %+v", l)
			}
		})
	})
	t.Run("AckIsTheHighestAtMostOnceASecond", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			p := w.online(w.tracker(), "d1")
			began := time.Now()
			for i := range 31 {
				p.send(position(uint64(i)+1, home))
				time.Sleep(100 * time.Millisecond)
			}
			var acked []uint64
			for len(acked) == 0 || acked[len(acked)-1] < 31 {
				acked = append(acked, p.expect(wire.FrameAck).Seq)
			}
			if least := time.Duration(len(acked)-1) * time.Second; time.Since(began) < least || !slices.IsSorted(acked) {
				t.Errorf("acks %v in %v", acked, time.Since(began))
			}
			p.nothing()
		})
	})
	t.Run("OldCellSeesTheDriverLeave", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			p := w.online(w.tracker(), "d1")
			here := geo.CellOf(home, geo.OwnerLength)
			border := geo.Point{Lat: home.Lat, Lon: here.Bounds().East}
			west, east := geo.Destination(border, 270, 20), geo.Destination(border, 90, 20)
			there := geo.CellOf(east, geo.OwnerLength)
			for i, at := range []geo.Point{west, east, east} {
				p.send(position(uint64(i)+1, at))
				time.Sleep(4 * time.Second)
			}
			cells := map[geo.Cell][]uint64{}
			for _, a := range w.feed.of("d1") {
				cells[a.cell] = append(cells[a.cell], a.Seq)
			}
			if !slices.Equal(cells[here], []uint64{1, 2}) || !slices.Equal(cells[there], []uint64{2, 3}) || len(cells) != 2 {
				t.Errorf("published %v", cells)
			}
		})
	})
}

func TestTracker_SlowConsumers(t *testing.T) {
	t.Run("FailingMirrorCatchesUpWithTheLatest", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			tracker := w.tracker()
			p := w.online(tracker, "d1")
			w.mirror.fail(errors.New("connection refused"))
			for i := range 20 {
				p.send(position(uint64(i)+1, home))
				time.Sleep(time.Second)
			}
			if n := len(w.feed.of("d1")); n != 20 {
				t.Errorf("the feed got %d of 20", n)
			}
			if got := tracker.Degraded(); !slices.Equal(got, []track.Part{track.PartMirror}) {
				t.Errorf("degraded: %v", got)
			}
			if n := tracker.Stats().Waiting[track.PartMirror]; n != 1 {
				t.Errorf("%d locations wait", n)
			}
			w.mirror.fail(nil)
			time.Sleep(2 * w.config.FlushPause)
			if got := w.mirror.of("d1"); len(got) != 1 || got[0].Seq != 20 {
				t.Errorf("the mirror got %+v", got)
			}
			if failed, healed := w.logged("cannot be delivered"), w.logged("delivered again"); failed != 1 || healed != 1 {
				t.Errorf("logged %d times, and %d times that it is over", failed, healed)
			}
			if got := tracker.Degraded(); got != nil {
				t.Errorf("degraded: %v", got)
			}
		})
	})
	t.Run("PartOfTheMirrorIsAway", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			tracker := w.tracker()
			lost, found := w.online(tracker, "d1"), w.online(tracker, "d2")
			w.mirror.refuse("d1")
			for i := range 20 {
				lost.send(position(uint64(i)+1, home))
				w.flushed()
				found.send(position(uint64(i)+1, home))
				w.flushed()
				if at := w.mirror.last("d2"); at.Seq != uint64(i)+1 {
					t.Fatalf("after a flush the mirror has position %d of the other driver, not %d", at.Seq, i+1)
				}
				time.Sleep(time.Second)
			}
			if got := tracker.Degraded(); !slices.Equal(got, []track.Part{track.PartMirror}) {
				t.Errorf("degraded: %v", got)
			}
			if n := tracker.Stats().Waiting[track.PartMirror]; n != 1 {
				t.Errorf("%d locations wait", n)
			}
			w.mirror.refuse("")
			time.Sleep(2 * w.config.FlushPause)
			if got := w.mirror.of("d1"); len(got) != 1 || got[0].Seq != 20 {
				t.Errorf("the mirror got %+v", got)
			}
			if failed, healed := w.logged("cannot be delivered"), w.logged("delivered again"); failed != 1 || healed != 1 {
				t.Errorf("logged %d times, and %d times that it is over", failed, healed)
			}
			if got := tracker.Degraded(); got != nil {
				t.Errorf("degraded: %v", got)
			}
		})
	})
	t.Run("HangingMirrorHoldsUpNothing", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.mirror.hangs = make(chan struct{})
			p := w.online(w.tracker(), "d1")
			for i := range 10 {
				p.send(position(uint64(i)+1, home))
				w.flushed()
			}
			if n := len(w.feed.of("d1")); n != 10 {
				t.Errorf("the feed got %d of 10", n)
			}
		})
	})
	t.Run("FailingFeedRepeatsTheLatest", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			p := w.online(w.tracker(), "d1")
			w.feed.fail(errors.New("no servers"))
			p.send(status("available"), position(1, home), status("offline"))
			time.Sleep(5 * time.Second)
			w.feed.fail(nil)
			time.Sleep(2 * w.config.FlushPause)
			if l := w.feed.last("d1"); !l.Gone {
				t.Errorf("published %+v", l)
			}
		})
	})
	t.Run("WhatIsTooOldIsDropped", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			tracker := w.tracker()
			p := w.online(tracker, "d1")
			w.mirror.fail(errors.New("connection refused"))
			p.send(position(1, home))
			time.Sleep(w.config.FlushKeep + 2*w.config.FlushPause)
			if n := tracker.Stats().Waiting[track.PartMirror]; n != 0 {
				t.Errorf("%d locations wait", n)
			}
		})
	})
	t.Run("ManyMakeAnEarlyFlush", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.config.FlushEvery, w.config.FlushAt = time.Hour, 2
			tracker := w.tracker()
			w.online(tracker, "d1").send(position(1, home))
			if n := len(w.feed.of("d1")); n != 0 {
				t.Errorf("one driver made a flush: %d", n)
			}
			w.online(tracker, "d2").send(position(1, home))
			if len(w.feed.of("d1")) != 1 || len(w.feed.of("d2")) != 1 {
				t.Error("two drivers made none")
			}
		})
	})
}

func TestTracker_Reconnect(t *testing.T) {
	t.Run("StatusAndFilterGoOn", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			tracker := w.tracker()
			p := w.online(tracker, "d1")
			p.send(status("available"), position(900, home))
			p.hangUp()
			time.Sleep(5 * time.Second)
			p = w.online(tracker, "d1")
			p.send(position(1, geo.Destination(home, 0, 5000)))
			if f := p.expect(wire.FrameRejected); f.Code != string(driver.RefusedSpeed) {
				t.Errorf("got %+v", f)
			}
			p.send(position(2, home))
			w.flushed()
			if l := w.feed.last("d1"); l.Seq != 2 || !l.Available {
				t.Errorf("published %+v", l)
			}
		})
	})
	t.Run("ForgottenAfterAWhile", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			tracker := w.tracker()
			p := w.online(tracker, "d1")
			p.send(status("available"), position(1, home))
			p.hangUp()
			if n := tracker.Stats().Drivers; n != 1 {
				t.Errorf("%d drivers", n)
			}
			time.Sleep(2*w.config.Linger + time.Second)
			if n := tracker.Stats().Drivers; n != 0 {
				t.Errorf("%d drivers are remembered", n)
			}
			p = w.online(tracker, "d1")
			p.send(position(1, home))
			w.flushed()
			if w.feed.last("d1").Available {
				t.Error("an old status was remembered")
			}
		})
	})
	t.Run("TheReplacedSessionIsNotHeard", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			tracker := w.tracker()
			p := w.online(tracker, "d1")
			second := w.online(tracker, "d1")
			second.send(status("available"), position(1, home))
			p.expectClose(track.CloseReplaced)
			w.flushed()
			if l := w.feed.last("d1"); !l.Available {
				t.Errorf("published %+v", l)
			}
			time.Sleep(3 * w.config.Linger)
			if n := tracker.Stats().Drivers; n != 1 {
				t.Errorf("%d drivers: the open session's was forgotten with the other's", n)
			}
		})
	})
}

// A tracker says that it lives though none of its drivers says anything, and
// though the last time it was in vain.
func TestTracker_Run_Beats(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.tracker()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if n := w.beats.Load(); n < 5 || n > 6 {
			t.Errorf("%d signs of life in 10 s, want one every 2 s", n)
		}
	})
}

// The last positions leave before the tracker does.
func TestTracker_Run_FlushesAtTheEnd(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.config.FlushEvery = time.Hour
		t.Cleanup(func() {
			if len(w.feed.of("d1")) != 1 || len(w.mirror.of("d1")) != 1 {
				t.Error("the last position did not leave")
			}
		})
		w.online(w.tracker(), "d1").send(position(1, home))
	})
}
