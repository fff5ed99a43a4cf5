package track

import (
	"sync"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
)

// fleet is every driver with a session here, and those whose session ended a
// short while ago.
type fleet struct {
	filter driver.FilterConfig
	linger time.Duration

	mu    sync.Mutex
	units map[string]*unit
}

func newFleet(c Config) *fleet {
	return &fleet{filter: c.Filter, linger: c.Linger, units: map[string]*unit{}}
}

// take gives the driver's unit to a session: filter and status of the session
// before live on in it.
func (f *fleet) take(session string, p driver.Profile) *unit {
	f.mu.Lock()
	defer f.mu.Unlock()
	u, ok := f.units[p.ID]
	if !ok {
		u = &unit{driverID: p.ID, filter: driver.NewFilter(f.filter)}
		f.units[p.ID] = u
	}
	u.take(session, p)
	return u
}

// sweep forgets drivers whose session ended long enough ago.
func (f *fleet) sweep(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id, u := range f.units {
		if u.leftBefore(now.Add(-f.linger)) {
			delete(f.units, id)
		}
	}
}

func (f *fleet) len() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.units)
}

// unit is one driver as this tracker knows it. It obeys the session that took
// it last; what an older one still says is ignored.
type unit struct {
	driverID string

	mu      sync.Mutex
	session string
	left    time.Time // when the session ended, zero while it is open
	filter  *driver.Filter
	class   driver.Class
	seats   int
	status  driver.Status // as the driver said; "" until then
	latest  driver.Location
	located bool
}

// refusal is a position that was not believed.
type refusal struct {
	seq uint64
	why driver.Refusal
}

// heard is what came of some positions.
type heard struct {
	believed int
	seq      uint64 // the highest believed, 0 if none had one
	refused  []refusal
	location driver.Location
	publish  bool
}

func (u *unit) take(session string, p driver.Profile) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if session < u.session {
		return
	}
	u.session, u.left = session, time.Time{}
	u.class, u.seats = p.Class, p.Seats
	u.filter.Resume()
}

func (u *unit) leave(session string, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.session == session {
		u.left = now
	}
}

func (u *unit) leftBefore(t time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return !u.left.IsZero() && u.left.Before(t)
}

// hear judges positions, oldest first, and keeps the last believed one. It is
// published unless the driver is offline.
func (u *unit) hear(session string, positions []driver.Position, now time.Time) heard {
	u.mu.Lock()
	defer u.mu.Unlock()
	var h heard
	if u.session != session {
		return h
	}
	for _, p := range positions {
		if why := u.filter.Judge(p, now); why != driver.Believed {
			h.refused = append(h.refused, refusal{p.Seq, why})
			continue
		}
		h.believed++
		h.seq = max(h.seq, p.Seq)
		u.latest.Position = p
	}
	if h.believed > 0 {
		u.located, u.latest.SeenAt = true, now
		h.location, h.publish = u.location(), u.status != driver.Offline
	}
	return h
}

// say notes the driver's status. A change is published at the place of the last
// position: as gone, or as available if that position is fresh; else the next
// position brings it.
func (u *unit) say(session string, status driver.Status, now time.Time, fresh time.Duration) (driver.Location, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.session != session || u.status == status {
		return driver.Location{}, false
	}
	u.status = status
	gone := status == driver.Offline
	if !u.located || !gone && !u.latest.Fresh(now, fresh) {
		return driver.Location{}, false
	}
	l := u.location()
	l.SeenAt, l.Gone = now, gone
	return l, true
}

func (u *unit) location() driver.Location {
	l := u.latest
	l.DriverID, l.Session = u.driverID, u.session
	l.Class, l.Seats = u.class, u.seats
	l.Available = u.status == driver.Available
	return l
}
