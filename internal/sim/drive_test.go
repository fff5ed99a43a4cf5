package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/road"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
	"github.com/coder/websocket"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// liar is an engine that breaks its promises: it closes drivers' sessions,
// refuses the first requests, leaves versions out and forgets trips.
type liar struct {
	busy     atomic.Int32 // requests still to be refused
	sessions atomic.Int32
	trips    chan wire.Trip // acknowledged
}

func newLiar(tb testing.TB) (*liar, string) {
	l := &liar{trips: make(chan wire.Trip, 100)}
	l.busy.Store(2)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/drivers", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) })
	mux.HandleFunc("POST /v1/trips", l.request)
	mux.HandleFunc("GET /v1/trips/{id}", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"code":"not_found"}`)
	})
	mux.HandleFunc("GET /v1/stream", l.stream)
	mux.HandleFunc("GET /v1/driver/stream", l.driver)
	server := httptest.NewServer(mux)
	tb.Cleanup(server.Close)
	return l, server.URL
}

func (l *liar) request(w http.ResponseWriter, r *http.Request) {
	if l.busy.Add(-1) >= 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	t := told("t-"+r.Header.Get("Idempotency-Key"), 1, trip.Searching, "")
	t.RiderID, t.RequestedAt = r.Header.Get("Idempotency-Key"), time.Now()
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(t)
	l.trips <- t
}

// stream shows versions 1 and 3 of each trip, the end.
func (l *liar) stream(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	ctx := conn.CloseRead(r.Context())
	select {
	case t := <-l.trips:
		_ = send(ctx, conn, wire.TripFrame{Type: wire.FrameTrip, Trip: t})
		t.State, t.Version = trip.Cancelled, 3
		_ = send(ctx, conn, wire.TripFrame{Type: wire.FrameTrip, Trip: t})
		<-ctx.Done() // the rider has seen the end
	case <-ctx.Done():
	}
}

// driver says hello and closes the first session as a tracker does that restarts.
func (l *liar) driver(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	_ = send(r.Context(), conn, wire.HelloFrame{Type: wire.FrameHello})
	if l.sessions.Add(1) == 1 {
		_ = conn.Close(websocket.StatusServiceRestart, "")
		return
	}
	for err == nil {
		_, _, err = conn.Read(r.Context())
	}
}

// racetrack is a world so small, and its cars so fast, that rides take seconds.
type racetrack struct{}

func (racetrack) Between(a, b geo.Point) road.Way { return road.Straight(a, b, 45) }

func (racetrack) Place(rng *rand.Rand) geo.Point {
	return geo.Destination(here, 360*rng.Float64(), 200*rng.Float64())
}

// every is an order each so often.
func every(pause time.Duration, n int) iter.Seq[Order] {
	return func(yield func(Order) bool) {
		rng := rand.New(rand.NewPCG(1, 1))
		for i := range n {
			from, to := racetrack{}.Place(rng), geo.Destination(here, 360*rng.Float64(), 300)
			if !yield(Order{After: time.Duration(i) * pause, Pickup: from, Dropoff: to}) {
				return
			}
		}
	}
}

func anybody(role, sub string) (string, error) { return role + "." + sub, nil }

func TestDrive_SeesWhatIsWrong(t *testing.T) {
	_, target := newLiar(t)
	r, err := Drive(t.Context(), Config{
		Target: target, Token: anybody, World: racetrack{}, Drivers: 1, Orders: every(0, 1),
		Duration: time.Second, Drain: 10 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	found := map[Breach]int{}
	for _, v := range r.Violations {
		found[v.Breach]++
	}
	if found[Missing] != 1 || found[Unknown] != 1 || len(found) != 2 {
		t.Errorf("violations %v", r.Violations)
	}
	if r.Requests != 1 || r.Acknowledged != 1 || r.HTTP["503"] != 2 || r.HTTP["404"] != 1 {
		t.Errorf("%d of %d requests acknowledged, HTTP %v", r.Acknowledged, r.Requests, r.HTTP)
	}
	if r.Closed["1012"] != 1 || r.DriverReconnect != 1 || r.Online != 1 {
		t.Errorf("%d reconnects after %v, %d online", r.DriverReconnect, r.Closed, r.Online)
	}
}

func TestDrive_StopsWhenTold(t *testing.T) {
	_, target := newLiar(t)
	ctx, stop := context.WithCancel(t.Context())
	begun := make(chan struct{})
	orders := func(yield func(Order) bool) {
		close(begun)
		yield(Order{After: time.Hour})
	}
	done := make(chan error, 1)
	go func() {
		_, err := Drive(ctx, Config{Target: target, Token: anybody, World: racetrack{}, Drivers: 3, Orders: orders})
		done <- err
	}()
	<-begun
	stop()
	select {
	case err := <-done:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("goes on")
	}
}

func TestDrive_ErrRefused(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"code":"unauthenticated","detail":"its signature is not accepted"}`)
	}))
	defer server.Close()
	_, err := Drive(t.Context(), Config{Target: server.URL, Token: anybody, World: racetrack{}, Drivers: 2, Orders: every(time.Hour, 1)})
	if err == nil {
		t.Fatal("drives with a key that is not accepted")
	}
}

func TestDrive_ErrAddress(t *testing.T) {
	if _, err := Drive(t.Context(), Config{Target: "nowhere"}); err == nil {
		t.Fatal("drives nowhere")
	}
}
