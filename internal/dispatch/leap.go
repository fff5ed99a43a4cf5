package dispatch

import (
	"time"

	"github.com/cabstand/cabstand/internal/trip"
)

// The clock is put right by steps, and a process may stand still for a while. Both
// look alike from one tick to the next, and in both nobody could be heard meanwhile.

// leap is how much later than expected a tick comes that was held up, or before
// which the clock was set; and how much earlier one before which it was set back.
const leap = 10 * time.Second

// notice makes good for a leap of the clock since the tick before. Ahead, the
// patience with silent drivers begins anew, since it was not they who were silent.
// Back, what was noted for a time that is far again is forgotten as well.
func (d *Dispatcher) notice(now time.Time) {
	before := d.tickedAt
	d.tickedAt = now
	if before.IsZero() || now.Sub(before) <= leap+d.beat() && before.Sub(now) <= leap {
		return
	}
	d.deps.Log.Warn("the clock leapt between two ticks, or the process stood still", "by", now.Sub(before))
	for _, e := range d.book.order {
		e.since, e.end = now, foresight{}
	}
	if now.Before(before) {
		d.rewind(now)
	}
}

func (d *Dispatcher) rewind(now time.Time) {
	clear(d.sulks)
	clear(d.claimed)
	clear(d.book.idle)
	d.sweptAt = time.Time{}
	d.supply.rewind(now)
}

// otherLimits is how much longer than ours an offer may stand by the settings of
// another dispatcher.
const otherLimits = time.Minute

// overlong reports whether the offer is to stand for longer than any offer does:
// it was made, or confirmed, before the clock was set back.
func (l Limits) overlong(o *trip.Offer, now time.Time) bool {
	return o.ExpiresAt.Sub(now) > l.Deliver+l.Accept+otherLimits
}
