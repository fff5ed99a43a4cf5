package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/watch"
)

const eventStream = "text/event-stream"

// beatEvery is how often a silent stream of events says that it is alive:
// proxies close what is quiet for longer.
const beatEvery = 15 * time.Second

// events is the stream of a trip's events (server-sent events).
func (a *API) events(w http.ResponseWriter, r *http.Request) {
	ctx, id := r.Context(), chi.URLParam(r, "id")
	t, err := a.seen(ctx, id)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	after, err := lastEvent(r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	if t.State.Final() && after >= t.Version {
		w.WriteHeader(http.StatusNoContent) // a browser does not connect again after this
		return
	}
	leave, err := a.takeStream(caller(r.Context()))
	if err != nil {
		a.fail(w, r, err)
		return
	}
	defer leave()
	ctx, cancel := context.WithTimeout(ctx, caller(ctx).Expires.Sub(a.Now()))
	defer cancel()
	defer a.Ended.Await(caller(ctx).Session, cancel)()
	source := a.Hub.Trip(id, after)
	defer source.Close()
	why := a.sendEvents(ctx, w, source)
	a.signals.closed.WithLabelValues("trip", endOf(why)).Inc()
}

// lastEvent is the version that the client has seen; 0 for none.
func lastEvent(r *http.Request) (int64, error) {
	text := r.Header.Get("Last-Event-ID")
	if text == "" {
		return 0, nil
	}
	version, err := strconv.ParseInt(text, 10, 64)
	if err != nil || version < 0 {
		return 0, fault.Field("Last-Event-ID", "%q is not accepted: the id of an event", text)
	}
	return version, nil
}

func (a *API) sendEvents(ctx context.Context, w http.ResponseWriter, source source) error {
	w.Header().Set("Content-Type", eventStream)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // nginx keeps it back otherwise
	out := eventWriter{http.NewResponseController(w), w}
	if err := out.write(": connected\n\n"); err != nil {
		return err
	}
	for {
		f, err := nextEvent(ctx, source, beatEvery)
		switch {
		case errors.Is(err, errQuiet):
			err = out.write(": alive\n\n")
		case err == nil:
			err = out.write(fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", f.Version, f.State, f.Data))
			a.signals.frames.WithLabelValues("trip", "out").Inc()
		}
		if err != nil {
			return err
		}
	}
}

var errQuiet = errors.New("api: nothing happened for a while")

// nextEvent is the next event, or errQuiet when there was none for so long.
func nextEvent(ctx context.Context, source source, patience time.Duration) (watch.Frame, error) {
	beat, cancel := context.WithTimeoutCause(ctx, patience, errQuiet)
	defer cancel()
	f, err := source.Next(beat)
	if err != nil && ctx.Err() == nil && errors.Is(context.Cause(beat), errQuiet) {
		return f, errQuiet
	}
	return f, err
}

// eventWriter writes and flushes, each within a time: the server's own limit is
// that of a whole answer, and ends with the first write.
type eventWriter struct {
	controller *http.ResponseController
	w          http.ResponseWriter
}

// settable is the error of setting a deadline. Not every writer can (those of
// tests cannot).
func settable(err error) error {
	if err == nil || errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return errors.Join(errConnection, err)
}

func (e eventWriter) write(text string) error {
	if err := settable(e.controller.SetWriteDeadline(time.Now().Add(writeWithin))); err != nil {
		return err
	}
	if _, err := e.w.Write([]byte(text)); err != nil {
		return errors.Join(errConnection, err)
	}
	if err := e.controller.Flush(); err != nil {
		return errors.Join(errConnection, err)
	}
	return nil
}

// endOf names why a stream of events ended, for the metrics.
func endOf(why error) string {
	switch {
	case errors.Is(why, watch.ErrEnded):
		return "ended"
	case errors.Is(why, watch.ErrSlow):
		return "slow"
	case errors.Is(why, watch.ErrClosed):
		return "restart"
	case errors.Is(why, context.DeadlineExceeded):
		return "token expired"
	case fault.Is(why, fault.Unavailable):
		return "unavailable"
	}
	return "client"
}
