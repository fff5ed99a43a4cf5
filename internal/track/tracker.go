package track

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
)

// Deps is what a tracker works with. Places, Pulse, Connected, Detour, Log and
// Metrics may be nil.
type Deps struct {
	Mirror   Mirror
	Feed     Feed
	Commands Commands
	Line     Line
	Places   Places
	Pulse    Pulse
	// Connected reports whether the bus is there; nil: always.
	Connected func() bool
	Detour    Detour // while it is not
	Now       func() time.Time
	Log       *slog.Logger
	Metrics   Metrics
	Name      string // of this tracker, for operators
}

// Tracker serves drivers' sessions. Make one with New; Run has to run for
// positions to leave.
type Tracker struct {
	config   Config
	commands Commands
	line     Line
	places   Places
	pulse    Pulse
	now      func() time.Time
	log      *slog.Logger
	metrics  Metrics
	name     string

	connected  func() bool // nil: the bus is always there
	detour     Detour
	staleSince atomic.Pointer[time.Time] // when the bus went; nil while it is there

	roster   *roster
	units    *units
	ways     *ways
	profiles *profiles
	devices  *devices
	asides   *asides
	flushers []*flusher
	trays    []*tray   // of the flushers
	scratch  sync.Pool // of *scratch
}

// New is a tracker that starts nothing by itself.
func New(c Config, d Deps) *Tracker {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Metrics == nil {
		d.Metrics = noMetrics{}
	}
	t := &Tracker{
		config: c, commands: d.Commands, line: d.Line, places: d.Places, pulse: d.Pulse, now: d.Now, log: d.Log, metrics: d.Metrics, name: d.Name,
		connected: d.Connected, detour: d.Detour,
		roster: newRoster(), units: newUnits(c), ways: newWays(), profiles: newProfiles(c.Profiles, c.ProfileTTL),
		devices: newDevices(c), asides: newAsides(d.Line, c, d.Now),
	}
	t.scratch.New = func() any { return new(scratch) }
	t.addFlushers(d)
	return t
}

// addFlushers makes the trays and who empties them.
func (t *Tracker) addFlushers(d Deps) {
	feed := newCellFeed(d.Feed, t.config.Linger, d.Now)
	t.addFlusher(PartFeed, feed.deliver)
	t.addFlusher(PartMirror, func(ctx context.Context, batch []driver.Location) ([]int, error) {
		err := d.Mirror.Apply(ctx, batch)
		if err == nil {
			return nil, nil
		}
		var part interface{ Undelivered() []int }
		if errors.As(err, &part) {
			return part.Undelivered(), err
		}
		all := make([]int, len(batch))
		for i := range all {
			all[i] = i
		}
		return all, err
	})
}

func (t *Tracker) addFlusher(part Part, deliver func(context.Context, []driver.Location) ([]int, error)) {
	f := &flusher{
		part: part, tray: newTray(len(t.flushers), t.config.FlushAt), deliver: deliver,
		config: t.config, now: t.now, log: t.log, metrics: t.metrics,
	}
	t.flushers, t.trays = append(t.flushers, f), append(t.trays, f.tray)
}

// Serve runs the session of an authenticated driver on conn until it ends, and
// closes conn. The error is nil when the phone went by itself, else an *Ended.
// When ctx ends the socket is closed with CloseGoingAway, for the cause ErrPings and
// when the driver's token expires with ClosePolicy.
func (t *Tracker) Serve(ctx context.Context, conn Conn, driverID string, expires time.Time) error {
	s := newSession(t, conn, driverID)
	s.expires = expires
	if !t.roster.enter(s) {
		return t.turnAway(conn, driverID)
	}
	defer t.roster.leave(s)
	t.metrics.SessionOpened()
	t.log.Debug("session opened", "driver", driverID, "session", s.id)
	why := s.run(ctx)
	t.metrics.SessionClosed(why.Code)
	t.log.Debug("session closed", "driver", driverID, "session", s.id, "code", why.Code, "reason", why.Reason)
	if why.Code == closeLeft {
		return nil
	}
	return why
}

// acknowledged is up to where the driver's positions are acknowledged, here or,
// as the shared store tells, by another tracker; 0 where nobody knows.
func (t *Tracker) acknowledged(ctx context.Context, driverID string) uint64 {
	seq := t.units.acknowledged(driverID)
	if seq != 0 || t.places == nil {
		return seq
	}
	ctx, cancel := context.WithTimeout(ctx, t.config.HelloWait)
	defer cancel()
	last, err := t.places.Locations(ctx, []string{driverID})
	if err != nil || len(last) == 0 { // the phone sends again what it was not told of
		return 0
	}
	return last[0].Seq
}

// turnAway closes a socket that comes while the tracker shuts down.
func (t *Tracker) turnAway(conn Conn, driverID string) error {
	if err := conn.Close(CloseRestart, reasonRestart); err != nil {
		t.log.Debug("socket not closed in order", "driver", driverID, "err", err)
	}
	return &Ended{CloseRestart, reasonRestart}
}

// Run lets positions leave until ctx ends, and the last ones then. It returns
// nil.
func (t *Tracker) Run(ctx context.Context) error {
	var work sync.WaitGroup
	for _, f := range t.flushers {
		work.Go(func() { f.run(ctx) })
	}
	work.Go(func() { every(ctx, t.config.Linger, t.sweep) })
	work.Go(func() { every(ctx, t.config.DoubtEvery, t.doubt) })
	if t.pulse != nil {
		work.Go(func() { t.beat(ctx) })
	}
	if t.connected != nil {
		work.Go(func() { t.watchBus(ctx) })
	}
	work.Wait()
	t.asides.sweep(t.now())
	return nil
}

// every calls fn at each interval until ctx ends.
func every(ctx context.Context, interval time.Duration, fn func()) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			fn()
		}
	}
}

// sweep forgets drivers who left.
func (t *Tracker) sweep() {
	t.units.sweep(t.now())
	t.ways.sweep(t.now(), t.now().Add(-2*t.config.Linger)) // units first: who is known must not be recorded by halves
	t.devices.sweep(t.now())
	t.asides.sweep(t.now().Add(-t.config.Linger))
}

// beat says that the tracker lives, until ctx ends. A beat that does not get out
// is missed by those who wait for it, and that is all it says.
func (t *Tracker) beat(ctx context.Context) {
	ticker := time.NewTicker(t.config.BeatEvery)
	defer ticker.Stop()
	for {
		_ = t.pulse.Beat(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Drain closes every session with CloseRestart, refuses new ones, and waits
// for the sessions to end. Drain first, then end Run: so the last positions
// leave. The error is that of ctx when it ended first.
func (t *Tracker) Drain(ctx context.Context) error {
	select {
	case <-t.roster.drain():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Stats counts what the tracker holds.
type Stats struct {
	Sessions int          // open sockets
	Drivers  int          // with a session, or one that ended a short while ago
	Rides    int          // drivers whose ways are recorded, or wait to leave
	Waiting  map[Part]int // locations that wait to leave
}

// Stats counts now.
func (t *Tracker) Stats() Stats {
	s := Stats{Sessions: t.roster.len(), Drivers: t.units.len(), Rides: t.ways.len(), Waiting: map[Part]int{}}
	for _, f := range t.flushers {
		s.Waiting[f.part] = f.tray.len() + int(f.holds.Load())
	}
	return s
}

// Degraded names the consumers of positions that did not take the last batch.
func (t *Tracker) Degraded() []Part {
	var parts []Part
	for _, f := range t.flushers {
		if f.down.Load() {
			parts = append(parts, f.part)
		}
	}
	return parts
}

// publish lets a location of the driver leave with the next flush. Its count is
// up to where everything is safe once the location has arrived somewhere.
func (t *Tracker) publish(u *unit, l driver.Location) {
	l.Seq = t.ways.safe(l.DriverID, l.Seq)
	u.news.tell(l, t.trays)
}
