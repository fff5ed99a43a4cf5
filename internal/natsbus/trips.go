package natsbus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// Trips is the stream of trip events: JetStream stream "TRIPS", subject
// "trips.<cell4>.<trip id>", on file, for seven days.
type Trips struct {
	conn *nats.Conn
	js   jetstream.JetStream
	log  *slog.Logger
}

const (
	tripStream   = "TRIPS"
	tripSubjects = "trips.>"
	// keepIDs is how long JetStream knows an event's id: a relay that died is
	// replaced long before.
	keepIDs     = 10 * time.Minute
	ackTimeout  = 5 * time.Second
	keepHistory = 7 * 24 * time.Hour
)

// ensure makes the stream, or brings its settings up to date.
func (t *Trips) ensure(ctx context.Context) error {
	_, err := t.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: tripStream, Subjects: []string{tripSubjects}, Storage: jetstream.FileStorage,
		MaxAge: keepHistory, Duplicates: keepIDs, Discard: jetstream.DiscardOld,
	})
	if err != nil {
		return fmt.Errorf("stream %s: %w", tripStream, err)
	}
	return nil
}

// Publish puts events on the stream in order, all at once, and waits for the
// acknowledgements. acked is how many of them, from the first on, the server
// has on file.
func (t *Trips) Publish(ctx context.Context, events []trip.Event) (acked int, err error) {
	if !t.conn.IsConnected() {
		return 0, unavailable(nats.ErrDisconnected)
	}
	futures := make([]jetstream.PubAckFuture, 0, len(events))
	var sendErr error
	for _, ev := range events {
		m := nats.NewMsg("trips." + string(ev.Trip.Cell()) + "." + ev.TripID)
		m.Data = wire.EncodeEvent(ev)
		future, err := t.js.PublishMsgAsync(m, jetstream.WithMsgID(ev.ID()))
		if err != nil {
			sendErr = err
			break
		}
		futures = append(futures, future)
	}
	acked, err = acknowledged(ctx, futures)
	if err == nil {
		err = sendErr
	}
	if errors.Is(err, jetstream.ErrNoStreamResponse) { // the server came back without its files
		err = errors.Join(err, t.ensure(ctx))
	}
	return acked, unavailable(err)
}

// acknowledged counts the acknowledgements up to the first that fails.
func acknowledged(ctx context.Context, futures []jetstream.PubAckFuture) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	for i, future := range futures {
		select {
		case <-future.Ok():
		case err := <-future.Err():
			return i, err
		case <-ctx.Done():
			return i, ctx.Err()
		}
	}
	return len(futures), nil
}

// Subscribe calls fn with each event from now on until stop is called. fn must
// not block. Events that pass while the connection is down, or while fn is too
// slow for long, are missed: readers find the hole by the version and read the
// store.
func (t *Trips) Subscribe(fn func(trip.Event)) (stop func(), err error) {
	return subscribe(t.conn, tripSubjects, func(data []byte) {
		ev, err := wire.DecodeEvent(data)
		if err != nil {
			t.log.Warn("a trip event was skipped", "err", err)
			return
		}
		fn(ev)
	})
}

// Signals is news of trips between dispatchers: the events, and nudges on
// "dispatch.nudge" for what has no event.
type Signals struct {
	*Trips
	conn *nats.Conn
	log  *slog.Logger
}

const nudgeSubject = "dispatch.nudge"

// Nudge tells every dispatcher that a trip changed.
func (s *Signals) Nudge(_ context.Context, n wire.Nudge) error {
	data, err := json.Marshal(n)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "a nudge does not encode")
	}
	return send(s.conn, nudgeSubject, data)
}

// OnNudge calls fn with each nudge until stop is called. fn must not block.
func (s *Signals) OnNudge(fn func(wire.Nudge)) (stop func(), err error) {
	return subscribe(s.conn, nudgeSubject, func(data []byte) {
		var n wire.Nudge
		if err := json.Unmarshal(data, &n); err != nil || n.TripID == "" {
			s.log.Warn("a nudge was skipped", "err", err)
			return
		}
		fn(n)
	})
}
