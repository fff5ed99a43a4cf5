package track

import (
	"context"
	"sync"
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
	reasonExpired  = "token expired"
	reasonStopped  = "the tracker stops"
	reasonNobody   = "no dispatcher answers: try again"
	reasonUnknown  = "the driver is not registered"
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

	trip   holder      // what holds the driver
	known  atomic.Bool // unit is set
	out    *outgoing
	orders chan wire.DriverFrame // for a dispatcher; when full the next is refused
	again  chan struct{}         // asks to announce the session again; capacity one
	due    chan struct{}         // asks to send what waits of the driver's way; capacity one
	unit   *unit
	frames atomic.Uint64 // read so far: a sign of life

	// Of the reader alone.
	positions *rate.Limiter
	others    *rate.Limiter
	strikes   int

	// Of begin, then of the errands alone.
	unlisten func()
	attached bool

	ended chan struct{} // closed by end
	once  sync.Once
	why   *Ended // set before ended is closed
}

func newSession(t *Tracker, conn Conn, driverID string) *session {
	c := t.config
	return &session{
		t: t, conn: conn, driverID: driverID, id: uuid.Must(uuid.NewV7()).String(),
		out: newOutgoing(c.Outgoing), orders: make(chan wire.DriverFrame, c.Orders),
		again:     make(chan struct{}, 1),
		due:       make(chan struct{}, 1),
		positions: rate.NewLimiter(rate.Limit(c.PositionRate), c.PositionBurst),
		others:    rate.NewLimiter(rate.Limit(c.FrameRate), c.FrameBurst),
		ended:     make(chan struct{}),
	}
}

// end closes the session; the first reason counts. It does not block.
func (s *session) end(code int, reason string) {
	s.once.Do(func() {
		s.why = &Ended{code, reason}
		close(s.ended)
	})
}

func (s *session) replaced() { s.end(CloseReplaced, reasonReplaced) }

func (s *session) over() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// run serves the session until it is over and everything it started has ended.
func (s *session) run(ctx context.Context) *Ended {
	// The socket outlives ctx by as long as it takes to close it in order. Closing
	// it is what ends a read, so that none needs a context that could.
	live := context.WithoutCancel(ctx)
	defer context.AfterFunc(ctx, func() { s.end(CloseGoingAway, reasonStopped) })()
	defer time.AfterFunc(s.expires.Sub(s.t.now()), func() { s.end(ClosePolicy, reasonExpired) }).Stop()

	s.send(wire.FrameHello, wire.HelloFrame{
		Type: wire.FrameHello, DriverID: s.driverID, Session: s.id,
		ServerTime: s.t.now().UTC(), HeartbeatS: int(s.t.config.Heartbeat / time.Second), Seq: s.t.acknowledged(live, s.driverID),
	})
	var work sync.WaitGroup
	work.Go(func() { s.write(live) })
	if err := s.begin(live); err != nil {
		s.refuse(err)
	} else {
		s.stream(live)
	}
	work.Wait()
	if s.unlisten != nil {
		s.unlisten()
	}
	s.t.ways.leave(s.driverID, s.id, s.t.now())
	return s.why
}

// stream is a session whose driver is known. It returns when the socket ended
// and the orders that came before were carried out.
func (s *session) stream(ctx context.Context) {
	errandCtx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	var work sync.WaitGroup
	work.Go(func() { s.ping(ctx) })
	work.Go(func() { s.errands(errandCtx) })
	s.read(ctx)
	s.end(closeLeft, "")
	s.unit.leave(s.id, s.t.now())
	close(s.orders)
	defer time.AfterFunc(s.t.config.CommandTimeout, giveUp).Stop()
	work.Wait()
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

// write sends what is queued until the session is over, then closes the socket.
func (s *session) write(ctx context.Context) {
	var rested <-chan time.Time // no ack before it fires
	for {
		select {
		case <-s.ended:
			s.farewell(ctx)
			return
		case <-s.out.ready:
		case <-rested:
			s.out.rested()
		}
		s.writeQueued(ctx)
		if s.writeAck(ctx) {
			rested = time.After(s.t.config.AckEvery)
		}
	}
}

func (s *session) writeQueued(ctx context.Context) {
	for !s.over() {
		f, ok := s.out.next()
		if !ok {
			return
		}
		if !s.writeOne(ctx, f, s.t.config.WriteTimeout) {
			s.end(closeLeft, "")
		}
	}
}

// writeAck sends the ack that is due, and reports whether there was one.
func (s *session) writeAck(ctx context.Context) bool {
	ack, due := s.out.nextAck()
	if due && !s.writeOne(ctx, ack, s.t.config.WriteTimeout) {
		s.end(closeLeft, "")
	}
	return due
}

// farewell sends what still waits, an error frame that says why perhaps, and
// closes the socket.
func (s *session) farewell(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, farewellTime)
	defer cancel()
	code := s.why.Code
	if code == closeLeft {
		code = closeNormal
	} else {
		for f, ok := s.out.next(); ok && s.writeOne(ctx, f, farewellTime); f, ok = s.out.next() {
		}
	}
	if err := s.conn.Close(code, s.why.Reason); err != nil {
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

// ping ends the session of a phone that neither answers nor sends anything. One
// that has sent something since the last look is not asked.
func (s *session) ping(ctx context.Context) {
	ticker := time.NewTicker(s.t.config.PingEvery)
	defer ticker.Stop()
	for heard := s.frames.Load(); ; {
		select {
		case <-s.ended:
			return
		case <-ticker.C:
		}
		before := heard
		if heard = s.frames.Load(); heard == before && !s.alive(ctx) {
			s.end(CloseGoingAway, reasonSilent)
		}
	}
}

func (s *session) alive(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, s.t.config.PingTimeout)
	defer cancel()
	before := s.frames.Load()
	return s.conn.Ping(ctx) == nil || s.frames.Load() != before
}
