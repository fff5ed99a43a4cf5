package track_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/track"
	"github.com/cabstand/cabstand/internal/wire"
)

func tripPush(id string, version int64) wire.Push {
	return wire.Push{TripID: id, Version: version, Frame: wire.Encode(wire.TripFrame{
		Type: wire.FrameTrip, Trip: wire.Trip{ID: id, Version: version, DriverID: "d1"},
	})}
}

func TestTracker_Serve_Connect(t *testing.T) {
	t.Run("HelloFirstThenWhatIsPending", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.desk.set(func(c wire.Command) (wire.Reply, error) {
				// While the answer is under way pushes overtake it.
				for _, p := range []wire.Push{
					tripPush("t1", 3), tripPush("t1", 5), wire.OfferClosedPush("o2", "expired"),
				} {
					if err := w.line.Push(t.Context(), "d1", p); err != nil {
						t.Error(err)
					}
				}
				profile := w.desk.drivers["d1"]
				return wire.Reply{
					Profile: &profile, Trip: &wire.Trip{ID: "t1", Version: 4, DriverID: "d1"},
					Offer: &wire.OfferFrame{OfferID: "o2"},
				}, nil
			})
			p := w.connect(w.tracker(), "d1", 100)
			p.expect(wire.FrameHello)
			for _, want := range []frame{{Type: "trip"}, {Type: "offer", OfferID: "o2"}, {Type: "trip"}, {Type: "offer_closed", OfferID: "o2"}} {
				if f := p.expect(want.Type); f.OfferID != want.OfferID {
					t.Errorf("got %+v, want %+v", f, want)
				}
			}
			p.nothing()
		})
	})
	t.Run("TheTripAtHandBeforeTheNextOne", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.desk.set(func(wire.Command) (wire.Reply, error) {
				profile := w.desk.drivers["d1"]
				return wire.Reply{
					Profile: &profile, Trip: &wire.Trip{ID: "t1", Version: 4, DriverID: "d1"},
					Next: &wire.Trip{ID: "t2", Version: 2, DriverID: "d1", Slot: 1},
				}, nil
			})
			p := w.connect(w.tracker(), "d1", 100)
			p.expect(wire.FrameHello)
			for _, want := range []string{"t1", "t2"} {
				if f := p.expect(wire.FrameTrip); f.Trip.ID != want {
					t.Errorf("got trip %s, want %s", f.Trip.ID, want)
				}
			}
			p.nothing()
		})
	})
	t.Run("ErrUnknownDriver", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			p := w.connect(w.tracker(), "stranger", 100)
			p.expect(wire.FrameHello)
			if f := p.expect(wire.FrameError); f.Code != string(fault.UnknownDriver) {
				t.Errorf("error %+v", f)
			}
			p.expectClose(track.CloseUnknown)
			if n := w.line.listening(); n != 0 {
				t.Errorf("%d listeners left", n)
			}
		})
	})
	t.Run("ErrUnavailable", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.desk.set(nobody)
			p := w.connect(w.tracker(), "d1", 100)
			p.expect(wire.FrameHello)
			if f := p.expect(wire.FrameError); f.Code != string(fault.Unavailable) {
				t.Errorf("error %+v", f)
			}
			p.expectClose(track.CloseTryLater)
		})
	})
	t.Run("KnownDriversStreamOnWhileNobodyAnswers", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			tracker := w.tracker()
			w.online(tracker, "d1").hangUp()
			w.desk.set(nobody)
			w.line.set(func(l *line) { l.down = true })
			p := w.online(tracker, "d1")
			p.send(status("available"), position(1, home))
			time.Sleep(time.Second)
			if l := w.feed.last("d1"); !l.Available || l.Class != "standard" || l.Seats != 4 {
				t.Errorf("published %+v", l)
			}
			p.expect(wire.FrameAck)

			// The dispatchers come back: what is pending follows, and pushes arrive.
			w.line.set(func(l *line) { l.down = false })
			w.desk.set(func(wire.Command) (wire.Reply, error) {
				profile := w.desk.drivers["d1"]
				return wire.Reply{Profile: &profile, Trip: &wire.Trip{ID: "t1", Version: 2}}, nil
			})
			if f := p.expect(wire.FrameTrip); f.Trip.Version != 2 {
				t.Errorf("trip %+v", f)
			}
			if err := w.line.Push(t.Context(), "d1", tripPush("t1", 3)); err != nil {
				t.Error(err)
			}
			p.expect(wire.FrameTrip)
		})
	})
	t.Run("RemovedWhileNobodyAnswered", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			tracker := w.tracker()
			w.online(tracker, "d1").hangUp()
			w.desk.set(nobody)
			p := w.online(tracker, "d1")
			p.expectOpen()
			w.desk.set(func(wire.Command) (wire.Reply, error) {
				return wire.FaultReply(fault.New(fault.UnknownDriver, "gone")), nil
			})
			if f := p.expect(wire.FrameError); f.Code != string(fault.UnknownDriver) {
				t.Errorf("got %+v", f)
			}
			p.expectClose(track.CloseUnknown)
		})
	})
	t.Run("RemovedDriverIsNotRemembered", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			tracker := w.tracker()
			w.online(tracker, "d1").hangUp()
			w.desk.set(func(wire.Command) (wire.Reply, error) {
				return wire.FaultReply(fault.New(fault.UnknownDriver, "gone")), nil
			})
			w.connect(tracker, "d1", 100).expectClose(track.CloseUnknown)
			w.desk.set(nobody)
			w.connect(tracker, "d1", 100).expectClose(track.CloseTryLater)
		})
	})
}

func TestTracker_Serve_NewestWins(t *testing.T) {
	t.Run("InOneTracker", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.line.deaf = true
			tracker := w.tracker()
			first, other := w.online(tracker, "d1"), w.online(tracker, "d2")
			second := w.online(tracker, "d1")
			first.expectClose(track.CloseReplaced)
			second.expectOpen()
			other.expectOpen()
		})
	})
	t.Run("AcrossTrackers", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			first := w.online(w.tracker(), "d1")
			second := w.online(w.tracker(), "d1")
			first.expectClose(track.CloseReplaced)
			third := w.online(w.tracker(), "d1")
			second.expectClose(track.CloseReplaced)
			third.expectOpen()
		})
	})
	t.Run("AnOlderOneThatListensLateIsTold", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			one, two := w.tracker(), w.tracker()
			w.online(one, "d1").hangUp()
			w.line.set(func(l *line) { l.down = true })
			w.desk.set(nobody)
			older := w.online(one, "d1")
			w.line.set(func(l *line) { l.down = false })
			w.desk.set(nil)
			newer := w.online(two, "d1") // announced before the older one listens
			older.expectClose(track.CloseReplaced)
			newer.expectOpen()
		})
	})
}

func TestTracker_Serve_Pushes(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		p := w.online(w.tracker(), "d1")
		for _, push := range []wire.Push{
			tripPush("t1", 2), tripPush("t1", 2), tripPush("t1", 1), tripPush("t2", 1), tripPush("t1", 3),
			wire.OfferClosedPush("o1", "expired"),
		} {
			if err := w.line.Push(t.Context(), "d1", push); err != nil {
				t.Fatal(err)
			}
		}
		for _, want := range []string{"t1:2", "t2:1", "t1:3"} {
			f := p.expect(wire.FrameTrip)
			if got := fmt.Sprintf("%s:%d", f.Trip.ID, f.Trip.Version); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		if f := p.expect(wire.FrameOfferClosed); f.OfferID != "o1" || f.Reason != "expired" {
			t.Errorf("got %+v", f)
		}
		p.nothing()
	})
}

func TestTracker_Serve_Orders(t *testing.T) {
	t.Run("InOrderWithTheTripAfter", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			version := int64(1)
			w.desk.set(func(c wire.Command) (wire.Reply, error) {
				switch c.Kind {
				case wire.CommandConnect:
					return wire.Reply{}, nil
				case wire.CommandReceived: // not the driver's trip yet
					return wire.Reply{Trip: &wire.Trip{ID: "t1", Version: version}}, nil
				}
				version++
				if c.Kind == wire.CommandArrive { // the push is quicker than the reply
					if err := w.line.Push(t.Context(), "d1", tripPush("t1", version)); err != nil {
						t.Error(err)
					}
				}
				return wire.Reply{Trip: &wire.Trip{ID: "t1", Version: version, DriverID: "d1"}}, nil
			})
			p := w.online(w.tracker(), "d1")
			p.send(`{"type":"received","offer_id":"o1"}`, `{"type":"accept","offer_id":"o1"}`,
				`{"type":"arrive","trip_id":"t1"}`, `{"type":"start","trip_id":"t1"}`, `{"type":"complete","trip_id":"t1"}`)
			for want := int64(2); want <= 5; want++ {
				if f := p.expect(wire.FrameTrip); f.Trip.Version != want {
					t.Errorf("got version %d, want %d", f.Trip.Version, want)
				}
			}
			p.nothing()
			want := []string{"received o1", "accept o1", "arrive t1", "start t1", "complete t1"}
			if got := w.desk.orders(); !slices.Equal(got, want) {
				t.Errorf("ordered %v, want %v", got, want)
			}
		})
	})
	t.Run("CancelShowsTheTripWithoutDriver", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.desk.set(func(c wire.Command) (wire.Reply, error) {
				if c.Kind == wire.CommandCancel && c.Reason == "flat tyre" {
					return wire.Reply{Trip: &wire.Trip{ID: "t1", Version: 3}}, nil
				}
				return wire.Reply{}, nil
			})
			p := w.online(w.tracker(), "d1")
			p.send(`{"type":"cancel","trip_id":"t1","reason":"flat tyre"}`)
			p.expect(wire.FrameTrip)
		})
	})
	t.Run("ErrOfOursStaysInside", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.desk.set(func(c wire.Command) (wire.Reply, error) {
				if c.Kind == wire.CommandArrive {
					return wire.Reply{}, errors.New("a secret")
				}
				return wire.Reply{}, nil
			})
			p := w.online(w.tracker(), "d1")
			p.send(`{"type":"arrive","trip_id":"t1"}`)
			if f := p.expect(wire.FrameError); f.Code != string(fault.Internal) || f.Ref != "t1" || strings.Contains(f.Detail, "secret") {
				t.Errorf("got %+v", f)
			}
			if n := w.logged("a secret"); n != 1 {
				t.Errorf("logged %d times", n)
			}
		})
	})
	t.Run("ErrOfferClosed", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.desk.set(func(c wire.Command) (wire.Reply, error) {
				if c.Kind == wire.CommandAccept {
					return wire.FaultReply(fault.New(fault.OfferClosed, "too late")), nil
				}
				return wire.Reply{}, nil
			})
			p := w.online(w.tracker(), "d1")
			p.send(`{"type":"accept","offer_id":"o1"}`)
			if f := p.expect(wire.FrameError); f.Code != "offer_closed" || f.Ref != "o1" {
				t.Errorf("got %+v", f)
			}
			if f := p.expect(wire.FrameOfferClosed); f.OfferID != "o1" {
				t.Errorf("got %+v", f)
			}
		})
	})
	t.Run("SlowDispatcherHoldsUpNoPosition", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.desk.hangs = make(chan struct{})
			p := w.online(w.tracker(), "d1")
			for range w.config.Orders + 1 {
				p.send(`{"type":"received","offer_id":"o1"}`)
			}
			p.nothing()
			p.send(`{"type":"accept","offer_id":"o1"}`)
			if f := p.expect(wire.FrameError); f.Code != string(fault.RateLimited) || f.Ref != "o1" {
				t.Errorf("got %+v", f)
			}
			p.send(position(9, home))
			if f := p.expect(wire.FrameAck); f.Seq != 9 {
				t.Errorf("got %+v", f)
			}
			close(w.desk.hangs)
			synctest.Wait()
			if got := len(w.desk.orders()); got != w.config.Orders+1 {
				t.Errorf("%d orders carried out", got)
			}
		})
	})
	t.Run("CarriedOutAfterThePhoneHungUp", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.desk.hangs = make(chan struct{})
			p := w.online(w.tracker(), "d1")
			p.send(`{"type":"arrive","trip_id":"t1"}`, `{"type":"start","trip_id":"t1"}`)
			time.AfterFunc(time.Second, func() { close(w.desk.hangs) })
			p.hangUp()
			if got := w.desk.orders(); !slices.Equal(got, []string{"arrive t1", "start t1"}) {
				t.Errorf("ordered %v", got)
			}
		})
	})
	t.Run("GivenUpWhenNobodyAnswersAPhoneThatHungUp", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.desk.hangs = make(chan struct{})
			p := w.online(w.tracker(), "d1")
			for range 10 {
				p.send(`{"type":"arrive","trip_id":"t1"}`)
			}
			before := time.Now()
			p.hangUp()
			if took := time.Since(before); took > w.config.CommandTimeout {
				t.Errorf("the session ended %v after the phone", took)
			}
		})
	})
}

func TestTracker_Serve_BadFrames(t *testing.T) {
	t.Run("AnsweredAndSkipped", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			p := w.online(w.tracker(), "d1")
			for text, code := range map[string]fault.Code{
				"\x00\xff": fault.Malformed, `[]`: fault.Malformed, `{"type":"fly"}`: fault.Invalid,
				`{"type":"position","lat":1}`: fault.Invalid,
			} {
				p.send(text)
				if f := p.expect(wire.FrameError); f.Code != string(code) || f.Detail == "" {
					t.Errorf("%q: got %+v, want %s", text, f, code)
				}
			}
			p.send(position(1, home))
			p.expect(wire.FrameAck)
			p.expectOpen()
		})
	})
	t.Run("TooMany", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			p := w.online(w.tracker(), "d1")
			for range w.config.Strikes - 1 {
				p.send(`x`)
			}
			p.expectOpen()
			p.send(`x`)
			p.expectClose(track.ClosePolicy)
		})
	})
	t.Run("GoodOnesPayBack", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			p := w.connect(w.tracker(), "d1", 1<<20)
			for i := range 4 * w.config.Strikes {
				p.send(`x`, position(uint64(i)+1, home))
				time.Sleep(time.Second)
			}
			p.expectOpen()
		})
	})
	t.Run("Flood", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			p := w.connect(w.tracker(), "d1", 1<<20)
			for i := range 10 * w.config.PositionBurst {
				p.send(position(uint64(i)+1, home))
			}
			p.expectClose(track.ClosePolicy)
			if n := len(w.desk.orders()); n != 0 {
				t.Errorf("%d orders", n)
			}
		})
	})
	t.Run("FloodOfOrders", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			p := w.connect(w.tracker(), "d1", 1<<20)
			for range 1000 {
				p.send(`{"type":"accept","offer_id":"o1"}`)
			}
			p.expectClose(track.ClosePolicy)
			if n := len(w.desk.orders()); n > w.config.FrameBurst {
				t.Errorf("%d orders reached a dispatcher", n)
			}
		})
	})
}

func TestTracker_Serve_Liveness(t *testing.T) {
	t.Run("SilentPhoneIsClosed", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			tracker := w.tracker()
			p := w.connect(tracker, "d1", 10)
			p.mute.Store(true)
			before := time.Now()
			p.expectClose(track.CloseGoingAway)
			if took := time.Since(before); took > w.config.PingEvery+w.config.PingTimeout {
				t.Errorf("found dead after %v", took)
			}
		})
	})
	t.Run("FramesAreASignOfLife", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			p := w.connect(w.tracker(), "d1", 1000)
			p.mute.Store(true)
			for i := range 60 {
				time.Sleep(4 * time.Second)
				p.send(position(uint64(i)+1, home))
			}
			p.expectOpen()
		})
	})
	t.Run("SlowPhoneIsClosed", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			p := w.connect(w.tracker(), "d1", 0)
			p.expect(wire.FrameHello)
			synctest.Wait()
			for i := range w.config.Outgoing + 2 {
				if err := w.line.Push(t.Context(), "d1", tripPush("t1", int64(i)+1)); err != nil {
					t.Fatal(err)
				}
			}
			p.expectClose(track.CloseTryLater)
		})
	})
	t.Run("RefusedPositionsDoNotFillASlowPhone", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.config.WriteTimeout = time.Hour
			p := w.connect(w.tracker(), "d1", 0)
			p.expect(wire.FrameHello)
			synctest.Wait()
			for i := range 4 * w.config.Outgoing {
				p.send(fmt.Sprintf(`{"type":"position","seq":%d,"lat":0,"lon":0}`, i+1))
				time.Sleep(time.Second)
			}
			trips := int64(w.config.Outgoing / 2)
			for i := range trips {
				if err := w.line.Push(t.Context(), "d1", tripPush("t1", i+1)); err != nil {
					t.Fatal(err)
				}
			}
			for f := p.next(); f.Trip.Version != trips; f = p.next() {
			}
			p.expectOpen()
		})
	})
}

// A session that has nothing to do is the goroutine that called Serve.
func TestTracker_Serve_AtRest(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		const sessions = 20
		tracker := w.tracker()
		for i := range sessions {
			w.desk.drivers[fmt.Sprint("r", i)] = wire.Driver{ID: fmt.Sprint("r", i), Class: "standard", Seats: 4}
		}
		for i := range sessions {
			p := w.online(tracker, fmt.Sprint("r", i))
			p.send(position(1, home), `{"type":"accept","offer_id":"o1"}`)
			p.expect(wire.FrameAck)
			p.nothing()
		}
		time.Sleep(2 * w.config.PingEvery) // all were pinged, and acks may be sent again
		synctest.Wait()
		all := make([]byte, 1<<20)
		got := 0
		for stack := range strings.SplitSeq(string(all[:runtime.Stack(all, true)]), "\n\n") {
			if strings.Contains(stack, "track.(*session).") {
				got++
			}
		}
		if got != sessions {
			t.Errorf("%d sessions at rest are %d goroutines", sessions, got)
		}
	})
}

func TestTracker_Drain(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			tracker := w.tracker()
			phones := []*phone{w.online(tracker, "d1"), w.online(tracker, "d2")}
			if n := tracker.Stats().Sessions; n != 2 {
				t.Errorf("%d sessions", n)
			}
			for range 2 { // the second time there is nothing to do
				if err := tracker.Drain(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			for _, p := range phones {
				p.expectClose(track.CloseRestart)
			}
			w.connect(tracker, "d1", 10).expectClose(track.CloseRestart)
			if n := tracker.Stats().Sessions; n != 0 {
				t.Errorf("%d sessions", n)
			}
		})
	})
	t.Run("ErrDeadline", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.desk.hangs = make(chan struct{})
			tracker := w.tracker()
			w.online(tracker, "d1").send(`{"type":"arrive","trip_id":"t1"}`)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := tracker.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Drain: %v", err)
			}
		})
	})
}

func TestTracker_Serve_EndOfContext(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ctx, cancel := context.WithCancel(t.Context())
		p := &phone{t: t, in: make(chan message), out: make(chan []byte, 10), closed: make(chan struct{}), served: make(chan error, 1)}
		tracker := w.tracker()
		go func() { p.served <- tracker.Serve(ctx, p, "d1", time.Now().Add(tokenTTL)) }()
		p.expect(wire.FrameHello)
		cancel()
		p.expectClose(track.CloseGoingAway)
	})
}

// A socket is worth no more than the token that opened it.
func TestTracker_Serve_EndOfToken(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		p := &phone{t: t, in: make(chan message), out: make(chan []byte, 100), closed: make(chan struct{}), served: make(chan error, 1)}
		tracker, expires := w.tracker(), time.Now().Add(time.Minute)
		go func() { p.served <- tracker.Serve(t.Context(), p, "d1", expires) }()
		p.expect(wire.FrameHello)
		time.Sleep(time.Minute - time.Millisecond)
		p.expectOpen()
		p.expectClose(track.ClosePolicy)
		if late := time.Since(expires); late != 0 || p.reason != "token expired" {
			t.Errorf("closed %v late for %q", late, p.reason)
		}
	})
}
