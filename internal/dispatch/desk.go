package dispatch

import (
	"context"
	"log/slog"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// Limits are the times and bounds of the protocol.
type Limits struct {
	Search    time.Duration // how long to look for a driver before the trip expires
	Deliver   time.Duration // how long a phone has to confirm an offer
	Accept    time.Duration // how long a driver has to answer a confirmed offer
	Fresh     time.Duration // an older position takes no part in matching
	Lost      time.Duration // a driver on the way to a pickup who is silent for longer is replaced
	Lead      time.Duration // a scheduled trip is searched for this long before its time
	Unreached time.Duration // a driver whose phone did not confirm an offer gets no other for this long
	Unwilling time.Duration // a driver who let an offer run out is not offered the same trip for this long
}

// DefaultLimits are what a city of taxis wants.
var DefaultLimits = Limits{
	Search: 300 * time.Second, Deliver: 3 * time.Second, Accept: 15 * time.Second,
	Fresh: 15 * time.Second, Lost: 60 * time.Second, Lead: 10 * time.Minute,
	Unreached: 10 * time.Second, Unwilling: 60 * time.Second,
}

// Desk takes the commands of riders, drivers and operators, from HTTP and from
// the trackers. It keeps no state: any dispatcher's desk serves any trip. Each
// change is committed before it is answered, then told to the trip's owner.
type Desk struct {
	ID      string // of this dispatcher
	Trips   Trips
	Tracks  Tracks // nil where nobody wants to know the way, as in a replay
	Drivers Drivers
	Pusher  Pusher
	Signals Signals
	Changed func(*trip.Trip) // the dispatcher of this process; nil if there is none
	Limits  Limits
	// What assigning by hand stands on.
	Finder    Finder
	Estimator Estimator
	NewID     func() string

	Now func() time.Time
	Log *slog.Logger
}

// Request stores a rider's new trip. once, if not nil, gets its Answer from
// answer(trip) before it is stored; on a repetition first is what was stored
// then, and the trip is nil.
func (d *Desk) Request(ctx context.Context, r trip.Request, once *trip.Once, answer func(*trip.Trip) []byte) (t *trip.Trip, first *trip.Once, err error) {
	t, events := trip.New(r, d.now())
	if once != nil {
		once.Answer = answer(t)
	}
	first, err = d.Trips.Create(ctx, t, events, once)
	if err != nil || first != nil {
		return nil, first, err
	}
	d.tell(ctx, t)
	return t, nil, nil
}

// Cancel cancels a trip: for its rider or an operator it ends, for its driver
// (and for the system, when the driver is lost) the search goes on without the
// driver. Whether the actor may touch the trip is the caller's to check for
// riders; a driver who is not the trip's gets fault.NotFound.
func (d *Desk) Cancel(ctx context.Context, by trip.Actor, tripID, reason string) (*trip.Trip, error) {
	return d.cancel(ctx, by, tripID, 0, reason)
}

// cancel is Cancel of a driver who names the epoch, unless it is 0.
func (d *Desk) cancel(ctx context.Context, by trip.Actor, tripID string, epoch int64, reason string) (*trip.Trip, error) {
	var driverID string
	t, err := d.update(ctx, tripID, func(t *trip.Trip, now time.Time) ([]trip.Event, error) {
		driverID = t.DriverID
		if by.Role != trip.Driver {
			return t.Cancel(by, reason, now)
		}
		if err := t.Meant(by.ID, epoch); err != nil {
			return nil, err
		}
		return t.Redispatch(by.ID, by, reason, d.Limits.Search, now)
	})
	if err == nil && driverID != "" {
		d.promote(ctx, driverID)
		d.measure(ctx, t)
	}
	return t, err
}

// Received notes that the driver's phone shows the offer.
func (d *Desk) Received(ctx context.Context, driverID, offerID string) (*trip.Trip, error) {
	return d.updateByOffer(ctx, offerID, func(t *trip.Trip, now time.Time) ([]trip.Event, error) {
		return nil, t.Received(offerID, driverID, d.Limits.Accept, now)
	})
}

// Accept binds the driver to the trip.
func (d *Desk) Accept(ctx context.Context, driverID, offerID string) (*trip.Trip, error) {
	return d.updateByOffer(ctx, offerID, func(t *trip.Trip, now time.Time) ([]trip.Event, error) {
		return t.Accept(offerID, driverID, now)
	})
}

// Decline refuses an offer.
func (d *Desk) Decline(ctx context.Context, driverID, offerID, reason string) (*trip.Trip, error) {
	return d.updateByOffer(ctx, offerID, func(t *trip.Trip, now time.Time) ([]trip.Event, error) {
		return nil, t.Decline(offerID, driverID, reason, now)
	})
}

// Arrive notes that the driver is at the pickup. If the trip is still the next
// one though the one before is over, that is mended first.
func (d *Desk) Arrive(ctx context.Context, driverID, tripID string) (*trip.Trip, error) {
	return d.arrive(ctx, driverID, tripID, 0)
}

func (d *Desk) arrive(ctx context.Context, driverID, tripID string, epoch int64) (*trip.Trip, error) {
	t, err := d.step(ctx, driverID, tripID, epoch, (*trip.Trip).Arrive)
	if fault.Is(err, fault.WrongState) && d.promote(ctx, driverID) {
		return d.step(ctx, driverID, tripID, epoch, (*trip.Trip).Arrive)
	}
	return t, err
}

// Start notes that the rider is on board of a ride that needs no PIN.
func (d *Desk) Start(ctx context.Context, driverID, tripID string) (*trip.Trip, error) {
	return d.start(ctx, wire.Command{DriverID: driverID, TripID: tripID})
}

// start notes that the rider is on board, who proved it by the PIN where one is
// required. A wrong one is counted: that is committed as any other change.
func (d *Desk) start(ctx context.Context, c wire.Command) (*trip.Trip, error) {
	var refused error
	take := func(t *trip.Trip, driverID string, now time.Time) (events []trip.Event, err error) {
		events, refused, err = t.StartWithPIN(driverID, c.PIN, now)
		return events, err
	}
	t, err := d.step(ctx, c.DriverID, c.TripID, c.Epoch, take)
	if err == nil && refused != nil {
		return nil, refused
	}
	return t, err
}

// Rate keeps what the rider thought of the ride.
func (d *Desk) Rate(ctx context.Context, tripID string, stars int, comment string) (*trip.Trip, error) {
	return d.update(ctx, tripID, func(t *trip.Trip, now time.Time) ([]trip.Event, error) {
		return nil, t.Rate(stars, comment, now)
	})
}

// Complete ends the ride.
func (d *Desk) Complete(ctx context.Context, driverID, tripID string) (*trip.Trip, error) {
	return d.complete(ctx, driverID, tripID, 0)
}

func (d *Desk) complete(ctx context.Context, driverID, tripID string, epoch int64) (*trip.Trip, error) {
	t, err := d.step(ctx, driverID, tripID, epoch, (*trip.Trip).Complete)
	if err == nil {
		d.promote(ctx, driverID)
		d.measure(ctx, t)
	}
	return t, err
}

// step is a step of the driver's ride, of the epoch if one is named.
func (d *Desk) step(ctx context.Context, driverID, tripID string, epoch int64, take func(*trip.Trip, string, time.Time) ([]trip.Event, error)) (*trip.Trip, error) {
	return d.update(ctx, tripID, func(t *trip.Trip, now time.Time) ([]trip.Event, error) {
		if err := t.Meant(driverID, epoch); err != nil {
			return nil, err
		}
		return take(t, driverID, now)
	})
}

// promote makes the next trip of a driver whose trip is over the one at hand, and
// reports whether it did. Where it fails, the dispatcher finds the trip at one of
// its next ticks.
func (d *Desk) promote(ctx context.Context, driverID string) (promoted bool) {
	ctx = context.WithoutCancel(ctx) // the end of the trip before is committed
	claims, err := d.Trips.ClaimedBy(ctx, driverID)
	if err == nil && len(claims) == 1 && isNext(claims[0]) {
		_, err = d.update(ctx, claims[0].ID, func(t *trip.Trip, _ time.Time) ([]trip.Event, error) {
			claim, held := t.Claim()
			promoted = held && claim.DriverID == driverID && t.Promote()
			return nil, nil
		})
	}
	if err != nil {
		d.Log.Debug("next trip not promoted; a tick will do it", "driver", driverID, "err", err)
	}
	return promoted && err == nil
}

// isNext reports whether the trip holds its driver for after the one at hand.
func isNext(t *trip.Trip) bool {
	claim, held := t.Claim()
	return held && claim.Slot != 0
}

// Notify tells the drivers concerned of a committed event: whose trip it is, and
// who had it until now. The outbox relay calls it after the bus has the event, so
// that no change goes untold while the driver's socket is open; reconnecting
// restores the rest.
func (d *Desk) Notify(ctx context.Context, ev trip.Event) {
	if ev.FormerDriverID != "" {
		d.push(ctx, ev.FormerDriverID, wire.FormerTripPush(ev))
	}
	if ev.DriverID != "" {
		d.push(ctx, ev.DriverID, wire.TripPush(ev))
	}
	if c := ev.ClosedOffer; c != nil {
		d.push(ctx, c.DriverID, wire.OfferClosedPush(c.OfferID, c.Reason))
	}
}

func (d *Desk) updateByOffer(ctx context.Context, offerID string, change func(*trip.Trip, time.Time) ([]trip.Event, error)) (*trip.Trip, error) {
	tripID, err := d.Trips.TripOfOffer(ctx, offerID)
	if err != nil {
		return nil, err
	}
	return d.update(ctx, tripID, change)
}

// update commits one change and tells the trip's owner of it.
func (d *Desk) update(ctx context.Context, tripID string, change func(*trip.Trip, time.Time) ([]trip.Event, error)) (*trip.Trip, error) {
	now := d.now()
	t, err := d.Trips.Update(ctx, tripID, func(t *trip.Trip) ([]trip.Event, error) { return change(t, now) })
	if err != nil {
		return nil, err
	}
	d.tell(ctx, t)
	return t, nil
}

// now is the time to the microsecond, as the stores keep it: what is answered
// and what is read later are the same.
func (d *Desk) now() time.Time { return d.Now().UTC().Truncate(time.Microsecond) }

// tell lets the trip's owner know of a change: directly where it may be the
// dispatcher of this process, by a nudge to the others. When that fails the
// owner's sweep finds the trip.
func (d *Desk) tell(ctx context.Context, t *trip.Trip) {
	if d.Changed != nil {
		d.Changed(t)
	}
	n := wire.Nudge{TripID: t.ID, Cell: string(t.Cell()), From: d.ID}
	// The change is committed: whoever asked for it may have left.
	if err := d.Signals.Nudge(context.WithoutCancel(ctx), n); err != nil {
		d.Log.Debug("nudge not sent; the sweep will find the trip", "trip", t.ID, "err", err)
	}
}

func (d *Desk) push(ctx context.Context, driverID string, p wire.Push) {
	if err := d.Pusher.Push(ctx, driverID, p); err != nil {
		d.Log.Debug("push not sent; the driver learns of it on reconnecting", "driver", driverID, "err", err)
	}
}
