package natsbus

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

const (
	commandSubject = "dispatch.command"
	commandQueue   = "dispatchers"

	// serveLimit is how many commands a dispatcher works on at once. Those above
	// wait; when the waiting line is full too they are dropped and their
	// trackers told to try again.
	serveLimit = 64

	// handleTimeout is longer than a tracker waits: a change that is about to be
	// committed is not cut off for it.
	handleTimeout = 5 * time.Second
)

// Commands carries drivers' commands from trackers to dispatchers.
type Commands struct{ *link }

// Do asks any dispatcher. The error is fault.Unavailable while none answers in
// time; then the command may have been carried out, or not. A refusal is in the
// reply.
func (c *Commands) Do(ctx context.Context, command wire.Command) (wire.Reply, error) {
	ctx, cancel := context.WithTimeout(ctx, c.options.CommandTimeout)
	defer cancel()
	if err := c.reachable(); err != nil {
		return wire.Reply{}, fault.Wrap(err, fault.Unavailable, "no dispatcher answers: try again")
	}
	m, err := c.conn.RequestWithContext(ctx, commandSubject, wire.Encode(command))
	if err != nil {
		return wire.Reply{}, fault.Wrap(err, fault.Unavailable, "no dispatcher answers: try again")
	}
	var reply wire.Reply
	if err := json.Unmarshal(m.Data, &reply); err != nil {
		return wire.Reply{}, fault.Wrap(err, fault.Internal, "the dispatcher's reply cannot be read")
	}
	return reply, nil
}

// Serve answers commands with fn, many at once, until stop is called or the bus
// is closed; each command goes to one of the dispatchers that serve. stop takes
// no new commands, but those that are on their way, and waits for the work; call
// it before Close, which cuts the work off. A command may come twice: a tracker
// that got no answer asks again.
func (c *Commands) Serve(fn func(context.Context, wire.Command) wire.Reply) (stop func(), err error) {
	s := &answerer{link: c.link, handle: fn, slots: make(chan struct{}, serveLimit), stopped: make(chan struct{})}
	sub, err := c.conn.QueueSubscribe(commandSubject, commandQueue, s.take)
	if err != nil {
		return nil, unavailable(err)
	}
	if err := sub.SetPendingLimits(pendingMessages, pendingBytes); err != nil {
		_ = sub.Unsubscribe()
		return nil, unavailable(err)
	}
	drained := make(chan struct{})
	sub.SetClosedHandler(func(string) { close(drained) })
	return sync.OnceFunc(func() {
		if c.reachable() == nil && sub.Drain() == nil {
			c.await(drained)
		} else {
			_ = sub.Unsubscribe() // fails on a closed connection, where there is nothing to do
		}
		s.stop()
	}), nil
}

// await waits until a subscription has handed over what was on its way to it,
// unless the bus is closed or away.
func (l *link) await(drained <-chan struct{}) {
	timer := time.NewTimer(setupTimeout)
	defer timer.Stop()
	select {
	case <-drained:
	case <-l.open.Done():
	case <-timer.C:
	}
}

// answerer works on commands.
type answerer struct {
	*link
	handle  func(context.Context, wire.Command) wire.Reply
	slots   chan struct{} // one for each command that is being worked on
	stopped chan struct{}
}

// take starts the work on a command, as soon as there is a free slot.
func (s *answerer) take(m *nats.Msg) {
	select {
	case <-s.stopped:
	case s.slots <- struct{}{}:
		go func() {
			defer func() { <-s.slots }()
			s.answer(m)
		}()
	}
}

func (s *answerer) answer(m *nats.Msg) {
	ctx, cancel := context.WithTimeout(s.open, handleTimeout)
	defer cancel()
	var command wire.Command
	reply := wire.FaultReply(fault.New(fault.Malformed, "not a command"))
	if err := json.Unmarshal(m.Data, &command); err != nil {
		s.count(m.Subject, err)
	} else {
		reply = s.handle(ctx, command)
	}
	if err := m.Respond(wire.Encode(reply)); err != nil {
		s.log.Debug("reply not sent; the tracker asks again", "kind", command.Kind, "err", err)
	}
}

// stop waits for every slot: then nobody works any more, and nobody can begin.
func (s *answerer) stop() {
	close(s.stopped)
	for range cap(s.slots) {
		s.slots <- struct{}{}
	}
}
