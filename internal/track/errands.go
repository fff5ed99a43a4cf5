package track

import (
	"context"
	"encoding/json"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

// begin finds out who the driver is and what is pending. While no dispatcher
// answers it goes by what is remembered; the error says why there can be no
// session.
func (s *session) begin(ctx context.Context) error {
	err := s.attach(ctx)
	s.mustFit(s.out.release())
	profile, known := s.t.profiles.get(s.driverID, s.t.now())
	if err != nil && (!known || !temporary(err)) {
		return err
	}
	s.unit = s.t.units.take(s.id, profile, s.out)
	s.known.Store(true)
	s.mustFit(s.out.late(s.t.stale))
	return nil
}

// attach listens to the driver's line, announces the session there and asks a
// dispatcher about the driver. It is repeated until it succeeds once.
func (s *session) attach(ctx context.Context) error {
	if err := s.listen(); err != nil {
		return err
	}
	s.announce(ctx)
	reply, err := s.ask(ctx, wire.Command{Kind: wire.CommandConnect})
	if err != nil {
		return s.connectFault(err)
	}
	if reply.Profile == nil {
		return fault.New(fault.Unavailable, "the dispatcher did not say who the driver is")
	}
	s.t.profiles.put(reply.Profile.Profile(), s.t.now())
	s.restore(reply)
	s.attached = true
	return nil
}

// restore sends what is pending: the trip under way, the one after it, the offer
// to be answered.
func (s *session) restore(r wire.Reply) {
	for _, t := range []*wire.Trip{r.Trip, r.Next} {
		if t != nil {
			s.hold(*t)
			s.mustFit(s.out.trip(*t))
		}
	}
	if r.Offer != nil {
		r.Offer.Type = wire.FrameOffer
		s.send(wire.FrameOffer, r.Offer)
	}
}

// connectFault is the fault of a failed connect: whoever is not registered is
// not remembered either.
func (s *session) connectFault(err error) error {
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.UnknownDriver) {
		s.t.profiles.drop(s.driverID)
		_, detail := wire.Describe(err)
		return fault.Wrap(err, fault.UnknownDriver, detail)
	}
	if !temporary(err) {
		return err
	}
	return fault.Wrap(err, fault.Unavailable, reasonNobody)
}

// temporary reports whether a failed connect may succeed when repeated.
func temporary(err error) bool {
	switch fault.CodeOf(err) {
	case fault.UnknownDriver, fault.NotFound, fault.Forbidden, fault.Invalid:
		return false
	}
	return true
}

func (s *session) listen() error {
	if s.unlisten != nil {
		return nil
	}
	stop, err := s.t.line.Listen(s.driverID, s.pushed)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, reasonNobody)
	}
	s.unlisten = stop
	return nil
}

// pushed takes what the driver's line brings. It does not block.
func (s *session) pushed(p wire.Push) {
	switch {
	case p.Session > s.id:
		s.replaced()
	case p.Session != "" && p.Session < s.id:
		// The older session does not know of this one: its tracker began to
		// listen after our announcement.
		s.errands.wake(errandAnnounce)
	}
	if p.TripID != "" {
		var f wire.TripFrame
		if json.Unmarshal(p.Frame, &f) == nil {
			s.hold(f.Trip)
		}
	}
	if len(p.Fixes) > 0 {
		s.overhear(p.Positions())
	}
	if p.Devices {
		s.t.devices.doubt(s.driverID)
	}
	if len(p.Frame) > 0 {
		s.mustFit(s.out.forward(p))
	}
	s.heed(p)
}

// announce tells the driver's other sessions of this one.
func (s *session) announce(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, s.t.config.CommandTimeout)
	defer cancel()
	if err := s.t.line.Push(ctx, s.driverID, wire.Push{Session: s.id}); err != nil {
		s.t.log.Debug("session not announced; older ones end when they fail to answer pings",
			"driver", s.driverID, "session", s.id, "err", err)
	}
}

// runErrands does what there is to do with dispatchers, one errand after the
// other.
func (s *session) runErrands(ctx context.Context) {
	for {
		e, order := s.errands.next()
		switch e {
		case errandNone:
			return
		case errandOrder:
			s.carryOut(ctx, order)
		case errandWays:
			s.sendWays(ctx)
		case errandAnnounce:
			s.announce(ctx)
		case errandConnect:
			s.reattach(ctx)
		case errandStand:
			s.askStand(ctx)
		}
	}
}

// reattach repeats the connect until it was answered.
func (s *session) reattach(ctx context.Context) {
	s.retry.Reset(s.t.config.ReconnectEvery)
	err := s.attach(ctx)
	if err != nil && !temporary(err) {
		s.refuse(err)
	}
	if s.attached {
		s.retry.Stop()
	}
}

// carryOut has a dispatcher act on an order and tells the driver what came of
// it.
func (s *session) carryOut(ctx context.Context, f wire.DriverFrame) {
	if f.Type == wire.FrameComplete {
		s.sendWays(ctx) // so that the trip has its length when it ends
	}
	reply, err := s.ask(ctx, wire.Command{
		Kind: wire.CommandKind(f.Type), OfferID: f.OfferID, TripID: f.TripID, Epoch: f.Epoch, Reason: f.Reason, PIN: f.PIN,
	})
	if err != nil {
		s.fail(err, f.Ref())
		if fault.Is(err, fault.OfferClosed) {
			s.send(wire.FrameOfferClosed, wire.OfferClosedFrame{
				Type: wire.FrameOfferClosed, OfferID: f.OfferID, Reason: "closed",
			})
		}
		return
	}
	if reply.Trip != nil && concerns(f.Type, s.driverID, *reply.Trip) {
		s.hold(*reply.Trip)
		s.mustFit(s.out.trip(*reply.Trip))
	}
}

// concerns reports whether the trip after an order is the driver's to see: one
// that was only offered, or declined, is not.
func concerns(frame, driverID string, t wire.Trip) bool {
	return t.DriverID == driverID || frame == wire.FrameCancel && t.DriverID == ""
}

// ask puts a command to a dispatcher; a refusal is an error.
func (s *session) ask(ctx context.Context, c wire.Command) (wire.Reply, error) {
	ctx, cancel := context.WithTimeout(ctx, s.t.config.CommandTimeout)
	defer cancel()
	c.DriverID, c.Session = s.driverID, s.id
	began := s.t.now()
	reply, err := s.t.commands.Do(ctx, c)
	if fault.Is(err, fault.Internal) { // one in the reply is in the dispatcher's log
		s.t.log.Error("command failed", "kind", string(c.Kind), "driver", s.driverID, "err", err)
	}
	if err == nil {
		err = reply.Fault()
	}
	s.t.metrics.Ordered(string(c.Kind), s.t.now().Sub(began), fault.CodeOf(err))
	return reply, err
}
