package natsbus

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/cabstand/cabstand/internal/fault"
)

// link is the connection that the parts share.
type link struct {
	conn    *nats.Conn
	js      jetstream.JetStream
	options Options
	log     *slog.Logger

	open  context.Context // ends when the bus is closed
	close context.CancelFunc
	wait  sync.WaitGroup // for the goroutines that the bus started

	slow      atomic.Uint64
	malformed atomic.Uint64
}

// Stats are counts since the bus was opened.
type Stats struct {
	Reconnects uint64
	Slow       uint64 // times that a subscription began to lose messages, because its reader was slow
	Malformed  uint64 // messages that could not be read
}

const (
	connectTimeout = 2 * time.Second
	setupTimeout   = 5 * time.Second
	reconnectWait  = 250 * time.Millisecond
	pingInterval   = 5 * time.Second // a server that is silent for two of them is gone
)

func (l *link) connect() (err error) {
	options := []nats.Option{
		nats.Name(l.options.Name),
		nats.Timeout(connectTimeout),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait),
		nats.ReconnectBufSize(-1),
		nats.PingInterval(pingInterval),
		nats.MaxPingsOutstanding(2),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				l.log.Warn("the bus is away; connecting again", "err", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { l.log.Info("the bus is back") }),
		nats.ErrorHandler(l.failed),
	}
	if e := l.options.Embedded; e != nil {
		options = append(options, nats.InProcessServer(e.server))
	}
	if l.conn, err = nats.Connect(l.options.URL, options...); err != nil {
		return err
	}
	l.js, err = jetstream.New(l.conn, jetstream.WithPublishAsyncTimeout(ackTimeout), jetstream.WithPublishAsyncMaxPending(maxUnacked))
	return err
}

// failed hears of what happens beside calls: subscriptions that are too slow.
func (l *link) failed(_ *nats.Conn, sub *nats.Subscription, err error) {
	subject := ""
	if sub != nil {
		subject = sub.Subject
	}
	if errors.Is(err, nats.ErrSlowConsumer) {
		l.slow.Add(1)
	}
	l.log.Warn("bus", "subject", subject, "err", err)
}

// setUp makes the stream and the bucket, unless they are there: an operator may
// have given them other limits.
func (l *link) setUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, setupTimeout)
	defer cancel()
	return errors.Join(l.ensureTrips(ctx), l.ensureMembers(ctx))
}

// Connected reports whether the bus can be reached at the moment.
func (l *link) Connected() bool { return l.conn.IsConnected() }

// Stats counts what went wrong beside calls.
func (l *link) Stats() Stats {
	return Stats{Reconnects: l.conn.Stats().Reconnects, Slow: l.slow.Load(), Malformed: l.malformed.Load()}
}

// Flush returns when the server has seen everything done before: published
// messages are on their way, subscriptions hear of what is published from now
// on, by whomever.
func (l *link) Flush(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, setupTimeout)
	defer cancel()
	return unavailable(l.conn.FlushWithContext(ctx))
}

// Close leaves the bus and waits for what it started. Closing twice is fine.
func (l *link) Close() {
	l.close()
	l.wait.Wait()
	l.conn.Close()
}

// unavailable is err as a fault.
func unavailable(err error) error {
	if err == nil {
		return nil
	}
	return fault.Wrap(err, fault.Unavailable, "the bus does not answer")
}

// What waits for a callback. When it is full the newest messages are dropped:
// all that comes this way is repeated, or found by another way.
const (
	pendingMessages = 8192
	pendingBytes    = 16 << 20
)

// publish sends data if the bus is there.
func (l *link) publish(ctx context.Context, subject string, data []byte) error {
	if err := ctx.Err(); err != nil {
		return unavailable(err)
	}
	return unavailable(l.conn.Publish(subject, data))
}

// subscribe calls fn with each message until stop is called; a call that is
// under way then may still come to its end.
func (l *link) subscribe(subject string, fn func(data []byte) error) (stop func(), err error) {
	var stopped atomic.Bool
	sub, err := l.conn.Subscribe(subject, func(m *nats.Msg) {
		if !stopped.Load() {
			l.count(m.Subject, fn(m.Data))
		}
	})
	if err != nil {
		return nil, unavailable(err)
	}
	stop = func() {
		if !stopped.Swap(true) {
			_ = sub.Unsubscribe() // fails on a closed connection, where there is nothing to do
		}
	}
	if err := sub.SetPendingLimits(pendingMessages, pendingBytes); err != nil {
		stop()
		return nil, unavailable(err)
	}
	return stop, nil
}

// count notes a message that could not be read. It is skipped: the next may be
// well again.
func (l *link) count(subject string, err error) {
	if err != nil {
		l.malformed.Add(1)
		l.log.Warn("message not understood", "subject", subject, "err", err)
	}
}

// decode reads JSON and hands it to fn.
func decode[T any](data []byte, fn func(T)) error {
	var v T
	err := json.Unmarshal(data, &v)
	if err == nil {
		fn(v)
	}
	return err
}
