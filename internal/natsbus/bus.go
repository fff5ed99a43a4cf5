// Package natsbus carries messages between the parts over NATS: trip events in
// a JetStream stream, everything else on core subjects, the membership of
// dispatchers in a key-value bucket. The server is one's own or the embedded
// one, by the same code.
//
// What must not be lost is in the store and not here: events wait in the
// outbox until JetStream has acknowledged them. While the server is away,
// sending fails at once with fault.Unavailable, and nothing is buffered;
// subscriptions come back by themselves, and what was sent meanwhile on core
// subjects is lost.
package natsbus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/cabstand/cabstand/internal/fault"
)

// Options tell how to connect. URL or Embedded is needed.
type Options struct {
	URL      string        // nats://host:port, several with commas
	Embedded *Embedded     // an embedded server in place of URL
	Name     string        // of this client, shown by the server
	Timeout  time.Duration // of a command; 2 s
	Log      *slog.Logger  // may be nil
}

// Bus is a connection. Its parts satisfy the interfaces of those who use them.
type Bus struct {
	Positions *Positions
	Trips     *Trips
	Line      *Line
	Commands  *Commands
	Signals   *Signals
	Members   *Members

	conn    *nats.Conn
	dropped atomic.Uint64
}

// Connect connects to the server and makes sure of the stream and the bucket.
func Connect(ctx context.Context, o Options) (*Bus, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Timeout <= 0 {
		o.Timeout = 2 * time.Second
	}
	b := &Bus{}
	conn, err := b.dial(o)
	if err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	b.conn = conn
	js, err := jetstream.New(conn)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("JetStream: %w", err)
	}
	b.Positions = &Positions{conn: conn, log: o.Log}
	b.Trips = &Trips{conn: conn, js: js, log: o.Log}
	b.Line = &Line{conn: conn, log: o.Log}
	b.Commands = &Commands{conn: conn, timeout: o.Timeout, log: o.Log}
	b.Signals = &Signals{Trips: b.Trips, conn: conn, log: o.Log}
	if err := b.Trips.ensure(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	if b.Members, err = openMembers(ctx, js, o.Log); err != nil {
		conn.Close()
		return nil, err
	}
	return b, nil
}

func (b *Bus) dial(o Options) (*nats.Conn, error) {
	options := []nats.Option{
		nats.Name(o.Name), nats.MaxReconnects(-1), nats.ReconnectWait(250 * time.Millisecond), nats.ReconnectJitter(100*time.Millisecond, time.Second),
		nats.ReconnectBufSize(-1), nats.Timeout(5 * time.Second), nats.PingInterval(5 * time.Second), nats.MaxPingsOutstanding(2),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				o.Log.Warn("NATS is away; events wait in the outbox", "err", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { o.Log.Info("NATS is back") }),
		nats.ErrorHandler(b.noteError(o.Log)),
	}
	url := o.URL
	if o.Embedded != nil {
		options = append(options, nats.InProcessServer(o.Embedded.server))
		url = ""
	}
	return nats.Connect(url, options...)
}

// noteError counts messages that a slow subscription did not take: what may be
// dropped, and who heals it, is said at each subscription.
func (b *Bus) noteError(log *slog.Logger) nats.ErrHandler {
	return func(_ *nats.Conn, s *nats.Subscription, err error) {
		subject := ""
		if s != nil {
			subject = s.Subject
		}
		if errors.Is(err, nats.ErrSlowConsumer) {
			b.dropped.Add(1)
			log.Warn("messages were dropped: a subscription is too slow", "subject", subject)
			return
		}
		log.Warn("NATS reports an error", "subject", subject, "err", err)
	}
}

// Connected reports whether the server answers.
func (b *Bus) Connected() bool { return b.conn.IsConnected() }

// Dropped counts how often a slow subscription lost messages.
func (b *Bus) Dropped() uint64 { return b.dropped.Load() }

// Close ends the connection and every subscription.
func (b *Bus) Close() {
	b.Members.close()
	b.conn.Close()
}

// unavailable is the fault of whatever the bus could not do.
func unavailable(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return fault.Wrap(err, fault.Unavailable, "the message bus does not answer; try again")
}

// send publishes on a core subject, or fails at once while the server is away.
func send(conn *nats.Conn, subject string, data []byte) error {
	if !conn.IsConnected() {
		return unavailable(nats.ErrDisconnected)
	}
	return unavailable(conn.Publish(subject, data))
}

// Pending limits of a subscription: beyond them NATS drops new messages of this
// subscription and tells noteError.
const (
	pendingMessages = 65_536
	pendingBytes    = 64 << 20
)

// subscribe calls fn with the data of each message, in order, until stop is
// called. After stop has returned fn is not called again.
func subscribe(conn *nats.Conn, subject string, fn func(data []byte)) (stop func(), err error) {
	var stopped atomic.Bool
	s, err := conn.Subscribe(subject, func(m *nats.Msg) {
		if !stopped.Load() {
			fn(m.Data)
		}
	})
	if err != nil {
		return nil, unavailable(err)
	}
	if err := s.SetPendingLimits(pendingMessages, pendingBytes); err != nil {
		_ = s.Unsubscribe()
		return nil, unavailable(err)
	}
	return func() {
		stopped.Store(true)
		_ = s.Unsubscribe() // fails only on a closed connection
	}, nil
}
