package track

import (
	"context"
	"slices"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

// Heard is what came of a report.
type Heard struct {
	DriverID string
	Believed int
	Passed   int              // handed to the driver's session at another tracker, to be judged there
	Refused  []driver.Refusal // one for each position that was not believed
}

// Report takes positions that a tracking app sent with a device's token. They go
// the way of a session's: one filter, the newest wins, what waits coalesces. The
// session of the driver that is open beside it, here or elsewhere, says whether the driver is
// available, and the app only places the car; where there is none the device
// says it. Positions are put in order, and one without a time is of now.
//
// The error is fault.Unauthenticated for a token that is not valid (any more),
// fault.RateLimited, or fault.Unavailable for a token that this tracker does not
// know while no dispatcher answers.
func (t *Tracker) Report(ctx context.Context, token string, positions []driver.Position) (Heard, error) {
	hash, err := driver.HashToken(token)
	if err != nil {
		return Heard{}, err
	}
	d, err := t.device(ctx, hash)
	if err != nil {
		return Heard{}, err
	}
	now := t.now()
	if !d.pace.AllowN(now, max(1, len(positions))) {
		return Heard{}, fault.New(fault.RateLimited, "too many positions: %v a second are accepted, and %d at once", t.config.PositionRate, t.config.PositionBurst)
	}
	order(positions, now)
	h, passed := t.overhear(ctx, d, positions, now)
	if passed {
		return Heard{DriverID: d.profile.ID, Passed: len(positions)}, nil
	}
	t.settle(h)
	heard := Heard{DriverID: d.profile.ID, Believed: h.believed}
	for _, r := range h.refused {
		heard.Refused = append(heard.Refused, r.why)
	}
	return heard, nil
}

// order puts positions in the order of their times.
func order(positions []driver.Position, now time.Time) {
	for i := range positions {
		if positions[i].FixedAt.IsZero() {
			positions[i].FixedAt = now
		}
	}
	slices.SortStableFunc(positions, func(a, b driver.Position) int { return a.FixedAt.Compare(b.FixedAt) })
}

// overhear lets the driver's session hear the positions, here or elsewhere (then
// they are passed on), or the device itself where none is open.
func (t *Tracker) overhear(ctx context.Context, d device, positions []driver.Position, now time.Time) (h heard, passed bool) {
	id := d.profile.ID
	if s := t.roster.of(id); s != nil && s.known.Load() {
		return s.judge(positions, now), false
	}
	if t.asides.elsewhere(ctx, id, func(p wire.Push) bool { return t.whispered(id, p) }) && t.forward(ctx, id, positions) == nil {
		return heard{}, true
	}
	return t.units.of(d.profile).overhear(d, positions, now), false
}

// of is the driver's session that is open here; nil if there is none.
func (r *roster) of(driverID string) *session {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.newest[driverID]
}

// of is the driver's unit, which no session needs to have taken.
func (us *units) of(p driver.Profile) *unit {
	us.mu.Lock()
	defer us.mu.Unlock()
	return us.unit(p.ID)
}

// overhear is hear for a device: what the last session said counts while it is
// open, else what the device is for. A unit without a session is forgotten as
// one whose session ended.
func (u *unit) overhear(d device, positions []driver.Position, now time.Time) heard {
	u.mu.Lock()
	session, open := u.session, u.session != "" && u.left.IsZero()
	if !open {
		u.left = now
		u.class, u.seats = d.profile.Class, d.profile.Seats
	}
	u.mu.Unlock()
	h := u.hear(session, positions, now, false)
	if !open {
		h.location.Session, h.location.Available = "", d.available
		h.publish = h.believed > 0
	}
	return h
}
