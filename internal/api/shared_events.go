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
	lookEvery    = 3 * time.Second // at the car
	readEach     = 5               // looks: the link and its ride, where nothing says that they changed
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
	why := a.sendShared(ctx, w, &follower{API: a, token: token}, source)
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

// follower is somebody who follows a link.
type follower struct {
	*API
	token    string
	trip     *trip.Trip
	ride     sharedView // without the car
	eta      *int
	unshared int64 // as it was when the link was looked up
}

// look is what the link shows now, if it still stands. The store is asked when
// something changed, and now and then.
func (f *follower) look(ctx context.Context, n int, changed bool) (v sharedView, err error) {
	if unshared := f.API.unshared.Load(); changed || n%readEach == 0 || unshared != f.unshared {
		f.unshared = unshared
		if f.trip, err = f.sharedBy(ctx, f.token); err == nil {
			f.ride, err = f.sharedRide(ctx, f.trip)
		}
		if err != nil {
			return v, err
		}
	}
	v = f.ride
	withETA := changed || n%estimateEach == 0
	f.addCar(ctx, f.trip, &v, withETA)
	if withETA {
		f.eta = v.EtaS
	}
	if v.EtaS = f.eta; v.Driver == nil {
		v.EtaS = nil
	}
	return v, nil
}

// sendShared sends what the link shows until it shows nothing any more.
func (a *API) sendShared(ctx context.Context, w http.ResponseWriter, f *follower, source source) error {
	h := w.Header()
	h.Set("Content-Type", eventStream)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Accel-Buffering", "no") // nginx keeps it back otherwise
	out := eventWriter{http.NewResponseController(w), w}
	last, quiet, changed := "", 0, true
	for n := 0; ; n++ {
		view, err := f.look(ctx, n, changed)
		if err != nil {
			return endShared(out, err)
		}
		switch shown := string(mustJSON(view)); {
		case shown != last:
			last, quiet = shown, 0
			err = out.write(fmt.Sprintf("id: %d\nevent: shared\ndata: %s\n\n", f.trip.Version, shown))
		case quiet >= silentLooks:
			quiet, err = 0, out.write(": alive\n\n")
		default:
			quiet++
		}
		if err != nil || f.trip.State.Final() {
			return errors.Join(err, endShared(out, err))
		}
		_, err = nextEvent(ctx, source, lookEvery)
		if changed = !errors.Is(err, errQuiet); changed && err != nil && !errors.Is(err, watch.ErrEnded) {
			return err
		}
	}
}

// endShared tells the page that there is nothing more, so that it does not
// connect again.
func endShared(out eventWriter, err error) error {
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	return errors.Join(out.write("event: ended\ndata: {}\n\n"), watch.ErrEnded)
}
