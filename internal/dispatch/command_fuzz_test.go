package dispatch_test

import (
	"context"
	"log/slog"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/memtrips"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// nobody hears pushes.
type nobody struct{}

func (nobody) Push(context.Context, string, wire.Push) error { return nil }

// counter is a desk before a store in memory with one trip, which driver a has or
// is offered.
type counter struct {
	*dispatch.Desk
	store *memtrips.Store
	now   time.Time
	trip  *trip.Trip
}

func newCounter(tb testing.TB, offered bool) *counter {
	tb.Helper()
	c := &counter{store: memtrips.New(), now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	c.Desk = &dispatch.Desk{
		ID: "me", Trips: c.store, Tracks: c.store, Drivers: c.store, Pusher: nobody{}, Signals: quiet{}, Limits: dispatch.DefaultLimits,
		Now: func() time.Time { return c.now }, Log: slog.New(slog.DiscardHandler),
	}
	ctx := context.Background()
	for _, id := range []string{"a", "b"} {
		if _, _, err := c.store.Register(ctx, driver.Profile{ID: id, Class: driver.Standard, Seats: 4}); err != nil {
			tb.Fatal(err)
		}
	}
	made, _, err := c.Request(ctx, trip.Request{
		ID: "t1", RiderID: "r1", Class: driver.Standard, Seats: 1, Pickup: geo.Point{Lat: 40, Lon: -74}, Dropoff: geo.Point{Lat: 40.1, Lon: -74},
		Search: time.Minute, PIN: "4711", RequirePIN: true,
	}, nil, nil)
	if err != nil {
		tb.Fatal(err)
	}
	if offered {
		_, err = c.store.Update(ctx, made.ID, func(t *trip.Trip) ([]trip.Event, error) {
			return nil, t.Propose(trip.Proposal{OfferID: "o1", DriverID: "a", Epoch: t.Epoch, Deliver: time.Minute, Now: c.now})
		})
	} else {
		_, err = c.store.Exchange(ctx, []trip.Move{{TripID: made.ID, Epoch: made.Epoch, To: "a", OfferID: "o1", Now: c.now}})
	}
	if err != nil {
		tb.Fatal(err)
	}
	c.trip = c.stands(tb)
	return c
}

func (c *counter) stands(tb testing.TB) *trip.Trip {
	tb.Helper()
	t, err := c.store.Trip(context.Background(), "t1")
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// Whatever comes over the bus, a reply that somebody can act on goes back; and
// none but the trip's driver moves the trip, nor do questions.
func FuzzDesk_Command(f *testing.F) {
	for _, kind := range []wire.CommandKind{
		wire.CommandConnect, wire.CommandDevice, wire.CommandReceived, wire.CommandAccept, wire.CommandDecline, wire.CommandArrive,
		wire.CommandStart, wire.CommandComplete, wire.CommandCancel, wire.CommandStand, wire.CommandTrack, wire.CommandTime, "drop",
	} {
		for _, driverID := range []string{"a", "b"} {
			f.Add(string(kind), driverID, "o1", "t1", "far", "4711", "h1", int64(1), []byte{1}, driverID == "a")
		}
	}
	questions := []wire.CommandKind{wire.CommandConnect, wire.CommandDevice, wire.CommandStand, wire.CommandTrack, wire.CommandTime}
	codes := []fault.Code{"", fault.Invalid, fault.NotFound, fault.UnknownDriver, fault.Unauthenticated, fault.OfferClosed, fault.WrongState, fault.WrongPIN, fault.RateLimited}
	f.Fuzz(func(t *testing.T, kind, driverID, offerID, tripID, reason, pin, device string, epoch int64, fixes []byte, offered bool) {
		c := newCounter(t, offered)
		command := wire.Command{
			Kind: wire.CommandKind(kind), DriverID: driverID, OfferID: offerID, TripID: tripID, Reason: reason, PIN: pin, Device: device, Epoch: epoch, Fixes: fixes,
		}
		reply := c.Command(context.Background(), command)
		if !slices.Contains(codes, reply.Code) {
			t.Errorf("%+v: %+v", command, reply)
		}
		moved := !reflect.DeepEqual(c.stands(t), c.trip)
		if moved && (driverID != "a" || slices.Contains(questions, command.Kind)) {
			t.Errorf("%+v moved the trip: %+v", command, c.stands(t))
		}
		if moved && reply.Code != "" && reply.Code != fault.WrongPIN {
			t.Errorf("%+v moved the trip and is refused: %+v", command, reply)
		}
	})
}
