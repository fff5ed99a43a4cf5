package outbox_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/natsbus"
	"github.com/cabstand/cabstand/internal/outbox"
	"github.com/cabstand/cabstand/internal/sqlite"
	"github.com/cabstand/cabstand/internal/testenv"
	"github.com/cabstand/cabstand/internal/trip"
)

func mustStore(t *testing.T) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "cabstand.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func mustJoin(t *testing.T, o natsbus.Options) *natsbus.Bus {
	t.Helper()
	b, err := natsbus.Connect(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// relayed runs a relay until the end of the test.
func relayed(t *testing.T, s outbox.Source, b *natsbus.Bus) {
	t.Helper()
	r := outbox.New(s, b.Trips, outbox.Options{Batch: 10, Poll: 50 * time.Millisecond, Retry: 50 * time.Millisecond})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// shortTrips commits trips that are cancelled at once: two events each.
func shortTrips(t *testing.T, s *sqlite.Store, n int) {
	t.Helper()
	now := time.Now()
	for range n {
		tr, events := trip.New(trip.Request{
			ID: uuid.NewString(), RiderID: "r1", Class: driver.Standard, Seats: 1, Search: time.Minute,
			Pickup: geo.Point{Lat: 40.7580, Lon: -73.9855}, Dropoff: geo.Point{Lat: 40.7033, Lon: -74.0170},
		}, now)
		if _, err := s.Create(t.Context(), tr, events, nil); err != nil {
			t.Fatal(err)
		}
		_, err := s.Update(t.Context(), tr.ID, func(tr *trip.Trip) ([]trip.Event, error) {
			return tr.Cancel(trip.Actor{Role: trip.Rider, ID: "r1"}, "changed my mind", now)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// reader keeps the versions of each trip in the order in which they came.
type reader struct {
	mu    sync.Mutex
	trips map[string][]int64
	count int
}

func (r *reader) read(ev trip.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.trips[ev.TripID] = append(r.trips[ev.TripID], ev.Version)
	r.count++
}

func (r *reader) has(events int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count >= events
}

func (r *reader) check(t *testing.T) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, versions := range r.trips {
		if len(versions) != 2 || versions[0] != 1 || versions[1] != 2 {
			t.Errorf("trip %s: versions %v, want 1 and 2", id, versions)
		}
	}
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline, ticker := time.After(20*time.Second), time.NewTicker(5*time.Millisecond)
	defer ticker.Stop()
	for !condition() {
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatalf("still not: %s", what)
		}
	}
}

func emptied(t *testing.T, s outbox.Source) func() bool {
	return func() bool {
		rest, err := s.Pending(t.Context(), nil, 1)
		return err == nil && len(rest) == 0
	}
}

// With the real store and the real bus, which goes away in between: each event
// comes out, in order, once.
func TestRelay_StoreAndBus(t *testing.T) {
	const trips = 30
	server, err := testenv.StartNATS()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	store, bus := mustStore(t), mustJoin(t, natsbus.Options{URL: server.URL})
	r := &reader{trips: map[string][]int64{}}
	stop, err := bus.Trips.Subscribe(r.read)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	relayed(t, store, bus)

	shortTrips(t, store, trips)
	eventually(t, "the first events are read", func() bool { return r.has(2 * trips) })
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	shortTrips(t, store, trips)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	shortTrips(t, store, trips)
	eventually(t, "all events are read", func() bool { return r.has(6 * trips) })
	eventually(t, "the outbox is empty", emptied(t, store))
	r.check(t)
}

// What an embedded process had committed when it died is relayed by the next.
func TestRelay_EmbeddedRestart(t *testing.T) {
	const trips = 20
	store, dir := mustStore(t), t.TempDir()
	shortTrips(t, store, trips)
	for range 2 {
		t.Run("Process", func(t *testing.T) {
			server, err := natsbus.StartEmbedded(dir)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(server.Stop)
			bus := mustJoin(t, natsbus.Options{Embedded: server})
			r := &reader{trips: map[string][]int64{}}
			stop, err := bus.Trips.Subscribe(r.read)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(stop)
			relayed(t, store, bus)
			eventually(t, "all events are read", func() bool { return r.has(2 * trips) })
			eventually(t, "the outbox is empty", emptied(t, store))
			r.check(t)
		})
		shortTrips(t, store, trips)
	}
}
