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

	// away spares callers the connection's lock, which is held while a server
	// is dialled. The connection is asked as well: it knows first.
	away   atomic.Bool
	logged bool // that it is away; for the connection's callbacks, which come one after the other

	mu      sync.Mutex      // guards session, and starting against closing
	session context.Context // ends when the connection breaks
	endOf   context.CancelFunc

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

// connect begins to connect. A server on the network may come later, the
// embedded one is there.
func (l *link) connect() (err error) {
	l.away.Store(true)
	l.session, l.endOf = context.WithCancel(l.open)
	options := []nats.Option{
		nats.Name(l.options.Name),
		nats.Timeout(connectTimeout),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait),
		nats.ReconnectBufSize(-1),
		nats.PingInterval(pingInterval),
		nats.MaxPingsOutstanding(2),
		nats.IgnoreAuthErrorAbort(), // who is refused may be let in later
		nats.ConnectHandler(l.came),
		nats.ReconnectHandler(l.came),
		nats.DisconnectErrHandler(l.went),
		nats.ReconnectErrHandler(l.missed),
		nats.ErrorHandler(l.failed),
	}
	if e := l.options.Embedded; e != nil {
		options = append(options, nats.InProcessServer(e.server))
	} else {
		options = append(options, nats.RetryOnFailedConnect(true))
	}
	if l.conn, err = nats.Connect(l.options.URL, options...); err != nil {
		return err
	}
	if l.conn.IsConnected() {
		l.away.Store(false)
	}
	l.js, err = jetstream.New(l.conn, jetstream.WithPublishAsyncTimeout(ackTimeout), jetstream.WithPublishAsyncMaxPending(maxUnacked))
	return err
}

// came hears that there is a connection.
func (l *link) came(*nats.Conn) {
	l.away.Store(false)
	if l.logged {
		l.logged = false
		l.log.Info("the bus is back")
	}
}

// went hears that the connection broke, or was closed.
func (l *link) went(conn *nats.Conn, err error) {
	l.away.Store(true)
	l.mu.Lock()
	l.endOf()
	l.session, l.endOf = context.WithCancel(l.open)
	l.mu.Unlock()
	l.missed(conn, err)
}

// missed hears why there is no connection, at every attempt.
func (l *link) missed(_ *nats.Conn, err error) {
	if err != nil && !l.logged {
		l.logged = true
		l.log.Warn("the bus is away; connecting again and again", "err", err)
	}
}

// untilBroken is ctx until the connection breaks.
func (l *link) untilBroken(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	forget := context.AfterFunc(l.session, cancel)
	return ctx, func() { forget(); cancel() }
}

// start runs work, which ends with l.open, beside the caller.
func (l *link) start(work func()) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.open.Err(); err != nil {
		return unavailable(err)
	}
	l.wait.Go(work)
	return nil
}

// failed hears of what happens beside calls: subscriptions that are too slow,
// and at every attempt that the server does not let us in.
func (l *link) failed(conn *nats.Conn, sub *nats.Subscription, err error) {
	if l.away.Load() {
		l.missed(conn, err)
		return
	}
	subject := ""
	if sub != nil {
		subject = sub.Subject
	}
	if errors.Is(err, nats.ErrSlowConsumer) {
		l.slow.Add(1)
	}
	l.log.Warn("bus", "subject", subject, "err", err)
}

// prepare makes what a server that is there has to have. On the network those
// who use it see to it again: only the embedded server must have it now.
func (l *link) prepare(ctx context.Context) error {
	if !l.Connected() {
		return nil
	}
	err := l.setUp(ctx)
	if err == nil || l.options.Embedded != nil || ctx.Err() != nil {
		return err
	}
	l.log.Warn("the bus stores no trip events yet; trying again", "err", err)
	return nil
}

// setUp makes the stream and the buckets, unless they are there: an operator may
// have given them other limits.
func (l *link) setUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, setupTimeout)
	defer cancel()
	return errors.Join(l.ensureTrips(ctx), l.ensureMembers(ctx), l.ensureSettings(ctx))
}

// Connected reports whether the bus can be reached at the moment.
func (l *link) Connected() bool { return !l.away.Load() && l.conn.IsConnected() }

var errDisconnected = errors.New("not connected")

// reachable is an error while the bus is away.
func (l *link) reachable() error {
	if l.away.Load() {
		return errDisconnected
	}
	return nil
}

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
	l.mu.Lock()
	l.close()
	l.mu.Unlock()
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
	if err := errors.Join(ctx.Err(), l.reachable()); err != nil {
		return unavailable(err)
	}
	return unavailable(l.conn.Publish(subject, data))
}

// subscribe calls fn with each message until stop is called; a call that is
// under way then may still come to its end.
func (l *link) subscribe(subject string, fn func(data []byte) error) (stop func(), err error) {
	return l.hear(subject, func(m *nats.Msg) error { return fn(m.Data) })
}

// hear is subscribe for who wants to answer.
func (l *link) hear(subject string, fn func(*nats.Msg) error) (stop func(), err error) {
	var stopped atomic.Bool
	sub, err := l.conn.Subscribe(subject, func(m *nats.Msg) {
		if !stopped.Load() {
			l.count(m.Subject, fn(m))
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

// ask sends data to all who listen, and is where their answers come. Where nobody
// listens the first is nats.ErrNoResponders.
func (l *link) ask(subject string, data []byte) (replies *nats.Subscription, err error) {
	if err := l.reachable(); err != nil {
		return nil, unavailable(err)
	}
	inbox := l.conn.NewInbox()
	if replies, err = l.conn.SubscribeSync(inbox); err != nil {
		return nil, unavailable(err)
	}
	if err := l.conn.PublishRequest(subject, inbox, data); err != nil {
		_ = replies.Unsubscribe() // fails on a closed connection alone
		return nil, unavailable(err)
	}
	return replies, nil
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
