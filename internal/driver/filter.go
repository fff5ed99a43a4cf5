package driver

import (
	"time"

	"github.com/cabstand/cabstand/geo"
)

// Refusal says why a position was not believed; "" means that it was. The
// values are public: phones get them in a "rejected" frame.
type Refusal string

// The refusals.
const (
	Believed         Refusal = ""
	RefusedInvalid   Refusal = "invalid"   // not on the earth, NaN
	RefusedZero      Refusal = "zero"      // (0, 0): a phone without a fix
	RefusedFuture    Refusal = "future"    // fixed later than now, clocks' differences allowed for
	RefusedPast      Refusal = "past"      // fixed too long ago to be of use
	RefusedAccuracy  Refusal = "accuracy"  // the phone itself does not know where it is
	RefusedDuplicate Refusal = "duplicate" // sent before
	RefusedStale     Refusal = "stale"     // older than what was believed before
	RefusedSpeed     Refusal = "speed"     // no car gets there in that time
)

// Refusals lists every refusal.
var Refusals = []Refusal{
	RefusedInvalid, RefusedZero, RefusedFuture, RefusedPast, RefusedAccuracy,
	RefusedDuplicate, RefusedStale, RefusedSpeed,
}

// FilterConfig tunes a Filter. The zero value of a field switches its check
// off; positions off the earth are always refused.
type FilterConfig struct {
	Zero      bool          // refuse (0, 0)
	Duplicate bool          // refuse what was sent before
	Order     bool          // refuse what is older than the last believed
	Future    time.Duration // how far a phone's clock may be ahead
	Past      time.Duration // how old a fix may be
	Accuracy  float64       // metres; a fix of unknown accuracy passes
	Speed     float64       // m/s between two fixes

	// Silence after which the next fix is believed wherever and whenever it says
	// to be: a filter that compares with an old anchor for ever locks the driver
	// out.
	Silence time.Duration
	// Witnesses is how many fixes in a row, plausible from one to the next, it
	// takes to believe that the driver is where they say and that the anchor was
	// wrong. One bad fix is outvoted by the next good one.
	Witnesses int
}

// DefaultFilterConfig suits cars in a city.
var DefaultFilterConfig = FilterConfig{
	Zero: true, Duplicate: true, Order: true,
	Future: 30 * time.Second, Past: 5 * time.Minute,
	Accuracy: 50, Speed: 60,
	Silence: 60 * time.Second, Witnesses: 3,
}

// shortest is the least time that lies between two fixes when their speed is
// computed: phones round their clocks to the second.
const shortest = time.Second

// Filter judges the positions of one driver, one after the other. The zero
// value is not ready; see NewFilter. It is not safe for concurrent use.
type Filter struct {
	config FilterConfig
	anchor Position  // the last that was believed
	heard  time.Time // when that was received; zero until then

	suspect   Position // the last that was too far off
	witnesses int      // how many in a row agree with it, itself included
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
		if r := f.against(p); r != Believed {
			return r
		}
	}
	f.anchor, f.heard, f.witnesses = p, now, 0
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
	}
	return Believed
}

// anchored reports whether there is an anchor, and one young enough.
func (f *Filter) anchored(now time.Time) bool {
	if f.heard.IsZero() {
		return false
	}
	return f.config.Silence <= 0 || now.Sub(f.heard) < f.config.Silence
}

// against judges p by what was believed before it.
func (f *Filter) against(p Position) Refusal {
	switch {
	case repeats(f.anchor, p):
		if f.config.Duplicate {
			return RefusedDuplicate
		}
	case precedes(p, f.anchor):
		if f.config.Order {
			return RefusedStale
		}
	}
	if f.config.Speed <= 0 || f.reachable(f.anchor, p) {
		return Believed
	}
	return f.doubt(p)
}

// doubt refuses p, which is too far from the anchor, unless enough fixes before
// it agree with it. A fix that is sent again is no witness of itself.
func (f *Filter) doubt(p Position) Refusal {
	switch {
	case f.witnesses > 0 && !p.FixedAt.After(f.suspect.FixedAt):
		return RefusedSpeed
	case f.witnesses > 0 && f.reachable(f.suspect, p):
		f.witnesses++
	default:
		f.witnesses = 1
	}
	f.suspect = p
	if f.config.Witnesses > 0 && f.witnesses >= f.config.Witnesses {
		return Believed
	}
	return RefusedSpeed
}

// reachable reports whether a car gets from a to b in the time between them. A
// pause of Silence by the phone's own clock explains any distance.
func (f *Filter) reachable(a, b Position) bool {
	took := b.FixedAt.Sub(a.FixedAt)
	if f.config.Silence > 0 && took >= f.config.Silence {
		return true
	}
	return geo.Distance(a.Point, b.Point) <= f.config.Speed*max(took, shortest).Seconds()
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
