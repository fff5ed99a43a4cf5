package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/watch"
)

// How a link is followed.
const (
	lookEvery    = 3 * time.Second // at the car, and whether the link still stands
	estimateEach = 4               // looks: travel times may come from far away
	silentLooks  = int(beatEvery / lookEvery)
	followFor    = time.Hour // then a page connects again
	followersOf  = 32        // one trip, at each dispatcher
)

// sharedEvents is the stream of a link (server-sent events): the ride at each
// change, and every few seconds while the car moves.
func (a *API) sharedEvents(w http.ResponseWriter, r *http.Request) {
	ctx, token := r.Context(), chi.URLParam(r, "token")
	t, leave, err := a.follow(ctx, token)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	defer leave()
	after, err := lastEvent(r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	if t.State.Final() && after >= t.Version {
		w.WriteHeader(http.StatusNoContent) // a browser does not connect again after this
		return
	}
	ctx, cancel := context.WithTimeout(ctx, followFor)
	defer cancel()
	source := a.Hub.Trip(t.ID, t.Version)
	defer source.Close()
	why := a.sendShared(ctx, w, token, source)
	a.signals.closed.WithLabelValues("shared", endOf(why)).Inc()
}

// follow is the trip of the link, and a place to follow it.
func (a *API) follow(ctx context.Context, token string) (t *trip.Trip, leave func(), err error) {
	if err = a.paceShared(ctx); err != nil {
		return nil, nil, err
	}
	if t, err = a.sharedBy(ctx, token); err != nil {
		return nil, nil, err
	}
	leaveOwn, ok := a.streams.take(trip.Actor{Role: "link", ID: t.ID}, followersOf)
	if !ok {
		return nil, nil, fault.New(fault.RateLimited, "too many follow this ride: at most %d", followersOf)
	}
	leaveAll, err := a.sockets.take()
	if err != nil {
		leaveOwn()
		return nil, nil, err
	}
	return t, func() { leaveAll(); leaveOwn() }, nil
}

// sendShared sends what the link shows until it shows nothing any more.
func (a *API) sendShared(ctx context.Context, w http.ResponseWriter, token string, source source) error {
	h := w.Header()
	h.Set("Content-Type", eventStream)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Accel-Buffering", "no") // nginx keeps it back otherwise
	out := eventWriter{http.NewResponseController(w), w}
	last, eta, quiet := "", (*int)(nil), 0
	for looks := 0; ; looks++ {
		t, view, err := a.lookAgain(ctx, token, looks%estimateEach == 0)
		if err != nil {
			return endShared(out, err)
		}
		if view.EtaS != nil || looks%estimateEach == 0 {
			eta = view.EtaS
		}
		if view.EtaS = eta; view.Driver == nil {
			view.EtaS = nil
		}
		switch shown := string(mustJSON(view)); {
		case shown != last:
			last, quiet = shown, 0
			err = out.write(fmt.Sprintf("id: %d\nevent: shared\ndata: %s\n\n", t.Version, shown))
		case quiet >= silentLooks:
			quiet, err = 0, out.write(": alive\n\n")
		default:
			quiet++
		}
		if err != nil || t.State.Final() {
			return errors.Join(err, endShared(out, err))
		}
		if _, err := nextEvent(ctx, source, lookEvery); err != nil && !errors.Is(err, errQuiet) && !errors.Is(err, watch.ErrEnded) {
			return err
		}
	}
}

// lookAgain is what the link shows now, if it still stands.
func (a *API) lookAgain(ctx context.Context, token string, withETA bool) (*trip.Trip, sharedView, error) {
	t, err := a.sharedBy(ctx, token)
	if err != nil {
		return nil, sharedView{}, err
	}
	view, err := a.look(ctx, t, withETA)
	return t, view, err
}

// endShared tells the page that there is nothing more, so that it does not
// connect again.
func endShared(out eventWriter, err error) error {
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	return errors.Join(out.write("event: ended\ndata: {}\n\n"), watch.ErrEnded)
}
