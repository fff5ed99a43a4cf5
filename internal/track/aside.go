package track

import (
	"context"
	"sync"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/wire"
)

// asides listens to the lines of drivers whom devices place here while no
// session of theirs is open: one may be open at another tracker. Then that one
// hears the positions, since it knows the status, and two trackers would tell two
// of them in turn. It has as many as drivers who reported a short while ago.
type asides struct {
	line  Line
	now   func() time.Time
	again time.Duration // how often to ask who else is there

	mu    sync.Mutex
	known map[string]*aside
}

// aside is what is known of one driver's sessions elsewhere.
type aside struct {
	stop  func()
	since time.Time

	mu    sync.Mutex
	used  time.Time
	asked time.Time
	heard time.Time // of a session elsewhere, zero if never
}

// inquiry is older than every session: each that is open announces itself again
// when it hears of it.
const inquiry = "0"

func newAsides(line Line, c Config, now func() time.Time) *asides {
	return &asides{line: line, now: now, again: c.DeviceFresh, known: map[string]*aside{}}
}

// elsewhere reports whether a session of the driver is open at another tracker,
// as far as it was heard of. pushed gets what comes over the line.
func (as *asides) elsewhere(ctx context.Context, driverID string, pushed func(wire.Push) (theirs bool)) bool {
	a := as.of(driverID, pushed)
	if a == nil {
		return false
	}
	now := as.now()
	a.mu.Lock()
	ask := now.Sub(a.asked) >= as.again
	if a.used = now; ask {
		a.asked = now
	}
	elsewhere := !a.heard.IsZero() && now.Sub(a.heard) < 2*as.again
	a.mu.Unlock()
	if ask { // what it brings counts from the next report on; without a bus nobody is elsewhere
		_ = as.line.Push(ctx, driverID, wire.Push{Session: inquiry})
	}
	return elsewhere
}

// of is the driver's aside; nil while there is no bus.
func (as *asides) of(driverID string, pushed func(wire.Push) bool) *aside {
	if a := as.get(driverID); a != nil {
		return a
	}
	a := &aside{since: as.now()}
	stop, err := as.line.Listen(driverID, func(p wire.Push) {
		if pushed(p) {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.heard = as.now()
		}
	})
	if err != nil {
		return nil
	}
	a.stop = stop
	return as.put(driverID, a)
}

func (as *asides) get(driverID string) *aside {
	as.mu.Lock()
	defer as.mu.Unlock()
	return as.known[driverID]
}

// put is the aside from now on, or the one that was put first.
func (as *asides) put(driverID string, a *aside) *aside {
	as.mu.Lock()
	first, ok := as.known[driverID]
	if !ok {
		as.known[driverID] = a
	}
	as.mu.Unlock()
	if ok {
		a.stop()
		return first
	}
	return a
}

// sweep stops listening for drivers who did not report since the given time.
func (as *asides) sweep(since time.Time) {
	as.mu.Lock()
	var idle []*aside
	for id, a := range as.known {
		if a.idle(since) {
			idle = append(idle, a)
			delete(as.known, id)
		}
	}
	as.mu.Unlock()
	for _, a := range idle {
		a.stop()
	}
}

func (a *aside) idle(since time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return !a.used.After(since)
}

// whispered takes what comes over the line of a driver whom a device places
// here, and reports whether a session elsewhere announced itself.
func (t *Tracker) whispered(driverID string, p wire.Push) (elsewhere bool) {
	if p.Devices {
		t.devices.doubt(driverID)
	}
	if p.Ask != "" && t.roster.of(driverID) == nil {
		t.answer(p.Ask, t.appOf(driverID))
	}
	if p.Session == "" || p.Session == inquiry {
		return false
	}
	here := t.roster.of(driverID)
	return here == nil || here.id != p.Session
}

// forward lets the session elsewhere hear the positions.
func (t *Tracker) forward(ctx context.Context, driverID string, positions []driver.Position) error {
	return t.line.Push(ctx, driverID, wire.Push{Fixes: wire.FixesOf(positions)})
}

// overhear takes what an app sent to another tracker.
func (s *session) overhear(positions []driver.Position) {
	if s.known.Load() {
		s.t.settle(s.judge(positions, s.t.now()))
	}
}

// settle counts what became of an app's positions, and lets the latest leave.
func (t *Tracker) settle(h heard) {
	t.metrics.Positions(h.believed)
	for _, r := range h.refused {
		t.metrics.PositionRefused(r.why)
	}
	if h.publish {
		t.publish(h.unit, h.location)
	}
}
