package eta_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/eta"
)

func mustValhalla(tb testing.TB, s eta.Server) *eta.Engine {
	tb.Helper()
	e, err := eta.NewValhalla(s)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(e.Close)
	return e
}

func TestValhalla_Pickups(t *testing.T) {
	const body = `{"sources_to_targets":[[{"from_index":0,"to_index":0,"time":70,"distance":0.768}],
	 [{"from_index":1,"to_index":0,"time":null,"distance":null}],[{"from_index":2,"to_index":0,"time":0,"distance":0.0}]],
	 "units":"kilometers","algorithm":"costmatrix"}`
	e := mustValhalla(t, eta.Server{URL: answering(t, 200, body), Timeout: patient})
	got, err := e.Pickups(t.Context(), around(3), center)
	if want := []time.Duration{70 * time.Second, eta.NoWay, 0}; err != nil || !slices.Equal(got, want) {
		t.Errorf("times = %v, %v, want %v", got, err, want)
	}
}

func TestValhalla_Ride(t *testing.T) {
	var asked struct {
		Sources, Targets []struct{ Lat, Lon float64 }
		Costing          string
	}
	e := mustValhalla(t, eta.Server{Timeout: patient, URL: serve(t, func(w http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || r.Method != http.MethodPost || r.URL.Path != "/sources_to_targets" {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
		}
		_, _ = w.Write([]byte(`{"sources_to_targets":[[{"time":600,"distance":4.25}]],"units":"kilometers"}`))
	})})
	from := around(1)[0]
	got, err := e.Ride(t.Context(), from, center)
	if want := (eta.Drive{Takes: 10 * time.Minute, Metres: 4250}); err != nil || got != want {
		t.Errorf("ride = %v, %v, want %v", got, err, want)
	}
	if asked.Costing != "auto" || asked.Sources[0].Lat != from.Lat || asked.Targets[0].Lon != center.Lon {
		t.Errorf("asked %+v", asked)
	}
}

func TestValhalla_PickupsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"ErrTooMany":  {400, `{"error_code":150,"error":"Exceeded max locations: 50","status_code":400,"status":"Bad Request"}`, "error 150: Exceeded"},
		"ErrGarbage":  {200, `<html>It works!</html>`, "no matrix"},
		"ErrGateway":  {504, `{}`, "HTTP status 504"},
		"ErrRows":     {200, `{"sources_to_targets":[[{"time":1}]]}`, "1 rows for 3 points"},
		"ErrColumns":  {200, `{"sources_to_targets":[[{"time":1}],[],[{"time":1}]]}`, "sources_to_targets[1]: 0 columns"},
		"ErrNegative": {200, `{"sources_to_targets":[[{"time":1}],[{"time":-1}],[{"time":1}]]}`, "sources_to_targets[1]: -1"},
		"ErrDistance": {200, `{"sources_to_targets":[[{"time":1,"distance":-2}],[{"time":1}],[{"time":1}]]}`, "sources_to_targets[0]: -2000"},
	} {
		t.Run(name, func(t *testing.T) {
			e := mustValhalla(t, eta.Server{URL: answering(t, c.status, c.body), Timeout: patient})
			_, err := e.Pickups(t.Context(), around(3), center)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "valhalla") {
				t.Errorf("error = %v, want valhalla and %q in it", err, c.want)
			}
		})
	}
}
