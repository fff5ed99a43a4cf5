package track_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/track"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// detour is dispatchers that trackers ask over HTTP.
type detour struct {
	mu      sync.Mutex
	away    bool // the bus
	silent  bool // the dispatchers
	hangs   bool // so do the dispatchers, until whoever asks gives up
	asks    [][]wire.Ask
	answers []wire.Answer // to the next question
}

func (d *detour) connected() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.away
}

func (d *detour) Dispatchers() int { return 4 }

func (d *detour) Pending(ctx context.Context, asks []wire.Ask) ([]wire.Answer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asks = append(d.asks, asks)
	if d.hangs {
		d.mu.Unlock()
		<-ctx.Done()
		d.mu.Lock()
	}
	if d.silent {
		return nil, fault.New(fault.Unavailable, "no dispatcher answers")
	}
	answers := d.answers
	d.answers = nil
	return answers, nil
}

func (d *detour) set(change func(*detour)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(d)
}

func (d *detour) questions() [][]wire.Ask {
	d.mu.Lock()
	defer d.mu.Unlock()
	asks := d.asks
	d.asks = nil
	return asks
}

// While the bus is away, and shortly after, the tracker asks what is pending, and
// passes it on once.
func TestDetour_AsksWhatIsPending(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		d := &detour{}
		tracker := w.trackerWith(func(deps *track.Deps) { deps.Connected, deps.Detour = d.connected, d })
		p := w.online(tracker, "d1")
		time.Sleep(time.Minute)
		if asks := d.questions(); len(asks) > 0 {
			t.Fatalf("asked %v while the bus was there", asks)
		}
		assigned := wire.Trip{ID: "t", Version: 2, DriverID: "d1", State: trip.Assigned}
		d.set(func(d *detour) {
			d.away = true
			d.answers = []wire.Answer{{DriverID: "d1", OfferID: "o", Pushes: []wire.Push{
				{TripID: "t", Version: 2, Frame: wire.Encode(wire.TripFrame{Type: wire.FrameTrip, Trip: assigned})},
				{Frame: wire.Encode(wire.OfferFrame{Type: wire.FrameOffer, OfferID: "o"})},
			}}, {DriverID: "gone", OfferID: "x", Pushes: []wire.Push{{Frame: wire.Encode(wire.FreshFrame{Type: wire.FrameFresh})}}}}
		})
		p.expect(wire.FrameStale)
		if f := p.expect(wire.FrameTrip); f.Trip.ID != "t" {
			t.Errorf("told of trip %+v", f)
		}
		p.expect(wire.FrameOffer)
		d.questions()
		time.Sleep(10 * time.Second)
		asks := d.questions()
		if len(asks) < 16 { // four dispatchers, each every two seconds, as far as looks allow
			t.Errorf("asked %d times in 10 s", len(asks))
		}
		if a := asks[0]; len(a) != 1 || a[0].DriverID != "d1" || a[0].OfferID != "o" || a[0].Trips["t"] != 2 || len(a[0].Trips) != 1 {
			t.Errorf("asked %+v, want what the driver knows", a)
		}
		d.set(func(d *detour) { d.answers = []wire.Answer{{DriverID: "d1"}} }) // the offer is closed
		time.Sleep(time.Second)
		if asks := d.questions(); asks[len(asks)-1][0].OfferID != "" {
			t.Errorf("asked %+v after the offer was closed", asks[len(asks)-1])
		}
		p.nothing()
		d.set(func(d *detour) { d.away = false })
		p.expect(wire.FrameFresh)
		time.Sleep(2 * time.Second)
		if len(d.questions()) == 0 {
			t.Error("not asked right after the bus was back, when its other ends may not be there")
		}
		time.Sleep(2 * time.Second)
		d.questions()
		time.Sleep(time.Minute)
		if asks := d.questions(); len(asks) > 0 {
			t.Errorf("still asked %d times", len(asks))
		}
	})
}

// A phone that comes while the bus is away is told so after hello, once; one that
// comes later is told nothing.
func TestDetour_TellsPhonesThatTheyAreLate(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		d := &detour{away: true, silent: true}
		tracker := w.trackerWith(func(deps *track.Deps) { deps.Connected, deps.Detour = d.connected, d })
		time.Sleep(time.Second)
		p := w.online(tracker, "d1")
		p.expect(wire.FrameStale)
		time.Sleep(10 * time.Second)
		p.nothing()
		if n := w.logged("no dispatcher tells"); n != 1 {
			t.Errorf("the silence was logged %d times", n)
		}
		d.set(func(d *detour) { d.away, d.silent = false, false })
		p.expect(wire.FrameFresh)
		other := w.online(tracker, "d2")
		time.Sleep(10 * time.Second)
		other.nothing()
		p.nothing()
		all := d.questions()
		if !slices.ContainsFunc(all, func(asks []wire.Ask) bool { return len(asks) == 1 }) {
			t.Errorf("asked %v", all)
		}
	})
}

// Dispatchers that hang keep nobody from hearing that the bus is back.
func TestDetour_HangingDispatchers(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		d := &detour{hangs: true}
		tracker := w.trackerWith(func(deps *track.Deps) { deps.Connected, deps.Detour = d.connected, d })
		p := w.online(tracker, "d1")
		for range 5 {
			d.questions()
			d.set(func(d *detour) { d.away = true })
			p.expect(wire.FrameStale)
			for len(d.questions()) == 0 {
				time.Sleep(time.Millisecond)
			}
			back := time.Now()
			d.set(func(d *detour) { d.away = false })
			p.expect(wire.FrameFresh)
			if late := time.Since(back); late > 300*time.Millisecond {
				t.Errorf("told that the bus is back after %v", late)
			}
			time.Sleep(10 * time.Second)
		}
	})
}
