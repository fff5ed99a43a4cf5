package sim

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
	"pgregory.net/rapid"
)

var (
	here  = geo.Point{Lat: 40, Lon: -74}
	there = geo.Point{Lat: 40.01, Lon: -74}
	yon   = geo.Point{Lat: 40.02, Lon: -74.01}
)

// steadfast drivers take every offer after exactly two seconds, board riders in
// ten, and stand.
var steadfast = Behaviour{
	Think: Span{2 * time.Second, 2 * time.Second}, Board: Span{10 * time.Second, 10 * time.Second},
	Stand: Span{time.Hour, time.Hour},
}

// shift is a cabbie with a clock that a test turns.
type shift struct {
	tb   testing.TB
	c    *cabbie
	now  time.Time
	said []string // frames but positions, as "type ref"
	fixs []positionFrame
}

func newShift(tb testing.TB, mood Behaviour) *shift {
	world := OpenField{Places: []geo.Point{here}}
	c := &cabbie{
		id: "d", world: world, mood: mood, every: 4 * time.Second, rng: rand.New(rand.NewPCG(1, 2)), car: parked(here, noon),
	}
	c.pastime = &cruising{world: world, stand: mood.Stand, rng: c.rng}
	c.idle(noon)
	s := &shift{tb: tb, c: c, now: noon}
	c.hello(noon)
	s.pass(0)
	return s
}

// pass lets time go by: the cabbie acts whenever it is due.
func (s *shift) pass(d time.Duration) {
	end := s.now.Add(d)
	for steps := 0; ; steps++ {
		if steps > 100000 {
			s.tb.Fatal("the cabbie is always due: it would spin")
		}
		due := s.c.due()
		if due.After(end) {
			break
		}
		if due.After(s.now) {
			s.now = due
		}
		s.note(s.c.act(s.now))
	}
	s.now = end
}

func (s *shift) note(frames []any) {
	for _, f := range frames {
		switch f := f.(type) {
		case positionFrame:
			s.fixs = append(s.fixs, f)
		case statusFrame:
			s.said = append(s.said, "status "+string(f.Status))
		case offerStep:
			s.said = append(s.said, f.Type+" "+f.OfferID)
		case tripStep:
			s.said = append(s.said, f.Type+" "+f.TripID)
			if f.Epoch == 0 {
				s.tb.Error("a step names no epoch")
			}
		default:
			s.tb.Fatalf("said %T", f)
		}
	}
}

// hear lets the cabbie hear a frame, through its JSON.
func (s *shift) hear(frame any) {
	s.tb.Helper()
	h, err := parse(wire.Encode(frame))
	if err != nil {
		s.tb.Fatal(err)
	}
	s.c.hear(h, s.now)
	s.pass(0)
}

// expect checks what was said since the last time.
func (s *shift) expect(want ...string) {
	s.tb.Helper()
	if got := strings.Join(s.said, ", "); got != strings.Join(want, ", ") {
		s.tb.Fatalf("said %q, want %q", got, want)
	}
	s.said = nil
}

func (s *shift) offer(offerID, tripID string) {
	s.tb.Helper()
	s.hear(wire.OfferFrame{Type: wire.FrameOffer, OfferID: offerID, TripID: tripID, Epoch: 1, Pickup: there, Dropoff: yon})
}

func (s *shift) trip(version int64, state trip.State) {
	s.tb.Helper()
	t := told("t", version, state, "d")
	t.Pickup, t.Dropoff = there, yon
	s.hear(wire.TripFrame{Type: wire.FrameTrip, Trip: t})
}

func (s *shift) fault(code fault.Code, ref string) {
	s.tb.Helper()
	s.hear(wire.ErrorFrame{Type: wire.FrameError, Code: code, Ref: ref})
}

func (s *shift) at(p geo.Point) bool { return geo.Distance(s.c.car.where(s.now).Point, p) < 1 }

func TestCabbie_Ride(t *testing.T) {
	s := newShift(t, steadfast)
	s.expect("status available")
	s.offer("o", "t")
	s.expect("received o")
	s.pass(3 * time.Second)
	s.expect("accept o")
	s.trip(2, trip.Assigned)
	s.pass(time.Minute)
	s.expect()
	s.pass(5 * time.Minute)
	if !s.at(there) || s.said[0] != "arrive t" {
		t.Fatalf("said %v, at %v", s.said, s.c.car.where(s.now))
	}
	s.said = nil
	s.trip(3, trip.Arrived)
	s.pass(9 * time.Second)
	s.expect()
	s.pass(2 * time.Second)
	s.expect("start t")
	s.trip(4, trip.Riding)
	s.pass(10 * time.Minute)
	if !s.at(yon) || s.said[0] != "complete t" {
		t.Fatalf("said %v, at %v", s.said, s.c.car.where(s.now))
	}
	s.said = nil
	s.trip(5, trip.Completed)
	s.pass(time.Minute)
	s.expect()
	if s.c.trip != nil || s.c.pending != nil {
		t.Fatal("the ride is not over for the driver")
	}
}

func TestCabbie_Positions(t *testing.T) {
	s := newShift(t, steadfast)
	s.trip(2, trip.Assigned)
	s.pass(2 * time.Minute)
	if n := len(s.fixs); n < 25 || n > 35 {
		t.Fatalf("%d positions in two minutes", n)
	}
	for i := 1; i < len(s.fixs); i++ {
		a, b := s.fixs[i-1], s.fixs[i]
		metres := geo.Distance(geo.Point{Lat: a.Lat, Lon: a.Lon}, geo.Point{Lat: b.Lat, Lon: b.Lon})
		if seconds := float64(b.T-a.T) / 1000; b.Seq != a.Seq+1 || metres > 15*seconds+1 {
			t.Fatalf("%+v, then %+v", a, b)
		}
	}
}

func TestCabbie_Steps(t *testing.T) {
	t.Run("RepeatedUntilAnswered", func(t *testing.T) {
		s := newShift(t, steadfast)
		s.offer("o", "t")
		s.pass(13 * time.Second)
		s.expect("status available", "received o", "accept o", "accept o", "accept o")
		s.trip(2, trip.Assigned)
		s.pass(20 * time.Second)
		s.expect()
	})
	t.Run("RepeatedSoonWhenBusy", func(t *testing.T) {
		s := newShift(t, steadfast)
		s.offer("o", "t")
		s.pass(2 * time.Second)
		s.fault(fault.Unavailable, "o")
		s.pass(3 * time.Second)
		s.expect("status available", "received o", "accept o", "accept o")
	})
	t.Run("RepeatedAfterReconnect", func(t *testing.T) {
		s := newShift(t, steadfast)
		s.offer("o", "t")
		s.pass(2 * time.Second)
		s.said = nil
		s.c.hello(s.now)
		s.offer("o", "t") // the engine restores it
		s.pass(2 * time.Second)
		s.expect("status available", "received o", "accept o")
	})
	t.Run("TooLate", func(t *testing.T) {
		s := newShift(t, steadfast)
		s.offer("o", "t")
		s.pass(2 * time.Second)
		s.fault(fault.OfferClosed, "o")
		s.pass(time.Minute)
		s.expect("status available", "received o", "accept o")
	})
	t.Run("NotOursAnyMore", func(t *testing.T) {
		s := newShift(t, steadfast)
		s.trip(2, trip.Assigned)
		s.pass(10 * time.Minute)
		s.fault(fault.WrongState, "t")
		s.said = nil
		s.pass(time.Minute)
		s.expect()
		if s.c.trip != nil {
			t.Fatal("keeps a trip that is not the driver's")
		}
	})
	t.Run("ErrorOfSomethingElse", func(t *testing.T) {
		s := newShift(t, steadfast)
		s.offer("o", "t")
		s.pass(2 * time.Second)
		s.fault(fault.OfferClosed, "another")
		s.pass(5 * time.Second)
		s.expect("status available", "received o", "accept o", "accept o")
	})
}

func TestCabbie_Offer(t *testing.T) {
	t.Run("Closed", func(t *testing.T) {
		s := newShift(t, steadfast)
		s.offer("o", "t")
		s.hear(wire.OfferClosedFrame{Type: wire.FrameOfferClosed, OfferID: "o", Reason: "cancelled"})
		s.pass(time.Minute)
		s.expect("status available", "received o")
	})
	t.Run("Declined", func(t *testing.T) {
		mood := steadfast
		mood.Decline = 1
		s := newShift(t, mood)
		s.offer("o", "t")
		s.pass(time.Minute)
		s.expect("status available", "received o", "decline o")
	})
	t.Run("Ignored", func(t *testing.T) {
		mood := steadfast
		mood.Ignore = 1
		s := newShift(t, mood)
		s.offer("o", "t")
		s.pass(time.Minute)
		s.expect("status available", "received o")
	})
}

func TestCabbie_Trip(t *testing.T) {
	t.Run("CancelledOnTheWay", func(t *testing.T) {
		s := newShift(t, steadfast)
		s.trip(2, trip.Assigned)
		s.pass(20 * time.Second)
		s.trip(3, trip.Cancelled)
		stopped := s.c.car.where(s.now).Point
		s.pass(10 * time.Minute)
		s.expect("status available")
		if !s.at(stopped) {
			t.Fatal("drives on to a rider who has cancelled")
		}
	})
	t.Run("GivenToAnother", func(t *testing.T) {
		s := newShift(t, steadfast)
		s.trip(2, trip.Assigned)
		s.hear(wire.TripFrame{Type: wire.FrameTrip, Trip: epoch(told("t", 3, trip.Searching, ""), 2)})
		if s.c.trip != nil {
			t.Fatal("keeps it")
		}
	})
	t.Run("ToldLate", func(t *testing.T) {
		s := newShift(t, steadfast)
		s.trip(3, trip.Arrived)
		s.trip(2, trip.Assigned)
		s.pass(11 * time.Second)
		s.expect("status available", "start t")
	})
	t.Run("ResumedWhileRiding", func(t *testing.T) {
		s := newShift(t, steadfast) // a phone that was started anew
		s.trip(4, trip.Riding)
		s.pass(20 * time.Minute)
		if !s.at(yon) || s.said[1] != "complete t" {
			t.Fatalf("said %v at %v", s.said, s.c.car.where(s.now))
		}
	})
	t.Run("RestoredInTheSameState", func(t *testing.T) {
		s := newShift(t, steadfast)
		s.trip(2, trip.Assigned)
		s.pass(time.Minute)
		before := s.c.car.there()
		s.c.hello(s.now)
		s.trip(2, trip.Assigned)
		if s.c.car.there() != before {
			t.Fatal("set out anew")
		}
	})
}

// tell is a frame of any trip, from the place where "t" ends to where it begins.
func (s *shift) tell(id string, version int64, state trip.State, driverID string, slot int) {
	s.tb.Helper()
	t := told(id, version, state, driverID)
	t.Slot, t.Pickup, t.Dropoff = slot, yon, there
	s.hear(wire.TripFrame{Type: wire.FrameTrip, Trip: t, Reason: "swapped"})
}

func TestCabbie_Swap(t *testing.T) {
	t.Run("LosesTheTrip", func(t *testing.T) {
		s := newShift(t, steadfast)
		s.trip(2, trip.Assigned)
		s.pass(20 * time.Second)
		s.tell("t", 3, trip.Assigned, "", 0)
		stopped := s.c.car.where(s.now).Point
		s.pass(10 * time.Minute)
		s.expect("status available")
		if s.c.trip != nil || !s.at(stopped) {
			t.Fatal("drives on to a rider whom another driver picks up")
		}
	})
	// The news of what is lost and of what is gained come in either order.
	for _, gainFirst := range []bool{false, true} {
		t.Run(fmt.Sprint("ExchangesGainFirst", gainFirst), func(t *testing.T) {
			s := newShift(t, steadfast)
			s.trip(2, trip.Assigned)
			s.pass(20 * time.Minute) // there, and not heard: the step is repeated
			s.said = nil
			if gainFirst {
				s.tell("u", 3, trip.Assigned, "d", 0)
				s.tell("t", 3, trip.Assigned, "", 0)
			} else {
				s.tell("t", 3, trip.Assigned, "", 0)
				s.tell("u", 3, trip.Assigned, "d", 0)
			}
			s.pass(20 * time.Minute)
			if !s.at(yon) || len(s.said) == 0 || s.said[0] != "arrive u" {
				t.Fatalf("said %v, at %v: want the new trip's pickup", s.said, s.c.car.where(s.now))
			}
		})
	}
	t.Run("GivenATripUnasked", func(t *testing.T) {
		s := newShift(t, steadfast)
		s.tell("u", 4, trip.Assigned, "d", 0)
		s.pass(20 * time.Minute)
		if !s.at(yon) || s.said[1] != "arrive u" {
			t.Fatalf("said %v, at %v", s.said, s.c.car.where(s.now))
		}
	})
}

func TestCabbie_NextTrip(t *testing.T) {
	// riding accepts a next trip while the rider of the first one is on board.
	riding := func(t *testing.T) *shift {
		s := newShift(t, steadfast)
		s.trip(4, trip.Riding)
		s.hear(wire.OfferFrame{Type: wire.FrameOffer, OfferID: "o", TripID: "u", Epoch: 1, Slot: 1, Pickup: yon, Dropoff: there})
		s.pass(3 * time.Second)
		s.expect("status available", "received o", "accept o")
		s.tell("u", 2, trip.Assigned, "d", 1)
		return s
	}
	complete := func(t *testing.T, s *shift) {
		s.pass(20 * time.Minute)
		if !s.at(yon) || s.said[0] != "complete t" {
			t.Fatalf("said %v, at %v: want the trip at hand to its end first", s.said, s.c.car.where(s.now))
		}
		s.said = nil
		s.trip(5, trip.Completed)
	}
	t.Run("AfterTheOneAtHand", func(t *testing.T) {
		s := riding(t)
		complete(t, s)
		s.pass(time.Second)
		s.expect("arrive u")
		s.tell("u", 3, trip.Arrived, "d", 0)
		s.pass(11 * time.Second)
		s.expect("start u")
	})
	// The next one is begun while none is at hand, then one comes for before it.
	t.Run("AfterOneThatCameLater", func(t *testing.T) {
		s := newShift(t, steadfast)
		s.tell("u", 2, trip.Assigned, "d", 1)
		s.trip(4, trip.Riding)
		s.expect("status available")
		complete(t, s)
		s.pass(time.Second)
		s.expect("arrive u")
	})
	t.Run("TakenAway", func(t *testing.T) {
		s := riding(t)
		s.tell("u", 3, trip.Assigned, "", 0)
		complete(t, s)
		s.pass(10 * time.Minute)
		s.expect()
		if s.c.trip != nil {
			t.Fatal("goes to a rider whom another driver picks up")
		}
	})
	t.Run("OneAtHandCancelled", func(t *testing.T) {
		s := riding(t)
		s.tell("t", 5, trip.Cancelled, "d", 0)
		s.pass(20 * time.Minute)
		if !s.at(yon) || s.said[0] != "arrive u" {
			t.Fatalf("said %v, at %v", s.said, s.c.car.where(s.now))
		}
	})
}

// TestCabbie_Anything lets a driver hear frames in any order: the driver never
// spins, never jumps, and is never at a loss.
func TestCabbie_Anything(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		mood := Usual
		mood.Stand = Span{time.Second, 5 * time.Second}
		s := newShift(t, mood)
		states := []trip.State{trip.Searching, trip.Assigned, trip.Arrived, trip.Riding, trip.Completed, trip.Cancelled}
		codes := []fault.Code{fault.Unavailable, fault.WrongState, fault.OfferClosed, fault.NotFound}
		for range rapid.IntRange(1, 40).Draw(rt, "frames") {
			id := fmt.Sprint(rapid.IntRange(1, 3).Draw(rt, "id"))
			switch rapid.IntRange(0, 6).Draw(rt, "frame") {
			case 5:
				version, slot := rapid.IntRange(1, 9).Draw(rt, "version"), rapid.IntRange(0, 1).Draw(rt, "slot")
				driverID := rapid.SampledFrom([]string{"d", ""}).Draw(rt, "driver")
				s.tell("t"+id, int64(version), rapid.SampledFrom(states).Draw(rt, "state"), driverID, slot)
			case 0:
				s.offer("o"+id, "t")
			case 1:
				s.trip(int64(rapid.IntRange(1, 9).Draw(rt, "version")), rapid.SampledFrom(states).Draw(rt, "state"))
			case 2:
				s.fault(rapid.SampledFrom(codes).Draw(rt, "code"), rapid.SampledFrom([]string{"t", "o" + id}).Draw(rt, "ref"))
			case 3:
				s.hear(wire.OfferClosedFrame{Type: wire.FrameOfferClosed, OfferID: "o" + id})
			case 4:
				s.c.hello(s.now)
			}
			s.pass(time.Duration(rapid.IntRange(0, 120).Draw(rt, "seconds")) * time.Second)
		}
		for i := 1; i < len(s.fixs); i++ {
			a, b := s.fixs[i-1], s.fixs[i]
			metres := geo.Distance(geo.Point{Lat: a.Lat, Lon: a.Lon}, geo.Point{Lat: b.Lat, Lon: b.Lon})
			if metres > 15*float64(b.T-a.T)/1000+1 {
				rt.Fatalf("jumped %.0f m: %+v, then %+v", metres, a, b)
			}
		}
	})
}

func TestCabbie_OffWork(t *testing.T) {
	s := newShift(t, steadfast)
	s.c.pastime = resting{}
	s.c.idle(s.now)
	s.pass(0)
	s.expect("status available", "status offline")
	s.fixs = nil
	s.pass(10 * time.Minute)
	if len(s.fixs) != 0 {
		t.Fatal("sends positions while off work")
	}
	s.trip(2, trip.Assigned) // of an offer accepted just before
	s.expect("status available")
	s.pass(time.Minute)
	if len(s.fixs) == 0 {
		t.Fatal("has a trip and sends no positions")
	}
}

type resting struct{}

func (resting) next(_ time.Time, here geo.Point) spell {
	return spell{way: standing(here, time.Hour), off: true}
}

// FuzzParse: no frame of an engine makes a phone fail.
func FuzzParse(f *testing.F) {
	for _, seed := range []any{
		wire.HelloFrame{Type: wire.FrameHello}, wire.OfferFrame{Type: wire.FrameOffer, OfferID: "o"},
		wire.TripFrame{Type: wire.FrameTrip, Trip: told("t", 2, trip.Assigned, "d")},
		wire.ErrorFrame{Type: wire.FrameError, Code: fault.OfferClosed, Ref: "o"}, driver.Available,
	} {
		f.Add([]byte(wire.Encode(seed)))
	}
	f.Add([]byte(`{"type":"trip","trip":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := parse(data)
		if err == nil && !json.Valid(data) {
			t.Fatal("read what is not JSON")
		}
		if err == nil {
			s := newShift(t, steadfast)
			s.c.hear(h, s.now)
			s.pass(time.Minute)
		}
	})
}
