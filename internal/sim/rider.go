package sim

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
	"github.com/coder/websocket"
)

// rider is one person with one wish: opens the stream, requests the trip, sees it
// through or cancels it.
type rider struct {
	id     string
	order  Order
	mood   Behaviour
	rng    *rand.Rand
	client *client
	ledger *ledger
	now    func() time.Time
	pins   *pins

	trip   wire.Trip // the newest version seen; its ID is empty before the request
	shown  trip.State
	cancel time.Time // when the rider cancels; zero: does not
	over   bool      // the engine said that the trip is over; the stream did not yet
}

// opening is how long the app is open before its user asks for a trip.
const opening = 1500 * time.Millisecond

// checkEvery is how often a rider's app asks for the trip, in case that its
// stream has nothing to show; checkSoon is when it does after a reconnect.
const (
	checkEvery = 20 * time.Second
	checkSoon  = 3 * time.Second
)

// longWait is how long a client tries to get an answer: riders give up last.
const longWait = 5 * time.Minute

// run lasts until the trip is over, or ctx ends.
func (r *rider) run(ctx context.Context) {
	b := backoff{first: 500 * time.Millisecond, most: 10 * time.Second}
	for ctx.Err() == nil {
		done, err := r.session(ctx)
		if done {
			return
		}
		if ctx.Err() == nil {
			r.ledger.streamBroke(err)
			sleep(ctx, b.next())
		}
	}
}

// session is one connection of the stream. done reports that nothing is left to
// see.
func (r *rider) session(ctx context.Context) (done bool, err error) {
	conn, err := r.client.dial(ctx, r.client.target, "/v1/stream", "rider", r.id)
	if err != nil {
		return false, err
	}
	defer conn.CloseNow()
	r.ledger.streamOpened(r.id, r.now())
	defer r.ledger.streamClosed(r.id)

	ctx, stop := context.WithCancel(ctx)
	frames := make(chan []byte, incoming)
	var readErr error
	go func() {
		defer close(frames)
		readErr = pump(ctx, conn, frames)
	}()
	done, err = r.follow(ctx, frames)
	if done {
		err = conn.Close(websocket.StatusNormalClosure, "")
	}
	stop()
	for range frames { // until the reader is gone
	}
	return done, errors.Join(err, readErr)
}

// follow asks for the trip, if that was not done, and watches it.
func (r *rider) follow(ctx context.Context, frames <-chan []byte) (done bool, err error) {
	check := r.now().Add(checkSoon) // the trip may have ended while there was no connection
	if r.trip.ID == "" {
		sleep(ctx, opening)
		if done, err = r.request(ctx); done || err != nil {
			return done, err
		}
		check = r.now().Add(checkEvery)
	}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Reset(max(0, r.soonest(check).Sub(r.now())))
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case data, ok := <-frames:
			if !ok {
				return false, nil
			}
			r.hear(data)
			if r.shown.Final() {
				r.ledger.riderDone(r.trip)
				return true, nil
			}
		case <-timer.C:
			if !r.cancel.IsZero() && !r.now().Before(r.cancel) {
				r.giveUp(ctx)
			}
			if !r.now().Before(check) {
				check = r.now().Add(checkEvery)
				if r.check(ctx) {
					return true, nil
				}
			}
		}
	}
}

func (r *rider) soonest(check time.Time) time.Time {
	if !r.cancel.IsZero() && r.cancel.Before(check) {
		return r.cancel
	}
	return check
}

// request asks for the trip. done reports that there will be none.
func (r *rider) request(ctx context.Context) (done bool, err error) {
	asked := r.now()
	r.ledger.requested(r.id, asked)
	body := map[string]any{"pickup": r.order.Pickup, "dropoff": r.order.Dropoff}
	if r.order.Class != "" {
		body["class"] = r.order.Class
	}
	var t wire.Trip
	err = r.client.do(ctx, call{
		role: "rider", sub: r.id, method: http.MethodPost, path: "/v1/trips",
		key: r.id, body: body, patience: longWait,
	}, &t)
	if err != nil {
		if ctx.Err() == nil {
			r.ledger.notTaken(err)
		}
		return true, err
	}
	r.trip = t
	r.pins.tell(t.ID, t.PIN)
	r.ledger.acknowledged(t, asked, r.now())
	if r.rng.Float64() < r.mood.GiveUp {
		r.cancel = r.now().Add(r.mood.Patience.draw(r.rng))
	}
	return false, nil
}

// hear takes in a frame of the stream.
func (r *rider) hear(data []byte) {
	var f struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(data, &f); err != nil {
		r.ledger.garbled(err)
		return
	}
	if f.Type != wire.FrameTrip {
		return
	}
	var tf wire.TripFrame
	if err := json.Unmarshal(data, &tf); err != nil {
		r.ledger.garbled(err)
		return
	}
	r.ledger.streamTrip(r.id, tf.Trip, r.now())
	if tf.Trip.ID != r.trip.ID || tf.Trip.Version < r.trip.Version {
		return
	}
	r.trip = tf.Trip
	if r.shown != tf.Trip.State {
		r.shown = tf.Trip.State
		r.react()
	}
}

// react makes up the rider's mind anew when the trip has changed.
func (r *rider) react() {
	switch r.shown {
	case trip.Assigned:
		r.cancel = time.Time{}
		if r.rng.Float64() < r.mood.Regret {
			r.cancel = r.now().Add(r.mood.Think.draw(r.rng) * 4)
		}
	case trip.Riding:
		r.cancel = time.Time{}
	}
}

// giveUp cancels the trip. That the driver was faster, and the rider is on the
// way already, is all right.
func (r *rider) giveUp(ctx context.Context) {
	r.cancel = time.Time{}
	asked := r.now()
	var t wire.Trip
	err := r.client.do(ctx, call{
		role: "rider", sub: r.id, method: http.MethodPost, path: "/v1/trips/" + r.trip.ID + "/cancel",
		body: map[string]any{"reason": "took too long"}, patience: checkEvery,
	}, &t)
	var refused *refusal
	switch {
	case err == nil:
		r.ledger.read(r.id, t, asked, r.now())
	case !errors.As(err, &refused):
		r.cancel = r.now().Add(retryAfter)
	case refused.code != fault.WrongState:
		r.ledger.surprised(err)
	}
}

// check asks for the trip and holds the stream to it. A rider who learns twice
// in this way that the trip is over goes.
func (r *rider) check(ctx context.Context) (gone bool) {
	asked := r.now()
	var t wire.Trip
	err := r.client.do(ctx, call{
		role: "rider", sub: r.id, method: http.MethodGet, path: "/v1/trips/" + r.trip.ID,
		patience: checkEvery,
	}, &t)
	var refused *refusal
	switch {
	case err == nil:
		r.ledger.read(r.id, t, asked, r.now())
	case errors.As(err, &refused) && refused.code == fault.NotFound:
		r.ledger.notFound(r.trip.ID, r.now())
	}
	gone = r.over
	r.over = err == nil && t.State.Final()
	return gone && r.over
}
