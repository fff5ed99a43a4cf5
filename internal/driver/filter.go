package driver

import (
	"time"

	"github.com/cabstand/cabstand/geo"
)

// Refusal says why a position was not believed; "" means that it was. The
// values are public: phones get them in a "rejected" frame.
type Refusal string

// The refusals, in the order in which they are looked for.
const (
	Believed           Refusal = ""
	RefusedInvalid     Refusal = "invalid"     // not on the earth, NaN
	RefusedZero        Refusal = "zero"        // (0, 0): a phone without a fix
	RefusedFuture      Refusal = "future"      // fixed later than now, clocks' differences allowed for
	RefusedPast        Refusal = "past"        // fixed too long ago to be of use
	RefusedAccuracy    Refusal = "accuracy"    // the phone itself does not know where it is
	RefusedApproximate Refusal = "approximate" // by cell towers or wireless networks
	RefusedDuplicate   Refusal = "duplicate"   // sent before
	RefusedStale       Refusal = "stale"       // older than what was believed before
	RefusedStatic      Refusal = "static"      // a standing car says again that it stands
	RefusedDistance    Refusal = "distance"    // hardly anywhere else than before
	RefusedPeriod      Refusal = "period"      // too soon after the last
	RefusedSpeed       Refusal = "speed"       // no car gets there in that time
	RefusedDailyLimit  Refusal = "daily_limit" // more than a driver may send in a day
)

// Refusals lists every refusal.
var Refusals = []Refusal{
	RefusedInvalid, RefusedZero, RefusedFuture, RefusedPast, RefusedAccuracy, RefusedApproximate,
	RefusedDuplicate, RefusedStale, RefusedStatic, RefusedDistance, RefusedPeriod, RefusedSpeed, RefusedDailyLimit,
}

// Filter judges the positions of one driver, one after the other. The zero
// value is not ready; see NewFilter. It is not safe for concurrent use.
//
// What is refused leaves no trace but in the count of witnesses: the place and
// the age of the driver stay those of the last believed position. A standing
// car whose fixes are refused as static does not fall silent all the same, see
// FilterConfig.Alive.
type Filter struct {
	config FilterConfig
	anchor Position      // the last that was believed
	heard  time.Time     // when that was received; zero until then
	rhythm time.Duration // how far apart believed positions usually come

	suspect   Position // the last that was too far off
	witnesses int      // how many in a row agree with it, itself included

	today Quota
}

// NewFilter is a filter that has seen nothing.
func NewFilter(c FilterConfig) *Filter { return &Filter{config: c} }

// Judge says whether p, received now, is to be believed. What is believed
// becomes the anchor of the next judgement.
func (f *Filter) Judge(p Position, now time.Time) Refusal {
	if r := f.alone(p, now); r != Believed {
		return r
	}
	if f.anchored(now) {
		if r := f.against(p, now); r != Believed {
			return r
		}
	}
	if !f.afford(p, now) {
		return RefusedDailyLimit
	}
	f.believe(p, now)
	return Believed
}

// Resume is called when the phone opens a new session: an app that was started
// again counts from 1 again. The place and time of the anchor still hold.
func (f *Filter) Resume() { f.anchor.Seq = 0 }

// alone judges p by itself.
func (f *Filter) alone(p Position, now time.Time) Refusal {
	c, age := f.config, now.Sub(p.FixedAt)
	switch {
	case !p.Valid():
		return RefusedInvalid
	case c.Zero && p.IsZero():
		return RefusedZero
	case c.Future > 0 && age < -c.Future:
		return RefusedFuture
	case c.Past > 0 && age > c.Past:
		return RefusedPast
	case c.Accuracy > 0 && p.Accuracy > c.Accuracy:
		return RefusedAccuracy
	case c.Approximate && p.Approximate:
		return RefusedApproximate
	}
	return Believed
}

// against judges p by what was believed before it.
func (f *Filter) against(p Position, now time.Time) Refusal {
	c := f.config
	switch {
	case repeats(f.anchor, p):
		if c.Duplicate && (p.Seq != 0 || !f.alive(now)) {
			return RefusedDuplicate
		}
	case precedes(p, f.anchor):
		if c.Order {
			return RefusedStale
		}
	}
	switch {
	case c.Static && p.Speed == 0 && !f.alive(now):
		return RefusedStatic
	case c.Distance > 0 && geo.Distance(f.anchor.Point, p.Point) < c.Distance && !f.alive(now):
		return RefusedDistance
	case hasty(f.anchor, p, c.Period):
		return RefusedPeriod
	case c.Speed > 0 && !f.reachable(f.anchor, p):
		return f.doubt(p)
	}
	return Believed
}

// alive reports whether it is time for a sign of life: what came last is so long
// ago that even a fix that tells nothing new is worth having.
func (f *Filter) alive(now time.Time) bool {
	return f.config.Alive > 0 && now.Sub(f.heard) >= f.config.Alive
}

// repeats reports whether b is a sent again. A phone that stands still may
// repeat its last fix under a new count as a sign of life: that is no
// repetition.
func repeats(a, b Position) bool {
	if b.Seq != 0 {
		return a.Seq == b.Seq
	}
	return a.FixedAt.Equal(b.FixedAt)
}

// precedes reports whether a comes before b, by the phone's count where both
// have one and by its clock.
func precedes(a, b Position) bool {
	if a.Seq != 0 && b.Seq != 0 && a.Seq < b.Seq {
		return true
	}
	return a.FixedAt.Before(b.FixedAt)
}

// hasty reports whether b was fixed after a, but less than the period after it.
func hasty(a, b Position, period time.Duration) bool {
	took := b.FixedAt.Sub(a.FixedAt)
	return took > 0 && took < period
}
