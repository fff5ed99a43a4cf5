package api

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/watch"
)

// signals are the four golden ones of each route (latency, traffic, errors by
// status, saturation), and those of the streams.
type signals struct {
	seconds  *prometheus.HistogramVec
	requests *prometheus.CounterVec
	inFlight *prometheus.GaugeVec
	frames   *prometheus.CounterVec
	closed   *prometheus.CounterVec
}

func newSignals(r prometheus.Registerer, hub *watch.Hub) *signals {
	s := &signals{
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cabstand_http_request_seconds", Help: "Time to answer, streams excepted.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14),
		}, []string{"method", "route"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cabstand_http_requests_total", Help: "Requests that were answered.",
		}, []string{"method", "route", "status"}),
		inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "cabstand_http_requests_in_flight", Help: "Requests that are being answered, open streams included.",
		}, []string{"method"}),
		frames: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cabstand_stream_frames_total", Help: "Frames of riders' and operators' streams.",
		}, []string{"stream", "direction"}),
		closed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cabstand_stream_closed_total", Help: "Streams that ended, by reason.",
		}, []string{"stream", "reason"}),
	}
	r.MustRegister(s.seconds, s.requests, s.inFlight, s.frames, s.closed)
	for name, count := range map[string]func(watch.Counts) int{
		"rider":    func(c watch.Counts) int { return c.Riders },
		"operator": func(c watch.Counts) int { return c.Operators },
		"trip":     func(c watch.Counts) int { return c.Trips },
	} {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "cabstand_stream_open", Help: "Open streams.", ConstLabels: prometheus.Labels{"stream": name},
		}, func() float64 { return float64(count(hub.Counts())) }))
	}
	return s
}

// observe measures what comes after it. The route is the pattern and never the
// path, so that the number of series is bounded.
func (s *signals) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method := knownMethod(r.Method)
		inFlight := s.inFlight.WithLabelValues(method)
		inFlight.Inc()
		began := time.Now()
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		defer func() {
			inFlight.Dec()
			route, status := routeOf(r), ww.Status()
			if status == 0 {
				status = http.StatusOK
			}
			s.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
			if !isStream(ww) {
				s.seconds.WithLabelValues(method, route).Observe(time.Since(began).Seconds())
			}
		}()
		next.ServeHTTP(ww, r)
	})
}

// isStream reports whether the answer lasted as long as the client wanted.
func isStream(w middleware.WrapResponseWriter) bool {
	return w.Status() == http.StatusSwitchingProtocols || w.Header().Get("Content-Type") == eventStream
}

func routeOf(r *http.Request) string {
	if pattern := chi.RouteContext(r.Context()).RoutePattern(); pattern != "" {
		return pattern
	}
	return "none"
}

// methods are those of HTTP that a route may have.
var methods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}

func knownMethod(method string) string {
	if slices.Contains(methods, method) {
		return method
	}
	return "other"
}

type requestKey struct{}

// identify gives each request an id, which problems and the log name.
func identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := uuid.NewString()
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, id)))
	})
}

func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// recoverer turns a panic into an error of ours: one bad request must not end
// the others.
func (a *API) recoverer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch v := recover(); v {
			case nil:
			case http.ErrAbortHandler:
				panic(v) // the server's own way to cut a connection
			default:
				a.fail(w, r, panicked(v))
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// nothingHere is for people who mistyped the address of a page.
const nothingHere = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Nothing here</title>
<h1>There is nothing at this address</h1>
<p><a href="/ride">Get a ride</a> · <a href="/drive">Drive</a> · <a href="/">Console</a></p></html>
`

func (a *API) notFound(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html") {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusNotFound)
		if _, err := io.WriteString(w, nothingHere); err != nil {
			a.Log.Debug("answer not written", "err", err)
		}
		return
	}
	a.fail(w, r, fault.New(fault.NotFound, "no such route: /openapi.json lists them"))
}

// methodNotAllowed is the one answer whose status is not that of its code: HTTP
// has a status for it, and the vocabulary needs no code for it.
func (a *API) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	p := a.problem(r.Context(), fault.New(fault.NotFound, "%.20s is not a method of this route", r.Method))
	p.Status, p.Title = http.StatusMethodNotAllowed, http.StatusText(http.StatusMethodNotAllowed)
	for _, method := range methods {
		if a.router.Match(chi.NewRouteContext(), method, r.URL.Path) {
			w.Header().Add("Allow", method)
		}
	}
	writeJSON(w, p.Status, p.ContentType(""), p, a.Log)
}
