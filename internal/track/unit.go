package track

import (
	"maps"
	"sync"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
)

// units is every driver with a session here, and those whose session ended a
// short while ago.
type units struct {
	filter driver.FilterConfig
	linger time.Duration

	mu     sync.Mutex
	known  map[string]*unit
	quotas map[string]driver.Quota // of today, of drivers who are not known any more
}

func newUnits(c Config) *units {
	return &units{filter: c.Filter, linger: c.Linger, known: map[string]*unit{}, quotas: map[string]driver.Quota{}}
}

// take gives the driver's unit to a session: filter and status of the session
// before live on in it.
func (us *units) take(session string, p driver.Profile, out *outgoing) *unit {
	us.mu.Lock()
	defer us.mu.Unlock()
	u := us.unit(p.ID)
	u.take(session, p, out)
	return u
}

// unit is the driver's, made where there is none, with what is left of the day.
func (us *units) unit(driverID string) *unit {
	u, ok := us.known[driverID]
	if !ok {
		u = &unit{driverID: driverID, filter: driver.NewFilter(us.filter)}
		u.filter.Resupply(us.quotas[driverID])
		delete(us.quotas, driverID)
		us.known[driverID] = u
	}
	return u
}

// acknowledged is up to where the driver's positions are acknowledged, as far as
// is known here; 0 for unknown.
func (us *units) acknowledged(driverID string) uint64 {
	u := us.find(driverID)
	if u == nil {
		return 0
	}
	return u.news.acknowledged()
}

// sweep forgets drivers whose session ended long enough ago, but not what they
// used of their day.
func (us *units) sweep(now time.Time) {
	us.mu.Lock()
	defer us.mu.Unlock()
	for id, u := range us.known {
		if u.leftBefore(now.Add(-us.linger)) {
			delete(us.known, id)
			us.quotas[id] = u.filter.Quota()
		}
	}
	maps.DeleteFunc(us.quotas, func(_ string, q driver.Quota) bool { return !q.Holds(now) })
}

func (us *units) len() int {
	us.mu.Lock()
	defer us.mu.Unlock()
	return len(us.known)
}

// unit is one driver as this tracker knows it. It obeys the session that took
// it last; what an older one still says is ignored.
type unit struct {
	driverID string
	news     news

	mu      sync.Mutex
	session string
	left    time.Time // when the session ended, zero while it is open
	filter  *driver.Filter
	class   driver.Class
	seats   int
	status  driver.Status // as the driver said; "" until then
	latest  driver.Location
	located bool
	seen    time.Time // SeenAt of what was published last
	top     uint64    // the highest that was believed of the phone's count
	before  uint64    // of that, what was before this session
	refused *refused  // since this session began; nil for nothing
}

// refusal is a position that was not believed.
type refusal struct {
	seq uint64
	why driver.Refusal
}

// heard is what came of some positions.
type heard struct {
	believed int
	known    int // of an earlier session, sent again
	refused  []refusal
	unit     *unit // whose location it is
	location driver.Location
	publish  bool
}

func (u *unit) take(session string, p driver.Profile, out *outgoing) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if session < u.session {
		return
	}
	u.before, u.refused = u.top, nil
	u.news.open(out)
	u.session, u.left = session, time.Time{}
	u.class, u.seats = p.Class, p.Seats
	u.filter.Resume()
}

func (u *unit) leave(session string, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.session == session {
		u.left = now
		u.news.open(nil)
	}
}

func (u *unit) leftBefore(t time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return !u.left.IsZero() && u.left.Before(t)
}

// repeated reports whether the position was believed, or refused, in an earlier
// session: a phone sends again what was not acknowledged to it. A later fix is
// none, whatever its count: the app was started again.
func (u *unit) repeated(p driver.Position) bool {
	return p.Seq != 0 && p.Seq <= u.before && u.located && !p.FixedAt.After(u.latest.FixedAt)
}

// count takes in the count of a position that was believed.
func (u *unit) count(seq uint64) {
	switch {
	case seq == 0:
	case seq <= u.before:
		u.top, u.before = seq, 0
		u.news.recount(u.session)
	default:
		u.top = max(u.top, seq)
	}
}

// hear judges positions, oldest first, moves the believed ones to the front of
// the slice, and keeps the last of them. It is published unless the driver is
// offline, for a trip's driver all the same: also on the last one of the day the
// rider wants to see where the car is.
func (u *unit) hear(session string, positions []driver.Position, now time.Time, onTrip bool) heard {
	u.mu.Lock()
	defer u.mu.Unlock()
	h := heard{unit: u}
	if u.session != session {
		return h
	}
	for _, p := range positions {
		if u.repeated(p) {
			h.known++
			continue
		}
		if why := u.filter.Judge(p, now); why != driver.Believed {
			h.refused = append(h.refused, refusal{p.Seq, why})
			u.refuse(why, now)
			continue
		}
		positions[h.believed] = p
		h.believed++
		u.count(p.Seq)
		u.latest.Position = p
	}
	if h.believed > 0 {
		u.located, u.latest.SeenAt = true, u.stamp(now, u.afterLast())
		h.location, h.publish = u.location(), u.status != driver.Offline || onTrip
	}
	return h
}

// say notes the driver's status. A change is published at the place of the last
// position: as gone, or as available if that position is fresh; else the next
// position brings it.
func (u *unit) say(session string, status driver.Status, now time.Time, fresh time.Duration, onTrip bool) (driver.Location, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.session != session || u.status == status {
		return driver.Location{}, false
	}
	u.status = status
	gone := status == driver.Offline && !onTrip
	if !u.located || !gone && !u.latest.Fresh(now, fresh) {
		return driver.Location{}, false
	}
	l := u.location()
	l.SeenAt, l.Gone = u.stamp(now, time.Millisecond), gone
	return l, true
}

// depart is for a driver who said offline on a trip that has let go now.
func (u *unit) depart(session string, now time.Time) (driver.Location, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.session != session || u.status != driver.Offline || !u.located {
		return driver.Location{}, false
	}
	l := u.location()
	l.SeenAt, l.Gone = u.stamp(now, time.Millisecond), true
	return l, true
}

// afterLast is how much later than the last word a position must be stamped: a
// Gone is outdone by a later one alone.
func (u *unit) afterLast() time.Duration {
	if u.status == driver.Offline {
		return time.Millisecond
	}
	return 0
}

// clockStep is more than stamps run ahead of the clock by themselves.
const clockStep = time.Second

// stamp is now, or later: the least time after what was published last. Stores
// go by SeenAt, to the millisecond, and of the same one they keep a Gone. Where
// the clock was set back it begins anew: nobody believes a stamp from the future.
func (u *unit) stamp(now time.Time, after time.Duration) time.Time {
	if least := u.seen.Add(after); now.Before(least) && least.Sub(now) < clockStep {
		now = least
	}
	u.seen = now
	return now
}

func (u *unit) location() driver.Location {
	l := u.latest
	l.DriverID, l.Session, l.Seq = u.driverID, u.session, u.top
	l.Class, l.Seats = u.class, u.seats
	l.Available = u.status == driver.Available
	return l
}
