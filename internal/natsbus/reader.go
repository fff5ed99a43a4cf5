package natsbus

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

const (
	readAgain     = 250 * time.Millisecond // after a reading that failed
	readHeartbeat = 5 * time.Second        // the server tells so often that there is nothing to tell
	forgetReader  = 30 * time.Second       // the server drops what it keeps for a reader who asks no more
)

// reader hands the events of the stream to fn, one after the other. The ordered
// consumer of the client library goes on at the number that it expects next,
// and so waits without end when a server comes back with an older stream, or a
// new one that counts from 1: hence this one, which looks at the stream first.
type reader struct {
	*Trips
	fn func(trip.Event)

	created time.Time // when the stream that next counts in was made
	next    uint64    // the number of the next event; 0: the first that is stored from since on
	since   time.Time // when the event before it was stored, if there is one
	failing bool      // it has been logged
}

// aim makes the reading begin behind what the stream has now, where it can be
// asked, and else behind what it has been given until now.
func (r *reader) aim(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, setupTimeout)
	defer cancel()
	if stream, err := r.stream(ctx); err == nil {
		info := stream.CachedInfo()
		r.created, r.next = info.Created, info.State.LastSeq+1
		if r.next > 1 {
			r.since = info.State.LastTime
		}
	}
}

func (r *reader) run(ctx context.Context) {
	for ctx.Err() == nil {
		err := r.read(ctx)
		if !r.failing && !errors.Is(err, context.Canceled) && r.Connected() {
			r.failing = true
			r.log.Warn("trip events are not read; trying again", "err", err)
		}
		pause(ctx, readAgain)
	}
}

var errGap = errors.New("events were lost on the way")

// read hands over events until something goes wrong.
func (r *reader) read(ctx context.Context) error {
	ctx, cancel := r.untilBroken(ctx)
	defer cancel()
	messages, err := r.messages(ctx)
	if err != nil {
		return err
	}
	defer messages.Stop()
	for n := uint64(1); ; n++ {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		meta, err := m.Metadata()
		switch {
		case err != nil:
			return err
		case meta.Sequence.Consumer != n:
			return errGap
		}
		r.next, r.since, r.failing = meta.Sequence.Stream+1, meta.Timestamp, false
		r.hand(m)
	}
}

// messages are the events of the stream from the next on.
func (r *reader) messages(ctx context.Context) (jetstream.MessagesContext, error) {
	ctx, cancel := context.WithTimeout(ctx, setupTimeout)
	defer cancel()
	stream, err := r.stream(ctx)
	if err != nil {
		return nil, err
	}
	anew, err := r.countsAnew(ctx, stream)
	if err != nil {
		return nil, err
	}
	if anew {
		r.created, r.next = stream.CachedInfo().Created, 0
	}
	consumer, err := stream.CreateConsumer(ctx, r.begin())
	if err != nil {
		return nil, err
	}
	return consumer.Messages(jetstream.PullHeartbeat(readHeartbeat))
}

// countsAnew reports whether the numbers of the stream are not those that the
// reader knows: it is another stream, or lost events and may have new ones in
// their places.
func (r *reader) countsAnew(ctx context.Context, stream jetstream.Stream) (bool, error) {
	info := stream.CachedInfo()
	switch {
	case !info.Created.Equal(r.created) || info.State.LastSeq+1 < r.next:
		return true, nil
	case r.next <= 1:
		return false, nil
	}
	last, err := stream.GetMsg(ctx, r.next-1)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return false, nil // too old to be kept
	}
	return err == nil && !last.Time.Equal(r.since), err
}

// begin tells the server where to begin: at the next number, or by the clock
// where there is none.
func (r *reader) begin() jetstream.ConsumerConfig {
	c := jetstream.ConsumerConfig{AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, Replicas: 1, InactiveThreshold: forgetReader}
	if r.next > 0 {
		c.DeliverPolicy, c.OptStartSeq = jetstream.DeliverByStartSequencePolicy, r.next
	} else {
		since := r.since
		c.DeliverPolicy, c.OptStartTime = jetstream.DeliverByStartTimePolicy, &since
	}
	return c
}

func (r *reader) hand(m jetstream.Msg) {
	ev, err := wire.DecodeEvent(m.Data())
	if err != nil {
		r.count(m.Subject(), err)
		return
	}
	r.fn(ev)
}

// stream is the stream as it is now; a new one where the server has none.
func (t *Trips) stream(ctx context.Context) (jetstream.Stream, error) {
	if err := t.reachable(); err != nil {
		return nil, err
	}
	stream, err := t.js.Stream(ctx, tripsStream)
	if !errors.Is(err, jetstream.ErrStreamNotFound) {
		return stream, err
	}
	if err := t.ensureTrips(ctx); err != nil {
		return nil, err
	}
	return t.js.Stream(ctx, tripsStream)
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
