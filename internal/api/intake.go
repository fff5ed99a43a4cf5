package api

import (
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// DefaultNewTrips is how many requests for new trips are in hand at once if Deps
// do not say. What comes above it would wait behind those for longer than a
// rider cares to, so it is told to come again. It is well below DefaultRequests:
// the other places are kept for trips that run, whatever rush of new ones there
// is.
const DefaultNewTrips = 128

// crowdedFor is how long somebody is asked to wait who finds the intake full: it
// turns over several times a second.
const crowdedFor = time.Second

// shed are the routes that are refused first when there is too much to do:
// nobody is left standing in the street by that.
var shed = map[string]bool{"POST /v1/trips": true}

// mostInHand is how many requests of one rider or driver are in hand at once. Who
// sends bodies slowly holds a place at the desks meanwhile: it takes many accounts
// to hold them all. Operators are trusted, and streams counted by themselves.
const mostInHand = 32

// enter takes a place at the desks; streams have their own kind. Nobody waits for
// a place. What the intake has no room for is refused before anything is done.
func (a *API) enter(route string, streamed bool) (leave func(), err error) {
	switch {
	case streamed:
		return func() {}, nil
	case shed[route] && len(a.intake) == cap(a.intake):
		return nil, crowded(cap(a.intake))
	}
	return a.desks.take()
}

// takeOwn takes a place among the caller's own.
func (a *API) takeOwn(who auth.Identity, rule rule) (leave func(), err error) {
	if rule.streamed || who.Role == trip.Operator {
		return func() {}, nil
	}
	leave, ok := a.inHand.take(who.Actor(), mostInHand)
	if !ok {
		return nil, later{fault.New(fault.RateLimited, "%d requests of yours are in hand: wait for their answers", mostInHand), crowdedFor}
	}
	return leave, nil
}

// begin takes a place of the intake for what begins a trip, once all of the request
// is there: who sends it slowly keeps nobody out.
func (a *API) begin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || !shed[r.Method+" "+chi.RouteContext(r.Context()).RoutePattern()] {
			next.ServeHTTP(w, r)
			return
		}
		leave, err := a.intake.take()
		if err != nil {
			a.fail(w, r, crowded(cap(a.intake)))
			return
		}
		defer leave()
		next.ServeHTTP(w, r)
	})
}

// watch shows how full the intake is.
func (p places) watch(r prometheus.Registerer) {
	for name, gauge := range map[string]struct {
		help string
		read func() float64
	}{
		"cabstand_new_trips_in_hand": {"Requests for new trips that are being answered.", func() float64 { return float64(len(p)) }},
		"cabstand_new_trips_room":    {"Requests for new trips in hand from which on more get 503.", func() float64 { return float64(cap(p)) }},
	} {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: gauge.help}, gauge.read))
	}
}

func crowded(most int) error {
	return later{fault.New(fault.Unavailable, "%d requests for trips are in hand: no more are taken at the moment", most), crowdedFor}
}
