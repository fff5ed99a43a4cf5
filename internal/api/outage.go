package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/cabstand/cabstand/internal/fault"
)

// calmFor is how long a route must not have failed before an answer ends its
// outage: what comes and goes is one outage, and not a line a request.
const calmFor = 10 * time.Second

// outages logs when a route begins to fail because a part is gone, and when it
// answers again: not each request that fails meanwhile. There are as many as
// routes.
type outages struct {
	log *slog.Logger
	now func() time.Time

	mu   sync.Mutex
	open map[string]*outage // by route
}

type outage struct {
	began, last time.Time
	failed      int
}

func newOutages(log *slog.Logger, now func() time.Time) *outages {
	return &outages{log: log, now: now, open: map[string]*outage{}}
}

// failed notes that a part was gone.
func (o *outages) failed(route string, err error) {
	now := o.now()
	o.mu.Lock()
	running, known := o.open[route]
	if !known {
		running = &outage{began: now}
		o.open[route] = running
	}
	running.last = now
	running.failed++
	o.mu.Unlock()
	if !known {
		o.log.Warn("a part is gone: requests are refused", "route", route, "err", err)
	}
}

// answered notes that all parts were there.
func (o *outages) answered(route string) {
	now := o.now()
	o.mu.Lock()
	over, known := o.open[route]
	if known = known && now.Sub(over.last) >= calmFor; known {
		delete(o.open, route)
	}
	o.mu.Unlock()
	if known {
		o.log.Info("requests are answered again", "route", route, "refused", over.failed, "after", over.last.Sub(over.began).Round(time.Second))
	}
}

// watch ends outages by the answers of what comes after it.
func (o *outages) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		if s, ok := w.(interface{ Status() int }); ok && s.Status()/100 == 2 {
			o.answered(routeName(r.Context()))
		}
	})
}

// routeName is method and pattern of the request's route.
func routeName(ctx context.Context) string {
	route := chi.RouteContext(ctx)
	return route.RouteMethod + " " + route.RoutePattern()
}

// isOutage reports whether err tells of a part that is gone, and not of places
// that are taken.
func isOutage(err error) bool {
	return fault.Is(err, fault.Unavailable) && errors.Unwrap(faultIn(err)) != nil
}

// faultIn is the fault in err; nil if there is none.
func faultIn(err error) error {
	if f := (*fault.Error)(nil); errors.As(err, &f) {
		return f
	}
	return nil
}
