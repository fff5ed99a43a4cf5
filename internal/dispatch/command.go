package dispatch

import (
	"context"
	"errors"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// Command does what a tracker asks for a driver, and answers. What comes over the
// bus is checked before any store sees it. The reply says what time it is: trackers
// go by the time of dispatchers.
func (d *Desk) Command(ctx context.Context, c wire.Command) (reply wire.Reply) {
	if err := c.Check(); err != nil {
		reply = wire.FaultReply(err)
	} else {
		reply = d.carryOut(ctx, c)
	}
	reply.At = d.Now().UnixMilli()
	return reply
}

func (d *Desk) carryOut(ctx context.Context, c wire.Command) wire.Reply {
	switch c.Kind {
	case wire.CommandTime:
		return wire.Reply{}
	case wire.CommandConnect:
		return d.connect(ctx, c.DriverID)
	case wire.CommandDevice:
		return d.device(ctx, c)
	case wire.CommandStand:
		return d.stand(ctx, c)
	case wire.CommandTrack:
		return d.record(ctx, c)
	}
	t, err := d.Do(ctx, c)
	if err != nil {
		return d.refuse(c, err)
	}
	public := wire.FromTrip(t)
	return wire.Reply{Trip: &public}
}

// Do is a step of a driver: an answer to an offer, or a step of a trip. The error
// is a fault; fault.Malformed for a command that is neither.
func (d *Desk) Do(ctx context.Context, c wire.Command) (*trip.Trip, error) {
	switch c.Kind {
	case wire.CommandReceived:
		return d.Received(ctx, c.DriverID, c.OfferID)
	case wire.CommandAccept:
		return d.Accept(ctx, c.DriverID, c.OfferID)
	case wire.CommandDecline:
		return d.Decline(ctx, c.DriverID, c.OfferID, c.Reason)
	case wire.CommandArrive:
		return d.arrive(ctx, c.DriverID, c.TripID, c.Epoch)
	case wire.CommandStart:
		return d.start(ctx, c)
	case wire.CommandComplete:
		return d.complete(ctx, c.DriverID, c.TripID, c.Epoch)
	case wire.CommandCancel:
		return d.cancel(ctx, trip.Actor{Role: trip.Driver, ID: c.DriverID}, c.TripID, c.Epoch, c.Reason)
	}
	return nil, fault.New(fault.Malformed, "kind %q is not a command", c.Kind)
}

// connect tells a tracker who the driver is and what is pending.
func (d *Desk) connect(ctx context.Context, driverID string) wire.Reply {
	c := wire.Command{Kind: wire.CommandConnect, DriverID: driverID}
	profile, err := d.Drivers.Driver(ctx, driverID)
	if fault.Is(err, fault.NotFound) {
		err = fault.New(fault.UnknownDriver, "driver %q is not registered", driverID)
	}
	if err != nil {
		return d.refuse(c, err)
	}
	if profile.Inactive {
		return d.refuse(c, fault.New(fault.UnknownDriver, "driver %q is not active: an operator has to change that", driverID))
	}
	claims, err := d.Trips.ClaimedBy(ctx, driverID)
	if err != nil {
		return d.refuse(c, err)
	}
	public := wire.FromProfile(profile)
	reply := wire.Reply{Profile: &public}
	for _, t := range claims {
		addClaim(&reply, t)
	}
	return reply
}

// device tells a tracker whose device a token is of. One that was revoked is
// fault.Unauthenticated, as one that never was.
func (d *Desk) device(ctx context.Context, c wire.Command) wire.Reply {
	device, err := d.Drivers.Device(ctx, c.Device)
	if fault.Is(err, fault.NotFound) {
		err = fault.New(fault.Unauthenticated, "the device token is not known, or was revoked")
	}
	if err != nil {
		return d.refuse(c, err)
	}
	profile, err := d.Drivers.Driver(ctx, device.DriverID)
	if err == nil && profile.Inactive {
		err = fault.New(fault.Unauthenticated, "the driver of this device is not active")
	}
	if err != nil {
		return d.refuse(c, err)
	}
	public := wire.FromProfile(profile)
	return wire.Reply{Profile: &public, Available: device.Available}
}

// stand tells a tracker how a trip is that the driver has, or had: whose it is then
// is not this driver's to know.
func (d *Desk) stand(ctx context.Context, c wire.Command) wire.Reply {
	t, err := d.Trips.Trip(ctx, c.TripID)
	if err != nil {
		return d.refuse(c, err)
	}
	public := wire.FromTrip(t)
	if t.DriverID != c.DriverID {
		public.DriverID = ""
	}
	return wire.Reply{Trip: &public}
}

// DeviceRevoked tells trackers to ask about the driver's devices again. Where the
// word gets lost they do so within seconds by themselves.
func (d *Desk) DeviceRevoked(ctx context.Context, driverID string) {
	d.push(context.WithoutCancel(ctx), driverID, wire.Push{Devices: true})
}

// DriverChanged tells the driver's sessions, and the trackers that remember the
// driver, how the driver is registered now. Where the word gets lost the next
// session knows.
func (d *Desk) DriverChanged(ctx context.Context, p driver.Profile) {
	public := wire.FromProfile(p)
	push := wire.Push{Profile: &public, Devices: true}
	if p.Inactive {
		push.End = wire.EndInactive
	}
	d.push(context.WithoutCancel(ctx), p.ID, push)
}

// EndSessions ends the driver's sessions, wherever they are. A new one may begin.
// The error is fault.Unavailable while they cannot be told.
func (d *Desk) EndSessions(ctx context.Context, driverID string) error {
	return d.Pusher.Push(ctx, driverID, wire.Push{End: wire.EndByOperator})
}

// addClaim puts what holds the driver into the reply, by slot: a trip, the one
// after it, or an offer.
func addClaim(reply *wire.Reply, t *trip.Trip) {
	if t.Offer.Pending() {
		offer := wire.NewOfferFrame(t)
		reply.Offer = &offer
		return
	}
	public := wire.FromTrip(t)
	if reply.Trip == nil {
		reply.Trip = &public
	} else {
		reply.Next = &public
	}
}

// refuse answers with the fault, and logs what is our own.
func (d *Desk) refuse(c wire.Command, err error) wire.Reply {
	if err = Unwaited(err); fault.Is(err, fault.Internal) { // a store that is away is logged once, where it is watched
		d.Log.Error("driver's command failed", "kind", c.Kind, "driver", c.DriverID, "err", err)
	}
	return wire.FaultReply(err)
}

// Unwaited gives err, where it is that of a context that ended, the code
// fault.Unavailable: whoever asked did not wait for so long, and may try again.
func Unwaited(err error) error {
	if fault.Is(err, fault.Internal) && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		return fault.Wrap(err, fault.Unavailable, "it was not done in time: try again")
	}
	return err
}
