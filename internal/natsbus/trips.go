package natsbus

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

const (
	tripsStream   = "TRIPS"
	tripsSubjects = "trips.>"
	tripsAge      = 7 * 24 * time.Hour

	// duplicates is for how long the stream knows the ids of its events: longer
	// than a relay takes to die and another to go on.
	duplicates = 5 * time.Minute

	ackTimeout = 5 * time.Second
	maxUnacked = 4096 // publishes under way; a batch of the outbox is smaller
)

// Trips is the stream of trip events.
type Trips struct{ *link }

func (l *link) ensureTrips(ctx context.Context) error {
	_, err := l.js.CreateStream(ctx, jetstream.StreamConfig{
		Name: tripsStream, Subjects: []string{tripsSubjects}, Description: "changes of trips, CloudEvents 1.0",
		Storage: jetstream.FileStorage, MaxAge: tripsAge, Duplicates: duplicates, Replicas: l.options.Replicas,
	})
	if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return nil
	}
	return err
}

// Publish stores events in the stream, in order, all of them under way at once.
// It returns how many of them, from the first on, are stored for sure; of the
// rest some may be, which is harmless: the stream drops an event whose id it
// has. Where only some in the middle failed, the repetition stores them behind
// later ones: who publishes two events of a trip at once may see them change places.
func (t *Trips) Publish(ctx context.Context, events []trip.Event) (acked int, err error) {
	receipt, sendErr := t.Send(ctx, events)
	if acked, err = receipt(); err != nil {
		return acked, err
	}
	return acked, sendErr
}

// Send is the first half of Publish: it puts events on their way, up to the first
// that cannot be sent. receipt is the other half.
func (t *Trips) Send(ctx context.Context, events []trip.Event) (receipt func() (acked int, err error), err error) {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	futures := make([]jetstream.PubAckFuture, 0, len(events))
	for _, ev := range events {
		var f jetstream.PubAckFuture
		if f, err = t.send(ctx, ev); err != nil {
			break
		}
		futures = append(futures, f)
	}
	return func() (acked int, err error) {
		defer cancel()
		for _, f := range futures {
			if err := t.stored(ctx, f); err != nil {
				return acked, err
			}
			acked++
		}
		return acked, nil
	}, err
}

func (t *Trips) send(ctx context.Context, ev trip.Event) (jetstream.PubAckFuture, error) {
	if err := errors.Join(ctx.Err(), t.reachable()); err != nil {
		return nil, unavailable(err)
	}
	f, err := t.js.PublishMsgAsync(&nats.Msg{
		Subject: "trips." + string(ev.Trip.Cell()) + "." + ev.TripID,
		Header:  nats.Header{jetstream.MsgIDHeader: {ev.ID()}, "Content-Type": {"application/cloudevents+json"}},
		Data:    wire.EncodeEvent(ev),
	}, jetstream.WithRetryAttempts(0))
	return f, unavailable(err)
}

// stored waits until an event is stored.
func (t *Trips) stored(ctx context.Context, f jetstream.PubAckFuture) error {
	select {
	case <-f.Ok():
		return nil
	case err := <-f.Err():
		if errors.Is(err, jetstream.ErrNoStreamResponse) {
			err = errors.Join(err, t.ensureTrips(ctx)) // the server lost its disk: the next attempt finds a stream
		}
		return unavailable(err)
	case <-ctx.Done():
		return unavailable(ctx.Err())
	}
}

// Subscribe calls fn with each event from now on, until stop is called; a call
// that is under way then may still come to its end. fn must not block. While the
// bus is away the reading pauses, then goes on where it was: an event is missed
// only if the stream lost it. One may come twice. Subscribing while the bus is
// away is fine: the reading begins when it is there.
func (t *Trips) Subscribe(fn func(trip.Event)) (stop func(), err error) {
	ctx, cancel := context.WithCancel(t.open)
	r := &reader{Trips: t, fn: fn, since: time.Now()}
	r.aim(ctx)
	if err := t.start(func() { defer cancel(); r.run(ctx) }); err != nil {
		cancel()
		return nil, err
	}
	return cancel, nil
}
