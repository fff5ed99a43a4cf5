package natsbus

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

// Line reaches the open session of a driver.
type Line struct{ *link }

// Listen calls fn, in order, with each push to the driver until stop is called.
// fn must not block. Whatever this client publishes or asks after Listen
// returned finds it listening; what others do, after a Flush.
func (l *Line) Listen(driverID string, fn func(wire.Push)) (stop func(), err error) {
	subject, err := pushSubject(driverID)
	if err != nil {
		return nil, err
	}
	return l.hear(subject, func(m *nats.Msg) error {
		return decode(m.Data, func(p wire.Push) {
			p.Ask = m.Reply
			fn(p)
		})
	})
}

// Answer tells who asked that a session of the driver is open here.
func (l *Line) Answer(ctx context.Context, ask string, s wire.OpenSession) error {
	return l.publish(ctx, ask, wire.Encode(s))
}

const (
	// sessionsWithin is how long the first session has to answer that it is open,
	// and othersWithin how long others have after it: a driver has one, as a rule.
	sessionsWithin = 500 * time.Millisecond
	othersWithin   = 50 * time.Millisecond
)

// Sessions is what is open for the driver, wherever it is. complete is false
// where somebody listens for the driver and did not answer in time.
func (l *Line) Sessions(ctx context.Context, driverID string) (open []wire.OpenSession, complete bool, err error) {
	subject, err := pushSubject(driverID)
	if err != nil {
		return nil, false, err
	}
	ctx, cancel := context.WithTimeout(ctx, sessionsWithin)
	defer cancel()
	replies, err := l.ask(subject, wire.Encode(wire.Push{}))
	if err != nil {
		return nil, false, err
	}
	defer replies.Unsubscribe() //nolint:errcheck // fails on a closed connection alone
	for {
		m, err := replies.NextMsgWithContext(ctx)
		switch {
		case errors.Is(err, nats.ErrNoResponders):
			return nil, true, nil
		case err != nil:
			return open, len(open) > 0, nil
		}
		l.count(m.Subject, decode(m.Data, func(s wire.OpenSession) { open = append(open, s) }))
		if len(open) == 1 {
			var done context.CancelFunc
			ctx, done = context.WithTimeout(ctx, othersWithin)
			defer done()
		}
	}
}

// Push sends to whichever session of the driver is open. Nobody may hear it.
func (l *Line) Push(ctx context.Context, driverID string, p wire.Push) error {
	subject, err := pushSubject(driverID)
	if err != nil {
		return err
	}
	return l.publish(ctx, subject, wire.Encode(p))
}

// pushSubject refuses ids that would be a pattern, or another subject.
func pushSubject(driverID string) (string, error) {
	if !driver.ValidID(driverID) {
		return "", fault.Field("driver_id", "%q is not a driver's id", driverID)
	}
	return "drivers." + driverID + ".push", nil
}
