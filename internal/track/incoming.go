package track

import (
	"slices"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

// read takes frames until the socket or the session ends.
func (s *session) read() {
	s.conn.Receive(func(data []byte, binary bool, err error) bool {
		if s.over() {
			return false
		}
		s.frames.Add(1)
		s.receive(data, binary, err)
		return true
	})
}

// receive acts on a message, or answers the fault that there was instead of one.
func (s *session) receive(data []byte, binary bool, err error) {
	memory := s.t.scratch.Get().(*scratch)
	defer s.t.scratch.Put(memory)
	var frame wire.DriverFrame
	switch {
	case err != nil:
	case binary:
		frame, err = wire.DecodeBinaryFrame(data, memory[:])
	default:
		frame, err = wire.DecodeDriverFrameInto(data, memory[:])
	}
	if err != nil {
		s.t.metrics.FrameIn(frameBad)
		s.strike(err, "")
		return
	}
	s.t.metrics.FrameIn(frame.Type)
	s.handle(frame)
}

// scratch is where the positions of a frame lie while it is handled. Sessions
// share a pool of them, so that one that hears nothing holds none.
type scratch [wire.MaxPositions]driver.Position

func (s *session) handle(f wire.DriverFrame) {
	limit, n := s.others, 1
	if len(f.Positions) > 0 {
		limit, n = s.positions, len(f.Positions)
	}
	if !limit.AllowN(s.t.now(), n) {
		s.strike(fault.New(fault.RateLimited, "too many frames of type %q: this one was skipped", f.Type), f.Ref())
		return
	}
	s.strikes = max(0, s.strikes-1)
	switch f.Type {
	case wire.FramePosition, wire.FramePositions:
		s.hear(f.Positions)
	case wire.FrameStatus:
		s.say(f.Status)
	default:
		s.order(f)
	}
}

// strike answers a frame that is skipped, and closes the socket when there were
// too many of them. Positions that the filter refuses are no strikes: a phone
// cannot help where it believes to be.
func (s *session) strike(err error, ref string) {
	frame := wire.NewErrorFrame(err, ref)
	s.t.metrics.Faulted(frame.Code)
	s.note(wire.FrameError, frame)
	if s.strikes++; s.strikes >= s.t.config.Strikes {
		s.end(ClosePolicy, reasonFlood)
	}
}

// hear judges positions, tells what is not believed, and lets the latest leave:
// the rest is acknowledged when it has arrived.
func (s *session) hear(positions []driver.Position) {
	now := s.t.now()
	for i := range positions {
		if positions[i].FixedAt.IsZero() {
			positions[i].FixedAt = now
		}
	}
	if !slices.IsSortedFunc(positions, byTime) {
		slices.SortStableFunc(positions, byTime)
	}
	h := s.judge(positions, now)
	if h.known > 0 {
		s.out.acknowledge(h.unit.news.acknowledged())
	}
	for _, r := range h.refused {
		s.t.metrics.PositionRefused(r.why)
		s.note(wire.FrameRejected, wire.RejectedFrame{Type: wire.FrameRejected, Seq: r.seq, Code: string(r.why)})
	}
	s.t.metrics.Positions(h.believed)
	switch {
	case h.publish:
		s.t.publish(h.unit, h.location)
	case h.believed > 0: // nobody wants to know where one who is offline is
		h.location.Seq = s.t.ways.safe(s.driverID, h.location.Seq)
		h.unit.news.land(&h.location)
	}
}

// judge has the driver's filter judge positions, and records those that it
// believes and that are of a ride.
func (s *session) judge(positions []driver.Position, now time.Time) heard {
	h := s.unit.hear(s.id, positions, now, s.trip.holds())
	s.wake(s.t.ways.add(s.driverID, s.id, positions[:h.believed], now))
	return h
}

func byTime(a, b driver.Position) int { return a.FixedAt.Compare(b.FixedAt) }

// say notes that the driver is available or offline.
func (s *session) say(status driver.Status) {
	if l, publish := s.unit.say(s.id, status, s.t.now(), s.t.config.StatusFresh, s.trip.holds()); publish {
		s.t.publish(s.unit, l)
	}
}

// order hands an order to the errands. A dispatcher that is slow holds up
// orders, never positions.
func (s *session) order(f wire.DriverFrame) {
	if !s.errands.order(f) {
		s.strike(fault.New(fault.RateLimited, "%d orders wait for a dispatcher already: send %q again later", s.t.config.Orders, f.Type), f.Ref())
	}
}
