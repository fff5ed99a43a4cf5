package node_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

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
