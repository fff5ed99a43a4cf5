package api

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/cabstand/cabstand/internal/fault"
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

// enter takes the places that a request needs: each has one at the desks, and one
// that begins a trip another of the intake. Streams have their own kind. Nobody
// waits for a place.
func (a *API) enter(route string, streamed bool) (leave func(), err error) {
	switch {
	case streamed:
		return func() {}, nil
	case !shed[route]:
		return a.desks.take()
	}
	leaveIntake, err := a.intake.take()
	if err != nil {
		return nil, crowded(cap(a.intake))
	}
	leaveDesk, err := a.desks.take()
	if err != nil {
		leaveIntake()
		return nil, err
	}
	return func() { leaveDesk(); leaveIntake() }, nil
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
