package api_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// moody is a store that is out of order at times.
type moody struct {
	api.Trips
	broken atomic.Bool
}

func (m *moody) List(ctx context.Context, q trip.Query) ([]*trip.Trip, string, error) {
	if m.broken.Load() {
		return nil, "", fault.Wrap(errors.New("no space left on device"), fault.Unavailable, "the store is away")
	}
	return m.Trips.List(ctx, q)
}

// An outage is two lines in the log, and not one a request.
func TestOutage(t *testing.T) {
	store := &moody{}
	c := newCity(t, func(d *api.Deps) { store.Trips, d.Trips = d.Trips, store })
	logged := func(words ...string) (n int) {
		for line := range strings.Lines(c.log.String()) {
			all := true
			for _, w := range words {
				all = all && strings.Contains(line, w)
			}
			if all {
				n++
			}
		}
		return n
	}
	began := func() int { return logged("a part is gone", "POST /v1/trips", "no space left on device") }
	ended := func() int { return logged("answered again", "POST /v1/trips", "refused=5") }
	store.broken.Store(true)
	for range 5 {
		a := c.refused(http.StatusServiceUnavailable, "unavailable", "POST", "/v1/trips", "rider:r1", tripJSON(""))
		if strings.Contains(string(a.body), "device") {
			t.Errorf("the client is told %s", a.body)
		}
		c.refused(http.StatusUnprocessableEntity, "invalid", "POST", "/v1/trips", "rider:r1", "{}")
	}
	if began() != 1 || ended() != 0 {
		t.Errorf("logged while it lasts:\n%s", c.log)
	}
	store.broken.Store(false)
	c.request("r1")
	if ended() != 0 {
		t.Errorf("one answer ended it:\n%s", c.log)
	}
	c.ahead.Store(int64(11 * time.Second))
	c.refused(http.StatusUnprocessableEntity, "invalid", "POST", "/v1/trips", "rider:r1", "{}")
	c.request("r1")
	c.request("r1")
	if began() != 1 || ended() != 1 {
		t.Errorf("logged after it:\n%s", c.log)
	}
	store.broken.Store(true)
	c.refused(http.StatusServiceUnavailable, "unavailable", "POST", "/v1/trips", "rider:r1", tripJSON(""))
	if began() != 2 {
		t.Errorf("logged of the next one:\n%s", c.log)
	}
}

// hung is a store of locations that takes questions and answers none.
type hung struct{ asked atomic.Int32 }

func (h *hung) Nearby(ctx context.Context, _ geo.Point, _ float64, _ int, _ driver.Wanted) ([]driver.Located, []geo.Cell, error) {
	h.asked.Add(1)
	<-ctx.Done()
	return nil, nil, fault.Wrap(ctx.Err(), fault.Unavailable, "the store of positions does not answer")
}

func (h *hung) Locate(ctx context.Context, _ string) (at driver.Location, ok, partial bool, err error) {
	_, _, err = h.Nearby(ctx, geo.Point{}, 0, 0, driver.Wanted{})
	return at, false, false, err
}

func TestOutage_LocationsHang(t *testing.T) {
	store := &hung{}
	c := newCity(t, func(d *api.Deps) { d.Locations = store })
	began := time.Now()
	quotes := c.quotes("r1")
	if took := time.Since(began); took > 2*time.Second || store.asked.Load() != 1 {
		t.Errorf("quotes after %v and %d questions", took, store.asked.Load())
	}
	for class, q := range quotes {
		if q.PickupEtaS != nil || q.QuoteID == "" || q.Fare.Amount == 0 {
			t.Errorf("%s: %+v", class, q)
		}
	}
	c.expect(http.StatusCreated, "POST", "/v1/drivers", "operator:o1", `{"id":"d1"}`)
	for _, path := range []string{"/v1/drivers/nearby?lat=40.7&lon=-74", "/v1/drivers/d1"} {
		began := time.Now()
		a := c.refused(http.StatusServiceUnavailable, "unavailable", "GET", path, "operator:o1", "")
		if took := time.Since(began); took > 4*time.Second || a.header.Get("Retry-After") == "" {
			t.Errorf("%s: after %v, %v", path, took, a.header)
		}
	}
}
