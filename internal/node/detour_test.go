package node_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/node"
	"github.com/cabstand/cabstand/internal/testenv"
	"github.com/cabstand/cabstand/internal/wire"
)

// TestServices_BusAway: while NATS is away riders get drivers, drivers learn of
// what becomes of their trips, and sockets are told that they are late. Afterwards
// the stream has every event, in order.
func TestServices_BusAway(t *testing.T) {
	bus, err := testenv.StartNATS()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Close() })
	s := mustDetourable(t, bus.URL)
	phone := s.drive("d1")
	phone.until("acknowledged", func() bool { _, ok := phone.poll(ofType("ack")); return ok })
	stream := s.open(s.riders, "/v1/stream", s.token("rider", "r1"))

	if err := bus.Stop(); err != nil {
		t.Fatal(err)
	}
	stream.await("stale", patience, ofType("stale"))
	phone.await("stale", patience, ofType("stale"))
	done := s.served(phone, "r1")
	cancelled := s.disappointed(phone, "r2")
	if err := bus.Start(); err != nil {
		t.Fatal(err)
	}
	stream.await("fresh", patience, ofType("fresh"))
	phone.await("fresh", patience, ofType("fresh"))
	want := map[string][]int64{done: {1, 2, 3, 4, 5}, cancelled: {1, 2, 3}}
	for id, versions := range streamed(t, bus.URL, want) {
		for i, v := range versions {
			if v != int64(i+1) {
				t.Errorf("the stream has versions %v of trip %s", versions, id)
				break
			}
		}
	}
}

// mustDetourable is one tracker and two dispatchers on the bus, which the tracker
// reaches over HTTP as well.
func mustDetourable(t *testing.T, bus string) site {
	database := testenv.Postgres(t)
	shared := []string{"--listen=127.0.0.1:0", "--auth-key=" + sharedKey, "--redis-url=" + testenv.Redis(t), "--nats-url=" + bus}
	if err := (&node.Migrate{DatabaseURL: database}).Run(t.Context(), node.Std{Out: io.Discard, Err: io.Discard}); err != nil {
		t.Fatal(err)
	}
	var dispatchers []*url.URL
	args := shared
	for _, id := range []string{"one", "two"} {
		c := parse[node.DispatcherConfig](t, append(shared, "--database-url="+database, "--id="+id)...)
		address, _ := run(t, func(ctx context.Context, log *slog.Logger) (*node.Node, error) {
			return node.OpenDispatcher(ctx, c, log)
		})
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		dispatchers, args = append(dispatchers, u), append(args, "--dispatcher-url="+address)
	}
	c := parse[node.TrackerConfig](t, args...)
	tracker, _ := run(t, func(ctx context.Context, log *slog.Logger) (*node.Node, error) { return node.OpenTracker(ctx, c, log) })
	return site{tb: t, riders: balance(t, dispatchers), drivers: tracker, tokenArg: []string{"--auth-key", sharedKey}}
}

// poll is the next frame that fits, of those that have come; others are skipped.
func (k *socket) poll(fits func(frame) bool) (f frame, ok bool) {
	for {
		select {
		case f, open := <-k.frames:
			if !open || fits(f) {
				return f, open
			}
		default:
			return f, false
		}
	}
}

// order asks for a trip at the pickup, and takes the offer that the phone gets.
func (s site) order(phone *phone, rider string) (trip wire.Trip) {
	s.tb.Helper()
	order := map[string]any{"pickup": pickup, "dropoff": geo.Destination(pickup, 0, 3000)}
	if status := s.call("POST", "/v1/trips", s.token("rider", rider), order, &trip); status != http.StatusCreated {
		s.tb.Fatalf("requesting answers %d", status)
	}
	var offer frame
	phone.until("offered", func() (ok bool) { offer, ok = phone.poll(ofType("offer")); return ok })
	phone.send(map[string]any{"type": "received", "offer_id": offer.OfferID})
	phone.send(map[string]any{"type": "accept", "offer_id": offer.OfferID})
	phone.await("assigned trip", patience, inState("assigned"))
	return trip
}

// served is a trip from its request to its end.
func (s site) served(phone *phone, rider string) (tripID string) {
	s.tb.Helper()
	trip := s.order(phone, rider)
	for _, step := range [][2]string{{"arrive", "arrived"}, {"start", "riding"}, {"complete", "completed"}} {
		phone.send(map[string]any{"type": step[0], "trip_id": trip.ID})
		phone.await(step[1], patience, inState(step[1]))
	}
	return trip.ID
}

// disappointed is a trip that the rider cancels while the driver is on the way.
func (s site) disappointed(phone *phone, rider string) (tripID string) {
	s.tb.Helper()
	trip := s.order(phone, rider)
	if status := s.call("POST", "/v1/trips/"+trip.ID+"/cancel", s.token("rider", rider), map[string]any{}, nil); status != http.StatusOK {
		s.tb.Fatalf("cancelling answers %d", status)
	}
	phone.await("cancelled trip", patience, inState("cancelled"))
	return trip.ID
}

// streamed is the versions of the trips in the order of the stream, once it has as
// many as are wanted.
func streamed(t *testing.T, bus string, want map[string][]int64) map[string][]int64 {
	conn, err := nats.Connect(bus)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	reader, err := js.OrderedConsumer(ctx, "TRIPS", jetstream.OrderedConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	messages, err := reader.Messages()
	if err != nil {
		t.Fatal(err)
	}
	defer messages.Stop()
	have, missing := map[string][]int64{}, 0
	for _, versions := range want {
		missing += len(versions)
	}
	for range missing {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			t.Fatalf("the stream has %v, want %v: %v", have, want, err)
		}
		ev, err := wire.DecodeEvent(m.Data())
		if err != nil {
			t.Fatal(err)
		}
		have[ev.TripID] = append(have[ev.TripID], ev.Version)
	}
	return have
}
