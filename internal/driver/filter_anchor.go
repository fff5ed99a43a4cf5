package driver

import (
	"time"

	"github.com/cabstand/cabstand/geo"
)

// shortest is the least time that lies between two fixes when their speed is
// computed: phones round their clocks to the second.
const shortest = time.Second

// Silence is what is long for the phone at hand: so many of its usual pauses,
// but no more than so many times FilterConfig.Silence.
const (
	missedBeats   = 4
	slowestRhythm = 5
)

// believe makes p the anchor.
func (f *Filter) believe(p Position, now time.Time) {
	if !f.heard.IsZero() {
		f.beat(now.Sub(f.heard))
	}
	f.anchor, f.heard, f.witnesses = p, now, 0
}

// beat learns how often the phone sends: a mean that forgets. Positions of one
// batch are one beat.
func (f *Filter) beat(pause time.Duration) {
	switch pause = min(pause, slowestRhythm*f.config.Silence); {
	case pause <= 0:
	case f.rhythm == 0:
		f.rhythm = pause
	default:
		f.rhythm += (pause - f.rhythm) / 4
	}
}

// silence is how long this phone is quiet until its next fix is believed
// wherever it is; 0 for never. A phone that sends every minute is not silent
// after a minute, or no two fixes of it could ever be compared.
func (f *Filter) silence() time.Duration {
	least := f.config.Silence
	return min(max(least, missedBeats*f.rhythm), slowestRhythm*least)
}

// anchored reports whether there is an anchor, and one young enough. Where the
// clock of the machine was set back, the anchor says nothing any more.
func (f *Filter) anchored(now time.Time) bool {
	if f.heard.IsZero() {
		return false
	}
	quiet := now.Sub(f.heard)
	return f.config.Silence <= 0 || quiet < f.silence() && quiet > -f.config.Silence
}

// reachable reports whether a car gets from a to b in the time between them. A
// silence by the phone's own clock explains any distance.
func (f *Filter) reachable(a, b Position) bool {
	took := b.FixedAt.Sub(a.FixedAt)
	if f.config.Silence > 0 && took >= f.silence() {
		return true
	}
	return geo.Distance(a.Point, b.Point) <= f.config.Speed*max(took, shortest).Seconds()
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
