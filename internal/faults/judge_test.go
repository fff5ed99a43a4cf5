package faults_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/faults"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// ms is a time of the database's clock.
func ms(n int64) int64 { return noon.UnixNano() + n*int64(time.Millisecond) }

// ride is the log of a trip that driver one gives up and driver two completes.
func ride() []trip.Event {
	steps := []struct {
		state  trip.State
		epoch  int64
		driver string
		by     trip.Role
	}{
		{trip.Searching, 1, "", trip.Rider}, {trip.Assigned, 1, "one", trip.Driver}, {trip.Searching, 2, "", trip.Driver},
		{trip.Assigned, 2, "two", trip.Driver}, {trip.Arrived, 2, "two", trip.Driver}, {trip.Riding, 2, "two", trip.Driver},
		{trip.Completed, 2, "two", trip.Driver},
	}
	var log []trip.Event
	for i, s := range steps {
		n := int64(i) + 1
		ev := trip.Event{TripID: "t", Version: n, At: noon, Actor: trip.Actor{Role: s.by}, DriverID: s.driver}
		if i == 2 {
			ev.DriverID = "one"
		}
		ev.Trip = trip.Trip{
			ID: "t", RiderID: "r", State: s.state, Version: n, Epoch: s.epoch, DriverID: s.driver,
			Pickup: geo.Point{Lat: 1, Lon: 1}, Dropoff: geo.Point{Lat: 1, Lon: 1.01},
		}
		log = append(log, ev)
	}
	return log
}

// honest is a history in which nothing is wrong.
func honest() faults.History {
	one, two := faults.Claim{Driver: "one", TripID: "t"}, faults.Claim{Driver: "two", TripID: "t"}
	ahead := faults.Claim{Driver: "two", Slot: 1, TripID: "t"}
	h := faults.History{
		Shown:   []faults.Shown{{Driver: "one", OfferID: "o1", TripID: "t"}},
		Repeats: []faults.Repeat{{Key: "k", First: "{}", Again: "{}"}},
		Trips:   []faults.Trip{{ID: "t", Rider: "r", Driver: "two", State: trip.Completed, Version: 7, Epoch: 2}},
		Holds: []faults.Hold{
			{one, true, ms(0), ms(10)}, {one, false, ms(5), ms(20)},
			{ahead, true, ms(20), ms(30)}, {two, true, ms(40), ms(50)}, {ahead, false, ms(40), ms(50)}, // moved up
			{two, false, ms(60), ms(70)},
		},
		Offers: []faults.Offer{
			{"o1", "t", "one", 1, trip.OfferAccepted}, {"o2", "t", "three", 2, trip.OfferDeclined}, {"o3", "t", "two", 2, trip.OfferAccepted},
		},
		Keys: []faults.Key{{Actor: "rider:r", Key: "k", TripID: "t"}},
	}
	commits := []int64{ms(1), ms(12), ms(20), ms(35), ms(55), ms(58), ms(70)}
	for i, ev := range ride() {
		data := wire.EncodeEvent(ev)
		h.Events = append(h.Events, faults.Event{TripID: "t", Version: ev.Version, Data: data, Commit: commits[i]})
		h.Stream = append(h.Stream, faults.Message{ID: ev.ID(), Data: data})
		h.Told = append(h.Told, faults.Told{Who: "r", Trip: wire.FromTrip(&ev.Trip)})
	}
	h.Told[0].Key = "k"
	return h
}

// rewrite changes an event of the log, and of the stream, which repeats it.
func rewrite(h *faults.History, version int, change func(*trip.Event)) {
	ev := ride()[version-1]
	change(&ev)
	data := wire.EncodeEvent(ev)
	h.Events[version-1].Data, h.Stream[version-1].Data = data, data
	h.Told = slices.DeleteFunc(h.Told, func(t faults.Told) bool { return t.Trip.Version == int64(version) })
}

func TestJudge_HonestHistory(t *testing.T) {
	found, err := faults.Judge(honest())
	if err != nil || len(found) != 0 {
		t.Errorf("found %v, %v", found, err)
	}
}

// Each history is honest but for one thing, and the judge has to name just the
// guarantees that this breaks.
func TestJudge_CatchesEachLie(t *testing.T) {
	other := faults.Claim{Driver: "one", TripID: "u"}
	for _, lie := range []struct {
		name, guarantees string
		tell             func(h *faults.History)
	}{
		{"a driver is held twice", "I1", func(h *faults.History) {
			h.Holds = append(h.Holds, faults.Hold{other, true, ms(1), ms(4)}, faults.Hold{other, false, ms(80), ms(90)})
		}},
		{"no driver claims a trip", "I1", func(h *faults.History) { h.Holds = nil }},
		{"a trip has a driver before the claim", "I1", func(h *faults.History) { h.Events[1].Commit = ms(9) }},
		{"a claim is given up before the ride is over", "I1", func(h *faults.History) { h.Holds[5].Return = ms(65) }},
		{"a claim is given up in the middle and made again", "I1", func(h *faults.History) {
			again := faults.Claim{Driver: "two", TripID: "t"}
			h.Holds = append(h.Holds, faults.Hold{again, false, ms(51), ms(52)}, faults.Hold{again, true, ms(53), ms(54)})
		}},
		{"a claim is given up by nobody who held it", "I1 I2", func(h *faults.History) { h.Holds = h.Holds[1:] }},
		{"a trip holds two drivers", "I2", func(h *faults.History) {
			h.Holds = append(h.Holds, faults.Hold{faults.Claim{Driver: "four", TripID: "t"}, true, ms(45), ms(55)}, faults.Hold{faults.Claim{Driver: "four", TripID: "t"}, false, ms(56), ms(58)})
		}},
		{"a trip moves up without leaving its place", "I1 I2", func(h *faults.History) { h.Holds = slices.Delete(h.Holds, 4, 5); h.Holds[2].Slot = 0 }},
		{"an epoch has two drivers", "I1 I2 I6", func(h *faults.History) {
			rewrite(h, 5, func(ev *trip.Event) { ev.Trip.DriverID, ev.DriverID = "one", "one" })
			h.Events, h.Stream = h.Events[:5], h.Stream[:5]
			h.Told = h.Told[:4]
			h.Trips = append(h.Trips[:0], faults.Trip{ID: "t", Rider: "r", State: trip.Arrived, Version: 5, Epoch: 2})
		}},
		{"the end changes", "I3", func(h *faults.History) { rewrite(h, 6, func(ev *trip.Event) { ev.Trip.State = trip.Cancelled }) }},
		{"a state is left out", "I3", func(h *faults.History) { rewrite(h, 5, func(ev *trip.Event) { ev.Trip.State = trip.Riding }) }},
		{"an old epoch comes back", "I3", func(h *faults.History) { rewrite(h, 4, func(ev *trip.Event) { ev.Trip.Epoch = 1 }) }},
		{"a rider is told what never was", "I4", func(h *faults.History) { h.Told[6].Trip.State = trip.Cancelled }},
		{"a rider is told of another driver", "I4", func(h *faults.History) { h.Told[3].Trip.DriverID = "one" }},
		{"what was told is lost", "I4 I5", func(h *faults.History) { h.Events, h.Stream = h.Events[:6], h.Stream[:6] }},
		{"a trip is not found", "I4", func(h *faults.History) { h.Lookups = []string{"t"} }},
		{"an offer is shown that is not made", "I4", func(h *faults.History) { h.Shown[0].OfferID = "o9" }},
		{"an offer is shown to another", "I4", func(h *faults.History) { h.Shown[0].Driver = "two" }},
		{"versions have a hole", "I3 I4 I5", func(h *faults.History) {
			h.Events, h.Stream = slices.Delete(h.Events, 4, 5), slices.Delete(h.Stream, 4, 5)
		}},
		{"a trip has no log", "I5", func(h *faults.History) {
			h.Trips = append(h.Trips, faults.Trip{ID: "u", Rider: "s", State: trip.Completed, Version: 1})
		}},
		{"an event is not published", "I5", func(h *faults.History) { h.Stream = h.Stream[:6] }},
		{"an event is published twice", "I5", func(h *faults.History) { h.Stream = append(h.Stream, h.Stream[6]) }},
		{"events are published out of order", "I5", func(h *faults.History) { h.Stream[2], h.Stream[3] = h.Stream[3], h.Stream[2] }},
		{"an event is published that did not happen", "I5", func(h *faults.History) {
			h.Stream[6].Data = []byte(strings.ReplaceAll(string(h.Stream[6].Data), string(trip.Completed), string(trip.Cancelled)))
		}},
		{"an event is kept back", "I5", func(h *faults.History) { h.Outbox = 1 }},
		{"a trip is forgotten", "I5 I6", func(h *faults.History) { h.Trips[0].State = trip.Riding }},
		{"a driver is never let go", "I6", func(h *faults.History) { h.Claims = []faults.Claim{{Driver: "two", TripID: "t"}} }},
		{"a repetition gets another answer", "I7", func(h *faults.History) { h.Repeats[0].Again = `{"id":"u"}` }},
		{"a repetition makes another trip", "I5 I7", func(h *faults.History) {
			h.Trips = append(h.Trips, faults.Trip{ID: "u", Rider: "r", State: trip.Cancelled})
		}},
		{"a key is forgotten", "I7", func(h *faults.History) { h.Keys = nil }},
		{"who declined is asked again", "I8", func(h *faults.History) {
			h.Offers = append(h.Offers, faults.Offer{"o4", "t", "three", 2, trip.OfferExpired})
		}},
		{"who gave up is asked again", "I8", func(h *faults.History) { h.Offers[2].Driver = "one" }},
		{"clients saw something", "I2", func(h *faults.History) { h.Breaches = []faults.Breach{{Guarantee: "I2", TripID: "t"}} }},
	} {
		t.Run(lie.name, func(t *testing.T) {
			h := honest()
			lie.tell(&h)
			found, err := faults.Judge(h)
			if err != nil {
				t.Fatal(err)
			}
			var named []string
			for _, v := range found {
				named = append(named, v.Guarantee)
			}
			slices.Sort(named)
			if got := strings.Join(slices.Compact(named), " "); got != lie.guarantees {
				t.Errorf("it breaks %s, the judge says %q: %v", lie.guarantees, got, found)
			}
		})
	}
}

func TestJudge_UnreadableEvent(t *testing.T) {
	h := honest()
	h.Events[3].Data = []byte("{")
	if found, err := faults.Judge(h); err == nil {
		t.Errorf("an unreadable log was judged: %v", found)
	}
}
