package natsbus

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

// Commands are requests of trackers to dispatchers: subject "dispatch.command",
// answered by any one of the dispatchers.
type Commands struct {
	conn    *nats.Conn
	timeout time.Duration
	log     *slog.Logger
}

const (
	commandSubject = "dispatch.command"
	commandQueue   = "dispatchers"
	commandsAtOnce = 64 // handled at the same time in one dispatcher; more wait in the subscription
)

// Do asks, and waits for the answer at most the timeout. Commands may be
// repeated: each changes nothing the second time.
func (c *Commands) Do(ctx context.Context, command wire.Command) (wire.Reply, error) {
	data, err := json.Marshal(command)
	if err != nil {
		return wire.Reply{}, fault.Wrap(err, fault.Internal, "a command does not encode")
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	message, err := c.conn.RequestWithContext(ctx, commandSubject, data)
	if err != nil {
		return wire.Reply{}, fault.Wrap(err, fault.Unavailable, "no dispatcher answers; try again")
	}
	var reply wire.Reply
	if err := json.Unmarshal(message.Data, &reply); err != nil {
		return wire.Reply{}, fault.Wrap(err, fault.Internal, "a dispatcher's answer is not understood")
	}
	return reply, nil
}

// Serve answers commands with handle until stop is called, which waits for the
// ones under way.
func (c *Commands) Serve(handle func(context.Context, wire.Command) wire.Reply) (stop func(), err error) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	places := make(chan struct{}, commandsAtOnce)
	s, err := c.conn.QueueSubscribe(commandSubject, commandQueue, func(m *nats.Msg) {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			return
		}
		running.Go(func() {
			defer func() { <-places }()
			c.answer(ctx, m, handle)
		})
	})
	if err != nil {
		cancel()
		return nil, unavailable(err)
	}
	return func() {
		_ = s.Unsubscribe() // fails only on a closed connection
		cancel()
		running.Wait()
	}, nil
}

func (c *Commands) answer(ctx context.Context, m *nats.Msg, handle func(context.Context, wire.Command) wire.Reply) {
	ctx, cancel := context.WithTimeout(ctx, 2*c.timeout) // the asker has given up by then
	defer cancel()
	var command wire.Command
	var reply wire.Reply
	if err := json.Unmarshal(m.Data, &command); err != nil {
		reply = wire.FaultReply(fault.New(fault.Malformed, "not a command: %v", err))
	} else {
		reply = handle(ctx, command)
	}
	if err := m.Respond(wire.Encode(reply)); err != nil {
		c.log.Debug("a command's answer was not sent; it will be repeated", "err", err)
	}
}
