package node_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/natsbus"
	"github.com/cabstand/cabstand/internal/node"
	"github.com/cabstand/cabstand/internal/postgis"
	"github.com/cabstand/cabstand/internal/redisgeo"
	"github.com/cabstand/cabstand/internal/testenv"
)

// TestTracker_Killed kills a tracker with drivers: what it had acknowledged of a
// ride is stored and was told, the phone goes on at another tracker, and a driver
// who does not come back is no ghost.
func TestTracker_Killed(t *testing.T) {
	const fresh = 3 * time.Second
	redis, nats, database := testenv.Redis(t), testenv.NATS(t), testenv.Postgres(t)
	shared := []string{"--auth-key=" + sharedKey, "--redis-url=" + redis, "--nats-url=" + nats}
	if err := (&node.Migrate{DatabaseURL: database}).Run(t.Context(), node.Std{Out: io.Discard, Err: io.Discard}); err != nil {
		t.Fatal(err)
	}
	c := parse[node.DispatcherConfig](t, append(shared, "--listen=127.0.0.1:0", "--id=one", "--database-url="+database, "--fresh="+fresh.String())...)
	riders, _ := run(t, func(ctx context.Context, log *slog.Logger) (*node.Node, error) {
		return node.OpenDispatcher(ctx, c, log)
	})
	first, second := mustChild(t, nil, shared...), mustChild(t, nil, shared...)
	s := site{tb: t, riders: riders, drivers: first.url, tokenArg: []string{"--auth-key", sharedKey}}
	told := mustFollow(t, nats)
	store, err := postgis.Open(t.Context(), postgis.Options{URL: database})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)

	// d1 rides; d2 stands at the pickup and waits.
	p, tripID := s.rides("d1", "r1")
	ghost := s.drive("d2")
	ghost.until("acknowledged", func() bool { return len(ghost.frames) > 0 })
	p.batch(70) // makes a part of the way
	p.heard(p.sent)
	p.batch(10) // and these wait when the tracker dies
	first.kill()
	p.hangUp()
	if p.acked < 71 || p.acked > p.sent {
		t.Fatalf("acknowledged up to %d of %d", p.acked, p.sent)
	}
	check := func() {
		t.Helper()
		fixes, err := store.Fixes(t.Context(), tripID)
		if err != nil {
			t.Fatal(err)
		}
		stored := map[int64]bool{}
		for _, f := range fixes {
			stored[f.At.UnixMilli()] = true
		}
		for seq := uint64(2); seq <= p.acked; seq++ { // 1 was before the ride
			if !stored[p.at[seq]] {
				t.Errorf("position %d was acknowledged, up to %d, and is not stored", seq, p.acked)
			}
		}
		if newest := told.newest("d1"); newest < p.at[p.acked] {
			t.Errorf("position %d was acknowledged, the feed never told of it or a newer one", p.acked)
		}
	}
	check()

	// The phone goes on at the other tracker.
	s.drivers = second.url
	before := p.acked
	p.socket = s.phone(s.token("driver", "d1"))
	resume := p.hello()
	if resume < before || resume > p.acked {
		t.Errorf("it goes on after %d, acknowledged are %d of %d", resume, before, p.sent)
	}
	p.await("its trip", patience, inState("riding"))
	p.again(max(before, resume))
	p.batch(70)
	p.heard(p.sent)
	check()
	s.noGhost(redis, "d2", fresh)
}

// noGhost checks that a driver whose tracker died is silent, is given no trip, and
// can be swept.
func (s site) noGhost(redis, driverID string, fresh time.Duration) {
	s.tb.Helper()
	operator := s.token("operator", "op")
	other := s.drive("d3")
	var view struct{ Status driver.Status }
	other.until("the ghost silent", func() bool {
		s.call("GET", "/v1/drivers/"+driverID, operator, nil, &view)
		return view.Status == driver.Silent
	})
	var order struct{ ID string }
	if status := s.call("POST", "/v1/trips", s.token("rider", "r2"), map[string]any{"pickup": pickup, "dropoff": geo.Destination(pickup, 0, 3000)}, &order, "Idempotency-Key", "r2"); status != http.StatusCreated {
		s.tb.Fatalf("requesting answers %d", status)
	}
	began := time.Now()
	other.until("offered the trip", func() bool {
		for len(other.frames) > 0 {
			if f := <-other.frames; f.Type == "offer" {
				return true
			}
		}
		return false
	})
	type excluded struct {
		DriverID string `json:"driver_id"`
		Reason   string
	}
	var decisions struct {
		Decisions []struct {
			Chosen   string
			Excluded []excluded
		}
	}
	s.call("GET", "/v1/trips/"+order.ID+"/decisions", operator, nil, &decisions)
	if len(decisions.Decisions) == 0 {
		s.tb.Error("no decision is known")
	}
	for _, d := range decisions.Decisions {
		why := slices.IndexFunc(d.Excluded, func(e excluded) bool { return e.DriverID == driverID && e.Reason == "position_too_old" })
		if d.Chosen == driverID || why < 0 {
			s.tb.Errorf("the ghost: %+v", d)
		}
	}
	locations, err := redisgeo.Open(redisgeo.Options{URL: redis})
	if err != nil {
		s.tb.Fatal(err)
	}
	defer locations.Close()
	if n, err := locations.Sweep(s.tb.Context(), began.Add(-fresh)); err != nil || n != 1 {
		s.tb.Errorf("%d silent drivers are swept, %v; want one", n, err)
	}
}

// rider is a phone on a ride, and what it sent and heard.
type rider struct {
	*socket
	at    map[uint64]int64 // unix ms of each position that was sent
	last  time.Time
	sent  uint64
	acked uint64
}

// rides brings a driver onto a ride.
func (s site) rides(driverID, riderID string) (p *rider, tripID string) {
	s.tb.Helper()
	s.call("POST", "/v1/drivers", s.token("operator", "op"), map[string]any{"id": driverID}, nil)
	p = &rider{socket: s.phone(s.token("driver", driverID)), at: map[uint64]int64{}, last: time.Now().Add(-10 * time.Second)}
	if seq := p.hello(); seq != 0 {
		s.tb.Errorf("a new driver goes on after %d", seq)
	}
	p.batch(1)
	p.heard(1)
	var trip struct{ ID string }
	order := map[string]any{"pickup": pickup, "dropoff": geo.Destination(pickup, 0, 3000)}
	if status := s.call("POST", "/v1/trips", s.token("rider", riderID), order, &trip, "Idempotency-Key", riderID); status != http.StatusCreated {
		s.tb.Fatalf("requesting answers %d", status)
	}
	offer := p.await("offer", patience, ofType("offer"))
	p.send(map[string]any{"type": "received", "offer_id": offer.OfferID})
	p.send(map[string]any{"type": "accept", "offer_id": offer.OfferID})
	p.await("assigned", patience, inState("assigned"))
	for _, step := range [][2]string{{"arrive", "arrived"}, {"start", "riding"}} {
		p.send(map[string]any{"type": step[0], "trip_id": trip.ID})
		p.await(step[1], patience, inState(step[1]))
	}
	return p, trip.ID
}

// hello is up to where the phone was acknowledged.
func (p *rider) hello() (seq uint64) {
	p.tb.Helper()
	var hello struct{ Seq uint64 }
	f := p.await("hello", patience, ofType("hello"))
	if err := json.Unmarshal(f.Raw, &hello); err != nil {
		p.tb.Fatal(err)
	}
	p.send(map[string]any{"type": "status", "status": "available"})
	return hello.Seq
}

// batch sends n positions, 50 ms apart by the phone's clock.
func (p *rider) batch(n int) {
	p.tb.Helper()
	after := p.sent
	for range n {
		p.sent++
		p.last = p.last.Add(50 * time.Millisecond)
		p.at[p.sent] = p.last.UnixMilli()
	}
	p.again(after)
}

// again sends what comes after a position.
func (p *rider) again(after uint64) {
	p.tb.Helper()
	var positions []any
	for seq := after + 1; seq <= p.sent; seq++ {
		positions = append(positions, map[string]any{"seq": seq, "lat": pickup.Lat, "lon": pickup.Lon, "t": p.at[seq], "speed": 0})
	}
	if positions != nil {
		p.send(map[string]any{"type": "positions", "positions": positions})
	}
}

// note takes down what the phone hears of its positions.
func (p *rider) note(f frame) {
	var heard struct {
		Type string
		Seq  uint64
	}
	if err := json.Unmarshal(f.Raw, &heard); err != nil {
		p.tb.Fatal(err)
	}
	switch heard.Type {
	case "ack":
		p.acked = max(p.acked, heard.Seq)
	case "rejected", "error":
		p.tb.Errorf("the tracker says %s", f.Raw)
	}
}

// heard reads until the phone was acknowledged so far. While it waits it says
// that it is there, as phones do: an ack comes with what is told next.
func (p *rider) heard(seq uint64) {
	p.tb.Helper()
	beat := time.NewTicker(500 * time.Millisecond)
	defer beat.Stop()
	for limit := time.After(patience); p.acked < seq; {
		select {
		case f, open := <-p.frames:
			if !open {
				p.tb.Fatal("the socket ended")
			}
			p.note(f)
		case <-beat.C:
			p.batch(1)
		case <-limit:
			p.tb.Fatalf("acknowledged up to %d of %d after %v", p.acked, seq, patience)
		}
	}
}

// hangUp reads what comes until the socket has ended.
func (p *rider) hangUp() {
	for f := range p.frames {
		p.note(f)
	}
}

// follower hears the feed.
type follower struct {
	mu   sync.Mutex
	last map[string]int64 // unix ms of the newest fix, by driver
}

func mustFollow(tb testing.TB, nats string) *follower {
	tb.Helper()
	bus, err := natsbus.Connect(tb.Context(), natsbus.Options{URL: nats, Name: "follower"})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(bus.Close)
	f := &follower{last: map[string]int64{}}
	stop, err := bus.Positions.Follow(geo.CellOf(pickup, geo.OwnerLength), f.hear)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(stop)
	if err := bus.Flush(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return f
}

func (f *follower) hear(batch []driver.Location) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range batch {
		f.last[l.DriverID] = max(f.last[l.DriverID], l.FixedAt.UnixMilli())
	}
}

func (f *follower) newest(driverID string) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last[driverID]
}
