package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

func TestHealth(t *testing.T) {
	c := newCity(t, nil)
	c.expect(http.StatusOK, "GET", "/healthz", "", "")
	c.expect(http.StatusOK, "GET", "/readyz", "", "")
	c.broken.Store(true)
	c.expect(http.StatusOK, "GET", "/healthz", "", "") // a restart would not help
	var got struct {
		Ready   bool
		Missing []string
	}
	c.expect(http.StatusServiceUnavailable, "GET", "/readyz", "", "").into(t, &got)
	if got.Ready || len(got.Missing) != 1 || got.Missing[0] != "store" {
		t.Errorf("got %+v, want the store named", got)
	}
}

// Strangers who read the figures all the time do not keep the program busy.
func TestHealth_ScrapesAtOnce(t *testing.T) {
	const most = 4
	asked, goOn := make(chan struct{}), make(chan struct{})
	var held atomic.Bool
	c := newCity(t, func(d *api.Deps) {
		d.Registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "held", Help: "One that takes its time."}, func() float64 {
			if held.Load() {
				asked <- struct{}{}
				<-goOn
			}
			return 1
		}))
	})
	letGo := sync.OnceFunc(func() { held.Store(false); close(goOn) })
	t.Cleanup(letGo) // the server waits for its requests
	held.Store(true)
	results := make(chan answer)
	for range most {
		go func() { results <- c.call("GET", "/metrics", "", "") }()
		<-asked
	}
	if a := c.call("GET", "/metrics", "", ""); a.status != http.StatusServiceUnavailable {
		t.Errorf("one more got %d", a.status)
	}
	letGo()
	for range most {
		if a := <-results; a.status != http.StatusOK || !strings.Contains(string(a.body), "\nheld 1\n") {
			t.Errorf("got %d", a.status)
		}
	}
}

func TestHealth_GoesOnWithoutAnOptionalPart(t *testing.T) {
	c := newCity(t, func(d *api.Deps) {
		d.Ready = append(d.Ready, api.Check{Name: "redis", Optional: true, Ping: func(context.Context) error { return errors.New("away") }})
	})
	var got struct {
		Ready   bool
		Missing []string
	}
	c.expect(http.StatusOK, "GET", "/readyz", "", "").into(t, &got)
	if !got.Ready || len(got.Missing) != 1 || got.Missing[0] != "redis" {
		t.Errorf("got %+v, want ready, with redis named", got)
	}
}

func TestParts(t *testing.T) {
	since := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	c := newCity(t, func(d *api.Deps) {
		d.Parts = func() []wire.Part {
			return []wire.Part{{Name: "store", OK: true, Since: since, Affects: "much"}, {Name: "tracker:t1", Since: since, Affects: "some"}}
		}
	})
	var got struct{ Parts []map[string]any }
	c.expect(http.StatusOK, "GET", "/v1/health", "operator:o1", "").into(t, &got)
	want := map[string]any{"name": "tracker:t1", "ok": false, "since": "2026-05-01T08:00:00Z", "affects": "some"}
	if len(got.Parts) != 2 || !maps.Equal(got.Parts[1], want) {
		t.Errorf("got %v, want %v last", got.Parts, want)
	}
}

func TestMetrics(t *testing.T) {
	c := newCity(t, nil)
	mine := c.request("r1")
	c.expect(http.StatusOK, "GET", "/v1/trips/"+mine.ID, "rider:r1", "")
	c.call("GET", "/v1/trips/"+mine.ID, "", "")
	c.call("GET", "/no/such/route", "", "")
	c.dialStream("rider:r1").until("trip", &struct{}{})
	metrics := func() string { return string(c.expect(http.StatusOK, "GET", "/metrics", "", "").body) }
	for _, line := range []string{
		`cabstand_http_requests_total{method="POST",route="/v1/trips",status="201"} 1`,
		`cabstand_http_requests_total{method="GET",route="/v1/trips/{id}",status="200"} 1`,
		`cabstand_http_requests_total{method="GET",route="/v1/trips/{id}",status="401"} 1`,
		`cabstand_http_requests_total{method="GET",route="none",status="404"} 1`,
		`cabstand_http_request_seconds_count{method="POST",route="/v1/trips"} 1`,
		`cabstand_http_requests_in_flight{method="GET"} 2`, // the stream, and this one
		`cabstand_stream_open{stream="rider"} 1`,
		`cabstand_stream_frames_total{direction="out",stream="rider"} 1`,
	} {
		eventually(t, line, func() bool { return strings.Contains(metrics(), line+"\n") })
	}
	text := metrics()
	if strings.Contains(text, mine.ID) || strings.Contains(text, "/no/such") {
		t.Error("a path is a label: the number of series has no bound")
	}
}

func TestOpenAPI(t *testing.T) {
	c := newCity(t, nil)
	var spec struct {
		OpenAPI string
		Paths   map[string]map[string]any
	}
	a := c.expect(http.StatusOK, "GET", "/openapi.json", "", "")
	a.into(t, &spec)
	if !strings.HasPrefix(spec.OpenAPI, "3.1") {
		t.Errorf("version %q", spec.OpenAPI)
	}
	for route := range roles {
		method, path, _ := strings.Cut(route, " ")
		if spec.Paths[path][strings.ToLower(method)] == nil {
			t.Errorf("%s is not described", route)
		}
	}
	register, _ := spec.Paths["/v1/drivers"]["post"].(map[string]any)
	answers, _ := register["responses"].(map[string]any)
	for _, status := range []string{"200", "201"} {
		if answers[status] == nil {
			t.Errorf("POST /v1/drivers: the answer %s is not described", status)
		}
	}
	for _, word := range []string{"idempotency", "application/problem+json", `"code"`, `"pickup_eta_s"`} {
		if !strings.Contains(strings.ToLower(string(a.body)), word) {
			t.Errorf("%s is not described", word)
		}
	}
}

func TestUnknownRoutes(t *testing.T) {
	c := newCity(t, nil)
	c.refused(http.StatusNotFound, "not_found", "GET", "/v2/trips", "rider:r1", "")
	page := c.call("GET", "/rides", "", "", "Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	if page.status != http.StatusNotFound || !strings.HasPrefix(page.header.Get("Content-Type"), "text/html") || !strings.Contains(string(page.body), `href="/ride"`) {
		t.Errorf("in a browser: %d %s", page.status, page.body)
	}
	for path, want := range map[string]string{"/v1/trips": "GET,POST", "/v1/policy": "GET,PUT,DELETE", "/v1/areas/x": "PUT,DELETE"} {
		a := c.refused(http.StatusMethodNotAllowed, "not_found", "PATCH", path, "operator:o1", "", "PATCH")
		if got := strings.Join(a.header.Values("Allow"), ","); got != want {
			t.Errorf("%s: Allow %q, want %q", path, got, want)
		}
	}
}

// failing is a registry whose every answer is an error, or a panic.
type failing struct {
	api.Drivers
	err error
}

func (f failing) Driver(context.Context, string) (driver.Profile, error) {
	if f.err == nil {
		panic("what a surprise")
	}
	return driver.Profile{}, f.err
}

func TestErrorsOfOurs(t *testing.T) {
	for name, want := range map[string]struct {
		err    error
		status int
		code   string
		logged int
	}{
		"Error":       {errors.New("secret=hunter2"), 500, "internal", 1},
		"Panic":       {nil, 500, "internal", 1},
		"Unavailable": {fault.Wrap(errors.New("secret=hunter2"), fault.Unavailable, "the store is away"), 503, "unavailable", 0},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCity(t, func(d *api.Deps) { d.Drivers = failing{err: want.err} })
			a := c.refused(want.status, want.code, "GET", "/v1/drivers/d1", "operator:o1", "")
			if strings.Contains(string(a.body), "hunter2") || strings.Contains(string(a.body), "surprise") {
				t.Errorf("the answer shows %s", a.body)
			}
			var p api.Problem
			if err := json.Unmarshal(a.body, &p); err != nil {
				t.Fatal(err)
			}
			if got := strings.Count(c.log.String(), "request_id="+p.ID); got != want.logged {
				t.Errorf("logged %d times, want %d:\n%s", got, want.logged, c.log)
			}
			c.expect(http.StatusOK, "GET", "/healthz", "", "")
		})
	}
}

// storeless is a store of trips that is away.
type storeless struct{ api.Trips }

func (storeless) Trip(context.Context, string) (*trip.Trip, error) {
	return nil, fault.New(fault.Unavailable, "the store is away")
}

func TestStoreAway(t *testing.T) {
	c := newCity(t, func(d *api.Deps) { d.Trips = storeless{d.Trips} })
	a := c.refused(http.StatusServiceUnavailable, "unavailable", "GET", "/v1/trips/some-trip", "rider:r1", "")
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}
