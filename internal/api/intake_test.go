package api_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/trip"
)

// stuckStore lists nothing until it is let: who asks for a trip is stuck in it.
type stuckStore struct {
	api.Trips
	stuck         *atomic.Bool
	asked, answer chan struct{}
}

func (s stuckStore) List(ctx context.Context, q trip.Query) ([]*trip.Trip, string, error) {
	if q.Unfinished && s.stuck.Load() {
		s.asked <- struct{}{}
		<-s.answer
	}
	return s.Trips.List(ctx, q)
}

// When the store does not keep up new requests are refused, from the bound on, and
// those who ride go on as ever.
func TestIntake(t *testing.T) {
	const most = 3
	stuck := stuckStore{stuck: &atomic.Bool{}, asked: make(chan struct{}), answer: make(chan struct{})}
	c := newCity(t, func(d *api.Deps) {
		stuck.Trips = d.Trips
		d.Trips, d.MaxNewTrips = stuck, most
	})
	mine := c.request("r1")
	offer := c.offer(mine.ID, "d1")
	stuck.stuck.Store(true)
	letGo := sync.OnceFunc(func() { close(stuck.answer) })
	t.Cleanup(letGo) // the server waits for its requests

	results := make(chan answer)
	for range most {
		go func() { results <- c.call("POST", "/v1/trips", "rider:r2", tripJSON("")) }()
		<-stuck.asked
	}
	for range 10 {
		a := c.refused(http.StatusServiceUnavailable, "unavailable", "POST", "/v1/trips", "rider:r3", tripJSON(""), "3")
		if a.header.Get("Retry-After") != "1" {
			t.Errorf("Retry-After %q, want 1 s", a.header.Get("Retry-After"))
		}
	}
	page := string(c.call("GET", "/metrics", "", "").body)
	for _, line := range []string{"\ncabstand_new_trips_in_hand 3\n", "\ncabstand_new_trips_room 3\n"} {
		if !strings.Contains(page, line) {
			t.Errorf("the metrics lack %q", line)
		}
	}
	c.expect(http.StatusOK, "POST", "/v1/offers/"+offer+"/accept", "driver:d1", "")
	socket := c.dialStream("rider:r1")
	c.drive(mine)
	for f := (struct{ Trip struct{ State string } }{}); f.Trip.State != "completed"; {
		socket.until("trip", &f)
	}
	stuck.stuck.Store(false)
	letGo()
	for range most {
		if a := <-results; a.status != http.StatusCreated {
			t.Errorf("who was let in got %d %s", a.status, a.body)
		}
	}
	c.expect(http.StatusCreated, "POST", "/v1/trips", "rider:r3", tripJSON(""))
}
