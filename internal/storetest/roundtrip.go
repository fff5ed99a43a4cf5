package storetest

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fare"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// testRoundTrip takes random trips through random commands, in the store and in
// memory, and compares every field after each.
func testRoundTrip(t *testing.T, p Place) {
	s := mustOpen(t, p)
	rapid.Check(t, func(r *rapid.T) {
		request, now := requests.Draw(r, "request"), times.Draw(r, "now")
		twin, events := trip.New(request, now)
		made := twin.Clone()
		if _, err := s.Create(t.Context(), made, events, nil); err != nil {
			r.Fatal(err)
		}
		twin.Truncate()
		for range rapid.IntRange(0, 12).Draw(r, "commands") {
			now = now.Add(time.Duration(rapid.Int64Range(1, int64(time.Minute)).Draw(r, "later")))
			command := commands.Draw(r, "command")(r, twin, now)
			next := twin.Clone()
			news, failed := command(next)
			got, err := s.Update(t.Context(), twin.ID, command)
			if fault.CodeOf(err) != fault.CodeOf(failed) {
				r.Fatalf("the store says %v, the trip %v", err, failed)
			}
			if failed != nil {
				continue
			}
			twin, events = next, append(events, news...)
			twin.Truncate()
			if !reflect.DeepEqual(got, twin) {
				r.Fatalf("updated\n%+v %+v, want\n%+v %+v", got, got.Offer, twin, twin.Offer)
			}
		}
		compare(r, t, s, twin, events)
	})
}

// compare holds what the store has of the trip against the twin.
func compare(r *rapid.T, tb testing.TB, s Store, twin *trip.Trip, events []trip.Event) {
	twin.Truncate()
	if got := mustTrip(tb, s, twin.ID); !reflect.DeepEqual(got, twin) {
		r.Fatalf("read\n%+v %+v, want\n%+v %+v", got, got.Offer, twin, twin.Offer)
	}
	stored := mustEvents(tb, s, twin.ID)
	if len(stored) != len(events) {
		r.Fatalf("%d events, want %d", len(stored), len(events))
	}
	for i := range events {
		ev := events[i]
		ev.At = ev.At.Truncate(trip.Precision)
		ev.Trip.Truncate()
		if got, want := string(wire.EncodeEvent(stored[i])), string(wire.EncodeEvent(ev)); got != want {
			r.Fatalf("event\n%s, want\n%s", got, want)
		}
	}
	if claim, ok := twin.Claim(); ok {
		if held := claimants(tb, s, claim.DriverID); len(held) != 1 || held[0] != twin.ID {
			r.Fatalf("%s is claimed by %v", claim.DriverID, held)
		}
	}
}

var (
	times = rapid.Custom(func(r *rapid.T) time.Time {
		return start.Add(time.Duration(rapid.Int64Range(0, int64(365*24*time.Hour)).Draw(r, "ns")))
	})
	points = rapid.Custom(func(r *rapid.T) geo.Point {
		// Adding zero makes a plain zero of a negative one, which no phone sends.
		return geo.Point{Lat: rapid.Float64Range(-90, 90).Draw(r, "lat") + 0, Lon: rapid.Float64Range(-180, 180).Draw(r, "lon") + 0}
	})
	// text is anything that a person may send, but for the zero byte, which the
	// edges refuse.
	text = rapid.Map(rapid.StringN(0, 20, -1), func(s string) string { return strings.ReplaceAll(s, "\x00", "") })

	requests = rapid.Custom(func(r *rapid.T) trip.Request {
		q := trip.Request{
			ID: uuid.NewString(), RiderID: rapid.StringMatching(`[A-Za-z0-9_-]{1,64}`).Draw(r, "rider"),
			Class: driver.Class(rapid.StringMatching(`[a-z]{1,9}`).Draw(r, "class")), Seats: rapid.IntRange(1, driver.MaxSeats).Draw(r, "seats"),
			Pickup: points.Draw(r, "pickup"), Dropoff: points.Draw(r, "dropoff"),
			Fare:   fare.Money{Amount: rapid.Int64().Draw(r, "amount"), Currency: rapid.StringMatching(`[A-Z]{3}`).Draw(r, "currency")},
			Search: time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(r, "search")),
		}
		q.PIN, q.RequirePIN = rapid.SampledFrom([]string{"", "0042"}).Draw(r, "pin"), rapid.Bool().Draw(r, "require")
		if rapid.Bool().Draw(r, "scheduled") {
			q.ScheduledFor = times.Draw(r, "for")
		}
		return q
	})
)

// command is a change with its arguments drawn.
type command = func(*trip.Trip) ([]trip.Event, error)

// commands draws commands, mostly ones that the trip can follow.
var commands = rapid.SampledFrom([]func(r *rapid.T, t *trip.Trip, now time.Time) command{
	func(r *rapid.T, t *trip.Trip, now time.Time) command {
		return func(t *trip.Trip) ([]trip.Event, error) { return t.Release(search, now) }
	},
	drawProposal, drawProposal, drawProposal,
	func(r *rapid.T, t *trip.Trip, now time.Time) command {
		return ofOffer(t, func(t *trip.Trip, o trip.Offer) ([]trip.Event, error) {
			return nil, t.Received(o.ID, o.DriverID, window, now)
		})
	},
	drawAccept, drawAccept,
	func(r *rapid.T, t *trip.Trip, now time.Time) command {
		reason := text.Draw(r, "reason")
		return ofOffer(t, func(t *trip.Trip, o trip.Offer) ([]trip.Event, error) {
			return nil, t.Decline(o.ID, o.DriverID, reason, now)
		})
	},
	func(r *rapid.T, t *trip.Trip, now time.Time) command {
		return ofOffer(t, func(t *trip.Trip, o trip.Offer) ([]trip.Event, error) {
			t.ExpireOffer(o.ID, now)
			return nil, nil
		})
	},
	func(r *rapid.T, t *trip.Trip, now time.Time) command {
		driverID := t.DriverID
		return func(t *trip.Trip) ([]trip.Event, error) { return t.Arrive(driverID, now) }
	},
	func(r *rapid.T, t *trip.Trip, now time.Time) command {
		driverID := t.DriverID
		pin := rapid.SampledFrom([]string{"0042", "4200"}).Draw(r, "pin")
		return func(t *trip.Trip) ([]trip.Event, error) {
			events, _, err := t.StartWithPIN(driverID, pin, now)
			return events, err
		}
	},
	func(r *rapid.T, t *trip.Trip, now time.Time) command {
		stars, comment := rapid.IntRange(1, 5).Draw(r, "stars"), rapid.StringMatching(`[a-zé "'<]{0,20}`).Draw(r, "comment")
		return func(t *trip.Trip) ([]trip.Event, error) { return nil, t.Rate(stars, comment, now) }
	},
	func(r *rapid.T, t *trip.Trip, now time.Time) command {
		driverID := t.DriverID
		return func(t *trip.Trip) ([]trip.Event, error) { return t.Complete(driverID, now) }
	},
	func(r *rapid.T, t *trip.Trip, now time.Time) command {
		driverID, reason := t.DriverID, text.Draw(r, "reason")
		by := trip.Actor{Role: rapid.SampledFrom([]trip.Role{trip.Driver, trip.System}).Draw(r, "role"), ID: driverID}
		return func(t *trip.Trip) ([]trip.Event, error) { return t.Redispatch(driverID, by, reason, search, now) }
	},
	func(r *rapid.T, t *trip.Trip, now time.Time) command {
		by := trip.Actor{Role: rapid.SampledFrom([]trip.Role{trip.Rider, trip.Operator}).Draw(r, "role"), ID: "x"}
		reason := text.Draw(r, "reason")
		return func(t *trip.Trip) ([]trip.Event, error) { return t.Cancel(by, reason, now) }
	},
	func(r *rapid.T, t *trip.Trip, now time.Time) command {
		return func(t *trip.Trip) ([]trip.Event, error) { return t.Expire(now) }
	},
})

func drawProposal(r *rapid.T, t *trip.Trip, now time.Time) command {
	p := trip.Proposal{
		OfferID: uuid.NewString(), TripID: t.ID, DriverID: uuid.NewString(), Epoch: t.Epoch, Slot: rapid.IntRange(0, 1).Draw(r, "slot"),
		PickupIn: time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(r, "pickup in")), Now: now, Deliver: 3 * time.Second,
		By: rapid.SampledFrom([]string{"", "op"}).Draw(r, "by"),
	}
	return func(t *trip.Trip) ([]trip.Event, error) { return nil, t.Propose(p) }
}

func drawAccept(r *rapid.T, t *trip.Trip, now time.Time) command {
	return ofOffer(t, func(t *trip.Trip, o trip.Offer) ([]trip.Event, error) { return t.Accept(o.ID, o.DriverID, now) })
}

// ofOffer is a command about the newest offer that t had when it was drawn.
func ofOffer(t *trip.Trip, do func(*trip.Trip, trip.Offer) ([]trip.Event, error)) command {
	var o trip.Offer
	if t.Offer != nil {
		o = *t.Offer
	}
	return func(t *trip.Trip) ([]trip.Event, error) { return do(t, o) }
}
