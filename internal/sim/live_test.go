package sim_test

import (
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/node"
	"github.com/cabstand/cabstand/internal/road"
	"github.com/cabstand/cabstand/internal/sim"
	"github.com/cabstand/cabstand/internal/trip"
)

// engine is the real program, on a folder and an address that stay.
type engine struct {
	tb      testing.TB
	folder  string
	address string
	stop    func()
}

func newEngine(tb testing.TB) *engine {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	e := &engine{tb: tb, folder: filepath.Join(tb.TempDir(), "data"), address: l.Addr().String()}
	tb.Cleanup(func() { e.stop() })
	return e
}

// start runs the program until stop.
func (e *engine) start() {
	var grammar struct {
		Run struct{ node.EmbeddedConfig } `cmd:""`
	}
	if err := node.Parse(&grammar, []string{"run", "--listen=" + e.address, "--data=" + e.folder, "--require-pin"}); err != nil {
		e.tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	n, err := node.OpenEmbedded(ctx, grammar.Run.EmbeddedConfig, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		cancel()
		e.tb.Fatal(err)
	}
	listening, done := make(chan struct{}), make(chan error, 1)
	n.Listening = func() { close(listening) }
	go func() { done <- n.Run(ctx) }()
	e.stop = func() {
		cancel()
		if err := <-done; err != nil {
			e.tb.Errorf("the engine ended with %v", err)
		}
		n.Close()
		e.stop = func() {}
	}
	select {
	case <-listening:
	case <-time.After(30 * time.Second):
		e.tb.Fatal("the engine is not ready after 30 s")
	}
}

func (e *engine) token() sim.Token {
	token, err := node.Tokens(e.folder, "", time.Hour)
	if err != nil {
		e.tb.Fatal(err)
	}
	return token
}

var middle = geo.Point{Lat: 44.2, Lon: -37.6}

// sprint is a world of 200 m in which cars go 45 m/s: a ride takes seconds.
type sprint struct{}

func (sprint) Between(a, b geo.Point) road.Way { return road.Straight(a, b, 45) }

func (sprint) Place(rng *rand.Rand) geo.Point {
	return geo.Destination(middle, 360*rng.Float64(), 200*rng.Float64())
}

// brisk people neither think nor dither, but some change their mind.
var brisk = sim.Behaviour{
	Decline: 0.1, Think: sim.Span{Max: 300 * time.Millisecond}, Board: sim.Span{Max: 300 * time.Millisecond},
	Stand: sim.Span{Min: time.Second, Max: 3 * time.Second}, GiveUp: 0.2, Patience: sim.Span{Max: 3 * time.Second}, Regret: 0.1,
}

func orders(yield func(sim.Order) bool) {
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range 30 {
		o := sim.Order{After: time.Duration(i) * 200 * time.Millisecond, Pickup: sprint{}.Place(rng)}
		o.Dropoff = geo.Destination(o.Pickup, 360*rng.Float64(), 150)
		if !yield(o) {
			return
		}
	}
}

// run drives the engine, with 16 drivers and 30 orders in 6 s.
func (e *engine) run() sim.Report {
	e.tb.Helper()
	r, err := sim.Drive(e.tb.Context(), sim.Config{
		Target: "http://" + e.address, Token: e.token(), World: sprint{}, Drivers: 16, Orders: orders,
		Behaviour: brisk, PositionEvery: 500 * time.Millisecond, Duration: 7 * time.Second, Drain: 90 * time.Second,
	})
	if err != nil {
		e.tb.Fatal(err)
	}
	for _, v := range r.Violations {
		e.tb.Error(v)
	}
	for _, s := range []trip.State{trip.Searching, trip.Assigned, trip.Arrived, trip.Riding} {
		if r.States[s] > 0 {
			e.tb.Errorf("%d trips are %s after the drain", r.States[s], s)
		}
	}
	if r.Acknowledged != 30 || r.Requests != 30 || r.States[trip.Completed] < 12 {
		e.tb.Errorf("%s", r.Line())
	}
	return r
}

func TestDrive_RealEngine(t *testing.T) {
	e := newEngine(t)
	e.start()
	r := e.run()
	if r.ServerErrors() > 0 || r.DriverReconnect > 0 || r.Garbled > 0 || len(r.Rejected) > 0 {
		t.Errorf("%d server errors, %d reconnects, %d garbled frames, rejected positions %v", r.ServerErrors(), r.DriverReconnect, r.Garbled, r.Rejected)
	}
	if r.OfferLatency.N == 0 || r.OfferLatency.P50 <= 0 || r.WaitAssigned.N == 0 || r.WaitArrived.N == 0 {
		t.Errorf("nothing measured: %+v", r)
	}
}

// TestDrive_Restart restarts the engine in the middle of a run: that is no
// violation, and no trip is lost by it.
func TestDrive_Restart(t *testing.T) {
	e := newEngine(t)
	e.start()
	var restarted atomic.Bool
	restart := time.AfterFunc(4*time.Second, func() {
		e.stop()
		e.start()
		restarted.Store(true)
	})
	defer restart.Stop()
	r := e.run()
	if !restarted.Load() || r.DriverReconnect < 16 {
		t.Errorf("restarted %v, %d reconnects", restarted.Load(), r.DriverReconnect)
	}
}
