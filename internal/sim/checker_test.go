package sim

import (
	"fmt"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// at is so many seconds after noon.
func at(seconds float64) time.Time { return noon.Add(time.Duration(seconds * float64(time.Second))) }

func when(seconds float64) *time.Time {
	t := at(seconds)
	return &t
}

// told is a version of a trip as the engine tells it.
func told(id string, version int64, state trip.State, driverID string) wire.Trip {
	t := wire.Trip{ID: id, Version: version, Epoch: 1, State: state, DriverID: driverID, RiderID: "rider-" + id, RequestedAt: at(0)}
	if state.HasDriver() || state == trip.Completed {
		t.AssignedAt = when(10)
	}
	return t
}

func epoch(t wire.Trip, n int64) wire.Trip { t.Epoch = n; return t }

// since is a trip assigned at one time and ended at another (0: not yet).
func since(t wire.Trip, assigned, ended float64) wire.Trip {
	t.AssignedAt = when(assigned)
	if ended > 0 && t.State == trip.Cancelled {
		t.CancelledAt = when(ended)
	} else if ended > 0 {
		t.CompletedAt = when(ended)
	}
	return t
}

func offerOf(tripID, offerID string, expires float64) wire.OfferFrame {
	return wire.OfferFrame{TripID: tripID, OfferID: offerID, Epoch: 1, ExpiresAt: at(expires)}
}

// ahead is a trip that was given to its driver as the next one.
func ahead(t wire.Trip, slot int) wire.Trip {
	t.Forward, t.Slot = true, slot
	return t
}

// drive has driver d take a step that works at once.
func drive(c *Checker, tripID string, brings trip.State, version int64, seconds float64) {
	c.Stepped("d", tripID, 1, brings, at(seconds))
	c.DriverTrip("d", told(tripID, version, brings, "d"), at(seconds+1))
}

// show puts versions on a rider's stream, a second apart.
func show(c *Checker, versions ...wire.Trip) {
	for i, t := range versions {
		c.StreamTrip("r", t, at(float64(i)))
	}
}

// The histories below are each wrong in one way, or right in a way that may look
// wrong. want is the violations, in order.
var histories = []struct {
	name string
	tell func(c *Checker)
	want []Breach
}{
	{"WholeRide", func(c *Checker) {
		c.StreamOpened("r", at(-5))
		show(c, told("t", 1, trip.Searching, ""), told("t", 2, trip.Assigned, "d"), told("t", 3, trip.Arrived, "d"),
			told("t", 4, trip.Riding, "d"), told("t", 5, trip.Completed, "d"))
		c.DriverTrip("d", told("t", 2, trip.Assigned, "d"), at(9))
		c.Read(told("t", 5, trip.Completed, "d"), at(20), at(20))
	}, nil},
	{"Redispatched", func(c *Checker) {
		c.StreamOpened("r", at(-5))
		show(c, told("t", 1, trip.Searching, ""), told("t", 2, trip.Assigned, "d"),
			epoch(told("t", 3, trip.Searching, ""), 2), epoch(told("t", 4, trip.Assigned, "e"), 2))
	}, nil},

	{"Swapped", func(c *Checker) {
		c.StreamOpened("r", at(-5))
		show(c, told("t", 1, trip.Searching, ""), told("t", 2, trip.Assigned, "d"),
			epoch(told("t", 3, trip.Assigned, "e"), 2), epoch(told("t", 4, trip.Arrived, "e"), 2))
		c.DriverTrip("d", epoch(told("t", 3, trip.Assigned, ""), 2), at(3)) // not to whom
		c.DriverTrip("e", epoch(told("t", 3, trip.Assigned, "e"), 2), at(3))
		c.DriverTrip("e", epoch(told("t", 5, trip.Cancelled, "e"), 2), at(4))
		c.DriverTrip("d", epoch(told("t", 5, trip.Cancelled, ""), 2), at(4)) // who asked how it stands
	}, nil},
	{"SwappedInTheSameEpoch", func(c *Checker) {
		c.Read(told("t", 2, trip.Assigned, "d"), at(1), at(1))
		c.Read(told("t", 3, trip.Assigned, "e"), at(2), at(2))
	}, []Breach{Backwards, TwoDrivers}},
	{"SwappedAfterTheArrival", func(c *Checker) {
		c.Read(told("t", 3, trip.Arrived, "d"), at(1), at(1))
		c.Read(epoch(told("t", 4, trip.Arrived, "e"), 2), at(2), at(2))
	}, []Breach{Backwards}},
	{"SwappedTheDriverHasTwo", func(c *Checker) {
		c.Read(told("u", 2, trip.Assigned, "e"), at(10), at(10))
		c.Read(epoch(told("t", 3, trip.Assigned, "e"), 2), at(30), at(30))
		c.Read(epoch(told("t", 3, trip.Assigned, "e"), 2), at(59), at(60))
		c.Read(told("u", 2, trip.Assigned, "e"), at(59), at(60))
	}, []Breach{TwoTrips}},
	// An exchange is stamped when it is thought of, which is long before its
	// commit on a busy machine: the driver's trip before it goes on until then.
	{"SwappedSlowly", func(c *Checker) {
		c.Read(since(told("u", 2, trip.Assigned, "e"), 10, 0), at(12), at(12))
		c.Read(since(told("u", 2, trip.Assigned, "e"), 10, 0), at(33), at(33))
		c.Read(epoch(since(told("t", 3, trip.Assigned, "e"), 30, 0), 2), at(34), at(34))
		c.Read(epoch(since(told("t", 3, trip.Assigned, "e"), 30, 0), 2), at(50), at(50))
	}, nil},
	// Nor does what was asked for before the commit prove that it was there then.
	{"AskedBeforeTheCommit", func(c *Checker) {
		c.Read(told("u", 2, trip.Assigned, "e"), at(12), at(12))
		c.Read(told("u", 2, trip.Assigned, "e"), at(33), at(33))
		c.Read(epoch(told("t", 3, trip.Assigned, "e"), 2), at(32), at(36))
	}, nil},

	{"TwoDriversInOneEpoch", func(c *Checker) {
		c.DriverTrip("d", told("t", 2, trip.Assigned, "d"), at(1))
		c.DriverTrip("e", told("t", 3, trip.Arrived, "e"), at(2))
	}, []Breach{TwoDrivers}},
	{"TwoDriversOfOneVersion", func(c *Checker) {
		c.DriverTrip("d", told("t", 2, trip.Assigned, "d"), at(1))
		c.DriverTrip("e", told("t", 2, trip.Assigned, "e"), at(1))
	}, []Breach{Contradicted, TwoDrivers}},
	{"DriverlessRide", func(c *Checker) {
		c.Read(told("t", 2, trip.Assigned, ""), at(1), at(1))
	}, []Breach{Contradicted}},

	{"TwoTripsDriven", func(c *Checker) {
		c.DriverTrip("d", told("t", 2, trip.Assigned, "d"), at(10))
		c.DriverTrip("d", told("u", 2, trip.Assigned, "d"), at(20))
		drive(c, "t", trip.Arrived, 3, 30)
		drive(c, "u", trip.Arrived, 3, 40)
	}, []Breach{TwoTrips}},
	{"TwoTripsReadNow", func(c *Checker) {
		c.Read(told("t", 2, trip.Assigned, "d"), at(98), at(99))
		c.Read(told("u", 2, trip.Assigned, "d"), at(99), at(100))
		c.Read(told("t", 2, trip.Assigned, "d"), at(101), at(102))
		c.Read(told("u", 2, trip.Assigned, "d"), at(101), at(102))
	}, []Breach{TwoTrips}},
	{"TripAfterTrip", func(c *Checker) {
		c.DriverTrip("d", told("t", 4, trip.Riding, "d"), at(20))
		c.Stepped("d", "t", 1, trip.Completed, at(60))
		c.DriverTrip("d", told("u", 2, trip.Assigned, "d"), at(61))
		c.DriverTrip("d", told("t", 5, trip.Completed, "d"), at(62)) // told late
		drive(c, "u", trip.Arrived, 3, 70)
	}, nil},
	// Steps are sent again until they are answered: the last of them may come when
	// the ride is over.
	{"StepSentAgain", func(c *Checker) {
		c.DriverTrip("d", told("t", 4, trip.Riding, "d"), at(20))
		c.Stepped("d", "t", 1, trip.Completed, at(60))
		c.DriverTrip("d", told("u", 2, trip.Assigned, "d"), at(61))
		c.Stepped("d", "t", 1, trip.Completed, at(75))
		drive(c, "u", trip.Arrived, 3, 80)
		c.DriverTrip("d", told("t", 5, trip.Completed, "d"), at(90))
	}, nil},
	{"StepWithoutEffect", func(c *Checker) {
		c.DriverTrip("d", told("t", 2, trip.Assigned, "d"), at(20))
		c.DriverTrip("d", told("u", 2, trip.Assigned, "d"), at(40))
		c.Stepped("d", "t", 1, trip.Arrived, at(60))
		c.DriverTrip("d", told("t", 3, trip.Cancelled, "d"), at(61))
		drive(c, "u", trip.Arrived, 3, 70)
	}, nil},
	{"ClocksAreWrong", func(c *Checker) {
		c.DriverTrip("d", since(told("t", 5, trip.Completed, "d"), 10, 600), at(60))
		c.DriverTrip("d", since(told("u", 5, trip.Completed, "d"), 40, 90), at(90))
	}, nil},
	{"OfferDuringTrip", func(c *Checker) {
		c.DriverTrip("d", told("t", 4, trip.Riding, "d"), at(1))
		c.Offered("d", offerOf("u", "o", 45), at(40))
		drive(c, "t", trip.Completed, 5, 60)
	}, []Breach{TwoTrips}},
	{"OfferFromBeforeTheTrip", func(c *Checker) {
		c.DriverTrip("d", told("t", 2, trip.Assigned, "d"), at(20))
		c.Offered("d", offerOf("u", "o", 45), at(40))
		drive(c, "t", trip.Arrived, 3, 60)
	}, nil},
	{"OfferBeforeTheNewsOfTheEnd", func(c *Checker) {
		c.DriverTrip("d", told("t", 4, trip.Riding, "d"), at(20))
		c.Stepped("d", "t", 1, trip.Completed, at(60))
		c.Offered("d", offerOf("u", "o", 65), at(60.2))
		c.DriverTrip("d", told("t", 5, trip.Completed, "d"), at(61))
	}, nil},
	{"OffersOfOneTripAroundAnother", func(c *Checker) {
		c.Offered("d", offerOf("u", "o", 15), at(1))
		c.OfferEnded("d", "o")
		c.DriverTrip("d", told("t", 2, trip.Assigned, "d"), at(20))
		drive(c, "t", trip.Completed, 5, 60)
		c.Offered("d", offerOf("u", "p", 115), at(100))
	}, nil},

	{"NextTrip", func(c *Checker) {
		c.Read(told("t", 4, trip.Riding, "d"), at(1), at(1))
		o := offerOf("u", "o", 55)
		o.Slot = 1
		c.Offered("d", o, at(40))
		c.Read(ahead(told("u", 2, trip.Assigned, "d"), 1), at(60), at(60))
		c.Read(ahead(told("u", 2, trip.Assigned, "d"), 1), at(61), at(61))
		drive(c, "t", trip.Completed, 5, 90)
		c.Read(ahead(told("u", 3, trip.Arrived, "d"), 0), at(210), at(210))
	}, nil},
	{"NextTripAtHandTooEarly", func(c *Checker) {
		c.DriverTrip("d", told("t", 4, trip.Riding, "d"), at(10))
		c.DriverTrip("d", ahead(told("u", 3, trip.Arrived, "d"), 0), at(70))
		c.Read(ahead(told("u", 3, trip.Arrived, "d"), 0), at(80), at(80))
		drive(c, "t", trip.Completed, 5, 90)
	}, []Breach{TwoTrips}},
	{"TwoNextTrips", func(c *Checker) {
		for s := range 2 {
			c.Read(ahead(told("t", 2, trip.Assigned, "d"), 1), at(float64(60+s)), at(float64(60+s)))
			c.Read(ahead(told("u", 2, trip.Assigned, "d"), 1), at(float64(60+s)), at(float64(60+s)))
		}
	}, []Breach{TwoTrips}},

	{"TwoOffersAtOnce", func(c *Checker) {
		c.Offered("d", offerOf("t", "o", 15), at(1))
		c.Offered("d", offerOf("u", "p", 15), at(3))
		c.Tick(at(7))
		c.Tick(at(9))
	}, []Breach{TwoOffers}},
	{"TwoOffersOfTwoSlots", func(c *Checker) {
		next := offerOf("u", "p", 15)
		next.Slot = 1
		c.Offered("d", offerOf("t", "o", 15), at(1))
		c.Offered("d", next, at(3))
		c.Tick(at(7))
		c.Tick(at(9))
	}, nil},
	{"OfferClosedLate", func(c *Checker) {
		c.Offered("d", offerOf("t", "o", 15), at(1))
		c.Offered("d", offerOf("u", "p", 15), at(3))
		c.OfferEnded("d", "o")
		c.Tick(at(20))
	}, nil},
	{"OfferAfterDecline", func(c *Checker) {
		c.Offered("d", offerOf("t", "o", 15), at(1))
		c.OfferEnded("d", "o")
		c.Offered("d", offerOf("u", "p", 15), at(3))
		c.Tick(at(20))
	}, nil},
	{"OfferOfAnotherSession", func(c *Checker) {
		c.Offered("d", offerOf("t", "o", 15), at(1))
		c.Reconnected("d")
		c.Offered("d", offerOf("u", "p", 15), at(3))
		c.Tick(at(20))
	}, nil},
	{"OfferRepeated", func(c *Checker) {
		c.Offered("d", offerOf("t", "o", 15), at(1))
		c.Offered("d", offerOf("t", "o", 15), at(3))
		c.Tick(at(20))
	}, nil},
	{"OffersOfTwoDrivers", func(c *Checker) {
		c.Offered("d", offerOf("t", "o", 15), at(1))
		c.Offered("e", offerOf("u", "p", 15), at(1))
		c.Tick(at(20))
	}, nil},

	{"StreamOutOfOrder", func(c *Checker) {
		c.StreamOpened("r", at(0))
		show(c, told("t", 1, trip.Searching, ""), told("t", 2, trip.Assigned, "d"), told("t", 1, trip.Searching, ""))
	}, []Breach{OutOfOrder}},
	{"StreamRepeats", func(c *Checker) {
		c.StreamOpened("r", at(0))
		show(c, told("t", 1, trip.Searching, ""), told("t", 1, trip.Searching, ""))
	}, []Breach{Repeated}},
	{"StreamLeavesOut", func(c *Checker) {
		c.StreamOpened("r", at(0))
		show(c, told("t", 1, trip.Searching, ""), told("t", 3, trip.Arrived, "d"))
	}, []Breach{Missing}},
	{"StreamLeavesOutTheFirst", func(c *Checker) {
		c.StreamOpened("r", at(-2))
		c.Asked("r", at(0))
		show(c, told("t", 2, trip.Assigned, "d"))
	}, []Breach{Late}},
	{"StreamFallsSilent", func(c *Checker) {
		c.StreamOpened("r", at(-2))
		show(c, told("t", 1, trip.Searching, ""))
		c.Read(told("t", 2, trip.Assigned, "d"), at(20), at(20))
		c.Expect("r", told("t", 2, trip.Assigned, "d"), at(20))
		c.Tick(at(40))
	}, []Breach{Late}},
	{"StreamIsSlow", func(c *Checker) {
		c.StreamOpened("r", at(-2))
		show(c, told("t", 1, trip.Searching, ""))
		c.Expect("r", told("t", 2, trip.Assigned, "d"), at(20))
		c.StreamTrip("r", told("t", 2, trip.Assigned, "d"), at(25))
		c.Tick(at(40))
	}, nil},
	{"StreamIsClosed", func(c *Checker) {
		c.StreamOpened("r", at(-2))
		show(c, told("t", 1, trip.Searching, ""))
		c.Expect("r", told("t", 2, trip.Assigned, "d"), at(20))
		c.StreamClosed("r")
		c.Tick(at(40))
	}, nil},
	{"OverWhileTheStreamWasClosed", func(c *Checker) {
		c.StreamOpened("r", at(-2))
		show(c, told("t", 1, trip.Searching, ""))
		c.StreamClosed("r")
		c.StreamOpened("r", at(30))
		late := told("t", 2, trip.Cancelled, "")
		late.RequestedAt = at(40) // by a clock that is ahead
		c.Expect("r", late, at(31))
		c.Tick(at(60))
	}, nil},
	{"ChangedWhileTheStreamWasClosed", func(c *Checker) {
		c.StreamOpened("r", at(-2))
		show(c, told("t", 1, trip.Searching, ""))
		c.StreamClosed("r")
		c.StreamOpened("r", at(30))
		c.Expect("r", told("t", 2, trip.Assigned, "d"), at(31))
		c.Tick(at(60))
	}, []Breach{Late}},
	{"StreamReopens", func(c *Checker) {
		c.StreamOpened("r", at(-2))
		show(c, told("t", 1, trip.Searching, ""), told("t", 2, trip.Assigned, "d"))
		c.StreamClosed("r")
		c.StreamOpened("r", at(30))
		c.StreamTrip("r", told("t", 4, trip.Riding, "d"), at(31)) // what the trip is at
		c.StreamTrip("r", told("t", 5, trip.Completed, "d"), at(32))
	}, nil},
	{"StreamReopensInThePast", func(c *Checker) {
		c.StreamOpened("r", at(-2))
		show(c, told("t", 1, trip.Searching, ""), told("t", 2, trip.Assigned, "d"))
		c.StreamClosed("r")
		c.StreamOpened("r", at(30))
		c.StreamTrip("r", told("t", 1, trip.Searching, ""), at(31))
	}, []Breach{OutOfOrder}},

	{"StateGoesBack", func(c *Checker) {
		c.Read(told("t", 3, trip.Arrived, "d"), at(1), at(1))
		c.Read(told("t", 4, trip.Assigned, "d"), at(2), at(2))
	}, []Breach{Backwards}},
	{"StateSkipsAhead", func(c *Checker) {
		c.Read(told("t", 2, trip.Assigned, "d"), at(1), at(1))
		c.Read(told("t", 3, trip.Riding, "d"), at(2), at(2))
	}, []Breach{Backwards}},
	{"StateSkipsAheadToldBackwards", func(c *Checker) {
		c.Read(told("t", 3, trip.Riding, "d"), at(2), at(2))
		c.Read(told("t", 2, trip.Assigned, "d"), at(1), at(1))
	}, []Breach{Backwards}},
	{"RidingDriverTakenOff", func(c *Checker) {
		c.Read(told("t", 4, trip.Riding, "d"), at(1), at(1))
		c.Read(epoch(told("t", 5, trip.Searching, ""), 2), at(2), at(2))
	}, []Breach{Backwards}},
	{"SearchAgainInTheSameEpoch", func(c *Checker) {
		c.Read(told("t", 2, trip.Assigned, "d"), at(1), at(1))
		c.Read(told("t", 3, trip.Searching, ""), at(2), at(2))
	}, []Breach{Backwards}},
	{"EpochGoesBack", func(c *Checker) {
		c.Read(epoch(told("t", 4, trip.Searching, ""), 3), at(1), at(1))
		c.Read(epoch(told("t", 9, trip.Searching, ""), 2), at(2), at(2))
	}, []Breach{Backwards}},
	{"BeginsAssigned", func(c *Checker) {
		c.Read(told("t", 1, trip.Assigned, "d"), at(1), at(1))
	}, []Breach{Backwards}},

	{"LifeAfterTheEnd", func(c *Checker) {
		c.Read(told("t", 2, trip.Cancelled, ""), at(1), at(1))
		c.Read(told("t", 3, trip.Assigned, "d"), at(2), at(2))
	}, []Breach{FinalChanged}},
	{"LifeAfterTheEndToldBackwards", func(c *Checker) {
		c.Read(told("t", 7, trip.Arrived, "d"), at(2), at(2))
		c.Read(told("t", 2, trip.Expired, ""), at(1), at(1))
	}, []Breach{FinalChanged}},
	{"TwoEnds", func(c *Checker) {
		c.Read(told("t", 5, trip.Completed, "d"), at(1), at(1))
		c.Read(told("t", 5, trip.Cancelled, "d"), at(2), at(2))
	}, []Breach{Contradicted}},

	{"AcknowledgedAndGone", func(c *Checker) { c.NotFound("t", at(1)) }, []Breach{Unknown}},
	{"NobodyWorksOnIt", func(c *Checker) { c.Stuck(told("t", 1, trip.Searching, ""), at(1), "why") }, []Breach{Forgotten}},
	{"SaidOnce", func(c *Checker) {
		c.NotFound("t", at(1))
		c.NotFound("t", at(2))
		c.NotFound("u", at(3))
	}, []Breach{Unknown, Unknown}},
}

func TestChecker(t *testing.T) {
	for _, h := range histories {
		t.Run(h.name, func(t *testing.T) {
			c := NewChecker()
			h.tell(c)
			var got []Breach
			for _, v := range c.Violations() {
				got = append(got, v.Breach)
			}
			if fmt.Sprint(got) != fmt.Sprint(h.want) {
				t.Fatalf("found %v, want %v", c.Violations(), h.want)
			}
		})
	}
}

func TestChecker_Tick(t *testing.T) {
	c := NewChecker()
	c.Keep = time.Minute
	c.StreamOpened("r", at(0))
	show(c, told("t", 1, trip.Searching, ""))
	c.Read(since(told("u", 5, trip.Completed, "d"), 10, 20), at(20), at(20))
	c.StreamClosed("r")
	c.Tick(at(30))
	if _, ok := c.Trip("t"); !ok {
		t.Fatal("forgotten too early")
	}
	c.Tick(at(90))
	if len(c.trips)+len(c.streams)+len(c.drivers["d"].holds) != 0 {
		t.Fatalf("remembers %d trips, %d streams, %d holds", len(c.trips), len(c.streams), len(c.drivers["d"].holds))
	}
}

// TestChecker_Bounded tells of more broken promises than anybody reads.
func TestChecker_Bounded(t *testing.T) {
	c := NewChecker()
	for i := range 3 * maxFound {
		c.NotFound(fmt.Sprint(i), at(1))
	}
	if len(c.Violations()) != maxFound {
		t.Fatalf("kept %d", len(c.Violations()))
	}
}
