package bustest

import (
	"context"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/natsbus"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// However many trips are published at once, each one's events come in order.
func testTripsOrder(t *testing.T, s Server) {
	const trips, versions, batch = 8, 100, 20
	relay, reader := join(t, s), join(t, s)
	var wg sync.WaitGroup
	ids := map[string]chan string{}
	for range trips {
		id := unique("t")
		c, keep := only(id)
		ids[id] = c
		started(t, reader)(reader.Trips.Subscribe(keep))
		wg.Go(func() {
			events := history(id, versions)
			for i := 0; i < versions; i += batch {
				if acked, err := relay.Trips.Publish(t.Context(), events[i:i+batch]); acked != batch || err != nil {
					t.Errorf("%d of %d stored: %v", acked, batch, err)
				}
			}
		})
	}
	wg.Wait()
	for id, c := range ids {
		wantIDs(t, c, id, 1, versions)
	}
}

// A relay that died before it could delete what it published publishes it again.
func testTripsOnce(t *testing.T, s Server) {
	one, other := join(t, s), join(t, s)
	id := unique("t")
	c, keep := only(id)
	started(t, one)(one.Trips.Subscribe(keep))
	publish(t, one, history(id, 3)...)
	publish(t, other, history(id, 5)...)
	publish(t, one, event(id, 6))
	wantIDs(t, c, id, 1, 6)
}

func testTripsFromNowOn(t *testing.T, s Server) {
	b := join(t, s)
	id := unique("t")
	publish(t, b, history(id, 3)...)
	c, keep := only(id)
	stop := started(t, b)(b.Trips.Subscribe(keep))
	publish(t, b, event(id, 4), event(id, 5))
	wantIDs(t, c, id, 4, 5)

	stop()
	later, keepLater := only(id)
	started(t, b)(b.Trips.Subscribe(keepLater))
	publish(t, b, event(id, 6))
	wantIDs(t, later, id, 6, 6)
	if len(c) != 0 {
		t.Errorf("after the stop: %s", <-c)
	}
}

// Other programs may read the stream: subject, headers and form are public.
func testTripsWhole(t *testing.T, s Server) {
	b := join(t, s)
	ev := event(unique("t"), 3)
	ev.Actor, ev.Reason, ev.DriverID = trip.Actor{Role: trip.Driver, ID: "d1"}, "flat tyre", "d1"
	ev.ClosedOffer = &trip.ClosedOffer{OfferID: "o1", DriverID: "d1", Reason: "cancelled"}
	got, keep := into[trip.Event]()
	started(t, b)(b.Trips.Subscribe(func(e trip.Event) {
		if e.TripID == ev.TripID {
			keep(e)
		}
	}))
	publish(t, b, ev)
	want, err := wire.DecodeEvent(wire.EncodeEvent(ev))
	must(t, err)
	if e := next(t, got); !reflect.DeepEqual(e, want) {
		t.Errorf("got %+v, want %+v", e, want)
	}

	js, err := jetstream.New(raw(t, s))
	must(t, err)
	stream, err := js.Stream(t.Context(), "TRIPS")
	must(t, err)
	m, err := stream.GetLastMsgForSubject(t.Context(), "trips.dr5r."+ev.TripID)
	must(t, err)
	if id := m.Header.Get("Nats-Msg-Id"); id != ev.ID() || string(m.Data) != string(wire.EncodeEvent(ev)) {
		t.Errorf("id %q, data %s", id, m.Data)
	}
	config := stream.CachedInfo().Config
	if config.Storage != jetstream.FileStorage || config.MaxAge != 7*24*time.Hour {
		t.Errorf("stored in %v for %v", config.Storage, config.MaxAge)
	}
}

// While the server is away everything fails soon and says so; when it is back,
// readers go on where they were and nothing stored is lost or doubled.
func testRestart(t *testing.T, s Restarter) {
	b, reader := join(t, s), join(t, s)
	id := unique("t")
	c, keep := only(id)
	started(t, reader)(reader.Trips.Subscribe(keep))
	silent, keepSilent := only(id) // reads nothing before the restart
	publish(t, b, history(id, 2)...)
	wantIDs(t, c, id, 1, 2)
	started(t, reader)(reader.Trips.Subscribe(keepSilent))
	must(t, b.Members.Join(t.Context(), "one"))
	must(t, reader.Members.Join(t.Context(), "two"))
	both := func() bool {
		return reflect.DeepEqual(intersect(b.Members.Live(), "one", "two"), []string{"one", "two"})
	}
	eventually(t, "both are members", both)

	want := setting("greedy")
	must(t, b.Settings.SetPolicy(t.Context(), want))
	policies, hear := into[*wire.PolicySetting]()
	started(t, reader)(reader.Settings.Follow(hear))
	heard(t, policies, &want)

	survives := s.Restart(t, func() {
		eventually(t, "disconnected", func() bool { return !b.Connected() && !reader.Connected() })
		wantUnavailable(t, b)
		if !both() {
			t.Errorf("while away the members are %v", b.Members.Live())
		}
	})
	if !survives {
		b = join(t, s)
		reader = join(t, s)
		c, keep = only(id)
		started(t, reader)(reader.Trips.Subscribe(keep))
		silent, keepSilent = only(id)
		started(t, reader)(reader.Trips.Subscribe(keepSilent))
		policies, hear = into[*wire.PolicySetting]()
		started(t, reader)(reader.Settings.Follow(hear))
		heard(t, policies, &want)
	}
	publishAgain(t, b, history(id, 4)...)
	wantIDs(t, c, id, 3, 4) // 1 and 2 are known from before
	wantIDs(t, silent, id, 3, 4)
	if got, err := b.Settings.Policy(t.Context()); err != nil || got == nil || *got != want {
		t.Errorf("after the restart %+v is set, %v", got, err)
	}
	want = setting("fifo")
	must(t, b.Settings.SetPolicy(t.Context(), want))
	heard(t, policies, &want)
	if survives {
		eventually(t, "both are members again", both)
	}
}

func intersect(ids []string, with ...string) []string {
	var both []string
	for _, id := range ids {
		for _, w := range with {
			if id == w {
				both = append(both, id)
			}
		}
	}
	return both
}

func testClosed(t *testing.T, s Server) {
	b := join(t, s)
	must(t, b.Members.Join(t.Context(), unique("m")))
	stop, err := b.Trips.Subscribe(func(trip.Event) {})
	must(t, err)
	b.Close()
	b.Close()
	stop()
	if b.Connected() {
		t.Error("connected after Close")
	}
	if acked, err := b.Trips.Publish(t.Context(), history(unique("t"), 1)); acked != 0 || !fault.Is(err, fault.Unavailable) {
		t.Errorf("after Close: %d stored, %v", acked, err)
	}
	if _, err := b.Trips.Subscribe(func(trip.Event) {}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("after Close: %v", err)
	}
}

func testCancelled(t *testing.T, s Server) {
	b := join(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if acked, err := b.Trips.Publish(ctx, history(unique("t"), 3)); acked != 0 || err == nil {
		t.Errorf("%d stored, %v", acked, err)
	}
	if err := b.Positions.Publish(ctx, "dr5r", nil); err != nil {
		t.Errorf("nothing to send: %v", err)
	}
	if _, err := b.Commands.Do(ctx, wire.Command{}); err == nil {
		t.Error("a command was answered")
	}
	if _, err := natsbus.Connect(ctx, s.Options()); err == nil {
		t.Error("joined")
	}
}
