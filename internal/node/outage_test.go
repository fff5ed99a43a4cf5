package node_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/node"
	"github.com/cabstand/cabstand/internal/testenv"
)

// TestServices_BusLate: services that start while NATS is away serve what they
// can, and everything once it is there.
func TestServices_BusLate(t *testing.T) {
	bus, err := testenv.StartNATS()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Close() })
	if err := bus.Stop(); err != nil {
		t.Fatal(err)
	}
	database := testenv.Postgres(t)
	shared := []string{"--listen=127.0.0.1:0", "--auth-key=" + sharedKey, "--redis-url=" + testenv.Redis(t), "--nats-url=" + bus.URL}
	if err := (&node.Migrate{DatabaseURL: database}).Run(t.Context(), node.Std{Out: io.Discard, Err: io.Discard}); err != nil {
		t.Fatal(err)
	}
	d := parse[node.DispatcherConfig](t, append(shared, "--database-url="+database, "--id=one")...)
	dispatcher, dispatches, _ := begin(t, func(ctx context.Context, log *slog.Logger) (*node.Node, error) {
		return node.OpenDispatcher(ctx, d, log)
	})
	c := parse[node.TrackerConfig](t, shared...)
	tracker, tracks, _ := begin(t, func(ctx context.Context, log *slog.Logger) (*node.Node, error) {
		return node.OpenTracker(ctx, c, log)
	})
	awaitReady(t, dispatcher)
	awaitReady(t, tracker)

	if err := bus.Start(); err != nil {
		t.Fatal(err)
	}
	dispatches()
	tracks()
	s := site{tb: t, riders: dispatcher, drivers: tracker, tokenArg: []string{"--auth-key", sharedKey}}
	s.ride("d1", "r1")
}

// TestServices_RedisGone: where drivers are is answered on, from memory, and
// marked where that may not be all.
func TestServices_RedisGone(t *testing.T) {
	redis, err := testenv.StartRedis()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = redis.Close() })
	s := mustServicesOn(t, redis.URL)
	operator := s.token("operator", "op")
	phone := s.drive("d1")
	near := fmt.Sprintf("/v1/drivers/nearby?lat=%v&lon=%v", pickup.Lat, pickup.Lon)
	far := geo.Destination(pickup, 0, 300_000)
	type answer struct {
		Drivers []struct{ ID string }
		Partial bool
		Missing []geo.Cell `json:"missing_cells"`
	}
	ask := func(path string) (a answer) {
		t.Helper()
		if status := s.call("GET", path, operator, nil, &a); status != http.StatusOK {
			t.Fatalf("%s: %d", path, status)
		}
		return a
	}
	// Each of the two dispatchers answers in turn.
	phone.until("found by both", func() bool {
		first, second := ask(near), ask(near)
		return len(first.Drivers) == 1 && len(second.Drivers) == 1
	})
	if err := redis.Kill(); err != nil {
		t.Fatal(err)
	}
	var view struct {
		Status   string
		Location *geo.Point
	}
	phone.until("found by both, in memory", func() bool {
		for i := range 4 { // each is asked both
			if i < 2 {
				if a := ask(near); len(a.Drivers) != 1 || a.Drivers[0].ID != "d1" {
					return false
				}
				continue
			}
			if status := s.call("GET", "/v1/drivers/d1", operator, nil, &view); status != http.StatusOK {
				t.Fatalf("the driver: %d", status)
			}
			if view.Status != "available" || view.Location == nil {
				return false
			}
		}
		return true
	})
	if a := ask(fmt.Sprintf("/v1/drivers/nearby?lat=%v&lon=%v", far.Lat, far.Lon)); !a.Partial || len(a.Missing) != 1 || a.Missing[0] != geo.CellOf(far, geo.OwnerLength) {
		t.Fatalf("a place that nobody asked about: %+v", a)
	}
}

// phone is a driver who is online at the pickup.
type phone struct {
	*socket
	seq int
}

// drive registers a driver and brings the driver online.
func (s site) drive(driverID string) *phone {
	s.tb.Helper()
	s.call("POST", "/v1/drivers", s.token("operator", "op"), map[string]any{"id": driverID}, nil)
	p := &phone{socket: s.open(s.drivers, "/v1/driver/stream", s.token("driver", driverID))}
	p.await("hello", patience, ofType("hello"))
	p.send(map[string]any{"type": "status", "status": "available"})
	return p
}

// until has the phone tell its position again and again, until ok.
func (p *phone) until(what string, ok func() bool) {
	p.tb.Helper()
	for limit := time.After(patience); ; {
		p.seq++
		p.send(map[string]any{"type": "position", "seq": p.seq, "lat": pickup.Lat, "lon": pickup.Lon, "t": time.Now().UnixMilli(), "speed": 0, "heading": 90, "accuracy": 5})
		if ok() {
			return
		}
		select {
		case <-limit:
			p.tb.Fatalf("not %s after %v", what, patience)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// awaitReady waits until the load balancer would send work.
func awaitReady(tb testing.TB, address string) {
	tb.Helper()
	for limit := time.After(patience); ; {
		response, err := http.Get(address + "/readyz")
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-limit:
			tb.Fatalf("%s is not ready: %v", address, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
