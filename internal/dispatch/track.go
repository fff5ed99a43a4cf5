package dispatch

import (
	"context"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

const (
	// maxTrack is how many fixes are kept of one trip at most. Trackers record
	// fewer and fewer long before: this is for many trackers, or wrong ones.
	maxTrack = 100_000
	// latePart is how long after the end of a ride parts of its way may come, from
	// phones that were offline.
	latePart = time.Hour
	// settleAfter is how long after the end of a ride its parts are kept: longer
	// than any may come, also by another dispatcher's clock.
	settleAfter = 2 * latePart
	settlePage  = 500
)

// record keeps a part of the way of a trip that the driver rides, or rode a short
// while ago: then its track is made anew.
func (d *Desk) record(ctx context.Context, c wire.Command) wire.Reply {
	fixes, err := wire.DecodeFixes(c.Fixes)
	if err != nil || len(fixes) == 0 {
		return wire.FaultReply(fault.Field("fixes", "not accepted: one fix or more in packed form"))
	}
	if err := d.keepPart(ctx, c.DriverID, trip.Part{TripID: c.TripID, Fixes: fixes}); err != nil {
		return d.refuse(c, err)
	}
	return wire.Reply{}
}

func (d *Desk) keepPart(ctx context.Context, driverID string, p trip.Part) error {
	t, err := d.Trips.Trip(ctx, p.TripID)
	if err != nil {
		return err
	}
	_, to, ridden := t.Ridden()
	switch {
	case d.Tracks == nil:
		return nil
	case t.DriverID != driverID:
		return fault.New(fault.NotFound, "no such trip")
	case !ridden:
		return fault.New(fault.WrongState, "a trip that is %s has no track", t.State)
	case !to.IsZero() && d.now().Sub(to) > latePart:
		return fault.New(fault.WrongState, "the ride ended more than %v ago", latePart)
	}
	if err := d.Tracks.AddPart(ctx, p, maxTrack); err != nil || to.IsZero() {
		return err
	}
	return d.makeTrack(ctx, t)
}

// measure makes the track of a trip whose ride ended. Where it fails, the next
// part or [Desk.SettleTracks] makes up for it.
func (d *Desk) measure(ctx context.Context, t *trip.Trip) {
	_, to, _ := t.Ridden()
	if d.Tracks == nil || to.IsZero() {
		return
	}
	if err := d.makeTrack(context.WithoutCancel(ctx), t); err != nil { // the end of the ride is committed
		d.Log.Debug("track not made yet", "trip", t.ID, "err", err)
	}
}

// makeTrack makes the track of what is kept of its way.
func (d *Desk) makeTrack(ctx context.Context, t *trip.Trip) error {
	fixes, err := d.Tracks.Fixes(ctx, t.ID)
	if err != nil {
		return err
	}
	track, ok := t.Track(fixes)
	if !ok {
		return nil
	}
	return d.Tracks.SaveTrack(ctx, track)
}

// SettleTracks makes the tracks of trips that ended long enough ago for the last
// time, and forgets the parts that they were made of. Two dispatchers may do it
// at the same time. Call it now and then.
func (d *Desk) SettleTracks(ctx context.Context) error {
	for {
		ids, err := d.Tracks.Unsettled(ctx, d.now().Add(-settleAfter), settlePage)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := d.settle(ctx, id); err != nil {
				return err
			}
		}
		if len(ids) < settlePage {
			return nil
		}
	}
}

func (d *Desk) settle(ctx context.Context, tripID string) error {
	t, err := d.Trips.Trip(ctx, tripID)
	if err != nil {
		return err
	}
	if err := d.makeTrack(ctx, t); err != nil {
		return err
	}
	return d.Tracks.DropParts(ctx, tripID)
}
