package track

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

// Reasons of close codes, as phones see them.
const (
	reasonRestart  = "the tracker restarts: reconnect"
	reasonReplaced = "a newer session of the driver is open"
	reasonSlow     = "frames are read too slowly: reconnect"
	reasonSilent   = "no answer to pings"
	reasonFlood    = "too many bad frames"
	reasonPings    = "too many pings"
	reasonExpired  = "token expired"
	reasonStopped  = "the tracker stops"
	reasonNobody   = "no dispatcher answers: try again"
	reasonUnknown  = "the driver is not registered, or not active"
	reasonEnded    = "ended by an operator"
)

// farewellTime is how long a closing session spends on frames still waiting.
const farewellTime = time.Second

// session is one socket of one driver.
type session struct {
	t        *Tracker
	conn     Conn
	driverID string
	id       string    // UUIDv7: of two sessions the greater is the newer
	expires  time.Time // of the driver's token: the session ends then

	tasks   tasks
	trip    holder      // what holds the driver
	known   atomic.Bool // unit is set
	out     *outgoing
	errands errands
	unit    *unit
	frames  atomic.Uint64         // read so far: a sign of life
	why     atomic.Pointer[Ended] // nil while the session is open

	// Of the reader alone.
	positions *rate.Limiter
	others    *rate.Limiter
	strikes   int

	// Of begin, then of who runs the errands.
	unlisten func()
	attached bool
	retry    *time.Timer // of the connect

	rest *time.Timer // of acks; of the writer

	// Of look.
	pings *time.Timer
	heard uint64 // frames at the last look
}

func newSession(t *Tracker, conn Conn, driverID string) *session {
	c := t.config
	return &session{
		t: t, conn: conn, driverID: driverID, id: uuid.Must(uuid.NewV7()).String(),
		out: newOutgoing(c.Outgoing), errands: errands{limit: c.Orders},
		positions: rate.NewLimiter(rate.Limit(c.PositionRate), c.PositionBurst),
		others:    rate.NewLimiter(rate.Limit(c.FrameRate), c.FrameBurst),
	}
}

// end closes the session; the first reason counts. It does not block.
func (s *session) end(code int, reason string) {
	if s.why.CompareAndSwap(nil, &Ended{code, reason}) {
		s.out.finish()
	}
}

func (s *session) replaced() { s.end(CloseReplaced, reasonReplaced) }

func (s *session) over() bool { return s.why.Load() != nil }

// run serves the session until it is over and everything it started has ended.
func (s *session) run(ctx context.Context) *Ended {
	// The socket outlives ctx by as long as it takes to close it in order. Closing
	// it is what ends a read, so that none needs a context that could.
	live := context.WithoutCancel(ctx)
	defer context.AfterFunc(ctx, func() { s.end(stopping(ctx)) })()
	defer time.AfterFunc(s.expires.Sub(s.t.now()), func() { s.end(ClosePolicy, reasonExpired) }).Stop()

	s.send(wire.FrameHello, wire.HelloFrame{
		Type: wire.FrameHello, DriverID: s.driverID, Session: s.id,
		ServerTime: s.t.now().UTC(), HeartbeatS: int(s.t.config.Heartbeat / time.Second), Seq: s.t.acknowledged(live, s.driverID),
	})
	s.out.open(func() { s.tasks.start(func() { s.write(live) }) })
	if err := s.begin(live); err != nil {
		s.refuse(err)
	} else {
		s.stream(live)
	}
	s.tasks.wait()
	if s.unlisten != nil {
		s.unlisten()
	}
	s.t.ways.leave(s.driverID, s.id, s.t.now())
	return s.why.Load()
}

// stopping is the code and the reason that the end of ctx stands for.
func stopping(ctx context.Context) (code int, reason string) {
	if errors.Is(context.Cause(ctx), ErrPings) {
		return ClosePolicy, reasonPings
	}
	return CloseGoingAway, reasonStopped
}

// stream is a session whose driver is known. It returns when the socket ended
// and the orders that came before were carried out.
func (s *session) stream(ctx context.Context) {
	errandCtx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	s.pings = s.tasks.later(func() { s.look(ctx) })
	s.pings.Reset(s.t.config.PingEvery)
	defer s.pings.Stop()
	s.retry = s.tasks.later(func() { s.errands.wake(errandConnect) })
	if !s.attached {
		s.retry.Reset(s.t.config.ReconnectEvery)
	}
	defer s.retry.Stop()
	s.errands.open(func() { s.tasks.start(func() { s.runErrands(errandCtx) }) })
	s.read()
	s.end(closeLeft, "")
	s.unit.leave(s.id, s.t.now())
	s.errands.close()
	defer time.AfterFunc(s.t.config.CommandTimeout, giveUp).Stop()
	s.tasks.wait()
}

// refuse tells the phone why there is no session for it.
func (s *session) refuse(err error) {
	s.fail(err, "")
	if fault.Is(err, fault.UnknownDriver) {
		s.end(CloseUnknown, reasonUnknown)
		return
	}
	s.end(CloseTryLater, reasonNobody)
}

// send queues a frame that has to arrive.
func (s *session) send(kind string, frame any) { s.mustFit(s.out.push(kind, frame)) }

// fail queues the error frame that answers an order or refuses the session.
func (s *session) fail(err error, ref string) {
	frame := wire.NewErrorFrame(err, ref)
	s.t.metrics.Faulted(frame.Code)
	s.send(wire.FrameError, frame)
}

// note queues a frame that may be dropped.
func (s *session) note(kind string, frame any) {
	if !s.out.note(kind, frame) {
		s.t.metrics.FrameDropped(kind)
	}
}

func (s *session) mustFit(fits bool) {
	if !fits {
		s.end(CloseTryLater, reasonSlow)
	}
}

// write sends what waits, and at the end of the session closes the socket.
func (s *session) write(ctx context.Context) {
	for {
		f, turn := s.out.next()
		switch turn {
		case turnRest:
			return
		case turnEnd:
			s.farewell(ctx)
			return
		}
		if !s.writeOne(ctx, f, s.t.config.WriteTimeout) {
			s.end(closeLeft, "")
		}
		if f.kind == wire.FrameAck {
			s.pauseAcks()
		}
	}
}

// pauseAcks begins the time after an ack in which there is no other.
func (s *session) pauseAcks() {
	if s.rest == nil {
		s.rest = time.AfterFunc(s.t.config.AckEvery, s.out.rested)
		return
	}
	s.rest.Reset(s.t.config.AckEvery)
}

// farewell sends what still waits, an error frame that says why perhaps, and
// closes the socket.
func (s *session) farewell(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, farewellTime)
	defer cancel()
	if s.rest != nil {
		s.rest.Stop()
	}
	why := s.why.Load()
	code := why.Code
	if code == closeLeft {
		code = closeNormal
	} else {
		for f, ok := s.out.left(); ok && s.writeOne(ctx, f, farewellTime); f, ok = s.out.left() {
		}
	}
	if err := s.conn.Close(code, why.Reason); err != nil {
		s.t.log.Debug("socket not closed in order", "driver", s.driverID, "session", s.id, "err", err)
	}
}

func (s *session) writeOne(ctx context.Context, f outFrame, timeout time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := s.conn.Write(ctx, f.data); err != nil {
		return false
	}
	s.t.metrics.FrameOut(f.kind)
	return true
}

// look ends the session of a phone that neither answers nor sends anything. One
// that has sent something since the last look is not asked.
func (s *session) look(ctx context.Context) {
	before := s.heard
	if s.heard = s.frames.Load(); s.heard == before && !s.alive(ctx) {
		s.end(CloseGoingAway, reasonSilent)
		return
	}
	s.pings.Reset(s.t.config.PingEvery)
}

func (s *session) alive(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, s.t.config.PingTimeout)
	defer cancel()
	before := s.frames.Load()
	return s.conn.Ping(ctx) == nil || s.frames.Load() != before
}
