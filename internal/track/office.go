package track

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/wire"
)

// refused counts the positions of a driver that were not believed.
type refused struct {
	counts map[string]int
	last   wire.RefusedLast
}

// refuse counts one. It is called with the lock held.
func (u *unit) refuse(why driver.Refusal, now time.Time) {
	if u.refused == nil {
		u.refused = &refused{counts: map[string]int{}}
	}
	u.refused.counts[string(why)]++
	u.refused.last = wire.RefusedLast{Code: string(why), At: now.UTC()}
}

// account adds what was refused.
func (u *unit) account(s *wire.OpenSession) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.refused == nil {
		return
	}
	s.Refused = make(map[string]int, len(u.refused.counts))
	for code, n := range u.refused.counts {
		s.Refused[code] = n
	}
	last := u.refused.last
	s.Last = &last
}

// serve takes over how the driver is registered from now on.
func (u *unit) serve(session string, p driver.Profile) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.session == session {
		u.class, u.seats = p.Class, p.Seats
	}
}

// heed does what the operators' side wants of the session. It does not block.
func (s *session) heed(p wire.Push) {
	if p.Profile != nil && s.known.Load() {
		profile := p.Profile.Profile()
		s.t.profiles.put(profile, s.t.now())
		s.unit.serve(s.id, profile)
	}
	if p.Ask != "" {
		s.t.answer(p.Ask, s.public())
	}
	if p.End != "" {
		s.dismiss(p.End)
	}
}

// dismiss ends the session, and takes its driver off the map at once, one on a
// trip excepted. Who the driver is has to be asked again.
func (s *session) dismiss(why wire.EndReason) {
	s.t.profiles.drop(s.driverID)
	if s.known.Load() {
		s.say(driver.Offline)
	}
	if why == wire.EndInactive {
		s.end(CloseUnknown, reasonUnknown)
		return
	}
	s.end(CloseEnded, reasonEnded)
}

// public is the session as operators see it.
func (s *session) public() wire.OpenSession {
	open := wire.OpenSession{Tracker: s.t.name, Session: s.id, Kind: wire.SessionSocket, Since: since(s.id)}
	if s.known.Load() {
		s.unit.account(&open)
	}
	return open
}

// since is when the session of the id, a UUIDv7, began.
func since(id string) time.Time {
	parsed, err := uuid.Parse(id)
	if err != nil {
		return time.Time{}
	}
	seconds, nanos := parsed.Time().UnixTime()
	return time.Unix(seconds, nanos).UTC()
}

// appOf is what an app of the driver, who has no session here, is to operators.
func (t *Tracker) appOf(driverID string) wire.OpenSession {
	open := wire.OpenSession{Tracker: t.name, Kind: wire.SessionApp}
	if a := t.asides.get(driverID); a != nil {
		open.Since = a.since.UTC()
	}
	if u := t.units.find(driverID); u != nil {
		u.account(&open)
	}
	return open
}

// find is the driver's unit; nil if there is none.
func (us *units) find(driverID string) *unit {
	us.mu.Lock()
	defer us.mu.Unlock()
	return us.known[driverID]
}

// answer tells who asked. Where that fails they go without.
func (t *Tracker) answer(ask string, open wire.OpenSession) {
	if err := t.line.Answer(context.Background(), ask, open); err != nil {
		t.log.Debug("not told who is here", "err", err)
	}
}
