package dispatch

import (
	"context"
	"time"

	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// A driver is told of a change by one push, which is lost where the bus is: then
// the phone knows nothing of a trip that holds its driver. So sweeps tell again
// how a trip stands, a few times soon after its last change and then now and
// again. A session that has told its phone drops what it hears.

// remindAt is how long after a change its driver is told again, and remindEvery
// how often from the last of them on.
var remindAt = [...]time.Duration{5 * time.Second, 15 * time.Second, 45 * time.Second}

const remindEvery = time.Minute

// reminders is how often a driver is told again within an age.
func reminders(age time.Duration) int {
	n := 0
	for _, at := range remindAt {
		if age >= at {
			n++
		}
	}
	if last := remindAt[len(remindAt)-1]; age >= last {
		n += int((age - last) / remindEvery)
	}
	return n
}

// remind tells drivers again of trips that hold them, where that is due since the
// sweep before.
func (d *Dispatcher) remind(ctx context.Context, now time.Time) {
	for _, e := range d.book.order {
		if !e.whole || !e.trip.State.HasDriver() || !d.owns(e) {
			continue
		}
		changed := changedAt(e.trip)
		if changed.After(now) { // by a clock that was set back
			changed = e.since
		}
		if reminders(now.Sub(changed)) <= reminders(d.sweptAt.Sub(changed)) {
			continue
		}
		as := trip.Event{Trip: *e.trip}
		d.push(ctx, e.trip.DriverID, wire.TripPush(as))
		if former := e.trip.FormerID; former != "" && former != e.trip.DriverID {
			d.push(ctx, former, wire.FormerTripPush(as))
		}
	}
}

// changedAt is when a trip that has a driver last changed.
func changedAt(t *trip.Trip) time.Time {
	last := offerProgress(t.Offer)
	for _, at := range []time.Time{t.AssignedAt, t.ArrivedAt, t.RidingAt} {
		if at.After(last) {
			last = at
		}
	}
	return last
}
